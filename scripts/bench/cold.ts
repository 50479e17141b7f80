/**
 * One proof in a process of its own, by the kernel, or by snarkjs where that is named: prints what the process has taken up to
 * the proof, and the public signals. To be run in the project's folder.
 * @module
 */
import { argv, cpuUsage, resourceUsage } from 'node:process';
import {
  createKernelBackend,
  loadArtifacts,
  snarkjsBackend,
  stopWorkers,
  toSignals,
} from '../../src/offchain.ts';
import { makeCase } from './case.ts';

/** What is printed. */
export type ColdProof = {
  readonly cpuMs: number;
  readonly wallMs: number;
  /** The most memory that it held. */
  readonly peakMB: number;
  readonly signals: readonly string[];
};

const backend = argv[2] === 'snarkjs' ? snarkjsBackend : createKernelBackend();
const { prove } = await makeCase(await loadArtifacts('build/circuits'));
const { statement } = await prove(backend);
const { user, system } = cpuUsage();
await stopWorkers();
const found: ColdProof = {
  cpuMs: (user + system) / 1000,
  wallMs: performance.now(),
  peakMB: resourceUsage().maxRSS / 1024,
  signals: toSignals(statement).map(String),
};
console.log(JSON.stringify(found));
