/**
 * What a source takes back: the attestation that came from it is revoked, or the waiting ends, unless another record of the
 * same source still says the same.
 * @module
 */
import { canonicalJson } from '../../protocol/codec.ts';
import { lockBook } from '../../store/book.ts';
import { toHex } from '../../store/bytes.ts';
import { dropEnrolments, findEnrolled } from '../../store/enrolments.ts';
import {
  findRevoked,
  readLinked,
  readRevocations,
  type LinkedRow,
  type Revocation,
} from '../../store/importLinks.ts';
import { settleRows, withdrawRows } from '../../store/importRows.ts';
import { setTally } from '../../store/importRounds.ts';
import { readStandings } from '../../store/standings.ts';
import type { Database } from '../../store/store.ts';
import { revokeWithin } from '../revoke.ts';
import { sha256Of, type Job, type Tally } from './job.ts';

const PAGE = 512;

/** Carries out all that is to be taken back. @param begun the sums so far @returns them afterwards */
export async function takeBackRows(job: Job, begun: Tally): Promise<Tally> {
  const { parameters, change } = job;
  let tally = begun;
  for (let rows = 0; ;) {
    parameters.signal?.throwIfAborted();
    const done = await change((db) => takeBackPage(db, job, tally));
    if (done.count === 0) return tally;
    tally = done.tally;
    rows += done.count;
    parameters.onProgress?.({ step: 'taking back', rows });
  }
}

async function takeBackPage(
  db: Database,
  job: Job,
  before: Tally,
): Promise<{ readonly tally: Tally; readonly count: number }> {
  const { issuer, stored, round, parameters } = job;
  const book = await lockBook(db, issuer.store);
  const revocations = await readRevocations(db, stored.id, PAGE);
  if (revocations.length === 0) return { tally: before, count: 0 };
  const { withdrawn, positions, nonces } = await findEnds(db, stored.id, revocations);
  const live = (await readStandings(db, [...positions.keys()])).filter((found) => found.live);
  const items = live.map(({ position }) => ({
    ...{ position, reason: 'data-changed' as const },
    evidence: evidenceFor(positions.get(position)),
  }));
  if (items.length > 0) await revokeWithin(db, book, items, parameters.now);
  await dropEnrolments(db, nonces);
  await withdrawRows(db, stored.id, withdrawn);
  await settleRows(
    db,
    stored.id,
    revocations.map(({ ordinal }) => ({ ordinal, state: 'revoked' })),
  );
  const tally = {
    ...before,
    revoked: before.revoked + items.length,
    cancelled: before.cancelled + nonces.length,
  };
  await setTally(db, round, JSON.stringify(tally));
  return { tally, count: revocations.length };
}

/** The sha256 of what names the source's own revocation. */
function evidenceFor(revocation: Revocation | undefined) {
  const { sourceId = '', place = '' } = revocation ?? {};
  return sha256Of(canonicalJson({ source: sourceId, place }));
}

/** What ends: rows, attestations with the revocation that ends each, and enrolments that wait. */
type Ends = {
  readonly withdrawn: readonly number[];
  readonly positions: ReadonlyMap<number, Revocation>;
  readonly nonces: readonly bigint[];
};

async function findEnds(
  db: Database,
  id: number,
  revocations: readonly Revocation[],
): Promise<Ends> {
  const byOrdinal = new Map(revocations.map((revocation) => [revocation.ordinal, revocation]));
  const hits = new Map<number, Revocation>();
  for (const { by, ordinal } of await findRevoked(db, id, revocations)) {
    const revocation = byOrdinal.get(by);
    if (revocation && !hits.has(ordinal)) hits.set(ordinal, revocation);
  }
  const rows = await readLinked(db, id, [...hits.keys()]);
  const enrolled = await findEnrolled(
    db,
    rows.flatMap(({ nonce }) => nonce ?? []),
  );
  const goals = goalsOf(rows, enrolled);
  const supported = new Set(
    rows.flatMap((row) =>
      isStanding(row) && !hits.has(row.ordinal) ? (goals.get(row.ordinal) ?? []) : [],
    ),
  );
  const [positions, nonces] = [new Map<number, Revocation>(), new Set<bigint>()];
  for (const [ordinal, revocation] of hits) {
    const goal = goals.get(ordinal);
    if (goal === undefined || supported.has(goal)) continue;
    if (typeof goal === 'bigint') nonces.add(goal);
    else positions.set(goal, revocation);
  }
  return { withdrawn: [...hits.keys()], positions, nonces: [...nonces] };
}

function isStanding({ state }: LinkedRow): boolean {
  return state === 'issued' || state === 'waiting' || state === 'merged';
}

/**
 * Where each row led: a position that this import brought about, or the nonce under which somebody waits still. What the
 * store had from elsewhere is not this source's to take back.
 */
function goalsOf(
  rows: readonly LinkedRow[],
  enrolled: ReadonlyMap<bigint, number | undefined>,
): ReadonlyMap<number, number | bigint> {
  const byOrdinal = new Map(rows.map((row) => [row.ordinal, row]));
  const ownGoal = ({ position, nonce }: LinkedRow): number | bigint | undefined => {
    if (position !== undefined) return position;
    return nonce !== undefined && enrolled.has(nonce) ? (enrolled.get(nonce) ?? nonce) : undefined;
  };
  const own = new Set(rows.flatMap((row) => ownGoal(row) ?? []));
  const invited = new Map(
    rows.flatMap((row) => {
      const goal = row.nonce === undefined ? undefined : ownGoal(row);
      return goal !== undefined && row.subjectKey ? [[toHex(row.subjectKey), goal]] : [];
    }),
  );
  const goals = new Map<number, number | bigint>();
  for (const row of rows) {
    const root = rootOf(row, byOrdinal);
    if (!root) continue;
    const held = root.held !== undefined && own.has(root.held) ? root.held : undefined;
    // Merged, and with nothing that was held: into a waiting, of which a subject has one.
    const merged =
      root.held === undefined && root.position === undefined && root.nonce === undefined;
    const waited = merged && root.subjectKey ? invited.get(toHex(root.subjectKey)) : undefined;
    const goal = ownGoal(root) ?? held ?? waited;
    if (goal !== undefined) goals.set(row.ordinal, goal);
  }
  return goals;
}

/** The row that a merged one was merged into in the end; none if that one lost. */
function rootOf(row: LinkedRow, byOrdinal: ReadonlyMap<number, LinkedRow>): LinkedRow | undefined {
  let root: LinkedRow | undefined = row;
  while (root && root.state !== 'excluded') {
    const { other, position, nonce }: LinkedRow = root;
    if (other === undefined || position !== undefined || nonce !== undefined) return root;
    root = byOrdinal.get(other);
  }
  return undefined;
}
