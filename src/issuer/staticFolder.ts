/**
 * A folder of static files that others read while it is written: a file appears whole or not at all.
 * @module
 */
import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { EligoError } from '../errors.ts';

/** Bytes, or what gives them piece by piece. */
export type Content = Uint8Array | string | AsyncIterable<Uint8Array>;

/** After so many milliseconds an unfinished file is one that a crash left. */
const ABANDONED_AFTER = 3_600_000;

const UNFINISHED = /\.part-[0-9a-f-]{36}$/;

/** A folder. Names are file names, never paths. */
export type StaticFolder = {
  /** The file's text, or undefined if there is none. @throws {FileUnavailable} */
  readonly find: (name: string) => Promise<string | undefined>;
  readonly has: (name: string) => Promise<boolean>;
  /** Whether a file is there and holds exactly this. */
  readonly holds: (name: string, content: Uint8Array) => Promise<boolean>;
  /**
   * Writes a file at once, in place of one that is there.
   * @param name told when the content has been given, where it follows from the content
   * @throws {FileUnavailable}
   */
  readonly write: (name: string | (() => string), content: Content) => Promise<void>;
  /**
   * Removes what a crash left unfinished, and other old files that nobody needs.
   * @param isUnneeded by name
   * @param now milliseconds; what changed within the last hour stays
   */
  readonly sweep: (isUnneeded: (name: string) => boolean, now?: number) => Promise<void>;
};

/** Opens a folder, and makes it if there is none. @throws {FileUnavailable} */
export async function openStaticFolder(path: string): Promise<StaticFolder> {
  await mkdir(path, { recursive: true }).catch(refusing(path));
  const at = (name: string): string => join(path, name);
  return {
    find: (name) => readFile(at(name), 'utf8').catch(unlessAbsent(at(name))),
    has: async (name) => {
      const found = await stat(at(name)).catch(unlessAbsent(at(name)));
      return found !== undefined;
    },
    holds: async (name, content) => {
      const found = await readFile(at(name)).catch(unlessAbsent(at(name)));
      return found !== undefined && Buffer.compare(found, content) === 0;
    },
    write: async (name, content) => {
      await writeWhole(at, name, content).catch(refusing(path));
    },
    sweep: async (isUnneeded, now = Date.now()) => {
      for (const name of await readdir(path)) {
        if (!UNFINISHED.test(name) && !isUnneeded(name)) continue;
        // Somebody else may be sweeping too.
        const facts = await stat(at(name)).catch(unlessAbsent(at(name)));
        if (facts && now - facts.mtimeMs > ABANDONED_AFTER) await rm(at(name), { force: true });
      }
    },
  };
}

async function writeWhole(
  at: (name: string) => string,
  name: string | (() => string),
  content: Content,
): Promise<void> {
  const unfinished = at(`${typeof name === 'string' ? name : 'file'}.part-${randomUUID()}`);
  const file = await open(unfinished, 'wx');
  try {
    try {
      if (typeof content === 'string' || content instanceof Uint8Array)
        await file.writeFile(content);
      else for await (const part of content) await file.writeFile(part);
      // A name that is there is trusted to be whole, also after the power failed.
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(unfinished, at(typeof name === 'string' ? name : name()));
  } finally {
    await rm(unfinished, { force: true });
  }
}

function unlessAbsent(path: string): (error: unknown) => undefined {
  return (error) => {
    if ((error as { readonly code?: unknown }).code !== 'ENOENT') refusing(path)(error);
    return undefined;
  };
}

function refusing(path: string): (error: unknown) => never {
  return (error) => {
    if (error instanceof EligoError) throw error;
    const { code } = Object(error) as { readonly code?: unknown };
    const reason = typeof code === 'string' ? code : String(error);
    throw new EligoError('FileUnavailable', `${path} can't be used: ${reason}`, { path }, error);
  };
}
