/**
 * The demonstration's world: a local chain with everything deployed, an issuer with its tree, and campaigns.
 * @module
 */
import { randomBytes } from 'node:crypto';
import { bytesToHex, getAddress, zeroAddress, type Address } from 'viem';
import { getBlock } from 'viem/actions';
import { connect, getChainTime, type WriteClient } from '../../src/chain/client.ts';
import {
  campaignScope,
  claim,
  claimContext,
  createCampaign,
  fund,
  getCampaign,
} from '../../src/chain/campaigns.ts';
import {
  deployContracts,
  deployExampleToken,
  mintExampleToken,
  type DeployedContract,
  type Deployment,
} from '../../src/chain/deployment.ts';
import { nextPublication, publish } from '../../src/chain/roots.ts';
import { LOCAL_KEYS, startLocalChain, type LocalChain } from '../../src/chain/localChain.ts';
import { hashAttestation, type Attestation } from '../../src/protocol/attestation.ts';
import type { Field } from '../../src/protocol/field.ts';
import { NEVER } from '../../src/protocol/field.ts';
import type { MerklePath } from '../../src/protocol/merklePath.ts';
import type { Policy } from '../../src/protocol/policy.ts';
import type { Action } from '../../src/protocol/statement.ts';
import type { Artifacts } from '../../src/prover/artifacts.ts';
import { prove } from '../../src/prover/prove.ts';
import type { ProvenStatement } from '../../src/prover/proof.ts';
import type { Tree } from '../../src/tree/tree.ts';
import { createTrustList } from '../../src/tree/trustList.ts';
import { checkCampaign } from '../../src/verifier/campaign.ts';
import type { Person } from './people.ts';

/** One whole token of 18 decimals. */
export const TOKEN = 10n ** 18n;

/** Somebody who was attested. */
export type Holder = { readonly person: Person; readonly attestation: Attestation };

/** A claim ready to be sent. */
export type ReadyClaim = ProvenStatement & { readonly campaignId: bigint; readonly action: Action };

/** The chain and who acts on it. */
export type World = {
  readonly chain: LocalChain;
  /** Issuer and campaign owner. */
  readonly owner: WriteClient;
  /** Sends claims for others, as anybody may. */
  readonly submitter: WriteClient;
  readonly deployment: Deployment;
  readonly token: Address;
  readonly artifacts: Artifacts;
};

/** Starts a chain and deploys. */
export async function openWorld(
  artifacts: Artifacts,
  onDeployed: (contract: DeployedContract) => void,
): Promise<World> {
  const chain = await startLocalChain({ arguments: ['--order', 'fifo'] });
  const [ownerKey = '0x', submitterKey = '0x'] = LOCAL_KEYS;
  const owner = await connect({ url: chain.url, privateKey: ownerKey });
  const submitter = await connect({ url: chain.url, privateKey: submitterKey });
  const deployment = await deployContracts(owner, { artifacts, onDeployed });
  const token = await deployExampleToken(owner);
  return { chain, owner, submitter, deployment, token: token.address, artifacts };
}

/** The issuer's tree, as it grows. */
export type Issuer = { readonly treeId: bigint; readonly tree: Tree };

/** Publishes the tree as it stands. @returns the gas */
export async function publishTree(world: World, { treeId, tree }: Issuer): Promise<bigint> {
  const { owner, deployment } = world;
  const publication = await nextPublication(owner, {
    deployment,
    treeId,
    root: tree.root(),
    size: tree.size(),
    revoked: 0n,
  });
  return (await publish(owner, { deployment, publication })).gasUsed;
}

/** The way from a holder's leaf to the root of the tree's own list, as the tree stands, and that root. */
export async function pathOf(
  tree: Tree,
  attestation: Attestation,
): Promise<{ path: MerklePath; root: Field }> {
  const list = await createTrustList({ roots: [tree.root()] });
  return {
    path: list.extendPath(0, tree.path(tree.indexOf(hashAttestation(attestation)))),
    root: list.root,
  };
}

/** Opens a campaign of 100 tokens a claim, funds it, and checks it against its document as a claimant would. */
export async function openCampaign(
  world: World,
  parameters: {
    readonly policy: Policy;
    readonly source: bigint;
    readonly maxStaleness: bigint;
    readonly budget: bigint;
    /** Claims a person; 1 if left out. */
    readonly cap?: bigint;
  },
): Promise<bigint> {
  const { owner, deployment, token } = world;
  const { policy, source, maxStaleness, budget, cap = 1n } = parameters;
  const metered = policy.note > 0n;
  const now = await getChainTime(owner);
  const campaignId = await createCampaign(owner, {
    deployment,
    token,
    policy,
    documentURI: 'file:policy.json',
    amountKind: metered ? 'metered' : 'fixed',
    unit: metered ? 1n : 100n * TOKEN,
    source,
    maxStaleness,
    maxSilence: NEVER,
    index: metered ? { kind: 'metered' } : { kind: 'count', cap },
    proofLifetime: 3_600n,
    opensAt: now,
    closesAt: now + 86_400n,
  });
  await mintExampleToken(owner, { token, to: owner.account.address, amount: budget });
  await fund(owner, { deployment, campaignId, token, amount: budget });
  checkCampaign(await getCampaign(owner, { deployment, campaignId }), policy);
  return campaignId;
}

/** Sends a claim, as anybody may. */
export async function sendClaim(
  world: World,
  ready: ReadyClaim,
): Promise<{ what: string; gas: bigint }> {
  const { submitter, deployment } = world;
  const { amount, receipt } = await claim(submitter, { deployment, ...ready });
  return { what: `paid ${(amount / TOKEN).toString()}`, gas: receipt.gasUsed };
}

/** The gas of every transaction since the chain began. */
export async function gasSpent({ owner }: World): Promise<bigint> {
  const { number } = await getBlock(owner);
  const blocks = Array.from({ length: Number(number) + 1 }, (_, i) =>
    getBlock(owner, { blockNumber: BigInt(i) }),
  );
  return (await Promise.all(blocks)).reduce((sum, { gasUsed }) => sum + gasUsed, 0n);
}

/** A number as a table shows it. */
export function short(value: bigint): string {
  const hex = value.toString(16).padStart(64, '0');
  return `0x${hex.slice(0, 10)}…${hex.slice(-6)}`;
}

/** A claim's action: everything to a recipient, no fee. */
export function payTo(recipient: Address): Action {
  return { recipient, minAmount: 0n, fee: 0n, feeTo: zeroAddress, hookData: '0x' };
}

/** An address that nobody has seen before. */
export function freshAddress(): Address {
  return getAddress(bytesToHex(randomBytes(20)));
}

/** Proves that a holder may claim at a campaign, paid to a fresh address. */
export async function proveClaim(
  world: World,
  parameters: {
    readonly holder: Holder;
    readonly tree: Tree;
    readonly policy: Policy;
    readonly campaignId: bigint;
    readonly claimIndex?: bigint;
  },
): Promise<ReadyClaim> {
  const { deployment, artifacts, owner } = world;
  const { holder, tree, policy, campaignId, claimIndex = 0n } = parameters;
  const action = payTo(freshAddress());
  const proven = await prove({
    artifacts,
    identity: holder.person.identity,
    attestation: holder.attestation,
    ...(await pathOf(tree, holder.attestation)),
    policy,
    scope: campaignScope({ deployment, campaignId }),
    context: claimContext({ deployment, campaignId, action }),
    checkedAt: await getChainTime(owner),
    claimIndex,
  });
  return { ...proven, campaignId, action };
}
