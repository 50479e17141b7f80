import { createHash } from 'node:crypto';
import { readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { fetchPath } from '../../src/claimant/paths.ts';
import { exportPaths } from '../../src/issuer/pathFiles.ts';
import { fieldToBytes } from '../../src/protocol/field.ts';
import { manifestFile, nodesFile } from '../../src/tree/pathFile.ts';
import { createTree } from '../../src/tree/tree.ts';
import { HEADER, useFolders } from '../support/logs.ts';
import { leafOf, packed, someLeaves } from '../support/nodes.ts';
import { cutTree, exportOf, publicationOf } from '../support/pathTrees.ts';
import { rejected } from '../support/world.ts';

describe('issuer/pathFiles', () => {
  const makeFolder = useFolders();

  it('writes three blocks, a manifest, all leaves and the newest root for a small tree', async () => {
    const folder = await makeFolder();
    const leaves = [5n, 0n, 0xabcn];
    const tree = await cutTree(leaves);
    const manifest = await exportPaths(exportOf(tree, folder));
    const text = '0x5\n0x0\n0xabc\n';
    const name = `leaves-${createHash('sha256').update(text).digest('hex')}.txt`;
    expect(await readFile(join(folder, name), 'utf8')).to.equal(text);
    expect(manifest).to.deep.equal({ ...HEADER, ...publicationOf(tree), leaves: name });
    const hex = Buffer.from(fieldToBytes(tree.root)).toString('hex');
    const names = await readdir(folder);
    expect(names.length).to.equal(6);
    expect(names).to.include.members([`${hex}.nodes`, `${hex}.json`, 'latest.json', name]);
    expect(JSON.parse(await readFile(join(folder, 'latest.json'), 'utf8'))).to.deep.equal({
      ...{ eligo: 'latest/1', chainId: '31337', registry: HEADER.registry, tree: '1' },
      ...{ sequence: '1', root: tree.root.toString() },
    });
    const top = await readFile(join(folder, `${hex}.nodes`));
    const middle = await readFile(join(folder, nodesFile(top)));
    expect(await readFile(join(folder, nodesFile(middle)))).to.deep.equal(
      Buffer.from(packed(leaves)),
    );
    expect((await createTree({ leaves: text.trim().split('\n').map(BigInt) })).root()).to.equal(
      tree.root,
    );
  });

  it('writes an empty tree without a block', async () => {
    const folder = await makeFolder();
    const tree = await cutTree([]);
    const manifest = await exportPaths(exportOf(tree, folder));
    expect(await readFile(join(folder, manifest.leaves), 'utf8')).to.equal('');
    expect((await readdir(folder)).length).to.equal(3);
  });

  it('writes only the blocks that changed, and what stands above them', async () => {
    const folder = await makeFolder();
    const leaves = someLeaves(2_050);
    await exportPaths(exportOf(await cutTree(leaves), folder));
    const before = new Set(await readdir(folder));
    expect([...before].filter((name) => name.endsWith('.nodes')).length).to.equal(5);
    await exportPaths(exportOf(await cutTree(leaves.with(1_030, leafOf(9_999))), folder, 2n));
    const added = (await readdir(folder)).filter((name) => !before.has(name));
    expect(added.filter((name) => name.endsWith('.nodes')).length).to.equal(3);
    expect(added.length).to.equal(5);
  });

  it('writes nothing for a root that is there, but names it as the newest', async () => {
    const folder = await makeFolder();
    const tree = await cutTree(someLeaves(3));
    const first = await exportPaths(exportOf(tree, folder));
    const names = await readdir(folder);
    const inode = async () => (await stat(join(folder, manifestFile(tree.root)))).ino;
    const before = await inode();
    tree.asked.length = 0;
    expect(await exportPaths(exportOf(tree, folder, 2n))).to.deep.equal(first);
    expect(await readdir(folder)).to.deep.equal(names);
    expect(await inode()).to.equal(before);
    expect(tree.asked).to.deep.equal([]);
    expect(await readFile(join(folder, 'latest.json'), 'utf8')).to.include('"sequence":"2"');
  });

  it('does not let an older publication become the newest', async () => {
    const folder = await makeFolder();
    const [old, young] = [await cutTree(someLeaves(2)), await cutTree(someLeaves(3))];
    await exportPaths(exportOf(young, folder, 2n));
    const latest = await readFile(join(folder, 'latest.json'), 'utf8');
    await exportPaths(exportOf(old, folder, 1n));
    expect(await readFile(join(folder, 'latest.json'), 'utf8')).to.equal(latest);
    expect(await readdir(folder)).to.include(manifestFile(old.root));
  });

  it('counts leaves that the last chunk leaves out, and skips chunks that are empty', async () => {
    const folder = await makeFolder();
    const tree = await cutTree([leafOf(1)], 1);
    const publication = { ...publicationOf(tree), size: 1_027 };
    const done: number[] = [];
    const onChunk = (i: number): void => void done.push(i);
    const manifest = await exportPaths({ ...exportOf(tree, folder), publication, onChunk });
    const lines = (await readFile(join(folder, manifest.leaves), 'utf8')).trim().split('\n');
    expect(lines.length).to.equal(1_027);
    expect(BigInt(lines[1_024]!)).to.equal(leafOf(1));
    expect(lines.filter((line) => line === '0x0').length).to.equal(1_026);
    expect(done).to.deep.equal([1, 2]);
  });

  it('goes on after a crash between any two files', async () => {
    const tree = await cutTree(someLeaves(1_030));
    const whole = await makeFolder();
    await exportPaths(exportOf(tree, whole));
    const count = (await readdir(whole)).length;
    for (let stop = 0; stop < 4; stop++) {
      const folder = await makeFolder();
      let asked = 0;
      const blocks: typeof tree.blocks = (tier, block) => {
        if (asked++ === stop) throw new Error('gone');
        return tree.blocks(tier, block);
      };
      const run = exportPaths({ ...exportOf(tree, folder), blocks });
      expect(await run.then(() => 'done', () => 'stopped')).to.equal('stopped'); // prettier-ignore
      expect(await readdir(folder)).not.to.include('latest.json');
      await exportPaths(exportOf(tree, folder));
      expect((await readdir(folder)).length).to.equal(count);
      const { leaf } = await fetchPath({ source: folder, root: tree.root, position: 1_029 });
      expect(leaf).to.equal(leafOf(1_029));
    }
  });

  describe('refuses', () => {
    it('the folder of another tree', async () => {
      const folder = await makeFolder();
      const tree = await cutTree(someLeaves(2));
      await exportPaths(exportOf(tree, folder));
      const header = { ...HEADER, tree: 2n };
      const error = await rejected(exportPaths({ ...exportOf(tree, folder), header }));
      expect(error.message).to.equal('latest root.tree is 1: must be 2');
    });

    for (const [tier, block] of [
      [2, 0],
      [1, 0],
      [0, 1],
    ] as const) {
      it(`a block of tier ${tier} that does not lead to the root`, async () => {
        const [folder, other] = [await makeFolder(), await makeFolder()];
        const tree = await cutTree(someLeaves(1_030));
        await exportPaths(exportOf(tree, other));
        const blocks: typeof tree.blocks = async (t, b) => {
          const nodes = Uint8Array.from(await tree.blocks(t, b));
          if (t === tier && b === block) nodes[31]! ^= 1;
          return nodes;
        };
        const error = await rejected(exportPaths({ ...exportOf(tree, folder), blocks }));
        expect(error.code).to.equal('InvalidInput');
        expect(await readdir(folder)).not.to.include('latest.json');
        await exportPaths(exportOf(tree, folder));
      });
    }

    it('a size that is not the one of the blocks', async () => {
      const folder = await makeFolder();
      const tree = await cutTree(someLeaves(3));
      const publication = { ...publicationOf(tree), size: 1_025 };
      const error = await rejected(exportPaths({ ...exportOf(tree, folder), publication }));
      expect(error.data['field']).to.equal('blocks');
    });

    for (const [key, value] of Object.entries({ chainId: '1', tree: '2', root: '5' })) {
      it(`a manifest of the root that names another ${key}`, async () => {
        const folder = await makeFolder();
        const tree = await cutTree(someLeaves(2));
        await exportPaths(exportOf(tree, folder));
        await exportPaths(exportOf(tree, folder));
        const file = join(folder, manifestFile(tree.root));
        const manifest = JSON.parse(await readFile(file, 'utf8')) as object;
        await writeFile(file, JSON.stringify({ ...manifest, [key]: value }));
        const error = await rejected(exportPaths(exportOf(tree, folder)));
        expect(error.message).to.match(new RegExp(`^path manifest\\.${key} is ${value}: must be `));
      });
    }

    it('a newest root that it cannot read', async () => {
      const folder = await makeFolder();
      await writeFile(join(folder, 'latest.json'), '');
      const tree = await cutTree(someLeaves(3));
      expect((await rejected(exportPaths(exportOf(tree, folder)))).code).to.equal('InvalidInput');
    });
  });
});
