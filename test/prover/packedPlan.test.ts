import { expect } from 'chai';
import { joinBytes } from '../../src/protocol/codec.ts';
import { packPlan, type PlanParts } from '../../src/prover/packPlan.ts';
import { readPlan, type Step } from '../../src/prover/packedPlan.ts';
import { sharedArtifacts, thrown } from '../support/world.ts';

const CIRCUIT = 'ab'.repeat(32);

/** Two inputs, six wires and one other slot; a step of every kind. */
const STEPS: readonly Step[] = [
  { kind: 'sum', of: [[1, 5n]], target: 6 },
  { kind: 'product', a: [[1, 1n]], b: [[6, 1n]], c: [[0, 7n]], target: 3 },
  { kind: 'inverse', of: [[3, 1n]], target: 4 },
  { kind: 'bits', of: [[2, 1n]], targets: [5] },
  { kind: 'check', place: 'Main', a: [[3, 1n]], b: [[4, 1n]], c: [[0, 9n]] },
];
const PARTS: PlanParts = {
  r1cs: CIRCUIT,
  wires: 6,
  slots: 7,
  inputs: [
    { name: 'first', count: 1 },
    { name: 'second', count: 1 },
  ],
  inputSlots: [1, 2],
  steps: STEPS,
};

/** Where things are in it. */
const AT = { version: 8, circuit: 12, wires: 44, slots: 48, steps: 52, inputs: 56 } as const;

