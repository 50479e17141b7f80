/**
 * `eligo claim status`: was it paid, when, how much, to whom; or what a submission would answer now.
 * @module
 */
import type { Command } from 'commander';
import { isSpent, findClaim, type MadeClaim } from '../chain/campaigns.ts';
import { getGrant, type Grant } from '../chain/grants.ts';
import { invalidInput } from '../errors.ts';
import { toField, type Field } from '../protocol/field.ts';
import { ACTION_NAMES, readClaims, type NamedClaim } from './claimInput.ts';
import { describeGrant, grantDocument } from './claimRelease.ts';
import { tryClaims, type Fate } from './claimSending.ts';
import { ACTION_FLAGS, NODE_FLAGS, campaignFlag, readNode, type Node } from './gate.ts';
import { oneOf, refuseBeside } from './flags.ts';
import { facts, moment } from './output.ts';
import { addVerb, fieldText, type Context, type Surroundings } from './verb.ts';

/** Adds `claim status`. */
export function addClaimStatus(noun: Command, around: Surroundings): void {
  addVerb(noun, around, {
    name: 'status',
    summary: 'say what became of a claim, or what its campaign would answer now',
    required: NODE_FLAGS,
    optional: {
      '--proof <file>': 'the proof; with --campaign and what it was made to do',
      '--nullifier <number>': "instead: the claim's nullifier, decimal or 0x-hex",
      '--campaign <id>': 'with --proof: the campaign that would be asked',
      ...ACTION_FLAGS,
    },
    example:
      'claim status --rpc http://127.0.0.1:8545 --deployment deployment.json --nullifier 0x2a',
    act: status,
  });
}

async function status(context: Context): Promise<void> {
  const { flags, result, step } = context;
  const mode = oneOf(flags, ['--proof', '--nullifier']);
  if (mode === '--nullifier') refuseBeside(flags, mode, ['--campaign', ...ACTION_NAMES]);
  const campaignId = mode === '--proof' ? campaignFlag(flags) : undefined;
  const node = await readNode(context);
  const { client, deployment } = node;
  const claim = mode === '--proof' ? await readOne(context, node) : undefined;
  const nullifier = claim?.statement.nullifier ?? nullifierFlag(context);
  const spent = await isSpent(client, { deployment, nullifier });
  if (spent) {
    const made = await step('looking for the claim', () =>
      findClaim(client, { deployment, nullifier }),
    );
    const grant =
      made?.grantId === undefined
        ? undefined
        : await getGrant(client, { deployment, grantId: made.grantId });
    result({ nullifier, spent, claim: made, grant: grant && grantDocument(grant) }, [
      ...describeMade(nullifier, made, grant),
    ]);
    return;
  }
  const [answer] =
    claim && campaignId !== undefined
      ? await tryClaims(client, { deployment, campaignId }, [claim])
      : [];
  result({ nullifier, spent, answer }, [
    ...facts({ nullifier, spent: 'no', 'a submission now': answer && describeAnswer(answer) }),
  ]);
}

async function readOne(context: Context, { deployment }: Node): Promise<NamedClaim | undefined> {
  const [claim, another] = await readClaims(context, deployment);
  if (another) throw invalidInput('--proof', context.flags.find('--proof'), 'must be one proof');
  return claim;
}

function nullifierFlag({ flags }: Context): Field {
  const nullifier = fieldText(flags.text('--nullifier'), '--nullifier');
  return toField(nullifier, '--nullifier');
}

function describeMade(
  nullifier: Field,
  made: MadeClaim | undefined,
  grant: Grant | undefined,
): readonly string[] {
  if (!made)
    return [
      ...facts({ nullifier, spent: 'yes' }),
      'The node has no event of it: ask one that keeps all of them.',
    ];
  const { campaignId, amount, fee, recipient, time, transaction } = made;
  return [
    ...facts({
      ...{ nullifier, spent: 'yes', campaign: campaignId, amount, fee, recipient },
      time: moment(time),
      transaction,
    }),
    ...(grant ? describeGrant(grant) : []),
  ];
}

function describeAnswer(answer: Fate): string {
  return answer.status === 'refused' ? `${answer.refused}: ${answer.message}` : answer.status;
}
