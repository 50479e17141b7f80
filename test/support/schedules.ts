/**
 * Schedules drawn by chance, and a slow way to say what has vested: second by second and unlock by unlock, in exact
 * fractions. It shares nothing with what it judges.
 * @module
 */
import type { Tranche } from '../../src/protocol/vesting.ts';
import type { Random } from './circuits/random.ts';

/** A share of the grant, exactly. */
type Fraction = { readonly over: bigint; readonly under: bigint };

const add = (a: Fraction, b: Fraction): Fraction => ({
  over: a.over * b.under + b.over * a.under,
  under: a.under * b.under,
});

const floorOf = (total: bigint, share: Fraction): bigint => (total * share.over) / share.under;

/** A schedule of one to five tranches within about a minute; cliffs, streams, steps and pauses. */
export function randomSchedule(random: Random): readonly Tranche[] {
  const count = 1 + random.below(5);
  const shares = randomShares(random, count);
  let clock = 0n;
  return shares.map((bips) => {
    const start = clock + (random.percent(30) ? BigInt(random.below(6)) : 0n);
    const end = start + (random.percent(25) ? 0n : BigInt(1 + random.below(12)));
    clock = end;
    const steps = end === start || random.percent(30) ? 0n : BigInt(1 + random.below(15));
    return { start, end, bips, steps };
  });
}

/** So many shares, none of them 0, that are 10,000 together. */
function randomShares(random: Random, count: number): readonly bigint[] {
  const cuts = new Set<number>();
  while (cuts.size < count - 1) cuts.add(1 + random.below(9_999));
  const bounds = [0, ...[...cuts].sort((a, b) => a - b), 10_000];
  return bounds.slice(1).map((bound, i) => BigInt(bound - (bounds[i] ?? 0)));
}

/** A total of 0 to 128 bits. */
export function randomTotal(random: Random): bigint {
  return random.bits(random.below(129));
}

/**
 * What has vested at each second from 0 to two after the end. Unlocks are events at fractions of a second; a tranche's
 * are added up one by one as they come, and a tranche that has ended is added to those before it.
 */
export function walk(total: bigint, tranches: readonly Tranche[]): readonly bigint[] {
  const end = tranches.at(-1)?.end ?? 0n;
  const amounts: bigint[] = [];
  for (let second = 0n; second <= end + 2n; second += 1n) {
    let [ended, running]: [Fraction, Fraction] = [
      { over: 0n, under: 1n },
      { over: 0n, under: 1n },
    ];
    for (const tranche of tranches) {
      const share = unlockedOf(tranche, second);
      if (tranche.end <= second) ended = add(ended, share);
      else running = add(running, share);
    }
    amounts.push(floorOf(total, ended) + floorOf(total, running));
  }
  return amounts;
}

/** What one tranche has unlocked of the whole grant. */
function unlockedOf({ start, end, bips, steps }: Tranche, second: bigint): Fraction {
  // A cliff is one unlock, a stream one for each of its seconds.
  const unlocks = steps !== 0n ? steps : end === start ? 1n : end - start;
  let share: Fraction = { over: 0n, under: 10_000n * unlocks };
  for (let k = 1n; k <= unlocks; k += 1n) {
    const isDue = start * unlocks + k * (end - start) <= second * unlocks;
    if (isDue) share = { ...share, over: share.over + bips };
  }
  return share;
}
