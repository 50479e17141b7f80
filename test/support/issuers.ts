/**
 * An issuer's store with people in it, for tests: whose it is, whom it attests, and what is in it afterwards.
 * @module
 */
import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import type { Deployment } from '../../src/chain/deployment.ts';
import type { Issuer } from '../../src/issuer/issuer.ts';
import { issue, type IssueParameters, type IssueRow, type Issued } from '../../src/issuer/issue.ts';
import { pepperCheck } from '../../src/issuer/subject.ts';
import { canonicalJson } from '../../src/protocol/codec.ts';
import { NEVER, toField, type Field } from '../../src/protocol/field.ts';
import { EMPTY_HEAD, nextHead, readLogEntry, type LogEntry } from '../../src/protocol/log.ts';
import { defineSchema, type Schema } from '../../src/protocol/schema.ts';
import { bindStore } from '../../src/store/book.ts';
import { toHex } from '../../src/store/bytes.ts';
import { toSealKey } from '../../src/store/seal.ts';
import type { Store } from '../../src/store/store.ts';
import { loadHasher } from '../../src/tree/hasher.ts';
import { createTree } from '../../src/tree/tree.ts';
import { schemaDocument } from './world.ts';

export const PEPPER = new Uint8Array(32).fill(7);

export const EVIDENCE = `0x${'ab'.repeat(32)}` as const;

/** 2026-01-01T12:00:00Z */
export const NOW = 1_767_268_800n;

export const KEY = toSealKey(new Uint8Array(32).fill(1));
export const OTHER_KEY = toSealKey(new Uint8Array(32).fill(2));

/** A deployment that no chain has. */
export const DEPLOYMENT: Deployment = {
  eligo: 'deployment/1',
  chainId: '31337',
  circuit: 'c'.repeat(64),
  security: 'INSECURE-DEV',
  contracts: {
    IssuerRegistry: '0x5FbDB2315678afecb367f032d93F642f64180aa3',
    RootRegistry: '0xe7f1725E7734CE288F8367e1Bb143E90bb3F0512',
    Grants: '0x9fE46736679d2D9a65F0992F2272dE9f3c7fa6e0',
    Distributor: '0xCf7Ed3AccA5a467e9e704C703E8D87F634fB0Fc9',
  },
};

export const schema: Schema = defineSchema(schemaDocument());
export const otherSchema: Schema = defineSchema({ ...schemaDocument(), version: '2' });

/** Makes a store an issuer's. */
export async function bound(store: Store): Promise<Issuer> {
  const binding = { deployment: canonicalJson(DEPLOYMENT), issuerId: 3n, treeId: 5n };
  await bindStore(store, binding, pepperCheck(PEPPER));
  return { store, deployment: DEPLOYMENT, issuerId: 3n, treeId: 5n };
}

/** The subject key of person number n. */
export const subjectOf = (n: number): Uint8Array =>
  Uint8Array.from(createHash('sha256').update(`person ${n}`).digest());

/** The commitment of person number n. */
export const commitmentOf = (n: number): Field => toField(10n ** 20n + BigInt(n), 'commitment');

/** A row about person number n. */
export const rowOf = (n: number, changes: Partial<IssueRow> = {}): IssueRow => ({
  subjectKey: subjectOf(n),
  commitment: commitmentOf(n),
  expiresAt: NEVER,
  values: [3n, 1n, 719_161n, 400n + BigInt(n)],
  name: `line ${n}`,
  ...changes,
});

/** Rows about so many people, from person number `from`. */
export const rowsOf = (count: number, from = 0): readonly IssueRow[] =>
  Array.from({ length: count }, (_, i) => rowOf(from + i));

/** The protocol's hash of leaves. */
export const hashLeaves = async (preimages: Uint8Array): Promise<Uint8Array> =>
  (await loadHasher()).leaves(preimages);

/** Another hash of 248 bits, where leaves only have to differ. */
export const cheapLeaves = (preimages: Uint8Array): Promise<Uint8Array> => {
  const leaves = new Uint8Array((preimages.length / 288) * 32);
  for (let i = 0; i * 288 < preimages.length; i++) {
    const digest = createHash('sha256').update(preimages.subarray(288 * i, 288 * i + 288));
    leaves.set(digest.digest().subarray(0, 31), 32 * i + 1);
  }
  return Promise.resolve(leaves);
};

/** Issues rows. @returns what was issued */
export async function issued(
  store: Store,
  rows: IssueParameters['rows'],
  options: Partial<IssueParameters> = {},
): Promise<readonly Issued[]> {
  const all: Issued[] = [];
  const onIssued = (some: readonly Issued[]): void => {
    all.push(...some);
  };
  await issue(store, { schema, rows, now: NOW, hashLeaves: cheapLeaves, onIssued, ...options });
  return all;
}

const TABLES = [
  'book',
  'schemas',
  'log',
  'attestations',
  'publications',
  'enrolments',
  'blocks',
  'staged_blocks',
  'imports',
  'import_rounds',
  'import_rows',
] as const;

/** A table's name. */
export type TableName = (typeof TABLES)[number];

/** Every row of some tables as text, in an order that doesn't depend on when it was written. */
export async function rowsIn(
  store: Store,
  tables: readonly TableName[] = TABLES,
): Promise<readonly string[]> {
  const all: string[] = [];
  for (const table of tables) {
    const { rows } = await sql<{ row: string }>`
      select row_to_json(t)::text as row from ${sql.table(table)} as t`.execute(store.db);
    all.push(...rows.map(({ row }) => `${table} ${row}`).sort());
  }
  return all;
}

/** The log's entries, held against the heads that are stored beside them and against the book's. */
export async function checkedLog(store: Store): Promise<readonly LogEntry[]> {
  const rows = await store.db.selectFrom('log').selectAll().orderBy('seq').execute();
  let head = EMPTY_HEAD;
  const entries = rows.map((row, i) => {
    head = nextHead(head, row.line);
    const entry = readLogEntry(row.line, `log[${i}]`);
    const fits =
      toHex(row.head) === head &&
      row.seq === BigInt(i + 1) &&
      entry.seq === row.seq &&
      entry.kind === row.kind &&
      (entry.kind === 'publish' ? null : entry.position) === row.position;
    if (!fits) throw new Error(`log entry ${i + 1} doesn't fit: ${row.line}`);
    return entry;
  });
  const book = await store.db.selectFrom('book').selectAll().executeTakeFirstOrThrow();
  if (toHex(book.log_head) !== head || book.log_seq !== BigInt(rows.length))
    throw new Error('the book has another head');
  return entries;
}

/** The leaves by position that a log leads to, 0 for revoked ones: the slow twin of a store. */
export function replayed(entries: readonly LogEntry[]): readonly Field[] {
  const leaves: Field[] = [];
  for (const entry of entries) {
    if (entry.kind === 'publish') continue;
    if (entry.kind === 'attest' && entry.position !== leaves.length)
      throw new Error(`position ${entry.position} leaves a gap`);
    leaves[entry.position] = entry.kind === 'revoke' ? (0n as Field) : entry.leaf;
  }
  return leaves;
}

/** The root of the tree that a store's log leads to. */
export async function rootOfLog(store: Store): Promise<Field> {
  return (await createTree({ leaves: replayed(await checkedLog(store)) })).root();
}
