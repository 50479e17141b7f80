/**
 * Files and modules that are damaged: cut off anywhere, or with one byte changed. Each is an error with a name, or makes no
 * difference; never a trap, never another proof.
 */
import { expect } from 'chai';
import { EligoError } from '../../src/errors.ts';
import { proveGroth16 } from '../../src/kernel/groth16.ts';
import { loadKernel } from '../../src/kernel/kernel.ts';
import { MODULE as I64 } from '../../src/kernel/modules/i64.ts';
import { createProvingKey } from '../../src/kernel/provingKey.ts';
import { shareProvingKey } from '../../src/kernel/twoThreads.ts';
import { loadWitnessPlan } from '../../src/kernel/witnessPlan.ts';
import { packKey } from '../../src/prover/packKey.ts';
import { expandKey } from '../../src/prover/packedKey.ts';
import { readPlan } from '../../src/prover/packedPlan.ts';
import { sha256 } from '../../src/prover/sha256.ts';
import { makeRandom, seedOf, type Random } from '../support/circuits/random.ts';
import { sectionsOf } from '../support/kernel/files.ts';
import { loadTestKey, type TestKey } from '../support/kernel/keys.ts';
import { drawing } from '../support/kernel/reference.ts';

const SEED = seedOf(48);
const ROUNDS = 150;
const BUILDS = ['fma', 'i64'] as const;

/** What is left of a file. @param places where its parts begin and end: it is cut there, too */
function cutsOf(file: Uint8Array, random: Random, places: readonly number[] = []): number[] {
  const near = places.flatMap((place) => [place - 1, place, place + 1, place + 4, place + 12]);
  const drawn = Array.from({ length: ROUNDS }, () => random.below(file.length));
  const lengths = [...Array(100).keys(), ...near, ...drawn, file.length - 1];
  return [...new Set(lengths)].filter((length) => length >= 0 && length < file.length);
}

/** The file with a byte changed at each of these places: a bit, all bits, or to anything. */
function* changesOf(file: Uint8Array, random: Random, places: Iterable<number>) {
  for (const at of places)
    for (const change of [1 << random.below(8), 0xff, 1 + random.below(255)])
      yield { at, changed: file.with(at, file[at]! ^ change) };
}

/** What some work gives, or the error's code. Any other error is this test's to report. */
async function outcomeOf(work: () => unknown, what: string): Promise<unknown> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof EligoError) return error.code;
    throw new Error(`${what}, ELIGO_SEED=${SEED}: not a named error`, { cause: error });
  }
}

/** Where the sections of one of snarkjs' files have their heads: the number and the length of each. */
function headsOf(file: Uint8Array): readonly number[] {
  let at = 12;
  return sectionsOf(file).flatMap(([, content]) => {
    const head = Array.from({ length: 12 }, (_, i) => at + i);
    at += 12 + content.length;
    return head;
  });
}

const range = (from: number, to: number): readonly number[] =>
  Array.from({ length: to - from }, (_, i) => from + i);

