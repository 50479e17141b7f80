/**
 * Publishing: the tree is built, what is to be published is written down, signed, kept, and only then sent; whatever is
 * interrupted goes on from there. The chain takes each number once, so that nothing is published twice
 * (PROTOCOL.md section 4).
 * @module
 */
import { zeroHash, type Hex } from 'viem';
import { getBlockNumber } from 'viem/actions';
import { EligoError } from '../errors.ts';
import type { ReadClient, WriteClient } from '../chain/client.ts';
import type { Because } from '../chain/governance.ts';
import { answerOf } from '../chain/reverts.ts';
import { getTree, type TreeFacts } from '../chain/roots.ts';
import { TREE_DEPTH } from '../protocol/merklePath.ts';
import { lockBook, readBook, type Book } from '../store/book.ts';
import type { Field } from '../protocol/field.ts';
import type { Publication } from '../protocol/publication.ts';
import { toHex, toStoredField } from '../store/bytes.ts';
import { setCarried, unpublishedManifest } from '../store/importRounds.ts';
import { appendLog, countLog, type LogCounts } from '../store/log.ts';
import {
  firstOpenPublication,
  insertPublication,
  isUnfinished,
  lastKnownEntry,
  readPublication,
  reopen,
  type StoredPublication,
} from '../store/publications.ts';
import type { Database, Store } from '../store/store.ts';
import { buildTree, buildWithin, type BuildOptions } from '../store/tree.ts';
import { emptyRoots } from '../tree/tree.ts';
import type { Hasher } from '../tree/hasher.ts';
import type { Issuer } from './issuer.ts';
import { settle, toPublication, type SettleOptions } from './settle.ts';

/** What goes into a publication beside the tree. */
export type PublishOptions = {
  readonly build: BuildOptions;
  readonly hasher: Hasher;
  /** Unix seconds, for the log. */
  readonly now: bigint;
  /** Ends the epoch though nothing was revoked. */
  readonly endsEpoch?: boolean;
  /** A correction: every earlier root is refused at once. */
  readonly voids?: boolean;
  /** Of a file that explains it; if left out, of the last import's manifest that no publication carries. */
  readonly manifestHash?: Hex | undefined;
  /** Publishes though nothing changed: a sign of life. */
  readonly heartbeat?: boolean;
  /** Goes on above publications that this store knows nothing of, and voids them. */
  readonly acceptForeign?: boolean;
  /** Ends a freeze: it voids whatever was before it, and counts may fall. */
  readonly unfreezing?: Because | undefined;
};

/** What the next publication would be. */
export type Plan = {
  /** The tree as the chain has it. */
  readonly before: TreeFacts;
  readonly after: Publication;
  /** Log entries that it would make known. */
  readonly changes: LogCounts;
  /** There is nothing to make known. */
  readonly idle: boolean;
  /** It was written down before and is to be finished first. */
  readonly unfinished: boolean;
};

/** What only one process may do at a time: a tree has one sequence, whoever publishes. */
export const PUBLISHING = 'publishing';

/**
 * Says what `publish` would publish first. The stored tree is built, nothing else is written and nothing sent.
 * @throws {PublicationConflict} if the chain has publications that this store knows nothing of
 */
export async function planPublication(
  issuer: Issuer,
  client: ReadClient,
  options: PublishOptions,
): Promise<Plan> {
  const { db } = issuer.store;
  const chain = await readChain(issuer, client);
  const book = await readBuilt(issuer.store, options.build);
  const since = await lastKnownEntry(db, chain.tree.sequence);
  const open = await firstOpenPublication(db, chain.tree.sequence);
  const { drawn, needed } = open
    ? { drawn: open, needed: true }
    : await drawNext(db, { book, chain }, options);
  return {
    before: chain.tree,
    after: toPublication(issuer, drawn),
    changes: await countLog(db, { after: since, upTo: open?.logSeq ?? book.log_seq }),
    idle: !needed,
    unfinished: open !== undefined,
  };
}

