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
} from '../support/circuits/expectations.ts';
import type { Inputs } from '../support/circuits/forge.ts';
import { R } from '../../scripts/witness/field.ts';
import {
  HIDDEN,
  MAX_VALUE,
  NEVER,
  makeMeteredStatement,
  makeStatement,
  policyOf,
  withPrefix,
  type Statement,
  type Terms,
} from '../support/circuits/statement.ts';
import { loadCircuit, template } from '../support/circuits/testCircuit.ts';

/** The check that the bits of some component add up. */
const sum = (width: number, path: string) =>
  `${path}Uint.Num2Bits: out[0] + 2·out[1] + … + 2^${width - 1}·out[${width - 1}] = in`;

describe('Policy', () => {
  const instance = template('policy.circom', 'Policy');
  /** Every number different, so that no two can trade places unnoticed (S20). */
  const makeTerms = (): Terms => ({
    schemaId: 201n,
    issuedAfter: 202n,
    issuedBefore: 203n,
    mode: 204n,
    setLow: 205n,
    setHigh: 206n,
    step: 207n,
    lo: [208n, 210n, 212n, 214n],
    hi: [209n, 211n, 213n, 215n],
  });
  const toInputs = (terms: Terms, scope = 77n) => ({ ...withPrefix('terms', terms), scope });

  it('has 813 constraints', () => expectCount(instance, 813));

  it('is H_2 of the scope and H_15 of the terms, ranges slot by slot (S20)', async () => {
    const circuit = await loadCircuit(instance);
    await expectAccepted(circuit, toInputs(makeTerms()));
    const { at } = circuit.forge(toInputs(makeTerms()));
    expect(at('policy')).to.equal(policyOf(makeTerms(), 77n));
  });

  for (const name of Object.keys(makeTerms()) as (keyof Terms)[]) {
    for (const value of [0n, 1n, 2n ** 96n, R - 1n]) {
      it(`given ${titleOf(value)} as ${name}, gives its hash`, async () => {
        const circuit = await loadCircuit(instance);
        const changed = Array.isArray(makeTerms()[name]) ? [value, 1n, 2n, 3n] : value;
        const terms = { ...makeTerms(), [name]: changed };
        expect(await circuit.calculateWire(toInputs(terms), 'policy')).to.equal(
          policyOf(terms, 77n),
        );
      });
    }

    it(`takes x + r for x in ${name}`, async () => {
      await expectAliasIsSame(await loadCircuit(instance), toInputs(makeTerms()), `terms.${name}`);
    });
  }

  for (const scope of [0n, 1n, R - 1n]) {
    it(`given the scope ${titleOf(scope)}, gives its hash`, async () => {
      const circuit = await loadCircuit(instance);
      const policy = await circuit.calculateWire(toInputs(makeTerms(), scope), 'policy');
      expect(policy).to.equal(policyOf(makeTerms(), scope));
    });
  }

  it('refuses the policy of another scope', async () => {
    await expectRefusedBy(
      await loadCircuit(instance),
      toInputs(makeTerms()),
      { wires: { policy: policyOf(makeTerms(), 78n) } },
      'Poseidon#1.out = policy',
    );
  });

  it('refuses the hash of other terms', async () => {
    await expectRefusedBy(
      await loadCircuit(instance),
      toInputs(makeTerms()),
      { wires: { termsHash: 5n } },
      'Poseidon#0.out = termsHash',
    );
  });

  it('is not satisfied once any wire is changed (S10)', async () => {
    await expectNoLooseWire(await loadCircuit(instance), toInputs(makeTerms()));
  });
});

