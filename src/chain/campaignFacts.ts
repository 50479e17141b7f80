/**
 * Campaigns as the chain has them: what was announced, what is in force, what is about to change, and what is left to pay
 * (PROTOCOL.md section 5; IDistributor.sol has the units).
 * @module
 */
import { isAddressEqual, zeroAddress, type Address } from 'viem';
import { toField, type Field } from '../protocol/field.ts';
import type { TermsFields } from '../protocol/terms.ts';
import type { Funds } from '../verifier/amount.ts';
import type { CampaignFacts } from '../verifier/campaign.ts';
import type { Gate, Predecessor } from '../verifier/verify.ts';
import type { ReadClient } from './client.ts';
import {
  findAmendments,
  findCreation,
  firstVersion,
  type Creation,
  type Version,
} from './campaignHistory.ts';
import {
  AMOUNT_KINDS,
  readCaps,
  readIndex,
  readSchedule,
  type Answer,
  type Caps,
  type Hook,
  type Schedule,
} from './campaignParts.ts';
import {
  campaignLabel,
  campaignScope,
  distributor,
  latestBlock,
  type OneCampaign,
} from './distributor.ts';
import { read } from './send.ts';

/** What a campaign becomes at `inForceAt`. `checkCampaign` compares it with its document. */
export type PendingAmendment = CampaignFacts & {
  /** Unix seconds. */
  readonly inForceAt: bigint;
  readonly documentURI: string;
};

/** A campaign on-chain: its terms are those in force. */
export type Campaign = CampaignFacts &
  Gate &
  Funds & {
    readonly id: bigint;
    readonly owner: Address;
    readonly guardian: Address;
    /** `COIN` for the chain's own. */
    readonly token: Address;
    /** The list whose attestations count; a tree's id for its own. */
    readonly source: bigint;
    /** Unix seconds, the last at which it pays. */
    readonly closesAt: bigint;
    readonly paused: boolean;
    readonly documentURI: string;
    /** Seconds between the announcement of an amendment and its coming in force; 0 = nothing can be amended. */
    readonly notice: bigint;
    readonly caps: Caps;
    /** The plan of its grants, where it pays by a schedule. */
    readonly planId: bigint | undefined;
    readonly schedule: Schedule | undefined;
    readonly hook: Hook | undefined;
    /** The block that created it. */
    readonly createdIn: bigint;
    readonly pending: PendingAmendment | undefined;
  };

/** What is about to change in a campaign's rule, and what changed last. */
export type Amendment = {
  readonly predecessor: Predecessor | undefined;
  readonly pending:
    | {
        readonly policy: Field;
        /** Unix seconds. */
        readonly inForceAt: bigint;
        /** The cap, or the length of a period. */
        readonly indexLimit: bigint;
      }
    | undefined;
};

/** Asks which policies a campaign takes now, and which one is announced. */
export async function getAmendment(
  client: ReadClient,
  { deployment, campaignId }: OneCampaign,
): Promise<Amendment> {
  const { predecessor, pending, changedAt, inForceAt, pendingLimit } = await read(client, {
    ...distributor(deployment),
    functionName: 'getAmendment',
    args: [campaignLabel(campaignId)],
  });
  return {
    predecessor:
      changedAt === 0
        ? undefined
        : { policy: toField(predecessor, 'predecessor'), until: BigInt(changedAt) },
    pending:
      inForceAt === 0
        ? undefined
        : {
            policy: toField(pending, 'pending'),
            inForceAt: BigInt(inForceAt),
            indexLimit: BigInt(pendingLimit),
          },
  };
}

/**
 * Reads a campaign: its state, its rule, and the events that announced it and its amendments.
 * @throws {UnknownCampaign} @throws {ChainUnavailable} if the node has forgotten the events
 */
