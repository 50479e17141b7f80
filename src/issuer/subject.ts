/**
 * Subject keys: whom an attestation is about, in a form that can be compared and not read. The store holds one live
 * attestation per schema and subject key, so two spellings of one person must give one key:
 *
 * | kind | normal form |
 * |---|---|
 * | `address` | 20 bytes in hex with 0x, lower-case; what mixes cases must have a right EIP-55 checksum |
 * | `email` | NFKC; the local part lower-cased, its dots and plus-tags kept; the domain lower-case ASCII (IDNA) |
 * | `document` | `CC:NUMBER`: an ISO 3166-1 alpha-2 code and, NFKC and upper-case, 3 to 64 letters and digits; spaces, hyphens, dots and slashes are dropped |
 * | `free` | NFC, white space collapsed to one space, 1 to 256 characters, case kept |
 *
 * White space around an identifier never counts. Dots and plus-tags stay because providers differ: `a.b@` and `ab@` are
 * one mailbox with some and two people with others, and taking two people for one refuses somebody their right.
 *
 * The key is `HMAC-SHA-256(pepper, "eligo/subject/1", kind, normal form)`, each part led by its length. Without the
 * pepper nobody can try out e-mail addresses against a stolen store.
 * @module
 */
import { createHmac } from 'node:crypto';
import { domainToASCII } from 'node:url';
import { getAddress } from 'viem';
import { invalidInput, type EligoError } from '../errors.ts';
import { COUNTRIES } from '../protocol/countries.ts';
import { platformRandom, type RandomSource } from '../protocol/field.ts';

/** The kinds of identifiers. */
export const SUBJECT_KINDS = ['address', 'email', 'document', 'free'] as const;

/** What an identifier is. */
export type SubjectKind = (typeof SUBJECT_KINDS)[number];

const PEPPER_BYTES = 32;

/**
 * The normal form of an identifier; the module's table has the rules.
 * @throws {InvalidInput} naming the kind and the rule; of the identifier it shows an address only
 * @example normaliseSubject('email', ' Ann.Lee@Bücher.example') // 'ann.lee@xn--bcher-kva.example'
 */
export function normaliseSubject(kind: SubjectKind, text: string): string {
  if (/\p{Surrogate}/u.test(text)) throw refused(kind, 'must not hold half of a surrogate pair');
  switch (kind) {
    case 'address':
      return normaliseAddress(text.trim());
    case 'email':
      return normaliseEmail(text.normalize('NFKC').trim());
    case 'document':
      return normaliseDocument(text.normalize('NFKC').trim());
    case 'free':
      return normaliseFree(text.normalize('NFC'));
  }
}

/**
 * The key under which a store keeps a subject.
 * @param parameters.pepper     32 bytes, the issuer's secret
 * @param parameters.identifier in any spelling
 * @returns 32 bytes
 * @throws {InvalidInput} see `normaliseSubject`
 */
export function subjectKey(parameters: {
  readonly pepper: Uint8Array;
  readonly kind: SubjectKind;
  readonly identifier: string;
}): Uint8Array {
  const { pepper, kind, identifier } = parameters;
  return hmac(pepper, ['eligo/subject/1', kind, normaliseSubject(kind, identifier)]);
}

/** Draws a pepper. @throws {InvalidInput} if the source gives fewer bytes than it was asked for */
export function createPepper(random: RandomSource = platformRandom): Uint8Array {
  return checkPepper(random(PEPPER_BYTES));
}

/** Reads a pepper's file: 0x and 64 hex digits. @throws {InvalidInput} without showing it */
export function readPepper(text: string): Uint8Array {
  const [, digits] = /^0x([0-9a-fA-F]{64})\s*$/.exec(text) ?? [];
  if (digits === undefined) {
    throw invalidInput('pepper', undefined, 'must be 0x and 64 hex digits');
  }
  return Uint8Array.from(Buffer.from(digits, 'hex'));
}

/** A pepper as its file has it. */
export function writePepper(pepper: Uint8Array): string {
  return `0x${Buffer.from(checkPepper(pepper)).toString('hex')}\n`;
}