describe('Mode', () => {
  const instance = template('policy.circom', 'Mode');
  const DISCLOSE_IS_A_SLOT = '(bits[0] + bits[1]) * bits[2] = 0';

  it('has 5 constraints', () => expectCount(instance, 5));

  for (const setOn of [0n, 1n]) {
    for (const disclose of [0n, 1n, 2n, 3n, 4n]) {
      const mode = disclose + 8n * setOn;
      it(`opens ${mode} as disclose ${disclose}, setOn ${setOn}`, async () => {
        const circuit = await loadCircuit(instance);
        await expectAccepted(circuit, { mode });
        const { at } = circuit.forge({ mode });
        const bits = [0, 1, 2].map((i) => at(`discloseBits[${i}]`));
        expect(bits).to.deep.equal(Object.values(bitWires('', disclose, 3)));
        expect(at('setOn')).to.equal(setOn);
      });
    }

    for (const disclose of [5n, 6n, 7n]) {
      const mode = disclose + 8n * setOn;
      it(`refuses ${mode}: disclose ${disclose} names no slot`, async () => {
        const circuit = await loadCircuit(instance);
        await expectProgramRefuses(circuit, { mode: mode - 3n }, { mode }, 'Mode');
        await expectRefusedBy(
          circuit,
          { mode: mode - 3n },
          { inputs: { mode } },
          DISCLOSE_IS_A_SLOT,
        );
      });
    }
  }

  for (const mode of [16n, 17n, 24n, R - 1n]) {
    it(`refuses ${titleOf(mode)}`, async () => {
      const circuit = await loadCircuit(instance);
      await expectProgramRefuses(circuit, { mode: 0n }, { mode }, 'Num2Bits');
      const wires = bitWires('Uint.Num2Bits.out', 0n, 4);
      await expectRefusedBy(
        circuit,
        { mode: 0n },
        { inputs: { mode }, wires },
        'Uint.Num2Bits: out[0] + 2·out[1] + 4·out[2] + 8·out[3] = in',
      );
    });
  }

  // Each of these adds up to the mode; a mode must open in one way only (S19).
  for (const [mode, bits, wire] of [
    [2n, [2n, 0n, 0n, 0n], 0],
    [3n, [3n, 0n, 0n, 0n], 0],
    [8n, [8n, 0n, 0n, 0n], 0],
    [4n, [0n, 2n, 0n, 0n], 1],
    [8n, [0n, 0n, 2n, 0n], 2],
    [12n, [0n, 0n, 3n, 0n], 2],
  ] as const) {
    it(`refuses ${mode} opened as ${bits.join(', ')} (S8, S19)`, async () => {
      const wires = Object.fromEntries(bits.map((bit, i) => [`Uint.Num2Bits.out[${i}]`, bit]));
      await expectRefusedBy(
        await loadCircuit(instance),
        { mode },
        { wires },
        `Uint.Num2Bits: (out[${wire}] - 1) * out[${wire}] = 0`,
      );
    });
  }

  it('refuses a set that is switched off beside the decomposition (S19)', async () => {
    await expectRefusedBy(
      await loadCircuit(instance),
      { mode: 8n },
      { wires: { setOn: 0n } },
      'bits[3] = setOn',
    );
  });

  it('refuses a disclosure that is switched off beside the decomposition (S19)', async () => {
    await expectRefusedBy(
      await loadCircuit(instance),
      { mode: 1n },
      { wires: { 'discloseBits[0]': 0n } },
      'bits[0] = discloseBits[0]',
    );
  });

  it('takes x + r for x', async () => {
    await expectAliasIsSame(await loadCircuit(instance), { mode: 11n }, 'mode');
  });

  for (const mode of [0n, 3n, 12n]) {
    it(`is not satisfied once any wire is changed, opening ${mode} (S10)`, async () => {
      await expectNoLooseWire(await loadCircuit(instance), { mode });
    });
  }
});

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
    const halfIsUint = sum(128, component).replace('Uint.', '');

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

