/**
 * Small circuits of no use with keys of their own: the prover takes any. A key is made once for what it is made of, and kept
 * under build/test-keys.
 * @module
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { zKey } from 'snarkjs';
import { compileCircuit } from '../../../scripts/circuits.ts';
import { makeWitnessPlan } from '../../../scripts/witness/plan.ts';
import type { VerifyingKey } from '../../../src/prover/verifyingKey.ts';
import type { Inputs } from '../circuits/forge.ts';
import { cache as circuits, loadCalculator } from '../circuits/testCircuit.ts';
import { writeWitness } from '../circuits/wtns.ts';

const project = resolve(import.meta.dirname, '../../..');
const cache = join(project, 'build/test-keys');
const folder = join(import.meta.dirname, 'circuits');
const powersOfTau = join(
  project,
  'node_modules/snarkjs-ptau/test/plonk_circuit/powersOfTau15_final.ptau',
);

/** A circuit with its key. */
export type TestKey = {
  readonly zkey: Uint8Array;
  readonly verifyingKey: VerifyingKey;
  readonly constraints: number;
  /** The witness program. */
  readonly wasm: Uint8Array;
  readonly r1cs: Uint8Array;
  /** The witness plan, made at the first call. */
  readonly plan: () => Promise<Uint8Array>;
  /** The values of a witness, and the same in a file. */
  readonly calculate: (inputs: Inputs) => Promise<readonly bigint[]>;
  readonly witness: (inputs: Inputs) => Promise<Uint8Array>;
};

const made = new Map<string, Promise<TestKey>>();

/** `chain` with steps, `bits` with a count, `hash` with an arity. */
export function loadTestKey(name: 'chain' | 'bits' | 'hash', parameter: number): Promise<TestKey> {
  const id = `${name}-${parameter}`;
  const known = made.get(id) ?? makeTestKey(name, parameter);
  made.set(id, known);
  return known;
}

async function makeTestKey(name: 'chain' | 'bits' | 'hash', parameter: number): Promise<TestKey> {
  const instance = {
    file: `${name}.circom`,
    template: { chain: 'Chain', bits: 'Bits', hash: 'Hash' }[name],
    params: [parameter],
    public: name === 'chain' ? ['seed'] : [],
  };
  const compiled = await compileCircuit({ instance, folder, cache: circuits, optimization: 2 });
  const file = join(cache, `${name}-${parameter}-${await hashOf(compiled.r1cs)}.zkey`);
  if (!existsSync(file)) await makeKey(compiled.r1cs, file);
  const calculate = await loadCalculator(compiled.wasm);
  return {
    zkey: await readFile(file),
    verifyingKey: (await zKey.exportVerificationKey(file)) as VerifyingKey,
    constraints: compiled.constraints,
    wasm: await readFile(compiled.wasm),
    r1cs: await readFile(compiled.r1cs),
    plan: async () => {
      const whole = await compileCircuit({ instance, folder, cache: circuits, optimization: 0 });
      return makeWitnessPlan({ template: instance.template, whole, production: compiled.r1cs });
    },
    calculate,
    witness: async (inputs) => writeWitness(await calculate(inputs)),
  };
}

async function hashOf(file: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(file))
    .digest('hex')
    .slice(0, 16);
}

/** With a public beacon, so that gamma and delta differ; a rename is all or nothing. */
async function makeKey(r1cs: string, file: string): Promise<void> {
  await mkdir(cache, { recursive: true });
  const scratch = await mkdtemp(join(cache, '.making-'));
  try {
    const [initial, final] = [join(scratch, 'initial.zkey'), join(scratch, 'final.zkey')];
    await zKey.newZKey(r1cs, powersOfTau, initial);
    await zKey.beacon(initial, final, 'test', '5'.repeat(64), 10);
    await rename(final, file);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
