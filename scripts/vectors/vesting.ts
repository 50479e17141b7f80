/**
 * Schedules and what has vested of them. Unlocks are counted one by one, as fractions compared across; streams are
 * shares of their length. Presets are mapped by hand.
 * @module
 */
import { DAY, NEVER, at, file, type Json } from './reference.ts';

type Tranche = {
  readonly start: bigint;
  readonly end: bigint;
  readonly bips: bigint;
  readonly steps: bigint;
};

const YEAR = 365n * DAY;
const MONTH = 30n * DAY;
const MOST = 2n ** 128n - 1n;
const STEPS = 2n ** 32n - 1n;

const tranche = (start: bigint, end: bigint, bips: bigint, steps = 0n): Tranche => ({
  start,
  end,
  bips,
  steps,
});

/** So many cliffs, a second apart; the last takes what the others leave. */
function cliffs(count: bigint): readonly Tranche[] {
  return Array.from({ length: Number(count) }, (_, i) => {
    const second = BigInt(i);
    return tranche(second, second, second < count - 1n ? 150n : 10_000n - 150n * (count - 1n));
  });
}

/** How many of a tranche's unlocks, at start + k (end - start) / steps, are at `elapsed` or before. */
function countUnlocks({ start, end, steps }: Tranche, elapsed: bigint): bigint {
  let count = 0n;
  for (let k = 1n; k <= steps; k++) {
    if (start * steps + k * (end - start) <= elapsed * steps) count += 1n;
  }
  return count;
}

/** Floor of the share of all tranches that ended, plus floor of the share of the one that runs. */
function vested(total: bigint, tranches: readonly Tranche[], elapsed: bigint): bigint {
  let [ended, running] = [0n, 0n];
  for (const part of tranches) {
    const { start, end, bips, steps } = part;
    if (end <= elapsed) ended += bips;
    else if (start <= elapsed && steps === 0n)
      running = (total * bips * (elapsed - start)) / (10_000n * (end - start));
    else if (start <= elapsed)
      running = (total * bips * countUnlocks(part, elapsed)) / (10_000n * steps);
  }
  return (total * ended) / 10_000n + running;
}

const SCHEDULES: Readonly<Record<string, readonly Tranche[]>> = {
  'all at once': [tranche(0n, 0n, 10_000n)],
  'a cliff after a year': [tranche(YEAR, YEAR, 10_000n)],
  'a stream of a hundred seconds': [tranche(0n, 100n, 10_000n)],
  'three unlocks in ten seconds': [tranche(0n, 10n, 10_000n, 3n)],
  'seven unlocks in three seconds': [tranche(5n, 8n, 10_000n, 7n)],
  'one unlock, at its end': [tranche(0n, 10n, 10_000n, 1n)],
  'a quarter after a year, then monthly': [
    tranche(YEAR, YEAR, 2_500n),
    tranche(YEAR, YEAR + 36n * MONTH, 7_500n, 36n),
  ],
  'two cliffs at one second, a pause, a stream': [
    tranche(10n, 10n, 1n),
    tranche(10n, 10n, 3_332n),
    tranche(20n, 33n, 6_667n),
  ],
  'unequal steps one after the other': [
    tranche(0n, 7n, 3_333n, 2n),
    tranche(7n, 20n, 1n, 5n),
    tranche(20n, 31n, 6_666n, 3n),
  ],
  'sixty-four cliffs, a second apart': cliffs(64n),
  'a stream as long as time': [tranche(0n, NEVER, 10_000n)],
  'the last second of time': [tranche(NEVER - 1n, NEVER, 10_000n, 2n)],
};

const TOTALS = [0n, 1n, 9_999n, 10n ** 18n + 7n, MOST];

/** The edges of every tranche and the seconds around them; the middle; the end of numbers. */
function moments(tranches: readonly Tranche[]): readonly bigint[] {
  const few = tranches.length > 3 ? [at(tranches, 0), at(tranches, tranches.length - 1)] : tranches;
  const edges = few.flatMap(({ start, end }) => [
    ...[start - 1n, start, start + 1n],
    ...[(start + end) / 2n, end - 1n, end, end + 1n],
  ]);
  const sorted = [...new Set([...edges, 2n ** 256n - 1n])].sort((a, b) => (a < b ? -1 : 1));
  return sorted.filter((moment) => moment >= 0n);
}