describe('Meter', () => {
  const instance = template('policy.circom', 'Meter');
  const makeInputs = (changes: Inputs = {}) => ({
    claimIndex: 7n,
    step: 100n,
    lo: 50n,
    ...changes,
  });
  const indexIsUint = sum(32, '');
  const free = ['IsZero.inv'];

  it('has 36 constraints', () => expectCount(instance, 36));

  for (const [claimIndex, step, lo] of [
    [0n, 0n, 0n],
    [7n, 0n, 50n],
    [HIDDEN, 0n, MAX_VALUE],
    [0n, 1n, 0n],
    [0n, 100n, 50n],
    [11n, 100n, 50n],
    [HIDDEN - 1n, 1n, 0n],
    [HIDDEN, MAX_VALUE, MAX_VALUE],
  ] as const) {
    const title = `claim ${titleOf(claimIndex)}, step ${titleOf(step)}, lo ${titleOf(lo)}`;
    it(`given ${title}: the bound is right and ${step === 0n ? 'the number shown' : 'the number hidden'}`, async () => {
      const circuit = await loadCircuit(instance);
      const inputs = { claimIndex, step, lo };
      await expectAccepted(circuit, inputs);
      const { at } = circuit.forge(inputs);
      const bound = lo + step * (claimIndex + 1n);
      expect(at('bound')).to.equal(bound);
      expect(bound < 2n ** 129n, 'no step and index wrap around the field').to.equal(true);
      expect(at('shown')).to.equal(step === 0n ? claimIndex : HIDDEN);
    });
  }

  for (const claimIndex of [2n ** 32n, 2n ** 32n + 1n, R - 1n, R - 8n]) {
    it(`refuses claim ${titleOf(claimIndex)} (S6)`, async () => {
      const circuit = await loadCircuit(instance);
      await expectProgramRefuses(circuit, makeInputs(), { claimIndex }, 'Num2Bits');
      await expectRefusedBy(circuit, makeInputs(), { inputs: { claimIndex } }, indexIsUint);
    });
  }

  it('refuses claim -1, which would ask for nothing, given as a bit of -1 (S8)', async () => {
    const wires = { ...bitWires('Uint.Num2Bits.out', 0n, 32), 'Uint.Num2Bits.out[0]': R - 1n };
    const circuit = await loadCircuit(instance);
    const inputs = { claimIndex: R - 1n };
    expect(circuit.forge(makeInputs(inputs), wires).at('bound')).to.equal(50n);
    await expectRefusedBy(
      circuit,
      makeInputs(),
      { inputs, wires },
      'Uint.Num2Bits: (out[0] - 1) * out[0] = 0',
    );
  });

  for (const step of [1n, 100n, MAX_VALUE, R - 1n]) {
    it(`given the step ${titleOf(step)}, refuses to show the number through the inverse 0 (S19)`, async () => {
      const circuit = await loadCircuit(instance);
      const wires = { 'IsZero.inv': 0n };
      expect(circuit.forge(makeInputs({ step }), wires).at('shown')).to.equal(7n);
      await expectRefusedBy(circuit, makeInputs({ step }), { wires }, 'IsZero: in * out = 0');
    });
  }

  it('given the step 0, refuses to hide the number (S19)', async () => {
    const circuit = await loadCircuit(instance);
    const wires = { 'IsZero.out': 0n };
    expect(circuit.forge(makeInputs({ step: 0n }), wires).at('shown')).to.equal(HIDDEN);
    await expectRefusedBy(
      circuit,
      makeInputs({ step: 0n }),
      { wires },
      'IsZero: in * inv = -out + 1',
    );
  });

  for (const [wire, value, constraint] of [
    ['notMetered', 1n, 'IsZero.out = notMetered'],
    ['shown', 7n, '(-claimIndex + 4294967295) * notMetered = -shown + 4294967295'],
    ['bound', 50n, '(claimIndex + 1) * step = bound - lo'],
    ['IsZero.in', 0n, 'step = IsZero.in'],
    ['Uint.in', 6n, 'claimIndex = Uint.in'],
  ] as const) {
    it(`refuses another ${wire}`, async () => {
      await expectRefusedBy(
        await loadCircuit(instance),
        makeInputs(),
        { wires: { [wire]: value } },
        constraint,
      );
    });
  }

  for (const name of ['claimIndex', 'step', 'lo']) {
    it(`takes x + r for x in ${name}`, async () => {
      await expectAliasIsSame(await loadCircuit(instance), makeInputs(), name);
    });
  }

  it('is not satisfied once any wire is changed (S10)', async () => {
    await expectNoLooseWire(await loadCircuit(instance), makeInputs());
  });

  it('is not satisfied once any wire but the inverse of 0 is changed, with the step 0 (S10)', async () => {
    await expectNoLooseWire(await loadCircuit(instance), makeInputs({ step: 0n }), free);
  });
});

