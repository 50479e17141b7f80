/**
 * Groth16 over BN254 (Groth 2016, section 3.2; the quotient as snarkjs makes it): from a resident key and a witness to a proof
 * that snarkjs and the contracts verify. With the same r and s it is the proof that snarkjs makes.
 *
 * Not constant time. What is derived from the witness is wiped from the kernel's memory when a proof is done, failed or not.
 * @module
 */
import { invalidInput } from '../errors.ts';
import { FIELD_ORDER, platformRandom, randomBytes, type RandomSource } from '../protocol/field.ts';
import { toNumber } from './binary.ts';
import type { Pointer } from './exports.ts';
import {
  FIRST_SCALARS,
  orOutOfMemory,
  type ProvingKey,
  type QuotientPart,
  type WitnessPart,
} from './provingKey.ts';
import { readWitness } from './wtns.ts';

/** Parts of the work, in their order. */
export type ProofPhase = 'B2' | 'A' | 'B1' | 'quotient' | 'C' | 'assembly';

/** How a proof is made. */
export type ProofOptions = {
  /** Ends the work before the next phase. */
  readonly signal?: AbortSignal | undefined;
  /** Called when a phase begins. */
  readonly onPhase?: ((phase: ProofPhase) => void) | undefined;
  /** Where r and s come from; the platform's CSPRNG if left out. With another source a proof may not hide its witness. */
  readonly random?: RandomSource | undefined;
};

/** A proof in snarkjs' shape: what src/prover/proof.ts reads. */
export type Groth16Proof = {
  readonly pi_a: readonly [string, string, string];
  readonly pi_b: readonly (readonly [string, string])[];
  readonly pi_c: readonly [string, string, string];
  readonly protocol: 'groth16';
  readonly curve: 'bn128';
};

/** What a proof is blinded with: 32 bytes each, little-endian, below the order. */
export type Blinding = { readonly r: Uint8Array; readonly s: Uint8Array };

/** Sums over the witness: A with r delta and alpha, B1 with beta, B2 with s delta and beta. Affine, plain. */
export type WitnessSums = {
  readonly a: Uint8Array;
  readonly b1: Uint8Array;
  readonly b2: Uint8Array;
};

const G1 = 64;
const G2 = 128;
const ONE = Uint8Array.from({ length: 32 }, (_, i) => (i === 0 ? 1 : 0));

/**
 * Makes a proof. The witness stays the caller's to wipe. Proofs with one key are made one after the other.
 * @param witness .wtns bytes
 * @throws {InvalidInput} for what is no witness of this key's circuit; whether it satisfies the circuit is not checked: if it
 *   doesn't, the proof doesn't verify
 * @throws {ProverFailed} if there isn't memory enough
 * @throws the signal's reason
 * @example
 * const key = createProvingKey(await loadKernel(), await readFile('circuit.zkey'));
 * const { proof, publicSignals } = await proveGroth16(key, await readFile('witness.wtns'));
 */
export function proveGroth16(
  key: ProvingKey,
  witness: Uint8Array,
  options: ProofOptions = {},
): Promise<{ readonly proof: Groth16Proof; readonly publicSignals: readonly string[] }> {
  return exclusively(key, async () => {
    const values = readWitness(witness, key.wires);
    return withBlinding(options.random, async (blinding) => {
      const sums = await sumWitness(key, values, blinding, options);
      const c = await sumQuotient(key, values, options);
      await enter('assembly', options);
      const proof = assemble(key, sums, c, blinding);
      return { proof, publicSignals: publicSignalsOf(key, values) };
    });
  });
}

/** Has some work done with a key when what was begun before is done; wipes all that it leaves, even if it fails. */
export function exclusively<T>(key: ProvingKey, work: () => Promise<T>): Promise<T> {
  const done = key.busy.then(async () => {
    try {
      return await work();
    } finally {
      wipe(key);
    }
  });
  key.busy = done.catch(() => undefined);
  return done;
}

/** Draws r and s, and wipes them afterwards. */
export async function withBlinding<T>(
  random: RandomSource = platformRandom,
  work: (blinding: Blinding) => Promise<T>,
): Promise<T> {
  const blinding = { r: drawScalar(random), s: drawScalar(random) };
  try {
    return await work(blinding);
  } finally {
    blinding.r.fill(0);
    blinding.s.fill(0);
  }
}

/** Uniform below the order: what isn't is drawn again. Of 254 bits, so three of four are. */
function drawScalar(random: RandomSource): Uint8Array {
  for (;;) {
    const bytes = randomBytes(random, 32);
    bytes[31] = (bytes[31] ?? 0) & 0x3f;
    if (toNumber(bytes) < FIELD_ORDER) return bytes;
  }
}

