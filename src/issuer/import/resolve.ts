/**
 * The second step of an import: of what one source says of a person, one row is left, and of those with one commitment,
 * the first. All of it or nothing, in the order of subjects, one of them in memory at a time.
 * @module
 */
import { sql } from 'kysely';
import { EligoError } from '../../errors.ts';
import { MAX_VALUE } from '../../protocol/field.ts';
import type { Values } from '../../protocol/value.ts';
import { toHex } from '../../store/bytes.ts';
import {
  excludeRevoked,
  excludeTakenCommitments,
  findTakenCommitment,
} from '../../store/importLinks.ts';
import {
  readRepeated,
  readStaged,
  rewriteStaged,
  settleRows,
  type RowOutcome,
  type StagedRow,
} from '../../store/importRows.ts';
import type { Database } from '../../store/store.ts';
import { compareWithStore } from './compare.ts';
import { differences, differsIn } from './differ.ts';
import { BATCH, type Job } from './job.ts';

/**
 * Settles who wins. Rows that are left staged are those that win.
 * @throws {AlreadyAttested} @throws {CommitmentTaken} under the rule `refuse`, naming both places
 */
export async function resolveRows(db: Database, job: Job): Promise<void> {
  const { id } = job.stored;
  await excludeRevoked(db, id);
  await resolveSubjects(db, job);
  if (job.round.onConflict === 'refuse') await refuseTaken(db, job);
  await excludeTakenCommitments(db, id);
  if (job.round.onConflict === 'refuse') await refuseAgainstStore(db, job);
}

async function refuseTaken(db: Database, { stored }: Job): Promise<void> {
  const taken = await findTakenCommitment(db, stored.id);
  if (!taken) return;
  const { place, first } = taken;
  throw new EligoError(
    'CommitmentTaken',
    `${place} brings the commitment that ${first} brings for another account: --on-conflict newest or first leaves it out`,
    { place, other: first },
  );
}

/** Before anything is issued, all of it is held against the store. */
async function refuseAgainstStore(db: Database, job: Job): Promise<void> {
  const { issuer, stored } = job;
  for (let after = -1; ;) {
    job.parameters.signal?.throwIfAborted();
    const query = { import: stored.id, after, limit: BATCH };
    const rows = await readStaged(db, issuer.store.key, query);
    await compareWithStore(db, job, rows);
    const last = rows.at(-1);
    if (!last) return;
    after = last.ordinal;
  }
}

/** What is settled and not written down yet. */
type Pages = { readonly settled: RowOutcome[]; readonly rewritten: StagedRow[] };

async function resolveSubjects(db: Database, job: Job): Promise<void> {
  const { issuer, stored } = job;
  const { key } = issuer.store;
  const pages: Pages = { settled: [], rewritten: [] };
  const flush = async (): Promise<void> => {
    await rewriteStaged(db, key, stored.id, pages.rewritten.splice(0));
    await settleRows(db, stored.id, pages.settled.splice(0));
  };
  let subject: Subject | undefined;
  const finish = async (): Promise<void> => {
    if (!subject) return;
    closePart(job, subject, pages);
    const { whole, changed, fault, subjectKey } = subject;
    if (whole && changed) pages.rewritten.push(whole);
    if (fault) {
      await flush();
      await excludeSubject(db, job, subjectKey, fault);
    }
  };
  let resolved = 0;
  for await (const page of readRepeated(db, key, stored.id)) {
    job.parameters.signal?.throwIfAborted();
    for (const row of page) {
      if (!subject || toHex(subject.subjectKey) !== toHex(row.subjectKey)) {
        await finish();
        subject = beginSubject(row);
      } else if (row.part === subject.best.part) duel(job, subject, row, pages);
      else {
        closePart(job, subject, pages);
        subject.best = row;
      }
      if (pages.settled.length >= BATCH) await flush();
    }
    resolved += page.length;
    job.parameters.onProgress?.({ step: 'resolving', rows: resolved });
  }
  await finish();
  await flush();
}

