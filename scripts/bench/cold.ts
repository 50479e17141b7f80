/**
 * One proof in a process of its own: prints the CPU milliseconds from before the artifacts are loaded to the proof.
 * @module
 */
import { loadArtifacts } from '../../src/prover/artifacts.ts';
import { stopWorkers } from '../../src/prover/backend.ts';
import { makeCase } from './case.ts';

const before = process.cpuUsage();
const { prove } = await makeCase(await loadArtifacts());
await prove();
const { user, system } = process.cpuUsage(before);
await stopWorkers();
console.log((user + system) / 1000);
