/**
 * Revoking and reinstating: any number in one change, each with its reason and the hash of its evidence. The next
 * publication makes them known.
 * @module
 */
import { EligoError, invalidInput } from '../errors.ts';
import type { Hex } from 'viem';
import type { LogEvent, ReinstatementReason, RevocationReason } from '../protocol/log.ts';
import {
  eraseAttestations,
  findHolders,
  findPositions,
  readAttestations,
  setLive,
  type StoredAttestation,
} from '../store/attestations.ts';
import { lockBook } from '../store/book.ts';
import { toBytes32, toHex } from '../store/bytes.ts';
import { eraseEnrolments } from '../store/enrolments.ts';
import { appendLog } from '../store/log.ts';
import { sameBytes } from '../store/seal.ts';
import type { Database, Store } from '../store/store.ts';
import type { Field } from '../protocol/field.ts';

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
    const book = await lockBook(db, store);
    const found = await readAll(db, store, positions);
    const dead = found.find(({ live }) => !live);
    if (dead) throw standing('AlreadyRevoked', dead.position, 'is revoked already');
    await setLive(db, positions, false);
    const counted = { ...book, revoked: book.revoked + BigInt(positions.length) };
    await db.updateTable('book').set({ revoked: counted.revoked }).execute();
    const events = positions.map((position): LogEvent => ({
      kind: 'revoke',
      position,
      reason,
      evidence,
    }));
    await appendLog(db, counted, events, now);
  });
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
    const book = await lockBook(db, store);
    const found = await readAll(db, store, positions);
    await refuseUnfit(db, found);
    await setLive(db, positions, true);
    const leaves = new Map(found.map(({ position, leaf }) => [position, leaf]));
    const events = positions.map((position): LogEvent => ({
      kind: 'reinstate',
      position,
      leaf: leaves.get(position) as Field,
      reason,
      evidence,
    }));
    await appendLog(db, book, events, now);
  });
}

async function refuseUnfit(db: Database, found: readonly StoredAttestation[]): Promise<void> {
  const subjects = new Set<string>();
  const commitments = new Set<string>();
  for (const { position, live, attestation, subjectKey } of found) {
    if (live) throw standing('NotRevoked', position, 'is not revoked');
    if (!attestation || !subjectKey)
      throw standing('DataErased', position, 'was erased and stays revoked');
    const { schemaId, commitment } = attestation;
    const [holder] = await findHolders(db, {
      schemaId,
      subjectKeys: [subjectKey],
      commitments: [commitment],
    });
    const subject = `${schemaId.toString()} ${toHex(subjectKey)}`;
    const named = `${schemaId.toString()} ${commitment.toString()}`;
    if (subjects.has(subject) || (holder && sameBytes(holder.subjectKey, subjectKey)))
      throw standing('AlreadyAttested', position, 'is of somebody who holds another one by now');
    if (commitments.has(named) || (holder && sameBytes(holder.commitment, toBytes32(commitment))))
      throw standing('CommitmentTaken', position, 'has a commitment that is live elsewhere by now');
    subjects.add(subject);
    commitments.add(named);
  }
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
 * Erases what the store knows of a person: commitment, salt, values, subject key, enrolments. Leaf and log stay.
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
    return { positions, enrolments: await eraseEnrolments(db, subjectKey) };
  });
}

/** @throws {UnknownAttestation} @throws {InvalidInput} for a position that is named twice */
async function readAll(
  db: Database,
  store: Store,
  positions: readonly number[],
): Promise<readonly StoredAttestation[]> {
  if (positions.length === 0) throw invalidInput('positions', 'none', 'must name at least one');
  const found = await readAttestations(db, store.key, positions);
  const known = new Set(found.map(({ position }) => position));
  const missing = positions.find((position) => !known.has(position));
  if (missing !== undefined)
    throw standing('UnknownAttestation', missing, 'was never used for an attestation');
  if (known.size < positions.length)
    throw invalidInput('positions', positions.length, 'must not name one twice');
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
