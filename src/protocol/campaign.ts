/**
 * The campaign document: what a distribution is created from, beside its policy. This file checks all that it says by
 * itself; whether it fits its policy, and the moment, is checked where both are known (verifier/campaign.ts).
 * @module
 */
import type { Address } from 'viem';
import { z } from 'zod';
import { invalidInput } from '../errors.ts';
import { addressShape, readDocument } from './codec.ts';
import { getAddress } from './evm.ts';
import { HIDDEN_INDEX, NEVER, toInteger, toTime, toUint } from './field.ts';
import { checkTranches, readPreset, type Tranche } from './vesting.ts';

const text = z.string();

const scheduleShape = z.strictObject({
  start: text.optional(),
  transferable: z.boolean(),
  clawbackNotice: text,
  tranches: z
    .array(z.strictObject({ start: text, end: text, bips: text, steps: text.optional() }))
    .optional(),
  preset: z
    .union([z.string().min(1), z.record(z.string(), z.unknown())], 'must be a preset or a file')
    .optional(),
});

const documentShape = z.strictObject({
  eligo: z.literal('campaign/1', 'must be "campaign/1"'),
  token: z.union([z.literal('coin'), addressShape], 'must be an address, or "coin"'),
  amount: z.strictObject({
    kind: z.enum(['fixed', 'disclosed', 'tiered', 'metered']),
    unit: text,
    tiers: z.array(text).optional(),
  }),
  source: text,
  freshness: z.strictObject({ maxStaleness: text, maxSilence: text }),
  proofLifetime: text,
  notice: text,
  index: z.strictObject({
    cap: text.optional(),
    period: z.strictObject({ start: text, length: text }).optional(),
  }),
  opens: text,
  closes: text,
  guardian: addressShape.optional(),
  caps: z
    .strictObject({
      perPeriod: text.optional(),
      perWindow: text.optional(),
      windowLength: text.optional(),
    })
    .optional(),
  schedule: scheduleShape.optional(),
  hook: z.strictObject({ target: addressShape, gasLimit: text, mandatory: z.boolean() }).optional(),
  documentURI: text.refine((uri) => URL.canParse(uri), 'must be a URI, such as https://…'),
});

/** The document as it is written. */
export type CampaignDocument = z.infer<typeof documentShape>;

/** What the document says, in numbers: times Unix seconds, durations seconds, amounts base units. */
export type CampaignSettings = {
  readonly token: Address | 'coin';
  readonly amountKind: CampaignDocument['amount']['kind'];
  /** u120, from 1. */
  readonly unit: bigint;
  /** 1 to 256 entries, u128, where the amount is tiered; otherwise empty. */
  readonly tiers: readonly bigint[];
  readonly source: bigint;
  readonly maxStaleness: bigint;
  /** From 1; `NEVER` = any. */
  readonly maxSilence: bigint;
  /** 120 to 2,592,000. */
  readonly proofLifetime: bigint;
  /** u24, not below `proofLifetime`; 0 = nothing can be amended. */
  readonly notice: bigint;
  readonly index: SettingsIndex;
  readonly opensAt: bigint;
  /** Not before `opensAt`, and not `NEVER`. */
  readonly closesAt: bigint;
  readonly guardian?: Address;
  /** 0 = no bound. */
  readonly caps: SettingsCaps;
  readonly schedule?: SettingsSchedule;
  readonly hook?: SettingsHook;
  readonly documentURI: string;
};

type SettingsIndex =
  | { readonly kind: 'metered' }
  | { readonly kind: 'count'; readonly cap: bigint }
  | { readonly kind: 'period'; readonly start: bigint; readonly length: bigint };

type SettingsCaps = Readonly<Record<'perPeriod' | 'perWindow' | 'windowLength', bigint>>;

type SettingsSchedule = {
  /** 0 = with each claim. */
  readonly start: bigint;
  readonly transferable: boolean;
  /** `NEVER` = no grant can be clawed back. */
  readonly clawbackNotice: bigint;
  readonly tranches: readonly Tranche[];
};

