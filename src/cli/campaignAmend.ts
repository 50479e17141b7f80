/**
 * `eligo campaign amend` and `campaign diff`: other rules, announced in time, and what they change for whom.
 * @module
 */
import type { Command } from 'commander';
import { isAddressEqual } from 'viem';
import { amend, type Campaign } from '../chain/campaigns.ts';
import { EligoError, invalidInput } from '../errors.ts';
import { HIDDEN_INDEX } from '../protocol/field.ts';
import type { Policy } from '../protocol/policy.ts';
import { compileTerms, computePolicy, computeTermsHash, termsToFields } from '../protocol/terms.ts';
import { checkCampaign, hashPolicyDocument } from '../verifier/campaign.ts';
import { changesBetween, type Change, type Version } from './campaignChanges.ts';
import { CAMPAIGN_FLAGS, readGate, readOwnGate, type OpenGate } from './gate.ts';
import { facts, moment, table } from './output.ts';
import { readPolicy } from './policyWords.ts';
import { addVerb, integerFlag, type Context, type Flags, type Surroundings } from './verb.ts';

const POLICY_FLAGS = {
  '--policy <file>': 'the new policy document',
  '--schema <file>': 'the schema that it is over',
} as const;

const WANTED_FLAGS = {
  '--unit <number>': 'base units, as at creation; what they are now if left out',
  '--cap <number>': 'claims a person; what it is now if left out',
  '--uri <uri>': 'where the new document can be read; where the present one is if left out',
} as const;

const EXAMPLE =
  '--rpc http://127.0.0.1:8545 --deployment deployment.json --campaign 1 --policy new.json --schema schema.json';

/** Adds `campaign amend` and `campaign diff`. */
export function addCampaignAmend(noun: Command, around: Surroundings): void {
  addVerb(noun, around, {
    name: 'amend',
    summary: 'announce other rules; they come in force after the notice that the campaign fixed',
    required: { ...CAMPAIGN_FLAGS, ...POLICY_FLAGS },
    optional: {
      ...WANTED_FLAGS,
      '--key-file <file>': "holds the owner's private key; not needed with --dry-run",
      '--dry-run': 'checks, and shows what would change; nothing is sent',
    },
    example: `campaign amend ${EXAMPLE} --key-file key.txt --dry-run`,
    act: announce,
  });
  addVerb(noun, around, {
    name: 'diff',
    summary: 'show what another document changes, for whom and when, announced or not',
    required: { ...CAMPAIGN_FLAGS, ...POLICY_FLAGS },
    optional: WANTED_FLAGS,
    example: `campaign diff ${EXAMPLE}`,
    act: diff,
  });
}

/** An amendment as it would be, or as it is announced. */
type Planned = {
  readonly announced: boolean;
  readonly then: Version;
  /** Unix seconds; from the chain's present second on where it is not announced yet. */
  readonly inForceAt: bigint;
};

async function announce(context: Context): Promise<void> {
  const { flags, note, result, step } = context;
  const policy = await readPolicy(context);
  if (flags.on('--dry-run')) {
    const gate = await readGate(context);
    const planned = plan(gate, policy, flags);
    result(...answer(gate, { ...planned, changes: changesOf(gate, planned, policy) }));
    return;
  }
  const gate = await readOwnGate(context);
  const { client, deployment, campaign } = gate;
  const { then } = plan(gate, policy, flags);
  refuseStranger(campaign, client.account.address);
  if (campaign.pending)
    note('warning: another amendment is announced; this one replaces it, and the notice restarts');
  const { unit, documentURI, index } = then;
  const cap = index.kind === 'count' ? index.cap : undefined;
  const { receipt, inForceAt } = await step('announcing', () =>
    amend(client, { deployment, campaignId: campaign.id, policy, documentURI, unit, cap }),
  );
  const planned = { announced: true, then, inForceAt };
  const changes = changesOf(gate, planned, policy);
  const [document, lines] = answer(gate, { ...planned, changes });
  result({ ...document, transaction: receipt.transactionHash }, lines);
}

