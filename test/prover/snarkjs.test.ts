import { expect } from 'chai';
import { loadSnarkjs, stopWorkers } from '../../src/prover/snarkjs.ts';

describe('prover/snarkjs', () => {
  beforeEach(stopWorkers);

  /** How often a curve is made, and its threads started, while something runs. */
  async function curvesMadeBy(work: () => Promise<unknown>): Promise<number> {
    let curve: unknown = null;
    let made = 0;
    Object.defineProperty(globalThis, 'curve_bn128', {
      configurable: true,
      get: () => curve,
      set: (value: unknown) => {
        curve = value;
        if (value !== null) made += 1;
      },
    });
    await work();
    Object.defineProperty(globalThis, 'curve_bn128', { value: curve, writable: true });
    return made;
  }

  it('starts one set of threads, however many ask for it at the same time', async () => {
    const made = await curvesMadeBy(() => Promise.all([loadSnarkjs(), loadSnarkjs()]));
    expect(made).to.equal(1);
  });

  it('starts another when the first was ended', async () => {
    const made = await curvesMadeBy(async () => {
      await loadSnarkjs();
      await stopWorkers();
      await loadSnarkjs();
    });
    expect(made).to.equal(2);
  });
});
