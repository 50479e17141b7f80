/**
 * A campaign in words: its kind of amount, its table, its schedule, its bounds.
 * @module
 */
import { COIN } from '../chain/campaigns.ts';
import { NEVER } from '../protocol/field.ts';
import type { Policy } from '../protocol/policy.ts';
import { decodeValue } from '../protocol/value.ts';
import type { Tranche } from '../protocol/vesting.ts';
import { amountOf, type AmountKind, type Pay } from '../verifier/amount.ts';
import type { IndexRule } from '../verifier/verify.ts';
import { moment } from './output.ts';

const PAYS: Readonly<Record<AmountKind, string>> = {
  fixed: 'a claim',
  disclosed: 'for each unit of the disclosed value',
  tiered: "times the tier's entry in the table",
  metered: 'a note',
};

/** What a claim pays, such as `100 a claim`. */
export function describePay({ amountKind, rate }: Pay): string {
  return `${rate.toString()} ${PAYS[amountKind]} (${amountKind})`;
}

/** Which claims a person has. */
export function describeIndex(index: IndexRule): string {
  switch (index.kind) {
    case 'metered':
      return 'as many notes as were attested';
    case 'count':
      return `${index.cap.toString()} a person`;
    case 'period':
      return `one a person every ${index.length.toString()} s from ${moment(index.start)}`;
  }
}

/** The token, by its address or by what it is. */
export function describeToken(token: string): string {
  return token === 'coin' || token.toLowerCase() === COIN.toLowerCase()
    ? "the chain's own coin"
    : token;
}

/** Seconds, or that they never end. */
export function describeSpan(seconds: bigint): string {
  return seconds === NEVER ? 'never' : `${seconds.toString()} s`;
}

/** What each disclosed value is worth, where there is a table. */
export function tierRows(
  pay: Pay,
  disclose: Policy['disclose'],
): readonly { readonly value: string; readonly amount: bigint }[] {
  return pay.tiers.map((_, i) => ({
    value: disclose ? decodeValue(disclose, BigInt(i)) : String(i),
    amount: amountOf(pay, BigInt(i)),
  }));
}

/** How a grant vests, a line a tranche. */
export function describeSchedule(
  schedule:
    | {
        readonly start: bigint;
        readonly transferable: boolean;
        readonly clawbackNotice: bigint;
        readonly tranches: readonly Tranche[];
      }
    | undefined,
): readonly string[] {
  if (!schedule) return ['paid at once'];
  const { start, transferable, clawbackNotice, tranches } = schedule;
  return [
    `vests from ${start === 0n ? 'each claim' : moment(start)}`,
    ...tranches.map(describeTranche),
    transferable ? 'grants can be handed on' : "grants can't be handed on",
    clawbackNotice === NEVER
      ? "grants can't be clawed back"
      : `grants can be clawed back, and vest on for ${clawbackNotice.toString()} s`,
  ];
}

function describeTranche({ start, end, bips, steps }: Tranche): string {
  const share = `${(Number(bips) / 100).toString()} %`;
  if (start === end) return `${share} at ${start.toString()} s`;
  const how = steps === 0n ? 'by the second' : `in ${steps.toString()} equal unlocks`;
  return `${share} from ${start.toString()} s to ${end.toString()} s, ${how}`;
}

/** What bounds what is paid, whatever the budget. */
export function describeCaps(caps: {
  readonly perPeriod: bigint;
  readonly perWindow: bigint;
  readonly windowLength: bigint;
}): string {
  const { perPeriod, perWindow, windowLength } = caps;
  const bounds = [
    perPeriod > 0n ? `${perPeriod.toString()} a period` : undefined,
    perWindow > 0n ? `${perWindow.toString()} every ${windowLength.toString()} s` : undefined,
  ].filter((bound) => bound !== undefined);
  return bounds.length === 0 ? 'none' : bounds.join(', ');
}
