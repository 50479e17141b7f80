/**
 * snarkjs and the worker threads that it keeps for the whole process, one set for each curve.
 * @module
 */
import type { groth16 } from 'snarkjs';

/** Where ffjavascript, snarkjs' arithmetic, keeps the curve and its threads. */
const place = globalThis as { curve_bn128?: { terminate(): Promise<void> } | null };

let started: Promise<unknown> = Promise.resolve();

/**
 * snarkjs' Groth16 with its curve there already: two first uses at the same time would each start threads, and only the last
 * set can ever be ended.
 */
export async function loadSnarkjs(): Promise<typeof groth16> {
  const snarkjs = await import('snarkjs');
  started = started.then(() => snarkjs.curves.getCurveFromName('bn128'));
  await started;
  return snarkjs.groth16;
}

/** Ends the worker threads that snarkjs keeps: call it when a program is done proving and verifying. */
export async function stopWorkers(): Promise<void> {
  await place.curve_bn128?.terminate();
}
