/**
 * What an import came to, for whoever wants to know why somebody is in a tree or isn't: one canonical JSON document without
 * personal data, `{"eligo": "import-manifest/1", "facts": …, "rows": […]}`, whose sha256 goes into a publication.
 *
 * `facts` counts: `read` = `accepted` + `merged` + `pending` + all of `excluded` + `revocations.read`. `leaves` is the sha256
 * of the accepted leaves, 32 bytes each, in the order of `positions`. `rows` lists what was left out and who won a conflict,
 * in the source's order; it can be long, so it is last, and neither written nor read in one piece.
 * @module
 */
import { createHash } from 'node:crypto';
import type { Hex } from 'viem';
import { canonicalJson } from '../../protocol/codec.ts';
import {
  countRows,
  readLeaves,
  readListed,
  type ListedRow,
  type Span,
} from '../../store/importLists.ts';
import { lastManifest } from '../../store/importRounds.ts';
import type { Database } from '../../store/store.ts';
import { readTally, sourceDocument, type Job, type Tally } from './job.ts';

/** What precedes the list, and what divides it from the facts: no text within the facts can hold it unescaped. */
export const MANIFEST_HEAD = '{"eligo":"import-manifest/1","facts":';
export const MANIFEST_LIST = ',"rows":[';

/** The facts of a manifest; integers are decimal strings. */
export type ManifestFacts = {
  readonly source: Readonly<Record<string, string>>;
  /** Of a chain: the blocks that were read. */
  readonly blocks?: { readonly from: string; readonly to: string };
  /** How it was read. */
  readonly options: Readonly<Record<string, string>>;
  readonly schema: string;
  /** Which go through the source it was. */
  readonly round: string;
  readonly issuedAt: string;
  readonly onConflict: string;
  readonly read: string;
  readonly accepted: string;
  /** Of the accepted, those that replaced what the store held. */
  readonly replaced: string;
  readonly merged: string;
  /** Waiting for their holders to enrol. */
  readonly pending: string;
  /** By rule. */
  readonly excluded: Readonly<Record<string, string>>;
  /** What the source took back: records, attestations revoked for them, and waitings that ended. */
  readonly revocations: {
    readonly read: string;
    readonly revoked: string;
    readonly cancelled: string;
  };
  /** Sums over accepted and pending, by field. */
  readonly totals: Readonly<Record<string, string>>;
  readonly positions: readonly { readonly first: string; readonly count: string }[];
  /** Absent in a dry run, which has none. */
  readonly leaves?: Hex;
  /** The hash of the manifest before it, of any import of this issuer. */
  readonly previous?: Hex;
  /** Nothing of it was done. */
  readonly dryRun?: true;
};

/** Draws up the facts of a round whose rows are all settled. */
export async function drawUpFacts(db: Database, job: Job): Promise<ManifestFacts> {
  const { round, parameters } = job;
  const { source, options, schema, dryRun } = parameters;
  const tally = readTally(round);
  const span = spanOf(job);
  const { positions, leaves } = await hashAccepted(db, span);
  const previous = dryRun === true ? undefined : await lastManifest(db);
  const { fromBlock, toBlock } = tally;
  return {
    source: sourceDocument(source),
    ...(fromBlock !== undefined &&
      toBlock !== undefined && { blocks: { from: fromBlock, to: toBlock } }),
    ...{ options, schema: schema.id.toString(), round: round.round.toString() },
    ...{ issuedAt: (round.now - (round.now % 86_400n)).toString(), onConflict: round.onConflict },
    ...(await countAll(db, span, tally)),
    totals: totalsOf(job, tally),
    positions,
    ...(dryRun === true ? { dryRun } : { leaves }),
    ...(previous !== undefined && { previous }),
  };
}

/** The rows of a round. */
export function spanOf({ stored, round }: Pick<Job, 'stored' | 'round'>): Span {
  const { first, read } = round;
  return { import: stored.id, from: first, to: first + (read ?? 0) };
}

async function countAll(db: Database, span: Span, { replaced, revoked, cancelled }: Tally) {
  const counts = await countRows(db, span);
  const count = (...states: string[]): string =>
    counts
      .filter(({ state }) => states.includes(state))
      .reduce((sum, found) => sum + found.count, 0)
      .toString();
  const excluded = counts.flatMap(({ state, rule, count: rows }) =>
    state === 'excluded' ? [[rule ?? '', rows.toString()]] : [],
  );
  return {
    read: (span.to - span.from).toString(),
    accepted: count('issued'),
    replaced: replaced.toString(),
    merged: count('merged'),
    pending: count('waiting'),
    excluded: Object.fromEntries(excluded) as Readonly<Record<string, string>>,
    revocations: {
      read: count('revoked'),
      ...{ revoked: revoked.toString(), cancelled: cancelled.toString() },
    },
  };
}

function totalsOf({ parameters }: Job, tally: Tally): Readonly<Record<string, string>> {
  const summed = parameters.schema.fields.filter(({ name }) => parameters.sums.includes(name));
  return Object.fromEntries(summed.map(({ name, slot }) => [name, tally.totals[slot]]));
}

async function hashAccepted(db: Database, span: Span) {
  const hash = createHash('sha256');
  const runs: { first: number; count: number }[] = [];
  for await (const page of readLeaves(db, span)) {
    for (const { position, leaf } of page) {
      hash.update(leaf);
      const last = runs.at(-1);
      if (last && last.first + last.count === position) last.count += 1;
      else runs.push({ first: position, count: 1 });
    }
  }
  const positions = runs.map(({ first, count }) => ({
    ...{ first: first.toString(), count: count.toString() },
  }));
  return { positions, leaves: `0x${hash.digest('hex')}` as const };
}

/** The manifest's text in pieces. @param facts as `canonicalJson` gives them */
export async function* writeManifest(
  db: Database,
  span: Span,
  facts: string,
): AsyncGenerator<string> {
  yield `${MANIFEST_HEAD}${facts}${MANIFEST_LIST}`;
  let separator = '';
  for await (const row of readListed(db, span)) {
    yield `${separator}${canonicalJson(documentOf(row))}`;
    separator = ',';
  }
  yield ']}';
}

function documentOf({ place, rule, detail, lost, by, held }: ListedRow): object {
  const store = held === undefined ? 'an enrolment that waits' : `position ${held}`;
  if (rule !== 'conflict') return { place, rule, detail, ...(by !== undefined && { by }) };
  // Parts that make no whole have nobody to lose to.
  if (detail.startsWith('is one of several')) return { place, rule, detail };
  return lost
    ? { rule, detail, lost: place, won: by ?? store }
    : { rule, detail, lost: store, won: place };
}

/** The sha256 of a manifest's text. */
export async function hashText(text: AsyncIterable<string>): Promise<Hex> {
  const hash = createHash('sha256');
  for await (const piece of text) hash.update(piece);
  return `0x${hash.digest('hex')}`;
}
