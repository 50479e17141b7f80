/**
 * The packed proving key: what a zkey of snarkjs says (Groth16 on BN254, sections 1 to 9), in a third of the bytes. It expands
 * to those sections, byte for byte. Version 1, integers little-endian:
 *
 * | offset | bytes | |
 * |---|---|---|
 * | 0 | 8 | `eligo.pk` in ASCII |
 * | 8 | 4 | the version: 1 |
 * | 12 | 32 | sha256 of the zkey that it was made from |
 * | 44 | 32 | sha256 of what it expands to |
 * | 76 | 12 | u32 each: the number of wires `n` (numbers in a witness), of public signals `m`, of the domain's rows `d` |
 * | 88 | 576 | alpha1, beta1, beta2, gamma2, delta1 and delta2, as in the zkey's section 2 |
 * | 664 | | points: IC (section 3), `m + 1` of G1 |
 * | | | coefficients (section 4) |
 * | | | points: A (5), `n` of G1; B1 (6), `n` of G1; B2 (7), `n` of G2; C (8), `n - m - 1` of G1; H (9), `d` of G1 |
 *
 * Points: a bit for each, bit `i % 8` of byte `i / 8`, 1 if it is infinity, the bits left over 0; then the others, compressed
 * (src/kernel/compressed.ts): 32 bytes in G1, 64 in G2.
 *
 * Coefficients (packedCoefficients.ts, varints as in packedBytes.ts): u32 count, u32 size of the dictionary, the distinct
 * values of 32 bytes as the zkey writes them; then three columns. Runs of the same matrix and row: varint of
 * `2 * zigzag(row - the run's before) + matrix`, varint of its length. Wires: varint of `zigzag(wire - the one
 * before)`. Indices into the dictionary: varint of `zigzag(index - the one before - 1)`. What comes before the first is
 * row 0, wire 0, index -1.
 *
 * What it expands to is a zkey with the sections 1 to 9 in this order, without 10, the record of the contributions, which no
 * prover reads.
 * @module
 */
import { EligoError } from '../errors.ts';
import { POINT_BYTES, decompressPoints, type Group } from '../kernel/compressed.ts';
import { loadKernel, type Kernel } from '../kernel/kernel.ts';
import { SECTION } from '../kernel/zkey.ts';
import { joinBytes } from '../protocol/codec.ts';
import { FIELD_ORDER } from '../protocol/field.ts';
import { readBytes, u32, type ByteReader } from './packedBytes.ts';
import { expandCoefficients } from './packedCoefficients.ts';
import { BASE_FIELD_ORDER } from './proof.ts';
import { sha256, toHex } from './sha256.ts';

/** What it begins with. */
export const MAGIC = 'eligo.pk';
export const PACKED_KEY_VERSION = 1;

/** alpha1, beta1, beta2, gamma2, delta1, delta2. */
export const HEADER_POINTS = 3 * POINT_BYTES.g1 + 3 * POINT_BYTES.g2;

/** What section 1 says. */
const GROTH16 = 1;

/** Number of the section IC: the verifier's, which no prover reads. */
export const IC = 3;

/** Bytes that a packed key may expand to. A larger key would not be proved with in a browser. */
const LIMIT = 2 ** 30;

/** The three numbers that all lengths follow from. */
export type KeySizes = {
  /** Numbers in a witness. */
  readonly wires: number;
  readonly publics: number;
  /** Rows of the domain. */
  readonly rows: number;
};

/** A section of points. */
type PointSection = { readonly section: number; readonly group: Group; readonly count: number };

/** The sections of points, in their order. */
export function pointSections({ wires, publics, rows }: KeySizes): readonly PointSection[] {
  return [
    { section: IC, group: 'g1', count: publics + 1 },
    { section: SECTION.a, group: 'g1', count: wires },
    { section: SECTION.b1, group: 'g1', count: wires },
    { section: SECTION.b2, group: 'g2', count: wires },
    { section: SECTION.c, group: 'g1', count: wires - publics - 1 },
    { section: SECTION.h, group: 'g1', count: rows },
  ];
}

/**
 * Expands a packed key.
 * @param zkeySha256 of the zkey that it must have been made from, in hex
 * @returns a zkey with the sections 1 to 9
 * @throws {ArtifactMismatch} with the offset at which it is not what it should be
 */
