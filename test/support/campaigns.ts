/**
 * Trees, campaigns and claims for the contracts' tests. A claim is built for what the chain says now, so that a test
 * changes the one thing it is about. Statements are proved with the trapdoor key.
 * @module
 */
import { parseEventLogs, zeroAddress, zeroHash, type Address, type Hex } from 'viem';
import { distributorAbi, exampleTokenAbi, rootRegistryAbi } from '../../src/chain/abis.ts';
import { NEVER, toField } from '../../src/protocol/field.ts';
import { hashPolicy, hashTerms } from '../../src/protocol/hash.ts';
import {
  computeContext,
  computeScope,
  hashAction,
  toSignals,
  type Action,
  type Statement,
} from '../../src/protocol/statement.ts';
import { by, handle, type World } from './contracts.ts';
import { simulateProof, type ProofWords } from './trapdoor.ts';

const MAX_VALUE = 2n ** 96n - 1n;

/** 2^32-1: what a metered claim shows. */
export const METERED = 2 ** 32 - 1;

/** The chain's own coin (ERC-7528). */
export const COIN: Address = '0xEeeeeEeeeEeEeeEeEeEeeEEEeeeeEeeeeeeeEEeE';

/** The kinds of amount, as the contract counts them. */
export const AMOUNT = { fixed: 0, disclosed: 1, tiered: 2, metered: 3 } as const;

/** One publication, as RootRegistry takes it. */
export type Publication = {
  treeId: bigint;
  sequence: bigint;
  previousRoot: bigint;
  root: bigint;
  size: number;
  revoked: bigint;
  endsEpoch: boolean;
  voids: boolean;
  logHead: Hex;
  manifestHash: Hex;
};

/** Creates a tree for issuer 1, with nothing published. */
export async function createTree(world: World): Promise<bigint> {
  const { anvil, roots, cast } = world;
  const { logs } = await anvil.mined(roots.write.createTree([1n], by(cast.owner)));
  return parseEventLogs({ abi: rootRegistryAbi, logs, eventName: 'TreeCreated' })[0]!.args.treeId;
}

/** The publication that would be the tree's next. */
export async function nextPublication(
  world: World,
  treeId: bigint,
  changes: Partial<Publication> = {},
): Promise<Publication> {
  const tree = await world.roots.read.getTree([treeId]);
  return {
    treeId,
    sequence: tree.sequence + 1n,
    previousRoot: tree.root,
    root: 1_000n * treeId + tree.sequence + 1n,
    size: tree.size,
    revoked: tree.revoked,
    endsEpoch: false,
    voids: false,
    logHead: zeroHash,
    manifestHash: zeroHash,
    ...changes,
  };
}

/** Publishes next, by the publisher; the root of the tree's own list afterwards. */
export async function publish(
  world: World,
  treeId: bigint,
  changes: Partial<Publication> = {},
): Promise<bigint> {
  const publication = await nextPublication(world, treeId, changes);
  await world.anvil.mined(world.roots.write.publish([publication], by(world.cast.publisher)));
  return newestRoot(world, treeId);
}

/** A source's newest root. */
export async function newestRoot(world: World, source: bigint): Promise<bigint> {
  return (await world.roots.read.getList([source])).root;
}

/** Fifteen terms that ask nothing but a schema. */
export function openTerms(changes: Readonly<Record<number, bigint>> = {}): Fifteen {
  const terms = [7n, 0n, NEVER, 0n, 0n, 0n, 0n];
  for (let slot = 0; slot < 4; slot += 1) terms.push(0n, MAX_VALUE);
  for (const [index, value] of Object.entries(changes)) terms[Number(index)] = value;
  return terms as unknown as Fifteen;
}

export type Fifteen = readonly [
  bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint,
  bigint, bigint, bigint, bigint, bigint, bigint, bigint,
]; // prettier-ignore

export type CampaignParams = Awaited<ReturnType<typeof campaignParams>>;

/** A fixed campaign of 100 tokens a person on the tree's own list, open for a month. */
export async function campaignParams(world: World, source: bigint) {
  const now = Number(await world.anvil.now());
  return {
    token: world.token.address,
    amountKind: AMOUNT.fixed as number,
    unit: 100n,
    tiers: [] as readonly bigint[],
    source,
    maxStaleness: 3600,
    maxSilence: Number(NEVER),
    proofLifetime: 600,
    notice: 0,
    cap: 1,
    periodStart: 0,
    periodLength: 0,
    opensAt: now,
    closesAt: now + 30 * 86_400,
    guardian: world.cast.guardian,
    caps: { perPeriod: 0n, perWindow: 0n, windowLength: 0 },
    schedule: AT_ONCE,
    hook: { target: zeroAddress as Address, gasLimit: 0, mandatory: false },
    policy: policyOf(openTerms()),
  };
}

/** A schedule that pays at once. */
export const AT_ONCE: Schedule = { start: 0, transferable: false, clawbackNotice: 0, tranches: [] };

export type Schedule = {
  readonly start: number;
  readonly transferable: boolean;
  readonly clawbackNotice: number;
  readonly tranches: readonly Tranche[];
};
export type Tranche = {
  readonly start: number;
  readonly end: number;
  readonly bips: number;
  readonly steps: number;
};

