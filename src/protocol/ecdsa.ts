/**
 * ECDSA signatures over secp256k1 as accounts make them: `r‖s‖v`, 65 bytes. To each there is a twin, `(r, n - s)`, that
 * is just as valid: "low s" (EIP-2) names one of the two.
 * @module
 */
import type { Hex } from 'viem';

/** The order of secp256k1. */
export const SECP256K1_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

/** A signature in its parts; `r` and `s` are in `[1, n)`. */
export type EcdsaSignature = {
  readonly r: bigint;
  readonly s: bigint;
  readonly v: number;
};

/** The parts of a signature; undefined for what no account signs with a key. */
export function splitSignature(signature: Hex): EcdsaSignature | undefined {
  if (!/^0x[0-9a-fA-F]{130}$/.test(signature)) return undefined;
  const part = (from: number, to: number): string =>
    `0x${signature.slice(2 + 2 * from, 2 + 2 * to)}`;
  const [r, s] = [BigInt(part(0, 32)), BigInt(part(32, 64))];
  const inRange = (value: bigint): boolean => value > 0n && value < SECP256K1_ORDER;
  return inRange(r) && inRange(s) ? { r, s, v: Number(part(64, 65)) } : undefined;
}

/** The lower of `s` and its twin's. */
export function lowS(s: bigint): bigint {
  return 2n * s > SECP256K1_ORDER ? SECP256K1_ORDER - s : s;
}

/** True of the one form in which a signature is taken: low s, and v as 27 or 28. */
export function isCanonicalSignature({ s, v }: EcdsaSignature): boolean {
  return s === lowS(s) && (v === 27 || v === 28);
}
