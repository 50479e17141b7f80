/**
 * Another key for personal data at rest.
 * @module
 */
import { resealAttestations } from './attestations.ts';
import { lockBook } from './book.ts';
import { resealEnrolments } from './enrolments.ts';
import { resealImportRows } from './importRows.ts';
import { resealSeeds } from './imports.ts';
import type { SealKey } from './seal.ts';
import type { Store } from './store.ts';

/**
 * Seals all personal data anew in one transaction: no row is ever under another key than the book says. The store has to
 * be opened again afterwards, with the new key; other processes that have it open are refused from then on. Until it is
 * done nothing else is written: choose the hour.
 * @param options.to undefined leaves the data plain
 */
export async function rekey(
  store: Store,
  options: { readonly to: SealKey | undefined; readonly onRows?: (rows: number) => void },
): Promise<void> {
  const { to, onRows = () => undefined } = options;
  await store.transaction(async (db) => {
    await lockBook(db, store);
    await resealAttestations(db, { from: store.key, to }, onRows);
    await resealEnrolments(db, { from: store.key, to });
    await resealSeeds(db, { from: store.key, to });
    await resealImportRows(db, { from: store.key, to });
    await db
      .updateTable('book')
      .set({ seal_key: to?.id ?? null })
      .execute();
  });
}
