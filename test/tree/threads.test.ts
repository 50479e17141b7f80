import { expect } from 'chai';
import { applyToBlock, type BlockJob } from '../../src/tree/blocks.ts';
import { loadHasher } from '../../src/tree/hasher.ts';
import { createThreads, inline, type Threads } from '../../src/tree/threads.ts';
import { leafOf, packed, someLeaves } from '../support/nodes.ts';
import { fc, rejected, thrown } from '../support/world.ts';

const job = (tier: 0 | 1 | 2, leaves: readonly (readonly [number, number])[]): BlockJob => ({
  tier,
  block: undefined,
  changes: {
    indices: Uint16Array.from(leaves, ([index]) => index),
    nodes: packed(leaves.map(([, leaf]) => leafOf(leaf))),
  },
});

const jobs: fc.Arbitrary<readonly BlockJob[]> = fc.array(
  fc
    .tuple(
      fc.constantFrom(0 as const, 1 as const, 2 as const),
      fc.array(fc.tuple(fc.nat(255), fc.nat(9)), { maxLength: 6 }),
    )
    .map(([tier, leaves]) => job(tier, leaves)),
  { maxLength: 12 },
);

describe('tree/threads', () => {
  let threads: Threads;
  before(() => {
    threads = createThreads({ count: 2 });
  });
  after(() => threads.close());

  it('change blocks as without threads, in the order of the jobs', async () => {
    const reference = inline(await loadHasher());
    await fc.assert(
      fc.asyncProperty(jobs, jobs, async (first, second) => {
        const [results, others] = await Promise.all([
          threads.applyToBlocks(first),
          threads.applyToBlocks(second),
        ]);
        expect(results).to.deep.equal(await reference.applyToBlocks(first));
        expect(others).to.deep.equal(await reference.applyToBlocks(second));
      }),
      { numRuns: 15 },
    );
  });

  it('change many large blocks, more than threads take at once', async () => {
    const hasher = await loadHasher();
    const full = Array.from({ length: 9 }, (_, n) =>
      job(
        0,
        Array.from({ length: 1_024 }, (_, i) => [i, (n + i) % 7] as const),
      ),
    );
    const results = await threads.applyToBlocks(full);
    expect(results).to.deep.equal(full.map((each) => applyToBlock(each, hasher)));
  });

  it('change what is in a block already, and leave the arrays of the caller alone', async () => {
    const hasher = await loadHasher();
    const { block } = applyToBlock(job(0, [[70, 1]]), hasher);
    const larger = new Uint8Array(block.length + 6).fill(1);
    larger.set(block, 3);
    const given = { ...job(0, [[3, 2]]), block: larger.subarray(3, 3 + block.length) };
    const due = applyToBlock(given, hasher);
    const before = larger.slice();
    expect(await threads.applyToBlocks([given])).to.deep.equal([due]);
    expect(larger).to.deep.equal(before);
    expect(await threads.applyToBlocks([given])).to.deep.equal([due]);
  });

  for (const count of [0, 1, 255, 256, 257, 600]) {
    it(`hash ${count} leaves as without threads`, async () => {
      const reference = inline(await loadHasher());
      const preimages = packed(someLeaves(9 * count));
      const leaves = await threads.hashLeaves(preimages);
      expect(leaves).to.have.lengthOf(32 * count);
      expect(leaves).to.deep.equal(await reference.hashLeaves(preimages));
      expect(preimages).to.have.lengthOf(9 * 32 * count);
    });
  }

  for (const [kind, make] of [
    ['threads', () => Promise.resolve(threads)],
    ['inline', async () => inline(await loadHasher())],
  ] as const) {
    describe(`when one thing is wrong, ${kind}`, () => {
      it('name the error as without threads, and go on', async () => {
        const own = await make();
        const good = job(0, [[1, 1]]);
        const bad = job(2, [[256, 1]]);
        expect(await own.applyToBlocks([good, good])).to.have.lengthOf(2);
        const due = thrown(() => {
          void applyToBlock(bad, {
            nodes: () => new Uint8Array(32),
            leaves: () => new Uint8Array(),
          });
        });
        const error = await rejected(own.applyToBlocks([good, bad]));
        expect([error.code, error.message, error.data]).to.deep.equal([
          due.code,
          due.message,
          due.data,
        ]);
        expect(await own.applyToBlocks([good])).to.have.lengthOf(1);
      });

      it('take whole preimages only', async () => {
        const own = await make();
        const whole = packed(someLeaves(9));
        expect(await own.hashLeaves(whole)).to.have.lengthOf(32);
        const error = await rejected(own.hashLeaves(whole.subarray(32)));
        expect([error.code, error.data['field']]).to.deep.equal(['InvalidInput', 'preimages']);
      });
    });
  }

  for (const count of [0, 65, 1.5, NaN]) {
    it(`refuse a count of ${count}`, async () => {
      await createThreads({ count: 64 }).close();
      expect(thrown(() => createThreads({ count })).data['field']).to.equal('count');
    });
  }

  it('say what to do where the package is not built', async () => {
    const built = new URL('../../dist/tree/worker.js', import.meta.url);
    await createThreads({ script: built }).close();
    const error = thrown(() => createThreads({ script: new URL('missing.js', built) }));
    expect(error.code).to.equal('ArtifactMissing');
    expect(error.message).to.match(/missing\.js is missing: run `npm run build`$/);
  });
});
