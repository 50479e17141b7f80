import { spawnSync } from 'node:child_process';
import { cp, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { keccak256, stringToHex } from 'viem';
import { VECTORS, findDifferences } from '../scripts/vectors.ts';
import { referenceKeccak } from '../scripts/vectors/reference.ts';
import { fc } from './support/world.ts';

const project = fileURLToPath(new URL('..', import.meta.url));

describe('the vectors', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'eligo-vectors-'));
    await cp(VECTORS, folder, { recursive: true });
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('are what the generator writes: `npm run vectors -- --check` says so', () => {
    const check = spawnSync(
      process.execPath,
      ['--import', 'tsx', 'scripts/vectors.ts', '--check'],
      { cwd: project, encoding: 'utf8' },
    );
    expect(check.stderr).to.equal('');
    expect(check.status).to.equal(0);
  });

  it('are the nine files, and each vector in them names its source', async () => {
    const files = (await readdir(VECTORS)).sort();
    expect(files).to.deep.equal(
      [
        ...['attestation', 'hash', 'identity', 'policy', 'schema'],
        ...['statement', 'tree', 'verdict', 'vesting'],
      ].map((name) => `${name}.json`),
    );
    for (const file of files) {
      const { generator, ...groups } = JSON.parse(
        await readFile(join(VECTORS, file), 'utf8'),
      ) as Record<string, unknown>;
      expect(generator).to.equal('scripts/vectors.ts');
      for (const vector of Object.values(groups).flat() as { source: string }[])
        expect(vector.source, file).to.match(/PROTOCOL\.md|zk-kit|Vesting\.sol|TokenTable/);
    }
  });

  it('hold integers as decimal strings: there is no number in them', async () => {
    for (const file of await readdir(VECTORS)) {
      const text = (await readFile(join(VECTORS, file), 'utf8')).replaceAll(
        /"(?:[^"\\]|\\.)*"/g,
        '""',
      );
      expect(text, file).not.to.match(/\d/);
    }
  });

  for (const [name, change] of [
    ['one digit differs', (text: string) => text.replace(/[0-8](?=\d*",)/, '9')],
    ['a vector is left out', (text: string) => text.replace(/\{\s+"source"[^{}]+\},?/, '')],
    ['the end is missing', (text: string) => text.slice(0, -2)],
  ] as const) {
    it(`differ, and the check names the file, when ${name}`, async () => {
      expect(await findDifferences(folder)).to.deep.equal([]);
      const text = await readFile(join(folder, 'hash.json'), 'utf8');
      await writeFile(join(folder, 'hash.json'), change(text));
      expect(await findDifferences(folder)).to.deep.equal(['hash.json']);
    });
  }

  it('differ when a file is missing', async () => {
    await rm(join(folder, 'tree.json'));
    expect(await findDifferences(folder)).to.deep.equal(['tree.json']);
  });

  it("come from a Keccak that equals viem's", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 600 }), (text) => {
        expect(referenceKeccak(Buffer.from(text))).to.equal(keccak256(stringToHex(text)));
      }),
    );
  });
});
