/**
 * What a prime field for relaxed SIMD does besides arithmetic: numbers to lanes and back, to bytes and back, and whether the
 * engine multiplies and adds as fma.ts needs it.
 * @module
 */
import { range } from './numbers.ts';

const rows = range(5);

/** Source in AssemblyScript, of which fma.ts has the rest. */
export const PLACES = `
/** Whether the engine rounds a multiply-add once, as the products here need, and not twice, as it may. */
export function isExact(): bool {
  const x = f64x2.splat(1.000000007450580596923828125); // 1 + 2^-27
  const y = f64x2.splat(1.00000001490116119384765625); // 1 + 2^-26: its square, rounded
  const rest = madd(x, x, f64x2.neg(y)), other = v128.relaxed_nmadd<f64>(x, x, y);
  const expected: f64 = 5.5511151231257827e-17; // 2^-54
  return f64x2.extract_lane(rest, 0) == expected && f64x2.extract_lane(rest, 1) == expected
    && f64x2.extract_lane(other, 0) == -expected && f64x2.extract_lane(other, 1) == -expected;
}

@inline
export function copy(r: usize, a: usize): void {
${rows.map((i) => `  v128.store(r, v128.load(a, ${16 * i}), ${16 * i});`).join('\n')}
}

@inline
export function copyElement(r: usize, e: usize): void {
${rows.map((i) => `  store<f64>(r, load<f64>(e, ${8 * i}), ${8 * i});`).join('\n')}
}

/** Two numbers at rest, side by side. */
@inline
export function join(r: usize, first: usize, second: usize): void {
${rows
  .map(
    (i) =>
      `  v128.store(r, v128.load64_lane(second, v128.load64_zero(first, ${8 * i}), 1, ${8 * i}), ${16 * i});`,
  )
  .join('\n')}
}

/** Both, each to its own place. */
@inline
export function split(a: usize, first: usize, second: usize): void {
${rows
  .map(
    (i) =>
      `  v128.store64_lane(first, v128.load(a, ${16 * i}), 0, ${8 * i});\n  v128.store64_lane(second, v128.load(a, ${16 * i}), 1, ${8 * i});`,
  )
  .join('\n')}
}

/** Changes the sign of one lane, of both, or of none. */
@inline
export function negateIf(r: usize, first: u32, second: u32): void {
  const signs = i64x2.replace_lane(i64x2.splat(<i64>(<u64>first << 63)), 1, <i64>(<u64>second << 63));
${rows.map((i) => `  v128.store(r, v128.xor(v128.load(r, ${16 * i}), signs), ${16 * i});`).join('\n')}
}

@inline
export function negateElement(e: usize): void {
${rows.map((i) => `  store<f64>(e, -load<f64>(e, ${8 * i}), ${8 * i});`).join('\n')}
}

/** A number of 32 bytes, little-endian, to limbs from 0 to 2^51. */
export function unpack(e: usize, bytes: usize): void {
  const mask: u64 = 0x7ffffffffffff;
  const a = load<u64>(bytes), b = load<u64>(bytes, 8), c = load<u64>(bytes, 16), d = load<u64>(bytes, 24);
  store<f64>(e, <f64>(<i64>(a & mask)));
  store<f64>(e, <f64>(<i64>(((a >> 51) | (b << 13)) & mask)), 8);
  store<f64>(e, <f64>(<i64>(((b >> 38) | (c << 26)) & mask)), 16);
  store<f64>(e, <f64>(<i64>(((c >> 25) | (d << 39)) & mask)), 24);
  store<f64>(e, <f64>(<i64>(d >> 12)), 32);
}

/** The one number from 0 to p - 1 that this is, in 32 bytes, little-endian. */
export function pack(bytes: usize, e: usize): void {
  const mask: i64 = 0x7ffffffffffff;
  let a = <i64>load<f64>(e) + 2 * <i64>P0, b = <i64>load<f64>(e, 8) + 2 * <i64>P1;
  let c = <i64>load<f64>(e, 16) + 2 * <i64>P2, d = <i64>load<f64>(e, 24) + 2 * <i64>P3;
  let f = <i64>load<f64>(e, 32) + 2 * <i64>P4;
  b += a >> 51; a &= mask;
  c += b >> 51; b &= mask;
  d += c >> 51; c &= mask;
  f += d >> 51; d &= mask;
  store<u64>(bytes, <u64>a | (<u64>b << 51));
  store<u64>(bytes, (<u64>b >> 13) | (<u64>c << 38), 8);
  store<u64>(bytes, (<u64>c >> 26) | (<u64>d << 25), 16);
  store<u64>(bytes, (<u64>d >> 39) | (<u64>f << 12), 24);
  while (subtractModulus(bytes)) {}
}
`;
