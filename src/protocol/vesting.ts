/**
 * Vesting: how much of a grant has vested at a second, as libraries/Vesting.sol has it, and schedules that were written
 * for TokenTable. A schedule is tranches, one after the other; what elsewhere are cliffs, streams and monthly unlocks are
 * here one or more of them.
 * @module
 */
import { z } from 'zod';
import { invalidInput } from '../errors.ts';
import { readDocument } from './codec.ts';
import { toInteger, toTime, toUint } from './field.ts';

/** The most tranches of a schedule. */
export const MAX_TRANCHES = 64;

/** What the shares of a schedule are together: all of the grant. */
export const BIPS = 10_000n;

/** A part of a schedule: so much of a grant, unlocked between two moments. */
export type Tranche = {
  /** Seconds from the grant's start, u40. */
  readonly start: bigint;
  /** Seconds from the grant's start, u40, not below `start`; where it is `start`, all unlocks at that second. */
  readonly end: bigint;
  /** Ten-thousandths of the grant, from 1. */
  readonly bips: bigint;
  /** Equal unlocks, u32, the last of them at `end`; 0 = a stream by the second, and so where `end` is `start`. */
  readonly steps: bigint;
};

/**
 * Refuses what isn't a schedule.
 * @throws {InvalidInput} naming the tranche and its field
 */
export function checkTranches(tranches: readonly Tranche[]): void {
  const count = tranches.length;
  if (count === 0 || count > MAX_TRANCHES) {
    throw invalidInput('tranches', count, `must be from 1 to ${MAX_TRANCHES}`);
  }
  let previousEnd = 0n;
  tranches.forEach((tranche, i) => {
    checkTranche(tranche, `tranches[${i}]`, previousEnd);
    previousEnd = tranche.end;
  });
  const sum = tranches.reduce((bips, tranche) => bips + tranche.bips, 0n);
  if (sum !== BIPS) throw invalidInput('tranches.bips', sum, `must be ${BIPS.toString()} together`);
}

function checkTranche(tranche: Tranche, path: string, previousEnd: bigint): void {
  const { start, end, bips, steps } = tranche;
  if (toTime(start, `${path}.start`) < previousEnd) {
    throw invalidInput(`${path}.start`, start, 'must not be before the end of the last tranche');
  }
  if (toTime(end, `${path}.end`) < start) {
    throw invalidInput(`${path}.end`, end, 'must not be before the start');
  }
  toInteger(bips, `${path}.bips`, BIPS, 1n);
  toUint(steps, `${path}.steps`, 32);
  if (end === start && steps !== 0n) {
    throw invalidInput(`${path}.steps`, steps, 'must be 0 where the end is the start');
  }
}

/**
 * How much of a grant has vested: the share of the tranches that ended, rounded down, and what the running one has
 * unlocked, rounded down. It never falls, never exceeds `total`, and is `total` at the end.
 * @param parameters.total    base units
 * @param parameters.tranches a schedule that passes `checkTranches`
 * @param parameters.elapsed  seconds from the grant's start, not negative: before it, nothing has vested
 * @example vestedAt({ total: 8n, tranches: [{ start: 0n, end: 4n, bips: 10_000n, steps: 0n }], elapsed: 3n }) // 6n
 */
export function vestedAt(parameters: {
  readonly total: bigint;
  readonly tranches: readonly Tranche[];
  readonly elapsed: bigint;
}): bigint {
  const { total, tranches, elapsed } = parameters;
  const ended = tranches.filter(({ end }) => end <= elapsed);
  const finished = ended.reduce((bips, tranche) => bips + tranche.bips, 0n);
  const running = tranches[ended.length];
  const settled = (total * finished) / BIPS;
  if (running === undefined || elapsed < running.start) return settled;
  const [past, length] = [elapsed - running.start, running.end - running.start];
  const [unlocks, over] =
    running.steps === 0n ? [length, past] : [running.steps, (past * running.steps) / length];
  return settled + (total * running.bips * over) / (BIPS * unlocks);
}

const integer = z.union([z.string(), z.bigint(), z.int()], 'must be a whole number');

const presetShape = z.strictObject({
  linearStartTimestampsRelative: z.array(integer).min(1, 'must not be empty'),
  linearEndTimestampRelative: integer,
  linearBips: z.array(integer),
  numOfUnlocksForEachLinear: z.array(integer),
  stream: z.boolean().optional(),
});

type Preset = z.infer<typeof presetShape>;

/**
 * The schedule of a TokenTable preset, as JSON text or a plain object; integers as decimal digits, or as numbers or
 * bigints. Segment i runs from its start to the next one's, the last to the preset's end, and becomes one tranche:
 *
 * - of 0 bips, which is waiting: none;
 * - without length: all of it at that second;
 * - of a `stream`: by the second;
 * - otherwise: in as many unlocks as it counts, a single one at the segment's END.
 *
 * TokenTable unlocks whole seconds apart, the length divided by the count and rounded down; here unlock k of n is at
 * k * length / n. Where n divides the length the two are one, elsewhere ours comes up to n - 1 seconds later.
 * @throws {InvalidInput} naming the preset's field, or the tranche's if the whole isn't a schedule
 */
export function readPreset(input: unknown): readonly Tranche[] {
  const preset = readDocument(presetShape, input, 'preset');
  const starts = preset.linearStartTimestampsRelative.map((start, i) =>
    toTime(toDigits(start), `preset.linearStartTimestampsRelative[${i}]`),
  );
  const end = toTime(toDigits(preset.linearEndTimestampRelative), END);
  checkSegments(preset, starts, end);
  const tranches = starts.flatMap((start, i) => toTranche(preset, i, start, starts[i + 1] ?? end));
  checkTranches(tranches);
  return tranches;
}

const END = 'preset.linearEndTimestampRelative';

function checkSegments(preset: Preset, starts: readonly bigint[], end: bigint): void {
  for (const name of ['linearBips', 'numOfUnlocksForEachLinear'] as const) {
    if (preset[name].length !== starts.length) {
      throw invalidInput(`preset.${name}`, preset[name].length, `must be ${starts.length} entries`);
    }
  }
  starts.forEach((start, i) => {
    if (start < (starts[i - 1] ?? 0n)) {
      const path = `preset.linearStartTimestampsRelative[${i}]`;
      throw invalidInput(path, start, 'must not be before the one before it');
    }
  });
  if (end <= (starts.at(-1) ?? 0n)) throw invalidInput(END, end, 'must be after the last start');
}

/** One segment's tranche; none if it only waits. */
function toTranche(preset: Preset, i: number, start: bigint, end: bigint): readonly Tranche[] {
  const bips = toInteger(toDigits(preset.linearBips[i]), `preset.linearBips[${i}]`, BIPS);
  const path = `preset.numOfUnlocksForEachLinear[${i}]`;
  const unlocks = toInteger(toDigits(preset.numOfUnlocksForEachLinear[i]), path, MAX_UNLOCKS, 1n);
  // An unlock every zero seconds means nothing there, so it is no preset that anybody made on purpose.
  const most = end > start ? end - start : 1n;
  if (unlocks > most) {
    throw invalidInput(path, unlocks, `must be at most ${most.toString()}, one a second`);
  }
  if (bips === 0n) return [];
  return [{ start, end, bips, steps: preset.stream === true || end === start ? 0n : unlocks }];
}

const MAX_UNLOCKS = 2n ** 32n - 1n;

const toDigits = (value: string | bigint | number | undefined): string => String(value);
