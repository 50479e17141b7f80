/**
 * Proving: from a holder's attestation to a proof that says no more than the policy asks (PROTOCOL.md section 3).
 * @module
 */
import { EligoError, invalidInput } from '../errors.ts';
import { hashAttestation, type Attestation } from '../protocol/attestation.ts';
import { toField, toTime, toUint, type Field, type IntegerInput } from '../protocol/field.ts';
import { computeNullifier, type Identity } from '../protocol/identity.ts';
import { STATEMENT_DEPTH, computeRoot, type MerklePath } from '../protocol/merklePath.ts';
import { evaluatePolicy, type Policy } from '../protocol/policy.ts';
import { SIGNALS, TIME_STEP, toSignals, type Statement } from '../protocol/statement.ts';
import { compileTerms, computePolicy } from '../protocol/terms.ts';
import type { Artifacts } from './artifacts.ts';
import { toBackend, type Backend, type BackendName } from './backend.ts';
import { checkProofs } from './checkProofs.ts';
import type { ProvenStatement } from './proof.ts';
import { loadWitnessProgram } from './witness.ts';

/** What a proof is made of. */
export type ProveParameters = {
  readonly artifacts: Artifacts;
  readonly identity: Identity;
  readonly attestation: Attestation;
  /** In the depth-16 tree: `createTrustList(...).extendPath(slot, tree.path(position))`. */
  readonly path: MerklePath;
  /** The published root that the path must lead to. */
  readonly root: IntegerInput;
  readonly policy: Policy;
  readonly scope: IntegerInput;
  readonly context: IntegerInput;
  /** Unix seconds; floored to 60. Take the chain's latest timestamp. */
  readonly checkedAt: IntegerInput;
  /** u32: the number of the claim, the period or the note; 0 if left out. */
  readonly claimIndex?: IntegerInput;
  /** Called when a phase begins. */
  readonly onPhase?: (phase: 'witness' | 'proof') => void;
  /** The package's own prover, `kernel`, if left out. */
  readonly backend?: BackendName | Backend | undefined;
  /** Gives up: the promise is rejected with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Called with the share of the phase `proof` that is done, rising to 1, by backends that know it. */
  readonly onProgress?: ((done: number) => void) | undefined;
  /** Verifies the proof before it is handed out, which costs a hundredth of making it; true if left out. */
  readonly selfCheck?: boolean | undefined;
};

/**
 * Proves eligibility. Everything that the holder can know beforehand is checked before the work starts.
 * @throws {PolicyNotMet} naming the clause; `clause` and `reason` are in `data`
 * @throws {WitnessRejected} if the circuit refuses what the checks let through
 * @throws {ProverFailed} if the backend fails, or `selfCheck` finds its proof wrong @throws {ToolMissing} without rapidsnark
 * @throws {InvalidInput}
 * @example
 * const { statement, proof } = await prove({
 *   artifacts, identity, attestation, path, root, policy, scope, context, checkedAt: block.timestamp,
 * });
 */
export async function prove(parameters: ProveParameters): Promise<ProvenStatement> {
  const {
    artifacts,
    identity,
    attestation,
    path,
    policy,
    backend = 'kernel',
    selfCheck = true,
    signal,
    onProgress,
    onPhase,
  } = parameters;
  const makeProof = toBackend(backend);
  if (attestation.commitment !== identity.commitment) {
    throw invalidInput(
      'attestation.commitment',
      attestation.commitment,
      "must be the identity's commitment",
    );
  }
  if (path.siblings.length !== STATEMENT_DEPTH) {
    throw invalidInput(
      'path',
      path.siblings.length,
      `must have ${STATEMENT_DEPTH} levels: extend it by the trust list`,
    );
  }
  const root = toField(parameters.root, 'root');
  const scope = toField(parameters.scope, 'scope');
  const context = toField(parameters.context, 'context');
  const claimIndex = toUint(parameters.claimIndex ?? 0n, 'claimIndex', 32);
  const time = toTime(parameters.checkedAt, 'checkedAt');
  const checkedAt = time - (time % TIME_STEP);

  const evaluation = evaluatePolicy(policy, attestation, {
    checkedAt,
    claimIndex,
    membership: { path, root },
  });
  if (!evaluation.eligible) {
    const { clause, reason } = evaluation;
    throw new EligoError('PolicyNotMet', `the policy is not met: ${clause} (${reason})`, {
      clause,
      reason,
    });
  }

  const terms = compileTerms(policy);
  const statement: Statement = {
    nullifier: computeNullifier({ scope, secret: identity.secret, claimIndex }),
    root: computeRoot(hashAttestation(attestation), path),
    policy: computePolicy(scope, terms),
    context,
    ...evaluation.outcome,
  };
  signal?.throwIfAborted();
  onPhase?.('witness');
  const inputs = {
    secret: identity.secret,
    attestation,
    path,
    terms,
    scope,
    context,
    checkedAt,
    claimIndex,
  };
  const program = await loadWitnessProgram(await artifacts.plan(), artifacts.circuit);
  const witness = await program.calculate(inputs);
  try {
    signal?.throwIfAborted();
    onPhase?.('proof');
    const made = await makeProof(artifacts, witness, { signal, onProgress });
    refuseOtherStatement(toSignals(statement), made.signals);
    const proven = { statement, proof: made.proof };
    if (selfCheck) await refuseWrongProof(artifacts, proven);
    return proven;
  } finally {
    witness.fill(0);
  }
}

/** The prover's word is not taken: its public signals are the ones computed here, or there is no proof. */
function refuseOtherStatement(expected: readonly Field[], signals: readonly string[]): void {
  const other = expected.findIndex((signal, i) => signal.toString() !== signals[i]);
  if (other >= 0 || signals.length !== expected.length) {
    const signal = SIGNALS[other] ?? 'count';
    throw new EligoError('WitnessRejected', `the circuit's ${signal} is not the one expected`, {
      signal,
    });
  }
}

/** Whatever the machine or the backend computed: a claimant learns it here, not from a contract. */
async function refuseWrongProof(
  { verifyingKey }: Artifacts,
  proven: ProvenStatement,
): Promise<void> {
  const [finding] = await checkProofs(verifyingKey, [proven]);
  if (!finding) return;
  const message = 'the proof that was made does not verify: prove again';
  throw new EligoError('ProverFailed', message, {}, finding);
}
