import { mkdir, readFile, readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { openStaticFolder } from '../../src/issuer/staticFolder.ts';
import { each, useFolders } from '../support/logs.ts';
import { rejected } from '../support/world.ts';

const HOUR = 3_600_000;

describe('issuer/staticFolder', () => {
  const makeFolder = useFolders();

  it('makes the folder, and finds nothing in it', async () => {
    const path = join(await makeFolder(), 'a/b');
    const folder = await openStaticFolder(path);
    expect(await folder.find('x')).to.equal(undefined);
    expect(await folder.has('x')).to.equal(false);
    expect(await folder.holds('x', Buffer.from(''))).to.equal(false);
  });

  it('writes text, bytes and pieces, in place of what is there', async () => {
    const path = await makeFolder();
    const folder = await openStaticFolder(path);
    for (const content of [
      'text',
      Buffer.from('bytes'),
      each([Buffer.from('a'), Buffer.from('b')]),
    ])
      await folder.write('x', content);
    expect(await folder.find('x')).to.equal('ab');
    expect(await folder.holds('x', Buffer.from('ab'))).to.equal(true);
    expect(await folder.holds('x', Buffer.from('abc'))).to.equal(false);
    expect(await readdir(path)).to.deep.equal(['x']);
  });

  it('can name a file by what it was given', async () => {
    const path = await makeFolder();
    const folder = await openStaticFolder(path);
    let length = 0;
    const parts = async function* () {
      for await (const part of each([Buffer.from('abc')])) {
        length += part.length;
        yield part;
      }
    };
    await folder.write(() => `of-${length}`, parts());
    expect(await readdir(path)).to.deep.equal(['of-3']);
  });

  it('leaves what was there, and nothing unfinished, where the content fails', async () => {
    const path = await makeFolder();
    const folder = await openStaticFolder(path);
    await folder.write('x', 'old');
    const failing = async function* () {
      yield Buffer.from('half');
      await Promise.reject(new Error('lost'));
    };
    const error = await rejected(folder.write('x', failing()));
    expect(error.code).to.equal('FileUnavailable');
    expect(await readdir(path)).to.deep.equal(['x']);
    expect(await readFile(join(path, 'x'), 'utf8')).to.equal('old');
  });

  it('sweeps what a crash left and what nobody needs, an hour later', async () => {
    const path = await makeFolder();
    const folder = await openStaticFolder(path);
    const part = `log.json.part-${'0'.repeat(8)}-0000-0000-0000-${'0'.repeat(12)}`;
    for (const name of [part, 'unneeded', 'needed']) await writeFile(join(path, name), '');
    const isUnneeded = (name: string): boolean => name === 'unneeded';
    const now = Date.now();
    await folder.sweep(isUnneeded, now);
    expect((await readdir(path)).length).to.equal(3);
    for (const name of await readdir(path)) await utimes(join(path, name), 0, (now - HOUR) / 1000);
    await folder.sweep(isUnneeded, now + 1_000);
    expect(await readdir(path)).to.deep.equal(['needed']);
  });

  it('names what it cannot use', async () => {
    const path = await makeFolder();
    await writeFile(join(path, 'file'), '');
    const error = await rejected(openStaticFolder(join(path, 'file')));
    expect(error.code).to.equal('FileUnavailable');
    expect(error.message).to.match(/file can't be used: EEXIST$/);
    await mkdir(join(path, 'x'));
    const folder = await openStaticFolder(path);
    expect((await rejected(folder.find('x'))).code).to.equal('FileUnavailable');
  });
});
