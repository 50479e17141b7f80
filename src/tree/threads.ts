/**
 * Hashing on every core: the same answers as without threads, block by block and leaf by leaf.
 * @module
 */
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { EligoError, invalidInput } from '../errors.ts';
import { applyToBlock, type BlockJob, type BlockResult } from './blocks.ts';
import { PREIMAGE, type Hasher } from './hasher.ts';
import { NODE_BYTES } from './nodes.ts';
import { createPool } from './pool.ts';

/** What hashes blocks and leaves. What is passed in stays the caller's, and must not change until the answer is there. */
export type Threads = {
  /** `applyToBlock` of each job; results in the order of the jobs. No job sees another's result. */
  readonly applyToBlocks: (jobs: readonly BlockJob[]) => Promise<readonly BlockResult[]>;
  /** `H_9`: nine elements of 32 bytes a leaf; the answer is 32 bytes each. */
  readonly hashLeaves: (preimages: Uint8Array) => Promise<Uint8Array>;
  /** Ends the threads. What is not done, and what comes later, is refused. */
  readonly close: () => Promise<void>;
};

/** Changes that make a task: some tens of milliseconds, against a tenth of one to hand it over. */
const TASK_CHANGES = 1_024;

/** Leaves that make a task. */
const TASK_LEAVES = 256;

const MOST_THREADS = 64;

/** A thread always runs the built file: Node 20 doesn't load TypeScript in one, not even under tsx. */
const BUILT = new URL('../../dist/tree/worker.js', import.meta.url);

/** The same without threads: for one core, and for little work. */
export function inline(hasher: Hasher): Threads {
  return {
    applyToBlocks: (jobs) =>
      new Promise((resolve) => {
        resolve(jobs.map((job) => applyToBlock(job, hasher)));
      }),
    hashLeaves: (preimages) =>
      new Promise((resolve) => {
        resolve(hasher.leaves(preimages));
      }),
    close: () => Promise.resolve(),
  };
}

/**
 * Makes threads, each with a hasher of its own. They start with the first work.
 * @param options.count  1 to 64; as many as there are cores unless given
 * @param options.script what a thread runs in place of the package's own
 * @throws {ArtifactMissing} if the package is not built
 * @throws {InvalidInput} for another count
 * @example
 * const threads = createThreads();
 * const [result] = await threads.applyToBlocks([{ tier: 0, block: undefined, changes }]);
 * await threads.close();
 */
export function createThreads(
  options: { readonly count?: number; readonly script?: URL } = {},
): Threads {
  const { count = Math.min(availableParallelism(), MOST_THREADS), script = BUILT } = options;
  if (!Number.isInteger(count) || count < 1 || count > MOST_THREADS)
    throw invalidInput('count', count, `must be 1 to ${MOST_THREADS}`);
  if (!existsSync(script)) {
    const file = fileURLToPath(script);
    throw new EligoError('ArtifactMissing', `${file} is missing: run \`npm run build\``, { file });
  }
  const pool = createPool(count, script);
  return {
    applyToBlocks: async (jobs) => {
      const tasks = grouped(jobs).map((group) => pool.run('blocks', group));
      return (await Promise.all(tasks)).flat();
    },
    hashLeaves: async (preimages) => {
      const tasks = slicesOf(preimages).map((slice) => pool.run('leaves', slice));
      const leaves = new Uint8Array(preimages.length / PREIMAGE);
      (await Promise.all(tasks)).forEach((slice, i) => {
        leaves.set(slice, i * TASK_LEAVES * NODE_BYTES);
      });
      return leaves;
    },
    close: pool.close,
  };
}

/** Jobs in order, cut into tasks of about the same work. */
function grouped(jobs: readonly BlockJob[]): readonly (readonly BlockJob[])[] {
  const groups: BlockJob[][] = [];
  let changes = TASK_CHANGES;
  for (const job of jobs) {
    if (changes >= TASK_CHANGES) {
      groups.push([]);
      changes = 0;
    }
    groups.at(-1)?.push(job);
    changes += job.changes.indices.length;
  }
  return groups;
}

function slicesOf(preimages: Uint8Array): readonly Uint8Array[] {
  const width = PREIMAGE * NODE_BYTES;
  if (preimages.length % width !== 0)
    throw invalidInput('preimages', preimages.length, `must be a multiple of ${width} bytes`);
  const step = TASK_LEAVES * width;
  return Array.from({ length: Math.ceil(preimages.length / step) }, (_, i) =>
    preimages.subarray(i * step, (i + 1) * step),
  );
}
