/**
 * A browser's Cache Storage, for tests in Node.
 * @module
 */

/** Cache Storage as far as it is used, or one that refuses everything. */
export function makeStorage(refuses = false) {
  const kept = new Map<string, Uint8Array>();
  const guard = <T>(value: T): Promise<T> =>
    refuses ? Promise.reject(new Error('quota')) : Promise.resolve(value);
  const cache = {
    match: (url: string) =>
      guard(kept.has(url) ? new Response(kept.get(url) as Uint8Array<ArrayBuffer>) : undefined),
    put: async (url: string, response: Response) => {
      kept.set(url, new Uint8Array(await response.arrayBuffer()));
      return guard(undefined);
    },
    delete: (key: string | Request) => guard(kept.delete(typeof key === 'string' ? key : key.url)),
    keys: () => guard([...kept.keys()].map((url) => new Request(url))),
  };
  return { kept, storage: { open: () => guard(cache) } as unknown as CacheStorage };
}
