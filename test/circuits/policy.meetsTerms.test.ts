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
import type { Inputs } from '../support/circuits/forge.ts';
import { R } from '../../scripts/witness/field.ts';
import {
  HIDDEN,
  MAX_VALUE,
  NEVER,
  makeMeteredStatement,
  makeStatement,
  withPrefix,
  type Statement,
} from '../support/circuits/statement.ts';
import { loadCircuit, template } from '../support/circuits/testCircuit.ts';

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
  const aboveLow = (slot: number) => bitsAddUp(96, `AtMost#2[${slot}].`);
  const belowHigh = (slot: number) => bitsAddUp(96, `AtMost#3[${slot}].`);

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
    const tooEarly = bitsAddUp(40, 'AtMost#0.');
    const tooLate = bitsAddUp(40, 'AtMost#1.');

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
        bitsAddUp(32, 'Meter.'),
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
