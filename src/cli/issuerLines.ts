/**
 * Lines that a change of the store leaves to its caller, such as one-time tokens: on the disk before the change is
 * committed, under their own name only afterwards, and gone if it fails. A process that is killed between the two leaves
 * them in `<file>.part-<pid>`.
 * @module
 */
import { link, open, rm, type FileHandle } from 'node:fs/promises';
import { invalidInput } from '../errors.ts';
import { refuseExisting } from './files.ts';

/** Where lines go. */
export type Lines = {
  /** Puts documents on the disk, a line each, and comes back when they are there. */
  readonly add: (documents: readonly object[]) => Promise<void>;
};

/**
 * Runs a change, with a file for the lines that it gives.
 * @param path a file that isn't there yet, readable by its owner only; it is never replaced
 * @throws {InvalidInput} if there is one
 */
export async function withLines<T>(
  path: string,
  flag: string,
  change: (lines: Lines) => Promise<T>,
): Promise<T> {
  await refuseExisting(path, { flag, force: false });
  const unfinished = `${path}.part-${process.pid}`;
  const file = await openUnfinished(unfinished, flag);
  let result: T;
  try {
    try {
      result = await change({ add: (documents) => add(file, documents) });
    } finally {
      await file.close();
    }
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
  await settleAt(unfinished, path, flag);
  return result;
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
    await link(unfinished, path);
  } catch {
    const rule = `came into being meanwhile; the change is made, and its lines are in ${unfinished}`;
    throw invalidInput(flag, path, rule);
  }
  await rm(unfinished, { force: true });
}
