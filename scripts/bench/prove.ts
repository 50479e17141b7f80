/**
 * What a proof costs, beside its peers: CPU time of the whole process, threads included, and wall time, in turns in one run
 * with the same key and witness. Ratios above 1 say how many times less ours takes: of CPU, or of wall time where it is named.
 * @module
 */
import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { loadArtifacts } from '../../src/prover/artifacts.ts';
import { snarkjsBackend, type Backend } from '../../src/prover/backend.ts';
import { stopWorkers } from '../../src/prover/snarkjs.ts';
import { createKernelBackend } from '../../src/prover/kernelBackend.ts';
import { createRapidsnarkBackend } from '../../src/prover/rapidsnark.ts';
import { loadWitnessProgram } from '../../src/prover/witness.ts';
import { makeCase } from './case.ts';
import type { ColdProof } from './cold.ts';
import { makeReport, measure, type Measure, type Report } from './report.ts';
import { loadSemaphore } from './semaphore.ts';

const run = promisify(execFile);
const WARM_ROUNDS = 3;
const ROUNDS = 9;
const COLD_ROUNDS = 5;

/** Measures. Peers that can't be had here have no rows, and stderr says so. */
export async function benchProve(): Promise<Report> {
  const cold = await measureCold();
  const times = await measureWarm();
  await stopWorkers();
  const of = (name: string, clock: keyof Time): readonly number[] =>
    (times.get(name) ?? []).map((time) => time[clock]);
  const ratio = (theirs: string, ours: string, clock: keyof Time = 'cpuMs'): Measure =>
    measure('x', zip(of(theirs, clock), of(ours, clock)));
  const rows = [...times.keys()].flatMap((name) => [
    [`prove.${name}.cpuMs`, measure('CPU ms', of(name, 'cpuMs'))] as const,
    [`prove.${name}.wallMs`, measure('ms', of(name, 'wallMs'))] as const,
  ]);
  return makeReport('prove', {
    ...Object.fromEntries(rows),
    'prove.fma.vsSnarkjs': ratio('snarkjs', 'fma'),
    'prove.fma2.wallVsSnarkjs': ratio('snarkjs', 'fma2', 'wallMs'),
    'prove.i64.vsSnarkjs': ratio('snarkjs', 'i64'),
    ...(times.has('semaphore32')
      ? { 'prove.fma.vsSemaphore32': ratio('semaphore32', 'fmaWithWitness') }
      : {}),
    ...(times.has('rapidsnark') ? { 'prove.fma.vsRapidsnark': ratio('rapidsnark', 'fma') } : {}),
    'prove.witnessShare': measure('of a proof', zip(of('witness', 'cpuMs'), of('fma', 'cpuMs'))),
    ...cold,
  });
}

/** What some work took. */
type Time = { readonly cpuMs: number; readonly wallMs: number };

/** By name. The first rounds are the engine's, which compiles twice, and not counted. */
async function measureWarm(): Promise<ReadonlyMap<string, readonly Time[]>> {
  const artifacts = await loadArtifacts();
  const { inputs, prove } = await makeCase(artifacts);
  const program = await loadWitnessProgram(await artifacts.plan(), artifacts.circuit);
  const witness = await program.calculate(inputs);
  const fma = createKernelBackend({ build: 'fma' });
  const alone = (backend: Backend) => () => backend(artifacts, witness);
  const works = new Map<string, () => Promise<unknown>>([
    ['witness', () => program.calculate(inputs)],
    ['fma', alone(fma)],
    ['fma2', alone(createKernelBackend({ build: 'fma', threads: 2 }))],
    ['fmaWithWitness', () => prove(fma)],
    ['i64', alone(createKernelBackend({ build: 'i64' }))],
    ['snarkjs', alone(snarkjsBackend)],
  ]);
  const rapidsnark = alone(createRapidsnarkBackend());
  await rapidsnark().then(
    () => works.set('rapidsnark', rapidsnark),
    (error: unknown) => {
      console.error(`no rapidsnark: ${String(error)}`);
    },
  );
  const semaphore = await loadSemaphore();
  if (semaphore) works.set('semaphore32', semaphore);

  const times = new Map<string, Time[]>([...works.keys()].map((name) => [name, []]));
  for (let round = -WARM_ROUNDS; round < ROUNDS; round++)
    for (const [name, work] of works) {
      const time = await timeOf(work);
      if (round >= 0) times.get(name)?.push(time);
    }
  return times;
}

/** A first proof in a process of its own, loading included, and the most memory that it took. */
async function measureCold(): Promise<Readonly<Record<string, Measure>>> {
  const script = await compileCold();
  const [kernel, snarkjs]: [ColdProof[], ColdProof[]] = [[], []];
  for (let i = 0; i < COLD_ROUNDS; i++) {
    kernel.push(await coldProof(script, 'fma'));
    snarkjs.push(await coldProof(script, 'snarkjs'));
  }
  const [ours, theirs] = [kernel, snarkjs].map((proofs) => proofs.map(({ cpuMs }) => cpuMs));
  return {
    'prove.cold.fma.cpuMs': measure('CPU ms', ours ?? []),
    'prove.cold.snarkjs.cpuMs': measure('CPU ms', theirs ?? []),
    'prove.cold.vsSnarkjs': measure('x', zip(theirs ?? [], ours ?? [])),
    'prove.peakMB': measure(
      'MB',
      kernel.map(({ peakMB }) => peakMB),
    ),
    'prove.snarkjs.peakMB': measure(
      'MB',
      snarkjs.map(({ peakMB }) => peakMB),
    ),
  };
}

const project = resolve(import.meta.dirname, '../..');

/** As JavaScript: a user's process has no compiler in it. */
async function compileCold(): Promise<string> {
  const folder = join(project, 'build/bench');
  await mkdir(folder, { recursive: true });
  const config = {
    extends: '../../tsconfig.build.json',
    compilerOptions: { rootDir: '../..', outDir: '.', declaration: false },
    files: ['../../scripts/bench/cold.ts'],
    include: ['../../types'],
    exclude: [],
  };
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(config));
  const typescript = dirname(createRequire(import.meta.url).resolve('typescript/package.json'));
  await run(process.execPath, [join(typescript, 'bin/tsc'), '-p', folder]);
  return join(folder, 'scripts/bench/cold.js');
}

async function coldProof(script: string, backend: 'fma' | 'snarkjs'): Promise<ColdProof> {
  // As the README says to have that build on Node 20: whatever reckons in the process has it, and no other is compiled.
  const env = backend === 'fma' ? { ...process.env, ELIGO_KERNEL: 'fma' } : process.env;
  const { stdout } = await run(process.execPath, [script, backend], { cwd: project, env });
  return JSON.parse(stdout) as ColdProof;
}

/** What the first takes for each of the second, round by round. */
function zip(theirs: readonly number[], ours: readonly number[]): readonly number[] {
  return theirs.map((their, i) => their / (ours[i] ?? NaN));
}

async function timeOf(work: () => Promise<unknown>): Promise<Time> {
  const [cpu, start] = [process.cpuUsage(), performance.now()];
  await work();
  const wallMs = performance.now() - start;
  const { user, system } = process.cpuUsage(cpu);
  return { cpuMs: (user + system) / 1000, wallMs };
}
