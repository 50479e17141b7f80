/**
 * What a tree costs, beside the trees of zk-kit. Ratios are of CPU time a leaf, measured in turns in one process with the
 * same WebAssembly hash for all: above 1 ours is faster. The sizes are built with threads, each in a process of its own.
 * @module
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { IncrementalMerkleTree } from '@zk-kit/incremental-merkle-tree';
import { LeanIMT } from '@zk-kit/lean-imt';
import { loadKernel } from '../../src/kernel/kernel.ts';
import { createPoseidon } from '../../src/kernel/poseidon.ts';
import { buildBlocks } from '../../src/tree/build.ts';
import { CHILDREN, loadHasher } from '../../src/tree/hasher.ts';
import { fieldAt } from '../../src/tree/nodes.ts';
import { createSubtree } from '../../src/tree/subtree.ts';
import { inline } from '../../src/tree/threads.ts';
import { circomlibjsHasher, circomlibjsPoseidon, ofBigints } from './hashers.ts';
import { randomLeaves } from './leaves.ts';
import { makeReport, measure, type Measure, type Report } from './report.ts';
import { measureStored } from './treeStored.ts';

type Measures = Readonly<Record<string, Measure>>;

const DEPTH = 14;
const SIZES = ['1e4', '3e4', '1e5', '3e5', '1e6'] as const;

/** Leaves of a tree that is compared, and of the sample inserted into it one by one. */
const COMPARED = 100_000;
const INSERTED = 500;
const ROUNDS = 3;

/** Leaves of the tree that is built with circomlibjs' hash, too. */
const FIRST_BUILD = 1_000_000;

/** The parts of the report, one after the other, so that none disturbs another. */
const PARTS: readonly (() => Promise<Measures>)[] = [
  compareTrees,
  compareHashers,
  measureSizes,
  measureStored,
];

/** Measures. */
export async function benchTree(): Promise<Report> {
  const measures: Record<string, Measure> = {};
  for (const part of PARTS) Object.assign(measures, await part());
  return makeReport('tree', measures);
}

/** Ours against zk-kit's, in memory, on one thread. */
async function compareTrees(): Promise<Measures> {
  const hasher = await loadHasher();
  const poseidon = createPoseidon(await loadKernel());
  const [hash4, hash2] = [ofBigints(poseidon, 4), ofBigints(poseidon, 2)];
  const bytes = randomLeaves(COMPARED);
  const leaves = Array.from({ length: COMPARED }, (_, i) => fieldAt(bytes, i));
  const ratios = { bulk: [] as number[], insert: [] as number[], lean: [] as number[] };
  for (let round = 0; round < ROUNDS; round++) {
    const ours = cpuMsPerLeaf(COMPARED, () => {
      createSubtree({ depth: DEPTH, base: 0 }, hasher).append(bytes);
    });
    let tree: IncrementalMerkleTree | undefined;
    const bulk = cpuMsPerLeaf(COMPARED, () => {
      tree = new IncrementalMerkleTree(hash4, DEPTH, 0n, CHILDREN, [...leaves]);
    });
    const insert = cpuMsPerLeaf(INSERTED, () => {
      for (const leaf of leaves.slice(0, INSERTED)) tree?.insert(leaf);
    });
    const lean = cpuMsPerLeaf(COMPARED, () => {
      new LeanIMT<bigint>((a, b) => hash2([a, b])).insertMany(leaves);
    });
    ratios.bulk.push(bulk / ours);
    ratios.insert.push(insert / ours);
    ratios.lean.push(lean / ours);
  }
  return {
    'tree.vsZkKitBulk': measure('x', ratios.bulk),
    'tree.vsZkKitInsert': measure('x', ratios.insert),
    'tree.vsZkKitLeanImt': measure('x', ratios.lean),
  };
}

/** The first build of a large tree on one thread, and the same with circomlibjs' hash. */
async function compareHashers(): Promise<Measures> {
  const [ours, theirs] = [await loadHasher(), circomlibjsHasher(await circomlibjsPoseidon())];
  const leaves = randomLeaves(FIRST_BUILD);
  const times: number[] = [];
  for (const hasher of [theirs, ours]) {
    const before = process.cpuUsage();
    await buildBlocks(leaves, inline(hasher));
    const { user, system } = process.cpuUsage(before);
    times.push(user + system);
  }
  const [their = 0, our = 0] = times;
  return { 'tree.vsCircomlibjs': measure('x', [their / our]) };
}

/** Ours with threads, from ten thousand leaves to a million, and the exponent of its growth. */
async function measureSizes(): Promise<Measures> {
  const measures: Record<string, Measure> = {};
  const points: (readonly [number, number])[] = [];
  for (const size of SIZES) {
    const { cpuMs, wallMs, peakMB } = await build(Number(size));
    points.push([Math.log(Number(size)), Math.log(cpuMs)]);
    measures[`tree.build${size}.cpuMs`] = measure('CPU ms', [cpuMs]);
    measures[`tree.build${size}.leavesPerS`] = measure('leaves/s', [
      (1_000 * Number(size)) / wallMs,
    ]);
    measures[`tree.build${size}.peakMB`] = measure('MB', [peakMB]);
  }
  return { ...measures, 'tree.exponent': measure('log CPU / log n', [slopeOf(points)]) };
}

async function build(
  count: number,
): Promise<{ readonly cpuMs: number; readonly wallMs: number; readonly peakMB: number }> {
  const script = fileURLToPath(new URL('./treeBuild.ts', import.meta.url));
  const args = ['--import=tsx', script, count.toString()];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return JSON.parse(stdout) as { cpuMs: number; wallMs: number; peakMB: number };
}

function cpuMsPerLeaf(leaves: number, work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / leaves;
}

/** Of the line with the least squares. */
function slopeOf(points: readonly (readonly [number, number])[]): number {
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const [x, y] = [mean(points.map(([each]) => each)), mean(points.map(([, each]) => each))];
  const products = points.map(([a, b]) => (a - x) * (b - y));
  const squares = points.map(([a]) => (a - x) ** 2);
  return mean(products) / mean(squares);
}
