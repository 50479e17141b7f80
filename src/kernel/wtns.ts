/**
 * Witnesses in the .wtns format.
 * @module
 */
import { FIELD_BYTES, FIELD_ORDER } from '../protocol/field.ts';
import { malformed, putNumber, readSections, toNumber, viewOf, type FileKind } from './binary.ts';

const WTNS: FileKind = { name: 'witness', magic: 'wtns', versions: [1, 2] };

const VERSION = 2;
const SECTION = { header: 1, values: 2 } as const;

/** The size of a number, the prime, the count. */
const AT = { r: 4, count: 36, end: 40 } as const;

/**
 * Finds the values of a witness: 32 bytes each, little-endian, a view of what was given.
 * @param wires how many the key has
 * @throws {InvalidInput} for another field, another number of values, a value that is not below the order, or a first one that
 *   is not 1; never shows a value
 */
export function readWitness(bytes: Uint8Array, wires: number): Uint8Array {
  const sections = readSections(bytes, WTNS);
  const header = sections.get(SECTION.header, AT.end);
  const view = viewOf(header);
  if (view.getUint32(0, true) !== 32 || toNumber(header.subarray(AT.r, AT.count)) !== FIELD_ORDER)
    throw malformed(WTNS, SECTION.header, 'must say the field of BN254');
  const count = view.getUint32(AT.count, true);
  if (count !== wires)
    throw malformed(WTNS, SECTION.header, `has ${count} values, the key has ${wires} wires`);
  const values = sections.get(SECTION.values, wires * 32);
  for (let wire = 0; wire < wires; wire++) {
    if (isBelowOrder(viewOf(values), wire * 32)) continue;
    throw malformed(
      WTNS,
      SECTION.values,
      `must have values below the order: number ${wire} is not`,
    );
  }
  if (toNumber(values.subarray(0, 32)) !== 1n)
    throw malformed(WTNS, SECTION.values, 'must begin with 1');
  return values;
}

/** Where the values begin: after the file's 12 bytes, 12 and 40 of the first section, 12 of the second. */
const HEADER = 76;

/**
 * Makes a witness of zeros.
 * @returns the file, and the part of it that its values are to be written to, 32 bytes each, little-endian, below the order
 */
export function makeWitness(wires: number): {
  readonly file: Uint8Array;
  readonly values: Uint8Array;
} {
  const file = new Uint8Array(HEADER + wires * FIELD_BYTES);
  const view = viewOf(file);
  file.set(new TextEncoder().encode(WTNS.magic));
  view.setUint32(4, VERSION, true);
  view.setUint32(8, Object.keys(SECTION).length, true);
  view.setUint32(12, SECTION.header, true);
  view.setUint32(16, AT.end, true);
  view.setUint32(24, FIELD_BYTES, true);
  putNumber(view, 24 + AT.r, FIELD_ORDER);
  view.setUint32(24 + AT.count, wires, true);
  view.setUint32(64, SECTION.values, true);
  view.setBigUint64(68, BigInt(wires * FIELD_BYTES), true);
  return { file, values: file.subarray(HEADER) };
}

const ORDER_WORDS = [0, 1, 2, 3].map((i) => BigInt.asUintN(64, FIELD_ORDER >> BigInt(64 * i)));

/** Almost every number is told by its first word. */
function isBelowOrder(view: DataView, at: number): boolean {
  for (let i = 3; i >= 0; i--) {
    const [word, order] = [view.getBigUint64(at + 8 * i, true), ORDER_WORDS[i] ?? 0n];
    if (word !== order) return word < order;
  }
  return false;
}
