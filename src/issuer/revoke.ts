/**
 * Revoking and reinstating: any number in one change, each with its reason and the hash of its evidence. The next
 * publication makes them known.
 * @module
 */
import { EligoError, invalidInput } from '../errors.ts';
import type { Hex } from 'viem';
import type { LogEvent, ReinstatementReason, RevocationReason } from '../protocol/log.ts';
import { eraseAttestations, findPositions, setLive } from '../store/attestations.ts';
import { findRival, readStandings, type Standing } from '../store/standings.ts';
import { lockBook, type Book } from '../store/book.ts';
import { toHex } from '../store/bytes.ts';
import { eraseEnrolments } from '../store/enrolments.ts';
import { eraseImportRows } from '../store/importRows.ts';
import { appendLog } from '../store/log.ts';
import type { Database, Store } from '../store/store.ts';
import type { Field } from '../protocol/field.ts';

/** Attestations that are read, changed and logged at a time. */
const PAGE = 4096;

/** Why, and the sha256 of the file that shows it. */
export type Evidence<Reason> = { readonly reason: Reason; readonly evidence: Hex };

/**
 * Revokes attestations, all of them or none.
 * @param parameters.positions each once
 * @param parameters.now       Unix seconds
 * @throws {UnknownAttestation} @throws {AlreadyRevoked}
 * @throws {InvalidInput} for a reason that is not in the list, or evidence that is no sha256
 */
export async function revoke(
  store: Store,
  parameters: Evidence<RevocationReason> & {
    readonly positions: readonly number[];
    readonly now: bigint;
  },
): Promise<void> {
  const { positions, reason, evidence, now } = parameters;
  await store.transaction(async (db) => {
    let book = await lockBook(db, store);
    for (const page of pagesOf(positions)) {
      const dead = (await readAll(db, page)).find(({ live }) => !live);
      if (dead) throw standing('AlreadyRevoked', dead.position, 'is revoked already');
      const items = page.map((position) => ({ position, reason, evidence }));
      book = await revokeWithin(db, book, items, now);
    }
  });
}

/** Revokes what is known to be live, each with evidence of its own, as a part of a larger change. @returns the book after it */
export async function revokeWithin(
  db: Database,
  book: Book,
  items: readonly (Evidence<RevocationReason> & { readonly position: number })[],
  now: bigint,
): Promise<Book> {
  const positions = items.map(({ position }) => position);
  await setLive(db, positions, false);
  const revoked = book.revoked + BigInt(items.length);
  await db.updateTable('book').set({ revoked }).execute();
  const events = items.map((item): LogEvent => ({ kind: 'revoke', ...item }));
  return appendLog(db, { ...book, revoked }, events, now);
}

/**
 * Writes revoked leaves back, all of them or none.
 * @throws {UnknownAttestation} @throws {NotRevoked}
 * @throws {DataErased} what was erased could not be proved any more
 * @throws {AlreadyAttested} @throws {CommitmentTaken} if the subject or the commitment holds another one by now
 */
export async function reinstate(
  store: Store,
  parameters: Evidence<ReinstatementReason> & {
    readonly positions: readonly number[];
    readonly now: bigint;
  },
): Promise<void> {
  const { positions, reason, evidence, now } = parameters;
  await store.transaction(async (db) => {
    let book = await lockBook(db, store);
    for (const page of pagesOf(positions)) {
      const found = await readAll(db, page);
      await refuseUnfit(db, found);
      await setLive(db, page, true);
      const leaves = new Map(found.map(({ position, leaf }) => [position, leaf]));
      const events = page.map((position): LogEvent => ({
        kind: 'reinstate',
        ...{ position, leaf: leaves.get(position) as Field, reason, evidence },
      }));
      book = await appendLog(db, book, events, now);
    }
  });
}

