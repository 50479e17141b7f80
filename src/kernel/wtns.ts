/**
 * Reads a witness in the .wtns format.
 * @module
 */
import { malformed, readSections, toNumber, viewOf, type FileKind } from './binary.ts';
import { FIELD_ORDER } from '../protocol/field.ts';

const WTNS: FileKind = { name: 'witness', magic: 'wtns', versions: [1, 2] };

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

const ORDER_WORDS = [0, 1, 2, 3].map((i) => BigInt.asUintN(64, FIELD_ORDER >> BigInt(64 * i)));

/** Almost every number is told by its first word. */
function isBelowOrder(view: DataView, at: number): boolean {
  for (let i = 3; i >= 0; i--) {
    const [word, order] = [view.getBigUint64(at + 8 * i, true), ORDER_WORDS[i] ?? 0n];
    if (word !== order) return word < order;
  }
  return false;
}