describe('Disclose', () => {
  const instance = template('policy.circom', 'Disclose');
  const makeInputs = (disclose: bigint, values = [11n, 12n, 13n, 14n]) => ({
    bits: [disclose & 1n, (disclose >> 1n) & 1n, disclose >> 2n],
    values,
  });
  const isUint = sum(96, '');

  it('has 101 constraints', () => expectCount(instance, 101));

  for (const [disclose, disclosed] of [0n, 11n, 12n, 13n, 14n].entries()) {
    it(`given ${disclose}, reveals ${disclose === 0 ? 'nothing' : `slot ${disclose - 1}`}`, async () => {
      const circuit = await loadCircuit(instance);
      await expectAccepted(circuit, makeInputs(BigInt(disclose)));
      expect(circuit.forge(makeInputs(BigInt(disclose))).at('disclosed')).to.equal(disclosed);
    });

    for (const value of [0n, 1n, MAX_VALUE]) {
      it(`given ${disclose}, accepts ${titleOf(value)} in every slot`, async () => {
        const inputs = makeInputs(BigInt(disclose), [value, value, value, value]);
        await expectAccepted(await loadCircuit(instance), inputs);
      });
    }
  }

  for (const slot of [0, 1, 2, 3]) {
    for (const value of [2n ** 96n, R - 1n]) {
      const inputs = { values: [11n, 12n, 13n, 14n].map((v, i) => (i === slot ? value : v)) };

      it(`refuses ${titleOf(value)} in slot ${slot} where it is revealed (S6)`, async () => {
        const circuit = await loadCircuit(instance);
        const honest = makeInputs(BigInt(slot + 1));
        await expectProgramRefuses(circuit, honest, inputs, 'Num2Bits');
        await expectRefusedBy(circuit, honest, { inputs }, isUint);
      });
    }
  }

  for (const [title, disclose, wires, constraint] of [
    ['two slots at once', 3n, { both: 0n }, 'bits[0] * bits[1] = both'],
    ['a slot beside the chosen one', 1n, { 'isSlot[1]': 1n }, 'both + isSlot[1] = bits[1]'],
    ['another value', 1n, { 'chosen[0]': 99n }, 'isSlot[0] * values[0] = chosen[0]'],
    ['something for nothing', 0n, { 'chosen[3]': 99n }, 'isSlot[3] * values[3] = chosen[3]'],
    [
      'a number of its own',
      4n,
      { disclosed: 99n },
      'chosen[0] + chosen[1] + chosen[2] + chosen[3] = disclosed',
    ],
  ] as const) {
    it(`refuses to reveal ${title}`, async () => {
      await expectRefusedBy(
        await loadCircuit(instance),
        makeInputs(disclose),
        { wires: wires },
        constraint,
      );
    });
  }

  for (const name of ['bits', 'values']) {
    it(`takes x + r for x in ${name}`, async () => {
      await expectAliasIsSame(await loadCircuit(instance), makeInputs(2n), name);
    });
  }

  it('is not satisfied once any wire but the values that stay private is changed (S10)', async () => {
    await expectNoLooseWire(await loadCircuit(instance), makeInputs(2n), [
      'values[0]',
      'values[2]',
      'values[3]',
    ]);
  });
});

