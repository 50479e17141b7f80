/**
 * What a hash costs on one thread, beside circomlibjs' Poseidon in WebAssembly: CPU time, in turns in one process. Ours takes
 * and gives bytes; circomlibjs' is fed with what is in its own form already. Above 1 ours is faster.
 * @module
 */
import { loadKernel } from '../../src/kernel/kernel.ts';
import { createPoseidon } from '../../src/kernel/poseidon.ts';
import { CHILDREN } from '../../src/tree/hasher.ts';
import { NODE_BYTES } from '../../src/tree/nodes.ts';
import { circomlibjsPoseidon } from './hashers.ts';
import { randomLeaves } from './leaves.ts';
import { makeReport, measure, type Measure, type Report } from './report.ts';

const HASHES = 10_000;
const ROUNDS = 7;

/** Measures of each build, and under the plain names of the one that is chosen here. */
export async function benchHash(): Promise<Report> {
  const { build: chosen } = await loadKernel();
  const measures: Record<string, Measure> = {};
  for (const build of ['i64', 'fma'] as const) {
    const found = await measureBuild(build);
    if (build === chosen) Object.assign(measures, named('hash', found));
    Object.assign(measures, named(`hash.${build}`, found));
  }
  return makeReport('hash', measures);
}

async function measureBuild(build: 'fma' | 'i64'): Promise<readonly [Measure, Measure]> {
  const theirs = await circomlibjsPoseidon();
  const ours = createPoseidon(await loadKernel(build));
  const width = CHILDREN * NODE_BYTES;
  const inputs = randomLeaves(CHILDREN * HASHES);
  const montgomery = inputs.map((_, i) => inputs[i ^ (NODE_BYTES - 1)] ?? 0); // little-endian, below r
  const hashTheirs = (): void => {
    for (let i = 0; i < HASHES; i++) theirs(montgomery.subarray(i * width, (i + 1) * width));
  };
  const [perS, ratios]: [number[], number[]] = [[], []];
  for (let round = 0; round <= ROUNDS; round++) {
    const their = cpuMs(hashTheirs);
    const our = cpuMs(() => ours.hash(CHILDREN, inputs));
    if (round === 0) continue; // the engine's optimising compiler
    perS.push((1_000 * HASHES) / our);
    ratios.push(their / our);
  }
  return [measure('hashes/s', perS), measure('x', ratios)];
}

function named(
  name: string,
  [perS, ratio]: readonly [Measure, Measure],
): Readonly<Record<string, Measure>> {
  return { [`${name}.perS`]: perS, [`${name}.vsCircomlibjs`]: ratio };
}

function cpuMs(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
