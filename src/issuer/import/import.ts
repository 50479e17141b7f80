/**
 * Importing: what stands in a file or on another chain becomes attestations, or waits for its holders' enrolment, once and
 * always alike. Records are kept (stage.ts), who wins is settled (resolve.ts), what the source took back is revoked
 * (takeBack.ts), the rest is issued (apply.ts), and a manifest says what became of each record (manifest.ts). Each step is
 * committed; whatever interrupts it, the same call goes on, and gives the leaves that it would have given.
 * @module
 */
import { EligoError } from '../../errors.ts';
import { canonicalJson } from '../../protocol/codec.ts';
import { lockBook } from '../../store/book.ts';
import { keepSchema } from '../../store/schemas.ts';
import {
  deleteRound,
  dropRound,
  insertRound,
  lastRound,
  setDone,
  setResolved,
  setRule,
  unfinishedRound,
  type StoredRound,
} from '../../store/importRounds.ts';
import { findImport, insertImport, type StoredImport } from '../../store/imports.ts';
import type { Hex } from 'viem';
import type { Database } from '../../store/store.ts';
import type { Issuer } from '../issuer.ts';
import { applyRows } from './apply.ts';
import {
  identityOf,
  readTally,
  type ImportParameters,
  type Job,
  type Session,
  type Tally,
} from './job.ts';
import { drawUpFacts, hashText, spanOf, writeManifest, type ManifestFacts } from './manifest.ts';
import { resolveRows } from './resolve.ts';
import { drawSeed } from './salts.ts';
import { stageRecords } from './stage.ts';
import { takeBackRows } from './takeBack.ts';

export type {
  ImportMark,
  ImportParameters,
  ImportProgress,
  ImportSource,
  ImportStart,
} from './job.ts';
export type { ManifestFacts } from './manifest.ts';

/** What only one process may do at a time. */
const IMPORTING = 'importing';

/** What an import came to. */
export type ImportReport = {
  readonly facts: ManifestFacts;
  /** sha256 of the manifest. */
  readonly manifestHash: Hex;
  /** It had been imported before: nothing was done. */
  readonly again: boolean;
};

/**
 * Imports a source. A file is imported once: the same file again gives the same report. A chain's events can be read on and
 * on: each call is a round of its own, with a manifest that names the one before.
 * @returns undefined if a chain has nothing new
 * @throws {InvalidInput} for a file that is wrong as a whole, or another import that isn't finished; nothing is issued then
 * @throws {AlreadyAttested} @throws {CommitmentTaken} under the rule `refuse`, naming both places; nothing is issued then
 * @throws {EligoError} what the reader throws; the next call goes on
 * @example
 * const { facts } = await importRecords(issuer, { source, records: () => readSourceFile(…), onConflict: 'newest', … });
 */
export async function importRecords(
  issuer: Issuer,
  parameters: ImportParameters,
): Promise<ImportReport | undefined> {
  const { store } = issuer;
  return store.alone(IMPORTING, () =>
    parameters.dryRun === true
      ? rehearse(issuer, parameters)
      : run(issuer, parameters, {
          db: store.db,
          change: (work) => store.transaction(work),
        }),
  );
}

/**
 * Gives up the import that isn't finished: its rows are forgotten.
 * @returns false if there is none
 * @throws {InvalidInput} if some of it is issued already: then it can only be finished
 */
export async function abandonImport({ store }: Issuer): Promise<boolean> {
  return store.alone(IMPORTING, () =>
    store.transaction(async (db) => {
      const round = await unfinishedRound(db);
      if (!round) return false;
      if (round.state !== 'reading' && (await hasBegun(db, round)))
        throw unfinished(round.source, 'is partly issued: run the same import again to finish it');
      await deleteRound(db, round);
      return true;
    }),
  );
}

/** Does it all within one change, and takes that back. */
async function rehearse(
  issuer: Issuer,
  parameters: ImportParameters,
): Promise<ImportReport | undefined> {
  let report: ImportReport | undefined;
  const taken = new Error('a dry run is taken back');
  try {
    await issuer.store.transaction(async (db) => {
      report = await run(issuer, parameters, { db, change: (work) => work(db) });
      throw taken;
    });
  } catch (error) {
    if (error !== taken) throw error;
  }
  return report;
}

async function run(
  issuer: Issuer,
  parameters: ImportParameters,
  session: Session,
): Promise<ImportReport | undefined> {
  const { stored, round } = await session.change((db) => begin(db, issuer, parameters));
  const job: Job = { ...session, issuer, parameters, stored, round };
  if (round.state === 'done') return reportOf(job, true);
  const resolved = round.state === 'reading' ? await readAndResolve(job) : job;
  if (!resolved) return undefined;
  const taken = await takeBackRows(resolved, readTally(resolved.round));
  const tally = await applyRows(resolved, taken);
  const done = await close({ ...resolved, round: withTally(resolved.round, tally) });
  return reportOf(done, false);
}

function withTally(round: StoredRound, tally: Tally): StoredRound {
  return { ...round, tally: JSON.stringify(tally) };
}

