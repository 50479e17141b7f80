/**
 * Where fetched artifacts are kept, under their hashes: Cache Storage in a browser, a folder in Node. Nothing in it is
 * trusted: whoever reads an entry checks its hash. A cache that fails is no cache; it is never a reason to fail.
 * @module
 */

/** A place for bytes by name. A name is a sha256 in hex, which may end in `.part`. */
export type ArtifactCache = {
  readonly read: (name: string) => Promise<Uint8Array | undefined>;
  readonly write: (name: string, bytes: Uint8Array) => Promise<void>;
  readonly remove: (name: string) => Promise<void>;
  /** Removes all entries but these. Whoever needs one of the others, at the same time even, fetches it again. */
  readonly retain: (names: ReadonlySet<string>) => Promise<void>;
};

/** Keeps nothing. */
export const NO_CACHE: ArtifactCache = {
  read: () => Promise.resolve(undefined),
  write: () => Promise.resolve(),
  remove: () => Promise.resolve(),
  retain: () => Promise.resolve(),
};

/** What this platform has: Cache Storage, or the folder `eligo/artifacts` of the user's caches. */
export async function platformCache(): Promise<ArtifactCache> {
  if (typeof caches !== 'undefined') return storageCache(caches);
  if (typeof process === 'undefined') return NO_CACHE;
  const { homedir } = await import('node:os');
  const own = process.env['XDG_CACHE_HOME'];
  const base = own === undefined || own === '' ? `${homedir()}/.cache` : own;
  return folderCache(`${base}/eligo/artifacts`);
}

const ENTRY = /^[0-9a-f]{64}(\.part)?$/;

/** What is being written: a name, and something that no other writer has. */
const UNFINISHED = /^\.[0-9a-f]{64}(\.part)?\.[0-9a-f-]{36}$/;

/** Milliseconds after which nobody is writing any more: whoever did has been ended. */
const ABANDONED_AFTER = 3_600_000;

/**
 * A cache in a folder of its own, which is made, for its owner alone, when something is written. Other processes may use it,
 * too.
 */
export function folderCache(folder: string): ArtifactCache {
  const path = (name: string): string => `${folder}/${name}`;
  return quiet({
    read: async (name) => {
      const { readFile } = await import('node:fs/promises');
      return readFile(path(name));
    },
    write: async (name, bytes) => {
      const { mkdir, rename, rm, writeFile } = await import('node:fs/promises');
      await mkdir(folder, { recursive: true, mode: 0o700 });
      // Whole or not at all: a rename takes the place of what is there in one step.
      const unfinished = path(`.${name}.${globalThis.crypto.randomUUID()}`);
      try {
        await writeFile(unfinished, bytes, { mode: 0o600, flag: 'wx' });
        await rename(unfinished, path(name));
      } catch (error) {
        await rm(unfinished, { force: true });
        throw error;
      }
    },
    remove: async (name) => {
      const { rm } = await import('node:fs/promises');
      await rm(path(name), { force: true });
    },
    retain: async (names) => {
      const { readdir, rm, stat } = await import('node:fs/promises');
      const isOver = async (file: string): Promise<boolean> => {
        if (ENTRY.test(file)) return !names.has(file);
        return (
          UNFINISHED.test(file) && Date.now() - (await stat(path(file))).mtimeMs > ABANDONED_AFTER
        );
      };
      // One that another process has removed meanwhile, or that can't be, is no reason to leave the others.
      await Promise.allSettled(
        (await readdir(folder)).map(async (file) => {
          if (await isOver(file)) await rm(path(file), { force: true });
        }),
      );
    },
  });
}

/** A cache in a browser's Cache Storage, which knows requests: the names are those of a host that can't be. */
export function storageCache(storage: CacheStorage): ArtifactCache {
  const open = (): Promise<Cache> => storage.open('eligo-artifacts');
  const origin = 'https://artifacts.invalid/';
  const key = (name: string): string => `${origin}${name}`;
  return quiet({
    read: async (name) => {
      const found = await (await open()).match(key(name));
      return found && new Uint8Array(await found.arrayBuffer());
    },
    write: async (name, bytes) => {
      const body = new Response(bytes as Uint8Array<ArrayBuffer>);
      await (await open()).put(key(name), body);
    },
    remove: async (name) => {
      await (await open()).delete(key(name));
    },
    retain: async (names) => {
      const cache = await open();
      const over = (await cache.keys()).filter(({ url }) => !names.has(url.slice(origin.length)));
      await Promise.allSettled(over.map((request) => cache.delete(request)));
    },
  });
}

/** The same, with nothing found where reading fails, and nothing done where writing does. */
function quiet(cache: ArtifactCache): ArtifactCache {
  return {
    read: (name) => cache.read(name).catch(() => undefined),
    write: (name, bytes) => cache.write(name, bytes).catch(() => undefined),
    remove: (name) => cache.remove(name).catch(() => undefined),
    retain: (names) => cache.retain(names).catch(() => undefined),
  };
}
