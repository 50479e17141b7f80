import { expect } from 'chai';
import { loadKernel, type Kernel } from '../../src/kernel/kernel.ts';
import { makeRandom, seedOf } from '../support/circuits/random.ts';
import { LAMBDA, modulo, ORDER, randomScalar, toBytes } from '../support/groups.ts';

const seed = seedOf(20_261_121);
const LIMIT = 1n << 127n;
/** The lattice's base: A1 + B1 * LAMBDA and B1 - B2 * LAMBDA are 0 modulo the order. */
const [A1, B1, B2] = [
  0x6f4d8248eeb859fd0be4e1541221250bn,
  0x89d3256894d213e3n,
  0x6f4d8248eeb859fc8211bbeb7d4f1128n,
];

/** The halves of a scalar, with their signs. */
function halve({ exports }: Kernel, scalar: bigint): readonly [bigint, bigint] {
  const start = exports.mark();
  const [at, halves] = [exports.allocate(32), exports.allocate(32)];
  try {
    new Uint8Array(exports.memory.buffer).set(toBytes(scalar), at);
    const signs = exports.halve(at, halves);
    const view = new DataView(exports.memory.buffer, halves, 32);
    const read = (i: number): bigint =>
      view.getBigUint64(16 * i, true) + (view.getBigUint64(16 * i + 8, true) << 64n);
    return [signs & 1 ? -read(0) : read(0), signs & 2 ? -read(1) : read(1)];
  } finally {
    exports.release(start);
  }
}

describe(`kernel: halves of scalars (seed ${seed})`, () => {
  it('has a lattice whose points stand for zero, with one cell for each scalar', () => {
    expect(modulo(A1 + B1 * LAMBDA)).to.equal(0n);
    expect(modulo(B1 - B2 * LAMBDA)).to.equal(0n);
    expect(A1 * B2 + B1 * B1).to.equal(ORDER);
    expect(modulo(LAMBDA ** 3n)).to.equal(1n);
  });

  for (const build of ['fma', 'i64'] as const)
    describe(`given the build ${build}`, () => {
      let kernel: Kernel;
      before(async () => {
        kernel = await loadKernel(build);
      });

      function expectHalves(scalar: bigint): void {
        const [first, second] = halve(kernel, scalar);
        expect(modulo(first + second * LAMBDA), String(scalar)).to.equal(scalar);
        for (const half of [first, second])
          expect(half < LIMIT && half > -LIMIT, String(scalar)).to.be.true;
      }

      it('halves the edges', () => {
        const edges = [0n, 1n, 2n, ORDER / 2n, (0x30644e72e131a029n >> 1n) << 192n, LAMBDA];
        for (let bit = 0n; bit < 254n; bit++) edges.push(1n << bit, (1n << bit) - 1n);
        for (const edge of edges)
          for (const near of [edge - 1n, edge, edge + 1n])
            for (const scalar of [near, -near]) expectHalves(modulo(scalar));
      });

      it('halves scalars next to where a multiple of the base is rounded the other way', () => {
        const random = makeRandom(seed);
        for (let i = 0; i < 2_000; i++)
          for (const base of [B1, B2]) {
            const boundary = (random.bits(127) * ORDER) / base;
            for (const near of [-1n, 0n, 1n]) expectHalves(modulo(boundary + near));
          }
      });

      it('halves any scalar', () => {
        const random = makeRandom(seed + 1);
        for (let i = 0; i < 20_000; i++) expectHalves(randomScalar(random));
      });

      it('leaves a small scalar whole, of either sign', () => {
        for (const small of [0n, 1n, 77n, LIMIT - 1n])
          for (const scalar of [small, -small])
            expect(halve(kernel, modulo(scalar))).to.deep.equal([scalar, 0n]);
      });

      it('traps for a scalar that is not below the order, and not for the one below', () => {
        expectHalves(ORDER - 1n);
        for (const scalar of [ORDER, ORDER + 1n, (1n << 256n) - 1n])
          expect(() => halve(kernel, scalar)).to.throw(WebAssembly.RuntimeError);
      });
    });
});
