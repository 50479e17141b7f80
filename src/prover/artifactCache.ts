/**
 * Where fetched artifacts are kept, under their hashes: Cache Storage in a browser, a folder in Node. Nothing in it is
 * trusted: whoever reads an entry checks its hash. A cache that fails is no cache; it is never a reason to fail.
 * @module
 */

/** A place for bytes by name. Names are hex digits, which may end in `.part`. */
export type ArtifactCache = {
  readonly read: (name: string) => Promise<Uint8Array | undefined>;
  readonly write: (name: string, bytes: Uint8Array) => Promise<void>;
  readonly remove: (name: string) => Promise<void>;
};

/** Keeps nothing. */
export const NO_CACHE: ArtifactCache = {
  read: () => Promise.resolve(undefined),
  write: () => Promise.resolve(),
  remove: () => Promise.resolve(),
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

/** A cache in a folder, which is made, for its owner alone, when something is written. Other processes may use it, too. */
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
  });
}

/** A cache in a browser's Cache Storage, which knows requests: the names are those of a host that can't be. */
export function storageCache(storage: CacheStorage): ArtifactCache {
  const open = (): Promise<Cache> => storage.open('eligo-artifacts');
  const key = (name: string): string => `https://artifacts.invalid/${name}`;
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
  });
}

/** The same, with nothing found where reading fails, and nothing done where writing does. */
function quiet(cache: ArtifactCache): ArtifactCache {
  return {
    read: (name) => cache.read(name).catch(() => undefined),
    write: (name, bytes) => cache.write(name, bytes).catch(() => undefined),
    remove: (name) => cache.remove(name).catch(() => undefined),
  };
}
