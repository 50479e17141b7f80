import { expect } from 'chai';
import { hashAttestation } from '../../src/protocol/attestation.ts';
import { computeNullifier } from '../../src/protocol/identity.ts';
import { computeRoot } from '../../src/protocol/merklePath.ts';
import { evaluatePolicy } from '../../src/protocol/policy.ts';
import { packOutcome } from '../../src/protocol/statement.ts';
import { compileTerms, computePolicy } from '../../src/protocol/terms.ts';
import type { Field } from '../../src/protocol/field.ts';
import { toCircuitInputs } from '../../src/prover/witness.ts';
import { drawPolicyCase, type Missed, type PolicyCase } from '../support/circuits/policyCases.ts';
import { findBroken } from '../../scripts/witness/r1cs.ts';
import { makeRandom, seedOf } from '../support/circuits/random.ts';
import {
  loadBuild,
  loadCalculator,
  loadCircuit,
  template,
} from '../support/circuits/testCircuit.ts';

const CASES = 600;
/** Every so many cases the constraints are asked too, not only the witness program. */
const EVERY = 10;

const instance = template('eligibility.circom', 'Eligibility', [16], ['context']);

/** What both sides are asked about: the claim, and the root that it is made under. */
function claimOf(drawn: PolicyCase) {
  const terms = compileTerms(drawn.policy);
  const real = computeRoot(hashAttestation(drawn.attestation), drawn.path);
  const root = (drawn.foreignRoot ? real + 1n : real) as Field;
  return { ...drawn, terms, root };
}

/** A failing case as text that can be read: bigints in decimal. */
function show(drawn: PolicyCase): string {
  const shown = { ...drawn, policy: drawn.policy.document, path: undefined };
  return JSON.stringify(shown, (_, value: unknown) =>
    typeof value === 'bigint' ? value.toString() : value,
  );
}

describe('A policy in plain TypeScript and in the circuit', () => {
  const seed = seedOf(20_261_121);

  it(`agree on ${CASES} claims, each within one of some boundary (ELIGO_SEED=${seed})`, async function () {
    this.timeout(600_000);
    const product = await loadBuild(instance, 2);
    const circuit = await loadCircuit(instance);
    const calculate = await loadCalculator(product.compiled.wasm);
    const seeds = makeRandom(seed);
    const met = new Map<Missed, number>();
    let accepted = 0;

    for (let i = 0; i < CASES; i++) {
      const drawn = drawPolicyCase(Number(seeds.bits(32)));
      const claim = claimOf(drawn);
      const { attestation, path, terms, root, scope, secret, context, claimIndex, checkedAt } =
        claim;
      const evaluation = evaluatePolicy(claim.policy, attestation, {
        checkedAt,
        claimIndex,
        membership: { path, root },
      });
      const inputs = toCircuitInputs(claim);
      const words: string[] = [];
      const witness = await calculate(inputs).catch((error: unknown) => {
        words.push(String(error));
        return undefined;
      });
      const inCircuit = witness !== undefined && witness[2] === root;

      const about = `case ${i}: ${show(drawn)}`;
      expect(inCircuit, about).to.equal(evaluation.eligible);
      expect(evaluation.eligible, about).to.equal(drawn.missed === 'nothing');
      for (const refusal of words) expect(refusal, about).to.match(/in template \w+_\d+ line/);
      if (witness && evaluation.eligible) {
        expect(witness.slice(1, 6), about).to.deep.equal([
          computeNullifier({ scope, secret, claimIndex }),
          root,
          computePolicy(scope, terms),
          packOutcome(evaluation.outcome),
          context,
        ]);
      }
      if (i % EVERY === 0) {
        const { broken } = circuit.forge(inputs);
        expect(broken.length === 0, about).to.equal(witness !== undefined);
        if (witness) expect(findBroken(product.r1cs, witness), about).to.deep.equal([]);
      }
      accepted += evaluation.eligible ? 1 : 0;
      met.set(drawn.missed, (met.get(drawn.missed) ?? 0) + 1);
    }

    expect(accepted / CASES, 'the share accepted').to.be.within(0.4, 0.6);
    expect([...met.keys()], 'what was missed by one').to.have.members([
      'nothing',
      'schema',
      'tree',
      'issuedAt',
      'expiresAt',
      'issued.after',
      'issued.before',
      'where',
      'note',
    ]);
  });
});