/** Terms with their hash, as a campaign takes them. */
export function policyOf(terms: Fifteen) {
  return {
    terms,
    termsHash: hashTerms(terms) as bigint,
    documentHash: zeroHash as Hex,
    documentURI: 'ipfs://policy',
  };
}

/** A campaign with a budget, and what a claim on it needs. */
export type OpenCampaign = {
  readonly id: bigint;
  readonly params: CampaignParams;
  readonly treeId: bigint;
};

/** A tree with a root, a campaign on it, and a budget of 100,000. */
export async function openCampaign(
  world: World,
  changes: Partial<CampaignParams> = {},
): Promise<OpenCampaign> {
  const treeId = await createTree(world);
  await publish(world, treeId);
  const params = { ...(await campaignParams(world, treeId)), ...changes };
  const id = await createCampaign(world, params);
  await fund(world, id, 100_000n, params.token);
  return { id, params, treeId };
}

/** Creates a campaign, by the integrator. */
export async function createCampaign(world: World, params: CampaignParams): Promise<bigint> {
  const { anvil, distributor, cast } = world;
  const hash = await distributor.write.createCampaign([params], by(cast.integrator));
  const { logs } = await anvil.mined(hash);
  return parseEventLogs({ abi: distributorAbi, logs, eventName: 'CampaignCreated' })[0]!.args
    .campaignId;
}

/** Funds a campaign, from the integrator, in the coin, the example token or one that mints as it does. */
export async function fund(
  world: World,
  id: bigint,
  amount: bigint,
  token = world.token.address,
): Promise<void> {
  const { anvil, distributor, cast } = world;
  if (token === COIN) {
    const paying = { ...by(cast.integrator), value: amount };
    await anvil.mined(distributor.write.fund([id, amount], paying));
    return;
  }
  const minting = handle(anvil, token, exampleTokenAbi).write;
  await anvil.mined(minting.mint([cast.integrator, amount], by(cast.integrator)));
  await anvil.mined(minting.approve([distributor.address, amount], by(cast.integrator)));
  await anvil.mined(distributor.write.fund([id, amount], by(cast.integrator)));
}

/** A claim as the contract takes it. */
export type Claim = { readonly statement: ContractStatement; readonly proof: ProofWords };
export type ContractStatement = {
  readonly nullifier: bigint;
  readonly root: bigint;
  readonly policy: bigint;
  readonly disclosed: bigint;
  readonly shown: number;
  readonly checkedAt: number;
  readonly context: bigint;
};

let nullifiers = 1_000_000n;

/** What a claim says and does, where a test wants it otherwise. */
export type ClaimChanges = Partial<Omit<ContractStatement, 'context' | 'policy'>> & {
  action?: Partial<Action>;
};

/** A claim by a new person that the campaign would pay now, proved. The default recipient is the holder. */
export async function makeClaim(
  world: World,
  campaign: OpenCampaign,
  changes: ClaimChanges = {},
): Promise<{ claim: Claim; action: Action }> {
  const { anvil, distributor, cast } = world;
  const action = makeAction(cast.holder, changes.action);
  const said: ClaimChanges = { ...changes };
  delete said.action;
  const now = await anvil.now();
  const chainId = await anvil.client.getChainId();
  const gate = distributor.address;
  const label = `0x${campaign.id.toString(16).padStart(64, '0')}` as const;
  const scope = computeScope({ chainId, gate, label });
  const statement: ContractStatement = {
    nullifier: (nullifiers += 1n),
    root: await newestRoot(world, campaign.params.source),
    policy: hashPolicy(scope, toField(campaign.params.policy.termsHash, 'termsHash')),
    disclosed: 0n,
    shown: 0,
    checkedAt: Number(now - (now % 60n)),
    context: computeContext({ chainId, gate, id: campaign.id, actionHash: hashAction(action) }),
    ...said,
  };
  return { claim: prove(statement), action };
}

export function makeAction(recipient: Address, changes: Partial<Action> = {}): Action {
  return { recipient, minAmount: 0n, fee: 0n, feeTo: zeroAddress, hookData: '0x', ...changes };
}

/** Proves a statement, whatever it says. */
export function prove(statement: ContractStatement): Claim {
  return { statement, proof: simulateProof(signalsOf(statement)) };
}

/** The five public signals. */
export function signalsOf(statement: ContractStatement): readonly bigint[] {
  const { shown, checkedAt, ...rest } = statement;
  return toSignals({ ...rest, shown: BigInt(shown), checkedAt: BigInt(checkedAt) } as Statement);
}

/** Sends a claim, by the relayer; its receipt. */
export async function sendClaim(
  world: World,
  campaign: OpenCampaign,
  { claim, action }: { claim: Claim; action: Action },
) {
  const { anvil, distributor, cast } = world;
  return anvil.mined(distributor.write.claim([campaign.id, claim, action], by(cast.relayer)));
}

/** Asks whether a claim would be paid now, by the relayer. */
export function tryClaim(
  world: World,
  campaign: OpenCampaign,
  { claim, action }: { claim: Claim; action: Action },
) {
  return world.distributor.simulate.claim([campaign.id, claim, action], by(world.cast.relayer));
}
