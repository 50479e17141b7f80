import { bn254 } from '@noble/curves/bn254';
import { expect } from 'chai';
import { POINT_BYTES, compressPoint, decompressPoints } from '../../src/kernel/compressed.ts';
import { loadKernel, type Kernel } from '../../src/kernel/kernel.ts';
import { joinBytes } from '../../src/protocol/codec.ts';
import { makeRandom, seedOf } from '../support/circuits/random.ts';
import { bytesOf, g1At, g2At, keyForm, randomPoints } from '../support/keyPoints.ts';

const { Fp } = bn254.fields;
const p = Fp.ORDER;
const SEED = seedOf(1_602);

/** Numbers at the edges of the field, and of its limbs. */
const EDGES = [0n, 1n, 2n, p - 1n, p - 2n, (p - 1n) / 2n, (1n << 51n) - 1n, 1n << 253n];

for (const build of ['fma', 'i64'] as const) {
  describe(`kernel/compressed, ${build} (seed ${SEED})`, () => {
    const random = makeRandom(SEED);
    let kernel: Kernel;
    before(async () => {
      kernel = await loadKernel(build);
    });

    /** Compresses points, and expands them again. */
    function there(group: 'g1' | 'g2', points: readonly Uint8Array[]): readonly Uint8Array[] {
      const size = POINT_BYTES[group];
      const out = new Uint8Array(points.length * size);
      const compressed = joinBytes(points.map((point) => compressPoint(group, point)));
      expect(compressed.length).to.equal(out.length / 2);
      expect(decompressPoints(kernel, group, compressed, out)).to.equal(points.length);
      return points.map((_, i) => out.slice(i * size, (i + 1) * size));
    }

    for (const group of ['g1', 'g2'] as const) {
      for (const count of [0, 1, 2, 3, 31, 1_023, 1_025]) {
        it(`gives ${count} points of ${group} back`, () => {
          const few = randomPoints(random, group, Math.min(count, 61));
          const points = Array.from({ length: count }, (_, i) => few[i % few.length]!);
          expect(there(group, points)).to.deep.equal(points);
        });
      }
    }

    it('gives both points of an x back, at the edges of the field', () => {
      const g1 = [...EDGES, ...EDGES.map((x) => x * Fp.inv(Fp.create(1n << 256n)))];
      const points = g1.flatMap((x) => g1At(Fp.create(x))).map((at) => joinBytes(at.map(keyForm)));
      expect(points.length).to.be.above(8);
      expect(there('g1', points)).to.deep.equal(points);

      const g2 = EDGES.flatMap((re) => EDGES.flatMap((im) => g2At(re, im)));
      const twisted = g2.map((at) => joinBytes(at.map(keyForm)));
      expect(twisted.length).to.be.above(32);
      expect(there('g2', twisted)).to.deep.equal(twisted);
    });

    it('gives points of G2 back whose y is real, or has no real part', () => {
      // The imaginary part of x^3 + b is 3 u^2 v - v^3 + b.im for x = u + vi: u makes it 0.
      const points: Uint8Array[] = [];
      const kinds = new Set<string>();
      for (let v = 1n; kinds.size < 2 || points.length < 12; v++) {
        const square = Fp.div(Fp.sub(v ** 3n % p, bn254.G2.CURVE.b.c1), 3n * v);
        if (Fp.pow(square, (p - 1n) / 2n) !== 1n) continue;
        for (const at of g2At(Fp.sqrt(square), v)) {
          kinds.add(at[2] === 0n ? 'imaginary' : 'real');
          expect(at[2]! * at[3]!).to.equal(0n);
          points.push(joinBytes(at.map(keyForm)));
        }
      }
      expect(there('g2', points)).to.deep.equal(points);
    });

    describe('given something else among points', () => {
      const noX = (from: bigint): bigint => (g1At(from).length === 0 ? from : noX(from + 1n));
      const noX2 = (from: bigint): bigint => (g2At(from, 1n).length === 0 ? from : noX2(from + 1n));
      const top = (bytes: Uint8Array, at: number, bit: number): Uint8Array =>
        bytes.with(at, bytes[at]! | bit);
      const zero = new Uint8Array(32);
      const [[x1]] = [g1At(1n)[0]!];
      const wrong = {
        g1: {
          'an x of no point': keyForm(noX(5n)),
          'an x that is p': bytesOf(p),
          'an x that is one more, and p more': bytesOf(p + BigInt(`0x${hexOf(keyForm(x1!))}`)),
          'a bit beyond the field': top(keyForm(1n), 31, 0x40),
          'ones only': new Uint8Array(32).fill(255),
        },
        g2: {
          'an x of no point': joinBytes([keyForm(noX2(5n)), keyForm(1n)]),
          'a real part that is p': joinBytes([bytesOf(p), zero]),
          'an imaginary part that is p': joinBytes([zero, bytesOf(p)]),
          'a sign on the real part': top(compressPoint('g2', randomG2()), 31, 0x80),
          'ones only': new Uint8Array(64).fill(255),
        },
      };
      function randomG2(): Uint8Array {
        return randomPoints(makeRandom(SEED), 'g2', 1)[0]!;
      }
      for (const group of ['g1', 'g2'] as const) {
        for (const [name, bytes] of Object.entries(wrong[group])) {
          for (const place of [0, 1, 2, 5]) {
            it(`says where in ${group}: ${name}, at ${place}`, () => {
              const good = randomPoints(random, group, 6).map((point) =>
                compressPoint(group, point),
              );
              const out = new Uint8Array(6 * POINT_BYTES[group]);
              expect(decompressPoints(kernel, group, joinBytes(good), out)).to.equal(6);
              const bad = joinBytes(good.with(place, bytes));
              expect(decompressPoints(kernel, group, bad, out)).to.equal(place);
            });
          }
        }
      }
    });
  });
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).reverse().toString('hex');
}