type SettingsHook = {
  readonly target: Address;
  readonly gasLimit: bigint;
  readonly mandatory: boolean;
};

const MAX_TIERS = 256;
const MAX_HOOK_GAS = 1_000_000n;
const LIFETIME = { min: 120n, max: 2_592_000n } as const;
const MAX_UNIT = 2n ** 120n - 1n;

/** Reads a campaign document's shape. @throws {InvalidInput} naming path, value and rule */
export function readCampaignDocument(input: unknown): CampaignDocument {
  return readDocument(documentShape, input, 'campaign');
}

/**
 * Checks a campaign document.
 * @param options.preset what the file holds that `schedule.preset` names, where it names one
 * @throws {InvalidInput} naming path, value and rule
 */
export function defineCampaign(
  document: CampaignDocument,
  options: { readonly preset?: unknown } = {},
): CampaignSettings {
  const { token, documentURI, freshness, guardian } = document;
  const proofLifetime = toInteger(
    document.proofLifetime,
    'campaign.proofLifetime',
    LIFETIME.max,
    LIFETIME.min,
  );
  const schedule = document.schedule && toSchedule(document.schedule, options.preset);
  const hook = document.hook && toHook(document.hook);
  return {
    token: token === 'coin' ? token : getAddress(token),
    ...toAmount(document),
    source: toUint(document.source, 'campaign.source', 64),
    maxStaleness: toTime(freshness.maxStaleness, 'campaign.freshness.maxStaleness'),
    maxSilence: toSpan(freshness.maxSilence, 'campaign.freshness.maxSilence', 1n),
    proofLifetime,
    notice: toNotice(document, proofLifetime),
    index: toIndex(document, proofLifetime),
    ...toOpening(document),
    ...(guardian !== undefined && { guardian: getAddress(guardian) }),
    caps: toCaps(document),
    ...(schedule && { schedule }),
    ...(hook && { hook }),
    documentURI,
  };
}

/**
 * A moment: Unix seconds as digits, or ISO 8601 with its offset, such as 2026-01-31T12:00:00Z.
 * @throws {InvalidInput}
 */
export function toMoment(value: string, path: string): bigint {
  if (/^[0-9]+$/.test(value)) return toTime(value, path);
  const [, local = '', seconds = ':00', offset = ''] =
    /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2})(:\d{2})?(Z|[+-]\d{2}:\d{2})$/.exec(value) ?? [];
  const written = new Date(`${local}${seconds}Z`);
  // The 30th of February would be read as a day in March.
  const exists =
    !Number.isNaN(written.getTime()) && written.toISOString().startsWith(`${local}${seconds}`);
  const moment = Date.parse(`${local}${seconds}${offset}`);
  if (!exists || Number.isNaN(moment) || moment < 0) {
    throw invalidInput(path, value, 'must be Unix seconds, or a time such as 2026-01-31T12:00:00Z');
  }
  return toTime(BigInt(moment / 1000), path);
}

function toAmount({ amount }: CampaignDocument) {
  const { kind, tiers = [] } = amount;
  const path = 'campaign.amount.tiers';
  if ((kind === 'tiered') !== tiers.length > 0)
    throw invalidInput(path, tiers.length, `must be there for tiered alone: the kind is ${kind}`);
  if (tiers.length > MAX_TIERS)
    throw invalidInput(path, tiers.length, `must be at most ${MAX_TIERS} entries`);
  return {
    amountKind: kind,
    unit: toInteger(amount.unit, 'campaign.amount.unit', MAX_UNIT, 1n),
    tiers: tiers.map((tier, i) => toUint(tier, `${path}[${i}]`, 128)),
  };
}

function toNotice({ notice, amount }: CampaignDocument, proofLifetime: bigint): bigint {
  const seconds = toUint(notice, 'campaign.notice', 24);
  if (seconds === 0n) return seconds;
  if (amount.kind === 'metered')
    throw invalidInput(
      'campaign.notice',
      seconds,
      "must be 0: a metered campaign can't be amended",
    );
  if (seconds < proofLifetime) {
    const rule = `must be 0, or not below proofLifetime (${proofLifetime.toString()})`;
    throw invalidInput('campaign.notice', seconds, rule);
  }
  return seconds;
}

