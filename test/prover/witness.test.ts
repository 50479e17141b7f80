import { expect } from 'chai';
import type { Field } from '../../src/protocol/field.ts';
import { FIELD_ORDER } from '../../src/protocol/field.ts';
import { compileTerms } from '../../src/protocol/terms.ts';
import {
  loadWitnessProgram,
  toCircuitInputs,
  type Witness,
  type WitnessInputs,
  type WitnessProgram,
} from '../../src/prover/witness.ts';
import { CHECKED_AT, makeWorld, rejected, sharedArtifacts } from '../support/world.ts';

/** What the first of three holders calculates a witness from. */
async function makeInputs(changes: Partial<WitnessInputs> = {}): Promise<WitnessInputs> {
  const { holders, list, tree, policy, scope, context } = await makeWorld();
  const { identity, attestation } = holders[0]!;
  return {
    secret: identity.secret,
    attestation,
    path: list.extendPath(0, tree.path(0)),
    terms: compileTerms(policy),
    scope,
    context,
    checkedAt: CHECKED_AT,
    claimIndex: 0n,
    ...changes,
  };
}

/** The five public signals: the wires after the constant one. */
function signalsOf(witness: Witness): readonly bigint[] {
  const HEADER = 12 + 12 + 40 + 12; // file, section 1 with the prime, section 2
  return Array.from({ length: 5 }, (_, i) => {
    const bytes = witness.slice(HEADER + 32 * (i + 1), HEADER + 32 * (i + 2));
    return BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`);
  });
}

async function loadProgram(): Promise<WitnessProgram> {
  const artifacts = await sharedArtifacts();
  return loadWitnessProgram(await artifacts.plan(), artifacts.circuit);
}

describe('prover/witness', () => {
  it('makes a program once for the same bytes, and again for others', async () => {
    const artifacts = await sharedArtifacts();
    const plan = await artifacts.plan();
    const program = await loadWitnessProgram(plan, artifacts.circuit);
    expect(await loadWitnessProgram(plan, artifacts.circuit)).to.equal(program);
    expect(await loadWitnessProgram(plan.slice(), artifacts.circuit)).not.to.equal(program);
  });

  it('refuses the plan of another circuit', async () => {
    const artifacts = await sharedArtifacts();
    const plan = (await artifacts.plan()).slice();
    const error = await rejected(loadWitnessProgram(plan, 'ab'.repeat(32)));
    expect(error.code).to.equal('ArtifactMismatch');
    await loadWitnessProgram(plan, artifacts.circuit);
  });

  it('names every input of the circuit, and gives its arrays flat', async () => {
    const inputs = toCircuitInputs(await makeInputs());
    expect(Object.keys(inputs)).to.have.lengthOf(21);
    expect(inputs['siblings']).to.have.lengthOf(48);
    expect(Object.values(inputs).flat()).to.have.lengthOf(77);
  });

  it('binds the context, which it is given, as the last signal', async () => {
    const program = await loadProgram();
    const inputs = await makeInputs();
    expect(signalsOf(await program.calculate(inputs))[4]).to.equal(inputs.context);
    expect(signalsOf(await program.calculate({ ...inputs, context: 5n as Field }))[4]).to.equal(5n);
  });

  it('calculates what is asked for at once one after the other', async () => {
    const program = await loadProgram();
    const inputs = await makeInputs();
    const contexts = [5n, 6n, 7n] as const;
    const witnesses = await Promise.all(
      contexts.map((context) => program.calculate({ ...inputs, context: context as Field })),
    );
    expect(witnesses.map((witness) => signalsOf(witness)[4])).to.deep.equal(contexts);
  });

  describe('when the circuit refuses', () => {
    const refusals: readonly (readonly [
      string,
      (inputs: WitnessInputs) => WitnessInputs,
      RegExp,
    ])[] = [
      [
        'the time',
        (inputs) => ({ ...inputs, checkedAt: inputs.attestation.expiresAt + 1n }),
        /ValidAt/,
      ],
      [
        'a value',
        ({ attestation, ...rest }) => ({
          ...rest,
          attestation: { ...attestation, values: [0n, 1n, 2n, 3n] },
        }),
        /MeetsTerms|SetMember/,
      ],
      ['a secret of 0', (inputs) => ({ ...inputs, secret: 0n as Field }), /IdentityCommitment/],
      [
        'a schema',
        ({ terms, ...rest }) => ({ ...rest, terms: { ...terms, schemaId: 5n as Field } }),
        /Eligibility/,
      ],
      ['a claim number of 33 bits', (inputs) => ({ ...inputs, claimIndex: 2n ** 32n }), /./],
      [
        'a position of 33 bits',
        ({ path, ...rest }) => ({ ...rest, path: { ...path, position: 2n ** 32n } }),
        /./,
      ],
    ];
    for (const [what, change, place] of refusals) {
      it(`names the template that refuses ${what}, and no value; and goes on working`, async () => {
        const program = await loadProgram();
        const inputs = await makeInputs();
        const before = signalsOf(await program.calculate(inputs));

        const refused = change(inputs);
        const error = await rejected(program.calculate(refused));
        expect(error.code).to.equal('WitnessRejected');
        expect(error.message).to.match(place);
        expect(error.data).to.deep.equal({});
        expect(error.cause).to.equal(undefined);
        const text = `${error.message} ${String(error.stack)}`;
        for (const value of Object.values(toCircuitInputs(refused)).flat()) {
          if (value > 10_000n) expect(text).not.to.include(value.toString());
        }

        expect(signalsOf(await program.calculate(inputs))).to.deep.equal(before);
      });
    }
  });

  it('S17: a secret beyond r is reduced by the program, to the same nullifier: no second one exists', async () => {
    const program = await loadProgram();
    const inputs = await makeInputs();
    const aliased = { ...inputs, secret: (inputs.secret + FIELD_ORDER) as Field };
    expect(signalsOf(await program.calculate(aliased))).to.deep.equal(
      signalsOf(await program.calculate(inputs)),
    );
  });
});
