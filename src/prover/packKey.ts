/**
 * Making a packed key from a zkey: packedKey.ts describes what it is.
 * @module
 */
import { EligoError } from '../errors.ts';
import { readSections } from '../kernel/binary.ts';
import { POINT_BYTES, compressPoint, type Group } from '../kernel/compressed.ts';
import { SECTION, ZKEY, readZkey } from '../kernel/zkey.ts';
import { joinBytes } from '../protocol/codec.ts';
import { u32 } from './packedBytes.ts';
import { packCoefficients } from './packedCoefficients.ts';
import {
  HEADER_POINTS,
  IC,
  MAGIC,
  PACKED_KEY_VERSION,
  expandKey,
  pointSections,
  writeZkey,
} from './packedKey.ts';
import { fromHex, sha256 } from './sha256.ts';

/** The sections that are packed. */
const SECTIONS = [1, 2, 3, 4, 5, 6, 7, 8, 9];

/**
 * Packs a zkey, expands what came out and compares.
 * @throws {InvalidInput} if it is no Groth16 key over BN254
 * @throws {ArtifactMismatch} if it expands to something else: the key has a number or a point that is not one
 * @example const packed = await packKey(await readFile('eligibility.zkey'));
 */
export async function packKey(zkey: Uint8Array): Promise<Uint8Array> {
  const { wires, publics, power } = readZkey(zkey);
  const sizes = { wires, publics, rows: 2 ** power };
  const sections = readSections(zkey, ZKEY);
  const plain = withoutContributions(zkey);
  const name = await sha256(zkey);
  const packed = joinBytes([
    new TextEncoder().encode(MAGIC),
    u32(PACKED_KEY_VERSION),
    ...[name, await sha256(plain)].map(fromHex),
    ...[wires, publics, sizes.rows].map(u32),
    sections.get(SECTION.header).subarray(-HEADER_POINTS),
    ...pointSections(sizes).flatMap(({ section, group, count }) => [
      packPoints(group, sections.get(section, count * POINT_BYTES[group])),
      ...(section === IC ? [packCoefficients(sections.get(SECTION.coefficients))] : []),
    ]),
  ]);
  refuseOther(await expandKey(packed, name), plain);
  return packed;
}

/** The zkey's sections 1 to 9, in this order: what a packed key expands to. @throws {InvalidInput} */
export function withoutContributions(zkey: Uint8Array): Uint8Array {
  const sections = readSections(zkey, ZKEY);
  return writeZkey(new Map(SECTIONS.map((id) => [id, sections.get(id)])));
}

/** A bit for each point, 1 if it is infinity; then the others, compressed. */
function packPoints(group: Group, section: Uint8Array): Uint8Array {
  const size = POINT_BYTES[group];
  const count = section.length / size;
  const bits = new Uint8Array(Math.ceil(count / 8));
  const finite: Uint8Array[] = [];
  for (let i = 0; i < count; i++) {
    const point = section.subarray(i * size, (i + 1) * size);
    if (point.some((byte) => byte !== 0)) finite.push(compressPoint(group, point));
    else bits[i >> 3] = (bits[i >> 3] ?? 0) | (1 << (i & 7));
  }
  return joinBytes([bits, ...finite]);
}

function refuseOther(expanded: Uint8Array, zkey: Uint8Array): void {
  const other = zkey.findIndex((byte, i) => byte !== expanded[i]);
  if (other < 0 && expanded.length === zkey.length) return;
  throw new EligoError(
    'ArtifactMismatch',
    `the packed key expands to another zkey, from offset ${other}`,
    { offset: other },
  );
}
