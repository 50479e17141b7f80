import { execFile } from 'node:child_process';
import { mkdir, readFile, readdir, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import {
  folderCache,
  platformCache,
  storageCache,
  type ArtifactCache,
} from '../../src/prover/artifactCache.ts';
import { makeStorage } from '../support/cacheStorage.ts';
import { useFolders } from '../support/logs.ts';

const BYTES = Uint8Array.of(1, 2, 3);

/** Names of entries. */
const [A, B, C] = ['a', 'b', 'c'].map((digit) => digit.repeat(64)) as [string, string, string];

const BUILT = new URL('../../dist/prover/artifactCache.js', import.meta.url).href;

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

      it('retains what is named, whole and in part, and nothing else', async () => {
        const cache = await open();
        await cache.retain(new Set([A]));
        for (const name of [A, `${A}.part`, B, `${B}.part`, C]) await cache.write(name, BYTES);
        await cache.retain(new Set([A, `${B}.part`, `${C}.part`]));
        for (const [name, isThere] of [
          [A, true],
          [`${A}.part`, false],
          [B, false],
          [`${B}.part`, true],
          [C, false],
        ] as const)
          expect((await cache.read(name)) !== undefined, name).to.equal(isThere);
        await cache.retain(new Set());
        expect(await cache.read(A)).to.equal(undefined);
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

    it('retains files that are no entries, and what somebody is writing; not what nobody writes on', async () => {
      const folder = await makeFolder();
      const cache = folderCache(folder);
      await cache.write(A, BYTES);
      const random = '01234567-89ab-cdef-0123-456789abcdef';
      const unfinished = [`.${B}.${random}`, `.${B}.part.${random}`];
      const others = ['notes.txt', 'abc', `${A}0`, `${A}.bak`, `.${B}`, '.hidden'];
      for (const file of [...unfinished, ...others]) await writeFile(join(folder, file), '');
      await mkdir(join(folder, C));
      await cache.retain(new Set());
      expect((await readdir(folder)).sort()).to.deep.equal([...unfinished, ...others, C].sort());
      const yesterday = Date.now() / 1000 - 86_400;
      for (const file of [...unfinished, ...others])
        await utimes(join(folder, file), yesterday, yesterday);
      await cache.retain(new Set());
      expect((await readdir(folder)).sort()).to.deep.equal([...others, C].sort());
    });

    it('is whole, or empty, to all of several processes that each retain their own', async () => {
      const folder = await makeFolder();
      const script = `
        import { folderCache } from ${JSON.stringify(BUILT)};
        const cache = folderCache(${JSON.stringify(folder)});
        const digit = process.argv[1];
        const [own, shared] = [digit.repeat(64), 'f'.repeat(64)];
        const bytes = (fill) => new Uint8Array(200_000).fill(fill);
        let found = 0;
        for (let round = 0; round < 60; round++) {
          await Promise.all([cache.write(own, bytes(Number(digit))), cache.write(shared, bytes(15))]);
          await cache.retain(new Set([own, shared]));
          for (const [name, fill] of [[own, Number(digit)], [shared, 15]]) {
            const read = await cache.read(name);
            if (read === undefined) continue;
            found++;
            if (read.length !== 200_000 || read.some((byte) => byte !== fill)) throw new Error(name);
          }
        }
        console.log(found);`;
      const found = await Promise.all(
        ['1', '2', '3'].map((digit) =>
          promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script, digit]),
        ),
      );
      // The one that all retain is always there.
      for (const { stdout } of found) expect(Number(stdout)).to.be.at.least(60);
      const last = folderCache(folder);
      await last.retain(new Set(['f'.repeat(64)]));
      expect(await readdir(folder)).to.deep.equal(['f'.repeat(64)]);
    });

    it('that is none keeps nothing, and says nothing', async () => {
      const file = join(await makeFolder(), 'file');
      await writeFile(file, '');
      const cache = folderCache(file);
      await cache.write('ab', BYTES);
      await cache.remove('ab');
      await cache.retain(new Set());
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
    await cache.retain(new Set());
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
