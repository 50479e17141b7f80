/**
 * EligibilityVerifier and libraries/Groth16, libraries/Statement: what is proved, what isn't, and what is no answer.
 * The key's trapdoor is known, so any statement can be proved, and every refusal is the refusal of that one change.
 */
import { bn254 } from '@noble/curves/bn254';
import { expect } from 'chai';
import type { Address } from 'viem';
import { eligibilityVerifierAbi } from '../../src/chain/abis.ts';
import { FIELD_ORDER } from '../../src/protocol/field.ts';
import { unpackOutcome } from '../../src/protocol/statement.ts';
import { renderVerifyingKey } from '../../src/prover/solidityKey.ts';
import { startAnvil, type Anvil } from '../support/anvil.ts';
import { prove, signalsOf, type ContractStatement } from '../support/campaigns.ts';
import {
  deploy,
  expectRevert,
  handle,
  readArtifact,
  testContracts,
  verifierContracts,
} from '../support/contracts.ts';
import { Q, brokenProofs, withWord } from '../support/proofs.ts';
import {
  TRAPDOOR,
  g1Words,
  g2Words,
  simulateProof,
  trapdoorKey,
  trapdoorKeySource,
  type ProofWords,
} from '../support/trapdoor.ts';

/** Five signals, each of which could stand in the place of any other: `checkedAt` is a whole minute in all. */
const SIGNALS = [1n, 2n, 3n, 4n, 5n].map((n) => n + (n << 96n) + ((60n * n) << 128n));

function statementOf(signals: readonly bigint[]): ContractStatement {
  const [nullifier, root, policy, outcome, context] = signals as [
    bigint,
    bigint,
    bigint,
    bigint,
    bigint,
  ];
  const { disclosed, shown, checkedAt } = unpackOutcome(outcome);
  return {
    nullifier,
    root,
    policy,
    disclosed,
    shown: Number(shown),
    checkedAt: Number(checkedAt),
    context,
  };
}

const STATEMENT = statementOf(SIGNALS);

