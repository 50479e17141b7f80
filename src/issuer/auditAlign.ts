/**
 * Which publication on-chain is which entry of the log. A publication names the head of the log before its own entry;
 * what the chain has and the log doesn't is let through only where a later voiding cancelled it (PROTOCOL.md section 4:
 * a thief with a publishing key must not brick the tree, nor its audit).
 * @module
 */
import type { Hex } from 'viem';
import type { TreeEvent } from '../chain/publications.ts';
import { EligoError } from '../errors.ts';
import type { LogEntry } from '../protocol/log.ts';

/** The log's own word that it publishes. */
export type PublishEntry = Extract<LogEntry, { readonly kind: 'publish' }>;

type PublishedEvent = Extract<TreeEvent, { readonly kind: 'published' }>;

/** A publication on-chain. `cancelled`: made while the tree was frozen, or voided by something later. */
type ChainPublication = PublishedEvent & { readonly cancelled: boolean };

/** A publication and what the log knows of it. */
export type AuditedPublication = {
  readonly sequence: bigint;
  readonly root: bigint;
  readonly size: number;
  readonly revoked: bigint;
  readonly endsEpoch: boolean;
  readonly block: bigint;
  /** Unix seconds. */
  readonly time: bigint;
  readonly transaction: Hex;
  /** `reproduced`: the log says the same. `voided`: it doesn't, and a later voiding cancelled the publication. */
  readonly status: 'reproduced' | 'voided';
  /** The publish entry of the log, where it is reproduced. */
  readonly logSeq?: bigint;
};

/** A publish entry that the chain doesn't have. */
export type UnsentEntry = Pick<PublishEntry, 'root' | 'size' | 'revoked'> & {
  readonly logSeq: bigint;
};

/** Goes through both in order. */
export type Alignment = {
  /** The next publication that the log doesn't have yet. */
  readonly next: () => ChainPublication | undefined;
  /**
   * The publication of an entry, or undefined if the chain doesn't have it (yet).
   * @param before the head of the log before the entry
   * @throws {AuditFailed} naming the first difference
   */
  readonly match: (entry: PublishEntry, before: Hex) => ChainPublication | undefined;
  /**
   * After the last entry.
   * @param end the last entry's number and the head after it
   * @throws {AuditFailed} if the chain has a publication that counts and the log doesn't have
   */
  readonly finish: (end: { readonly seq: bigint; readonly head: Hex }) => {
    readonly publications: readonly AuditedPublication[];
    readonly unsent: readonly UnsentEntry[];
  };
};

type Pending = { readonly entry: PublishEntry; readonly before: Hex };

/** Both sides as far as they have been gone through. A log may be very long, and its server may lie: no step goes back. */
type State = {
  readonly chain: readonly ChainPublication[];
  /** Indices in the chain by the head that a publication names, ascending. */
  readonly byHead: ReadonlyMap<Hex, readonly number[]>;
  /** What became of the chain's publications, as far as it has been gone through: by the same indices. */
  readonly audited: AuditedPublication[];
  readonly unsent: UnsentEntry[];
  /** The first entry since the last match that the chain doesn't have. */
  skipped: Pending | undefined;
};

/** Begins with the first of both. @param events as `getTreeEvents` gives them */
export function createAlignment(events: readonly TreeEvent[]): Alignment {
  const chain = withCancellations(events);
  const state: State = {
    ...{ chain, byHead: indexByHead(chain) },
    ...{ audited: [], unsent: [], skipped: undefined },
  };
  const { audited, unsent } = state;
  return {
    next: () => chain[audited.length],
    match: (entry, before) => matchEntry(state, { entry, before }),
    finish: (end) => {
      const { skipped } = state;
      passTo(state, chain.length, (extra) =>
        skipped ? differing(extra, skipped) : notInLog(extra, end),
      );
      return { publications: audited, unsent };
    },
  };
}

function indexByHead(chain: readonly ChainPublication[]): ReadonlyMap<Hex, readonly number[]> {
  const byHead = new Map<Hex, number[]>();
  for (const [index, { publication }] of chain.entries()) {
    const indices = byHead.get(publication.logHead);
    if (indices) indices.push(index);
    else byHead.set(publication.logHead, [index]);
  }
  return byHead;
}

/** A publication of the chain, and where it stands there. */
type Candidate = { readonly index: number; readonly event: ChainPublication };

/** What the chain has under the head before an entry. No two entries have the same, so none is looked at twice. */
function candidatesFor({ chain, byHead, audited }: State, { before }: Pending): Candidate[] {
  return (byHead.get(before) ?? []).flatMap((index) => {
    const event = chain[index];
    return event && index >= audited.length ? { index, event } : [];
  });
}

function matchEntry(state: State, own: Pending): ChainPublication | undefined {
  const candidates = candidatesFor(state, own);
  const found = candidates.find(({ event }) => differences(event, own).length === 0);
  if (found) return take(state, found, own);
  const first = state.skipped ?? own;
  const other = candidates.find(({ event }) => !event.cancelled);
  if (other) {
    passTo(state, other.index, (extra) => differing(extra, first));
    throw differing(other.event, own);
  }
  state.skipped = first;
  const { root, size, revoked, seq: logSeq } = own.entry;
  state.unsent.push({ root, size, revoked, logSeq });
  return undefined;
}