/**
 * Publishes what changed since the last publication. What an earlier call began, or the chain lost, is finished first;
 * then what changed since, and what this call asks for, gets a publication of its own, unless the finished one carries it:
 * the same call made again after an interruption voids once.
 * @returns the last publication that it finished, as it is on chain, undefined if there was nothing to publish
 * @throws {PublicationConflict} if the chain has publications that this store knows nothing of, or counts more positions
 * or revocations than this store, which then is too old, whatever is accepted
 * @throws {PublicationPending} if it was not confirmed before `signal` fired: the next call goes on
 * @throws {ContractReverted} with the registry's reason
 */
export async function publish(
  issuer: Issuer,
  client: WriteClient,
  options: PublishOptions & SettleOptions,
): Promise<StoredPublication | undefined> {
  return issuer.store.alone(PUBLISHING, async () => {
    let finished: StoredPublication | undefined;
    for (;;) {
      const next = await preparePublication(issuer, client, { ...options, finished });
      if (!next) return finished;
      const settled = await settle(issuer, client, next.publication, options);
      if (settled.state === 'overtaken') {
        if (options.acceptForeign !== true) throw conflict(settled.sequence);
        continue;
      }
      if (next.isNew) return settled;
      finished = settled;
    }
  });
}

/** A publication that is to be brought to the chain. */
export type Prepared = {
  readonly publication: StoredPublication;
  /** It was written down now; otherwise it was begun before, and knows nothing of this call's options. */
  readonly isNew: boolean;
};

/**
 * Writes down the next publication, with its entry in the log, unless one is to be finished first: then it is that one.
 * @param options.finished what the same call has brought to the chain already
 * @returns undefined if there is nothing to publish
 * @throws {PublicationConflict} see `publish`
 */
export async function preparePublication(
  issuer: Issuer,
  client: ReadClient,
  options: PublishOptions & { readonly finished?: StoredPublication | undefined },
): Promise<Prepared | undefined> {
  const { store } = issuer;
  const { sequence } = await getTree(client, issuer);
  const begun = await takeUp(store.db, sequence);
  if (begun) return begun;
  await buildTree(store, options.build);
  const chain = await readChain(issuer, client);
  return store.transaction(async (db) => {
    await lockBook(db, store);
    await buildWithin(db, options.build);
    const open = await takeUp(db, chain.tree.sequence);
    if (open) return open;
    const book = await readBook(db);
    const { drawn, needed } = await drawNext(db, { book, chain }, options);
    if (!needed) return undefined;
    await writeDown(db, book, drawn, options.now);
    const publication = await readPublication(db, drawn.sequence);
    return publication && { publication, isNew: true };
  });
}

/** The publication that has to be brought to the chain before any other. */
async function takeUp(db: Database, onChain: bigint): Promise<Prepared | undefined> {
  const open = await firstOpenPublication(db, onChain);
  if (!open) return undefined;
  const publication = isUnfinished(open) ? open : await reopen(db, open.sequence);
  return { publication, isNew: false };
}

/** The book at a moment when the tree is that of the log: whoever issues meanwhile lets it be built again. */
async function readBuilt(store: Store, options: BuildOptions): Promise<Book> {
  for (;;) {
    await buildTree(store, options);
    const book = await readBook(store.db);
    if (book.built_seq === book.log_seq) return book;
  }
}

type Chain = { readonly tree: TreeFacts; readonly block: bigint };

async function readChain(issuer: Issuer, client: ReadClient): Promise<Chain> {
  const block = await answerOf(getBlockNumber(client, { cacheTime: 0 }));
  return { tree: await getTree(client, issuer), block };
}

/** Both sides, nothing unfinished between them. */
type Sides = { readonly book: Book; readonly chain: Chain };

/**
 * Draws what follows the chain's last word. If that is none of this store, it is answered though nothing changed here,
 * and voided: nobody can prove with it any more, and the audit passes over it.
 * @throws {PublicationConflict}
 */