describe('MeetsTerms', () => {
  const instance = template('policy.circom', 'MeetsTerms');
  const toInputs = ({ attestation, terms, claimIndex }: Statement): Inputs => ({
    ...withPrefix('terms', terms),
    issuedAt: attestation.issuedAt,
    values: attestation.values,
    claimIndex,
  });
  const makeInputs = (changes: Inputs = {}): Inputs => ({
    ...toInputs(makeStatement()),
    ...changes,
  });
  const four = (slot: number, value: bigint, others: readonly bigint[]) =>
    others.map((other, i) => (i === slot ? value : other));
  const { lo, hi } = makeStatement().terms;
  const values = makeStatement().attestation.values;
  const sameRange = { 'terms.mode': 0n };
  const aboveLow = (slot: number) => sum(96, `AtMost#2[${slot}].`);
  const belowHigh = (slot: number) => sum(96, `AtMost#3[${slot}].`);

  it('has 1511 constraints', () => expectCount(instance, 1511));

  it('accepts what meets every clause, and gives what is revealed', async () => {
    const circuit = await loadCircuit(instance);
    await expectAccepted(circuit, makeInputs());
    const { at } = circuit.forge(makeInputs());
    expect(at('disclosed')).to.equal(3n);
    expect(at('shown')).to.equal(7n);
  });

  describe('given the snapshot', () => {
    const { issuedAfter, issuedBefore } = makeStatement().terms;
    const tooEarly = sum(40, 'AtMost#0.');
    const tooLate = sum(40, 'AtMost#1.');

    for (const issuedAt of [issuedAfter, issuedBefore]) {
      it(`accepts an attestation of second ${issuedAt}, an end of it`, async () => {
        await expectAccepted(await loadCircuit(instance), makeInputs({ issuedAt }));
      });
    }

    for (const [title, untouched, issuedAt, constraint] of [
      ['one second before it', issuedAfter, issuedAfter - 1n, tooEarly],
      ['one second after it', issuedBefore, issuedBefore + 1n, tooLate],
      ['from second 0', issuedAfter, 0n, tooEarly],
      ['from 2^40 - 1', issuedBefore, NEVER, tooLate],
      ['from 2^40', issuedBefore, 2n ** 40n, tooLate],
      ['from r - 1', issuedAfter, R - 1n, tooEarly],
    ] as const) {
      it(`refuses an attestation ${title} (S6)`, async () => {
        const circuit = await loadCircuit(instance);
        const honest = makeInputs({ issuedAt: untouched });
        await expectProgramRefuses(circuit, honest, { issuedAt }, 'Num2Bits');
        await expectRefusedBy(circuit, honest, { inputs: { issuedAt } }, constraint);
      });
    }

    it('refuses one that is too late, given a difference of its own', async () => {
      const issuedAt = issuedBefore + 1n;
      const wires = bitWires('AtMost#1.Uint.Num2Bits.out', 0n, 40);
      const honest = makeInputs({ issuedAt: issuedBefore });
      await expectRefusedBy(
        await loadCircuit(instance),
        honest,
        { inputs: { issuedAt }, wires },
        tooLate,
      );
    });
  });

  for (const slot of [0, 1, 2, 3]) {
    describe(`given the range of slot ${slot}`, () => {
      const low = lo[slot]!;
      const high = hi[slot]!;
      const withValue = (value: bigint) => ({ values: four(slot, value, values) });

      for (const value of [low, high]) {
        it(`accepts ${value}, an end of it`, async () => {
          const inputs = makeInputs({ ...sameRange, ...withValue(value) });
          await expectAccepted(await loadCircuit(instance), inputs);
        });
      }

      for (const [title, untouched, value, constraint] of [
        ['just below lo', low, low - 1n, aboveLow(slot)],
        ['just above hi', high, high + 1n, belowHigh(slot)],
        ['0', low, 0n, aboveLow(slot)],
        ['2^96 - 1', high, MAX_VALUE, belowHigh(slot)],
        ['2^96', high, 2n ** 96n, belowHigh(slot)],
        ['r - 1', low, R - 1n, aboveLow(slot)],
        ['r - 2^40', low, R - 2n ** 40n, aboveLow(slot)],
      ] as const) {
        it(`refuses the value ${title} (S6)`, async () => {
          const circuit = await loadCircuit(instance);
          const honest = makeInputs({ ...sameRange, ...withValue(untouched) });
          await expectProgramRefuses(circuit, honest, withValue(value), 'Num2Bits');
          await expectRefusedBy(circuit, honest, { inputs: withValue(value) }, constraint);
        });
      }

      it('refuses a value just below lo, its difference given as a bit of -1 (S8)', async () => {
        const bits = `AtMost#2[${slot}].Uint.Num2Bits`;
        const wires = { ...bitWires(`${bits}.out`, 0n, 96), [`${bits}.out[0]`]: R - 1n };
        await expectRefusedBy(
          await loadCircuit(instance),
          makeInputs({ ...sameRange, ...withValue(low) }),
          { inputs: withValue(low - 1n), wires },
          `${bits}: (out[0] - 1) * out[0] = 0`,
        );
      });

      it('refuses a value just above hi, held against another bound', async () => {
        await expectRefusedBy(
          await loadCircuit(instance),
          makeInputs({ ...sameRange, ...withValue(high) }),
          {
            inputs: withValue(high + 1n),
            wires: { [`AtMost#3[${slot}].high`]: high + 1n },
          },
          `terms.hi[${slot}] = AtMost#3[${slot}].high`,
        );
      });
    });
  }

  describe('given a meter', () => {
    const makeMetered = (changes: Inputs = {}): Inputs => ({
      ...toInputs(makeMeteredStatement()),
      ...changes,
    });

    it('accepts the twelve notes of 100 that 1,250 above 50 hold, and hides which one it is', async () => {
      const circuit = await loadCircuit(instance);
      for (let claimIndex = 0n; claimIndex < 12n; claimIndex++) {
        const { broken, at } = circuit.forge(makeMetered({ claimIndex }));
        expect(broken).to.deep.equal([]);
        expect(at('shown')).to.equal(HIDDEN);
        expect(at('disclosed')).to.equal(0n);
      }
    });

    for (const claimIndex of [12n, 13n, HIDDEN]) {
      it(`refuses note ${titleOf(claimIndex)}`, async () => {
        const circuit = await loadCircuit(instance);
        await expectProgramRefuses(circuit, makeMetered(), { claimIndex }, 'Num2Bits');
        await expectRefusedBy(circuit, makeMetered(), { inputs: { claimIndex } }, aboveLow(3));
      });
    }

    it('refuses a value one below the note', async () => {
      const inputs = { values: [130n, 21n, 3n, 1_249n] };
      await expectRefusedBy(await loadCircuit(instance), makeMetered(), { inputs }, aboveLow(3));
    });

    it('refuses the note after the last, with the bound left at lo', async () => {
      await expectRefusedBy(
        await loadCircuit(instance),
        makeMetered(),
        { inputs: { claimIndex: 12n }, wires: { bound: 50n } },
        'Meter.bound = bound',
      );
    });

    it('refuses claim 2^32, whatever the value', async () => {
      const large = {
        'terms.step': 1n,
        'terms.hi': [200n, 99n, 5n, MAX_VALUE],
        values: [130n, 21n, 3n, MAX_VALUE],
      };
      await expectRefusedBy(
        await loadCircuit(instance),
        makeMetered({ ...large, claimIndex: HIDDEN }),
        { inputs: { claimIndex: 2n ** 32n } },
        sum(32, 'Meter.'),
      );
    });

    it('with the largest step and index, asks for more than a slot holds: nothing wraps around', async () => {
      const large = {
        'terms.step': MAX_VALUE,
        'terms.lo': [100n, 18n, 1n, MAX_VALUE],
        'terms.hi': [200n, 99n, 5n, MAX_VALUE],
        values: [130n, 21n, 3n, MAX_VALUE],
        claimIndex: HIDDEN,
      };
      const circuit = await loadCircuit(instance);
      const free = { 'terms.step': 0n };
      await expectRefusedBy(
        circuit,
        makeMetered({ ...large, ...free }),
        { inputs: { 'terms.step': MAX_VALUE } },
        aboveLow(3),
      );
    });

    it('is not satisfied once any wire but the unused schema is changed (S10)', async () => {
      await expectNoLooseWire(await loadCircuit(instance), makeMetered(), ['terms.schemaId']);
    });
  });

  it('relies on canonical terms: who sets lo to r - 5 lets the value -1 pass', async () => {
    const terms = { 'terms.lo': [R - 5n, 18n, 1n, 1_000n], 'terms.hi': [3n, 99n, 5n, 2_000n] };
    const inputs = makeInputs({ ...sameRange, ...terms, values: [R - 1n, 21n, 3n, 1_250n] });
    await expectAccepted(await loadCircuit(instance), inputs);
  });

  it('lets nobody pass a range whose ends are swapped', async () => {
    const circuit = await loadCircuit(instance);
    const swapped = { 'terms.lo': [130n, 18n, 1n, 1_000n], 'terms.hi': [129n, 99n, 5n, 2_000n] };
    for (const value of [128n, 129n, 130n, 131n]) {
      const inputs = { ...sameRange, ...swapped, values: [value, 21n, 3n, 1_250n] };
      expect(circuit.forge(makeInputs(inputs)).broken).to.not.be.empty;
    }
  });

  describe('given the set on slot 0', () => {
    const outside = { values: [131n, 21n, 3n, 1_250n] };

    it('refuses a value in the range and not in the set', async () => {
      const circuit = await loadCircuit(instance);
      await expectProgramRefuses(circuit, makeInputs(), outside, 'SetMember');
      await expectRefusedBy(
        circuit,
        makeInputs(),
        { inputs: outside },
        'SetMember: (-nodes[0] + 1) * setOn = 0',
      );
    });

    it('refuses the same with the set switched off by the prover (S19)', async () => {
      await expectRefusedBy(
        await loadCircuit(instance),
        makeInputs(),
        { inputs: outside, wires: { setOn: 0n } },
        'Mode.setOn = setOn',
      );
    });

    it('accepts the same with the set off in the terms', async () => {
      await expectAccepted(
        await loadCircuit(instance),
        makeInputs({ ...outside, 'terms.mode': 3n }),
      );
    });

    it('refuses 256 under a full set and a wide range (S27)', async () => {
      const full = {
        'terms.setLow': 2n ** 128n - 1n,
        'terms.setHigh': 2n ** 128n - 1n,
        'terms.hi': [300n, 99n, 5n, 2_000n],
      };
      await expectRefusedBy(
        await loadCircuit(instance),
        makeInputs({ ...full, values: [255n, 21n, 3n, 1_250n] }),
        { inputs: { values: [256n, 21n, 3n, 1_250n] } },
        'SetMember.Uint#2.Num2Bits: out[0] + 2·out[1] + … + 2^7·out[7] = in',
      );
    });
  });

  describe('given what is disclosed', () => {
    for (const disclose of [5n, 6n, 7n]) {
      it(`refuses disclose ${disclose}`, async () => {
        await expectRefusedBy(
          await loadCircuit(instance),
          makeInputs(),
          { inputs: { 'terms.mode': 8n + disclose } },
          'Mode: (bits[0] + bits[1]) * bits[2] = 0',
        );
      });
    }

    it('refuses the value of another slot', async () => {
      await expectRefusedBy(
        await loadCircuit(instance),
        makeInputs(),
        { wires: { 'Disclose.values[2]': 1_250n } },
        'values[2] = Disclose.values[2]',
      );
    });

    it('refuses another number in its place', async () => {
      await expectRefusedBy(
        await loadCircuit(instance),
        makeInputs(),
        { wires: { disclosed: 5n } },
        'Disclose.disclosed = disclosed',
      );
    });

    it('refuses another index than the one shown', async () => {
      await expectRefusedBy(
        await loadCircuit(instance),
        makeInputs(),
        { wires: { shown: 8n } },
        'Meter.shown = shown',
      );
    });
  });

  for (const name of Object.keys(toInputs(makeStatement()))) {
    it(`takes x + r for x in ${name}`, async () => {
      await expectAliasIsSame(await loadCircuit(instance), makeInputs(), name);
    });
  }

  it('is not satisfied once any wire but the unused schema is changed (S10)', async () => {
    await expectNoLooseWire(await loadCircuit(instance), makeInputs(), [
      'terms.schemaId',
      'Meter.IsZero.inv',
    ]);
  });
});

