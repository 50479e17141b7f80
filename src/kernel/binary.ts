/**
 * The container of snarkjs' binary files (iden3's binfile): a magic word, a version, and numbered sections with their sizes.
 * @module
 */
import { EligoError } from '../errors.ts';

/** What a file must be. */
export type FileKind = {
  /** Names the file in errors. */
  readonly name: string;
  /** The first four characters. */
  readonly magic: string;
  readonly versions: readonly number[];
};

/** The sections of a file, by their numbers: views of its bytes. */
export type Sections = {
  readonly kind: FileKind;
  /** @param size bytes that it must have; any number if left out @throws {InvalidInput} if it is missing, or of another size */
  readonly get: (id: number, size?: number) => Uint8Array;
};

const FILE_HEADER = 12;
const SECTION_HEADER = 12;

/**
 * Finds the sections of a file.
 * @throws {InvalidInput} for another kind of file, one that is cut off, or one that has a section twice; `data` says the file
 *   and the section
 */
export function readSections(bytes: Uint8Array, kind: FileKind): Sections {
  const view = viewOf(bytes);
  if (bytes.length < FILE_HEADER || latin1(bytes.subarray(0, 4)) !== kind.magic)
    throw malformed(kind, undefined, `must begin with "${kind.magic}"`);
  if (!kind.versions.includes(view.getUint32(4, true)))
    throw malformed(kind, undefined, `must be of version ${kind.versions.join(' or ')}`);
  const sections = new Map<number, Uint8Array>();
  let at = FILE_HEADER;
  for (let left = view.getUint32(8, true); left > 0; left--) {
    if (at + SECTION_HEADER > bytes.length) throw malformed(kind, undefined, 'is cut off');
    const [id, size] = [view.getUint32(at, true), Number(view.getBigUint64(at + 4, true))];
    at += SECTION_HEADER;
    if (size > bytes.length - at) throw malformed(kind, id, 'is cut off');
    if (sections.has(id)) throw malformed(kind, id, 'is there twice');
    sections.set(id, bytes.subarray(at, at + size));
    at += size;
  }
  if (at !== bytes.length) throw malformed(kind, undefined, 'must end with its last section');
  return {
    kind,
    get: (id, size) => {
      const section = sections.get(id);
      if (section === undefined) throw malformed(kind, id, 'is missing');
      if (size !== undefined && section.length !== size)
        throw malformed(kind, id, `has ${section.length} bytes, must have ${size}`);
      return section;
    },
  };
}

/** An `InvalidInput` that names file, section and rule, and shows nothing of what the file holds. */
export function malformed(kind: FileKind, section: number | undefined, rule: string): EligoError {
  const field = section === undefined ? kind.name : `${kind.name}, section ${section}`;
  const data = { field, rule, file: kind.name, section };
  return new EligoError('InvalidInput', `${field} ${rule}`, data);
}

/** The same bytes, to read numbers from. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Writes a number as 32 bytes, little-endian. */
export function putNumber(view: DataView, at: number, value: bigint): void {
  for (let word = 0; word < 4; word++)
    view.setBigUint64(at + 8 * word, value >> BigInt(64 * word), true); // takes the lowest 64 bits
}

/** A number of 32 bytes, little-endian. */
export function toNumber(bytes: Uint8Array): bigint {
  return BigInt(`0x${Array.from(bytes, toHex).toReversed().join('')}`);
}

function toHex(byte: number): string {
  return byte.toString(16).padStart(2, '0');
}

function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}
