import { mkdir, readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import {
  folderCache,
  platformCache,
  storageCache,
  type ArtifactCache,
} from '../../src/prover/artifactCache.ts';
import { useFolders } from '../support/logs.ts';

const BYTES = Uint8Array.of(1, 2, 3);

/** Cache Storage as far as it is used, or one that refuses everything. */
function makeStorage(refuses = false) {
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
    delete: (url: string) => guard(kept.delete(url)),
  };
  return { kept, storage: { open: () => guard(cache) } as unknown as CacheStorage };
}

describe('prover/artifactCache', () => {
  const makeFolder = useFolders();

  const places: Readonly<Record<string, () => Promise<ArtifactCache>>> = {
    'a folder': async () => folderCache(join(await makeFolder(), 'a', 'b')),
    'Cache Storage': () => Promise.resolve(storageCache(makeStorage().storage)),
  };
  for (const [place, open] of Object.entries(places)) {
    describe(place, () => {
      it('gives what was written last, and nothing before or after', async () => {
        const cache = await open();
        expect(await cache.read('ab')).to.equal(undefined);
        await cache.write('ab', Uint8Array.of(9));
        await cache.write('ab', BYTES);
        await cache.write('cd.part', Uint8Array.of(4));
        expect(Uint8Array.from((await cache.read('ab'))!)).to.deep.equal(BYTES);
        await cache.remove('ab');
        await cache.remove('ab');
        expect(await cache.read('ab')).to.equal(undefined);
        expect((await cache.read('cd.part'))!.length).to.equal(1);
      });
    });
  }

  describe('a folder', () => {
    it('is made for its owner alone, and holds nothing half-written', async () => {
      const folder = join(await makeFolder(), 'made');
      const cache = folderCache(folder);
      await Promise.all(Array.from({ length: 8 }, () => cache.write('ab', BYTES)));
      expect(await readdir(folder)).to.deep.equal(['ab']);
      expect((await stat(folder)).mode & 0o777).to.equal(0o700);
      expect((await stat(join(folder, 'ab'))).mode & 0o777).to.equal(0o600);
      expect(Uint8Array.from(await readFile(join(folder, 'ab')))).to.deep.equal(BYTES);
    });

    it('that is none keeps nothing, and says nothing', async () => {
      const file = join(await makeFolder(), 'file');
      await writeFile(file, '');
      const cache = folderCache(file);
      await cache.write('ab', BYTES);
      await cache.remove('ab');
      expect(await cache.read('ab')).to.equal(undefined);
    });

    it('with something in the way of an entry leaves nothing half-written', async () => {
      const folder = await makeFolder();
      await mkdir(join(folder, 'ab'));
      await folderCache(folder).write('ab', BYTES);
      expect(await readdir(folder)).to.deep.equal(['ab']);
    });
  });

  it('Cache Storage that refuses keeps nothing, and says nothing', async () => {
    const cache = storageCache(makeStorage(true).storage);
    await cache.write('ab', BYTES);
    await cache.remove('ab');
    expect(await cache.read('ab')).to.equal(undefined);
  });

  it('Cache Storage has keys that are no page, one for each name', async () => {
    const { kept, storage } = makeStorage();
    await storageCache(storage).write('ab', BYTES);
    expect([...kept.keys()]).to.deep.equal(['https://artifacts.invalid/ab']);
  });

  describe('the platform', () => {
    const own = process.env['XDG_CACHE_HOME'];
    afterEach(() => {
      if (own === undefined) delete process.env['XDG_CACHE_HOME'];
      else process.env['XDG_CACHE_HOME'] = own;
    });
    it("keeps them in eligo/artifacts of the user's caches", async () => {
      const folder = await makeFolder();
      process.env['XDG_CACHE_HOME'] = folder;
      await (await platformCache()).write('ab', BYTES);
      expect(await readdir(join(folder, 'eligo', 'artifacts'))).to.deep.equal(['ab']);
    });
    it('keeps them in Cache Storage where there is one', async () => {
      const { kept, storage } = makeStorage();
      Object.defineProperty(globalThis, 'caches', { value: storage, configurable: true });
      try {
        await (await platformCache()).write('ab', BYTES);
      } finally {
        Reflect.deleteProperty(globalThis, 'caches');
      }
      expect(kept.size).to.equal(1);
    });
  });
});
