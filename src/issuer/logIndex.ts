/**
 * How a log stands in files: segments of 4,096 entries, each a raw block named by its CID, so that a folder, a web server
 * and IPFS serve the same bytes; and the index, `log.json`, the one file that changes.
 * @module
 */
import { createHash } from 'node:crypto';
import type { Address, Hex } from 'viem';
import { CID } from 'multiformats/cid';
import * as raw from 'multiformats/codecs/raw';
import * as digest from 'multiformats/hashes/digest';
import { z } from 'zod';
import { EligoError, invalidInput } from '../errors.ts';
import {
  MAX_DOCUMENT_LENGTH,
  addressShape,
  bytes32Shape,
  readDocument,
} from '../protocol/codec.ts';
import { toInteger, toUint } from '../protocol/field.ts';
import { EMPTY_HEAD, MAX_LINE_LENGTH } from '../protocol/log.ts';

/** Entries of every segment but the last, which may have fewer. */
export const SEGMENT_ENTRIES = 4096;

/** Bytes of a segment: below the 2 MiB that any IPFS node takes as one block. */
export const MAX_SEGMENT_BYTES = SEGMENT_ENTRIES * (MAX_LINE_LENGTH + 1);

/** Bytes of an index: some 25 million entries. */
export const MAX_INDEX_BYTES = MAX_DOCUMENT_LENGTH;

/** The index's file. */
export const INDEX_FILE = 'log.json';

/** Multihash code of sha2-256. */
const SHA256 = 0x12;

/** Whose log it is. */
export type LogHeader = {
  readonly chainId: bigint;
  /** The RootRegistry. */
  readonly registry: Address;
  readonly tree: bigint;
};

/** Some entries, and the head after the last of them. */
type Stretch = { readonly entries: number; readonly head: Hex };

/** One file of entries. */
export type LogSegment = Stretch & { readonly cid: string };

/** The index, parsed. `entries` and `head` are those of the whole log. */
export type LogIndex = LogHeader & Stretch & { readonly segments: readonly LogSegment[] };

const indexShape = z.strictObject({
  eligo: z.literal('log/1', 'must be "log/1"'),
  chainId: z.string(),
  registry: addressShape,
  tree: z.string(),
  entries: z.string(),
  head: bytes32Shape,
  segments: z.array(z.strictObject({ cid: z.string(), entries: z.string(), head: bytes32Shape })),
});

/** The CID of a raw block: version 1, sha2-256, base32. */
export function cidOf(bytes: Uint8Array): string {
  const hash = digest.create(SHA256, createHash('sha256').update(bytes).digest());
  return CID.createV1(raw.code, hash).toString();
}

/**
 * Text that is such a CID in its one spelling.
 * @throws {InvalidInput}
 */
export function checkCid(text: string, name: string): string {
  try {
    const cid = CID.parse(text);
    const right = cid.version === 1 && cid.code === raw.code && cid.multihash.code === SHA256;
    if (right && cid.multihash.digest.length === 32 && cid.toString() === text) return text;
  } catch {
    // Not a CID of any kind.
  }
  throw invalidInput(name, text, 'must be a CIDv1 of a raw block, sha2-256, in base32');
}

/**
 * Checks that bytes are those that a CID names.
 * @throws {InvalidInput} naming the CID
 */
export function checkBlock(bytes: Uint8Array, cid: string): void {
  const found = cidOf(bytes);
  if (found !== cid) throw invalidInput(cid, found, 'must be the CID of what the file holds');
}

/**
 * Reads an index.
 * @throws {InvalidInput} naming the path, the value and the rule; also where entries and heads don't add up
 */
export function readLogIndex(input: unknown): LogIndex {
  const document = readDocument(indexShape, input, 'log index');
  const last = document.segments.length - 1;
  const segments = document.segments.map(({ cid, entries, head }, i): LogSegment => {
    const name = `log index.segments[${i}]`;
    const max = BigInt(SEGMENT_ENTRIES);
    const count = toInteger(entries, `${name}.entries`, max, i === last ? 1n : max);
    return { cid: checkCid(cid, `${name}.cid`), entries: Number(count), head: head as Hex };
  });
  const entries = segments.reduce((sum, segment) => sum + segment.entries, 0);
  if (document.entries !== String(entries))
    throw invalidInput('log index.entries', document.entries, `must be the sum, ${entries}`);
  const end = segments.at(-1)?.head ?? EMPTY_HEAD;
  if (document.head !== end)
    throw invalidInput('log index.head', document.head, `must be the last segment's, ${end}`);
  return {
    chainId: toUint(document.chainId, 'log index.chainId', 64),
    registry: document.registry,
    tree: toUint(document.tree, 'log index.tree', 64),
    ...{ entries, head: end, segments },
  };
}

/** The index as the text of its file. @throws {InvalidInput} if the log is too long for one index */
export function writeLogIndex(index: LogIndex): string {
  const document: z.infer<typeof indexShape> = {
    eligo: 'log/1',
    chainId: index.chainId.toString(),
    registry: index.registry,
    tree: index.tree.toString(),
    entries: index.entries.toString(),
    head: index.head,
    segments: index.segments.map(({ cid, entries, head }) => {
      return { cid, entries: entries.toString(), head };
    }),
  };
  const text = JSON.stringify(document);
  if (text.length <= MAX_INDEX_BYTES) return text;
  throw invalidInput('log', index.entries, 'has more entries than one index can name');
}

/**
 * Refuses the files of another log.
 * @param name what the error calls the files
 * @throws {InvalidInput}
 */
export function checkHeader(found: LogHeader, expected: LogHeader, name: string): void {
  const text = (value: bigint | string): string => value.toString().toLowerCase();
  for (const key of ['chainId', 'registry', 'tree'] as const) {
    if (text(found[key]) === text(expected[key])) continue;
    throw invalidInput(`${name}.${key}`, found[key], `must be ${expected[key].toString()}`);
  }
}

/** The log isn't the one that it was, or that it says it is. */
export function brokenLog(message: string, data: EligoError['data']): EligoError {
  return new EligoError('AuditFailed', message, data);
}