const amounts = (): readonly Record<string, unknown>[] => [
  ...Object.entries(SCHEDULES).map(([name, tranches], i) => {
    const total = at(TOTALS, i % TOTALS.length);
    return {
      source: `libraries/Vesting.sol, vestedAt: ${name}; unlocks counted one by one`,
      tranches,
      points: [total, MOST].flatMap((whole) =>
        moments(tranches).map((elapsed) => ({
          total: whole,
          elapsed,
          vested: vested(whole, tranches, elapsed),
        })),
      ),
    };
  }),
  {
    source:
      'libraries/Vesting.sol, vestedAt: as many steps as there can be; by hand: one step is longer than a second',
    tranches: [tranche(0n, NEVER, 10_000n, STEPS)],
    points: [
      { total: MOST, elapsed: NEVER / STEPS, vested: 0n },
      { total: MOST, elapsed: NEVER / STEPS + 1n, vested: MOST / STEPS },
      { total: MOST, elapsed: NEVER - 1n, vested: (MOST * (STEPS - 1n)) / STEPS },
      { total: MOST, elapsed: NEVER, vested: MOST },
    ],
  },
];

const whole = tranche(0n, 10n, 10_000n);

/** What isn't a schedule, and what is with one thing mended; `index` and `value` as the contract says them. */
const REFUSED: readonly (readonly [
  name: string,
  tranches: readonly Tranche[],
  mended: readonly Tranche[],
  field: string,
  index: bigint,
  value: bigint,
])[] = [
  ['none', [], [whole], 'tranches', 0n, 0n],
  ['sixty-five', cliffs(65n), cliffs(64n), 'tranches', 65n, 65n],
  [
    'ends before it starts',
    [tranche(10n, 9n, 10_000n)],
    [tranche(10n, 10n, 10_000n)],
    ...(['end', 0n, 9n] as const),
  ],
  [
    'starts before the last has ended',
    [tranche(0n, 10n, 5_000n), tranche(9n, 20n, 5_000n)],
    [tranche(0n, 10n, 5_000n), tranche(10n, 20n, 5_000n)],
    ...(['start', 1n, 9n] as const),
  ],
  ['unlocks nothing', [whole, tranche(10n, 20n, 0n)], [whole], ...(['bips', 1n, 0n] as const)],
  [
    'a cliff in steps',
    [tranche(5n, 5n, 10_000n, 1n)],
    [tranche(5n, 5n, 10_000n, 0n)],
    ...(['steps', 0n, 1n] as const),
  ],
  [
    'too little',
    [tranche(0n, 5n, 9_999n)],
    [tranche(0n, 5n, 10_000n)],
    ...(['bips', 1n, 9_999n] as const),
  ],
  [
    'too much',
    [tranche(0n, 5n, 5_001n), tranche(5n, 9n, 5_000n)],
    [tranche(0n, 5n, 5_000n), tranche(5n, 9n, 5_000n)],
    ...(['bips', 2n, 10_001n] as const),
  ],
];

const preset = (
  starts: readonly bigint[],
  end: bigint,
  bips: readonly bigint[],
  unlocks: readonly bigint[],
  stream?: boolean,
): Record<string, unknown> => ({
  linearStartTimestampsRelative: starts,
  linearEndTimestampRelative: end,
  linearBips: bips,
  numOfUnlocksForEachLinear: unlocks,
  ...(stream === undefined ? {} : { stream }),
});

const PRESETS: readonly (readonly [string, Record<string, unknown>, readonly Tranche[]])[] = [
  [
    'a wait of a year, a moment of one second, monthly for three years',
    preset([0n, YEAR, YEAR + 1n], YEAR + 1n + 36n * MONTH, [0n, 2_500n, 7_500n], [1n, 1n, 36n]),
    [
      tranche(YEAR, YEAR + 1n, 2_500n, 1n),
      tranche(YEAR + 1n, YEAR + 1n + 36n * MONTH, 7_500n, 36n),
    ],
  ],
  [
    'a segment without length, then a stream',
    preset([0n, 0n], 100n, [1_000n, 9_000n], [1n, 1n], true),
    [tranche(0n, 0n, 1_000n), tranche(0n, 100n, 9_000n)],
  ],
  ['one unlock', preset([7n], 8n, [10_000n], [1n], false), [tranche(7n, 8n, 10_000n, 1n)]],
];

/** Amounts, refusals and presets. */
export function vestingVectors(): Json {
  return file({
    amounts: amounts(),
    refused: REFUSED.map(([name, tranches, mended, field, index, value]) => ({
      source: `libraries/Vesting.sol, check: ${name}; by hand`,
      tranches,
      mended,
      field,
      index,
      value,
    })),
    presets: PRESETS.map(([name, given, tranches]) => ({
      source: `TokenTable's unlocker, a preset: ${name}; mapped by hand`,
      preset: given,
      tranches,
    })),
  });
}