function toIndex({ index, amount }: CampaignDocument, proofLifetime: bigint): SettingsIndex {
  const { cap, period } = index;
  if (amount.kind === 'metered') {
    if (cap === undefined && period === undefined) return { kind: 'metered' };
    throw invalidInput('campaign.index', index, 'must be {}: the amount is metered');
  }
  if ((cap === undefined) === (period === undefined))
    throw invalidInput('campaign.index', index, 'must have one of cap and period');
  if (period === undefined)
    return { kind: 'count', cap: toInteger(cap, 'campaign.index.cap', HIDDEN_INDEX - 1n, 1n) };
  const length = toUint(period.length, 'campaign.index.period.length', 32);
  if (length < proofLifetime) {
    const rule = `must not be below proofLifetime (${proofLifetime.toString()})`;
    throw invalidInput('campaign.index.period.length', length, rule);
  }
  return { kind: 'period', start: toMoment(period.start, 'campaign.index.period.start'), length };
}

function toOpening({ opens, closes }: CampaignDocument) {
  const opensAt = toMoment(opens, 'campaign.opens');
  const closesAt = toMoment(closes, 'campaign.closes');
  if (closesAt < opensAt)
    throw invalidInput('campaign.closes', closes, `must not be before it opens (${opens})`);
  if (closesAt === NEVER)
    throw invalidInput('campaign.closes', closes, 'must come: what is left is taken back then');
  return { opensAt, closesAt };
}

function toCaps({ caps = {}, index }: CampaignDocument): SettingsCaps {
  const perPeriod = toUint(caps.perPeriod ?? '0', 'campaign.caps.perPeriod', 128);
  const perWindow = toUint(caps.perWindow ?? '0', 'campaign.caps.perWindow', 128);
  const windowLength = toTime(caps.windowLength ?? '0', 'campaign.caps.windowLength');
  if (perPeriod > 0n && index.period === undefined)
    throw invalidInput('campaign.caps.perPeriod', perPeriod, 'goes with index.period');
  if ((perWindow === 0n) !== (windowLength === 0n))
    throw invalidInput('campaign.caps.windowLength', windowLength, 'goes with perWindow');
  return { perPeriod, perWindow, windowLength };
}

function toSchedule(
  schedule: NonNullable<CampaignDocument['schedule']>,
  presetFile: unknown,
): SettingsSchedule {
  const { tranches, preset } = schedule;
  if ((tranches === undefined) === (preset === undefined))
    throw invalidInput('campaign.schedule', undefined, 'must have one of tranches and preset');
  return {
    start: toMoment(schedule.start ?? '0', 'campaign.schedule.start'),
    transferable: schedule.transferable,
    clawbackNotice: toSpan(schedule.clawbackNotice, 'campaign.schedule.clawbackNotice'),
    tranches:
      tranches === undefined
        ? readPreset(typeof preset === 'string' ? presetFile : preset)
        : toTranches(tranches),
  };
}

function toTranches(
  written: NonNullable<NonNullable<CampaignDocument['schedule']>['tranches']>,
): readonly Tranche[] {
  const tranches = written.map(({ start, end, bips, steps = '0' }, i) => {
    const path = `campaign.schedule.tranches[${i}]`;
    return {
      start: toTime(start, `${path}.start`),
      end: toTime(end, `${path}.end`),
      bips: toUint(bips, `${path}.bips`, 14),
      steps: toUint(steps, `${path}.steps`, 32),
    };
  });
  checkTranches(tranches);
  return tranches;
}

function toHook(hook: NonNullable<CampaignDocument['hook']>): SettingsHook {
  return {
    target: getAddress(hook.target),
    gasLimit: toInteger(hook.gasLimit, 'campaign.hook.gasLimit', MAX_HOOK_GAS, 1n),
    mandatory: hook.mandatory,
  };
}

/** Seconds, or "never" for a span that has no end. */
function toSpan(value: string, path: string, min = 0n): bigint {
  return value === 'never' ? NEVER : toInteger(value, path, NEVER, min);
}