describe('Outcome', () => {
  const instance = template('policy.circom', 'Outcome');
  const makeInputs = () => ({ disclosed: 3n, shown: 7n, checkedAt: 1_750_000_020n });
  const packs = 'disclosed + 2^96·shown + 2^128·checkedAt = outcome';

  it('has no constraint of its own: a linear one is folded into its users', () =>
    expectCount(instance, 0));

  for (const disclosed of [0n, 1n, MAX_VALUE]) {
    for (const shown of [0n, 1n, HIDDEN]) {
      for (const checkedAt of [0n, 1n, NEVER]) {
        it(`packs ${titleOf(disclosed)}, ${titleOf(shown)} and ${titleOf(checkedAt)} so that each can be read again`, async () => {
          const circuit = await loadCircuit(instance);
          await expectAccepted(circuit, { disclosed, shown, checkedAt });
          const outcome = circuit.forge({ disclosed, shown, checkedAt }).at('outcome');
          expect(outcome & MAX_VALUE).to.equal(disclosed);
          expect((outcome >> 96n) & HIDDEN).to.equal(shown);
          expect(outcome >> 128n).to.equal(checkedAt);
        });
      }
    }
  }

  for (const name of Object.keys(makeInputs())) {
    it(`refuses another ${name} under the same outcome`, async () => {
      const circuit = await loadCircuit(instance);
      const { at } = circuit.forge(makeInputs());
      await expectRefusedBy(
        circuit,
        makeInputs(),
        { inputs: { [name]: 5n }, wires: { outcome: at('outcome') } },
        packs,
      );
    });

    it(`takes x + r for x in ${name}`, async () => {
      await expectAliasIsSame(await loadCircuit(instance), makeInputs(), name);
    });
  }

  it('is not satisfied once any wire is changed (S10)', async () => {
    await expectNoLooseWire(await loadCircuit(instance), makeInputs());
  });
});
