/**
 * One proof in a process of its own as snarkjs makes it: the circuit's inputs from a file, witness and proof by `fullProve`,
 * with the program that circom made. Prints what cold.ts does. To be run in the project's folder.
 * @module
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { argv, cpuUsage, resourceUsage } from 'node:process';
import { groth16, type CircuitSignals } from 'snarkjs';
import type { ColdProof } from './cold.ts';

const file = join(import.meta.dirname, argv[2] ?? '');
const inputs = JSON.parse(await readFile(file, 'utf8')) as CircuitSignals;
const { publicSignals } = await groth16.fullProve(
  inputs,
  'build/circuits/eligibility.wasm',
  'build/circuits/eligibility.zkey',
);
const { user, system } = cpuUsage();
const found: ColdProof = {
  cpuMs: (user + system) / 1000,
  wallMs: performance.now(),
  peakMB: resourceUsage().maxRSS / 1024,
  signals: publicSignals,
};
const { stopWorkers } = await import('../../src/prover/snarkjs.ts');
await stopWorkers();
console.log(JSON.stringify(found));