describe('EligibilityVerifier', () => {
  let anvil: Anvil;
  let folder: string;
  before(async () => {
    anvil = await startAnvil();
    folder = await testContracts();
  });
  after(() => anvil.stop());

  const makeVerifier = async () =>
    handle(anvil, await deploy(anvil, folder, 'EligibilityVerifier'), eligibilityVerifierAbi);

  describe('verify', () => {
    describe('given a proof of the statement', () => {
      it('is true', async () => {
        const { read } = await makeVerifier();
        expect(await read.verify([simulateProof(SIGNALS), STATEMENT])).to.equal(true);
      });

      it('is true of another proof of the same statement (S3)', async () => {
        const { read } = await makeVerifier();
        expect(await read.verify([simulateProof(SIGNALS, 3n, 5n), STATEMENT])).to.equal(true);
      });

      it('is true at the largest and smallest values of every field', async () => {
        const { read } = await makeVerifier();
        const top = FIELD_ORDER - 1n;
        const largest = { nullifier: top, root: top, policy: top, context: top };
        const outcome = { disclosed: 2n ** 96n - 1n, shown: 2 ** 32 - 1, checkedAt: 2 ** 40 - 16 };
        for (const statement of [
          { ...largest, ...outcome },
          {
            nullifier: 1n,
            root: 1n,
            policy: 1n,
            context: 0n,
            disclosed: 0n,
            shown: 0,
            checkedAt: 0,
          },
        ]) {
          const { proof } = prove(statement);
          expect(await read.verify([proof, statement])).to.equal(true);
        }
      });
    });

    describe('when a signal is another than the proved one', () => {
      for (const field of ['nullifier', 'root', 'policy', 'disclosed', 'context'] as const) {
        it(`is false: ${field}`, async () => {
          const { read } = await makeVerifier();
          const other = { ...STATEMENT, [field]: STATEMENT[field] + 1n };
          expect(await read.verify([simulateProof(SIGNALS), STATEMENT])).to.equal(true);
          expect(await read.verify([simulateProof(SIGNALS), other])).to.equal(false);
        });
      }
      for (const [field, by] of [
        ['shown', 1],
        ['checkedAt', 60],
      ] as const) {
        it(`is false: ${field}`, async () => {
          const { read } = await makeVerifier();
          const other = { ...STATEMENT, [field]: STATEMENT[field] + by };
          expect(await read.verify([simulateProof(SIGNALS), STATEMENT])).to.equal(true);
          expect(await read.verify([simulateProof(SIGNALS), other])).to.equal(false);
        });
      }
    });

    describe('when two signals are swapped (S5)', () => {
      for (let i = 0; i < SIGNALS.length; i += 1) {
        for (let j = i + 1; j < SIGNALS.length; j += 1) {
          it(`is false: ${i} and ${j}`, async () => {
            const { read } = await makeVerifier();
            const swapped = [...SIGNALS];
            [swapped[i], swapped[j]] = [SIGNALS[j]!, SIGNALS[i]!];
            const proof = simulateProof(SIGNALS);
            expect(signalsOf(statementOf(swapped))).to.deep.equal(swapped);
            expect(await read.verify([proof, STATEMENT])).to.equal(true);
            expect(await read.verify([proof, statementOf(swapped)])).to.equal(false);
          });
        }
      }
    });

    describe('when a signal is an alias (S2)', () => {
      for (const field of ['nullifier', 'root', 'policy', 'context'] as const) {
        for (const times of [1n, 2n]) {
          it(`reverts: ${field} + ${times}r, which the pairing alone would accept`, async () => {
            const { read } = await makeVerifier();
            const alias = STATEMENT[field] + times * FIELD_ORDER;
            const statement = { ...STATEMENT, [field]: alias };
            const proof = simulateProof(SIGNALS);
            expect(await read.verify([proof, STATEMENT])).to.equal(true);
            await expectRevert(read.verify([proof, statement]), 'SignalOutOfRange', [field, alias]);
            const bare = handle(
              anvil,
              await deploy(anvil, folder, 'BareVerifier'),
              eligibilityVerifierAbi,
            );
            expect(await bare.read.verify([proof, statement])).to.equal(true);
          });
        }
        it(`reverts: ${field} = r`, async () => {
          const { read } = await makeVerifier();
          const statement = { ...STATEMENT, [field]: FIELD_ORDER };
          const call = read.verify([simulateProof(SIGNALS), statement]);
          await expectRevert(call, 'SignalOutOfRange', [field, FIELD_ORDER]);
        });
      }
    });

    describe('when a hash is zero (S13)', () => {
      for (const field of ['nullifier', 'root', 'policy'] as const) {
        it(`reverts: ${field}`, async () => {
          const { read } = await makeVerifier();
          const zero = prove({ ...STATEMENT, [field]: 0n });
          const one = prove({ ...STATEMENT, [field]: 1n });
          expect(await read.verify([one.proof, one.statement])).to.equal(true);
          await expectRevert(read.verify([zero.proof, zero.statement]), 'SignalOutOfRange', [
            field,
            0n,
          ]);
        });
      }
    });

    describe('when checkedAt is not a whole minute', () => {
      for (const checkedAt of [59, 61]) {
        it(`reverts: ${checkedAt}`, async () => {
          const { read } = await makeVerifier();
          const odd = prove({ ...STATEMENT, checkedAt });
          const even = prove({ ...STATEMENT, checkedAt: 60 });
          expect(await read.verify([even.proof, even.statement])).to.equal(true);
          const call = read.verify([odd.proof, odd.statement]);
          await expectRevert(call, 'SignalOutOfRange', ['checkedAt', BigInt(checkedAt)]);
        });
      }
    });

    describe('when the proof is not three points', () => {
      const proof = simulateProof(SIGNALS);
      for (const [name, words] of Object.entries(brokenProofs(proof))) {
        it(`reverts: ${name}`, async () => {
          const { read } = await makeVerifier();
          expect(await read.verify([proof, STATEMENT])).to.equal(true);
          await expectRevert(read.verify([words, STATEMENT]), 'InvalidProof');
        });
      }

      it('is false where they are points, but infinity', async () => {
        const { read } = await makeVerifier();
        const infinity: ProofWords = [0n, 0n, 0n, 0n, 0n, 0n, 0n, 0n];
        expect(await read.verify([infinity, STATEMENT])).to.equal(false);
      });

      it('is false where A is negated', async () => {
        const { read } = await makeVerifier();
        expect(await read.verify([withWord(proof, 1, Q - proof[1]), STATEMENT])).to.equal(false);
      });
    });

    describe('when gas is short', () => {
      it('reverts, and never answers false', async () => {
        const { address } = await makeVerifier();
        const proof = simulateProof(SIGNALS);
        const verifyWith = (gas: bigint): Promise<unknown> =>
          anvil.client
            .simulateContract({
              address,
              abi: eligibilityVerifierAbi,
              functionName: 'verify',
              args: [proof, STATEMENT],
              gas,
            })
            .then(({ result }) => result, String);
        const answers = new Set<unknown>();
        for (let gas = 30_000n; gas <= 700_000n; gas += 10_000n) {
          const answer = await verifyWith(gas);
          answers.add(typeof answer === 'string' ? 'reverted' : answer);
        }
        expect([...answers]).to.deep.equal(['reverted', true]);
        expect(await verifyWith(300_000n)).to.contain('InsufficientGas');
      });
    });
  });

  describe('verifyingKey', () => {
    it('reads the constants back', async () => {
      const { read } = await makeVerifier();
      const key = await read.verifyingKey();
      const [b, c, d] = [TRAPDOOR.beta, TRAPDOOR.gamma, TRAPDOOR.delta].map(g2Words);
      expect(key.alpha).to.deep.equal(g1Words(TRAPDOOR.alpha));
      expect(key.beta.flat()).to.deep.equal(b);
      expect(key.gamma.flat()).to.deep.equal(c);
      expect(key.delta.flat()).to.deep.equal(d);
      expect(key.ic).to.deep.equal(TRAPDOOR.ic.map(g1Words));
      expect(key.insecureDev).to.equal(true);
    });
  });

  describe('constructor (S1, S23)', () => {
    const deployVerifier = (on: Anvil, from: string): Promise<Address> =>
      deploy(on, from, 'EligibilityVerifier');

    for (const chainId of [31337, 1337, 1, 31338]) {
      const allowed = chainId === 31337 || chainId === 1337;
      describe(`given chain ${chainId}`, () => {
        let chain: Anvil;
        before(async () => {
          chain = await startAnvil({ chainId });
        });
        after(() => chain.stop());

        it(`${allowed ? 'takes' : 'refuses'} a development key`, async () => {
          const { bytecode } = await readArtifact(folder, 'EligibilityVerifier');
          const creation = chain.client.call({ data: bytecode });
          if (allowed) expect((await creation).data).to.not.equal(undefined);
          else expect(await creation.then(String, String)).to.contain(INSECURE_KEY);
        });

        it('takes a key of a ceremony', async () => {
          const source = renderVerifyingKey(trapdoorKey(), { insecureDev: false });
          await deployVerifier(chain, await verifierContracts('ceremony', source));
        });
      });
    }

    for (const sign of [1n, -1n]) {
      describe(`given delta ${sign === 1n ? 'equal' : 'opposite'} to gamma`, () => {
        const [x1, x2, y1, y2] = g2Words(TRAPDOOR.gamma);
        const delta = sign === 1n ? [x1, x2, y1, y2] : [x1, x2, Q - y1, Q - y2];
        const forgeable = ['X1', 'X2', 'Y1', 'Y2'].reduce(
          (source, name, i) =>
            source.replace(new RegExp(`(DELTA_${name}) = \\d+`), `$1 = ${delta[i]!}`),
          trapdoorKeySource(),
        );

        it('cannot be rendered', () => {
          const { Fr } = bn254.fields;
          const key = trapdoorKey({ ...TRAPDOOR, delta: Fr.create(sign * TRAPDOOR.gamma) });
          expect(() => renderVerifyingKey(key, { insecureDev: true }))
            .to.throw()
            .with.property('code', 'InsecureKey');
        });

        it('is refused on every chain, because anybody can forge any statement', async () => {
          const other = await verifierContracts(`forgeable${sign}`, forgeable);
          const { bytecode } = await readArtifact(other, 'EligibilityVerifier');
          const creation = anvil.client.call({ data: bytecode });
          expect(await creation.then(String, String)).to.contain(INSECURE_KEY);

          // The forgery, on the same bytecode without that check: A = alpha, B = beta, C = -L or L.
          const bareAt = await deploy(anvil, other, 'BareVerifier');
          const bare = handle(anvil, bareAt, eligibilityVerifierAbi);
          const [alpha, beta] = [g1Words(TRAPDOOR.alpha), g2Words(TRAPDOOR.beta)];
          const proof: ProofWords = [...alpha, ...beta, ...multipleOfL(-sign)];
          expect(await bare.read.verify([proof, STATEMENT])).to.equal(true);
          const { read } = await makeVerifier();
          expect(await read.verify([proof, STATEMENT])).to.equal(false);
        });
      });
    }
  });
});

/** The selector of `InsecureKey()`. */
const INSECURE_KEY = '0x3b0301cf';

/** L of the statement, or its opposite. */
function multipleOfL(factor: bigint): readonly [bigint, bigint] {
  const { Fr } = bn254.fields;
  const l = SIGNALS.reduce(
    (sum, signal, i) => Fr.add(sum, Fr.mul(signal, TRAPDOOR.ic[i + 1]!)),
    TRAPDOOR.ic[0]!,
  );
  return g1Words(Fr.mul(l, Fr.create(factor)));
}