/** B2, A and B1. @throws {InvalidInput} if the key has no such part */
export async function sumWitness(
  key: ProvingKey,
  values: Uint8Array,
  { r, s }: Blinding,
  options: ProofOptions,
): Promise<WitnessSums> {
  const part: WitnessPart = partOf(key.witnessPart);
  const { scalars } = key;
  const { exports } = key.kernel;
  const count = FIRST_SCALARS + key.wires;
  await enter('B2', options);
  putScalars(key, [s, ONE, values]);
  const b2 = sum(key, G2, (out) => {
    exports.msmG2(part.b2, 0, scalars, count, 0, out);
  });
  await enter('A', options);
  putScalars(key, [r, ONE, values]);
  const a = sum(key, G1, (out) => {
    exports.msmG1(part.a, 0, scalars, count, 0, out);
  });
  await enter('B1', options);
  const b1 = sum(key, G1, (out) => {
    exports.msmG1(part.b1, 0, scalars + 32, count - 1, 0, out);
  });
  return { a, b1, b2 };
}

/** H, and C's sum over the witness, in one. @throws {InvalidInput} if the key has no such part */
export async function sumQuotient(
  key: ProvingKey,
  values: Uint8Array,
  options: ProofOptions,
): Promise<Uint8Array> {
  const part: QuotientPart = partOf(key.quotientPart);
  const { domain, matrices, coefficients } = part;
  const { wires, rows, publics } = key;
  const { exports } = key.kernel;
  await enter('quotient', options);
  putScalars(key, [ONE, ONE, values]);
  const witness = key.scalars + 32 * FIRST_SCALARS;
  const quotient = witness + 32 * wires;
  orOutOfMemory(() => {
    exports.evaluateQuotient(domain, rows, matrices, coefficients, witness, wires, quotient);
  });
  await enter('C', options);
  const hidden = wires - publics - 1;
  return sum(key, G1, (out) => {
    exports.msmG1(part.ch, 0, quotient - 32 * hidden, hidden + rows, 0, out);
  });
}

/** `C + s A + r B1`: snarkjs takes s delta into B1, and r s delta out of the sum again. */
export function assemble(
  key: ProvingKey,
  { a, b1, b2 }: WitnessSums,
  c: Uint8Array,
  { r, s }: Blinding,
): Groth16Proof {
  const sA = multiply(key, a, s);
  const rB = multiply(key, b1, r);
  const pi = add(key, add(key, c, sA), rB);
  const [ax, ay, bx0, bx1, by0, by1, cx, cy] = [a, b2, pi].flatMap(decimals) as Coordinates;
  return {
    pi_a: [ax, ay, '1'],
    pi_b: [
      [bx0, bx1],
      [by0, by1],
      ['1', '0'],
    ],
    pi_c: [cx, cy, '1'],
    protocol: 'groth16',
    curve: 'bn128',
  };
}

type Coordinates = [string, string, string, string, string, string, string, string];

/** The public signals of a witness. */
export function publicSignalsOf(key: ProvingKey, values: Uint8Array): readonly string[] {
  return decimals(values.subarray(32, 32 * (key.publics + 1)));
}

function decimals(bytes: Uint8Array): string[] {
  return Array.from({ length: bytes.length / 32 }, (_, i) =>
    toNumber(bytes.subarray(32 * i, 32 * (i + 1))).toString(),
  );
}

/** Lets others have the thread, then goes on unless the signal says otherwise. */
async function enter(phase: ProofPhase, { signal, onPhase }: ProofOptions): Promise<void> {
  await new Promise<void>((resolve) => {
    if (typeof setImmediate === 'function') setImmediate(resolve);
    else setTimeout(resolve);
  });
  signal?.throwIfAborted();
  onPhase?.(phase);
}

function partOf<T>(part: T | undefined): T {
  if (part === undefined)
    throw invalidInput('key', undefined, 'must have the part that is asked for');
  return part;
}

function putScalars({ kernel, scalars }: ProvingKey, pieces: readonly Uint8Array[]): void {
  const memory = new Uint8Array(kernel.exports.memory.buffer);
  let at = scalars;
  for (const piece of pieces) {
    memory.set(piece, at);
    at += piece.length;
  }
}

/** What some work writes to the key's place for a point. */
function sum(
  { kernel, point }: ProvingKey,
  size: number,
  work: (out: Pointer) => void,
): Uint8Array {
  orOutOfMemory(() => {
    work(point);
  });
  return new Uint8Array(kernel.exports.memory.buffer).slice(point, point + size);
}

function multiply(key: ProvingKey, point: Uint8Array, scalar: Uint8Array): Uint8Array {
  putScalars(key, [scalar, point]);
  return sum(key, G1, (out) => {
    key.kernel.exports.mulG1(out, key.scalars + 32, key.scalars);
  });
}

function add(key: ProvingKey, a: Uint8Array, b: Uint8Array): Uint8Array {
  putScalars(key, [a, b]);
  return sum(key, G1, (out) => {
    key.kernel.exports.addG1(out, key.scalars, key.scalars + G1);
  });
}

/** Clears the scalars, the point, and all beyond the key. */
function wipe({ kernel, scalars, wires, rows, point, end }: ProvingKey): void {
  const { memory, release } = kernel.exports;
  release(end);
  const bytes = new Uint8Array(memory.buffer);
  bytes.fill(0, scalars, scalars + 32 * (FIRST_SCALARS + wires + rows));
  bytes.fill(0, point, point + G2);
  bytes.fill(0, end);
}
