/**
 * The issuer's log: NDJSON without personal data, chained by hash, from which anyone rebuilds the tree (PROTOCOL.md
 * section 5, last paragraph): `head_0 = 0`, `head_i = keccak256(head_{i-1} ‖ UTF-8 of JCS(entry_i))`.
 * @module
 */
import type { Hex } from 'viem';
import { z } from 'zod';
import { invalidInput } from '../errors.ts';
import { bytes32Shape, canonicalJson, joinBytes, readDocument } from './codec.ts';
import { hexToBytes, keccak256, stringToBytes } from './evm.ts';
import { toField, toTime, toUint } from './field.ts';
import type { Field } from './field.ts';
import { TREE_DEPTH } from './merklePath.ts';

/** Why an attestation was revoked. A closed list: a log is read by machines, and by auditors years later. */
export const REVOCATION_REASONS = [
  'holder-request',
  'key-lost',
  'data-changed',
  'membership-ended',
  'duplicate',
  'issued-in-error',
  'fraud',
  'sanctioned',
  'court-order',
] as const;

/** Why an attestation was reinstated. */
export const REINSTATEMENT_REASONS = [
  'revoked-in-error',
  'appeal-granted',
  'suspension-ended',
  'court-order',
] as const;

export type RevocationReason = (typeof REVOCATION_REASONS)[number];
export type ReinstatementReason = (typeof REINSTATEMENT_REASONS)[number];

/** The head of an empty log. */
export const EMPTY_HEAD: Hex = `0x${'00'.repeat(32)}`;

type Common = {
  /** Counted from 1 without gaps. */
  readonly seq: bigint;
  /** Unix seconds at which it was recorded; never falls. */
  readonly at: bigint;
};

/**
 * UTF-16 units of the longest line that is read. The longest that is written has about 300: a reader can bound what it
 * holds before it understands a word.
 */
export const MAX_LINE_LENGTH = 400;

/** One entry, parsed. `position` is u28, `evidence` the sha256 of a file. */
export type LogEntry = Common &
  (
    | {
        readonly kind: 'attest';
        readonly position: number;
        readonly leaf: Field;
        /** The position of the attestation that this one replaces, revoked in the same publication. */
        readonly replaces?: number;
      }
    | {
        readonly kind: 'revoke';
        readonly position: number;
        readonly reason: RevocationReason;
        readonly evidence: Hex;
      }
    | {
        readonly kind: 'reinstate';
        readonly position: number;
        readonly leaf: Field;
        readonly reason: ReinstatementReason;
        readonly evidence: Hex;
      }
    | {
        readonly kind: 'publish';
        readonly root: Field;
        /** Positions used. */
        readonly size: number;
        /** Revocations ever made. */
        readonly revoked: bigint;
      }
  );

/** An entry before it has its place in the log. */
export type LogEvent = LogEntry extends infer entry
  ? entry extends Common
    ? Omit<entry, keyof Common>
    : never
  : never;

const common = { seq: z.string(), at: z.string() };

const entryShape = z.discriminatedUnion('kind', [
  z.strictObject({
    ...common,
    kind: z.literal('attest'),
    position: z.string(),
    leaf: z.string(),
    replaces: z.string().optional(),
  }),
  z.strictObject({
    ...common,
    kind: z.literal('revoke'),
    position: z.string(),
    reason: z.enum(REVOCATION_REASONS, `must be one of ${REVOCATION_REASONS.join(', ')}`),
    evidence: bytes32Shape,
  }),
  z.strictObject({
    ...common,
    kind: z.literal('reinstate'),
    position: z.string(),
    leaf: z.string(),
    reason: z.enum(REINSTATEMENT_REASONS, `must be one of ${REINSTATEMENT_REASONS.join(', ')}`),
    evidence: bytes32Shape,
  }),
  z.strictObject({
    ...common,
    kind: z.literal('publish'),
    root: z.string(),
    size: z.string(),
    revoked: z.string(),
  }),
]);

/** The line of an entry: its canonical JSON, without a line feed. */
export function writeLogEntry(entry: LogEntry): string {
  const texts = Object.entries(entry)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => [key, String(value)]);
  return canonicalJson(Object.fromEntries(texts));
}

/**
 * Reads a line of a log.
 * @param name what the error calls the line
 * @throws {InvalidInput} naming the path, the value and the rule; also where the line is not in canonical form, since
 * the head would be another
 */
export function readLogEntry(line: string, name: string): LogEntry {
  if (line.length > MAX_LINE_LENGTH) {
    throw invalidInput(name, line.length, `must be at most ${MAX_LINE_LENGTH} characters long`);
  }
  const document = readDocument(entryShape, parseLine(line, name), name);
  if (canonicalJson(document) !== line) throw invalidInput(name, line, 'must be canonical JSON');
  const seq = toUint(document.seq, `${name}.seq`, 64);
  const at = toTime(document.at, `${name}.at`);
  return { seq, at, ...readEvent(document, name) };
}

function readEvent(document: z.infer<typeof entryShape>, name: string): LogEvent {
  const position = (text: string, key = 'position'): number =>
    Number(toUint(text, `${name}.${key}`, 2 * TREE_DEPTH));
  const { kind } = document;
  if (kind === 'publish') {
    const size = Number(toUint(document.size, `${name}.size`, 32));
    const revoked = toUint(document.revoked, `${name}.revoked`, 64);
    return { kind, root: toField(document.root, `${name}.root`), size, revoked };
  }
  const place = { position: position(document.position) };
  if (kind === 'attest') {
    const { replaces } = document;
    return {
      ...{ kind, ...place, leaf: toField(document.leaf, `${name}.leaf`) },
      ...(replaces !== undefined && { replaces: position(replaces, 'replaces') }),
    };
  }
  const evidence = document.evidence as Hex;
  if (kind === 'revoke') return { kind, ...place, reason: document.reason, evidence };
  const leaf = toField(document.leaf, `${name}.leaf`);
  return { kind, ...place, leaf, reason: document.reason, evidence };
}

/** Duplicate keys need no parser of their own here: the canonical form of what is left differs from the line. */
function parseLine(line: string, name: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch {
    throw invalidInput(name, line, 'must be valid JSON');
  }
}

/** The head after an entry. */
export function nextHead(head: Hex, line: string): Hex {
  return keccak256(joinBytes([hexToBytes(head), stringToBytes(line)]));
}
