/**
 * `eligo campaign pause`, `campaign unpause` and `campaign clawback`: what the owner, or the guardian, does in between and
 * at the end.
 * @module
 */
import type { Command } from 'commander';
import { isHex, stringToHex, type Hex } from 'viem';
import { clawback, pause, unpause } from '../chain/campaigns.ts';
import { invalidInput } from '../errors.ts';
import { checkText } from '../protocol/codec.ts';
import { CAMPAIGN_FLAGS, KEY_FLAG, addressFlag, campaignFlag, connectSigner } from './gate.ts';
import { facts } from './output.ts';
import { addVerb, type Context, type Flags, type Surroundings } from './verb.ts';

const SIGNED = { ...CAMPAIGN_FLAGS, ...KEY_FLAG } as const;
const REASON_FLAG = {
  '--reason <text>': 'why, for everybody to read: up to 31 bytes of text, or 0x and 64 hex digits',
} as const;
const NODE_EXAMPLE =
  '--rpc http://127.0.0.1:8545 --deployment deployment.json --campaign 1 --key-file key.txt';

/** Adds `campaign pause`, `campaign unpause` and `campaign clawback`. */
export function addCampaignControl(noun: Command, around: Surroundings): void {
  addVerb(noun, around, {
    name: 'pause',
    summary: 'stop claims, and nothing but claims',
    required: { ...SIGNED, ...REASON_FLAG },
    example: `campaign pause ${NODE_EXAMPLE} --reason publisher-key-lost`,
    act: (context) => turn(context, true),
  });
  addVerb(noun, around, {
    name: 'unpause',
    summary: 'let claims go on',
    required: { ...SIGNED, ...REASON_FLAG },
    example: `campaign unpause ${NODE_EXAMPLE} --reason key-rotated`,
    act: (context) => turn(context, false),
  });
  addVerb(noun, around, {
    name: 'clawback',
    summary: 'take back what nobody claimed, after the campaign closed',
    required: { ...SIGNED, '--to <address>': 'who gets it' },
    example: `campaign clawback ${NODE_EXAMPLE} --to 0x70997970C51812dc3A010C7d01b50e0d17dc79C8`,
    act: takeBack,
  });
}

async function turn(context: Context, paused: boolean): Promise<void> {
  const { flags, result, step } = context;
  const campaignId = campaignFlag(flags);
  const reason = readReason(flags);
  const { client, deployment } = await connectSigner(context);
  const [name, act] = paused ? (['pausing', pause] as const) : (['unpausing', unpause] as const);
  const { transactionHash: transaction } = await step(name, () =>
    act(client, { deployment, campaignId, reason }),
  );
  result({ campaign: campaignId, paused, reason, transaction }, [
    ...facts({ campaign: campaignId, paused: String(paused), reason, transaction }),
  ]);
}

async function takeBack(context: Context): Promise<void> {
  const { flags, result, step } = context;
  const campaignId = campaignFlag(flags);
  const to = addressFlag(flags, '--to');
  const { client, deployment } = await connectSigner(context);
  const { receipt, amount } = await step('clawing back', () =>
    clawback(client, { deployment, campaignId, to }),
  );
  const { transactionHash: transaction } = receipt;
  result(
    { campaign: campaignId, to, amount, transaction },
    facts({ campaign: campaignId, to, amount, transaction }),
  );
}

/** 31 bytes and no more: a text of 32 could be taken for a hash. */
function readReason(flags: Flags): Hex {
  const text = checkText(flags.text('--reason'), '--reason');
  if (isHex(text) && text.length === 66) return text;
  const rule = 'must be up to 31 bytes of text, or 32 bytes as 0x and 64 hex digits';
  if (Buffer.byteLength(text) > 31) throw invalidInput('--reason', text, rule);
  return stringToHex(text, { size: 32 });
}
