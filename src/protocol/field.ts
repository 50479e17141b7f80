/**
 * Numbers with bounds. Everything that enters the protocol is parsed and range-checked here, once, at the edge;
 * inside, a `Field` is canonical and a checked integer stays checked (PROTOCOL.md section 1).
 * @module
 */
import { invalidInput } from '../errors.ts';

/** The order of the BN254 scalar field. */
export const FIELD_ORDER =
  21888242871839275222246405745257275088548364400416034343698204186575808495617n;

/** The time that never comes: 2^40 - 1. Also "off" for `maxSilence`. */
export const NEVER = 2n ** 40n - 1n;

/** The largest value of a slot: 2^96 - 1. */
export const MAX_VALUE = 2n ** 96n - 1n;

/** What a metered claim shows in place of its number: 2^32 - 1. */
export const HIDDEN_INDEX = 2n ** 32n - 1n;

/** A canonical element of the BN254 scalar field: an integer in `[0, r)`. */
export type Field = bigint & { readonly __brand: 'Field' };

/** What an integer may be given as: a bigint, or text of decimal digits without sign or leading zeros. */
export type IntegerInput = bigint | string;

const DECIMAL = /^(0|[1-9][0-9]*)$/;
const LONGEST_DECIMAL = 78; // digits of 2^256 - 1

/**
 * Parses a non-negative integer.
 * @param name the field that the error names
 * @param max  the largest value allowed
 * @throws {InvalidInput}
 */
export function toInteger(value: unknown, name: string, max: bigint, min = 0n): bigint {
  const rule = `must be an integer from ${min.toString()} to ${boundName(max)}, as a bigint or decimal digits`;
  let parsed: bigint;
  if (typeof value === 'bigint') parsed = value;
  else if (typeof value === 'string' && value.length <= LONGEST_DECIMAL && DECIMAL.test(value)) {
    parsed = BigInt(value);
  } else throw invalidInput(name, value ?? String(value), rule);
  if (parsed < min || parsed > max) throw invalidInput(name, parsed, rule);
  return parsed;
}

/** Parses an integer of `bits` bits. @throws {InvalidInput} */
export function toUint(value: unknown, name: string, bits: number): bigint {
  return toInteger(value, name, 2n ** BigInt(bits) - 1n);
}

/** Parses a Unix time in seconds, u40. @throws {InvalidInput} */
export function toTime(value: unknown, name: string): bigint {
  return toUint(value, name, 40);
}

/** Parses a canonical field element: `x + r` is refused, never reduced. @throws {InvalidInput} */
export function toField(value: unknown, name: string): Field {
  return toInteger(value, name, FIELD_ORDER - 1n) as Field;
}

/** Like `toField` for a value that must not appear in a message. @throws {InvalidInput} */
export function toSecretField(value: unknown, name: string): Field {
  const rule = 'must be a field element from 1 to r - 1, as a bigint or decimal digits';
  const canonical =
    typeof value === 'bigint' ||
    (typeof value === 'string' && DECIMAL.test(value) && value.length <= LONGEST_DECIMAL);
  if (!canonical) throw invalidInput(name, undefined, rule);
  const parsed = BigInt(value);
  if (parsed < 1n || parsed >= FIELD_ORDER) throw invalidInput(name, undefined, rule);
  return parsed as Field;
}

/** Bytes of a field element. */
export const FIELD_BYTES = 32;

/**
 * A field element as 32 bytes, big-endian.
 * @example fieldToBytes(toField(1n, 'x'))[31] // 1
 */
export function fieldToBytes(field: Field): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(FIELD_BYTES);
  const view = new DataView(bytes.buffer);
  let rest: bigint = field;
  for (let offset = FIELD_BYTES - 8; offset >= 0; offset -= 8) {
    view.setBigUint64(offset, rest); // takes the lowest 64 bits
    rest >>= 64n;
  }
  return bytes;
}

/**
 * The field element of 32 bytes, big-endian: `x + r` is refused, never reduced. The error doesn't repeat the bytes, which
 * may be a salt's.
 * @param name the field that the error names
 * @throws {InvalidInput}
 */
export function bytesToField(bytes: Uint8Array, name: string): Field {
  const rule = 'must be a field element below r, as 32 bytes, big-endian';
  if (bytes.length !== FIELD_BYTES) throw invalidInput(name, undefined, rule);
  const view = new DataView(bytes.buffer, bytes.byteOffset, FIELD_BYTES);
  const high = (view.getBigUint64(0) << 64n) | view.getBigUint64(8);
  const value = (high << 128n) | (view.getBigUint64(16) << 64n) | view.getBigUint64(24);
  if (value >= FIELD_ORDER) throw invalidInput(name, undefined, rule);
  return value as Field;
}

/** 64 bytes from a CSPRNG or a KDF, big-endian, reduced mod r: a field element without measurable bias. */
export function reduceWide(bytes: Uint8Array): Field {
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  return (value % FIELD_ORDER) as Field;
}

/** Gives `length` bytes that nobody can guess. */
export type RandomSource = (length: number) => Uint8Array;

/** The platform's CSPRNG. */
export const platformRandom: RandomSource = (length) =>
  globalThis.crypto.getRandomValues(new Uint8Array(length));

/** A uniform field element, 0 included. @throws {InvalidInput} if the source gives fewer bytes than it was asked for */
export function randomField(random: RandomSource = platformRandom): Field {
  return reduceWide(randomBytes(random, 64));
}

/** So many bytes of a source. @throws {InvalidInput} if it gives another number of them */
export function randomBytes(random: RandomSource, length: number): Uint8Array {
  const bytes = random(length);
  if (bytes.length === length) return bytes;
  throw invalidInput('random', bytes.length, `must give ${length} bytes`);
}

function boundName(max: bigint): string {
  if (max === FIELD_ORDER - 1n) return 'r - 1';
  const bits = (max + 1n).toString(2).length - 1;
  return max + 1n === 2n ** BigInt(bits) ? `2^${bits} - 1` : max.toString();
}
