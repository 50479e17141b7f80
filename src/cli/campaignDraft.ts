/**
 * A campaign that isn't there yet: its file and its policy, held together before anything is sent.
 * @module
 */
import { dirname, isAbsolute, join } from 'node:path';
import { COIN, campaignScope, type CreateCampaignParameters } from '../chain/campaigns.ts';
import type { Deployment } from '../chain/deployment.ts';
import { invalidInput } from '../errors.ts';
import {
  defineCampaign,
  readCampaignDocument,
  type CampaignSettings,
} from '../protocol/campaign.ts';
import { NEVER } from '../protocol/field.ts';
import type { Policy } from '../protocol/policy.ts';
import { compileTerms, computePolicy, computeTermsHash, termsToFields } from '../protocol/terms.ts';
import { checkCampaign, hashPolicyDocument, type CampaignFacts } from '../verifier/campaign.ts';
import { readPolicy } from './policyWords.ts';
import type { Context } from './verb.ts';

/** What a campaign would be created from. */
export type Draft = { readonly settings: CampaignSettings; readonly policy: Policy };

const MAX_RATE = 2n ** 120n - 1n;

/** Reads the files of `--file`, `--policy` and `--schema`, and the preset that the first may name. @throws {InvalidInput} */
export async function readDraft(context: Context): Promise<Draft> {
  const { flags, read } = context;
  const path = flags.text('--file');
  const document = readCampaignDocument(await read(path, '--file'));
  const named = document.schedule?.preset;
  if (typeof named !== 'string')
    return { settings: defineCampaign(document), policy: await readPolicy(context) };
  // A file names its neighbours; what comes from standard input names files from here.
  const from = isAbsolute(named) || path === '-' ? named : join(dirname(path), named);
  const preset = await read(from, 'campaign.schedule.preset');
  return { settings: defineCampaign(document, { preset }), policy: await readPolicy(context) };
}

/**
 * Refuses what the chain would refuse, and what `campaign check` would refuse later.
 * @param now the chain's, Unix seconds
 * @throws {InvalidInput} @throws {CampaignMismatch}
 */
export function checkDraft({ settings, policy }: Draft, deployment: Deployment, now: bigint): void {
  const { closesAt, opensAt, unit, amountKind } = settings;
  if (closesAt < now)
    throw invalidInput('campaign.closes', closesAt, `must not be over: it is ${now.toString()}`);
  const terms = compileTerms(policy);
  const rate = amountKind === 'metered' ? terms.step * unit : unit;
  if (rate > MAX_RATE)
    throw invalidInput('campaign.amount.unit', unit, 'times the note must be below 2^120');
  // Any campaign's scope does: only what the document and the settings say is compared.
  const scope = campaignScope({ deployment, campaignId: 0n });
  const facts: CampaignFacts = {
    ...{ amountKind, rate, unit, scope, tiers: settings.tiers, index: settings.index },
    policy: computePolicy(scope, terms),
    termsHash: computeTermsHash(terms),
    terms: termsToFields(terms),
    documentHash: hashPolicyDocument(policy),
    ...{ announcedAt: now, opensAt },
  };
  checkCampaign(facts, policy);
}

/** The draft as the chain action takes it. */
export function toParameters(
  { settings, policy }: Draft,
  deployment: Deployment,
): CreateCampaignParameters {
  const token = settings.token === 'coin' ? COIN : settings.token;
  return { ...settings, token, policy, deployment };
}

/** What is allowed, and may still surprise. */
export function warningsOf({ settings, policy }: Draft): readonly string[] {
  const { caps, maxSilence, tiers, amountKind } = settings;
  const labels = policy.disclose?.labels?.length;
  return [
    policy.issuedAfter === 0n
      ? 'the policy sets no issued.after: an attestation without an expiry counts however old it is'
      : undefined,
    maxSilence === NEVER
      ? 'freshness.maxSilence is never: claims go on though the source publishes no revocations any more'
      : undefined,
    caps.perWindow === 0n
      ? 'caps.perWindow is not set: a stolen publishing key can cost all of the budget at once'
      : undefined,
    amountKind === 'tiered' && labels !== undefined && labels !== tiers.length
      ? `the table has ${tiers.length} entries, ${String(policy.disclose?.name)} has ${labels} labels: what is beyond the table pays nothing`
      : undefined,
  ].filter((line) => line !== undefined);
}