/** What is to be gone on with, or is begun. */
async function begin(
  db: Database,
  issuer: Issuer,
  parameters: ImportParameters,
): Promise<{ readonly stored: StoredImport; readonly round: StoredRound }> {
  const { store } = issuer;
  await lockBook(db, store);
  const source = identityOf(parameters);
  const open = await unfinishedRound(db);
  if (open && open.source !== source)
    throw unfinished(open.source, 'is not finished: finish it first, or give it up');
  const known = await findImport(db, store.key, source);
  if (open && known) return { stored: known, round: await goOn(db, open, parameters) };
  const last = known && (await lastRound(db, known.id));
  if (known && last && parameters.source.kind === 'file') return { stored: known, round: last };
  await keepSchema(db, parameters.schema);
  const { schema, seed, random } = parameters;
  const added = { source, schemaId: schema.id, seed: seed ?? drawSeed(random) };
  const stored = known ?? (await insertImport(db, store.key, added));
  const { now, deadline, onConflict } = parameters;
  const tally = JSON.stringify(newTally(parameters, last));
  const number = (last?.round ?? 0) + 1;
  const round = await insertRound(db, stored, { round: number, now, deadline, onConflict, tally });
  return { stored, round };
}

function newTally({ source }: ImportParameters, last: StoredRound | undefined): Tally {
  const before = last && readTally(last).toBlock;
  const from = before === undefined ? undefined : BigInt(before) + 1n;
  return {
    ...{ totals: ['0', '0', '0', '0'], replaced: 0, revoked: 0, cancelled: 0 },
    ...(source.kind === 'events' && { fromBlock: (from ?? source.fromBlock).toString() }),
  };
}

/** @throws {InvalidInput} if who wins was settled by another rule */
async function goOn(
  db: Database,
  open: StoredRound & { readonly source: string },
  { onConflict }: ImportParameters,
): Promise<StoredRound> {
  if (open.onConflict === onConflict) return open;
  // Under `refuse` nothing was decided: whoever came between may need a decision.
  if (open.state !== 'reading' && open.onConflict !== 'refuse')
    throw unfinished(open.source, `was begun with --on-conflict ${open.onConflict}: go on with it`);
  await setRule(db, open, onConflict);
  return { ...open, onConflict };
}

/** @returns undefined if there was nothing to read */
async function readAndResolve(job: Job): Promise<Job | undefined> {
  const { stored, round, parameters, change } = job;
  try {
    const read = (await stageRecords(job)) - round.first;
    const kept = await change((db) => findImport(db, job.issuer.store.key, stored.source));
    const open = await change((db) => lastRound(db, stored.id));
    if (!kept || !open) throw new Error('an import that was read is there');
    if (read === 0 && parameters.source.kind === 'events') {
      await change((db) => dropRound(db, round));
      return undefined;
    }
    const current = { ...job, stored: kept, round: open };
    await change(async (db) => {
      await lockBook(db, job.issuer.store);
      await resolveRows(db, current);
      await setResolved(db, round, read);
    });
    return { ...current, round: { ...open, state: 'resolved', read } };
  } catch (error) {
    // Nothing is issued, and what is read is not to be issued: nobody should have to give it up by hand.
    if (isRefusal(error, parameters)) await change((db) => deleteRound(db, round));
    throw error;
  }
}

/** What can't succeed by going on. A chain that answers nonsense may answer sense later. */
function isRefusal(error: unknown, { source, dryRun }: ImportParameters): boolean {
  if (dryRun === true || !(error instanceof EligoError)) return false;
  if (error.code === 'AlreadyAttested' || error.code === 'CommitmentTaken') return true;
  return error.code === 'InvalidInput' && source.kind === 'file';
}

async function close(job: Job): Promise<Job> {
  const { round } = job;
  return job.change(async (db) => {
    await lockBook(db, job.issuer.store);
    const facts = canonicalJson(await drawUpFacts(db, job));
    const hash = await hashText(writeManifest(db, spanOf(job), facts));
    await setDone(db, round, { facts, hash });
    const manifest = { facts, hash, publication: undefined };
    return { ...job, round: { ...round, state: 'done', manifest } };
  });
}

/** The manifest is written again each time: whoever lost the file imports again. */
async function reportOf(job: Job, again: boolean): Promise<ImportReport> {
  const { manifest } = job.round;
  if (!manifest) throw new Error('a round that is done has its manifest');
  const { facts, hash } = manifest;
  await job.parameters.onManifest?.(writeManifest(job.db, spanOf(job), facts));
  return { facts: JSON.parse(facts) as ManifestFacts, manifestHash: hash, again };
}

async function hasBegun(db: Database, round: StoredRound): Promise<boolean> {
  const { totals, revoked, cancelled } = readTally(round);
  if (revoked + cancelled > 0 || totals.some((total) => total !== '0')) return true;
  const row = await db
    .selectFrom('import_rows')
    .select('ordinal')
    .where('import', '=', round.import)
    .where('ordinal', '>=', round.first)
    .where('state', 'in', ['issued', 'waiting', 'revoked'])
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

function unfinished(identity: string, rule: string): EligoError {
  const { source } = JSON.parse(identity) as { source: Readonly<Record<string, string>> };
  const { kind, sha256, system, chainId, contract } = source;
  const name =
    kind === 'file'
      ? `the file with sha256 ${String(sha256)}`
      : [system, chainId, contract].join('/');
  return new EligoError('InvalidInput', `the import of ${name} ${rule}`, { source: name, rule });
}
