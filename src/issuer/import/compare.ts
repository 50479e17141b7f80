/**
 * What an import's rows come to against what the store holds live under the schema, or lets wait: the same is merged, what
 * differs is a conflict.
 * @module
 */
import { EligoError } from '../../errors.ts';
import type { Field } from '../../protocol/field.ts';
import { findHolders, readAttestations } from '../../store/attestations.ts';
import { toHex, toStoredField } from '../../store/bytes.ts';
import { findWaitingOf, type StoredEnrolment } from '../../store/enrolments.ts';
import type { RowOutcome, StagedRow } from '../../store/importRows.ts';
import type { Database } from '../../store/store.ts';
import { differences, differsIn, type Saying } from './differ.ts';
import type { Job } from './job.ts';

/** What is to be done with a row. `note`: it won a conflict, over `held` or somebody's waiting. */
export type Decision = { readonly row: StagedRow } & (
  | {
      readonly kind: 'issue';
      readonly commitment: Field;
      readonly held: number | undefined;
      /** It ends the waiting. */
      readonly waiting: StoredEnrolment | undefined;
      readonly note: string | undefined;
    }
  | {
      readonly kind: 'wait';
      /** Who waits goes on waiting under the same invitation, for what the row says. */
      readonly waiting: StoredEnrolment | undefined;
      readonly note: string | undefined;
    }
  | { readonly kind: 'settle'; readonly outcome: RowOutcome }
);

/** What the store knows of the subjects of some rows. */
type Known = {
  readonly held: ReadonlyMap<string, Saying & { readonly position: number }>;
  readonly waiting: ReadonlyMap<string, StoredEnrolment>;
  /** Whose each live commitment is. */
  readonly owners: ReadonlyMap<bigint, string>;
};

/**
 * Decides about staged rows, each of another subject.
 * @throws {AlreadyAttested} @throws {CommitmentTaken} under the rule `refuse`, naming both places
 */
export async function compareWithStore(
  db: Database,
  job: Job,
  rows: readonly StagedRow[],
): Promise<readonly Decision[]> {
  if (rows.length === 0) return [];
  const known = await readKnown(db, job, rows);
  return rows.map((row) => decide(job, row, known));
}

async function readKnown(db: Database, job: Job, rows: readonly StagedRow[]): Promise<Known> {
  const { store } = job.issuer;
  const { id: schemaId } = job.parameters.schema;
  const subjectKeys = rows.map((row) => row.subjectKey);
  const commitments = rows.flatMap(({ commitment }) => commitment ?? []);
  const holders = await findHolders(db, { schemaId, subjectKeys, commitments });
  const wanted = new Set(subjectKeys.map(toHex));
  const owners = new Map(
    holders.map((holder) => [toStoredField(holder.commitment), toHex(holder.subjectKey)]),
  );
  const own = holders.filter((holder) => wanted.has(toHex(holder.subjectKey)));
  const positions = own.map(({ position }) => position);
  const attestations =
    positions.length === 0 ? [] : await readAttestations(db, store.key, positions);
  const waiting = await findWaitingOf(db, store.key, { schemaId, subjectKeys });
  return {
    owners,
    held: new Map(
      attestations.flatMap(({ position, attestation, subjectKey }) =>
        attestation && subjectKey ? [[toHex(subjectKey), { position, ...attestation }]] : [],
      ),
    ),
    waiting: new Map(waiting.map((enrolment) => [toHex(enrolment.subjectKey), enrolment])),
  };
}

function decide(job: Job, row: StagedRow, { held, waiting, owners }: Known): Decision {
  const subject = toHex(row.subjectKey);
  const other = held.get(subject);
  const waits = waiting.get(subject);
  const { schema } = job.parameters;
  const commitment = row.commitment ?? other?.commitment;
  const owner = commitment === undefined ? undefined : owners.get(commitment);
  const taken = owner !== undefined && owner !== subject;
  const before: Saying | undefined = other ?? (waits && { ...waits, commitment: undefined });
  const differ = before ? differences(schema, before, row) : [];
  const { ordinal } = row;
  const at = other?.position;
  if (before && differ.length === 0 && (other || row.commitment === undefined))
    return { row, kind: 'settle', outcome: { ordinal, state: 'merged', held: at } };
  if (differ.length > 0 && job.round.onConflict !== 'newest') return lose(job, row, { differ, at });
  if (taken) return refuseOrLeaveOut(job, row);
  const note = differ.length > 0 ? differsIn(differ) : undefined;
  return commitment === undefined
    ? { row, kind: 'wait', waiting: waits, note }
    : { row, kind: 'issue', commitment, held: at, waiting: waits, note };
}

function lose(
  { round }: Job,
  row: StagedRow,
  { differ, at }: { readonly differ: readonly string[]; readonly at: number | undefined },
): Decision {
  const detail = differsIn(differ);
  if (round.onConflict === 'refuse') {
    const where = at === undefined ? 'an enrolment that waits' : `position ${at}`;
    throw new EligoError(
      'AlreadyAttested',
      `${row.place} and ${where} are about one account, and it ${detail}: --on-conflict newest or first decides`,
      { place: row.place, other: where },
    );
  }
  const outcome = { ordinal: row.ordinal, state: 'excluded', rule: 'conflict', detail } as const;
  return { row, kind: 'settle', outcome: { ...outcome, held: at } };
}

function refuseOrLeaveOut({ round }: Job, row: StagedRow): Decision {
  if (round.onConflict === 'refuse')
    throw new EligoError(
      'CommitmentTaken',
      `${row.place} brings a commitment that is live under another account: --on-conflict newest or first leaves it out`,
      { place: row.place },
    );
  const outcome: RowOutcome = {
    ...{ ordinal: row.ordinal, state: 'excluded', rule: 'commitment-taken' },
    detail: 'commitment is live under another account',
  };
  return { row, kind: 'settle', outcome };
}
