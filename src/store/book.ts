/**
 * The book: whose store this is, and the counters that every change passes through, one change at a time.
 * @module
 */
import type { Selectable } from 'kysely';
import { EligoError } from '../errors.ts';
import { isKeyOf, sameBytes } from './seal.ts';
import type { Database, Store } from './store.ts';
import type { BookTable } from './tables.ts';

/** Whose tree a store keeps. */
export type Binding = {
  /** The deployment whose registries the tree is in, as its canonical document. */
  readonly deployment: string;
  readonly issuerId: bigint;
  readonly treeId: bigint;
};

/** The book's row. */
export type Book = Selectable<BookTable>;

/**
 * Makes a new store this tree's.
 * @param pepperCheck what `pepperCheck` of the issuer's pepper gives
 * @throws {StoreMismatch} if it is another tree's already
 */
export async function bindStore(
  store: Store,
  binding: Binding,
  pepperCheck: Uint8Array,
): Promise<void> {
  await store.db
    .insertInto('book')
    .values({
      deployment: binding.deployment,
      issuer_id: binding.issuerId,
      tree_id: binding.treeId,
      pepper_check: pepperCheck,
      seal_key: store.key?.id ?? null,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const book = await readBook(store.db);
  const found = bindingOf(book);
  const differs = Object.entries(binding).find(
    ([key, value]) => found[key as keyof Binding] !== value,
  );
  if (differs) throw mismatch(`its ${differs[0]} is ${String(found[differs[0] as keyof Binding])}`);
  checkPepper(book, pepperCheck);
}

/** The book as it is now. @throws {StoreMismatch} if the store was never bound */
export async function readBook(db: Database): Promise<Book> {
  const book = await db.selectFrom('book').selectAll().executeTakeFirst();
  if (!book) throw mismatch('it is empty: `issuer init` sets it up');
  return book;
}

/**
 * The book, locked until the transaction ends: changes to a store happen one after the other.
 * @throws {StoreMismatch} if the store was sealed anew since it was opened
 */
export async function lockBook(db: Database, { key }: Store): Promise<Book> {
  const book = await db.selectFrom('book').selectAll().forUpdate().executeTakeFirst();
  if (!book) throw mismatch('it is empty: `issuer init` sets it up');
  if (!isKeyOf(book.seal_key, key)) throw mismatch('its key changed since it was opened');
  return book;
}

/** Whose store it is. */
export function bindingOf(book: Book): Binding {
  return { deployment: book.deployment, issuerId: book.issuer_id, treeId: book.tree_id };
}

/** @throws {StoreMismatch} if subject keys of this pepper would not match those in the store */
export function checkPepper(book: Book, pepperCheck: Uint8Array): void {
  if (!sameBytes(book.pepper_check, pepperCheck))
    throw mismatch('its subject keys were made with another pepper');
}

function mismatch(what: string): EligoError {
  return new EligoError('StoreMismatch', `the store doesn't fit: ${what}`);
}
