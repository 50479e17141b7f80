/**
 * `eligo campaign fund`: money for claims.
 * @module
 */
import type { Command } from 'commander';
import { isAddressEqual } from 'viem';
import { COIN, fund } from '../chain/campaigns.ts';
import { EligoError, invalidInput } from '../errors.ts';
import { describeToken } from './campaignWords.ts';
import { CAMPAIGN_FLAGS, KEY_FLAG, readOwnGate, type OpenGate } from './gate.ts';
import { facts, warnOfKeys } from './output.ts';
import { addVerb, integerFlag, type Context, type Surroundings } from './verb.ts';

const MAX_AMOUNT = 2n ** 128n - 1n;

/** Adds `campaign fund`. */
export function addCampaignFund(noun: Command, around: Surroundings): void {
  addVerb(noun, around, {
    name: 'fund',
    summary: 'add to the budget of a campaign, whoever it belongs to',
    required: {
      ...CAMPAIGN_FLAGS,
      ...KEY_FLAG,
      '--amount <number>': 'base units of its token',
    },
    optional: { '--permit': 'approves the token by a signature (ERC-2612), in one transaction' },
    example:
      'campaign fund --rpc http://127.0.0.1:8545 --deployment deployment.json --campaign 1 --key-file key.txt --amount 1000',
    act: addFunds,
  });
}

async function addFunds(context: Context): Promise<void> {
  const { flags, note, result, step } = context;
  const amount = integerFlag(flags, '--amount', { min: 1n, max: MAX_AMOUNT });
  if (amount === undefined) throw invalidInput('--amount', 'missing', 'is needed here');
  const gate = await readOwnGate(context);
  const { client, deployment, campaign } = gate;
  const { token } = campaign;
  refuseOver(gate);
  const permit = flags.on('--permit');
  if (permit && isAddressEqual(token, COIN))
    throw invalidInput('--permit', undefined, "is for tokens: the campaign pays the chain's coin");
  warnOfKeys(context, deployment.security === 'INSECURE-DEV');
  const { receipt, received } = await step('funding', () =>
    fund(client, { deployment, campaignId: campaign.id, token, amount, permit }),
  );
  if (received < amount) note(`The token kept ${(amount - received).toString()} of the transfer.`);
  const { transactionHash: transaction } = receipt;
  const budget = campaign.budget + received;
  result({ campaign: campaign.id, token, amount, received, budget, transaction }, [
    ...facts({
      campaign: campaign.id,
      token: describeToken(token),
      received,
      budget,
      transaction,
    }),
  ]);
}

/** A campaign that is over takes nothing: said before the token is approved. */
function refuseOver({ campaign, now }: OpenGate): void {
  const { closesAt } = campaign;
  if (now <= closesAt) return;
  const message = `the campaign was over at ${closesAt.toString()}, it is ${now.toString()}`;
  throw new EligoError('CampaignClosed', message, { closesAt, now });
}
