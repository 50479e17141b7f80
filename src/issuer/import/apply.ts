/**
 * The last steps of an import: what the source took back is revoked, and whoever won is attested or put on the waiting list,
 * in the source's order; a batch is one transaction, which marks its rows.
 * @module
 */
import { bytesToHex } from 'viem';
import { platformRandom, randomBytes } from '../../protocol/field.ts';
import { lockBook } from '../../store/book.ts';
import { dropEnrolments, insertEnrolments } from '../../store/enrolments.ts';
import {
  readStaged,
  settleRows,
  supersedeWaiting,
  type RowOutcome,
} from '../../store/importRows.ts';
import { setTally } from '../../store/importRounds.ts';
import type { Database } from '../../store/store.ts';
import { issueWithin, type Issued } from '../issue.ts';
import { compareWithStore, type Decision } from './compare.ts';
import { BATCH, evidenceOf, type Job, type Tally } from './job.ts';
import { importSalt } from './salts.ts';

type Issue = Extract<Decision, { readonly kind: 'issue' }>;
type Wait = Extract<Decision, { readonly kind: 'wait' }>;

/** Issues and invites whoever is staged. @param begun the sums so far @returns them afterwards */
export async function applyRows(job: Job, begun: Tally): Promise<Tally> {
  const { parameters, change } = job;
  let tally = begun;
  for (let rows = 0, after = -1; ;) {
    parameters.signal?.throwIfAborted();
    const done = await change((db) => applyBatch(db, job, tally, after));
    if (done.count === 0) return tally;
    ({ tally, after } = done);
    rows += done.count;
    parameters.onProgress?.({ step: 'issuing', rows });
  }
}

async function applyBatch(
  db: Database,
  job: Job,
  before: Tally,
  after: number,
): Promise<{ readonly tally: Tally; readonly count: number; readonly after: number }> {
  const { issuer, stored, round } = job;
  await lockBook(db, issuer.store);
  const query = { import: stored.id, after, limit: BATCH };
  const rows = await readStaged(db, issuer.store.key, query);
  const decisions = await compareWithStore(db, job, rows);
  const issuing = decisions.filter((decision) => decision.kind === 'issue');
  const waiting = decisions.filter((decision) => decision.kind === 'wait');
  const settled = decisions.flatMap((decision) =>
    decision.kind === 'settle' ? [decision.outcome] : [],
  );
  const outcomes = [
    ...settled,
    ...(await issueAll(db, job, issuing)),
    ...(await letWait(db, job, waiting)),
  ];
  await settleRows(db, stored.id, outcomes);
  const tally = addUp(before, [...issuing, ...waiting], issuing);
  await setTally(db, round, JSON.stringify(tally));
  return { tally, count: rows.length, after: rows.at(-1)?.ordinal ?? after };
}

async function issueAll(
  db: Database,
  { issuer, stored, round, parameters }: Job,
  decisions: readonly Issue[],
): Promise<readonly RowOutcome[]> {
  if (decisions.length === 0) return [];
  // An invitation that could still be accepted would meet an attestation.
  await dropEnrolments(
    db,
    decisions.flatMap(({ waiting }) => waiting?.nonce ?? []),
  );
  const { schema, source, now, hashLeaves, tokens, random } = parameters;
  const issued: Issued[] = [];
  await issueWithin(db, issuer.store, {
    ...{ schema, now, issuedAt: round.now, hashLeaves },
    ...(tokens !== undefined && { tokens }),
    ...(random && { random }),
    ifLive: { replace: { reason: 'data-changed', evidence: evidenceOf(source) } },
    rows: decisions.map(({ row, commitment }) => ({
      ...{ subjectKey: row.subjectKey, commitment, expiresAt: row.expiresAt, values: row.values },
      ...{ salt: importSalt(stored.seed, row.ordinal), name: row.place },
    })),
    onIssued: async (some) => {
      issued.push(...some);
      await parameters.onIssued?.(some);
    },
  });
  return decisions.map(({ row, held, note }, i) => ({
    ...{ ordinal: row.ordinal, state: 'issued', held, position: issued[i]?.position },
    ...(note !== undefined && { rule: 'conflict', detail: note }),
  }));
}

async function letWait(
  db: Database,
  { issuer, stored, round, parameters }: Job,
  decisions: readonly Wait[],
): Promise<readonly RowOutcome[]> {
  const { schema, random = platformRandom } = parameters;
  const renewed = decisions.filter(({ waiting }) => waiting !== undefined);
  await supersedeWaiting(
    db,
    stored.id,
    renewed.map(({ row }) => row.subjectKey),
  );
  await dropEnrolments(
    db,
    decisions.flatMap(({ waiting }) => waiting?.nonce ?? []),
  );
  const made = decisions.map(({ row, waiting, note }) => ({
    ...{ row, note, deadline: waiting?.deadline ?? round.deadline },
    nonce: waiting?.nonce ?? BigInt(bytesToHex(randomBytes(random, 32))),
  }));
  await insertEnrolments(
    db,
    issuer.store.key,
    made.map(({ row, nonce, deadline }) => ({
      ...{ nonce, deadline, schemaId: schema.id, subjectKey: row.subjectKey },
      ...{ account: row.account, expiresAt: row.expiresAt, values: row.values },
    })),
  );
  return made.map(({ row, nonce, note }) => ({
    ...{ ordinal: row.ordinal, state: 'waiting', nonce },
    ...(note !== undefined && { rule: 'conflict', detail: note }),
  }));
}

function addUp(before: Tally, decisions: readonly Decision[], issuing: readonly Issue[]): Tally {
  const total = (slot: 0 | 1 | 2 | 3): string =>
    decisions
      .reduce((sum, { row }) => sum + row.values[slot], BigInt(before.totals[slot]))
      .toString();
  return {
    ...before,
    totals: [total(0), total(1), total(2), total(3)],
    replaced: before.replaced + issuing.filter(({ held }) => held !== undefined).length,
  };
}
