/**
 * `eligo proof make`: whatever would be refused later is refused before the proof is worked on.
 * @module
 */
import { invalidInput } from '../errors.ts';
import { claimContext } from '../chain/campaigns.ts';
import { getTree } from '../chain/roots.ts';
import { readCredential, type Credential } from '../protocol/credential.ts';
import { toField, toTime, type Field } from '../protocol/field.ts';
import { computeNullifier, type Identity } from '../protocol/identity.ts';
import { definePolicy, evaluatePolicy, type Policy } from '../protocol/policy.ts';
import { TIME_STEP, type Statement } from '../protocol/statement.ts';
import { compileTerms, computePolicy } from '../protocol/terms.ts';
import type { Artifacts } from '../prover/artifacts.ts';
import { writeProofFile } from '../prover/proof.ts';
import { prove } from '../prover/prove.ts';
import { readArtifacts, refuseOtherCircuit } from './artifacts.ts';
import { readBackend } from './backend.ts';
import { refuseExisting, writeNew } from './files.ts';
import { checkOpen, checkPayable, readAction, readGate } from './gate.ts';
import { readIdentity } from './identity.ts';
import { membershipOf, treeSource, type Membership } from './membership.ts';
import { facts, moment } from './output.ts';
import { statementDocument } from './statement.ts';
import { readService, targetOf } from './target.ts';
import { fieldText, timeFlag, uintFlag, type Context } from './verb.ts';

/** What a proof is made for. */
type Target = {
  readonly scope: Field;
  readonly context: Field;
  /** A whole minute. */
  readonly checkedAt: bigint;
  readonly claimIndex: bigint;
  /** The root that the tree has; undefined where a mirror may say so. */
  readonly treeRoot: () => Promise<Field | undefined>;
  /** Refuses what the target would refuse. */
  readonly check: (statement: Statement) => Promise<unknown>;
};

/** The action of `proof make`. */
export async function makeProof(context: Context): Promise<void> {
  const { flags, read, result, step } = context;
  const out = flags.text('--out');
  const writing = { flag: '--out', force: flags.on('--force') };
  await refuseExisting(out, writing);
  const kind = targetOf(flags);
  treeSource(flags);
  const backend = readBackend(flags);
  const artifacts = await readArtifacts(context);
  const identity = await readIdentity(context);
  const credential = readCredential(await read(flags.text('--credential'), '--credential'));
  refuseOtherCircuit('credential', credential.circuit, artifacts);
  refuseOtherHolder(identity, credential);
  const policy = definePolicy(await read(flags.text('--policy'), '--policy'), credential.schema);
  const target =
    kind === 'service'
      ? serviceTarget(context)
      : await step('asking the chain', () =>
          campaignTarget(context, { policy, credential, artifacts }),
        );
  const membership = await membershipOf(context, credential, target.treeRoot);
  await checkFirst(target, { identity, credential, policy, membership });
  const { attestation } = credential;
  const proven = await step('proving', (say) =>
    prove({
      ...{ artifacts, identity, attestation, ...membership, policy, ...target },
      ...{ backend, onPhase: say },
    }),
  );
  const document = writeProofFile(artifacts.circuit, proven);
  await writeNew(out, `${JSON.stringify(document, undefined, 2)}\n`, writing);
  const { statement } = proven;
  result(
    { out, ...statementDocument(statement), insecureDev: artifacts.insecureDev },
    facts({
      proof: out,
      nullifier: statement.nullifier,
      root: statement.root,
      disclosed: statement.disclosed,
      'checked at': moment(statement.checkedAt),
    }),
  );
}

function refuseOtherHolder({ commitment }: Identity, { attestation }: Credential): void {
  if (attestation.commitment === commitment) return;
  throw invalidInput(
    'credential.attestation.commitment',
    attestation.commitment,
    `must be the identity's, ${commitment.toString()}`,
  );
}

function serviceTarget({ flags }: Context): Target {
  return {
    ...readService(flags),
    checkedAt: wholeMinute(timeFlag(flags, '--at')),
    claimIndex: uintFlag(flags, '--claim-index', 32) ?? 0n,
    treeRoot: () => {
      const root = flags.find('--root');
      return Promise.resolve(root === undefined ? undefined : fieldText(root, '--root'));
    },
    check: () => Promise.resolve(),
  };
}

async function campaignTarget(
  context: Context,
  made: { readonly policy: Policy; readonly credential: Credential; readonly artifacts: Artifacts },
): Promise<Target> {
  const action = readAction(context.flags);
  const gate = await readGate(context);
  const { client, deployment, campaign, now } = gate;
  refuseOtherCircuit('deployment', deployment.circuit, made.artifacts);
  refuseOtherRegistry(made.credential, deployment);
  checkOpen(gate, made.policy);
  const checkedAt = wholeMinute(now);
  const { index, scope } = campaign;
  const period = index.kind === 'period' ? (checkedAt - index.start) / index.length : 0n;
  return {
    scope,
    context: claimContext({ deployment, campaignId: campaign.id, action }),
    checkedAt,
    claimIndex: uintFlag(context.flags, '--claim-index', 32) ?? period,
    // The newest: an older one would be a smaller crowd, whatever a mirror says.
    treeRoot: async () => {
      const { root } = await getTree(client, { deployment, treeId: made.credential.tree });
      return toField(root, 'root');
    },
    check: (statement) => checkPayable(gate, statement, action),
  };
}

function refuseOtherRegistry(
  { chainId, registry }: Credential,
  deployment: { readonly chainId: string; readonly contracts: { readonly RootRegistry: string } },
): void {
  const { RootRegistry } = deployment.contracts;
  if (chainId.toString() !== deployment.chainId)
    throw invalidInput('credential.chainId', chainId, `must be ${deployment.chainId}`);
  if (registry.toLowerCase() !== RootRegistry.toLowerCase())
    throw invalidInput(
      'credential.registry',
      registry,
      `must be the deployment's, ${RootRegistry}`,
    );
}

/** Evaluates the policy, then asks the target about the statement that the proof would have. */
async function checkFirst(
  target: Target,
  made: {
    readonly identity: Identity;
    readonly credential: Credential;
    readonly policy: Policy;
    readonly membership: Membership;
  },
): Promise<void> {
  const { scope, context, checkedAt, claimIndex } = target;
  const { identity, credential, policy, membership } = made;
  const evaluation = evaluatePolicy(policy, credential.attestation, { checkedAt, claimIndex });
  if (!evaluation.eligible) return; // `prove` says so
  await target.check({
    nullifier: computeNullifier({ scope, secret: identity.secret, claimIndex }),
    root: membership.root,
    policy: computePolicy(scope, compileTerms(policy)),
    context,
    ...evaluation.outcome,
  });
}

function wholeMinute(time: bigint): bigint {
  return toTime(time - (time % TIME_STEP), 'checkedAt');
}
