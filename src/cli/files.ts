/**
 * The files that commands read and write. `-` is standard input. What is written appears whole or not at all, replaces
 * nothing unless told so, and a secret's file is its owner's alone.
 * @module
 */
import { createReadStream } from 'node:fs';
import { link, lstat, open, readdir, rename, rm } from 'node:fs/promises';
import { invalidInput } from '../errors.ts';

/** Reading, with standard input read once at most. */
export type Files = {
  /** A whole file as text. @throws {InvalidInput} if it can't be read */
  readonly read: (path: string, flag: string) => Promise<string>;
  /** A file line by line, never whole in memory. @throws {InvalidInput} if it can't be read */
  readonly lines: (path: string, flag: string) => AsyncGenerator<string>;
};

/** A few hundred times the longest document. */
const MAX_TEXT = 64 * 1_048_576;

export function createFiles(): Files {
  let inputTakenBy: string | undefined;
  const chunks = async function* (path: string, flag: string): AsyncGenerator<string> {
    if (path === '-') {
      if (inputTakenBy !== undefined)
        throw invalidInput(flag, path, `standard input is already read for ${inputTakenBy}`);
      inputTakenBy = flag;
    }
    const stream = path === '-' ? process.stdin : createReadStream(path);
    stream.setEncoding('utf8');
    try {
      for await (const chunk of stream) yield chunk as string;
    } catch (error) {
      throw unreadable(flag, path, error);
    }
  };
  return {
    read: async (path, flag) => {
      let text = '';
      for await (const chunk of chunks(path, flag)) {
        text += chunk;
        if (text.length > MAX_TEXT) throw invalidInput(flag, path, 'is too long for a document');
      }
      return text;
    },
    lines: async function* (path, flag) {
      let rest = '';
      for await (const chunk of chunks(path, flag)) {
        const parts = (rest + chunk).split(/\r?\n/);
        rest = parts.pop() ?? '';
        yield* parts;
      }
      if (rest !== '') yield rest;
    },
  };
}

/** How a file is written. */
export type WriteOptions = {
  /** The flag that names the file. */
  readonly flag: string;
  /** Replaces a file that is there. */
  readonly force: boolean;
  /** For the owner's eyes only, mode 0600. */
  readonly secret?: boolean;
};

/**
 * Writes a file at once.
 * @throws {InvalidInput} if there is one and `force` is off
 */
export async function writeNew(path: string, text: string, options: WriteOptions): Promise<void> {
  const unfinished = unfinishedName(path);
  const file = await open(unfinished, 'wx', options.secret ? 0o600 : 0o666);
  try {
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await putInPlace(unfinished, path, options);
  } finally {
    await rm(unfinished, { force: true });
  }
}

/** What a file or a folder is called until it is whole. */
export function unfinishedName(path: string): string {
  return `${path.replace(/\/+$/, '')}.part-${process.pid}`;
}

/**
 * Gives a file that is whole its own name.
 * @throws {InvalidInput} if there is one and `force` is off; the unfinished one stays then
 */
export async function putInPlace(
  unfinished: string,
  path: string,
  { flag, force }: WriteOptions,
): Promise<void> {
  // A link refuses to replace, even what came into being a moment ago; a rename does not.
  try {
    await (force ? rename : link)(unfinished, path);
  } catch (error) {
    throw errorCode(error) === 'EEXIST' ? alreadyThere(path, flag) : error;
  }
  await rm(unfinished, { force: true });
}

/** Refuses at once what `writeNew` would refuse after the work. @throws {InvalidInput} */
export async function refuseExisting(path: string, options: WriteOptions): Promise<void> {
  if (options.force) return;
  const there = await lstat(path).then(
    () => true,
    () => false,
  );
  if (there) throw alreadyThere(path, options.flag);
}

/** Refuses a folder that holds something. @throws {InvalidInput} */
export async function refuseFilled(path: string, options: WriteOptions): Promise<void> {
  if (options.force) return;
  let names: readonly string[];
  try {
    names = await readdir(path);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return;
    if (errorCode(error) === 'ENOTDIR') throw invalidInput(options.flag, path, 'must be a folder');
    throw error;
  }
  if (names.length > 0)
    throw invalidInput(options.flag, path, 'the folder is not empty; --force writes into it');
}

function alreadyThere(path: string, flag: string): Error {
  return invalidInput(flag, path, 'the file exists; --force replaces it');
}

/** A digit string in place of a path may be a secret: it isn't repeated. */
function unreadable(flag: string, path: string, error: unknown): Error {
  const shown = /^(0x)?[0-9a-f]{32,}$/i.test(path) ? undefined : path;
  return invalidInput(flag, shown, `must be a file that can be read (${errorCode(error)})`);
}

function errorCode(error: unknown): string {
  const code = (error as { readonly code?: unknown }).code;
  return typeof code === 'string' ? code : 'unknown';
}
