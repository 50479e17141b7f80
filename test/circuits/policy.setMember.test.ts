import { expect } from 'chai';
import {
  bitWires,
  expectAccepted,
  expectAliasIsSame,
  expectCount,
  expectNoLooseWire,
  expectProgramRefuses,
  expectRefusedBy,
  titleOf,
  bitsAddUp,
} from '../support/circuits/expectations.ts';
import { R } from '../../scripts/witness/field.ts';
import { MAX_VALUE } from '../support/circuits/statement.ts';
import { loadCircuit, template } from '../support/circuits/testCircuit.ts';

describe('SetMember', () => {
  const instance = template('policy.circom', 'SetMember');
  const HALF = 2n ** 128n;
  const FULL = 2n ** 256n - 1n;
  const makeInputs = (map: bigint, value: bigint, setOn = 1n) => ({
    value,
    setOn,
    setLow: map % HALF,
    setHigh: map / HALF,
  });
  const isMember = '(-nodes[0] + 1) * setOn = 0';
  const placeIsByte = 'Uint#2.Num2Bits: out[0] + 2·out[1] + … + 2^7·out[7] = in';

  it('has 521 constraints', () => expectCount(instance, 521));

  it('given a set of one, accepts it and refuses it in the complement, at all 256 places (S9, S27)', async () => {
    const circuit = await loadCircuit(instance);
    for (let value = 0n; value < 256n; value++) {
      const one = 1n << value;
      expect(circuit.forge(makeInputs(one, value)).broken).to.deep.equal([]);
      expect(circuit.forge(makeInputs(FULL ^ one, value)).broken).to.deep.equal([isMember]);
    }
  });

  it('agrees with the bit of the map, for every value of a random map (S9)', async () => {
    const circuit = await loadCircuit(instance);
    const map = 0xb5a1c39f7d2e4608b5a1c39f7d2e4608137f5cab9e0d4268137f5cab9e0d4268n;
    for (let value = 0n; value < 256n; value++) {
      const inside = ((map >> value) & 1n) === 1n;
      const { broken } = circuit.forge(makeInputs(map, value));
      expect(broken).to.deep.equal(inside ? [] : [isMember]);
    }
  });

  for (const value of [0n, 1n, 127n, 128n, 248n, 249n, 254n, 255n]) {
    it(`given ${value}, accepts the set of it and refuses the set of its neighbour (S9, S27)`, async () => {
      const circuit = await loadCircuit(instance);
      const neighbour = 1n << (value === 255n ? 254n : value + 1n);
      const honest = makeInputs(1n << value, value);
      const hostile = makeInputs(neighbour, value);
      await expectProgramRefuses(circuit, honest, hostile, 'SetMember');
      await expectRefusedBy(circuit, honest, { inputs: hostile }, isMember);
    });

    it(`given ${value}, refuses the set with its halves swapped (S27)`, async () => {
      const map = 1n << value;
      const honest = makeInputs(map, value);
      const swapped = { setLow: honest.setHigh, setHigh: honest.setLow };
      await expectRefusedBy(await loadCircuit(instance), honest, { inputs: swapped }, isMember);
    });
  }

  for (const value of [256n, 257n, 2n ** 40n, MAX_VALUE, 2n ** 96n, R - 1n, R - 256n]) {
    it(`given ${titleOf(value)}, is refused even by the full set (S9, S27)`, async () => {
      const circuit = await loadCircuit(instance);
      const honest = makeInputs(FULL, 255n);
      await expectProgramRefuses(circuit, honest, { value }, 'Num2Bits');
      await expectRefusedBy(circuit, honest, { inputs: { value } }, placeIsByte);
    });
  }

  it('given the empty set, refuses 0 and everything else (S9)', async () => {
    const circuit = await loadCircuit(instance);
    for (const value of [0n, 1n, 255n]) {
      const honest = makeInputs(FULL, value);
      const hostile = { inputs: { setLow: 0n, setHigh: 0n } };
      await expectRefusedBy(circuit, honest, hostile, isMember);
    }
  });

  for (const value of [0n, 255n, 256n, MAX_VALUE, R - 1n]) {
    it(`given a set that is off, accepts ${titleOf(value)} under any map (S27)`, async () => {
      const circuit = await loadCircuit(instance);
      await expectAccepted(circuit, makeInputs(0n, value, 0n));
      await expectAccepted(circuit, makeInputs(FULL, value, 0n));
    });
  }

  for (const half of ['setLow', 'setHigh'] as const) {
    const component = half === 'setLow' ? 'Uint#0.' : 'Uint#1.';
    const halfIsUint = bitsAddUp(128, component).replace('Uint.', '');

    for (const value of [HALF, HALF + 1n, R - 1n]) {
      it(`refuses ${titleOf(value)} as ${half} (S6)`, async () => {
        const circuit = await loadCircuit(instance);
        const honest = makeInputs(FULL, 0n);
        await expectProgramRefuses(circuit, honest, { [half]: value }, 'Num2Bits');
        const wires = bitWires(`${component}Num2Bits.out`, HALF - 1n, 128);
        await expectRefusedBy(circuit, honest, { inputs: { [half]: value }, wires }, halfIsUint);
      });
    }

    it(`refuses a map whose ${half} is opened as another (S9)`, async () => {
      const value = half === 'setLow' ? 5n : 133n;
      const honest = makeInputs(1n << value, value);
      const inputs = { [half]: 0n };
      const wires = bitWires(`${component}Num2Bits.out`, 1n << 5n, 128);
      await expectRefusedBy(await loadCircuit(instance), honest, { inputs, wires }, halfIsUint);
    });

    it(`refuses a map whose ${half} is opened with a 2 for a 1 (S8)`, async () => {
      // 2^6 = 1·2^5 + 2·2^4: the sum is right, and 5 is a member of the set of 6.
      const value = half === 'setLow' ? 6n : 134n;
      const bits = `${component}Num2Bits`;
      const wires = { [`${bits}.out[4]`]: 2n, [`${bits}.out[5]`]: 1n, [`${bits}.out[6]`]: 0n };
      await expectRefusedBy(
        await loadCircuit(instance),
        makeInputs(1n << value, value),
        { inputs: { value: value - 1n }, wires },
        `${bits}: (out[4] - 1) * out[4] = 0`,
      );
    });
  }

  it('refuses a value outside the set, looked up at another’s place (S9)', async () => {
    await expectRefusedBy(
      await loadCircuit(instance),
      makeInputs(1n << 9n, 9n),
      { inputs: { value: 8n }, wires: { place: 9n } },
      'value * setOn = place',
    );
  });

  it('refuses a value outside the set, looked up by another’s bits (S9)', async () => {
    await expectRefusedBy(
      await loadCircuit(instance),
      makeInputs(1n << 9n, 9n),
      { inputs: { value: 8n }, wires: bitWires('Uint#2.Num2Bits.out', 9n, 8) },
      placeIsByte,
    );
  });

  it('refuses a place bit that extrapolates to a 1 (S8)', async () => {
    // Between the bits 0 and 1 of the map, both 1, the line runs on through 1: 2 is a member of the set of 0 and 1.
    const wires = { 'Uint#2.Num2Bits.out[0]': 2n, 'Uint#2.Num2Bits.out[1]': 0n };
    await expectRefusedBy(
      await loadCircuit(instance),
      makeInputs(0b011n, 1n),
      { inputs: { value: 2n }, wires },
      'Uint#2.Num2Bits: (out[0] - 1) * out[0] = 0',
    );
  });

  for (const [wire, constraint] of [
    ['nodes[0]', '(nodes[1] - nodes[2]) * placeBits[7] = -nodes[0] + nodes[1]'],
    ['nodes[2]', '(nodes[5] - nodes[6]) * placeBits[6] = -nodes[2] + nodes[5]'],
    ['nodes[254]', '(nodes[509] - nodes[510]) * placeBits[0] = -nodes[254] + nodes[509]'],
    ['nodes[510]', 'high[127] = nodes[510]'],
    ['high[127]', 'Uint#1.bits[127] = high[127]'],
  ] as const) {
    it(`refuses a 0 that is turned into a 1 at ${wire}`, async () => {
      await expectRefusedBy(
        await loadCircuit(instance),
        makeInputs(1n << 255n, 255n),
        { inputs: { setHigh: 0n }, wires: { [wire]: 1n } },
        constraint,
      );
    });
  }

  for (const name of ['value', 'setOn', 'setLow', 'setHigh']) {
    it(`takes x + r for x in ${name}`, async () => {
      await expectAliasIsSame(await loadCircuit(instance), makeInputs(1n << 130n, 130n), name);
    });
  }

  it('is not satisfied once any wire is changed (S10)', async () => {
    await expectNoLooseWire(await loadCircuit(instance), makeInputs(0b1011n << 129n, 130n));
  });

  it('is not satisfied once any wire but the value is changed, if the set is off (S10)', async () => {
    const inputs = makeInputs(FULL, 9n, 0n);
    await expectNoLooseWire(await loadCircuit(instance), inputs, ['value']);
  });
});