type Fault = { readonly rule: 'conflict' | 'bad-amount'; readonly detail: string };

/** A subject as far as its rows have been seen. */
type Subject = {
  readonly subjectKey: Uint8Array;
  /** The row that wins among those of the part that is looked at. */
  best: StagedRow;
  /** All parts before it, in the row that came first. */
  whole: StagedRow | undefined;
  /** What is left is no row as it was read. */
  changed: boolean;
  /** Its parts make no whole: all of them are excluded. */
  fault: Fault | undefined;
};

function beginSubject(row: StagedRow): Subject {
  const { subjectKey } = row;
  return { subjectKey, best: row, whole: undefined, changed: false, fault: undefined };
}

/** Two rows about the same: one is left, and knows the commitment that either of them knew. */
function duel(job: Job, subject: Subject, row: StagedRow, { settled }: Pages): void {
  const { best } = subject;
  const differ = differences(job.parameters.schema, best, row);
  if (differ.length === 0) {
    settled.push({ ordinal: row.ordinal, state: 'merged', other: best.ordinal });
    leave(subject, best, row);
    return;
  }
  if (job.round.onConflict === 'refuse') throw contradiction(best.place, row.place, differ);
  const newest = job.round.onConflict === 'newest';
  const [winner, loser] = newest ? [row, best] : [best, row];
  const outcome = { state: 'excluded', rule: 'conflict', detail: differsIn(differ) } as const;
  settled.push({ ...outcome, ordinal: loser.ordinal, other: winner.ordinal });
  leave(subject, winner, loser);
}

function leave(subject: Subject, winner: StagedRow, loser: StagedRow): void {
  subject.best = winner;
  if (winner.commitment !== undefined || loser.commitment === undefined) return;
  subject.best = { ...winner, commitment: loser.commitment };
  subject.changed = true;
}

/** Adds the part that was looked at to those before it. */
function closePart(job: Job, subject: Subject, pages: Pages): void {
  const { whole, best } = subject;
  if (!whole) {
    subject.whole = best;
    return;
  }
  const { schema, sums } = job.parameters;
  const slots = schema.fields.filter(({ name }) => sums.includes(name)).map(({ slot }) => slot);
  const named = differences(schema, whole, best, { except: slots });
  // What is no part can't be added to what is one.
  const differ = whole.part === '' ? ['part', ...named] : named;
  if (differ.length > 0 && job.round.onConflict === 'refuse')
    throw contradiction(whole.place, best.place, differ);
  if (differ.length > 0)
    subject.fault ??= {
      rule: 'conflict',
      detail: `is one of several parts and ${differsIn(differ)}`,
    };
  const values = whole.values.map((value, slot) =>
    slots.includes(slot as 0) ? value + (best.values[slot] ?? 0n) : value,
  ) as unknown as Values;
  if (values.some((value) => value > MAX_VALUE))
    subject.fault ??= { rule: 'bad-amount', detail: 'all parts together must be at most 2^96 - 1' };
  const [first, second] = whole.ordinal < best.ordinal ? [whole, best] : [best, whole];
  pages.settled.push({ ordinal: second.ordinal, state: 'merged', other: first.ordinal });
  subject.whole = { ...first, values, commitment: whole.commitment ?? best.commitment };
  subject.changed = true;
}

/** Neither the newest nor the first of several parts makes a whole: nobody guesses. */
async function excludeSubject(
  db: Database,
  { stored, round }: Job,
  subjectKey: Uint8Array,
  { rule, detail }: Fault,
): Promise<void> {
  await sql`update import_rows
    set state = 'excluded', rule = ${rule}, detail = ${detail}, other = null, personal = null
    where import = ${stored.id} and subject_key = ${subjectKey} and ordinal >= ${round.first}
      and state in ('staged', 'merged')`.execute(db);
}

function contradiction(first: string, second: string, differ: readonly string[]): EligoError {
  return new EligoError(
    'AlreadyAttested',
    `${second} and ${first} are about one account, and it ${differsIn(differ)}: --on-conflict newest or first decides`,
    { place: second, other: first },
  );
}
