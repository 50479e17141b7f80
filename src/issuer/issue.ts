/**
 * Issuing: rows become attestations, leaves and log entries, all of a batch or nothing of it. A subject has at most one
 * live attestation of a schema, and so has a commitment (PROTOCOL.md section 6).
 * @module
 */
import { createHash } from 'node:crypto';
import { EligoError, invalidInput } from '../errors.ts';
import { DAY, preimageOf, type Attestation } from '../protocol/attestation.ts';
import {
  platformRandom,
  randomBytes,
  randomField,
  type Field,
  type RandomSource,
} from '../protocol/field.ts';
import type { LogEvent, RevocationReason } from '../protocol/log.ts';
import { TREE_DEPTH } from '../protocol/merklePath.ts';
import type { Schema } from '../protocol/schema.ts';
import type { Values } from '../protocol/value.ts';
import {
  findHolders,
  insertAttestations,
  setLive,
  type Holder,
  type NewAttestation,
} from '../store/attestations.ts';
import { lockBook, type Book } from '../store/book.ts';
import { toHex, toStoredField } from '../store/bytes.ts';
import { appendLog } from '../store/log.ts';
import { keepSchema } from '../store/schemas.ts';
import type { Database, Store } from '../store/store.ts';
import { fieldAt, packFields } from '../tree/nodes.ts';
import type { Evidence } from './revoke.ts';

/** Rows that are looked up, hashed and written at a time. */
const BATCH = 4096;

/** One attestation to issue. */
export type IssueRow = {
  /** What `subjectKey` gives for the person's identifier. */
  readonly subjectKey: Uint8Array;
  readonly commitment: Field;
  /** Unix seconds; `NEVER` for no expiry. */
  readonly expiresAt: bigint;
  /** As `encodeValues` gives them. */
  readonly values: Values;
  /** Secret; drawn if left out. Only what follows from a secret seed, and from nothing else twice, may stand here. */
  readonly salt?: Field | undefined;
  /** What an error calls the row, such as `line 7`. */
  readonly name?: string | undefined;
};

/** One attestation issued. */
export type Issued = {
  readonly position: number;
  readonly leaf: Field;
  /** The position of the one it replaces. */
  readonly replaces: number | undefined;
  /** Fetches the credential, once. Secret: the store keeps its hash only. */
  readonly token: string | undefined;
};

/** What a batch came to. */
export type IssueSummary = {
  readonly issued: number;
  readonly replaced: number;
  /** Rows whose subject held a live attestation already. */
  readonly skipped: number;
};

/** How a batch is issued. */
export type IssueParameters = {
  readonly schema: Schema;
  readonly rows: AsyncIterable<IssueRow> | Iterable<IssueRow>;
  /** Unix seconds; `issuedAt` is the start of its UTC day, unless it is given. */
  readonly now: bigint;
  /** Unix seconds: the day of what was decided earlier, floored likewise. */
  readonly issuedAt?: bigint | undefined;
  /** What to do with a subject that holds a live attestation: refuse the batch, leave it, or replace it. */
  readonly ifLive?: 'refuse' | 'skip' | { readonly replace: Evidence<RevocationReason> };
  /** Draws a one-time token for each. */
  readonly tokens?: boolean;
  /** Hashes leaves, nine elements of 32 bytes each. */
  readonly hashLeaves: (preimages: Uint8Array) => Promise<Uint8Array>;
  readonly random?: RandomSource;
  /** Told of each part of the batch before all of it is committed. */
  readonly onIssued?: (issued: readonly Issued[]) => void | Promise<void>;
};

/**
 * Issues a batch in one transaction.
 * @throws {AlreadyAttested} for a subject that holds a live attestation, unless `ifLive` says otherwise, or is twice in the batch
 * @throws {CommitmentTaken} for a commitment that is live under another subject
 * @throws {InvalidInput} naming the row; nothing is issued then
 */
export async function issue(store: Store, parameters: IssueParameters): Promise<IssueSummary> {
  return store.transaction((db) => issueWithin(db, store, parameters));
}

/** `issue` as a part of a larger change. */
export async function issueWithin(
  db: Database,
  store: Store,
  parameters: IssueParameters,
): Promise<IssueSummary> {
  let book = await lockBook(db, store);
  const before = book.size;
  await keepSchema(db, parameters.schema);
  const summary = { issued: 0, replaced: 0, skipped: 0 };
  for await (const rows of inBatches(parameters.rows)) {
    const plan = await planBatch(db, parameters, { rows, before });
    const made = await makeAttestations(book, parameters, plan);
    book = await writeBatch(db, store, book, parameters, made);
    summary.issued += made.length;
    summary.replaced += made.filter(({ row }) => row.replaces !== undefined).length;
    summary.skipped += rows.length - made.length;
    await parameters.onIssued?.(
      made.map(({ row, token }) => ({
        position: row.position,
        leaf: row.leaf,
        replaces: row.replaces,
        token,
      })),
    );
  }
  return summary;
}

type Planned = { readonly row: IssueRow; readonly replaces: number | undefined };