export async function getCampaign(client: ReadClient, one: OneCampaign): Promise<Campaign> {
  const { deployment, campaignId } = one;
  const contract = distributor(deployment);
  const state = await read(client, {
    ...contract,
    functionName: 'getCampaign',
    args: [campaignId],
  });
  const rule = await read(client, {
    ...contract,
    functionName: 'getRule',
    args: [campaignLabel(campaignId)],
  });
  const amendment = await getAmendment(client, one);
  const creation = await findCreation(client, one);
  const { params, block } = creation;
  const versions = await findVersions(client, one, { creation, amendment });
  const shared = {
    scope: campaignScope(one),
    amountKind: AMOUNT_KINDS[state.amountKind] ?? 'fixed',
    tiers: params.tiers,
    opensAt: BigInt(state.opensAt),
    index: readIndex(rule.acceptance),
  } as const;
  return {
    ...readState(state, (await latestBlock(client)).time),
    ...readFreshness(rule.acceptance),
    ...inForceFacts(shared, versions.current),
    id: campaignId,
    policy: toField(rule.policy, 'policy'),
    rate: state.rate,
    schedule: readSchedule(params.schedule),
    createdIn: block,
    predecessor: amendment.predecessor,
    pending: pendingFacts(shared, { ...versions, amendment, rate: state.pendingRate }),
  };
}

/** The version that is in force, and the one that is announced. */
async function findVersions(
  client: ReadClient,
  one: OneCampaign,
  known: { readonly creation: Creation; readonly amendment: Amendment },
): Promise<{ readonly current: Version; readonly pending: Version | undefined }> {
  const { creation, amendment } = known;
  const { predecessor, pending } = amendment;
  const inForceAt = [predecessor?.until, pending?.inForceAt].filter((time) => time !== undefined);
  const amended =
    inForceAt.length === 0
      ? []
      : await findAmendments(client, { ...one, createdIn: creation.block, inForceAt });
  const [current = await firstVersion(client, creation)] = predecessor ? amended : [];
  return { current, pending: pending && amended.at(-1) };
}

type Shared = Pick<CampaignFacts, 'scope' | 'amountKind' | 'tiers' | 'opensAt' | 'index'>;

/** What a version says of a campaign. It pays from when it is in force, and the campaign open. */
function inForceFacts(shared: Shared, version: Version) {
  const { document, unit, announcedAt, inForceAt } = version;
  return {
    ...shared,
    terms: document.terms as unknown as TermsFields,
    termsHash: toField(document.termsHash, 'termsHash'),
    documentHash: document.documentHash,
    documentURI: document.documentURI,
    unit,
    announcedAt,
    opensAt: inForceAt > shared.opensAt ? inForceAt : shared.opensAt,
  };
}

function pendingFacts(
  shared: Shared,
  known: {
    readonly pending: Version | undefined;
    readonly amendment: Amendment;
    readonly rate: bigint;
  },
): PendingAmendment | undefined {
  const { pending, amendment, rate } = known;
  if (!pending || !amendment.pending) return undefined;
  const { policy, indexLimit, inForceAt } = amendment.pending;
  const { index } = shared;
  return {
    ...inForceFacts(shared, pending),
    index: index.kind === 'count' ? { ...index, cap: indexLimit } : index,
    ...{ policy, rate, inForceAt },
  };
}

function readState(state: Answer<'getCampaign'>, now: bigint) {
  const { owner, guardian, token, paused, budget, hook } = state;
  return {
    ...{ owner, guardian, token, paused, budget },
    closesAt: BigInt(state.closesAt),
    notice: BigInt(state.notice),
    planId: state.planId === 0n ? undefined : state.planId,
    hook: isAddressEqual(hook.target, zeroAddress)
      ? undefined
      : { ...hook, gasLimit: BigInt(hook.gasLimit) },
    ...readCaps(state, now),
  };
}

function readFreshness(acceptance: Answer<'getRule'>['acceptance']) {
  return {
    source: acceptance.source,
    maxStaleness: BigInt(acceptance.maxStaleness),
    maxSilence: BigInt(acceptance.maxSilence),
    proofLifetime: BigInt(acceptance.proofLifetime),
  };
}
