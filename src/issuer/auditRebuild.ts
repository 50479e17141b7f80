/**
 * `audit rebuild`: the tree from the log alone, and the chain's publications held against it. It needs no server of the
 * issuer, and nobody's word.
 * @module
 */
import type { Hex } from 'viem';
import type { TreeEvent } from '../chain/publications.ts';
import { EligoError } from '../errors.ts';
import type { Field } from '../protocol/field.ts';
import { EMPTY_HEAD } from '../protocol/log.ts';
import type { Hasher } from '../tree/hasher.ts';
import {
  createAlignment,
  placeOf,
  type Alignment,
  type AuditedPublication,
  type UnsentEntry,
} from './auditAlign.ts';
import { createReplay, type Replay } from './auditReplay.ts';
import type { HeadedEntry } from './logSource.ts';

/** What an audit found: chain and log agree, and this is what they say. */
export type AuditReport = {
  readonly publications: readonly AuditedPublication[];
  /** Entries of the log, and the head after the last. */
  readonly entries: bigint;
  readonly head: Hex;
  /** The tree after the last entry. */
  readonly root: Field;
  readonly size: number;
  readonly revoked: bigint;
  /** Entries after the last publish entry that the chain has. */
  readonly unpublished: bigint;
  /** Publish entries that the chain doesn't have (yet). */
  readonly unsent: readonly UnsentEntry[];
  readonly frozen: boolean;
};

/** Entries between two words about progress. */
const SAY_EVERY = 10_000n;

/**
 * Rebuilds a tree from its log and compares it with every publication: root, size, revoked, epoch and head.
 * @param parameters.entries    the log, as `openLog` gives it
 * @param parameters.events     the chain's side, as `getTreeEvents` gives it
 * @param parameters.onProgress told the number of the entry that it is at
 * @throws {AuditFailed} with the first difference: both values, and where they are (publication, block, log entry)
 * @throws {EligoError} what reading the entries throws
 * @example
 * const log = await openLog('public');
 * const events = await getTreeEvents(client, { deployment, treeId });
 * const { publications } = await rebuildTree({ entries: log.entries(), events });
 */
export async function rebuildTree(parameters: {
  readonly entries: AsyncIterable<HeadedEntry>;
  readonly events: readonly TreeEvent[];
  readonly hasher?: Hasher;
  readonly onProgress?: (entry: bigint) => void;
}): Promise<AuditReport> {
  const { entries, events, hasher, onProgress } = parameters;
  const replay = await createReplay(hasher ? { hasher } : {});
  const alignment = createAlignment(events);
  let [seq, published, before] = [0n, 0n, EMPTY_HEAD];
  for await (const { entry, head } of entries) {
    apply(replay, entry, alignment);
    seq = entry.seq;
    if (entry.kind === 'publish' && alignment.match(entry, before)) published = seq;
    before = head;
    if (seq % SAY_EVERY === 0n) onProgress?.(seq);
  }
  const { publications, unsent } = alignment.finish({ seq, head: before });
  return {
    publications,
    entries: seq,
    head: before,
    ...replay.state(),
    unpublished: seq - published,
    unsent,
    frozen: events.findLast(({ kind }) => kind !== 'published')?.kind === 'frozen',
  };
}

/** What is wrong with an entry is said with the publication that it would have led to. */
function apply(replay: Replay, entry: HeadedEntry['entry'], alignment: Alignment): void {
  try {
    replay.apply(entry);
  } catch (error) {
    const next = alignment.next();
    if (!(error instanceof EligoError) || error.code !== 'AuditFailed' || !next) throw error;
    const place = placeOf(next);
    throw new EligoError(
      'AuditFailed',
      `${error.message}; ${place.words} comes after it`,
      { ...place.data, ...error.data },
      error,
    );
  }
}
