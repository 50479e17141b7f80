/**
 * What proving and verifying cost, in CPU time of the whole process (threads included): it travels better than wall time.
 * @module
 */
import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ARTIFACT_FILES, PACKAGE_ARTIFACTS, loadArtifacts } from '../../src/prover/artifacts.ts';
import { snarkjsBackend, stopWorkers } from '../../src/prover/backend.ts';
import { loadWitnessProgram } from '../../src/prover/witness.ts';
import { checkGroth16 } from '../../src/verifier/verify.ts';
import { makeCase } from './case.ts';
import { makeReport, measure, type Report } from './report.ts';

const WARM_RUNS = 7;
const COLD_RUNS = 3;

/** Measures. */
export async function benchProve(): Promise<Report> {
  const cold = [];
  for (let i = 0; i < COLD_RUNS; i++) cold.push(await coldProof());

  const artifacts = await loadArtifacts();
  const { inputs, prove } = await makeCase(artifacts);
  const program = await loadWitnessProgram(artifacts.wasm);
  const { statement, proof } = await prove();
  const times = { witness: [] as number[], prove: [] as number[], verify: [] as number[] };
  for (let i = 0; i < WARM_RUNS; i++) {
    times.witness.push(await cpuMs(() => program.calculate(inputs)));
    const witness = await program.calculate(inputs);
    times.prove.push(await cpuMs(() => snarkjsBackend(artifacts, witness)));
    times.verify.push(await cpuMs(() => checkGroth16(artifacts.verifyingKey, statement, proof)));
  }
  await stopWorkers();
  const { size } = await stat(join(PACKAGE_ARTIFACTS, ARTIFACT_FILES.zkey));
  return makeReport('prove', {
    constraints: measure('constraints', [Number(artifacts.manifest.constraints)]),
    zkeyBytes: measure('bytes', [size]),
    proveWarmCpuMs: measure('CPU ms', times.prove),
    proveColdCpuMs: measure('CPU ms', cold),
    witnessCpuMs: measure('CPU ms', times.witness),
    verifyCpuMs: measure('CPU ms', times.verify),
  });
}

/** A first proof in a new process: loading and checking the artifacts, starting the curve, witness and proof. */
async function coldProof(): Promise<number> {
  const script = fileURLToPath(new URL('./cold.ts', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, ['--import=tsx', script]);
  return Number(stdout);
}

async function cpuMs(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