describe('prover/packedPlan', () => {
  const packed = packPlan(PARTS);

  /** What a plan with other bytes from some place on is refused for; the untouched one is read. */
  function faultOf(changed: Uint8Array, circuit = CIRCUIT) {
    readPlan(packed, CIRCUIT);
    return thrown(() => readPlan(changed, circuit));
  }
  const put = (at: number, bytes: ArrayLike<number>): Uint8Array => {
    const copy = Uint8Array.from(packed);
    copy.set(bytes, at);
    return copy;
  };
  /** The place of the step's column `Main`, which is followed by the factors. */
  const factorsAt = Buffer.from(packed).indexOf('Main') + 4;
  const FACTORS = 4; // 1, 5, 7, 9
  const kindsAt = factorsAt + 4 + 32 * FACTORS;

  it('gives the parts back, with the steps in words', () => {
    const plan = readPlan(packed, CIRCUIT);
    expect(plan.wires).to.equal(6);
    expect(plan.slots).to.equal(7);
    expect(plan.inputs).to.deep.equal(PARTS.inputs);
    expect([...plan.inputSlots]).to.deep.equal([1, 2]);
    expect(plan.places).to.deep.equal(['Main']);
    expect(plan.factors.filter((_, i) => i % 32 === 0)).to.deep.equal(Uint8Array.of(1, 5, 7, 9));
    expect([...plan.program]).to.deep.equal(
      [
        [0, 6, 0, 0, 1, 1, 1],
        [1, 3, 1, 1, 1, 1, 0, 6, 0, 0, 2],
        [3, 4, 0, 0, 1, 3, 0],
        [2, 1, 0, 0, 1, 2, 0, 5],
        [4, 0, 1, 1, 1, 3, 0, 4, 0, 0, 3],
      ].flat(),
    );
  });

  it("reads the package's own, which is a fifteenth of the program that circom makes", async () => {
    const artifacts = await sharedArtifacts();
    const bytes = await artifacts.plan();
    const plan = readPlan(bytes, artifacts.circuit);
    expect(plan.inputs.map(({ name }) => name)).to.include.members(['secret', 'siblings']);
    expect(plan.inputSlots).to.have.lengthOf(77);
    expect(bytes.length).to.be.below((await artifacts.reference()).length / 15);
  });

  it('refuses one that is cut off, wherever', () => {
    for (let length = 0; length < packed.length; length++) {
      const error = faultOf(packed.subarray(0, length));
      expect(error.code, `${length} bytes`).to.equal('ArtifactMismatch');
      expect(error.message, `${length} bytes`).to.include('witness plan, offset');
    }
  });

  it('refuses bytes after the last', () => {
    expect(faultOf(joinBytes([packed, Uint8Array.of(0)])).message).to.include('1 bytes follow');
  });

  it('survives any change of a byte: it refuses it, or reads a plan that keeps to its bounds', () => {
    let refused = 0;
    for (let at = 0; at < packed.length; at++) {
      for (const flip of [1, 2, 4, 0x80, 0xff]) {
        const changed = put(at, [packed[at]! ^ flip]);
        try {
          expectBounds(readPlan(changed, CIRCUIT));
        } catch (error) {
          expect((error as { code?: string }).code, `${at}: ${String(error)}`).to.equal(
            'ArtifactMismatch',
          );
          refused += 1;
        }
      }
    }
    expect(refused).to.be.above(300);
  });

  for (const [what, changed, words] of [
    ['another name', put(0, [0x45]), 'it is no witness plan'],
    ['another version', put(AT.version, [2]), 'it has the version 2'],
    ['no wires', put(AT.wires, [0]), '0 wires'],
    ['more wires than slots', put(AT.wires, [8]), '8 wires in 7 slots'],
    ['slots beyond all memory', put(AT.slots, [0, 0, 0, 1]), 'slots'],
    ['more steps', put(AT.steps, [0, 1]), 'it ends within the kinds'],
    ['more inputs than bytes', put(AT.inputs, [0xff, 0xff, 0x7f]), 'more than it can hold'],
    ['another first factor', put(factorsAt + 4, [2]), 'the first factor is not 1'],
    ['a kind that is none', put(kindsAt, [5]), 'there is no such kind'],
    ['no bits', put(kindsAt + 5, [0]), '0 is no width'],
    ['bits beyond a number', put(kindsAt + 5, [0xff, 0x01]), '255 is no width'],
    ['a place that is none', put(kindsAt + 6, [1]), '1 is no place'],
    ['a factor that is none', put(packed.length - 1, [6]), 'there is no factor'],
  ] as const) {
    it(`refuses ${what}`, () => {
      const error = faultOf(changed);
      expect(error.code).to.equal('ArtifactMismatch');
      expect(error.message).to.include(words);
    });
  }

  it('refuses the plan of another circuit', () => {
    const error = faultOf(packed, 'cd'.repeat(32));
    expect(error.code).to.equal('ArtifactMismatch');
    expect(error.data).to.deep.equal({ found: CIRCUIT, expected: 'cd'.repeat(32) });
  });

  for (const [what, change, words] of [
    [
      'a step that reads a later wire',
      (steps: Step[]) => steps.splice(1, 2, steps[2]!, steps[1]!),
      'slot 3 is read before it is made',
    ],
    [
      'a step that reads what it makes',
      (steps: Step[]) => steps.splice(0, 1, { kind: 'sum', of: [[6, 5n]], target: 6 }),
      'slot 6 is read before it is made',
    ],
    ['a wire that is not made', (steps: Step[]) => steps.splice(3, 1), 'wire 5 is not made'],
    [
      'a wire that is made twice',
      (steps: Step[]) => steps.push({ kind: 'sum', of: [[1, 5n]], target: 5 }),
      'slot 5 is made twice',
    ],
    [
      'bits that are made twice',
      (steps: Step[]) => steps.splice(3, 1, { kind: 'bits', of: [[2, 1n]], targets: [5, 5] }),
      'slot 5 is made twice',
    ],
    [
      'an input that is made',
      (steps: Step[]) => steps.push({ kind: 'sum', of: [[1, 5n]], target: 2 }),
      'slot 2 is made twice',
    ],
    [
      'a slot beyond the last',
      (steps: Step[]) => steps.push({ kind: 'sum', of: [[1, 5n]], target: 7 }),
      'there is no slot 7',
    ],
    [
      'half of a product',
      (steps: Step[]) => steps.push({ kind: 'check', place: 'Main', a: [[1, 1n]], b: [], c: [] }),
      'half of a product',
    ],
  ] as const) {
    it(`refuses ${what}`, () => {
      packPlan(PARTS);
      const steps = [...STEPS];
      change(steps);
      const error = thrown(() => packPlan({ ...PARTS, steps }));
      expect(error.code).to.equal('ArtifactMismatch');
      expect(error.message).to.include(words);
    });
  }

  it('refuses inputs that share a slot, or a name', () => {
    for (const [changes, words] of [
      [{ inputSlots: [1, 1] }, 'slot 1 is made twice'],
      [{ inputs: [PARTS.inputs[0]!, PARTS.inputs[0]!] }, 'an input is there twice'],
      [{ inputs: [{ name: 'all', count: 7 }] }, '7 inputs in 7 slots'],
    ] as const) {
      const error = thrown(() => packPlan({ ...PARTS, ...changes }));
      expect(error.code).to.equal('ArtifactMismatch');
      expect(error.message).to.include(words);
    }
  });

  /** All slots and factors that the words name are there. */
  function expectBounds(plan: ReturnType<typeof readPlan>): void {
    const { program, slots } = plan;
    const factors = plan.factors.length / 32;
    let at = 0;
    while (at < program.length) {
      const [kind, number, a, b, c] = program.subarray(at, at + 5) as unknown as number[];
      const terms = a! + b! + c!;
      for (let term = 0; term < terms; term++) {
        expect(program[at + 5 + 2 * term]).to.be.below(slots);
        expect(program[at + 6 + 2 * term]).to.be.below(factors);
      }
      at += 5 + 2 * terms;
      if (kind === 4) expect(number).to.be.below(plan.places.length);
      else if (kind !== 2) expect(number).to.be.below(slots);
      else for (const end = at + number!; at < end; at++) expect(program[at]).to.be.below(slots);
    }
    expect(at).to.equal(program.length);
  }
});
