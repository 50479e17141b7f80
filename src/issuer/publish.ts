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
import { answerOf } from '../chain/reverts.ts';
import { getTree, type Publication, type TreeFacts } from '../chain/roots.ts';
import { TREE_DEPTH } from '../protocol/merklePath.ts';
import { lockBook, readBook, type Book } from '../store/book.ts';
import type { Field } from '../protocol/field.ts';
import { toHex, toStoredField } from '../store/bytes.ts';
import { appendLog, countLog, type LogCounts } from '../store/log.ts';
import {
  insertPublication,
  lastKnownEntry,
  latestPublication,
  type StoredPublication,
} from '../store/publications.ts';
import type { Database } from '../store/store.ts';
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
  readonly manifestHash?: Hex;
  /** Publishes though nothing changed: a sign of life. */
  readonly heartbeat?: boolean;
  /** Goes on above publications that this store knows nothing of. */
  readonly acceptForeign?: boolean;
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

/**
 * Says what `publish` would publish. The stored tree is built, nothing else is written and nothing sent.
 * @throws {PublicationConflict} if the chain has publications that this store knows nothing of
 */
export async function planPublication(
  issuer: Issuer,
  client: ReadClient,
  options: PublishOptions,
): Promise<Plan> {
  const { db } = issuer.store;
  await buildTree(issuer.store, options.build);
  const chain = await readChain(issuer, client);
  const book = await readBook(db);
  const latest = await latestPublication(db);
  const unfinished = latest !== undefined && isOpen(latest, chain);
  const since = await lastKnownEntry(db);
  if (!unfinished) refuseForeign(chain, latest, options);
  return {
    before: chain.tree,
    after: toPublication(issuer, unfinished ? latest : draw(book, chain, options)),
    changes: await countLog(db, { after: since, upTo: unfinished ? latest.logSeq : book.log_seq }),
    idle: !unfinished && !isForeign(chain, latest) && !isNeeded(book, since, options),
    unfinished,
  };
}

/**
 * Publishes what changed since the last publication, or finishes one that was interrupted.
 * @returns the publication as it is on chain, undefined if there was nothing to publish
 * @throws {PublicationConflict} if the chain has publications that this store knows nothing of
 * @throws {PublicationPending} if it was not confirmed before `signal` fired: the next call goes on
 * @throws {ContractReverted} with the registry's reason
 */
export async function publish(
  issuer: Issuer,
  client: WriteClient,
  options: PublishOptions & SettleOptions,
): Promise<StoredPublication | undefined> {
  return issuer.store.alone(`publishing for ${client.account.address}`, async () => {
    for (;;) {
      const open = await preparePublication(issuer, client, options);
      if (!open) return undefined;
      const settled = await settle(issuer, client, open, options);
      if (settled.state !== 'overtaken') return settled;
      if (options.acceptForeign !== true) throw conflict(settled.sequence);
    }
  });
}

/**
 * Writes down the next publication, with its entry in the log, unless one is unfinished: then it is that one.
 * @returns undefined if there is nothing to publish
 * @throws {PublicationConflict} if the chain has publications that this store knows nothing of
 */
export async function preparePublication(
  issuer: Issuer,
  client: ReadClient,
  options: PublishOptions,
): Promise<StoredPublication | undefined> {
  const { store } = issuer;
  const open = await latestPublication(store.db);
  if (open && isUnfinished(open)) return open;
  await buildTree(store, options.build);
  const chain = await readChain(issuer, client);
  return store.transaction(async (db) => {
    await lockBook(db, store);
    await buildWithin(db, options.build);
    const latest = await latestPublication(db);
    if (latest && isOpen(latest, chain)) return latest;
    refuseForeign(chain, latest, options);
    const book = await readBook(db);
    const needed = isForeign(chain, latest) || isNeeded(book, await lastKnownEntry(db), options);
    if (!needed) return undefined;
    await writeDown(db, book, draw(book, chain, options), options.now);
    return latestPublication(db);
  });
}

type Chain = { readonly tree: TreeFacts; readonly block: bigint };

async function readChain(issuer: Issuer, client: ReadClient): Promise<Chain> {
  const block = await answerOf(getBlockNumber(client, { cacheTime: 0 }));
  return { tree: await getTree(client, issuer), block };
}

/** @throws {PublicationConflict} */
function refuseForeign(
  chain: Chain,
  latest: StoredPublication | undefined,
  { acceptForeign = false }: PublishOptions,
): void {
  if (isForeign(chain, latest) && !acceptForeign) throw conflict(chain.tree.sequence);
}

/** Whether the chain's last word is none of this store: then it has to be answered, though nothing changed here. */
function isForeign({ tree }: Chain, latest: StoredPublication | undefined): boolean {
  return tree.sequence > (latest?.sequence ?? 0n);
}

/**
 * Whether a publication is to be brought to the chain first: it is unfinished, or the chain hasn't got it any more, after
 * a reorganisation or because the node lags behind.
 */
function isOpen(publication: StoredPublication, { tree }: Chain): boolean {
  return isUnfinished(publication) || publication.sequence > tree.sequence;
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
}

/** @param since the log entry of the last publication that is on chain */
function isNeeded(book: Book, since: bigint, options: PublishOptions): boolean {
  const forced = options.heartbeat === true || options.voids === true || options.endsEpoch === true;
  return forced || book.log_seq > since;
}

/** Whether a publication was written down and is not on chain for all that is known. */
export function isUnfinished({ state }: StoredPublication): boolean {
  return state === 'prepared' || state === 'handed' || state === 'signed';
}

/** The chain has something under a number that this store did not make. */
export function conflict(sequence: bigint): EligoError {
  return new EligoError(
    'PublicationConflict',
    `the chain has publication ${sequence.toString()}, which this store did not make: a key may be stolen, or a backup too old; --accept-foreign publishes above it`,
    { sequence },
  );
}
