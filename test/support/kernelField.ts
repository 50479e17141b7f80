/**
 * A prime field of the kernel, opened for tests: numbers go into its memory by value or limb by limb, and come out as the
 * kernel tells them or as their limbs say.
 * @module
 */
import type { Kernel } from '../../src/kernel/kernel.ts';
import type { Pointer } from '../../src/kernel/exports.ts';
import type { Random } from './circuits/random.ts';

export const MODULI = {
  fp: 21888242871839275222246405745257275088696311157297823662689037894645226208583n,
  fr: 21888242871839275222246405745257275088548364400416034343698204186575808495617n,
} as const;

export type FieldName = keyof typeof MODULI;

/** Bits of a limb, limbs, and what a summand adds to a limb's size, by build: src/kernel/README.md. */
const FORMATS = {
  fma: { width: 51n, limbs: 5, reach: 2n ** 50n },
  i64: { width: 29n, limbs: 9, reach: 2n ** 29n - 1n },
} as const;

export const mod = (value: bigint, p: bigint): bigint => ((value % p) + p) % p;

export function power(base: bigint, exponent: bigint, p: bigint): bigint {
  let [result, square] = [1n, mod(base, p)];
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % p;
    square = (square * square) % p;
  }
  return result;
}

export const invert = (value: bigint, p: bigint): bigint => power(value, p - 2n, p);

/** Opens a field. */
export function openField({ build, exports }: Kernel, name: FieldName) {
  const { width, limbs, reach } = FORMATS[build];
  const p = MODULI[name];
  const bytes = exports.allocate(32);
  const lanes = exports.LANES.value;
  const elements = [0, 1].map(() => exports.allocate(exports.ELEMENT.value)) as [Pointer, Pointer];
  const data = () => new DataView(exports.memory.buffer);
  const weight = (i: number): bigint => 2n ** (width * BigInt(i));

  /** A limb of a vector's lane. */
  const at = (vector: Pointer, lane: number, i: number): Pointer =>
    build === 'fma' ? vector + 16 * i + 8 * lane : vector + 4 * i;
  const readLimbs = (vector: Pointer, lane: number): readonly bigint[] =>
    Array.from({ length: limbs }, (_, i) =>
      build === 'fma'
        ? BigInt(Math.round(data().getFloat64(at(vector, lane, i), true))) // beyond its bounds: halves
        : BigInt(data().getUint32(at(vector, lane, i), true)),
    );
  const writeLimbs = (vector: Pointer, lane: number, values: readonly bigint[]): void => {
    values.forEach((value, i) => {
      if (build === 'fma') data().setFloat64(at(vector, lane, i), Number(value), true);
      else data().setUint32(at(vector, lane, i), Number(value), true);
    });
  };
  const writeBytes = (value: bigint): void => {
    for (let i = 0; i < 32; i++)
      data().setUint8(bytes + i, Number((value >> BigInt(8 * i)) & 255n));
  };
  const readBytes = (): bigint => {
    let value = 0n;
    for (let i = 31; i >= 0; i--) value = (value << 8n) | BigInt(data().getUint8(bytes + i));
    return value;
  };
  /** Limbs with this many summands whose number is at most `size` hundredths of p, most of them as long as they may be. */
  const extreme = (random: Random, size: number, summands: number): readonly bigint[] => {
    const reached = reach * BigInt(summands);
    const low = Array.from({ length: limbs - 1 }, () => {
      if (build === 'fma')
        return random.pick([reached, -reached, random.bits(49), -random.bits(49)]);
      return random.pick([reach, reach, 0n, random.bits(29)]);
    });
    const target = (p * BigInt(size)) / 100n;
    const signed = build === 'fma' && random.percent(50) ? -target : target;
    const rest = signed - low.reduce((sum, limb, i) => sum + limb * weight(i), 0n);
    return [...low, rest / weight(limbs - 1)];
  };

  return {
    p,
    lanes,
    reach,
    /** What `R` is. */
    radix: weight(limbs),
    vector: (): Pointer => exports.allocate(exports.VECTOR.value),
    element: (): Pointer => exports.allocate(exports.ELEMENT.value),
    /** Canonical numbers to the lanes, as the kernel reads them from bytes. */
    put: (vector: Pointer, values: readonly bigint[]): void => {
      elements.forEach((element, lane) => {
        writeBytes(values[lane] ?? 0n);
        exports[`${name}Unpack`](element, bytes);
      });
      exports[`${name}Join`](vector, ...elements);
    },
    /** The lanes as the kernel writes them to bytes. */
    get: (vector: Pointer): readonly bigint[] => {
      exports[`${name}Split`](vector, ...elements);
      return elements.slice(0, lanes).map((element) => {
        exports[`${name}Pack`](bytes, element);
        return readBytes();
      });
    },
    isCanonical: (value: bigint): boolean => {
      writeBytes(value);
      return exports[`${name}IsCanonical`](bytes) === 1;
    },
    readLimbs,
    writeLimbs,
    /** The lanes as their limbs say: any integer. */
    values: (vector: Pointer): readonly bigint[] =>
      Array.from({ length: lanes }, (_, lane) =>
        readLimbs(vector, lane).reduce((sum, limb, i) => sum + limb * weight(i), 0n),
      ),
    /** Writes an extreme number to each lane. */
    putExtreme: (vector: Pointer, random: Random, size: number, summands: number): void => {
      for (let lane = 0; lane < lanes; lane++)
        writeLimbs(vector, lane, extreme(random, size, summands));
    },
  };
}

export type OpenField = ReturnType<typeof openField>;
