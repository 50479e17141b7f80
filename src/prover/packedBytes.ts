/**
 * Reading and writing the bytes of the packed key and of the witness plan: integers little-endian, and varints (LEB128: seven
 * bits a byte, the lowest first, the highest bit set on all but the last; never longer than it must be).
 * @module
 */
import { EligoError } from '../errors.ts';

/** What errors call the file that most are. */
const PACKED_KEY = 'packed key';

/** Goes through bytes from first to last. Every method throws `ArtifactMismatch`, with the offset, if they end too early. */
export type ByteReader = {
  /** The next bytes, not copied. */
  readonly take: (length: number, what: string) => Uint8Array;
  readonly u32: (what: string) => number;
  /** A varint of at most 31 bits. */
  readonly varint: (what: string) => number;
  /** So many of them. What is read last is all of them. */
  readonly varints: (count: number, what: string) => Uint32Array;
  /** How many bytes are left. */
  readonly left: () => number;
  /** The error for what was read last. */
  readonly fault: (what: string) => EligoError;
};

/** A reader from the first byte. @param name of the file, for errors */
export function readBytes(bytes: Uint8Array, name = PACKED_KEY): ByteReader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let [begin, at] = [0, 0];
  const fault = (what: string): EligoError => faultOf(name, begin, what);
  const move = (length: number, what: string): number => {
    begin = at;
    if (length > bytes.length - at) throw fault(`it ends within ${what}`);
    at += length;
    return begin;
  };
  const varint = (what: string): number => {
    begin = at;
    for (let value = 0, shift = 0; shift < 35; shift += 7) {
      const byte = bytes[at];
      if (byte === undefined) throw fault(`it ends within ${what}`);
      at += 1;
      value += shift < 28 ? (byte & 0x7f) << shift : (byte & 0x7f) * 2 ** 28;
      if (byte >= 0x80) continue;
      if ((byte === 0 && shift > 0) || value > 0x7fffffff) break;
      return value;
    }
    throw fault(`no varint of at most 31 bits in ${what}`);
  };
  return {
    take: (length, what) => {
      const from = move(length, what);
      return bytes.subarray(from, at);
    },
    u32: (what) => view.getUint32(move(4, what), true),
    varint,
    varints: (count, what) => {
      const from = at;
      begin = at;
      if (count > bytes.length - at) throw fault(`it ends within ${what}`);
      const values = new Uint32Array(count);
      for (let i = 0; i < count; i++) {
        const byte = bytes[at] ?? 0xff;
        if (byte >= 0x80) values[i] = varint(what);
        else {
          values[i] = byte; // as most are
          at += 1;
        }
      }
      begin = from;
      return values;
    },
    left: () => bytes.length - at,
    fault,
  };
}

/** What a file is not. */
function faultOf(name: string, offset: number, what: string): EligoError {
  return new EligoError('ArtifactMismatch', `${name}, offset ${offset}: ${what}`, { offset });
}

/** A varint's bytes, at the end of the list. */
export function pushVarint(bytes: number[], value: number): void {
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  bytes.push(rest);
}

/** 0, -1, 1, -2, 2, ... as 0, 1, 2, 3, 4, ...: small numbers stay small, whatever their sign. */
export function zigzag(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value;
}

/** The other way, of 32 bits. */
export function unzigzag(value: number): number {
  return (value >>> 1) ^ -(value & 1);
}

/** Four bytes. */
export function u32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}