/** What a store keeps beside its keys, so that another pepper is noticed before it makes a second key for anybody. */
export function pepperCheck(pepper: Uint8Array): Uint8Array {
  return hmac(pepper, ['eligo/pepper-check/1']);
}

/** Each part is led by its length: no two lists of parts are the same bytes. */
function hmac(pepper: Uint8Array, parts: readonly string[]): Uint8Array {
  const mac = createHmac('sha256', checkPepper(pepper));
  for (const part of parts) {
    const bytes = Buffer.from(part, 'utf8');
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    mac.update(length).update(bytes);
  }
  return Uint8Array.from(mac.digest());
}

function checkPepper(pepper: Uint8Array): Uint8Array {
  if (pepper.length === PEPPER_BYTES) return pepper;
  throw invalidInput('pepper', undefined, `must be ${PEPPER_BYTES} bytes`);
}

function normaliseAddress(text: string): string {
  const lower = text.toLowerCase();
  if (!/^0x[0-9a-fA-F]{40}$/.test(text)) {
    throw refused('address', 'must be 0x and 40 hex digits', text);
  }
  const digits = text.slice(2);
  const oneCase = digits === digits.toLowerCase() || digits === digits.toUpperCase();
  if (!oneCase && getAddress(lower) !== text) {
    throw refused('address', 'must have a right EIP-55 checksum where it mixes cases', text);
  }
  return lower;
}

function normaliseEmail(text: string): string {
  const [local = '', domain = '', ...more] = text.split('@');
  if (local === '' || domain === '' || more.length > 0) {
    throw refused('email', 'must be a local part, one @ and a domain');
  }
  if (/[\s\p{C}"(),:;<>[\\\]]/u.test(local) || Buffer.byteLength(local) > 64) {
    const rule = 'must have a local part of at most 64 bytes, without spaces, quotes or brackets';
    throw refused('email', rule);
  }
  // Lower-casing can undo NFKC.
  return `${local.toLowerCase().normalize('NFKC')}@${normaliseDomain(domain)}`;
}

/** A host name of two labels or more. What a URL parser makes of numbers and escapes is not let near it. */
function normaliseDomain(domain: string): string {
  const ascii = /^[\p{L}\p{M}\p{N}.-]+$/u.test(domain) ? domainToASCII(domain) : '';
  const labels = ascii.split('.');
  const valid =
    labels.length >= 2 &&
    ascii.length <= 253 &&
    labels.every((label) => /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(label)) &&
    /[a-z]/.test(labels.at(-1) ?? '');
  if (!valid) throw refused('email', 'must have a domain name such as example.org after its @');
  return ascii;
}

function normaliseDocument(text: string): string {
  const [country = '', number = '', ...more] = text.split(':');
  const code = country.trim().toUpperCase();
  if (more.length > 0 || !COUNTRIES.includes(code)) {
    throw refused('document', 'must be CC:NUMBER, with an ISO 3166-1 alpha-2 code as its CC');
  }
  const kept = number.replace(/[\s\p{Pd}./]/gu, '');
  // Upper-casing comes last: it makes ASCII of some letters that are none.
  if (!/^[A-Za-z0-9]{3,64}$/.test(kept)) {
    const rule = 'must have 3 to 64 letters A to Z and digits after its country';
    throw refused('document', rule);
  }
  return `${code}:${kept.toUpperCase()}`;
}

function normaliseFree(text: string): string {
  const collapsed = text.replace(/\s+/g, ' ').trim();
  if (/\p{Cc}/u.test(collapsed)) throw refused('free', 'must not hold control characters');
  const { length } = Array.from(collapsed);
  if (length < 1 || length > 256) throw refused('free', 'must be 1 to 256 characters long');
  return collapsed;
}

/** An identifier is personal data: only an address, which is public anyway, is shown. */
function refused(kind: SubjectKind, rule: string, value?: string): EligoError {
  return invalidInput(`identifier of kind ${kind}`, value, rule);
}
