/**
 * How somebody who isn't eligible would cheat: doctor the attestation until the circuit takes it, then write the
 * published root over the one that it leads to. Three refusals for one person.
 * @module
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { wtns } from 'snarkjs';
import { EligoError } from '../../src/errors.ts';
import type { Attestation } from '../../src/protocol/attestation.ts';
import type { Field } from '../../src/protocol/field.ts';
import type { MerklePath } from '../../src/protocol/merklePath.ts';
import { evaluatePolicy, type Policy } from '../../src/protocol/policy.ts';
import { compileTerms } from '../../src/protocol/terms.ts';
import { ARTIFACT_FILES, PACKAGE_ARTIFACTS, type Artifacts } from '../../src/prover/artifacts.ts';
import { loadWitnessProgram, type Witness, type WitnessInputs } from '../../src/prover/witness.ts';
import { refusalOf } from './story.ts';

const QUIET = { info: () => undefined, warn: () => undefined };
const VALUES_AT = 76; // behind the .wtns headers
const FIELD_BYTES = 32;
const ROOT_WIRE = 2; // wire 0 is 1; then the outputs in the order of the statement: nullifier, root, ...

/** A case of somebody who must be refused. */
export type Case = {
  readonly secret: Field;
  readonly attestation: Attestation;
  /** The attestation as the cheat would like it: the circuit takes it, at another root. */
  readonly doctored: Attestation;
  readonly path: MerklePath;
  readonly root: Field;
  readonly policy: Policy;
  readonly checkedAt: bigint;
};

/** What refused, three times. */
export type Refusals = { readonly clause: string; readonly witnessProgram: string };

/**
 * Shows the three refusals.
 * @throws {Error} if one of them lets the person through
 */
export async function refuseThrice(artifacts: Artifacts, subject: Case): Promise<Refusals> {
  const { attestation, doctored, path, root, policy, checkedAt } = subject;
  const evaluation = evaluatePolicy(policy, attestation, {
    checkedAt,
    claimIndex: 0n,
    membership: { path, root },
  });
  if (evaluation.eligible) throw new Error('the policy lets this attestation through');

  const program = await loadWitnessProgram(await artifacts.plan(), artifacts.circuit);
  const inputs: WitnessInputs = {
    secret: subject.secret,
    attestation,
    path,
    terms: compileTerms(policy),
    scope: 1n as Field,
    context: 1n as Field,
    checkedAt,
    claimIndex: 0n,
  };
  const witnessProgram = await refusedByProgram(() => program.calculate(inputs), root);

  const honest = await program.calculate({ ...inputs, attestation: doctored });
  if (!(await satisfies(honest)))
    throw new Error('the untouched witness must satisfy the constraints');
  const forged = overwrite(honest, ROOT_WIRE, root);
  if (await satisfies(forged)) throw new Error('the constraints let a forged root through');
  return { clause: evaluation.clause, witnessProgram };
}

/** The program refuses an assertion; of a leaf that isn't in the tree it computes a root that isn't the published one. */
async function refusedByProgram(calculate: () => Promise<Witness>, root: Field): Promise<string> {
  const error = await refusalOf('WitnessRejected', async () => {
    if (wire(await calculate(), ROOT_WIRE) !== root) {
      throw new EligoError('WitnessRejected', 'the witness leads to another root');
    }
  });
  return error.message.replace(/^the circuit refuses these inputs /, '');
}

/** Whether a witness satisfies the constraints: snarkjs reads the r1cs and checks each. */
async function satisfies(witness: Witness): Promise<boolean> {
  const r1cs = await readFile(join(PACKAGE_ARTIFACTS, ARTIFACT_FILES.r1cs));
  return wtns.check(r1cs, witness, QUIET);
}

function wire(witness: Witness, index: number): bigint {
  const start = VALUES_AT + index * FIELD_BYTES;
  return BigInt(
    `0x${Buffer.from(witness.slice(start, start + FIELD_BYTES))
      .reverse()
      .toString('hex')}`,
  );
}

function overwrite(witness: Witness, index: number, value: bigint): Witness {
  const copy = witness.slice();
  const bytes = Buffer.from(value.toString(16).padStart(2 * FIELD_BYTES, '0'), 'hex').reverse();
  copy.set(bytes, VALUES_AT + index * FIELD_BYTES);
  return copy;
}