function take(state: State, { index, event }: Candidate, own: Pending): ChainPublication {
  const { chain, audited, skipped } = state;
  const passed = passTo(state, index, (extra) => differing(extra, skipped ?? own));
  if (skipped && !passed) throw neverSent(skipped, event);
  state.skipped = undefined;
  refuseLivingEpoch(event, chain[index - 1], own.entry.seq);
  audited.push(toAudited(event, own.entry.seq));
  return event;
}

/** Passes over what the chain has alone, up to an index. @returns whether there was any */
function passTo(
  { chain, audited }: State,
  end: number,
  refuse: (extra: ChainPublication) => EligoError,
): boolean {
  const extras = chain.slice(audited.length, end);
  for (const extra of extras) {
    const last = chain[audited.length - 1];
    // One that says the same again is as true as the one before, or as false.
    const repeated = last !== undefined && saysTheSame(extra, last);
    const logSeq = repeated ? audited.at(-1)?.logSeq : undefined;
    if (!extra.cancelled && logSeq === undefined) throw refuse(extra);
    audited.push(toAudited(extra, logSeq));
  }
  return extras.length > 0;
}

/** Publications with what became of them: read backwards, since a voiding cancels what was before it. */
function withCancellations(events: readonly TreeEvent[]): readonly ChainPublication[] {
  let frozen = false;
  const frozenAt = events.map(({ kind }) => {
    if (kind !== 'published') frozen = kind === 'frozen';
    return frozen;
  });
  const chain: ChainPublication[] = [];
  let voided = false;
  for (let i = events.length - 1; i >= 0; i--) {
    const event = events[i] as TreeEvent;
    const whileFrozen = frozenAt[i] === true;
    if (event.kind !== 'published') {
      voided = true;
      continue;
    }
    chain.push({ ...event, cancelled: voided || whileFrozen });
    // While frozen a publication enters no list, so it voids nothing there.
    if (event.publication.voids && !whileFrozen) voided = true;
  }
  return chain.reverse();
}

type Difference = { readonly what: string; readonly chain: string; readonly log: string };

/** Where a publication and an entry don't say the same, in the order in which they are reported. */
function differences(
  { publication }: ChainPublication,
  { entry, before }: Pending,
): readonly Difference[] {
  const pairs = [
    ['root', publication.root, entry.root],
    ['size', publication.size, entry.size],
    ['revoked', publication.revoked, entry.revoked],
    ['logHead', publication.logHead, before],
  ] as const;
  return pairs
    .map(([what, chain, log]) => ({ what, chain: String(chain), log: String(log) }))
    .filter(({ chain, log }) => chain !== log);
}

function saysTheSame({ publication: a }: ChainPublication, { publication: b }: ChainPublication) {
  return (['root', 'size', 'revoked', 'logHead'] as const).every((key) => a[key] === b[key]);
}

function toAudited(event: ChainPublication, logSeq: bigint | undefined): AuditedPublication {
  const { sequence, root, size, revoked, endsEpoch } = event.publication;
  const { block, time, transaction } = event;
  const facts = { sequence, root, size, revoked, endsEpoch, block, time, transaction };
  return logSeq === undefined
    ? { ...facts, status: 'voided' }
    : { ...facts, status: 'reproduced', logSeq };
}

/** Where a publication stands, in words and for programs. */
export function placeOf(event: ChainPublication) {
  const { sequence } = event.publication;
  const { block, transaction } = event;
  return {
    words: `publication ${sequence.toString()} (block ${block.toString()})`,
    data: { sequence, block, transaction },
  };
}

function differing(event: ChainPublication, expected: Pending): EligoError {
  const place = placeOf(event);
  const [first] = differences(event, expected);
  const { seq: logSeq } = expected.entry;
  return new EligoError(
    'AuditFailed',
    `${place.words} and log entry ${logSeq.toString()} differ: ${String(first?.what)} is ${String(first?.chain)} on the chain, ${String(first?.log)} in the log`,
    { ...place.data, logSeq, ...first },
  );
}

function notInLog(
  event: ChainPublication,
  { seq, head }: { readonly seq: bigint; readonly head: Hex },
): EligoError {
  const place = placeOf(event);
  const { logHead } = event.publication;
  return new EligoError(
    'AuditFailed',
    `${place.words} is not in the log, which ends with entry ${seq.toString()}: logHead is ${logHead} on the chain, the log's last is ${head}`,
    { ...place.data, logSeq: seq, what: 'logHead', chain: logHead, log: head },
  );
}

function neverSent({ entry }: Pending, later: ChainPublication): EligoError {
  const place = placeOf(later);
  const root = entry.root.toString();
  return new EligoError(
    'AuditFailed',
    `log entry ${entry.seq.toString()} publishes the root ${root}, which the chain never got, and went on with ${place.words}`,
    { ...place.data, logSeq: entry.seq, what: 'root', log: root },
  );
}

/** The contract demands it; a node that says otherwise doesn't tell what is on the chain. */
function refuseLivingEpoch(
  event: ChainPublication,
  before: ChainPublication | undefined,
  logSeq: bigint,
): void {
  const { revoked, endsEpoch } = event.publication;
  if (endsEpoch || revoked <= (before?.publication.revoked ?? 0n)) return;
  const place = placeOf(event);
  throw new EligoError(
    'AuditFailed',
    `${place.words} and log entry ${logSeq.toString()} differ: revocations grew to ${revoked.toString()}, and endsEpoch is false on the chain, must be true`,
    { ...place.data, logSeq, what: 'endsEpoch', chain: 'false', log: 'true' },
  );
}