async function diff(context: Context): Promise<void> {
  const { flags, result } = context;
  const policy = await readPolicy(context);
  const gate = await readGate(context);
  const planned = findAnnounced(gate.campaign, policy, flags) ?? plan(gate, policy, flags);
  result(...answer(gate, { ...planned, changes: changesOf(gate, planned, policy) }));
}

function changesOf({ campaign }: OpenGate, { then }: Planned, policy: Policy): readonly Change[] {
  return changesBetween(campaign, then, policy.schema);
}

/** What is announced already, if it is this document and nothing else was asked for. */
function findAnnounced({ pending }: Campaign, policy: Policy, flags: Flags): Planned | undefined {
  const asked = ['--unit', '--cap', '--uri'].some((flag) => flags.find(flag) !== undefined);
  if (!pending || asked || pending.documentHash !== hashPolicyDocument(policy)) return undefined;
  checkCampaign(pending, policy);
  return { announced: true, then: pending, inForceAt: pending.inForceAt };
}

/** What the flags ask for, if the campaign takes it. @throws {NotAmendable} @throws {CampaignMismatch} */
function plan({ campaign, now }: OpenGate, policy: Policy, flags: Flags): Planned {
  const { id, notice, scope, closesAt, opensAt } = campaign;
  if (notice === 0n) {
    const message = `campaign ${id.toString()} was created without a notice: nothing can be amended`;
    throw new EligoError('NotAmendable', message, { campaignId: id });
  }
  const inForceAt = now + notice;
  if (inForceAt > closesAt) {
    const message = `it would come in force at ${inForceAt.toString()}, when the campaign is over (${closesAt.toString()})`;
    throw new EligoError('CampaignClosed', message, { inForceAt, closesAt });
  }
  const terms = compileTerms(policy);
  const unit = integerFlag(flags, '--unit', { min: 1n, max: 2n ** 120n - 1n }) ?? campaign.unit;
  const then = {
    ...campaign,
    ...{ unit, rate: unit, index: wantedIndex(campaign, flags) },
    documentURI: flags.find('--uri') ?? campaign.documentURI,
    documentHash: hashPolicyDocument(policy),
    terms: termsToFields(terms),
    termsHash: computeTermsHash(terms),
    policy: computePolicy(scope, terms),
    ...{ announcedAt: now, opensAt: inForceAt > opensAt ? inForceAt : opensAt },
  };
  checkCampaign(then, policy);
  return { announced: false, then, inForceAt };
}

function wantedIndex({ index }: Campaign, flags: Flags): Campaign['index'] {
  const cap = integerFlag(flags, '--cap', { min: 1n, max: HIDDEN_INDEX - 1n });
  if (cap === undefined) return index;
  if (index.kind !== 'count')
    throw invalidInput('--cap', cap, `the campaign counts claims by ${index.kind}`);
  return { kind: 'count', cap };
}

/** Said before anything is simulated, with both names. */
function refuseStranger({ id, owner }: Campaign, account: `0x${string}`): void {
  if (isAddressEqual(owner, account)) return;
  throw new EligoError('NotCampaignOwner', `campaign ${id.toString()} is ${owner}'s`, {
    ...{ campaignId: id, account, owner },
  });
}

function answer(
  { campaign }: OpenGate,
  found: Planned & { readonly changes: readonly Change[] },
): [object, readonly string[]] {
  const { announced, inForceAt, changes } = found;
  const { id, proofLifetime } = campaign;
  const document = { campaign: id, announced, inForceAt, changes };
  if (changes.length === 0)
    return [document, ['The document is the one in force: nothing changes.']];
  const until = moment(inForceAt + proofLifetime);
  const lines = [
    table(
      ['what', 'now', 'then', 'for whom'],
      changes.map(({ what, now, then, effect }) => [what, now, then, effect]),
    ),
    ...facts({
      announced: announced ? 'yes' : 'no: if it were now,',
      'in force': moment(inForceAt),
      'older proofs': `checked before that moment, usable until ${until}`,
      'who claimed': 'has claimed: the scope stays',
    }),
    ...(announced ? [] : ['Nothing was sent.']),
  ];
  return [document, lines];
}
