/**
 * A proving key that is resident in a kernel's memory: its points as tables, its matrices by rows, converted once and used for
 * every proof. It may be shared out: `witnessPart` has what is multiplied by the witness alone (A, B1, B2), `quotientPart` what
 * needs the quotient (H, and C with it), so that two threads have about the same work.
 *
 * Tables begin with the header's points, and so that one sum gives what the proof needs: A's with delta and alpha, B2's with
 * delta and beta, B1's with beta. C's and H's points are one table.
 * @module
 */
import { EligoError } from '../errors.ts';
import { malformed } from './binary.ts';
import type { KernelExports, Pointer } from './exports.ts';
import type { Kernel } from './kernel.ts';
import { RECORD, SECTION, ZKEY, readZkey, type Zkey } from './zkey.ts';

/** Tables of points that are multiplied by the witness. */
export type WitnessPart = { readonly a: Pointer; readonly b1: Pointer; readonly b2: Pointer };

/** The matrices and domain that the quotient is made with, and the table of C and H. */
export type QuotientPart = {
  readonly domain: Pointer;
  readonly matrices: Pointer;
  readonly coefficients: number;
  readonly ch: Pointer;
};

/** A key in a kernel, which it has for itself. */
export type ProvingKey = {
  readonly kernel: Kernel;
  readonly wires: number;
  readonly publics: number;
  readonly rows: number;
  readonly witnessPart: WitnessPart | undefined;
  readonly quotientPart: QuotientPart | undefined;
  /** Memory for the scalars of a proof, 32 bytes each: a blinding factor, 1, the witness, the quotient. Then for a point. */
  readonly scalars: Pointer;
  readonly point: Pointer;
  /** Where the key ends: all beyond is free between proofs. */
  readonly end: Pointer;
  /** The proof that is being made, whether it succeeds or not: the next one waits for it. */
  busy: Promise<unknown>;
};

/** Scalars before the witness. */
export const FIRST_SCALARS = 2;

/** Which parts a kernel holds. */
export type Parts = { readonly witness: boolean; readonly quotient: boolean };

/**
 * Converts a key.
 * @param kernel one that nothing else uses; it grows to about one and a half times the size of the file
 * @param parts  both, unless two threads share the work
 * @throws {InvalidInput} for what is not a Groth16 key over BN254, is cut off, or has a number that is not canonical, a point
 *   off its curve, or a coefficient outside the matrices
 * @throws {ProverFailed} if there isn't memory enough
 * @example const key = createProvingKey(await loadKernel(), await readFile('circuit.zkey'));
 */
export function createProvingKey(
  kernel: Kernel,
  file: Uint8Array,
  parts: Parts = { witness: true, quotient: true },
): ProvingKey {
  const zkey = readZkey(file);
  const { wires, publics, power } = zkey;
  const rows = 2 ** power;
  return orOutOfMemory(() => {
    const { exports } = kernel;
    const room = 32 * (FIRST_SCALARS + wires + rows);
    const scratch = exports.allocate(Math.max(room, largestSection(zkey, parts)));
    const point = exports.allocate(128);
    return {
      kernel,
      wires,
      publics,
      rows,
      witnessPart: parts.witness ? loadWitnessPart(exports, zkey, scratch) : undefined,
      quotientPart: parts.quotient ? loadQuotientPart(exports, zkey, scratch) : undefined,
      scalars: scratch,
      point,
      end: exports.mark(),
      busy: Promise.resolve(),
    };
  });
}

/** @throws {ProverFailed} where the kernel traps: it does so where it is refused memory, and nowhere else */
export function orOutOfMemory<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof WebAssembly.RuntimeError)) throw error;
    throw new EligoError('ProverFailed', "the kernel's memory can't grow any more", {}, error);
  }
}

function largestSection(zkey: Zkey, parts: Parts): number {
  const { delta2, beta2, b2, coefficients, c, h } = zkey;
  return Math.max(
    parts.witness ? delta2.length + beta2.length + b2.length : 0,
    parts.quotient ? Math.max(coefficients.length, c.length + h.length) : 0,
  );
}

function loadWitnessPart(exports: KernelExports, zkey: Zkey, scratch: Pointer): WitnessPart {
  const { alpha1, beta1, beta2, delta1, delta2, a, b1, b2 } = zkey;
  const g1 = (section: number, pieces: readonly Uint8Array[]): Pointer =>
    tableOf(section, exports.loadG1(scratch, put(exports, scratch, pieces) / 64));
  const g2 = (section: number, pieces: readonly Uint8Array[]): Pointer =>
    tableOf(section, exports.loadG2(scratch, put(exports, scratch, pieces) / 128));
  return {
    a: g1(SECTION.a, [delta1, alpha1, a]),
    b1: g1(SECTION.b1, [beta1, b1]),
    b2: g2(SECTION.b2, [delta2, beta2, b2]),
  };
}

function loadQuotientPart(exports: KernelExports, zkey: Zkey, scratch: Pointer): QuotientPart {
  const { wires, power, coefficients, c, h } = zkey;
  const count = coefficients.length / RECORD;
  put(exports, scratch, [coefficients]);
  const matrices = exports.loadMatrices(scratch, count, 2 ** power, wires);
  if (matrices === 0)
    throw malformed(
      ZKEY,
      SECTION.coefficients,
      'names a row or wire that is not there, or is not canonical',
    );
  const ch = exports.loadG1(scratch, put(exports, scratch, [c, h]) / 64);
  return {
    domain: exports.makeDomain(power),
    matrices,
    coefficients: count,
    ch: tableOf(SECTION.c, ch),
  };
}

/** Copies pieces one after the other. @returns their bytes */
function put(exports: KernelExports, to: Pointer, pieces: readonly Uint8Array[]): number {
  const memory = new Uint8Array(exports.memory.buffer);
  let at = to;
  for (const piece of pieces) {
    memory.set(piece, at);
    at += piece.length;
  }
  return at - to;
}

/** A point of the header is in a table with those of a section, and H's are with C's: the error names the section. */
function tableOf(section: number, table: Pointer): Pointer {
  if (table === 0)
    throw malformed(ZKEY, section, 'has a point that is not on its curve, or not canonical');
  return table;
}
