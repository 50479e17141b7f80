/**
 * What a proof costs, beside its peers: CPU time of the whole process, threads included, in turns in one run with the same
 * key and witness. Ratios above 1 say how many times less ours takes.
 * @module
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
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

const ROUNDS = 9;
const COLD_ROUNDS = 5;

/** Measures. Peers that can't be had here have no rows, and stderr says so. */
export async function benchProve(): Promise<Report> {
  const cold = await measureCold();
  const times = await measureWarm();
  await stopWorkers();
  const ratio = (theirs: string, ours: string): Measure =>
    measure('x', zip(times.get(theirs) ?? [], times.get(ours) ?? []));
  const cpu = [...times].map(([name, runs]) => [`prove.${name}.cpuMs`, measure('CPU ms', runs)]);
  return makeReport('prove', {
    ...(Object.fromEntries(cpu) as Record<string, Measure>),
    'prove.fma.vsSnarkjs': ratio('snarkjs', 'fma'),
    'prove.i64.vsSnarkjs': ratio('snarkjs', 'i64'),
    ...(times.has('semaphore32')
      ? { 'prove.fma.vsSemaphore32': ratio('semaphore32', 'fmaWithWitness') }
      : {}),
    ...(times.has('rapidsnark') ? { 'prove.fma.vsRapidsnark': ratio('rapidsnark', 'fma') } : {}),
    'prove.witnessShare': measure(
      'of a proof',
      zip(times.get('witness') ?? [], times.get('fma') ?? []),
    ),
    ...cold,
  });
}

/** CPU ms by name. The first round is the engine's, and not counted. */
async function measureWarm(): Promise<ReadonlyMap<string, readonly number[]>> {
  const artifacts = await loadArtifacts();
  const { inputs, prove } = await makeCase(artifacts);
  const program = await loadWitnessProgram(await artifacts.wasm());
  const witness = await program.calculate(inputs);
  const fma = createKernelBackend({ build: 'fma' });
  const alone = (backend: Backend) => () => backend(artifacts, witness);
  const works = new Map<string, () => Promise<unknown>>([
    ['witness', () => program.calculate(inputs)],
    ['fma', alone(fma)],
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

  const times = new Map<string, number[]>([...works.keys()].map((name) => [name, []]));
  for (let round = 0; round <= ROUNDS; round++)
    for (const [name, work] of works) {
      const ms = await cpuMs(work);
      if (round > 0) times.get(name)?.push(ms);
    }
  return times;
}

/** A first proof in a process of its own, loading included, and the most memory that it took. */
async function measureCold(): Promise<Readonly<Record<string, Measure>>> {
  const [kernel, snarkjs]: [ColdProof[], ColdProof[]] = [[], []];
  for (let i = 0; i < COLD_ROUNDS; i++) {
    kernel.push(await coldProof('fma'));
    snarkjs.push(await coldProof('snarkjs'));
  }
  const [ours, theirs] = [kernel, snarkjs].map((proofs) => proofs.map(({ cpuMs: ms }) => ms));
  return {
    'prove.cold.fma.cpuMs': measure('CPU ms', ours ?? []),
    'prove.cold.snarkjs.cpuMs': measure('CPU ms', theirs ?? []),
    'prove.cold.vsSnarkjs': measure('x', zip(theirs ?? [], ours ?? [])),
    'prove.peakMB': measure(
      'MB',
      kernel.map(({ peakMB }) => peakMB),
    ),
  };
}

async function coldProof(backend: 'fma' | 'snarkjs'): Promise<ColdProof> {
  const script = fileURLToPath(new URL('./cold.ts', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, ['--import=tsx', script, backend]);
  return JSON.parse(stdout) as ColdProof;
}

/** What the first takes for each of the second, round by round. */
function zip(theirs: readonly number[], ours: readonly number[]): readonly number[] {
  return theirs.map((their, i) => their / (ours[i] ?? NaN));
}

async function cpuMs(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
