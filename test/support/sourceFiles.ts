/**
 * What tests of the readers of files share: a small schema, people, and a reader that keeps all records.
 * @module
 */
import { expect } from 'chai';
import { keccak256 } from 'viem';
import {
  readSourceFile,
  type SourceFileParameters,
  type SourceFormat,
} from '../../src/issuer/import/files.ts';
import { readMapping } from '../../src/issuer/import/mapping.ts';
import type { AttestRecord, ImportRecord } from '../../src/issuer/import/record.ts';
import { NEVER } from '../../src/protocol/field.ts';
import { defineSchema } from '../../src/protocol/schema.ts';
import { NOW, rejected } from './world.ts';

/** Addresses with right checksums. */
export const ANN = '0x5C69bEe701ef814a2B6a3EDD4B1652CB9cc5aA6f';
export const BOB = '0xC7AA922f0823DeE2eD721E61ebCCF2F9596017Fb';

/** What must never stand in an error or an exclusion: parts of the addresses. */
const PRIVATE = /5c69|aa6f|c7aa|17fb/i;

/** The schema of a list: who is due how much. */
export const listSchema = defineSchema({
  eligo: 'schema/1',
  name: 'List',
  version: '1',
  description: 'What is due to whom',
  fields: [{ name: 'amount', type: 'amount', description: 'Amount', decimals: '6', meter: true }],
});

/** Bytes in pieces of so many. */
export async function* pieces(bytes: Uint8Array, length = 65_536): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += length)
    yield await Promise.resolve(bytes.subarray(at, at + length));
}

/** What a test changes of a reading: everything else is plain. */
export type Reading = Partial<Omit<SourceFileParameters, 'mapping' | 'format'>> & {
  readonly mapping?: unknown;
  readonly pieces?: number;
};

/** Reads a whole source. */
export async function readAll(
  format: SourceFormat,
  source: string | Uint8Array,
  { mapping, pieces: length, ...options }: Reading = {},
): Promise<readonly ImportRecord[]> {
  const bytes = typeof source === 'string' ? Buffer.from(source, 'utf8') : source;
  const records: ImportRecord[] = [];
  for await (const record of readSourceFile({
    input: { chunks: pieces(bytes, length) },
    schema: listSchema,
    units: { kind: 'base' },
    expiresAt: NEVER,
    now: NOW,
    ...options,
    format,
    ...(mapping !== undefined && { mapping: readMapping(mapping) }),
  }))
    records.push(record);
  return records;
}

/** The record of somebody to whom so much is due, under `listSchema`. */
export function due(id: string, account: string, amount: bigint): AttestRecord {
  return {
    kind: 'attest',
    place: id,
    id,
    account,
    commitment: undefined,
    expiresAt: NEVER,
    values: [0n, 0n, 0n, amount],
  };
}

/** Shows that a source is refused as a whole: where, and why, and without a word of what it holds. */
export async function expectRefused(
  work: Promise<unknown>,
  line: number | undefined,
  rule: RegExp,
): Promise<void> {
  const error = await rejected(work);
  expect(error.code).to.equal('InvalidInput');
  expect(error.message).to.match(rule);
  if (line !== undefined) {
    expect(error.data['line']).to.equal(line);
    expect(error.message.startsWith(`line ${line}`), error.message).to.equal(true);
  }
  expect(`${error.message} ${JSON.stringify(error.data)}`).not.to.match(PRIVATE);
}

/** Shows that one record is an exclusion, without a word of what its row holds. */
export function expectExcluded(record: ImportRecord | undefined, rule: string, detail = /./): void {
  expect(record).to.include({ kind: 'exclude', rule });
  expect(JSON.stringify(record)).not.to.match(PRIVATE);
  if (record?.kind === 'exclude') expect(record.detail).to.match(detail);
}

type Leaf = readonly [string, string];

function hashLeaf([address, amount]: Leaf): Uint8Array {
  const word = (hex: string): string => hex.padStart(64, '0');
  const words = word(address.slice(2)) + word(BigInt(amount).toString(16));
  return keccak256(keccak256(Buffer.from(words, 'hex'), 'bytes'), 'bytes');
}

/** A dump as `StandardMerkleTree.of(leaves, ['address', 'uint256']).dump()` gives it. */
export function dumpOf(leaves: readonly Leaf[]) {
  const hashed = leaves
    .map((value, i) => ({ i, hash: Buffer.from(hashLeaf(value)) }))
    .sort((a, b) => Buffer.compare(a.hash, b.hash));
  const length = 2 * leaves.length - 1;
  const tree: Buffer[] = [];
  const places: number[] = [];
  hashed.forEach(({ i, hash }, at) => {
    tree[length - 1 - at] = hash;
    places[i] = length - 1 - at;
  });
  for (let i = leaves.length - 2; i >= 0; i -= 1) {
    const pair = [tree[2 * i + 1]!, tree[2 * i + 2]!].sort((a, b) => Buffer.compare(a, b));
    tree[i] = Buffer.from(keccak256(Buffer.concat(pair), 'bytes'));
  }
  return {
    format: 'standard-v1',
    leafEncoding: ['address', 'uint256'],
    tree: tree.map((node) => `0x${node.toString('hex')}`),
    values: leaves.map((value, i) => ({ value, treeIndex: places[i]! })),
  };
}
