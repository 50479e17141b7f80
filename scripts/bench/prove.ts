/**
 * What a proof costs, beside its peers: CPU time of the whole process, threads included, and wall time, in turns in one run
 * with the same key and, but for Semaphore and the cold processes, the same witness. Ratios above 1 say how many times less
 * ours takes: of CPU, or of wall time where it is named.
 * @module
 */
import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { promisify } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { loadArtifacts } from '../../src/prover/artifacts.ts';
import { snarkjsBackend, type Backend } from '../../src/prover/backend.ts';
import { stopWorkers } from '../../src/prover/snarkjs.ts';
import { createKernelBackend } from '../../src/prover/kernelBackend.ts';
import { createRapidsnarkBackend } from '../../src/prover/rapidsnark.ts';
import { loadWitnessProgram, toCircuitInputs } from '../../src/prover/witness.ts';
import { makeCase } from './case.ts';
import type { ColdProof } from './cold.ts';
import { makeReport, measure, type Measure, type Report } from './report.ts';
import { loadSemaphore } from './semaphore.ts';

const run = promisify(execFile);
const WARM_ROUNDS = 3;
const ROUNDS = 15;
const COLD_ROUNDS = 9;
const SETTLE_MS = 100;
/** The file that the case's inputs are in. */
const INPUTS = 'inputs.json';

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
  // For trees and for the check of one's own proof, too, as whoever wants this build on Node 20 asks for it.
  process.env['ELIGO_KERNEL'] = 'fma';
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

  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  const times = new Map<string, Time[]>([...works.keys()].map((name) => [name, []]));
  for (let round = -WARM_ROUNDS; round < ROUNDS; round++)
    for (const [name, work] of works) {
      // What the work before left, on nobody's account. Other threads go on for a moment; a processor that idles slows down.
      collectGarbage();
      for (const end = performance.now() + SETTLE_MS; performance.now() < end;)
        await setImmediate();
      const time = await timeOf(work);
      if (round >= 0) times.get(name)?.push(time);
    }
  return times;
}

/** Processes that make one proof, as they are run in the bench's folder. */
const COLD = {
  fma: ['cold.js'],
  snarkjs: ['cold.js', 'snarkjs'],
  fullProve: ['coldFullProve.js', INPUTS],
} as const;
type ColdName = keyof typeof COLD;

/**
 * A first proof in a process of its own, loading included, and the most memory that it took: ours, from a credential to a
 * checked proof; the same with snarkjs' prover in the kernel's place; and snarkjs alone, from the circuit's inputs, which it
 * neither has to make nor to check. snarkjs works on all cores, ours on one.
 */
async function measureCold(): Promise<Readonly<Record<string, Measure>>> {
  const folder = await compileCold();
  await writeFile(join(folder, INPUTS), await coldInputs());
  const names = Object.keys(COLD) as ColdName[];
  const proofs: Record<ColdName, ColdProof[]> = { fma: [], snarkjs: [], fullProve: [] };
  for (let i = 0; i < COLD_ROUNDS; i++)
    for (const name of i % 2 === 0 ? names : names.toReversed())
      proofs[name].push(await coldProof(folder, name));
  const all = names.flatMap((name) => proofs[name]);
  if (new Set(all.map(({ signals }) => signals.join())).size > 1)
    throw new Error('the cold processes proved different statements');
  const of = (name: ColdName, what: 'cpuMs' | 'wallMs' | 'peakMB'): readonly number[] =>
    proofs[name].map((proof) => proof[what]);
  const rows = names.flatMap((name) => [
    [`prove.cold.${name}.cpuMs`, measure('CPU ms', of(name, 'cpuMs'))] as const,
    [`prove.cold.${name}.wallMs`, measure('ms', of(name, 'wallMs'))] as const,
  ]);
  return {
    ...Object.fromEntries(rows),
    'prove.cold.vsSnarkjs': measure('x', zip(of('snarkjs', 'cpuMs'), of('fma', 'cpuMs'))),
    'prove.cold.vsFullProve': measure('x', zip(of('fullProve', 'cpuMs'), of('fma', 'cpuMs'))),
    'prove.peakMB': measure('MB', of('fma', 'peakMB')),
    'prove.snarkjs.peakMB': measure('MB', of('snarkjs', 'peakMB')),
    'prove.fullProve.peakMB': measure('MB', of('fullProve', 'peakMB')),
  };
}

/** What the case gives the circuit, for a program that knows nothing else of it. */
async function coldInputs(): Promise<string> {
  const { inputs } = await makeCase(await loadArtifacts());
  return JSON.stringify(toCircuitInputs(inputs), (_, value: unknown) =>
    typeof value === 'bigint' ? value.toString() : value,
  );
}

const project = resolve(import.meta.dirname, '../..');

/** As JavaScript: a user's process has no compiler in it. @returns the folder of the scripts */
async function compileCold(): Promise<string> {
  const folder = join(project, 'build/bench');
  await mkdir(folder, { recursive: true });
  const config = {
    extends: '../../tsconfig.build.json',
    compilerOptions: { rootDir: '../..', outDir: '.', declaration: false },
    files: ['../../scripts/bench/cold.ts', '../../scripts/bench/coldFullProve.ts'],
    include: ['../../types'],
    exclude: [],
  };
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(config));
  const typescript = dirname(createRequire(import.meta.url).resolve('typescript/package.json'));
  await run(process.execPath, [join(typescript, 'bin/tsc'), '-p', folder]);
  return join(folder, 'scripts/bench');
}

/** With ours as the README says to have the faster build on Node 20: what reckons in the process has it. */
async function coldProof(folder: string, name: ColdName): Promise<ColdProof> {
  const [script, argument = ''] = COLD[name];
  const { stdout } = await run(process.execPath, [join(folder, script), argument], {
    cwd: project,
    env: { ...process.env, ELIGO_KERNEL: 'fma' },
  });
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
