/**
 * Personal data at rest: AES-256-GCM (NIST SP 800-38D) under the issuer's key, or as it is where there is none.
 *
 * A sealed text is `1 ‖ key id (8) ‖ nonce (12) ‖ ciphertext ‖ tag (16)`, a plain one `0 ‖ text`. The associated data
 * names the row, so that nobody with write access can move one person's data to another's row. Nonces are random; one
 * key seals at most 2^32 texts, which `rekey` renews.
 * @module
 */
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { EligoError, invalidInput } from '../errors.ts';

const PLAIN = 0;
const SEALED = 1;
const KEY_ID_LENGTH = 8;
const NONCE_LENGTH = 12;
const TAG_LENGTH = 16;
const HEADER_LENGTH = 1 + KEY_ID_LENGTH + NONCE_LENGTH;

/** A key of 32 bytes, and what names it in a store. */
export type SealKey = { readonly bytes: Uint8Array; readonly id: Uint8Array };

/**
 * Reads a key as its file or the environment has it: 0x and 64 hex digits.
 * @param name what the error calls it; the key itself is not repeated
 * @throws {InvalidInput}
 */
export function readSealKey(text: string, name: string): SealKey {
  const digits = /^0x([0-9a-f]{64})$/i.exec(text.trim())?.[1];
  if (digits === undefined)
    throw invalidInput(name, undefined, 'must be one key, 0x and 64 hex digits, and nothing else');
  return toSealKey(Uint8Array.from(Buffer.from(digits, 'hex')));
}

/** A key with its id: the first 8 bytes of a sha256 that is used for nothing else. */
export function toSealKey(bytes: Uint8Array): SealKey {
  if (bytes.length !== 32) throw invalidInput('key', bytes.length, 'must have 32 bytes');
  const id = createHash('sha256').update('eligo/seal-key-id/1').update(bytes).digest();
  return { bytes, id: Uint8Array.from(id.subarray(0, KEY_ID_LENGTH)) };
}

/** Seals a text. @param row names the row it belongs to */
export function seal(key: SealKey | undefined, text: Uint8Array, row: Uint8Array): Uint8Array {
  if (!key) return Uint8Array.of(PLAIN, ...text);
  const nonce = randomBytes(NONCE_LENGTH);
  const cipher = createCipheriv('aes-256-gcm', key.bytes, nonce).setAAD(row);
  const parts = [Uint8Array.of(SEALED), key.id, nonce, cipher.update(text), cipher.final()];
  return Uint8Array.from(Buffer.concat([...parts, cipher.getAuthTag()]));
}

/**
 * Opens a text.
 * @throws {StoreMismatch} if it was sealed under another key, or the text or its row was altered
 */
export function unseal(key: SealKey | undefined, text: Uint8Array, row: Uint8Array): Uint8Array {
  if (!key && text[0] === PLAIN) return text.slice(1);
  // With a key nothing plain is taken: whoever can write to the store could put anything there.
  const fits = key && text[0] === SEALED && sameBytes(text.subarray(1, 1 + KEY_ID_LENGTH), key.id);
  if (!fits) throw mismatch('is sealed under another key, or not sealed');
  const nonce = text.subarray(1 + KEY_ID_LENGTH, HEADER_LENGTH);
  const end = text.length - TAG_LENGTH;
  try {
    const decipher = createDecipheriv('aes-256-gcm', key.bytes, nonce).setAAD(row);
    decipher.setAuthTag(text.subarray(end));
    const opened = [decipher.update(text.subarray(HEADER_LENGTH, end)), decipher.final()];
    return Uint8Array.from(Buffer.concat(opened));
  } catch {
    throw mismatch('was altered, or belongs to another row');
  }
}

/** Whether a store that names this key, or none, can be used with that one. */
export function isKeyOf(named: Uint8Array | null, key: SealKey | undefined): boolean {
  if (named === null || !key) return named === null && !key;
  return sameBytes(named, key.id);
}

/** Whether two byte strings are the same. Not for secrets: it stops at the first difference. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

function mismatch(what: string): EligoError {
  return new EligoError('StoreMismatch', `personal data in the store ${what}`);
}
