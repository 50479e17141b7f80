import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { fetchLatestRoot, fetchManifest, fetchPath } from '../../src/claimant/paths.ts';
import { exportPaths } from '../../src/issuer/pathFiles.ts';
import { fieldToBytes, type Field } from '../../src/protocol/field.ts';
import { computeRoot } from '../../src/protocol/merklePath.ts';
import { manifestFile, nodesFile } from '../../src/tree/pathFile.ts';
import { createTree } from '../../src/tree/tree.ts';
import { useFolders, useServers } from '../support/logs.ts';
import { leafOf, someLeaves } from '../support/nodes.ts';
import { cutTree, exportOf } from '../support/pathTrees.ts';
import { fc, rejected } from '../support/world.ts';

describe('claimant/paths', () => {
  const makeFolder = useFolders();
  const serve = useServers();

  async function exported(leaves: readonly bigint[], firstChunk = 0) {
    const source = await makeFolder();
    const tree = await cutTree(leaves, firstChunk);
    const manifest = await exportPaths(exportOf(tree, source));
    return { source, root: tree.root, manifest };
  }

  it('gives the path of the tree in memory, for any size and position', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 2_100 }),
        fc.array(fc.nat(2_100), { maxLength: 4 }),
        fc.nat(),
        async (size, revoked, pick) => {
          const position = pick % size;
          const leaves = someLeaves(size).map((leaf, i) =>
            revoked.includes(i) && i !== position ? (0n as Field) : leaf,
          );
          const tree = await createTree({ leaves });
          const { source, root } = await exported(leaves);
          expect(root).to.equal(tree.root());
          const fetched = await fetchPath({ source, root, position });
          expect(fetched).to.deep.equal({ leaf: leaves[position], path: tree.path(position) });
        },
      ),
      { numRuns: 12 },
    );
  });

  it('reaches beyond the first million', async () => {
    const { source, root } = await exported([leafOf(1), leafOf(2)], 1_024);
    const { leaf, path } = await fetchPath({ source, root, position: 2 ** 20 + 1 });
    expect(leaf).to.equal(leafOf(2));
    expect(computeRoot(leaf, path)).to.equal(root);
  }).timeout(120_000);

  it('asks a server for three files, whose names tell one chunk only', async () => {
    const { source, root } = await exported(someLeaves(1_030));
    const asked = await Promise.all(
      [1_024, 1_027].map(async (position) => {
        const names: string[] = [];
        const url = await serve((request, response) => {
          names.push(request.url ?? '');
          void readFile(join(source, request.url ?? '')).then((bytes) => response.end(bytes));
        });
        expect((await fetchPath({ source: url, root, position })).leaf).to.equal(leafOf(position));
        return names;
      }),
    );
    expect(asked[0]!.length).to.equal(3);
    expect(asked[0]).to.deep.equal(asked[1]);
  });

  for (const [name, leaves, position] of [
    ['beyond the size, in a chunk that is used', someLeaves(3), 3],
    ['beyond the size, in a chunk that is not', someLeaves(3), 5_000],
    ['beyond the size, in the last chunk there can be', someLeaves(3), 4 ** 14 - 1],
    ['that was revoked', [1n, 0n, 3n], 1],
    ['in a chunk that is all revoked', [...someLeaves(1_024).map(() => 0n), 5n], 7],
    ['in an empty tree', [], 0],
  ] as const) {
    it(`finds nothing at a position ${name}`, async () => {
      const { source, root } = await exported(leaves);
      const error = await rejected(fetchPath({ source, root, position }));
      expect(error.code).to.equal('AttestationNotInTree');
      expect(error.message).to.include(`position ${position} holds nothing`);
    });
  }

  describe('refuses', () => {
    /** The names of the three files, topmost first. */
    const chain = async (source: string, root: Field): Promise<readonly string[]> => {
      const names = [nodesFile(fieldToBytes(root))];
      for (let i = 0; i < 2; i++) {
        const above = await readFile(join(source, names.at(-1)!));
        names.push(nodesFile(above.subarray(0, 32)));
      }
      return names;
    };

    for (const tier of [2, 1, 0]) {
      it(`any bit flipped in a block of tier ${tier}`, async () => {
        const { source, root } = await exported([11n, 12n, 13n]);
        const name = (await chain(source, root))[2 - tier]!;
        const honest = await readFile(join(source, name));
        for (let bit = 0; bit < honest.length * 8; bit++) {
          const bytes = Buffer.from(honest);
          bytes[bit >> 3]! ^= 1 << (bit & 7);
          await writeFile(join(source, name), bytes);
          const error = await rejected(fetchPath({ source, root, position: 0 }));
          expect(error.code, `bit ${bit}`).to.equal('InvalidInput');
        }
        await writeFile(join(source, name), honest);
        expect((await fetchPath({ source, root, position: 0 })).leaf).to.equal(11n);
      });

      for (const [fault, change] of Object.entries<(bytes: Buffer) => Buffer>({
        'cut within a node': (bytes) => bytes.subarray(0, -1),
        'without its last node': (bytes) => bytes.subarray(0, -32),
        'with a node more': (bytes) => Buffer.concat([bytes, Buffer.alloc(31), Buffer.from([1])]),
        'without a node': () => Buffer.alloc(0),
        'longer than a block': (bytes) => Buffer.concat([bytes, Buffer.alloc(32 * 1_024)]),
      })) {
        it(`a block of tier ${tier} ${fault}`, async () => {
          const { source, root } = await exported([11n, 12n, 13n]);
          await fetchPath({ source, root, position: 0 });
          const name = (await chain(source, root))[2 - tier]!;
          await writeFile(join(source, name), change(await readFile(join(source, name))));
          const error = await rejected(fetchPath({ source, root, position: 0 }));
          expect(error.code).to.equal('InvalidInput');
          expect(error.message).to.include(name);
        });
      }

      it(`a place without a block of tier ${tier}`, async () => {
        const { source, root } = await exported([11n, 12n, 13n]);
        const name = (await chain(source, root))[2 - tier]!;
        await rm(join(source, name));
        const error = await rejected(fetchPath({ source, root, position: 0 }));
        expect(error.code).to.equal('SourceUnavailable');
        expect(error.message).to.include(name);
      });
    }

    it('a position that is none', async () => {
      const { source, root } = await exported([11n]);
      for (const position of [-1, 0.5, 4 ** 14])
        expect((await rejected(fetchPath({ source, root, position }))).code).to.equal(
          'InvalidInput',
        );
    });

    it('a server that stalls', async () => {
      const url = await serve(() => undefined);
      const work = fetchPath({ source: url, root: 5n as Field, position: 0, timeout: 50 });
      expect((await rejected(work)).code).to.equal('SourceUnavailable');
    });
  });

  describe('fetchLatestRoot and fetchManifest', () => {
    it('give what the issuer wrote', async () => {
      const { source, root, manifest } = await exported(someLeaves(3));
      expect(await fetchManifest(source, root)).to.deep.equal(manifest);
      const { chainId, registry, tree, sequence } = manifest;
      const latest = { chainId, registry, tree, sequence, root };
      expect(await fetchLatestRoot(source)).to.deep.equal(latest);
    });

    it('refuse the manifest of another root, and what is too long', async () => {
      const { source, root } = await exported(someLeaves(3));
      const text = await readFile(join(source, manifestFile(root)), 'utf8');
      const file = join(source, manifestFile((root - 1n) as Field));
      await writeFile(file, text);
      const work = () => rejected(fetchManifest(source, (root - 1n) as Field));
      expect((await work()).data['field']).to.equal('path manifest.root');
      await writeFile(file, text + ' '.repeat(5_000));
      expect((await work()).message).to.match(/must be at most 4096 bytes long/);
    });
  });
});
