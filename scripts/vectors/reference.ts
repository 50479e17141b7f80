/**
 * What the vectors are computed with: a second implementation of everything that src/ computes. src/ has a Poseidon of its own
 * and the Keccak of @noble/hashes; here it is circomlibjs, a Keccak on bigints, and words written by hand.
 * @module
 */
import { buildPoseidon } from 'circomlibjs';

/** The order of the scalar field. */
export const R = 21888242871839275222246405745257275088548364400416034343698204186575808495617n;
export const NEVER = 2n ** 40n - 1n;
export const MAX_VALUE = 2n ** 96n - 1n;
export const HIDDEN = 2n ** 32n - 1n;
export const DAY = 86_400n;

export type Poseidon = (inputs: readonly bigint[]) => bigint;
export type Json = string | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** circomlib's Poseidon from circomlibjs. */
export async function referencePoseidon(): Promise<Poseidon> {
  const poseidon = (await buildPoseidon()) as unknown as ((
    inputs: readonly bigint[],
  ) => Uint8Array) & {
    F: { toObject: (digest: Uint8Array) => bigint };
  };
  return (inputs) => poseidon.F.toObject(poseidon(inputs));
}

/** Keccak-256 with the padding of Ethereum, from the Keccak reference (the permutation of FIPS 202, domain byte 0x01). */
export function referenceKeccak(message: Uint8Array): string {
  const rate = 136;
  const padded = new Uint8Array(Math.ceil((message.length + 1) / rate) * rate);
  padded.set(message);
  padded[message.length] = 0x01;
  padded[padded.length - 1] = at(padded, padded.length - 1) ^ 0x80;
  let lanes: readonly bigint[] = Array.from({ length: 25 }, () => 0n);
  const view = new DataView(padded.buffer);
  for (let block = 0; block < padded.length; block += rate) {
    lanes = permute(
      lanes.map((lane, i) => (i < rate / 8 ? lane ^ view.getBigUint64(block + 8 * i, true) : lane)),
    );
  }
  const digest = new DataView(new ArrayBuffer(32));
  for (let i = 0; i < 4; i++) digest.setBigUint64(8 * i, at(lanes, i), true);
  return `0x${Buffer.from(digest.buffer).toString('hex')}`;
}

/** Keccak-f[1600]; lane (x, y) stands at x + 5y. */
function permute(start: readonly bigint[]): readonly bigint[] {
  let a = [...start];
  let register = 1; // the round constants' shift register, x^8 + x^6 + x^5 + x^4 + 1
  for (let round = 0; round < 24; round++) {
    const parity = [0, 1, 2, 3, 4].map((x) =>
      [0, 5, 10, 15, 20].reduce((sum, y) => sum ^ at(a, x + y), 0n),
    );
    a = a.map((lane, i) => lane ^ at(parity, (i + 4) % 5) ^ rotate(at(parity, (i + 1) % 5), 1));
    const b = [...a];
    let [x, y] = [1, 0];
    for (let t = 0; t < 24; t++) {
      const lane = at(a, x + 5 * y);
      [x, y] = [y, (2 * x + 3 * y) % 5];
      b[x + 5 * y] = rotate(lane, (((t + 1) * (t + 2)) / 2) % 64);
    }
    a = b.map((lane, i) => {
      const row = i - (i % 5);
      return lane ^ (BigInt.asUintN(64, ~at(b, row + ((i + 1) % 5))) & at(b, row + ((i + 2) % 5)));
    });
    for (let j = 0; j <= 6; j++) {
      if (register & 1) a[0] = at(a, 0) ^ (1n << BigInt(2 ** j - 1));
      register = (register << 1) ^ (register & 0x80 ? 0x171 : 0);
    }
  }
  return a;
}

function rotate(lane: bigint, by: number): bigint {
  return BigInt.asUintN(64, (lane << BigInt(by)) | (lane >> BigInt(64 - by)));
}

/** The element at an index that is known to exist. */
export function at<T>(list: ArrayLike<T>, index: number): T {
  if (index < 0 || index >= list.length) throw new RangeError(`nothing stands at ${index}`);
  return list[index] as T;
}

/** One argument of `abi.encode`: a word, or something dynamic whose encoding comes after the heads. */
export type Argument = bigint | { readonly tail: string };

/** `abi.encode` in hex without 0x. */
export function abi(...args: readonly Argument[]): string {
  let [heads, tails] = ['', ''];
  for (const arg of args) {
    if (typeof arg === 'bigint') heads += word(arg);
    else {
      heads += word(BigInt(32 * args.length + tails.length / 2));
      tails += arg.tail;
    }
  }
  return heads + tails;
}

export const word = (value: bigint): string => value.toString(16).padStart(64, '0');
export const bytes = (hex: string): Argument => ({
  tail: word(BigInt(hex.length / 2)) + hex.padEnd(Math.ceil(hex.length / 64) * 64, '0'),
});
export const text = (value: string): Argument => bytes(Buffer.from(value).toString('hex'));
export const tuple = (...args: readonly Argument[]): Argument => ({ tail: abi(...args) });
export const keccak = (hex: string): string => referenceKeccak(Buffer.from(hex, 'hex'));
export const keccakText = (value: string): string => referenceKeccak(Buffer.from(value));
/** `K` of PROTOCOL.md section 1. */
export const k = (digest: string): bigint => BigInt(digest) >> 8n;

/** The vectors of one file, beside the name of their maker. */
export function file(groups: Record<string, readonly Record<string, unknown>[]>): Json {
  return toJson({ generator: 'scripts/vectors.ts', ...groups });
}

/** Integers become decimal strings. */
function toJson(value: unknown): Json {
  if (typeof value === 'bigint') return value.toString();
  if (Array.isArray(value)) return value.map(toJson);
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, toJson(inner)]));
  }
  return value as Json;
}
