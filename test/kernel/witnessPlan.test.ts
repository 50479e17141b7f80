import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { wtns } from 'snarkjs';
import { EligoError } from '../../src/errors.ts';
import {
  loadWitnessPlan,
  type CircuitInputs,
  type PlanRunner,
} from '../../src/kernel/witnessPlan.ts';
import { FIELD_ORDER as R } from '../../src/protocol/field.ts';
import { compileTerms } from '../../src/protocol/terms.ts';
import { ARTIFACT_FILES, PACKAGE_ARTIFACTS } from '../../src/prover/artifacts.ts';
import { packPlan } from '../../src/prover/packPlan.ts';
import { readPlan, type Combination, type Step } from '../../src/prover/packedPlan.ts';
import { sha256 } from '../../src/prover/sha256.ts';
import { toCircuitInputs } from '../../src/prover/witness.ts';
import { loadCircuitProgram, type CircuitProgram } from '../support/circuits/witnessProgram.ts';
import { inverse, mod } from '../../scripts/witness/field.ts';
import { drawPolicyCase } from '../support/circuits/policyCases.ts';
import { makeRandom, seedOf } from '../support/circuits/random.ts';
import { loadTestKey } from '../support/kernel/keys.ts';
import { drawScalar } from '../support/kernel/scalars.ts';
import { sharedArtifacts, thrown } from '../support/world.ts';

const SEED = seedOf(5_000);
const BUILDS = ['fma', 'i64'] as const;
const CASES = 320;
/** Every so many the constraints are asked too. */
const EVERY = 80;
const QUIET = { info: () => undefined, warn: () => undefined };
const CIRCUIT = 'ab'.repeat(32);

/** What is refused is nothing; the plan's own words for it have no value in them. */
function attempt(program: CircuitProgram | PlanRunner, inputs: CircuitInputs) {
  try {
    return { witness: program.calculate(inputs), refusal: undefined };
  } catch (error) {
    return { witness: undefined, refusal: error };
  }
}

/** The values of a .wtns file. */
function valuesOf(file: Uint8Array): readonly bigint[] {
  const HEADER = 76;
  return Array.from({ length: (file.length - HEADER) / 32 }, (_, i) => {
    const bytes = Buffer.from(file.subarray(HEADER + 32 * i, HEADER + 32 * (i + 1)));
    return BigInt(`0x${bytes.reverse().toString('hex')}`);
  });
}

