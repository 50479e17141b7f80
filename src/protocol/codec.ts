/**
 * JSON documents, strictly: unknown and duplicate keys are refused, integers are decimal strings, text is NFC, and the
 * canonical form (RFC 8785) is what gets hashed (PROTOCOL.md section 1).
 * @module
 */
import canonicalize from 'canonicalize';
import { parseTree, printParseErrorCode, type Node, type ParseError } from 'jsonc-parser';
import { z } from 'zod';
import { invalidInput } from '../errors.ts';
import { isAddress } from './evm.ts';

/** The longest document that is read, in UTF-16 units. */
export const MAX_DOCUMENT_LENGTH = 1_048_576;

/** 32 bytes of a document. */
export const bytes32Shape = z
  .string()
  .regex(/^0x[0-9a-f]{64}$/, 'must be 32 bytes, 0x and 64 hex digits');

/** An address of a document. */
export const addressShape = z
  .string()
  .refine((text) => isAddress(text), 'must be an address, with a right checksum if it has one');

/**
 * Parses JSON text, refusing what JSON.parse lets through: duplicate keys, and depth that exhausts the stack.
 * @param name what the error calls the document
 * @throws {InvalidInput}
 */
export function parseJson(text: string, name: string): unknown {
  if (text.length > MAX_DOCUMENT_LENGTH) {
    throw invalidInput(name, text.length, `must be at most ${MAX_DOCUMENT_LENGTH} characters long`);
  }
  const errors: ParseError[] = [];
  let tree: Node | undefined;
  try {
    tree = parseTree(text, errors, { disallowComments: true, allowTrailingComma: false });
    if (tree) refuseDuplicateKeys(tree, name);
  } catch (error) {
    if (error instanceof RangeError) throw invalidInput(name, undefined, 'is nested too deeply');
    throw error;
  }
  const first = errors[0];
  if (first || !tree) {
    const where = first
      ? `${printParseErrorCode(first.error)} at character ${first.offset}`
      : 'empty';
    throw invalidInput(name, undefined, `must be valid JSON (${where})`);
  }
  return JSON.parse(text) as unknown;
}

function refuseDuplicateKeys(node: Node, path: string): void {
  if (node.type === 'object') {
    const seen = new Set<string>();
    for (const property of node.children ?? []) {
      const [key, value] = property.children ?? [];
      const keyName = String(key?.value);
      if (seen.has(keyName)) throw invalidInput(path, keyName, 'must not hold the same key twice');
      seen.add(keyName);
      if (value) refuseDuplicateKeys(value, `${path}.${keyName}`);
    }
  } else if (node.type === 'array') {
    (node.children ?? []).forEach((child, i) => {
      refuseDuplicateKeys(child, `${path}[${i}]`);
    });
  }
}

/**
 * Reads a document, given as JSON text or as a plain object, against its shape.
 * @param name what the error calls the document; the path of the first fault follows it
 * @throws {InvalidInput} naming path, value and rule
 */
export function readDocument<T>(shape: z.ZodType<T>, input: unknown, name: string): T {
  const value = typeof input === 'string' ? parseJson(input, name) : input;
  const result = shape.safeParse(value);
  if (result.success) {
    checkTexts(result.data, name);
    return result.data;
  }
  const issue = result.error.issues[0];
  const path = (issue?.path ?? []).map((part) =>
    typeof part === 'number' ? `[${part}]` : `.${String(part)}`,
  );
  throw invalidInput(
    `${name}${path.join('')}`,
    lookUp(value, issue?.path ?? []),
    issue?.message ?? 'invalid',
  );
}

function lookUp(value: unknown, path: readonly PropertyKey[]): unknown {
  let found: unknown = value;
  for (const part of path) {
    if (typeof found !== 'object' || found === null) return 'missing';
    found = (found as Record<PropertyKey, unknown>)[part];
  }
  return found ?? 'missing';
}

/** A plain object may be nested deeper than the stack, or hold itself. */
function checkTexts(document: unknown, name: string): void {
  try {
    refuseOtherText(document, name);
  } catch (error) {
    if (error instanceof RangeError) throw invalidInput(name, undefined, 'is nested too deeply');
    throw error;
  }
}

function refuseOtherText(value: unknown, path: string): void {
  if (typeof value === 'string') checkText(value, path);
  else if (Array.isArray(value)) {
    value.forEach((inner, i) => {
      refuseOtherText(inner, `${path}[${i}]`);
    });
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value)) refuseOtherText(inner, `${path}.${key}`);
  }
}

/**
 * Text that has one encoding only: NFC, and no half of a surrogate pair, which UTF-8 can't hold (RFC 8785, 3.2.2.2).
 * @throws {InvalidInput}
 */
export function checkText(text: string, name: string): string {
  if (/\p{Surrogate}/u.test(text))
    throw invalidInput(name, text, 'must not hold half of a surrogate pair');
  if (text !== text.normalize('NFC'))
    throw invalidInput(name, text, 'must be in Unicode normal form NFC');
  return text;
}

/** Byte strings one after the other. */
export function joinBytes(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}

/** The canonical JSON of a document (RFC 8785). */
export function canonicalJson(document: unknown): string {
  const text = canonicalize(document);
  if (text === undefined) throw invalidInput('document', String(document), 'must be a JSON value');
  return text;
}