/** Which rows are issued, and whom each replaces. */
async function planBatch(
  db: Database,
  { schema, ifLive = 'refuse' }: IssueParameters,
  { rows, before }: { readonly rows: readonly IssueRow[]; readonly before: number },
): Promise<readonly Planned[]> {
  const holders = await findHolders(db, {
    schemaId: schema.id,
    subjectKeys: rows.map((row) => row.subjectKey),
    commitments: rows.map((row) => row.commitment),
  });
  const bySubject = new Map(holders.map((holder) => [toHex(holder.subjectKey), holder]));
  const byCommitment = new Map(
    holders.map((holder) => [toStoredField(holder.commitment), toHex(holder.subjectKey)]),
  );
  const seen = new Set<string>();
  const planned: Planned[] = [];
  for (const row of rows) {
    const subject = toHex(row.subjectKey);
    const held = bySubject.get(subject);
    if (seen.has(subject) || (held && held.position >= before)) {
      if (ifLive !== 'skip') throw alreadyAttested(row, 'is in the batch twice');
      continue;
    }
    seen.add(subject);
    if (held && ifLive === 'refuse') throw alreadyAttested(row, liveAt(held));
    if (held && ifLive === 'skip') continue;
    const owner = byCommitment.get(row.commitment);
    if (owner !== undefined && owner !== subject) throw commitmentTaken(row);
    byCommitment.set(row.commitment, subject);
    planned.push({ row, replaces: held?.position });
  }
  return planned;
}

type Made = {
  readonly row: NewAttestation;
  readonly token: string | undefined;
};

/** Salts are drawn, leaves hashed, positions taken. */
async function makeAttestations(
  book: Book,
  parameters: IssueParameters,
  plan: readonly Planned[],
): Promise<readonly Made[]> {
  const { schema, now, issuedAt: day = now, tokens = false, random = platformRandom } = parameters;
  if (book.size + plan.length > 4 ** TREE_DEPTH)
    throw invalidInput('rows', book.size + plan.length, 'a tree has 4^14 positions');
  const issuedAt = day - (day % DAY);
  const attestations = plan.map(({ row }): Attestation => {
    if (row.expiresAt < issuedAt)
      throw invalidInput(nameOf(row, 'expiresAt'), row.expiresAt, 'must not be before issuedAt');
    return {
      schemaId: schema.id,
      commitment: row.commitment,
      issuedAt,
      expiresAt: row.expiresAt,
      salt: row.salt ?? randomField(random),
      values: row.values,
    };
  });
  const leaves = await parameters.hashLeaves(packPreimages(attestations));
  return plan.map(({ row, replaces }, i) => {
    const token = tokens ? drawToken(random) : undefined;
    return {
      token,
      row: {
        position: book.size + i,
        leaf: fieldAt(leaves, i),
        attestation: attestations[i] as Attestation,
        subjectKey: row.subjectKey,
        replaces,
        tokenHash: token === undefined ? undefined : hashToken(token),
      },
    };
  });
}

/** Old ones go before new ones come: there is never a moment with two. */
async function writeBatch(
  db: Database,
  store: Store,
  book: Book,
  { ifLive, now }: IssueParameters,
  made: readonly Made[],
): Promise<Book> {
  const replaced = made.flatMap(({ row }) => row.replaces ?? []);
  await setLive(db, replaced, false);
  await insertAttestations(
    db,
    store.key,
    made.map(({ row }) => row),
  );
  const events = made.flatMap(({ row: { position, leaf, replaces } }): LogEvent[] => {
    if (replaces === undefined) return [{ kind: 'attest', position, leaf }];
    if (typeof ifLive !== 'object') throw new Error('a replacement has its evidence');
    const { reason, evidence } = ifLive.replace;
    return [
      { kind: 'revoke', position: replaces, reason, evidence },
      { kind: 'attest', position, leaf, replaces },
    ];
  });
  const counters = {
    size: book.size + made.length,
    revoked: book.revoked + BigInt(replaced.length),
  };
  await db.updateTable('book').set(counters).execute();
  return appendLog(db, { ...book, ...counters }, events, now);
}

/** A new one-time token: 32 bytes, in the characters that a header takes. */
export function drawToken(random: RandomSource): string {
  return Buffer.from(randomBytes(random, 32)).toString('base64url');
}

/** What a token is known by. */
export function hashToken(token: string): Uint8Array {
  return Uint8Array.from(createHash('sha256').update('eligo/token/1').update(token).digest());
}

function packPreimages(attestations: readonly Attestation[]): Uint8Array {
  const elements = attestations.flatMap(preimageOf);
  return packFields(elements.length, (i) => elements[i] as Field);
}

async function* inBatches(
  rows: AsyncIterable<IssueRow> | Iterable<IssueRow>,
): AsyncGenerator<readonly IssueRow[]> {
  let batch: IssueRow[] = [];
  for await (const row of rows) {
    batch.push(row);
    if (batch.length < BATCH) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

function liveAt(holder: Holder): string {
  return `holds a live attestation of this schema at position ${holder.position}`;
}

function alreadyAttested(row: IssueRow, how: string): EligoError {
  return new EligoError('AlreadyAttested', `${nameOf(row, 'identifier')} ${how}`, {
    row: row.name,
  });
}

function commitmentTaken(row: IssueRow): EligoError {
  return new EligoError(
    'CommitmentTaken',
    `${nameOf(row, 'commitment')} is live under another identifier of this schema`,
    { row: row.name },
  );
}

function nameOf(row: IssueRow, field: string): string {
  return row.name === undefined ? field : `${row.name}: ${field}`;
}
