import { expect } from 'chai';
import type { Field } from '../../src/protocol/field.ts';
import { loadHasher } from '../../src/tree/hasher.ts';
import {
  manifestFile,
  maxNodesBytes,
  nodesFile,
  readLatestRoot,
  readNodes,
  readPathManifest,
  writeLatestRoot,
  writePathManifest,
  type PathManifest,
} from '../../src/tree/pathFile.ts';
import { createTree } from '../../src/tree/tree.ts';
import { fieldToBytes } from '../../src/protocol/field.ts';
import { HEADER } from '../support/logs.ts';
import { packed } from '../support/nodes.ts';
import { thrown } from '../support/world.ts';

const MANIFEST: PathManifest = {
  ...{ ...HEADER, sequence: 3n, root: 99n as Field, size: 4 ** 14, revoked: 7n },
  ...{ logHead: `0x${'ab'.repeat(32)}`, leaves: `leaves-${'cd'.repeat(32)}.txt` },
};

describe('tree/pathFile', () => {
  it('names files by 64 lower-case digits', () => {
    expect(nodesFile(fieldToBytes(0xabn as Field))).to.equal(`${'0'.repeat(62)}ab.nodes`);
    expect(manifestFile(0xabn as Field)).to.equal(`${'0'.repeat(62)}ab.json`);
    expect([0, 1, 2].map((tier) => maxNodesBytes(tier as 0))).to.deep.equal([
      32_768, 32_768, 8_192,
    ]);
  });

  it('reads a block that follows its name, with empty nodes at its end or without', async () => {
    const hasher = await loadHasher();
    const tree = await createTree({ leaves: [11n, 12n], depth: 5 });
    const options = { root: fieldToBytes(tree.root()), tier: 0, hasher } as const;
    for (const leaves of [
      [11n, 12n],
      [11n, 12n, 0n, 0n, 0n],
    ])
      expect(readNodes(packed(leaves), options).siblings(1)).to.deep.equal(tree.path(1).siblings);
    for (const leaves of [[12n, 11n], [11n], [11n, 12n, 1n], []])
      expect(thrown(() => readNodes(packed(leaves), options)).code).to.equal('InvalidInput');
    // Of another tier the same nodes stand on other empty ones.
    expect(thrown(() => readNodes(packed([11n, 12n]), { ...options, tier: 1 })).code)
      .to.equal('InvalidInput'); // prettier-ignore
  });

  it('reads what it wrote', () => {
    expect(readPathManifest(writePathManifest(MANIFEST))).to.deep.equal(MANIFEST);
    const { chainId, registry, tree, sequence, root } = MANIFEST;
    const latest = { chainId, registry, tree, sequence, root };
    expect(readLatestRoot(writeLatestRoot(latest))).to.deep.equal(latest);
  });

  for (const [fault, change, field] of [
    ['another kind of document', { eligo: 'paths/2' }, 'path manifest.eligo'],
    ['an unknown key', { more: '1' }, 'path manifest'],
    ['a tree of more leaves than there are', { size: String(4 ** 14 + 1) }, 'path manifest.size'],
    ['a root that is none', { root: '0x1' }, 'path manifest.root'],
    ['a registry that is none', { registry: 'me' }, 'path manifest.registry'],
    ['leaves outside of the folder', { leaves: '../leaves.txt' }, 'path manifest.leaves'],
    ['a head that is none', { logHead: '0x1' }, 'path manifest.logHead'],
  ] as const) {
    it(`refuses ${fault}`, () => {
      const document = JSON.parse(writePathManifest(MANIFEST)) as object;
      readPathManifest(document);
      const error = thrown(() => readPathManifest({ ...document, ...change }));
      expect(error.data['field']).to.equal(field);
    });
  }

  it('refuses a manifest in place of the newest root', () => {
    expect(thrown(() => readLatestRoot(writePathManifest(MANIFEST))).code).to.equal('InvalidInput');
  });
});
