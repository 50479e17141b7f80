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
import { bytesToField, fieldToBytes, type Field } from '../../src/protocol/field.ts';
import { CHILDREN, loadHasher, type Hasher } from '../../src/tree/hasher.ts';
import { NODE_BYTES, fieldAt } from '../../src/tree/nodes.ts';
import { createSubtree } from '../../src/tree/subtree.ts';
import { referencePoseidon } from '../vectors/reference.ts';
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

/** The parts of the report, one after the other, so that none disturbs another. */
const PARTS: readonly (() => Promise<Measures>)[] = [compareTrees, measureSizes, measureStored];

/** Measures. */
export async function benchTree(): Promise<Report> {
  const measures: Record<string, Measure> = {};
  for (const part of PARTS) Object.assign(measures, await part());
  return makeReport('tree', measures);
}

/** Ours against zk-kit's, in memory, on one thread. */
async function compareTrees(): Promise<Measures> {
  const hasher = await loadHasher();
  const hash4 = fourToOne(hasher);
  const poseidon = await referencePoseidon();
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
      new LeanIMT<bigint>((a, b) => poseidon([a, b])).insertMany(leaves);
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

/** Our hasher for a tree of bigints: it converts faster than circomlibjs itself does. */
function fourToOne(hasher: Hasher): (children: bigint[]) => bigint {
  const bytes = new Uint8Array(CHILDREN * NODE_BYTES);
  return (children) => {
    children.forEach((child, i) => {
      bytes.set(fieldToBytes(child as Field), i * NODE_BYTES);
    });
    return bytesToField(hasher.nodes(bytes), 'node');
  };
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