async function refuseUnfit(db: Database, found: readonly Standing[]): Promise<void> {
  for (const { position, live, erased } of found) {
    if (live) throw standing('NotRevoked', position, 'is not revoked');
    if (erased) throw standing('DataErased', position, 'was erased and stays revoked');
  }
  const rival = await findRival(
    db,
    found.map(({ position }) => position),
  );
  if (rival?.same === 'subject')
    throw standing('AlreadyAttested', rival.position, 'is of somebody who holds another one');
  if (rival)
    throw standing('CommitmentTaken', rival.position, 'has a commitment that is live elsewhere');
}

/**
 * The positions of subjects' attestations.
 * @param parameters.live     which of them: live ones to revoke, revoked ones to reinstate
 * @param parameters.schemaId under this schema only
 * @throws {UnknownAttestation} for a subject that has none
 */
export async function positionsOf(
  store: Store,
  parameters: {
    readonly subjectKeys: readonly Uint8Array[];
    readonly live: boolean;
    readonly schemaId?: Field | undefined;
  },
): Promise<readonly number[]> {
  const { subjectKeys, live, schemaId } = parameters;
  const found = await findPositions(store.db, subjectKeys, { live, schemaId });
  const known = new Set(found.map(({ subjectKey }) => toHex(subjectKey)));
  const missing = subjectKeys.findIndex((key) => !known.has(toHex(key)));
  if (missing >= 0) {
    const which = live ? 'live' : 'revoked';
    throw new EligoError(
      'UnknownAttestation',
      `identifier ${missing + 1} of ${subjectKeys.length} has no ${which} attestation`,
      { number: missing + 1 },
    );
  }
  return found.map(({ position }) => position);
}

/**
 * Erases what the store knows of a person: commitment, salt, values, subject key, enrolments, rows of imports. Leaf and log stay. The
 * database gives the bytes free, and overwrites them when it needs the room (`vacuum full` at once); backups made before
 * still hold them.
 * @returns the positions
 * @throws {NotRevoked} for one that is live: without its data nobody could replace or find it; revoke it first
 */
export async function erase(
  store: Store,
  parameters: { readonly subjectKey: Uint8Array },
): Promise<{ readonly positions: readonly number[]; readonly enrolments: number }> {
  const { subjectKey } = parameters;
  return store.transaction(async (db) => {
    await lockBook(db, store);
    const found = await findPositions(db, [subjectKey], { live: undefined });
    const live = await findPositions(db, [subjectKey], { live: true });
    const [first] = live;
    if (first)
      throw standing('NotRevoked', first.position, 'is live: revoke it before erasing its data');
    const positions = found.map(({ position }) => position);
    await eraseAttestations(db, positions);
    await eraseImportRows(db, subjectKey);
    return { positions, enrolments: await eraseEnrolments(db, subjectKey) };
  });
}

/** What is read, changed and logged at a time. @throws {InvalidInput} for none, or a position that is named twice */
function* pagesOf(positions: readonly number[]): Generator<readonly number[]> {
  if (positions.length === 0) throw invalidInput('positions', 'none', 'must name at least one');
  if (new Set(positions).size < positions.length)
    throw invalidInput('positions', positions.length, 'must not name one twice');
  for (let i = 0; i < positions.length; i += PAGE) yield positions.slice(i, i + PAGE);
}

/** @throws {UnknownAttestation} */
async function readAll(db: Database, positions: readonly number[]): Promise<readonly Standing[]> {
  const found = await readStandings(db, positions);
  const known = new Set(found.map(({ position }) => position));
  const missing = positions.find((position) => !known.has(position));
  if (missing !== undefined)
    throw standing('UnknownAttestation', missing, 'was never used for an attestation');
  return found;
}

function standing(
  code:
    | 'AlreadyRevoked'
    | 'NotRevoked'
    | 'DataErased'
    | 'UnknownAttestation'
    | 'AlreadyAttested'
    | 'CommitmentTaken',
  position: number,
  how: string,
): EligoError {
  return new EligoError(code, `the attestation at position ${position} ${how}`, { position });
}
