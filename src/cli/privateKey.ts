/**
 * The key of an account that signs and pays.
 * @module
 */
import type { Hex } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { invalidInput } from '../errors.ts';

/** Reads a private key; no message repeats it. @throws {InvalidInput} */
export function readPrivateKey(text: string, name: string): Hex {
  try {
    privateKeyToAccount(text.trim() as Hex);
    return text.trim() as Hex;
  } catch {
    const rule = 'must hold one private key, 0x and 64 hex digits, and nothing else';
    throw invalidInput(name, undefined, rule);
  }
}
