import { stopWorkers } from '../../src/prover/snarkjs.ts';

/** Ends the threads that snarkjs keeps, so that mocha ends by itself. */
export const mochaHooks = { afterAll: stopWorkers };
