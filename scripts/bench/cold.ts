/**
 * One proof in a process of its own, by the backend that is named: prints the CPU milliseconds of the process up to the proof,
 * and the most memory that it held. To be run in the project's folder.
 * @module
 */
import { argv, cpuUsage, resourceUsage } from 'node:process';
import { loadArtifacts } from '../../src/prover/artifacts.ts';
import { snarkjsBackend } from '../../src/prover/backend.ts';
import { stopWorkers } from '../../src/prover/snarkjs.ts';
import { createKernelBackend } from '../../src/prover/kernelBackend.ts';
import { makeCase } from './case.ts';

/** What is printed. */
export type ColdProof = { readonly cpuMs: number; readonly peakMB: number };

const backend = argv[2] === 'snarkjs' ? snarkjsBackend : createKernelBackend();
const { prove } = await makeCase(await loadArtifacts('build/circuits'));
await prove(backend);
const { user, system } = cpuUsage();
await stopWorkers();
const found: ColdProof = {
  cpuMs: (user + system) / 1000,
  peakMB: resourceUsage().maxRSS / 1024,
};
console.log(JSON.stringify(found));
