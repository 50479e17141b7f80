/**
 * `eligo campaign create`: whatever a campaign would be refused for later is refused before anything is sent.
 * @module
 */
import type { Command } from 'commander';
import { campaignScope, createCampaign } from '../chain/campaigns.ts';
import { getChainTime } from '../chain/client.ts';
import { compileTerms, computePolicy, computeTermsHash } from '../protocol/terms.ts';
import { hashPolicyDocument } from '../verifier/campaign.ts';
import { checkDraft, readDraft, toParameters, warningsOf, type Draft } from './campaignDraft.ts';
import {
  describeCaps,
  describeIndex,
  describePay,
  describeSchedule,
  describeSpan,
  describeToken,
  tierRows,
} from './campaignWords.ts';
import { NODE_FLAGS, connectSigner, readNode, type Node } from './gate.ts';
import { facts, moment, table, warnOfKeys } from './output.ts';
import { describeClauses } from './policyWords.ts';
import { addVerb, type Context, type Surroundings } from './verb.ts';

/** Adds `campaign create`. */
export function addCampaignCreate(noun: Command, around: Surroundings): void {
  addVerb(noun, around, {
    name: 'create',
    summary: 'create a campaign that follows a policy; it is yours, and holds nothing yet',
    required: {
      '--file <file>': 'the campaign document, - for standard input',
      '--policy <file>': 'the policy document',
      '--schema <file>': 'the schema that it is over',
      ...NODE_FLAGS,
    },
    optional: {
      '--key-file <file>': 'holds the private key of the owner; not needed with --dry-run',
      '--dry-run': 'checks, and shows what would be created; nothing is sent',
    },
    example:
      'campaign create --file campaign.json --policy policy.json --schema schema.json --rpc http://127.0.0.1:8545 --deployment deployment.json --key-file key.txt',
    act: create,
  });
}

async function create(context: Context): Promise<void> {
  const { flags, note } = context;
  const draft = await readDraft(context);
  const node = flags.on('--dry-run') ? await readNode(context) : undefined;
  const warnings = warningsOf(draft);
  if (node) {
    await checkNow(draft, node);
    for (const warning of warnings) note(`warning: ${warning}`);
    const document = { created: false, ...documentOf(draft), warnings };
    context.result(document, [...describeDraft(draft), 'Nothing was sent.']);
    return;
  }
  const signer = await connectSigner(context);
  await checkNow(draft, signer);
  for (const line of describeDraft(draft)) note(line);
  for (const warning of warnings) note(`warning: ${warning}`);
  const { deployment } = signer;
  warnOfKeys(context, deployment.security === 'INSECURE-DEV');
  const campaignId = await context.step('creating the campaign', () =>
    createCampaign(signer.client, toParameters(draft, deployment)),
  );
  const scope = campaignScope({ deployment, campaignId });
  const policy = computePolicy(scope, compileTerms(draft.policy));
  const owner = signer.client.account.address;
  context.result(
    { created: true, id: campaignId, owner, scope, policy, ...documentOf(draft), warnings },
    [
      ...facts({ campaign: campaignId, owner, scope, policy }),
      `It holds nothing yet. Next: eligo campaign fund --campaign ${campaignId.toString()} --amount <base units>, with the same --rpc, --deployment and --key-file`,
    ],
  );
}

async function checkNow(draft: Draft, { client, deployment }: Node): Promise<void> {
  checkDraft(draft, deployment, await getChainTime(client));
}

function documentOf({ settings, policy }: Draft): object {
  const termsHash = computeTermsHash(compileTerms(policy));
  const documentHash = hashPolicyDocument(policy);
  return { settings, policyId: policy.id, termsHash, documentHash };
}

function describeDraft({ settings, policy }: Draft): readonly string[] {
  const { amountKind, tiers, unit } = settings;
  const rate = amountKind === 'metered' ? policy.note * unit : unit;
  const pay = { amountKind, rate, tiers };
  const rows = tierRows(pay, policy.disclose).map(({ value, amount }) => [value, String(amount)]);
  return [
    ...facts({
      token: describeToken(settings.token),
      pays: describePay(pay),
      claims: describeIndex(settings.index),
      source: settings.source,
      opens: moment(settings.opensAt),
      closes: moment(settings.closesAt),
      'a revoked root lives': describeSpan(settings.maxStaleness),
      'the source may be silent': describeSpan(settings.maxSilence),
      'a proof lives': describeSpan(settings.proofLifetime),
      'notice of amendments':
        settings.notice === 0n ? 'none: nothing can be amended' : describeSpan(settings.notice),
      guardian: settings.guardian ?? 'none',
      caps: describeCaps(settings.caps),
      hook: settings.hook?.target,
      document: settings.documentURI,
    }),
    ...(rows.length > 0 ? [table([policy.disclose?.name ?? 'value', 'pays'], rows)] : []),
    ...describeSchedule(settings.schedule),
    ...describeClauses(policy),
  ];
}
