/**
 * `eligo proof verify`: the checks of PROTOCOL.md section 5, in their order.
 * @module
 */
import { EligoError } from '../errors.ts';
import { NEVER } from '../protocol/field.ts';
import type { Policy } from '../protocol/policy.ts';
import { compileTerms, computePolicy } from '../protocol/terms.ts';
import type { Artifacts } from '../prover/artifacts.ts';
import { readProofFile, type ProvenStatement } from '../prover/proof.ts';
import { checkGroth16, verify, type Gate } from '../verifier/verify.ts';
import { readArtifacts, refuseOtherCircuit } from './artifacts.ts';
import { checkOpen, checkPayable, readAction, readGate } from './gate.ts';
import { facts, moment } from './output.ts';
import { readPolicy } from './policyWords.ts';
import { statementDocument } from './statement.ts';
import { readService, targetOf } from './target.ts';
import { fieldText, integerFlag, timeFlag, type Context } from './verb.ts';

/** Seconds: the bounds that gates on-chain have. */
const LIFETIME = { min: 120n, max: 2_592_000n } as const;
const DEFAULT_LIFETIME = 600n;

type Verified = ProvenStatement & { readonly policy: Policy; readonly artifacts: Artifacts };

/** The action of `proof verify`. */
export async function verifyProof(context: Context): Promise<void> {
  const { flags, read, result, step } = context;
  const kind = targetOf(flags);
  const artifacts = await readArtifacts(context);
  const policy = await readPolicy(context);
  const file = await read(flags.text('--proof'), '--proof');
  const proven = readProofFile(file, artifacts.circuit);
  const verified = { ...proven, policy, artifacts };
  const found = await step('verifying', () =>
    kind === 'service' ? verifyForService(context, verified) : verifyForCampaign(context, verified),
  );
  const { statement } = proven;
  result(
    { valid: true, ...found, ...statementDocument(statement), insecureDev: artifacts.insecureDev },
    facts({
      valid: 'yes',
      ...found,
      nullifier: statement.nullifier,
      disclosed: statement.disclosed,
      shown: statement.shown,
      'checked at': moment(statement.checkedAt),
    }),
  );
}

/** The checks that the contract makes before it pays, then the proof. @returns base units that it would pay */
async function verifyForCampaign(
  context: Context,
  { statement, proof, policy, artifacts }: Verified,
): Promise<{ readonly amount: bigint }> {
  const action = readAction(context.flags);
  const gate = await readGate(context);
  refuseOtherCircuit('deployment', gate.deployment.circuit, artifacts);
  checkOpen(gate, policy);
  const payable = await checkPayable(gate, statement, action);
  await checkGroth16(artifacts.verifyingKey, statement, proof);
  return payable;
}

async function verifyForService(
  { flags, note }: Context,
  { statement, proof, policy, artifacts }: Verified,
): Promise<object> {
  const { scope, context } = readService(flags);
  const root = fieldText(flags.text('--root'), '--root');
  const now = timeFlag(flags, '--at');
  const terms = compileTerms(policy);
  const cap = integerFlag(flags, '--cap', { min: 1n, max: 2n ** 32n - 2n }) ?? 1n;
  const gate: Gate = {
    policy: computePolicy(scope, terms),
    index: terms.step > 0n ? { kind: 'metered' } : { kind: 'count', cap },
    proofLifetime: integerFlag(flags, '--proof-lifetime', LIFETIME) ?? DEFAULT_LIFETIME,
    maxStaleness: 0n,
    maxSilence: NEVER,
  };
  // The service says which root it takes; that one is known and current, and no other is.
  const known = statement.root === root;
  const facts = { frozen: false, known, current: true, endedAt: 0n, lastPublishedAt: now };
  const verdict = await verify({
    verifyingKey: artifacts.verifyingKey,
    statement,
    proof,
    gate,
    circumstances: { now, context, root: facts, spent: false },
  });
  if (!verdict.ok) throw new EligoError(verdict.error, verdict.message);
  note('Keep the nullifier, and refuse it next time: this command remembers none.');
  return {};
}