export async function expandKey(packed: Uint8Array, zkeySha256: string): Promise<Uint8Array> {
  const reader = readBytes(packed);
  const hashes = readHead(reader);
  if (hashes.zkey !== zkeySha256)
    throw mismatch('it was made from another zkey', hashes.zkey, zkeySha256);
  const sizes = readSizes(reader);
  const sections = new Map<number, Uint8Array>([
    [SECTION.protocol, u32(GROTH16)],
    [SECTION.header, writeHeader(sizes, reader.take(HEADER_POINTS, "the header's points"))],
  ]);
  const kernel = await loadKernel();
  for (const points of pointSections(sizes)) {
    sections.set(points.section, expandPoints(reader, kernel, points));
    if (points.section !== IC) continue;
    const limit = LIMIT - pointsLength(sizes);
    sections.set(SECTION.coefficients, expandCoefficients(reader, sizes, limit));
  }
  if (reader.left() > 0) throw reader.fault(`${reader.left()} bytes follow the last section`);
  const zkey = writeZkey(sections);
  const found = await sha256(zkey);
  if (found !== hashes.expanded)
    throw mismatch('it expands to something else than it says', found, hashes.expanded);
  return zkey;
}

function mismatch(what: string, found: string, expected: string): EligoError {
  const message = `packed key: ${what}: sha256 ${found}, not ${expected}`;
  return new EligoError('ArtifactMismatch', message, { found, expected });
}

function readHead(reader: ByteReader): { readonly zkey: string; readonly expanded: string } {
  const magic = new TextDecoder('latin1').decode(reader.take(MAGIC.length, 'its name'));
  if (magic !== MAGIC) throw reader.fault('it is no packed key');
  const version = reader.u32('its version');
  if (version !== PACKED_KEY_VERSION)
    throw reader.fault(`it has the version ${version}, this program reads ${PACKED_KEY_VERSION}`);
  const hash = (what: string): string => toHex(reader.take(32, what));
  return { zkey: hash("the zkey's hash"), expanded: hash('the hash of what it expands to') };
}

function readSizes(reader: ByteReader): KeySizes {
  const wires = reader.u32('the number of wires');
  const publics = reader.u32('the number of public signals');
  if (publics >= wires) throw reader.fault(`${publics} of ${wires} wires can't be public`);
  const sizes = { wires, publics, rows: reader.u32("the domain's rows") };
  // There is a bit for each point at least.
  if (pointsLength(sizes) > Math.min(LIMIT, 8 * POINT_BYTES.g2 * reader.left()))
    throw reader.fault('it has not as many points as it says');
  return sizes;
}

/** Bytes of the sections of points in the zkey. */
function pointsLength(sizes: KeySizes): number {
  const lengths = pointSections(sizes).map(({ group, count }) => count * POINT_BYTES[group]);
  return lengths.reduce((sum, length) => sum + length, 0);
}

function expandPoints(
  reader: ByteReader,
  kernel: Kernel,
  { section, group, count }: PointSection,
): Uint8Array {
  const size = POINT_BYTES[group];
  const bits = reader.take(Math.ceil(count / 8), `the bits of section ${section}`);
  const isInfinity = (i: number): boolean => (((bits[i >> 3] ?? 0) >> (i & 7)) & 1) === 1;
  for (let i = count; i < 8 * bits.length; i++)
    if (isInfinity(i)) throw reader.fault(`section ${section} has bits without points`);
  let finite = 0;
  for (let i = 0; i < count; i++) finite += isInfinity(i) ? 0 : 1;
  const compressed = reader.take((finite * size) / 2, `the points of section ${section}`);
  const points = new Uint8Array(finite * size);
  const right = decompressPoints(kernel, group, compressed, points);
  if (right < finite)
    throw reader.fault(`section ${section} has another thing than a point after ${right} of them`);
  const all = new Uint8Array(count * size);
  for (let i = 0, from = 0; i < count; i++) {
    if (isInfinity(i)) continue;
    all.set(points.subarray(from, from + size), i * size);
    from += size;
  }
  return all;
}

/** Section 2: both orders, each after its length, the sizes, the points. */
export function writeHeader({ wires, publics, rows }: KeySizes, points: Uint8Array): Uint8Array {
  const orders = [BASE_FIELD_ORDER, FIELD_ORDER].flatMap((order) => [u32(32), toBytes(order)]);
  return joinBytes([...orders, u32(wires), u32(publics), u32(rows), points]);
}

function toBytes(value: bigint): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, i) => Number((value >> BigInt(8 * i)) & 0xffn));
}

/** The file: its name, version 1, and the sections in ascending order, each after its number and its length. */
export function writeZkey(sections: ReadonlyMap<number, Uint8Array>): Uint8Array {
  const ordered = [...sections].sort(([a], [b]) => a - b);
  return joinBytes([
    new TextEncoder().encode('zkey'),
    u32(1),
    u32(ordered.length),
    // No section is as long as 2^32 bytes.
    ...ordered.flatMap(([section, bytes]) => [u32(section), u32(bytes.length), u32(0), bytes]),
  ]);
}
