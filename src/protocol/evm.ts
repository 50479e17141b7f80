/**
 * What the protocol takes from Ethereum: hex, Keccak-256, addresses, and `abi.encode` of a few types. Names and results are
 * viem's, which the tests compare; but viem is 240 modules that every process and page would load for these, of which four, of
 * @noble/hashes, do the work. What speaks to a chain uses viem.
 * @module
 */
import { keccak_256 } from '@noble/hashes/sha3';
import {
  bytesToHex as bytesToDigits,
  hexToBytes as digitsToBytes,
  utf8ToBytes,
} from '@noble/hashes/utils';
import type { Address, Hex } from 'viem';
import { invalidInput } from '../errors.ts';

/** 0x and hex digits, any number of them. */
export function isHex(value: unknown): value is Hex {
  return typeof value === 'string' && /^0x[0-9a-fA-F]*$/.test(value);
}

/** Bytes in hex, lower case. */
export function bytesToHex(bytes: Uint8Array): Hex {
  return `0x${bytesToDigits(bytes)}`;
}

/** The other way. @throws {InvalidInput} if it is not hex, or has half of a byte; the message does not show it */
export function hexToBytes(hex: Hex): Uint8Array<ArrayBuffer> {
  if (!isHex(hex) || hex.length % 2 !== 0)
    throw invalidInput('hex', undefined, 'must be 0x and two hex digits for each byte');
  return new Uint8Array(digitsToBytes(hex.slice(2)));
}

/** A number of at least 0, filled up to so many bytes. */
export function numberToHex(value: bigint, { size }: { readonly size: number }): Hex {
  return `0x${value.toString(16).padStart(2 * size, '0')}`;
}

/** UTF-8. */
export function stringToBytes(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(utf8ToBytes(text));
}

/** One after the other. */
export function concat(parts: readonly Hex[]): Hex {
  return `0x${parts.map((part) => part.slice(2)).join('')}`;
}

/** The digest, 32 bytes. */
export function keccak256(message: Uint8Array | Hex): Hex {
  return bytesToHex(keccak_256(typeof message === 'string' ? hexToBytes(message) : message));
}

/** Whether it is an address: all in lower case, or with a right checksum (ERC-55). */
export function isAddress(value: string): value is Address {
  return isAnyAddress(value) && (value === value.toLowerCase() || value === withChecksum(value));
}

/** The address with its checksum, whatever case it has. @throws {InvalidInput} if it is none */
export function getAddress(value: string): Address {
  if (!isAnyAddress(value)) throw invalidInput('address', value, 'must be an address');
  return withChecksum(value);
}

function isAnyAddress(value: string): value is Address {
  return /^0x[0-9a-fA-F]{40}$/.test(value);
}

/** A letter is upper case where the digest of the lower-case digits has 8 or more in its place. */
function withChecksum(address: Address): Address {
  const digits = address.slice(2).toLowerCase();
  const digest = keccak256(stringToBytes(digits)).slice(2);
  const marked = Array.from(digits, (digit, i) =>
    parseInt(digest.charAt(i), 16) >= 8 ? digit.toUpperCase() : digit,
  );
  return `0x${marked.join('')}`;
}

/**
 * An argument of `abi.encode`: what fills a word is a bigint (uint256, address, bytes32), what has a length is its bytes
 * (string, bytes).
 */
export type AbiArgument = bigint | Uint8Array;

/** `abi.encode(...)`. @param args numbers at least 0, below 2^256 */
export function encodeArguments(args: readonly AbiArgument[]): Hex {
  const [heads, tails]: [Hex[], Hex[]] = [[], []];
  let offset = WORD * args.length;
  for (const arg of args) {
    if (typeof arg === 'bigint') {
      heads.push(numberToHex(arg, { size: WORD }));
      continue;
    }
    const tail = encodeBytes(arg);
    heads.push(numberToHex(BigInt(offset), { size: WORD }));
    tails.push(tail);
    offset += (tail.length - 2) / 2;
  }
  return concat([...heads, ...tails]);
}

/** `abi.encode` of one struct that has an argument of any length. */
export function encodeStruct(fields: readonly AbiArgument[]): Hex {
  return concat([numberToHex(BigInt(WORD), { size: WORD }), encodeArguments(fields)]);
}

const WORD = 32;

/** The length, then the bytes up to a whole word. */
function encodeBytes(bytes: Uint8Array): Hex {
  const digits = bytesToHex(bytes).slice(2);
  const words = Math.ceil(bytes.length / WORD);
  const length = numberToHex(BigInt(bytes.length), { size: WORD });
  return concat([length, `0x${digits.padEnd(2 * WORD * words, '0')}`]);
}
