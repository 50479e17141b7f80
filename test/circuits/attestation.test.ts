import { expect } from 'chai';
import { poseidon9 } from 'poseidon-lite/poseidon9';
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
import { NEVER } from '../support/circuits/statement.ts';
import { loadCircuit, template } from '../support/circuits/testCircuit.ts';

describe('AttestationLeaf', () => {
  const instance = template('attestation.circom', 'AttestationLeaf');
  /** Every number different, so that no two can trade places unnoticed (S20). */
  const makeInputs = () => ({
    'attestation.schemaId': 101n,
    commitment: 102n,
    'attestation.issuedAt': 103n,
    'attestation.expiresAt': 104n,
    'attestation.salt': 105n,
    'attestation.values': [106n, 107n, 108n, 109n],
  });
  const hashOf = (inputs: Readonly<Record<string, bigint | readonly bigint[]>>) =>
    poseidon9(Object.values(inputs).flat());

  it('has 417 constraints', () => expectCount(instance, 417));

  it('is H_9 of the nine fields, in their order (S20)', async () => {
    const circuit = await loadCircuit(instance);
    await expectAccepted(circuit, makeInputs());
    const leaf = poseidon9([101n, 102n, 103n, 104n, 105n, 106n, 107n, 108n, 109n]);
    expect(circuit.forge(makeInputs()).at('leaf')).to.equal(leaf);
  });

  for (const name of Object.keys(makeInputs()) as (keyof ReturnType<typeof makeInputs>)[]) {
    for (const value of [0n, 1n, 2n ** 96n, R - 1n]) {
      it(`given ${titleOf(value)} as ${name}, gives H_9`, async () => {
        const circuit = await loadCircuit(instance);
        const changed = name === 'attestation.values' ? [value, 107n, 108n, 109n] : value;
        const inputs = { ...makeInputs(), [name]: changed };
        await expectAccepted(circuit, inputs);
        expect(circuit.forge(inputs).at('leaf')).to.equal(hashOf(inputs));
      });
    }

    it(`takes x + r for x in ${name} (S17)`, async () => {
      await expectAliasIsSame(await loadCircuit(instance), makeInputs(), name);
    });
  }

  it('given nothing but zeros, is not the empty leaf (S11)', async () => {
    const circuit = await loadCircuit(instance);
    const inputs = Object.fromEntries(
      Object.entries(makeInputs()).map(([name, value]) => [name, [value].flat().map(() => 0n)]),
    );
    await expectAccepted(circuit, inputs);
    expect(circuit.forge(inputs).at('leaf')).to.not.equal(0n);
  });

  for (const [title, leaf] of [
    ['the empty leaf (S11)', 0n],
    [
      'the leaf of two values swapped (S20)',
      hashOf({ ...makeInputs(), 'attestation.values': [107n, 106n, 108n, 109n] }),
    ],
    ['the leaf of another commitment', hashOf({ ...makeInputs(), commitment: 112n })],
  ] as const) {
    it(`refuses ${title}`, async () => {
      await expectRefusedBy(
        await loadCircuit(instance),
        makeInputs(),
        { wires: { leaf } },
        'Poseidon.out = leaf',
      );
    });
  }

  it('refuses the hash of another value', async () => {
    await expectRefusedBy(
      await loadCircuit(instance),
      makeInputs(),
      { wires: { 'Poseidon.inputs[5]': 999n } },
      'attestation.values[0] = Poseidon.inputs[5]',
    );
  });

  it('is not satisfied once any wire is changed (S10)', async () => {
    await expectNoLooseWire(await loadCircuit(instance), makeInputs());
  });
});