describe(`kernel/witnessPlan (seed ${SEED})`, () => {
  const random = makeRandom(SEED);

  for (const build of BUILDS) {
    describe(build, () => {
      for (const [name, parameter, draw] of [
        ['chain', 500, () => ({ seed: [drawScalar(random)], first: [drawScalar(random)] })],
        ['bits', 253, () => ({ number: [random.bits(random.pick([252, 253, 254]))] })],
        ['hash', 3, () => ({ inputs: [1n, 2n, 3n].map(() => drawScalar(random)) })],
      ] as const) {
        it(`calculates what circom's program does, or refuses with it: ${name}`, async () => {
          const key = await loadTestKey(name, parameter);
          const program = await loadCircuitProgram(key.wasm);
          const plan = readPlan(await key.plan(), await sha256(key.r1cs));
          const runner = await loadWitnessPlan(plan, build);
          for (let run = 0; run < 20; run++) {
            const inputs = draw();
            const expected = attempt(program, inputs);
            expect(attempt(runner, inputs).witness).to.deep.equal(expected.witness);
            if (expected.witness && run % 10 === 0)
              expect(await wtns.check(key.r1cs, expected.witness, QUIET)).to.equal(true);
          }
        });
      }

      it(`calculates what circom's program does, or refuses with it, in ${CASES} cases of our circuit`, async () => {
        const artifacts = await sharedArtifacts();
        const r1cs = await readFile(join(PACKAGE_ARTIFACTS, ARTIFACT_FILES.r1cs));
        const program = await loadCircuitProgram(await artifacts.reference());
        const plan = readPlan(await artifacts.plan(), artifacts.circuit);
        const runner = await loadWitnessPlan(plan, build);
        let refused = 0;
        for (let i = 0; i < CASES; i++) {
          const drawn = drawPolicyCase(Number(random.bits(32)));
          const honest = toCircuitInputs({ ...drawn, terms: compileTerms(drawn.policy) });
          const inputs = i % 4 === 0 ? changeOne(honest) : honest;
          const expected = attempt(program, inputs);
          const found = attempt(runner, inputs);
          expect(found.witness === undefined, `case ${i}`).to.equal(expected.witness === undefined);
          if (found.witness === undefined || expected.witness === undefined) {
            refused += 1;
            expect(found.refusal).to.be.instanceOf(EligoError);
            expect((found.refusal as EligoError).code).to.equal('WitnessRejected');
            expect((found.refusal as EligoError).message).to.match(/Eligibility\)$/);
            continue;
          }
          expect(Buffer.compare(found.witness, expected.witness), `case ${i}`).to.equal(0);
          if (i % EVERY === 0)
            expect(await wtns.check(r1cs, found.witness, QUIET), `case ${i}`).to.equal(true);
        }
        expect(refused / CASES).to.be.within(0.2, 0.8);
      });

      it('makes sums, products, bits and inverses as bigints do, of any numbers', async () => {
        for (let run = 0; run < 20; run++) {
          const inputs = Array.from({ length: 6 }, drawNumber);
          const { steps, values } = drawSteps(inputs);
          const plan = planOf(steps, { wires: values.length, inputs: inputs.length });
          const { calculate } = await loadWitnessPlan(plan, build);
          expect(valuesOf(calculate({ in: inputs }))).to.deep.equal(values);
        }
      });

      it('passes a check that holds, whatever it is of, and names the one that fails first', async () => {
        for (let run = 0; run < 20; run++) {
          const inputs = Array.from({ length: 6 }, drawNumber);
          const values = [1n, ...inputs];
          const [a, b, c] = [4, 3, 5].map((length) => drawSum(7, length)) as [
            Combination,
            Combination,
            Combination,
          ];
          const rest = mod(-(evaluate(a, values) * evaluate(b, values) + evaluate(c, values)));
          const right: Step = { kind: 'check', place: 'Right', a, b, c: [...c, [0, rest]] };
          const wrong: Step = { kind: 'check', place: 'Wrong', a, b, c: [...c, [0, rest + 1n]] };
          const sizes = { wires: 7, inputs: 6 };
          const runner = await loadWitnessPlan(planOf([right], sizes), build);
          expect(valuesOf(runner.calculate({ in: inputs }))).to.deep.equal(values);
          const other: Step = { ...wrong, place: 'Other' };
          const refusing = await loadWitnessPlan(planOf([right, wrong, other], sizes), build);
          expect(thrown(() => refusing.calculate({ in: inputs })).message).to.equal(
            'the circuit refuses these inputs (Wrong)',
          );
        }
      });

      it('leaves nothing of a run in its memory, neither of one that is refused', async () => {
        const memories: WebAssembly.Memory[] = [];
        const original = WebAssembly.instantiate;
        WebAssembly.instantiate = (async (module: WebAssembly.Module) => {
          const instance = await original(module);
          memories.push(instance.exports['memory'] as WebAssembly.Memory);
          return instance;
        }) as typeof WebAssembly.instantiate;
        try {
          const artifacts = await sharedArtifacts();
          const plan = readPlan(await artifacts.plan(), artifacts.circuit);
          const { calculate } = await loadWitnessPlan(plan, build);
          const bytes = (): Uint8Array => new Uint8Array(memories.at(-1)!.buffer).slice();
          const before = bytes();
          const drawn = drawPolicyCase(1);
          const inputs = toCircuitInputs({ ...drawn, terms: compileTerms(drawn.policy) });
          attempt({ calculate }, inputs);
          expect(Buffer.compare(before, bytes())).to.equal(0);
          const refused = { ...inputs, secret: [0n] };
          expect(thrown(() => calculate(refused)).code).to.equal('WitnessRejected');
          expect(Buffer.compare(before, bytes())).to.equal(0);
        } finally {
          WebAssembly.instantiate = original;
        }
      });

      it('refuses inputs that are not the circuit’s, by name and number', async () => {
        const key = await loadTestKey('chain', 500);
        const plan = readPlan(await key.plan(), await sha256(key.r1cs));
        const { calculate } = await loadWitnessPlan(plan, build);
        calculate({ seed: [1n], first: [2n] });
        for (const inputs of [
          { seed: [1n] },
          { seed: [1n], other: [2n] },
          { seed: [1n, 2n], first: [] },
          { seed: [1n], first: [2n], third: [3n] },
        ])
          expect(thrown(() => calculate(inputs)).code).to.equal('InvalidInput');
      });

      it('reduces inputs beyond the order', async () => {
        const key = await loadTestKey('chain', 500);
        const plan = readPlan(await key.plan(), await sha256(key.r1cs));
        const { calculate } = await loadWitnessPlan(plan, build);
        expect(calculate({ seed: [R + 3n], first: [5n * R + 4n] })).to.deep.equal(
          calculate({ seed: [3n], first: [4n] }),
        );
      });

      it('refuses a factor that is not below the order', async () => {
        const sizes = { wires: 3, inputs: 1 };
        const plan = (factor: bigint) =>
          planOf([{ kind: 'sum', of: [[1, factor]], target: 2 }], sizes);
        await loadWitnessPlan(plan(R - 1n), build);
        const error = await loadWitnessPlan(plan(R), build).catch((thrown: unknown) => thrown);
        expect((error as EligoError).code).to.equal('InvalidInput');
      });
    });
  }

  /** Replaces one number by one that stands at some edge. */
  function changeOne(inputs: CircuitInputs): CircuitInputs {
    const names = Object.keys(inputs);
    const name = names[random.below(names.length)]!;
    const at = random.below(inputs[name]!.length);
    return { ...inputs, [name]: inputs[name]!.with(at, drawNumber()) };
  }

  function drawNumber(): bigint {
    const power = 1n << (random.bits(8) % 254n);
    return (
      random.pick([
        0n,
        1n,
        2n,
        R - 1n,
        R - 2n,
        (R - 1n) / 2n,
        power,
        power - 1n,
        drawScalar(random),
      ]) % R
    );
  }

  function drawSum(slots: number, length: number): Combination {
    return Array.from({ length }, () => [random.below(slots), drawNumber()] as const);
  }

  function evaluate(sum: Combination, values: readonly bigint[]): bigint {
    return sum.reduce((total, [slot, factor]) => mod(total + factor * values[slot]!), 0n);
  }

  /** Steps of all kinds, each of which may read all before it, and the witness that they make. */
  function drawSteps(inputs: readonly bigint[]) {
    const values = [1n, ...inputs];
    const steps: Step[] = [];
    const sum = (): Combination => drawSum(values.length, random.below(6));
    for (let i = 0; i < 40; i++) {
      const target = values.length;
      const [a, b, c] = [
        [...sum(), [0, 1n] as const],
        [...sum(), [1, 1n] as const],
        sum(),
      ] as const;
      const kind = random.pick(['sum', 'product', 'bits', 'inverse', 'copy']);
      if (kind === 'product') {
        steps.push({ kind, a, b, c, target });
        values.push(mod(evaluate(a, values) * evaluate(b, values) + evaluate(c, values)));
      } else if (kind === 'bits') {
        const number = evaluate(c, values);
        const targets = Array.from({ length: 1 + random.below(254) }, (_, bit) => target + bit);
        steps.push({ kind, of: c, targets });
        values.push(...targets.map((_, bit) => (number >> BigInt(bit)) & 1n));
      } else if (kind === 'inverse') {
        steps.push({ kind, of: c, target });
        values.push(inverse(evaluate(c, values)));
      } else {
        const of = kind === 'copy' ? ([[random.below(values.length), 1n]] as const) : c;
        steps.push({ kind: 'sum', of, target });
        values.push(evaluate(of, values));
      }
    }
    return { steps, values };
  }

  function planOf(
    steps: readonly Step[],
    { wires, inputs }: { readonly wires: number; readonly inputs: number },
  ) {
    const packed = packPlan({
      r1cs: CIRCUIT,
      wires,
      slots: wires,
      inputs: [{ name: 'in', count: inputs }],
      inputSlots: Array.from({ length: inputs }, (_, i) => i + 1),
      steps,
    });
    return readPlan(packed, CIRCUIT);
  }
});
