/**
 * Replaying a log: each entry must be one that an honest issuer could have made, and its publications must be of the tree
 * that its entries lead to. Nothing but the entries is asked.
 * @module
 */
import { EligoError } from '../errors.ts';
import type { Field } from '../protocol/field.ts';
import type { LogEntry } from '../protocol/log.ts';
import type { Hasher } from '../tree/hasher.ts';
import { EMPTY_LEAF, createTree, type Tree } from '../tree/tree.ts';
import type { PublishEntry } from './auditAlign.ts';

/** A tree that follows a log. */
export type Replay = {
  /** Takes the next entry. @throws {AuditFailed} naming the rule that it breaks */
  readonly apply: (entry: LogEntry) => void;
  /** The tree after the entries so far. */
  readonly state: () => { readonly root: Field; readonly size: number; readonly revoked: bigint };
};

/** Leaves that wait to be hashed, at most. */
const BATCH = 65_536;

/** The tree and what the entries of a log have to agree with. */
type Book = {
  readonly tree: Tree;
  /** Leaves at the next positions, and others for positions used, both not in the tree yet. */
  readonly added: Field[];
  readonly changed: Map<number, Field>;
  /** What stood at the positions that are revoked now. */
  readonly lost: Map<number, Field>;
  /** Those among them that were revoked since the last publication. */
  readonly lostSince: Set<number>;
  revoked: bigint;
  last: { readonly seq: bigint; readonly at: bigint };
};

/** Begins with the empty tree. @param options.hasher the kernel's if left out */
export async function createReplay(options: { readonly hasher?: Hasher } = {}): Promise<Replay> {
  const book: Book = {
    tree: await createTree(options),
    added: [],
    changed: new Map(),
    lost: new Map(),
    lostSince: new Set(),
    revoked: 0n,
    last: { seq: 0n, at: 0n },
  };
  return {
    apply: (entry) => {
      follow(book, entry);
      if (book.added.length + book.changed.size >= BATCH) flush(book);
    },
    state: () => {
      flush(book);
      return { root: book.tree.root(), size: book.tree.size(), revoked: book.revoked };
    },
  };
}

function follow(book: Book, entry: LogEntry): void {
  const { seq, at } = book.last;
  demand(entry, 'seq', entry.seq, seq + 1n);
  if (entry.at < at) throw broken(entry, 'at', entry.at, `at least ${at.toString()}`);
  book.last = entry;
  switch (entry.kind) {
    case 'attest':
      attest(book, entry);
      break;
    case 'revoke':
      revoke(book, entry);
      break;
    case 'reinstate':
      reinstate(book, entry);
      break;
    case 'publish':
      publish(book, entry);
  }
}

function attest(book: Book, entry: Extract<LogEntry, { kind: 'attest' }>): void {
  const { position, leaf, replaces } = entry;
  demand(entry, 'position', position, sizeOf(book));
  if (leaf === EMPTY_LEAF) throw broken(entry, 'leaf', leaf, 'other than 0');
  // What happens to the replaced one later is another matter: it may be reinstated when its successor is revoked.
  if (replaces !== undefined && !book.lostSince.has(replaces)) {
    const rule = 'a position revoked since the last publication, and revoked still';
    throw broken(entry, 'replaces', replaces, rule);
  }
  book.added.push(leaf);
}

function revoke(book: Book, entry: Extract<LogEntry, { kind: 'revoke' }>): void {
  const { position } = entry;
  if (position >= sizeOf(book) || book.lost.has(position))
    throw broken(entry, 'position', position, 'a live one');
  book.lost.set(position, leafAt(book, position));
  put(book, position, EMPTY_LEAF);
  book.lostSince.add(position);
  book.revoked += 1n;
}

function reinstate(book: Book, entry: Extract<LogEntry, { kind: 'reinstate' }>): void {
  const { position, leaf } = entry;
  const before = book.lost.get(position);
  if (before === undefined) throw broken(entry, 'position', position, 'a revoked one');
  demand(entry, 'leaf', leaf, before);
  book.lost.delete(position);
  book.lostSince.delete(position);
  put(book, position, leaf);
}

function publish(book: Book, entry: PublishEntry): void {
  flush(book);
  demand(entry, 'root', entry.root, book.tree.root());
  demand(entry, 'size', entry.size, book.tree.size());
  demand(entry, 'revoked', entry.revoked, book.revoked);
  book.lostSince.clear();
}

function sizeOf({ tree, added }: Book): number {
  return tree.size() + added.length;
}

function leafAt({ tree, added, changed }: Book, position: number): Field {
  return changed.get(position) ?? added[position - tree.size()] ?? tree.leaf(position);
}

/** Changes a leaf; one that is not in the tree yet is changed before it gets there. */
function put({ tree, added, changed }: Book, position: number, leaf: Field): void {
  if (position >= tree.size()) added[position - tree.size()] = leaf;
  else changed.set(position, leaf);
}

function flush({ tree, added, changed }: Book): void {
  tree.append(added.splice(0));
  tree.update([...changed].map(([position, leaf]) => ({ position, leaf })));
  changed.clear();
}

function demand<T extends bigint | number>(
  entry: { readonly seq: bigint },
  what: string,
  found: T,
  expected: T,
): void {
  if (found !== expected) throw broken(entry, what, found, expected.toString());
}

function broken(
  { seq }: { readonly seq: bigint },
  what: string,
  found: bigint | number,
  expected: string,
): EligoError {
  return new EligoError(
    'AuditFailed',
    `log entry ${seq.toString()}: ${what} is ${found.toString()}, must be ${expected}`,
    { logSeq: seq, what, found, expected },
  );
}
