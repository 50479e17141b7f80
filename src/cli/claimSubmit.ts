/**
 * `eligo claim submit`: it asks first, sends what would be paid, and can be run again: what was paid stays paid, once.
 * @module
 */
import type { Command } from 'commander';
import type { OneCampaign } from '../chain/campaigns.ts';
import type { ReadClient, WriteClient } from '../chain/client.ts';
import { CLAIM_FLAGS, readClaims, type NamedClaim } from './claimInput.ts';
import {
  BATCH,
  findPaid,
  paidElsewhere,
  sendClaims,
  tryClaims,
  type Fate,
} from './claimSending.ts';
import { CAMPAIGN_FLAGS, campaignFlag, connectSigner, readNode } from './gate.ts';
import { moment, shorten, table, warnOfKeys } from './output.ts';
import { addVerb, type Context, type Surroundings } from './verb.ts';

/** Adds `claim submit`. */
export function addClaimSubmit(noun: Command, around: Surroundings): void {
  addVerb(noun, around, {
    name: 'submit',
    summary: 'send proofs to a campaign, many in one transaction; it pays whom they name',
    required: CAMPAIGN_FLAGS,
    optional: {
      ...CLAIM_FLAGS,
      '--key-file <file>': 'holds the private key of the account that pays the gas',
      '--dry-run': 'asks the campaign, and sends nothing; --key-file is not needed',
    },
    example:
      'claim submit --proof me.proof.json --rpc http://127.0.0.1:8545 --deployment deployment.json --campaign 1 --recipient 0x70997970C51812dc3A010C7d01b50e0d17dc79C8 --key-file key.txt',
    act: submit,
  });
}

/** What is known of each claim so far. */
type Fates = Map<NamedClaim, Fate>;

async function submit(context: Context): Promise<void> {
  const { flags, step } = context;
  const campaignId = campaignFlag(flags);
  const dryRun = flags.on('--dry-run');
  const isSigned = !dryRun || flags.find('--key-file') !== undefined;
  const signer = isSigned ? await connectSigner(context) : undefined;
  const { client, deployment } = signer ?? (await readNode(context));
  const one = { deployment, campaignId };
  const claims = await readClaims(context, deployment);
  warnOfKeys(context, deployment.security === 'INSECURE-DEV');
  const fates = await step('looking for claims that were paid before', (say) =>
    findAllPaid(client, one, { claims, say }),
  );
  const open = claims.filter((claim) => !fates.has(claim));
  for (let first = 0; first < open.length; first += BATCH) {
    const some = open.slice(first, first + BATCH);
    const answers = await step(`asking about ${some.length}`, () => tryClaims(client, one, some));
    keep(fates, some, answers);
    if (signer && !dryRun) await sendPayable(context, { client: signer.client, one, some, fates });
  }
  answer(context, { campaignId, dryRun }, { claims, fates });
}

async function findAllPaid(
  client: ReadClient,
  one: OneCampaign,
  asked: { readonly claims: readonly NamedClaim[]; readonly say: (detail: string) => void },
): Promise<Fates> {
  const fates: Fates = new Map();
  for (const [i, claim] of asked.claims.entries()) {
    const fate = await findPaid(client, one, claim);
    if (fate) fates.set(claim, fate);
    if ((i + 1) % BATCH === 0) asked.say(`${i + 1} of ${asked.claims.length}`);
  }
  return fates;
}

function keep(fates: Fates, claims: readonly NamedClaim[], answers: readonly Fate[]): void {
  for (const [i, claim] of claims.entries()) {
    const fate = answers[i];
    if (fate) fates.set(claim, fate);
  }
}

/** Sends those of some claims that would be paid, and notes what became of them. */
async function sendPayable(
  context: Context,
  sending: {
    readonly client: WriteClient;
    readonly one: OneCampaign;
    readonly some: readonly NamedClaim[];
    readonly fates: Fates;
  },
): Promise<void> {
  const { client, one, some, fates } = sending;
  const payable = some.filter((claim) => fates.get(claim)?.status === 'would be paid');
  if (payable.length === 0) return;
  try {
    const name = `sending ${payable.length}`;
    keep(fates, payable, await context.step(name, () => sendClaims(client, one, payable)));
  } catch (error) {
    const paid = countOf(fates, 'paid');
    if (paid > 0)
      context.note(`${paid} were paid before it stopped: the same command goes on from there.`);
    throw error;
  }
}

function countOf(fates: Fates, status: Fate['status']): number {
  return [...fates.values()].filter((fate) => fate.status === status).length;
}

function answer(
  { result, note }: Context,
  { campaignId: campaign, dryRun }: { readonly campaignId: bigint; readonly dryRun: boolean },
  { claims, fates }: { readonly claims: readonly NamedClaim[]; readonly fates: Fates },
): void {
  const [paid, paidBefore] = [countOf(fates, 'paid'), countOf(fates, 'paid before')];
  const [payable, refused] = [countOf(fates, 'would be paid'), countOf(fates, 'refused')];
  if (refused > 0) process.exitCode = 1;
  // In the order in which they were handed in.
  const told = claims.flatMap((claim) => {
    const fate = fates.get(claim);
    return fate ? [{ claim, fate }] : [];
  });
  for (const { claim, fate } of told)
    if (paidElsewhere(fate, claim))
      note(`warning: ${claim.name} was paid to another recipient than this proof names`);
  const documents = told.map(({ claim, fate }) => ({
    ...{ claim: claim.name, nullifier: claim.statement.nullifier },
    ...fate,
  }));
  result({ campaign, dryRun, paid, paidBefore, payable, refused, claims: documents }, [
    table(
      ['claim', 'nullifier', 'status', 'what'],
      told.map(({ claim, fate }) => [
        ...[claim.name, shorten(claim.statement.nullifier), fate.status, describeFate(fate)],
      ]),
    ),
    dryRun
      ? `${payable} would be paid, ${paidBefore} were paid before, ${refused} refused. Nothing was sent.`
      : `${paid} paid, ${paidBefore} paid before, ${refused} refused.`,
  ]);
}

/** What became of a claim, in a line or two. */
function describeFate(fate: Fate): string {
  switch (fate.status) {
    case 'would be paid':
      return '';
    case 'refused':
      return `${fate.refused}\n${fate.message}`;
    case 'paid':
      return describePaid(fate);
    case 'paid before':
      return `${describePaid(fate)}\non ${moment(fate.time)}`;
  }
}

function describePaid(fate: Extract<Fate, { readonly status: 'paid' | 'paid before' }>): string {
  const { amount, fee, grantId, recipient } = fate;
  const ofThis = fee > 0n ? `, of this ${fee.toString()} as the fee` : '';
  const how = grantId === undefined ? '' : ` as grant ${grantId.toString()}`;
  return `${amount.toString()}${ofThis} to ${recipient}${how}`;
}
