/**
 * The scalar field on bigints, slow and plain, and numbers in and out of a kernel.
 * @module
 */
import type { Kernel } from '../../../src/kernel/kernel.ts';
import type { Random } from '../circuits/random.ts';

/** The order of BN254's groups. */
export const R = 21888242871839275222246405745257275088548364400416034343698204186575808495617n;

/** Never negative. */
export function mod(value: bigint): bigint {
  return ((value % R) + R) % R;
}

export function pow(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let square = mod(base), rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % R;
    square = (square * square) % R;
  }
  return result;
}

export function invert(value: bigint): bigint {
  return pow(value, R - 2n);
}

/** Of order `2^power`, as snarkjs has them: 5 is no square. */
export function rootOfOrder(power: number): bigint {
  return pow(5n, (R - 1n) >> BigInt(power));
}

/** Values of a polynomial at 1, root, root^2, ..., by halves. */
export function evaluate(coefficients: readonly bigint[], root: bigint): readonly bigint[] {
  const n = coefficients.length;
  if (n === 1) return coefficients;
  const square = (root * root) % R;
  const even = evaluate(
    coefficients.filter((_, i) => i % 2 === 0),
    square,
  );
  const odd = evaluate(
    coefficients.filter((_, i) => i % 2 === 1),
    square,
  );
  const values = new Array<bigint>(n);
  for (let i = 0, x = 1n; i < n / 2; i++, x = (x * root) % R) {
    const [a, b] = [even[i]!, (x * odd[i]!) % R];
    values[i] = (a + b) % R;
    values[i + n / 2] = mod(a - b);
  }
  return values;
}

/** From the values at the n roots of one to those at the odd roots of order 2n. */
export function toCoset(values: readonly bigint[]): readonly bigint[] {
  const power = Math.log2(values.length);
  const [root, shift] = [rootOfOrder(power), rootOfOrder(power + 1)];
  const scale = invert(BigInt(values.length));
  let x = scale;
  const coefficients = evaluate(values, invert(root)).map((value) => {
    const coefficient = (value * x) % R;
    x = (x * shift) % R;
    return coefficient;
  });
  return evaluate(coefficients, root);
}

/** Below the order; now and then an edge. */
export function drawScalar(random: Random): bigint {
  if (!random.percent(20)) return random.bits(260) % R;
  const word = (1n << 51n) - 1n;
  return random.pick([0n, 1n, 2n, R - 1n, R - 2n, (R - 1n) / 2n, word, (word << 51n) % R, R >> 1n]);
}

/** 32 bytes, little-endian. */
export function toBytes(value: bigint): Uint8Array {
  return Buffer.from(value.toString(16).padStart(64, '0'), 'hex').reverse();
}

/** The number of some bytes, little-endian. */
export function fromBytes(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`);
}

/** Copies into new memory of a kernel. @returns where */
export function put(kernel: Kernel, ...pieces: readonly Uint8Array[]): number {
  const { exports } = kernel;
  const bytes = Buffer.concat(pieces);
  const at = exports.allocate(Math.max(bytes.length, 1));
  new Uint8Array(exports.memory.buffer).set(bytes, at);
  return at;
}

/** So many numbers of a kernel's memory. */
export function take(kernel: Kernel, at: number, count: number): readonly bigint[] {
  const bytes = new Uint8Array(kernel.exports.memory.buffer).slice(at, at + 32 * count);
  return Array.from({ length: count }, (_, i) => fromBytes(bytes.subarray(32 * i, 32 * i + 32)));
}

/** Vectors whose lanes hold numbers in Montgomery form, reduced: `lanes[k][i]` in lane k of vector i. */
export function putVectors(kernel: Kernel, lanes: readonly (readonly bigint[])[]): number {
  const { exports } = kernel;
  const [vector, element] = [exports.VECTOR.value, exports.ELEMENT.value];
  const count = lanes[0]!.length;
  const at = exports.allocate(count * vector);
  const start = exports.mark();
  const factor = exports.allocate(vector);
  exports.frJoin(factor, exports.FR_TO_MONTGOMERY.value, exports.FR_TO_MONTGOMERY.value);
  exports.frReduce(factor);
  const elements = exports.allocate(2 * element);
  const bytes = exports.allocate(32);
  for (let i = 0; i < count; i++) {
    for (const k of [0, 1]) {
      new Uint8Array(exports.memory.buffer).set(toBytes(lanes[k]?.[i] ?? 0n), bytes);
      exports.frUnpack(elements + k * element, bytes);
    }
    exports.frJoin(at + i * vector, elements, elements + element);
    exports.frMul(at + i * vector, at + i * vector, factor);
    exports.frReduce(at + i * vector);
  }
  exports.release(start);
  return at;
}

/** The numbers of vectors, lane by lane, out of Montgomery form. */
export function takeVectors(
  kernel: Kernel,
  at: number,
  count: number,
): readonly (readonly bigint[])[] {
  const { exports } = kernel;
  const [vector, element] = [exports.VECTOR.value, exports.ELEMENT.value];
  const start = exports.mark();
  const plain = exports.allocate(vector);
  const factor = exports.allocate(vector);
  exports.frJoin(factor, exports.FR_TO_PLAIN.value, exports.FR_TO_PLAIN.value);
  const elements = exports.allocate(2 * element);
  const bytes = exports.allocate(32);
  const lanes: bigint[][] = Array.from({ length: exports.LANES.value }, () => []);
  for (let i = 0; i < count; i++) {
    exports.frMul(plain, at + i * vector, factor);
    exports.frSplit(plain, elements, elements + element);
    lanes.forEach((lane, k) => {
      exports.frPack(bytes, elements + k * element);
      lane.push(...take(kernel, bytes, 1));
    });
  }
  exports.release(start);
  return lanes;
}
