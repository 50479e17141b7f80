/**
 * When a root is accepted (PROTOCOL.md section 4): the twin of RootRegistry's rule.
 * @module
 */
import { EligoError } from '../errors.ts';
import { NEVER } from '../protocol/field.ts';

/** What a registry knows about a source and one of its roots. Times are Unix seconds. */
export type RootFacts = {
  /** The source is a tree's own list and that tree is frozen. */
  readonly frozen: boolean;
  /** Published by the source after its last voiding. */
  readonly known: boolean;
  /** Published in the epoch that is current. */
  readonly current: boolean;
  /** When the root's epoch ended; meaningless while it is current. */
  readonly endedAt: bigint;
  /** When the source last published; of a list, the smallest over its members in force; 0 if there is none. */
  readonly lastPublishedAt: bigint;
};

/** How old a root a reader takes. */
export type Freshness = {
  /** Seconds for which a root outlives its epoch; 0 = strict. */
  readonly maxStaleness: bigint;
  /** Seconds for which a source may be silent; `NEVER` = off. */
  readonly maxSilence: bigint;
};

/**
 * Accepts a root or says why not.
 * @param now Unix seconds
 * @throws {SourceFrozen} @throws {UnknownRoot} @throws {StaleRoot} @throws {SilentSource} checked in this order
 */
export function checkRoot(facts: RootFacts, freshness: Freshness, now: bigint): void {
  const { maxStaleness, maxSilence } = freshness;
  if (facts.frozen)
    throw new EligoError('SourceFrozen', 'the source is frozen: none of its roots counts');
  if (!facts.known)
    throw new EligoError('UnknownRoot', 'the source never published this root, or voided it');
  if (!facts.current && now >= facts.endedAt + maxStaleness) {
    throw new EligoError(
      'StaleRoot',
      `the root's epoch ended at ${facts.endedAt.toString()}, ${maxStaleness.toString()} s of staleness are allowed`,
      { endedAt: facts.endedAt, maxStaleness, now },
    );
  }
  const silent = facts.lastPublishedAt === 0n || now >= facts.lastPublishedAt + maxSilence;
  if (maxSilence !== NEVER && silent) {
    throw new EligoError(
      'SilentSource',
      `the source published last at ${facts.lastPublishedAt.toString()}, ${maxSilence.toString()} s of silence are allowed`,
      { lastPublishedAt: facts.lastPublishedAt, maxSilence, now },
    );
  }
}
