/**
 * The holder's secret, and what may be seen of it (PROTOCOL.md section 2, "Identity").
 * @module
 */
import type { Hex, TypedDataDefinition } from 'viem';
import { invalidInput } from '../errors.ts';
import { lowS, splitSignature } from './ecdsa.ts';
import { bytesToHex, concat, hexToBytes, numberToHex, stringToBytes } from './evm.ts';
import {
  platformRandom,
  randomField,
  reduceWide,
  toField,
  toSecretField,
  toUint,
} from './field.ts';
import type { Field, IntegerInput, RandomSource } from './field.ts';
import { hashCommitment, hashNullifier } from './hash.ts';

/** A holder. `secret` must never leave the holder's machine; issuers get `commitment` only. */
export type Identity = {
  /** Uniform in `[1, r)`. */
  readonly secret: Field;
  /** `H_1(secret)`. */
  readonly commitment: Field;
};

/**
 * Makes an identity from 64 random bytes, or takes one up again from its secret.
 * @param options.secret a secret that was kept
 * @param options.random the source of bytes; the platform's CSPRNG unless given
 * @throws {InvalidInput} if the secret is not in `[1, r)`; the message does not show it
 * @example const identity = createIdentity();
 */
export function createIdentity(
  options: { readonly secret?: IntegerInput; readonly random?: RandomSource } = {},
): Identity {
  const secret =
    options.secret === undefined
      ? drawSecret(options.random ?? platformRandom)
      : toSecretField(options.secret, 'secret');
  return { secret, commitment: hashCommitment(secret) };
}

function drawSecret(random: RandomSource): Field {
  let secret = randomField(random);
  while (secret === 0n) secret = randomField(random);
  return secret;
}

/**
 * What a wallet signs, twice, for the identity that `restoreIdentity` makes of it (EIP-712). The domain names no chain:
 * the same wallet restores the same identity everywhere.
 * @param index u32; another index is another identity
 * @throws {InvalidInput}
 */
export function identityTypedData(index: IntegerInput): TypedDataDefinition {
  return {
    domain: { name: 'Eligo', version: '1' },
    types: {
      Identity: [
        { name: 'purpose', type: 'string' },
        { name: 'index', type: 'uint32' },
      ],
    },
    primaryType: 'Identity',
    message: {
      purpose: 'Derive my Eligo identity. Sign only on a site you trust.',
      index: Number(toUint(index, 'index', 32)),
    },
  };
}

/**
 * Restores an identity from a wallet: `HKDF-SHA-256(r‖s, salt = passphrase, "eligo/identity/1")`, 64 bytes reduced.
 * Only a wallet that signs with one key and without chance gives the same identity again: two signatures that differ,
 * or that are no 65 bytes, show one that doesn't.
 * @param parameters.signatures two signatures of the same `identityTypedData`, as secret as the identity itself
 * @param parameters.passphrase the holder's, may be empty; its NFKC form counts
 * @throws {InvalidInput} never showing what it was given
 * @example
 * const sign = () => signTypedData(client, { account, ...identityTypedData(0n) });
 * const identity = await restoreIdentity({ signatures: [await sign(), await sign()], passphrase });
 */
export async function restoreIdentity(parameters: {
  readonly signatures: readonly [Hex, Hex];
  readonly passphrase: string;
}): Promise<Identity> {
  const [first, second] = [
    keyMaterial(parameters.signatures[0]),
    keyMaterial(parameters.signatures[1]),
  ];
  if (bytesToHex(first) !== bytesToHex(second)) throw unusableWallet();
  const { subtle } = globalThis.crypto;
  const key = await subtle.importKey('raw', first, 'HKDF', false, ['deriveBits']);
  const salt = stringToBytes(normalisePassphrase(parameters.passphrase));
  const info = stringToBytes('eligo/identity/1');
  const bits = await subtle.deriveBits(
    { name: 'HKDF', hash: 'SHA-256', salt: copy(salt), info: copy(info) },
    key,
    512,
  );
  return createIdentity({ secret: reduceWide(new Uint8Array(bits)) });
}

/** A passphrase in the one form in which it counts, NFKC. @throws {InvalidInput} without showing it */
export function normalisePassphrase(passphrase: string): string {
  // UTF-8 has no half pairs: each would become the same replacement character.
  if (/\p{Surrogate}/u.test(passphrase))
    throw invalidInput('passphrase', undefined, 'must not hold half of a surrogate pair');
  return passphrase.normalize('NFKC');
}

/** `r‖s` with low s; v is dropped, since wallets write it in two ways. */
function keyMaterial(signature: Hex): Uint8Array<ArrayBuffer> {
  const parts = splitSignature(signature);
  if (!parts) throw unusableWallet();
  const { r, s } = parts;
  return copy(
    hexToBytes(concat([numberToHex(r, { size: 32 }), numberToHex(lowS(s), { size: 32 })])),
  );
}

function unusableWallet(): Error {
  const rule =
    "must be the same 65 bytes twice: this wallet can't be used, it would not give the identity back";
  return invalidInput('signatures', undefined, rule);
}

/** WebCrypto takes bytes that stand in memory of their own. */
function copy(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes);
}

/**
 * The nullifier of a claim: the same for every attestation of this secret, unlinkable between scopes and claim indices.
 * @param parameters.claimIndex u32
 * @throws {InvalidInput}
 */
export function computeNullifier(parameters: {
  readonly scope: IntegerInput;
  readonly secret: IntegerInput;
  readonly claimIndex: IntegerInput;
}): Field {
  return hashNullifier(
    toField(parameters.scope, 'scope'),
    toSecretField(parameters.secret, 'secret'),
    toUint(parameters.claimIndex, 'claimIndex', 32),
  );
}
