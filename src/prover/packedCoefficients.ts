/**
 * The coefficients of a proving key, packed (packedKey.ts says how) and expanded again. The circuit hashes sixteen times with
 * the same constants: few coefficients are distinct, and they come in the same order again.
 * @module
 */
import { RECORD } from '../kernel/zkey.ts';
import { joinBytes } from '../protocol/codec.ts';
import { pushVarint, u32, unzigzag, zigzag, type ByteReader } from './packedBytes.ts';

/** A record of a zkey: matrix, row and wire (u32 each), then the value. */
const VALUE = 32;
const VALUE_AT = 12;

/** What wires and rows must be below. */
type Bounds = { readonly wires: number; readonly rows: number };

/** The size of the section in the zkey, from its count. */
export function coefficientsLength(count: number): number {
  return 4 + count * RECORD;
}

/** Packs a zkey's section 4, which is as long as it says. */
export function packCoefficients(section: Uint8Array): Uint8Array {
  const view = new DataView(section.buffer, section.byteOffset, section.length);
  const count = view.getUint32(0, true);
  const columns = { runs: [] as number[], wires: [] as number[], indices: [] as number[] };
  const dictionary = new Map<string, number>();
  const values: Uint8Array[] = [];
  let previous = { row: 0, wire: 0, index: -1 };
  for (let i = 0, end = 0; i < count; i++) {
    const at = 4 + i * RECORD;
    const [row, wire] = [view.getUint32(at + 4, true), view.getUint32(at + 8, true)];
    if (i === end) {
      end = endOfRun(view, i, count);
      const matrix = view.getUint32(at, true);
      pushVarint(columns.runs, 2 * zigzag(row - previous.row) + matrix);
      pushVarint(columns.runs, end - i);
    }
    const value = section.subarray(at + VALUE_AT, at + RECORD);
    const name = String.fromCharCode(...value);
    const index = dictionary.get(name) ?? values.push(value) - 1;
    dictionary.set(name, index);
    pushVarint(columns.wires, zigzag(wire - previous.wire));
    pushVarint(columns.indices, zigzag(index - previous.index - 1));
    previous = { row, wire, index };
  }
  const packed = [columns.runs, columns.wires, columns.indices].map((bytes) =>
    Uint8Array.from(bytes),
  );
  return joinBytes([u32(count), u32(values.length), ...values, ...packed]);
}

/** Where the coefficients of the same matrix and row end. */
function endOfRun(view: DataView, first: number, count: number): number {
  const isSame = (i: number): boolean =>
    [0, 4].every((at) => word(view, i, at) === word(view, first, at));
  let end = first + 1;
  while (end < count && isSame(end)) end += 1;
  return end;
}

function word(view: DataView, i: number, at: number): number {
  return view.getUint32(4 + i * RECORD + at, true);
}

/**
 * Expands the coefficients.
 * @param limit bytes that the section may have
 * @returns the zkey's section 4
 * @throws {ArtifactMismatch}
 */
export function expandCoefficients(reader: ByteReader, bounds: Bounds, limit: number): Uint8Array {
  const count = reader.u32('the number of coefficients');
  // Each takes a byte for its wire and one for its value.
  if (2 * count > reader.left() || coefficientsLength(count) > limit)
    throw reader.fault(`${count} coefficients are more than it can hold`);
  const size = reader.u32('the size of the dictionary');
  const dictionary = reader.take(size * VALUE, 'the dictionary');
  const section = new Uint8Array(coefficientsLength(count));
  const view = new DataView(section.buffer);
  view.setUint32(0, count, true);
  expandRuns(reader, view, { count, rows: bounds.rows });
  for (let i = 0, wire = 0; i < count; i++) {
    wire += unzigzag(reader.varint('a wire'));
    if (wire < 0 || wire >= bounds.wires) throw reader.fault(`there is no wire ${wire}`);
    view.setUint32(4 + i * RECORD + 8, wire, true);
  }
  for (let i = 0, index = -1; i < count; i++) {
    index += 1 + unzigzag(reader.varint('an index'));
    if (index < 0 || index >= size) throw reader.fault(`the dictionary has no place ${index}`);
    section.set(dictionary.subarray(index * VALUE, (index + 1) * VALUE), 4 + i * RECORD + VALUE_AT);
  }
  return section;
}

function expandRuns(
  reader: ByteReader,
  view: DataView,
  { count, rows }: { readonly count: number; readonly rows: number },
): void {
  let row = 0;
  for (let i = 0; i < count;) {
    const head = reader.varint('the head of a run');
    row += unzigzag(Math.floor(head / 2));
    if (row < 0 || row >= rows) throw reader.fault(`there is no row ${row}`);
    const length = reader.varint('the length of a run');
    if (length === 0 || length > count - i)
      throw reader.fault(`a run of ${length} of the ${count - i} coefficients left`);
    for (const end = i + length; i < end; i++) {
      view.setUint32(4 + i * RECORD, head % 2, true);
      view.setUint32(4 + i * RECORD + 4, row, true);
    }
  }
}