async function drawNext(
  db: Database,
  { book, chain }: Sides,
  options: PublishOptions & { readonly finished?: StoredPublication | undefined },
): Promise<{ readonly drawn: Drawn; readonly needed: boolean }> {
  const { tree } = chain;
  const { unfreezing } = options;
  const fell = book.size < tree.size || book.revoked < tree.revoked;
  if (fell && !unfreezing) throw tooOld(book, tree);
  const foreign = isForeign(tree, await readPublication(db, tree.sequence));
  if (foreign && !unfreezing && options.acceptForeign !== true) throw conflict(tree.sequence);
  const since = await lastKnownEntry(db, tree.sequence);
  const manifestHash = options.manifestHash ?? (await unpublishedManifest(db));
  return {
    drawn: draw(book, chain, {
      ...options,
      manifestHash,
      ...(foreign && !unfreezing && { voids: true }),
    }),
    needed: foreign || book.log_seq > since || isAskedFor(options),
  };
}

/** Whether the chain's last word is none of this store. @param own what the store has under its number */
function isForeign(tree: TreeFacts, own: StoredPublication | undefined): boolean {
  if (!own) return tree.sequence > 0n;
  const same = own.root === tree.root && own.size === tree.size && own.revoked === tree.revoked;
  return own.state === 'overtaken' || !same;
}

type Drawn = Omit<StoredPublication, 'state' | 'transaction' | 'mined'>;

/** The publication that follows what the chain has. */
function draw(book: Book, { tree, block }: Chain, options: PublishOptions): Drawn {
  const empty = emptyRoots(TREE_DEPTH, options.hasher)[TREE_DEPTH] ?? 0n;
  return {
    sequence: tree.sequence + 1n,
    logSeq: book.log_seq + 1n,
    previousRoot: tree.root,
    root: book.built_root.length > 0 ? toStoredField(book.built_root) : empty,
    size: book.size,
    revoked: book.revoked,
    endsEpoch: options.endsEpoch === true || book.revoked > tree.revoked,
    voids: options.voids ?? false,
    logHead: toHex(book.log_head),
    manifestHash: options.manifestHash ?? zeroHash,
    preparedBlock: block,
  };
}

async function writeDown(db: Database, book: Book, publication: Drawn, now: bigint): Promise<void> {
  const { root, size, revoked } = publication;
  const entry = { kind: 'publish', root: root as Field, size, revoked } as const;
  const { log_seq } = await appendLog(db, book, [entry], now);
  // The tree does not change with its publication: the blocks are up to this entry, too.
  await db.updateTable('book').set({ built_seq: log_seq }).execute();
  await insertPublication(db, publication);
  await setCarried(db, publication.manifestHash, publication.sequence);
}

/** Whether the options demand a publication though nothing changed, and what was finished meanwhile is not that one. */
function isAskedFor(
  options: PublishOptions & { readonly finished?: StoredPublication | undefined },
): boolean {
  const { heartbeat, voids, endsEpoch, manifestHash, finished, unfreezing } = options;
  if (heartbeat === true || unfreezing) return true;
  const asked = voids === true || endsEpoch === true || manifestHash !== undefined;
  return asked && !(finished && carries(finished, options));
}

/** Whether a publication does all that the options ask of one. A sign of life has to be a new one. */
export function carries(publication: StoredPublication, options: PublishOptions): boolean {
  const { heartbeat, voids, endsEpoch, manifestHash } = options;
  return (
    heartbeat !== true &&
    (voids !== true || publication.voids) &&
    (endsEpoch !== true || publication.endsEpoch) &&
    (manifestHash === undefined || publication.manifestHash === manifestHash)
  );
}

/** The chain has something under a number that this store did not make. */
export function conflict(sequence: bigint): EligoError {
  return new EligoError(
    'PublicationConflict',
    `the chain has publication ${sequence.toString()}, which this store did not make: a key may be stolen, or a backup too old; --accept-foreign publishes above it and voids it`,
    { sequence },
  );
}

/** The contract would refuse it: positions and revocations never fall, except where the owner ends a freeze. */
function tooOld(book: Book, { sequence, size, revoked }: TreeFacts): EligoError {
  const counts = (of: { readonly size: number; readonly revoked: bigint }): string =>
    `${of.size.toString()} positions and ${of.revoked.toString()} revocations`;
  return new EligoError(
    'PublicationConflict',
    `the chain's publication ${sequence.toString()} counts ${counts({ size, revoked })}, this store ${counts(book)}: restore a newer backup, or, if a key was stolen, let the owner freeze the tree and unfreeze it naming a root`,
    { sequence, size, revoked },
  );
}
