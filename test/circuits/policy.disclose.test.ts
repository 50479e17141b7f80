import { expect } from 'chai';
import {
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

describe('Disclose', () => {
  const instance = template('policy.circom', 'Disclose');
  const makeInputs = (disclose: bigint, values = [11n, 12n, 13n, 14n]) => ({
    bits: [disclose & 1n, (disclose >> 1n) & 1n, disclose >> 2n],
    values,
  });
  const isUint = bitsAddUp(96, '');

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
