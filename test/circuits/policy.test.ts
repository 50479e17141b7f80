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
import { R } from '../../scripts/witness/field.ts';
import {
  HIDDEN,
  MAX_VALUE,
  NEVER,
  policyOf,
  withPrefix,
  type Terms,
} from '../support/circuits/statement.ts';
import { loadCircuit, template } from '../support/circuits/testCircuit.ts';

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
