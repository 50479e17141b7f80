/**
 * Lines that a change of the store leaves to its caller, such as one-time tokens: on the disk before the change is
 * committed, under their own name only afterwards, and gone if nothing was done. Where nobody knows whether it was, since
 * the process was killed or the connection broke while it was committed, they stay in `<file>.part-<pid>`.
 * @module
 */
import { open, rm, type FileHandle } from 'node:fs/promises';
import { EligoError, invalidInput } from '../errors.ts';
import type { Issued } from '../issuer/issue.ts';
import { putInPlace, refuseExisting, unfinishedName } from './files.ts';
import type { Output } from './output.ts';

/** Where lines go. */
export type Lines = {
  /** Puts documents on the disk, a line each, and comes back when they are there. */
  readonly add: (documents: readonly object[]) => Promise<void>;
};

/**
 * Runs a change, with a file for the lines that it gives.
 * @param target.path a file that isn't there yet, readable by its owner only; it is never replaced
 * @param target.flag the flag that names it
 * @throws {InvalidInput} if there is one
 */
export async function withLines<T>(
  { note }: Pick<Output, 'note'>,
  { path, flag }: { readonly path: string; readonly flag: string },
  change: (lines: Lines) => Promise<T>,
): Promise<T> {
  await refuseExisting(path, { flag, force: false });
  const unfinished = unfinishedName(path);
  const file = await openUnfinished(unfinished, flag);
  const result = await keepingIfMade(unfinished, note, async () => {
    try {
      return await change({ add: (documents) => add(file, documents) });
    } finally {
      await file.close();
    }
  });
  await settleAt(unfinished, path, flag);
  return result;
}

/** What is kept of attestations with one-time tokens: a document each. */
export function tokenDocuments(issued: readonly Issued[]): readonly object[] {
  return issued.map(({ position, token }) => ({ position: position.toString(), token }));
}

/**
 * Runs a change that writes to an unfinished file or folder, which goes if nothing was done, and only then.
 * @param note told where it is, if it stays
 */
export async function keepingIfMade<T>(
  unfinished: string,
  note: Output['note'],
  change: () => Promise<T>,
): Promise<T> {
  try {
    return await change();
  } catch (error) {
    if (saysUndone(error)) await rm(unfinished, { recursive: true, force: true });
    else
      note(`It may be done all the same. What it gave stays in ${unfinished}: look, then decide.`);
    throw error;
  }
}

/** An error that nobody foresaw, or of the store itself, may be that of the commit: its answer is what got lost. */
function saysUndone(error: unknown): boolean {
  return error instanceof EligoError && error.code !== 'StoreUnavailable';
}

async function openUnfinished(path: string, flag: string): Promise<FileHandle> {
  try {
    return await open(path, 'wx', 0o600);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
    throw invalidInput(flag, path, `must be a file that can be written (${code})`);
  }
}

async function add(file: FileHandle, documents: readonly object[]): Promise<void> {
  await file.writeFile(documents.map((document) => `${JSON.stringify(document)}\n`).join(''));
  await file.sync();
}

/** The change is made: whatever happens now, the lines stay. */
async function settleAt(unfinished: string, path: string, flag: string): Promise<void> {
  try {
    await putInPlace(unfinished, path, { flag, force: false });
  } catch {
    const rule = `came into being meanwhile; the change is made, and its lines are in ${unfinished}`;
    throw invalidInput(flag, path, rule);
  }
}