describe('ValidAt', () => {
  const instance = template('attestation.circom', 'ValidAt');
  const makeInputs = () => ({ checkedAt: 1_750n, issuedAt: 1_700n, expiresAt: 1_800n });
  const sum = (path: string) => `${path}Uint.Num2Bits: out[0] + 2·out[1] + … + 2^39·out[39] = in`;
  const timeIsUint = sum('');
  const issuedAtMostTime = sum('AtMost#0.');
  const timeAtMostExpiry = sum('AtMost#1.');

  it('has 120 constraints', () => expectCount(instance, 120));

  for (const [title, inputs] of [
    ['in the window', makeInputs()],
    ['in its first second', { checkedAt: 1_700n, issuedAt: 1_700n, expiresAt: 1_800n }],
    ['in its last second', { checkedAt: 1_800n, issuedAt: 1_700n, expiresAt: 1_800n }],
    ['in a window of one second', { checkedAt: 7n, issuedAt: 7n, expiresAt: 7n }],
    ['at 0', { checkedAt: 0n, issuedAt: 0n, expiresAt: 0n }],
    ['where it never expires', { checkedAt: 1_750n, issuedAt: 0n, expiresAt: NEVER }],
    ['at the end of time', { checkedAt: NEVER, issuedAt: 0n, expiresAt: NEVER }],
  ] as const) {
    it(`accepts a time ${title}`, async () => {
      await expectAccepted(await loadCircuit(instance), inputs);
    });
  }

  for (const [title, untouched, changed, constraint] of [
    [
      'one second before the window',
      { checkedAt: 1_700n },
      { checkedAt: 1_699n },
      issuedAtMostTime,
    ],
    ['one second after the window', { checkedAt: 1_800n }, { checkedAt: 1_801n }, timeAtMostExpiry],
    ['issued one second later', { issuedAt: 1_750n }, { issuedAt: 1_751n }, issuedAtMostTime],
    ['expired one second earlier', { expiresAt: 1_750n }, { expiresAt: 1_749n }, timeAtMostExpiry],
    ['expired in second 0', { expiresAt: 1_750n }, { expiresAt: 0n }, timeAtMostExpiry],
    ['issued at 2^40 - 1', { issuedAt: 1_750n }, { issuedAt: 2n ** 40n - 1n }, issuedAtMostTime],
    ['issued at 2^40', { issuedAt: 1_750n }, { issuedAt: 2n ** 40n }, issuedAtMostTime],
    [
      'expiring 2^40 later',
      { expiresAt: NEVER },
      { expiresAt: 1_750n + 2n ** 40n },
      timeAtMostExpiry,
    ],
    ['expiring at r - 1', { expiresAt: NEVER }, { expiresAt: R - 1n }, timeAtMostExpiry],
    [
      'issued 2^40 before',
      { issuedAt: 0n },
      { issuedAt: R + 1_750n - 2n ** 40n },
      issuedAtMostTime,
    ],
  ] as const) {
    it(`refuses an attestation or a time that is ${title} (S6)`, async () => {
      const circuit = await loadCircuit(instance);
      const honest = { ...makeInputs(), ...untouched };
      await expectProgramRefuses(circuit, honest, changed, 'Num2Bits');
      await expectRefusedBy(circuit, honest, { inputs: changed }, constraint);
    });
  }

  // The time is the anchor of both comparisons; without its own range, all three could leave the integers together.
  for (const [title, time] of [
    ['2^40', 2n ** 40n],
    ['r - 1', R - 1n],
    ['r - 2^40', R - 2n ** 40n],
  ] as const) {
    it(`refuses the time ${title}, although the window moves with it (S6)`, async () => {
      const moved = { checkedAt: time, issuedAt: time - 1n, expiresAt: (time + 1n) % R };
      await expectRefusedBy(
        await loadCircuit(instance),
        { checkedAt: 1n, issuedAt: 0n, expiresAt: 2n },
        { inputs: moved },
        timeIsUint,
      );
    });
  }

  it('refuses an expired attestation whose difference is given as a bit of -1 (S8)', async () => {
    const wires = {
      ...bitWires('AtMost#1.Uint.Num2Bits.out', 0n, 40),
      'AtMost#1.Uint.Num2Bits.out[0]': R - 1n,
    };
    await expectRefusedBy(
      await loadCircuit(instance),
      { ...makeInputs(), expiresAt: 1_750n },
      { inputs: { expiresAt: 1_749n }, wires },
      'AtMost#1.Uint.Num2Bits: (out[0] - 1) * out[0] = 0',
    );
  });

  it('refuses an expired attestation compared with another expiry', async () => {
    await expectRefusedBy(
      await loadCircuit(instance),
      { ...makeInputs(), expiresAt: 1_750n },
      { inputs: { expiresAt: 1_749n }, wires: { 'AtMost#1.high': 1_750n } },
      'expiresAt = AtMost#1.high',
    );
  });

  for (const name of ['checkedAt', 'issuedAt', 'expiresAt']) {
    it(`takes x + r for x in ${name}`, async () => {
      await expectAliasIsSame(await loadCircuit(instance), makeInputs(), name);
    });
  }

  it('is not satisfied once any wire is changed (S10)', async () => {
    await expectNoLooseWire(await loadCircuit(instance), makeInputs());
  });
});
