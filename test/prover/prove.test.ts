import { expect } from 'chai';
import { groth16 } from 'snarkjs';
import { FIELD_ORDER, HIDDEN_INDEX } from '../../src/protocol/field.ts';
import { computeNullifier, createIdentity } from '../../src/protocol/identity.ts';
import { toSignals } from '../../src/protocol/statement.ts';
import { compileTerms, computePolicy } from '../../src/protocol/terms.ts';
import { kernelBackend, snarkjsBackend, type Backend } from '../../src/prover/backend.ts';
import { prove, type ProveParameters } from '../../src/prover/prove.ts';
import type { Witness } from '../../src/prover/witness.ts';
import { CHECKED_AT, NOW, makeWorld, proveParameters, rejected } from '../support/world.ts';

/** A backend for tests that end before the proof. */
const unreached: Backend = () => Promise.reject(new Error('the backend was reached'));

/** Whether a call gets as far as its backend, or the error that it ends with before. */
async function outcomeOf(parameters: ProveParameters): Promise<string> {
  try {
    await prove({ ...parameters, backend: unreached });
  } catch (error) {
    return (error as { code?: string }).code ?? (error as Error).message;
  }
  return 'proved';
}
const REACHED = 'the backend was reached';

describe('prover/prove', () => {
  it('proves what snarkjs verifies, for any holder, and says its phases', async () => {
    const world = await makeWorld({ policy: { disclose: 'tier' } });
    const parameters = await proveParameters(world, 2);
    const phases: string[] = [];
    const { statement, proof } = await prove({
      ...parameters,
      claimIndex: 3n,
      onPhase: (phase) => phases.push(phase),
    });

    const { secret } = world.holders[2]!.identity;
    expect(statement).to.deep.equal({
      nullifier: computeNullifier({ scope: world.scope, secret, claimIndex: 3n }),
      root: world.list.root,
      policy: computePolicy(world.scope, compileTerms(world.policy)),
      ...{ disclosed: 1n, shown: 3n, checkedAt: CHECKED_AT },
      context: world.context,
    });
    const { verifyingKey } = parameters.artifacts;
    expect(await groth16.verify(verifyingKey, toSignals(statement).map(String), proof)).to.equal(
      true,
    );
    expect(phases).to.deep.equal(['witness', 'proof']);
  });

  it('proves a metered claim without its number', async () => {
    const parameters = await proveParameters(await makeWorld({ policy: { note: '100' } }));
    const { statement, proof } = await prove({ ...parameters, claimIndex: 3n });
    expect(statement).to.include({ disclosed: 0n, shown: HIDDEN_INDEX });
    const { verifyingKey } = parameters.artifacts;
    expect(await groth16.verify(verifyingKey, toSignals(statement).map(String), proof)).to.equal(
      true,
    );
  });

  it('floors checkedAt to the minute', async () => {
    const parameters = await proveParameters(await makeWorld());
    let reached: readonly string[] = [];
    const backend: Backend = async (artifacts, witness) => {
      const made = await snarkjsBackend(artifacts, witness);
      reached = made.signals;
      return made;
    };
    const { statement } = await prove({ ...parameters, checkedAt: NOW + 29n, backend });
    expect(statement.checkedAt).to.equal(CHECKED_AT);
    expect(reached).to.deep.equal(toSignals(statement).map(String));
  });

  describe('given a holder who is not eligible', () => {
    const refused: readonly (readonly [string, object, Partial<ProveParameters>, string])[] = [
      ['the wrong country', { values: { country: 'US' } }, {}, 'where[0]'],
      ['too low a tier', { values: { tier: 'none' } }, {}, 'where[1]'],
      [
        'an attestation after the snapshot',
        { policy: { issued: { before: '5' } } },
        {},
        'issued.before',
      ],
      [
        'an attestation too old',
        { policy: { issued: { after: NOW.toString() } } },
        {},
        'issued.after',
      ],
      ['an attestation that expired', {}, { checkedAt: NOW + 366n * 86_400n }, 'expiresAt'],
      ['an attestation that is not valid yet', {}, { checkedAt: 60n }, 'issuedAt'],
      ['no note left', { policy: { note: '100' } }, { claimIndex: 4n }, 'note'],
      ['another root', {}, { root: 5n }, 'tree'],
    ];
    for (const [name, options, changes, clause] of refused) {
      it(`names ${clause} for ${name}, before any work`, async () => {
        expect(await outcomeOf(await proveParameters(await makeWorld()))).to.equal(REACHED);
        const phases: string[] = [];
        const parameters = { ...(await proveParameters(await makeWorld(options))), ...changes };
        const error = await rejected(
          prove({ ...parameters, backend: unreached, onPhase: (phase) => phases.push(phase) }),
        );
        expect(error.code).to.equal('PolicyNotMet');
        expect(error.data['clause']).to.equal(clause);
        expect(error.data).to.have.all.keys('clause', 'reason');
        expect(error.message).to.include(clause);
        expect(phases).to.deep.equal([]);
      });
    }
  });

  describe('when one parameter is wrong', () => {
    const faults: readonly (readonly [
      string,
      (parameters: ProveParameters) => Partial<ProveParameters>,
      string,
    ])[] = [
      [
        "somebody else's identity",
        () => ({ identity: createIdentity({ secret: 5n }) }),
        'attestation.commitment',
      ],
      [
        'a path that ends at the tree',
        ({ path }) => ({ path: { ...path, siblings: path.siblings.slice(0, 14) } }),
        'path',
      ],
      [
        'a path with a level more',
        ({ path }) => ({ path: { ...path, siblings: [...path.siblings, path.siblings[0]!] } }),
        'path',
      ],
      ['an alias of the root', ({ root }) => ({ root: BigInt(root) + FIELD_ORDER }), 'root'],
      ['an alias of the scope', ({ scope }) => ({ scope: BigInt(scope) + FIELD_ORDER }), 'scope'],
      [
        'an alias of the context',
        ({ context }) => ({ context: BigInt(context) + FIELD_ORDER }),
        'context',
      ],
      ['a claim number of 33 bits', () => ({ claimIndex: 2n ** 32n }), 'claimIndex'],
      ['a time of 41 bits', () => ({ checkedAt: 2n ** 40n }), 'checkedAt'],
    ];
    for (const [name, change, field] of faults) {
      it(`names ${field} for ${name}`, async () => {
        const parameters = await proveParameters(await makeWorld());
        expect(await outcomeOf(parameters)).to.equal(REACHED);
        const error = await rejected(
          prove({ ...parameters, ...change(parameters), backend: unreached }),
        );
        expect(error.code).to.equal('InvalidInput');
        expect(error.data['field']).to.equal(field);
        expect(error.message).not.to.include(parameters.identity.secret.toString());
      });
    }

    it("S17: a secret that is not the commitment's is caught by the circuit's root", async () => {
      const parameters = await proveParameters(await makeWorld());
      const identity = { ...parameters.identity, secret: createIdentity({ secret: 5n }).secret };
      const error = await rejected(prove({ ...parameters, identity }));
      expect(error.code).to.equal('WitnessRejected');
      expect(error.data['signal']).to.equal('root');
    });
  });

  describe('given a backend that lies', () => {
    for (const [i, signal] of ['nullifier', 'root', 'policy', 'outcome', 'context'].entries()) {
      it(`catches another ${signal}`, async () => {
        const parameters = await proveParameters(await makeWorld());
        let honest: readonly string[] = [];
        const lying: Backend = () =>
          Promise.resolve({ proof: {} as never, signals: honest.with(i, '5') });
        const collect: Backend = async (_, witness) => {
          honest = signalsOf(witness);
          return Promise.resolve({ proof: {} as never, signals: honest });
        };
        await prove({ ...parameters, backend: collect, selfCheck: false });
        const error = await rejected(prove({ ...parameters, backend: lying }));
        expect(error.code).to.equal('WitnessRejected');
        expect(error.data['signal']).to.equal(signal);
      });
    }
    it('catches too few signals, and too many', async () => {
      const parameters = await proveParameters(await makeWorld());
      for (const change of [
        (s: readonly string[]) => s.slice(0, 4),
        (s: readonly string[]) => [...s, '5'],
      ]) {
        const backend: Backend = (_, witness) =>
          Promise.resolve({ proof: {} as never, signals: change(signalsOf(witness)) });
        expect((await rejected(prove({ ...parameters, backend }))).code).to.equal(
          'WitnessRejected',
        );
      }
    });
  });

  describe('given a name for its backend', () => {
    for (const backend of ['kernel', 'snarkjs'] as const)
      it(`proves with ${backend}`, async () => {
        const parameters = await proveParameters(await makeWorld());
        const { statement, proof } = await prove({ ...parameters, backend });
        const { verifyingKey } = parameters.artifacts;
        const signals = toSignals(statement).map(String);
        expect(await groth16.verify(verifyingKey, signals, proof)).to.equal(true);
      });

    it('refuses another name, before any work', async () => {
      const parameters = await proveParameters(await makeWorld());
      const phases: string[] = [];
      const onPhase = (phase: string): unknown => phases.push(phase);
      const error = await rejected(prove({ ...parameters, onPhase, backend: 'plonk' as never }));
      expect(error.data['field']).to.equal('backend');
      expect(phases).to.deep.equal([]);
    });
  });

  it('finds a wrong proof, unless it is told not to check', async () => {
    const parameters = await proveParameters(await makeWorld());
    const wrong: Backend = async (artifacts, witness) => {
      const { proof, signals } = await kernelBackend(artifacts, witness);
      return { proof: { ...proof, pi_c: proof.pi_a }, signals };
    };
    const unchecked = await prove({ ...parameters, backend: wrong, selfCheck: false });
    expect(unchecked.proof).to.be.an('object');
    const error = await rejected(prove({ ...parameters, backend: wrong }));
    expect(error.code).to.equal('ProverFailed');
  });

  it('gives up when the signal says so, before the witness and in the proof', async () => {
    const parameters = await proveParameters(await makeWorld());
    const reason = new Error('enough');
    for (const [given, expected] of [
      ['already', []],
      ['witness', ['witness']],
      ['proof', ['witness', 'proof']],
    ] as const) {
      const controller = new AbortController();
      if (given === 'already') controller.abort(reason);
      const phases: string[] = [];
      const onPhase = (phase: string): void => {
        phases.push(phase);
        if (phase === given) controller.abort(reason);
      };
      const { signal } = controller;
      const outcome = await prove({ ...parameters, onPhase, signal }).catch(
        (error: unknown) => error,
      );
      expect(outcome, given).to.equal(reason);
      expect(phases, given).to.deep.equal(expected);
    }
  });

  it('wipes the witness, which holds the secret, also where the backend fails', async () => {
    const parameters = await proveParameters(await makeWorld());
    let kept: Witness = new Uint8Array();
    const failing: Backend = (_, witness) => {
      kept = witness;
      return Promise.reject(new Error('out of memory'));
    };
    const error: unknown = await prove({ ...parameters, backend: failing }).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).to.have.property('message', 'out of memory');
    expect(kept.length).to.be.above(1_000);
    expect(kept.every((byte) => byte === 0)).to.equal(true);
  });
});

/** The five public signals of a witness: the wires after the constant one. */
function signalsOf(witness: Witness): readonly string[] {
  const HEADER = 12 + 12 + 40 + 12;
  return Array.from({ length: 5 }, (_, i) => {
    const bytes = witness.slice(HEADER + 32 * (i + 1), HEADER + 32 * (i + 2));
    return BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`).toString();
  });
}
