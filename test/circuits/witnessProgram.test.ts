import { expect } from 'chai';
import { loadCircuitProgram } from '../support/circuits/witnessProgram.ts';
import { makeRandom, seedOf } from '../support/circuits/random.ts';
import { loadTestKey } from '../support/kernel/keys.ts';
import { drawScalar } from '../support/kernel/scalars.ts';
import { thrown } from '../support/world.ts';

const SEED = seedOf(45);

describe(`support/circuits/witnessProgram (seed ${SEED})`, () => {
  const random = makeRandom(SEED);

  for (const [name, parameter, draw] of [
    ['chain', 500, () => ({ seed: [drawScalar(random)], first: [drawScalar(random)] })],
    ['bits', 253, () => ({ number: [random.bits(253)] })],
    ['hash', 3, () => ({ inputs: [1n, 2n, 3n].map(() => drawScalar(random)) })],
  ] as const) {
    it(`calculates what circom_runtime does: ${name}`, async () => {
      const test = await loadTestKey(name, parameter);
      const program = await loadCircuitProgram(test.wasm);
      for (let run = 0; run < 20; run++) {
        const inputs = draw();
        expect(program.calculate(inputs)).to.deep.equal(
          Uint8Array.from(await test.witness(inputs)),
        );
      }
    });
  }

  it('leaves nothing of a run in its memory, neither of one that is refused', async () => {
    const memories: WebAssembly.Memory[] = [];
    const original = WebAssembly.instantiate;
    WebAssembly.instantiate = (async (module: WebAssembly.Module, imports: WebAssembly.Imports) => {
      const instance = await original(module, imports);
      memories.push(instance.exports['memory'] as WebAssembly.Memory);
      return instance;
    }) as typeof WebAssembly.instantiate;
    try {
      const test = await loadTestKey('bits', 253);
      const program = await loadCircuitProgram(test.wasm);
      const before = new Uint8Array(memories[0]!.buffer).slice();
      program.calculate({ number: [2n ** 252n + 12_345n] });
      expect(Buffer.compare(before, new Uint8Array(memories[0]!.buffer))).to.equal(0);
      expect(() => program.calculate({ number: [2n ** 253n] })).to.throw('Bits');
      expect(Buffer.compare(before, new Uint8Array(memories[0]!.buffer))).to.equal(0);
    } finally {
      WebAssembly.instantiate = original;
    }
  });

  it('refuses inputs that are not the circuit’s, by name and number', async () => {
    const { wasm } = await loadTestKey('chain', 500);
    const program = await loadCircuitProgram(wasm);
    program.calculate({ seed: [1n], first: [2n] });
    for (const inputs of [
      { seed: [1n] },
      { seed: [1n], other: [2n] },
      { seed: [1n, 2n], first: [] },
      { seed: [1n], first: [2n], third: [3n] },
    ])
      expect(thrown(() => program.calculate(inputs)).code).to.equal('InvalidInput');
  });
});
