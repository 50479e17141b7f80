/**
 * The eligibility circuit's own key: with the same r and s each way of proving gives what snarkjs gives, byte for byte.
 */
import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { groth16 } from 'snarkjs';
import { proveGroth16 } from '../../src/kernel/groth16.ts';
import { loadKernel } from '../../src/kernel/kernel.ts';
import { createProvingKey } from '../../src/kernel/provingKey.ts';
import { shareProvingKey } from '../../src/kernel/twoThreads.ts';
import { ARTIFACT_FILES, PACKAGE_ARTIFACTS } from '../../src/prover/artifacts.ts';
import { loadSnarkjs } from '../../src/prover/snarkjs.ts';
import { makeRandom, seedOf } from '../support/circuits/random.ts';
import { holderWitness } from '../support/holderWitness.ts';
import { drawing, proveWith } from '../support/kernel/reference.ts';
import { R } from '../support/kernel/scalars.ts';
import { sharedArtifacts } from '../support/world.ts';

const SEED = seedOf(45);

/** What is proved, with what, and what snarkjs makes of it. */
type Case = {
  readonly witness: Uint8Array;
  readonly blinding: readonly [r: bigint, s: bigint];
  readonly expected: string;
};

describe(`kernel: the eligibility circuit's own key (seed ${SEED})`, () => {
  let original: Uint8Array;
  let expanded: Uint8Array;
  const cases: Case[] = [];
  before(async () => {
    await loadSnarkjs(); // its curve, which r and s are taken from
    original = await readFile(`${PACKAGE_ARTIFACTS}${ARTIFACT_FILES.zkey}`);
    expanded = await (await sharedArtifacts()).zkey();
    const random = makeRandom(SEED);
    const edges = [0n, R - 1n] as const;
    const drawn = (): readonly [bigint, bigint] => [random.bits(253), random.bits(253)];
    for (const [i, blinding] of [drawn(), drawn(), edges].entries()) {
      const witness = await holderWitness(i);
      const expected = JSON.stringify(await proveWith(original, witness, blinding));
      cases.push({ witness, blinding, expected });
    }
  });

  it('other r and s, and another witness, give another proof, and snarkjs verifies each', async () => {
    expect(new Set(cases.map(({ expected }) => expected)).size).to.equal(3);
    const { verifyingKey } = await sharedArtifacts();
    for (const { expected } of cases) {
      const { proof, publicSignals } = JSON.parse(expected) as Awaited<
        ReturnType<typeof groth16.prove>
      >;
      expect(await groth16.verify(verifyingKey, publicSignals, proof)).to.equal(true);
    }
  });

  for (const build of ['fma', 'i64'] as const) {
    describe(build, () => {
      for (const [name, fileOf] of [
        ['the zkey', () => original],
        ['the packed key, expanded', () => expanded],
      ] as const) {
        it(`makes snarkjs' proofs from ${name} on one thread`, async () => {
          const key = createProvingKey(await loadKernel(build), fileOf());
          for (const { witness, blinding, expected } of cases) {
            const made = await proveGroth16(key, witness, { random: drawing(...blinding) });
            expect(JSON.stringify(made)).to.equal(expected);
          }
        });

        it(`makes snarkjs' proofs from ${name} on two threads`, async () => {
          const key = shareProvingKey(await loadKernel(build), fileOf());
          try {
            for (const { witness, blinding, expected } of cases) {
              const made = await key.prove(witness, { random: drawing(...blinding) });
              expect(JSON.stringify(made)).to.equal(expected);
            }
          } finally {
            await key.close();
          }
        });
      }
    });
  }
});