describe(`prover: damaged files (seed ${SEED})`, () => {
  let test: TestKey;
  let witness: Uint8Array;
  let plan: Uint8Array;
  let random: Random;
  const inputs = { inputs: [1n, 2n, 3n] };
  before(async () => {
    test = await loadTestKey('hash', 3);
    witness = await test.witness(inputs);
    plan = await test.plan();
  });
  beforeEach(() => {
    random = makeRandom(SEED);
  });

  for (const build of BUILDS) {
    describe(build, () => {
      const prove = async (zkey: Uint8Array, values = witness): Promise<string> => {
        const key = createProvingKey(await loadKernel(build), zkey);
        return JSON.stringify(await proveGroth16(key, values, { random: drawing(7n, 8n) }));
      };

      it('a zkey that is cut off is refused', async () => {
        expect(await prove(test.zkey)).to.include('pi_a');
        for (const length of cutsOf(test.zkey, random, headsOf(test.zkey)))
          expect(
            await outcomeOf(() => prove(test.zkey.slice(0, length)), `${length} bytes`),
            `${length} bytes`,
          ).to.equal('InvalidInput');
      });

      it('a zkey with a byte changed in a head, or in a point, is refused or makes the same proof', async () => {
        const honest = await prove(test.zkey);
        const [heads, sections] = [headsOf(test.zkey), sectionsOf(test.zkey)];
        const startOf = (id: number): number =>
          heads[12 * sections.findIndex(([other]) => other === id)]! + 12;
        const points = [5, 6, 7, 8, 9].flatMap((id) =>
          Array.from(
            { length: 8 },
            () => startOf(id) + random.below(sections.find(([other]) => other === id)![1].length),
          ),
        );
        const header = range(startOf(2), startOf(2) + 84);
        const counts = new Map<unknown, number>();
        for (const { at, changed } of changesOf(test.zkey, random, [
          ...range(0, 12),
          ...heads,
          ...range(startOf(1), startOf(1) + 4),
          ...header,
          ...range(startOf(4), startOf(4) + 4),
          ...points,
        ])) {
          const outcome = await outcomeOf(() => prove(changed), `byte ${at}`);
          expect(outcome, `byte ${at}`).to.be.oneOf(['InvalidInput', honest]);
          counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
        }
        expect(counts.get('InvalidInput')).to.be.above(300);
      });

      it('a witness that is cut off is refused, and one with a byte changed in a head', async () => {
        const key = createProvingKey(await loadKernel(build), test.zkey);
        const make = async (values: Uint8Array): Promise<string> =>
          JSON.stringify(await proveGroth16(key, values, { random: drawing(7n, 8n) }));
        const honest = await make(witness);
        for (const length of cutsOf(witness, random, headsOf(witness)))
          expect(
            await outcomeOf(() => make(witness.slice(0, length)), `${length} bytes`),
            `${length} bytes`,
          ).to.equal('InvalidInput');
        for (const { at, changed } of changesOf(witness, random, range(0, 76 + 32)))
          // Version 1 is the same.
          expect(await outcomeOf(() => make(changed), `byte ${at}`), `byte ${at}`).to.be.oneOf(
            at === 4 ? ['InvalidInput', honest] : ['InvalidInput'],
          );
        expect(await make(witness)).to.equal(honest);
      });

      it('a plan that is cut off is refused; with a byte changed it is refused, or makes some witness', async () => {
        const circuit = await sha256(test.r1cs);
        const calculate = async (bytes: Uint8Array): Promise<Uint8Array> =>
          (await loadWitnessPlan(readPlan(bytes, circuit), build)).calculate({
            inputs: inputs.inputs,
          });
        expect(Buffer.from(await calculate(plan)).equals(witness)).to.equal(true);
        for (const length of cutsOf(plan, random))
          expect(
            await outcomeOf(() => calculate(plan.slice(0, length)), `${length} bytes`),
            `${length} bytes`,
          ).to.equal('ArtifactMismatch');
        const anywhere = Array.from({ length: ROUNDS }, () => random.below(plan.length));
        for (const { at, changed } of changesOf(plan, random, [...range(0, 120), ...anywhere])) {
          const outcome = await outcomeOf(() => calculate(changed), `byte ${at}`);
          // Slots that nothing uses are no fault.
          if (at < 56 && typeof outcome !== 'string')
            expect(Buffer.from(outcome as Uint8Array).equals(witness), `byte ${at}`).to.equal(true);
          else if (at < 56) expect(outcome, `byte ${at}`).to.equal('ArtifactMismatch');
          else if (typeof outcome === 'string')
            expect(outcome, `byte ${at}`).to.be.oneOf([
              ...['ArtifactMismatch', 'InvalidInput', 'WitnessRejected'],
            ]);
          else expect(outcome, `byte ${at}`).to.have.length(witness.length);
        }
      });
    });
  }

  it('a packed key that is cut off is refused, and one with a byte changed anywhere', async () => {
    const { zkey } = await loadTestKey('chain', 1);
    const name = await sha256(zkey);
    const packed = await packKey(zkey);
    expect((await expandKey(packed, name)).length).to.be.above(packed.length);
    for (const length of cutsOf(packed, random))
      expect(
        await outcomeOf(() => expandKey(packed.slice(0, length), name), `${length} bytes`),
        `${length} bytes`,
      ).to.equal('ArtifactMismatch');
    const anywhere = Array.from({ length: ROUNDS }, () => random.below(packed.length));
    for (const { at, changed } of changesOf(packed, random, [...range(0, 120), ...anywhere]))
      expect(await outcomeOf(() => expandKey(changed, name), `byte ${at}`), `byte ${at}`).to.equal(
        'ArtifactMismatch',
      );
  });

  it("two threads say the same of a key that one has only the other's half of", async () => {
    const kernel = await loadKernel('i64');
    const section = sectionsOf(test.zkey).findIndex(([id]) => id === 7);
    const at = headsOf(test.zkey)[12 * section]! + 12 + 40;
    const key = shareProvingKey(kernel, test.zkey.with(at, test.zkey[at]! ^ 1));
    try {
      expect(await outcomeOf(() => key.prove(witness), 'two threads')).to.equal('InvalidInput');
    } finally {
      await key.close();
    }
  });

  describe('the module', () => {
    const { atob, Buffer } = globalThis;
    const good = Buffer.from(I64, 'base64');

    /** What decodes base64, with other bytes for a module. */
    const decoders: Readonly<Record<string, (bytes: Uint8Array) => object>> = {
      Node: (bytes) => ({ Buffer: { from: () => Uint8Array.from(bytes) } }),
      'a browser': (bytes) => {
        const text = Buffer.from(bytes).toString('latin1');
        return { Buffer: undefined, atob: () => text };
      },
    };

    /** Loads the kernel anew, where these decode. */
    let times = 0;
    async function loadBy(decoder: object): Promise<string> {
      const file = `../../src/kernel/kernel.ts?damage=${times++}`;
      const fresh = (await import(file)) as { readonly loadKernel: typeof loadKernel };
      try {
        Object.assign(globalThis, decoder);
        return (await fresh.loadKernel('i64')).build;
      } finally {
        Object.assign(globalThis, { atob, Buffer });
      }
    }

    it('loads by the decoders that are there, of Node and of a browser', async () => {
      expect(await loadBy({})).to.equal('i64');
      expect(await loadBy({ Buffer: undefined })).to.equal('i64');
      expect(await loadBy({ Buffer: { isBuffer: () => false } })).to.equal('i64');
    });

    for (const [name, decoded] of Object.entries(decoders)) {
      it(`that is cut off is refused, wherever, by ${name}`, async () => {
        expect(await loadBy(decoded(good))).to.equal('i64');
        for (const length of [...cutsOf(good, random).filter((_, i) => i % 2 === 0), 8, 106])
          expect(
            await outcomeOf(() => loadBy(decoded(good.subarray(0, length))), `${length} bytes`),
            `${length} bytes`,
          ).to.equal('ProverFailed');
      });

      it(`with a byte of its head changed is refused by ${name}`, async () => {
        expect(await loadBy(decoded(good))).to.equal('i64');
        for (const { at, changed } of changesOf(Uint8Array.from(good), random, range(0, 9)))
          expect(
            await outcomeOf(() => loadBy(decoded(changed)), `byte ${at}`),
            `byte ${at}`,
          ).to.equal('ProverFailed');
      });
    }
  });
});
