import { env } from 'node:process';
import { expect } from 'chai';
import { poseidon1, poseidon15, poseidon2, poseidon3, poseidon4, poseidon9 } from 'poseidon-lite';
import { loadKernel, type Kernel } from '../../src/kernel/kernel.ts';
import { createPairing } from '../../src/kernel/pairing.ts';
import { createPoseidon } from '../../src/kernel/poseidon.ts';
import { makeRandom, seedOf, type Random } from '../support/circuits/random.ts';
import { loadReferenceCurve, pointsOf, sumOf } from '../support/kernel/ffjavascript.ts';
import { createGroups } from '../support/kernel/kernelGroups.ts';
import {
  R,
  drawScalar,
  fromBytes,
  mod,
  putVectors,
  takeVectors,
  toBytes,
  toCoset,
} from '../support/kernel/scalars.ts';
import { packed, unpacked } from '../support/nodes.ts';

const SEED = seedOf(46);
const SECONDS = Number(env['ELIGO_FUZZ_SECONDS'] ?? 60);
const POSEIDONS = { 1: poseidon1, 2: poseidon2, 3: poseidon3, 4: poseidon4, 9: poseidon9 } as const;

/** Scalars of all kinds: small, extreme, equal, opposite. */
function drawScalars(random: Random, count: number): readonly bigint[] {
  const one = drawScalar(random);
  const kinds = [
    () => drawScalar(random),
    () => BigInt(random.below(4)),
    () => R - 1n - BigInt(random.below(3)),
    () => one,
    () => mod(-one),
    () => 2n ** BigInt(random.below(254)) % R,
  ] as const;
  return Array.from({ length: count }, () => random.pick(kinds)());
}

/** Sums in both groups, as ffjavascript has them. Few factors: points meet themselves and their opposites. */
async function compareSums(kernel: Kernel, random: Random): Promise<void> {
  const curve = await loadReferenceCurve();
  for (const [name, group] of Object.entries(createGroups(kernel))) {
    const count = 1 + random.below(random.pick([4, 64, 700]));
    const factors = drawScalars(random, random.pick([1, 3, 40]));
    const few = pointsOf(curve, curve[name === 'g1' ? 'G1' : 'G2'], factors);
    const size = few.length / factors.length;
    const points = new Uint8Array(count * size);
    for (let i = 0; i < count; i++) {
      const at = size * random.below(factors.length);
      points.set(few.subarray(at, at + size), i * size);
    }
    const scalars = drawScalars(random, count);
    const expected = await sumOf(curve[name === 'g1' ? 'G1' : 'G2'], points, scalars);
    const table = group.makeTable(points, 'key');
    const sum = group.sum(table, Uint8Array.from(Buffer.concat(scalars.map(toBytes))));
    expect(sum, `${name}, ${count} points`).to.deep.equal(expected);
  }
}

function compareCosets(kernel: Kernel, random: Random): void {
  const { exports } = kernel;
  const power = 1 + random.below(8);
  const lanes = [0, 1].map(() => drawScalars(random, 2 ** power));
  const values = putVectors(kernel, lanes);
  exports.toCoset(exports.makeDomain(power), 2 ** power, values);
  expect(takeVectors(kernel, values, 2 ** power), `2^${power}`).to.deep.equal(
    lanes.slice(0, exports.LANES.value).map(toCoset),
  );
}

function compareHashes(kernel: Kernel, random: Random): void {
  const poseidon = createPoseidon(kernel);
  const arity = random.pick([1, 2, 3, 4, 9, 15] as const);
  const count = 1 + random.below(20);
  const inputs = drawScalars(random, arity * count);
  const twin = arity === 15 ? poseidon15 : POSEIDONS[arity];
  const expected = Array.from({ length: count }, (_, i) =>
    twin(inputs.slice(arity * i, arity * (i + 1))),
  );
  expect(unpacked(poseidon.hash(arity, packed(inputs)))).to.deep.equal(expected);
}

/** Products that are 1 by construction, and the same with one factor off. */
async function comparePairings(kernel: Kernel, random: Random): Promise<void> {
  const curve = await loadReferenceCurve();
  const pairing = createPairing(kernel);
  const count = 1 + random.below(5);
  const scalars = Array.from(
    { length: count },
    () => [drawScalar(random), drawScalar(random)] as const,
  );
  const total = mod(scalars.reduce((sum, [a, b]) => sum + a * b, 0n));
  for (const off of [0n, 1n]) {
    const factors = [...scalars, [mod(off - total), 1n] as const];
    const pairs = await Promise.all(
      factors.map(async ([a, b]) => {
        const [g1, g2] = [pointsOf(curve, curve.G1, [1n]), pointsOf(curve, curve.G2, [1n])];
        const [x = 0n, y = 0n] = numbersOf(await sumOf(curve.G1, g1, [a]));
        const [x0 = 0n, x1 = 0n, y0 = 0n, y1 = 0n] = numbersOf(await sumOf(curve.G2, g2, [b]));
        return { g1: [x, y] as const, g2: [x0, x1, y0, y1] as const };
      }),
    );
    expect(pairing.checkPairings(pairs).holds, `${pairs.length} pairs`).to.equal(off === 0n);
  }
}

function numbersOf(bytes: Uint8Array): readonly bigint[] {
  return Array.from({ length: bytes.length / 32 }, (_, i) =>
    fromBytes(bytes.subarray(32 * i, 32 * (i + 1))),
  );
}

const COMPARISONS = {
  'sums in G1 and G2': compareSums,
  'values on a coset': compareCosets,
  hashes: compareHashes,
  'products of pairings': comparePairings,
} as const satisfies Record<string, (kernel: Kernel, random: Random) => unknown>;

describe(`kernel, ELIGO_FUZZ_SECONDS=${SECONDS} of anything, beside slower libraries`, () => {
  it(`both builds agree with them (ELIGO_SEED=${SEED})`, async function () {
    this.timeout((SECONDS + 120) * 1_000);
    const kernels = [await loadKernel('fma'), await loadKernel('i64')];
    const random = makeRandom(SEED);
    const counts = new Map<string, number>();
    const end = performance.now() + SECONDS * 1_000;
    // Each comparison at least once, however slow the machine.
    for (let round = 0; round === 0 || performance.now() < end; round++)
      for (const [name, compare] of Object.entries(COMPARISONS))
        for (const kernel of kernels) {
          const start = kernel.exports.mark();
          try {
            await compare(kernel, random);
            kernel.exports.release(start);
          } catch (error) {
            const where = `${kernel.build}, round ${round}, ${name}`;
            throw new Error(`${where}: ELIGO_SEED=${SEED} finds it again`, { cause: error });
          }
          counts.set(name, (counts.get(name) ?? 0) + 1);
        }
    console.log(`      ${[...counts].map(([name, count]) => `${count} ${name}`).join(', ')}`);
  });
});
