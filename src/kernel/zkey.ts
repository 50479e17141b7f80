/**
 * Reads a proving key as snarkjs writes it: Groth16 over BN254, any circuit. Coordinates and coefficients keep the file's form
 * (Montgomery with 2^256; coefficients its square); provingKey.ts converts and checks them.
 * @module
 */
import {
  malformed,
  readSections,
  toNumber,
  viewOf,
  type FileKind,
  type Sections,
} from './binary.ts';
import { FIELD_ORDER } from '../protocol/field.ts';

/** A key: sizes, and views of the file. A point in G1 has 64 bytes, one in G2 128. */
export type Zkey = {
  /** Numbers in a witness. */
  readonly wires: number;
  /** Public signals. */
  readonly publics: number;
  /** The domain has 2^power rows. */
  readonly power: number;
  readonly alpha1: Uint8Array;
  readonly beta1: Uint8Array;
  readonly beta2: Uint8Array;
  readonly delta1: Uint8Array;
  readonly delta2: Uint8Array;
  /** Records of 44 bytes: matrix, row, wire (each a u32), coefficient. */
  readonly coefficients: Uint8Array;
  /** One point a wire. */
  readonly a: Uint8Array;
  readonly b1: Uint8Array;
  readonly b2: Uint8Array;
  /** One point a wire that isn't public. */
  readonly c: Uint8Array;
  /** One point a row. */
  readonly h: Uint8Array;
};

/** Bytes of a record of `coefficients`. */
export const RECORD = 44;

/** Rows of the greatest domain, as a power of two; wires of the greatest witness. What they need is known to fit into memory. */
export const MAX_POWER = 17;
const MAX_WIRES = 2 ** 18;

export const ZKEY: FileKind = { name: 'zkey', magic: 'zkey', versions: [1] };

/** Numbers of the sections that are read. */
export const SECTION = {
  protocol: 1,
  header: 2,
  coefficients: 4,
  a: 5,
  b1: 6,
  b2: 7,
  c: 8,
  h: 9,
} as const;

const GROTH16 = 1;
const G1 = 64;
const G2 = 128;

/** Where things are in the header: two primes, each after its size, then three counts, then six points. */
const AT = { q: 4, r: 40, counts: 72, points: 84, end: 84 + 3 * G1 + 3 * G2 } as const;

const BASE_FIELD_ORDER =
  21888242871839275222246405745257275088696311157297823662689037894645226208583n;

/**
 * Reads a key's header and finds its parts.
 * @throws {InvalidInput} for another protocol or curve, and for a file whose sections don't have the sizes that its header
 *   says; `data` names the section
 */
export function readZkey(bytes: Uint8Array): Zkey {
  const sections = readSections(bytes, ZKEY);
  if (viewOf(sections.get(SECTION.protocol, 4)).getUint32(0, true) !== GROTH16)
    throw malformed(ZKEY, SECTION.protocol, 'must say Groth16');
  const { wires, publics, power } = readCounts(sections);
  const header = sections.get(SECTION.header, AT.end);
  // alpha1, beta1, beta2, gamma2, delta1, delta2
  const point = (at: number, size: number): Uint8Array =>
    header.subarray(AT.points + at, AT.points + at + size);
  return {
    wires,
    publics,
    power,
    alpha1: point(0, G1),
    beta1: point(G1, G1),
    beta2: point(2 * G1, G2),
    delta1: point(2 * G1 + 2 * G2, G1),
    delta2: point(3 * G1 + 2 * G2, G2),
    coefficients: readCoefficients(sections),
    a: sections.get(SECTION.a, wires * G1),
    b1: sections.get(SECTION.b1, wires * G1),
    b2: sections.get(SECTION.b2, wires * G2),
    c: sections.get(SECTION.c, (wires - publics - 1) * G1),
    h: sections.get(SECTION.h, 2 ** power * G1),
  };
}

function readCounts(sections: Sections): Pick<Zkey, 'wires' | 'publics' | 'power'> {
  const { header: id } = SECTION;
  const view = viewOf(sections.get(id));
  const isBn254 =
    view.byteLength >= AT.counts &&
    isPrime(view, AT.q, BASE_FIELD_ORDER) &&
    isPrime(view, AT.r, FIELD_ORDER);
  if (!isBn254) throw malformed(ZKEY, id, 'must say the curve BN254');
  sections.get(id, AT.end);
  const [wires, publics, rows] = [0, 4, 8].map((at) => view.getUint32(AT.counts + at, true)) as [
    number,
    number,
    number,
  ];
  const power = Math.log2(rows);
  if (!Number.isInteger(power) || power < 1 || power > MAX_POWER)
    throw malformed(
      ZKEY,
      id,
      `has a domain of ${rows}, must have a power of two up to 2^${MAX_POWER}`,
    );
  if (publics >= wires || wires > MAX_WIRES)
    throw malformed(ZKEY, id, `has ${wires} wires, ${publics} public: must be up to ${MAX_WIRES}`);
  return { wires, publics, power };
}

/** Its size (always 32 bytes here), then the prime. */
function isPrime(view: DataView, at: number, prime: bigint): boolean {
  const bytes = new Uint8Array(view.buffer, view.byteOffset + at, 32);
  return view.getUint32(at - 4, true) === 32 && toNumber(bytes) === prime;
}

/** A count, then the records. */
function readCoefficients(sections: Sections): Uint8Array {
  const section = sections.get(SECTION.coefficients);
  const count = section.length >= 4 ? viewOf(section).getUint32(0, true) : 0;
  return sections.get(SECTION.coefficients, 4 + count * RECORD).subarray(4);
}
