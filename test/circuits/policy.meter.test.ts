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
import { HIDDEN, MAX_VALUE } from '../support/circuits/statement.ts';
import { loadCircuit, template } from '../support/circuits/testCircuit.ts';

describe('Meter', () => {
  const instance = template('policy.circom', 'Meter');
  const makeInputs = (changes: Inputs = {}) => ({
    claimIndex: 7n,
    step: 100n,
    lo: 50n,
    ...changes,
  });
  const indexIsUint = bitsAddUp(32, '');
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
