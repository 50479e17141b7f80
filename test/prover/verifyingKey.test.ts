import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bn254 } from '@noble/curves/bn254';
import { expect } from 'chai';
import { groth16, zKey } from 'snarkjs';
import { toSignals, type Statement } from '../../src/protocol/statement.ts';
import { BASE_FIELD_ORDER, type Proof } from '../../src/prover/proof.ts';
import { renderVerifyingKey } from '../../src/prover/solidityKey.ts';
import { refuseForgeableKey, type VerifyingKey } from '../../src/prover/verifyingKey.ts';
import { checkGroth16 } from '../../src/verifier/verify.ts';
import { loadBuild, template } from '../support/circuits/testCircuit.ts';
import { makeClaim, rejected, sharedArtifacts, thrown } from '../support/world.ts';

const POWERS_OF_TAU = new URL(
  '../../node_modules/snarkjs-ptau/test/plonk_circuit/powersOfTau15_final.ptau',
  import.meta.url,
).pathname;

/** A small circuit with five public signals, as many as the statement has. */
const small = template('merkleTree.circom', 'Parent', [], ['child', 'siblings']);

/** What a forger would like to have proved. */
const anything = {
  nullifier: 1n,
  root: 2n,
  policy: 3n,
  disclosed: 4n,
  shown: 5n,
  checkedAt: 60n,
  context: 6n,
} as Statement;

type Loose = { -readonly [K in keyof VerifyingKey]: VerifyingKey[K] };

/** (alpha, beta, -vk_x): what anybody can compute from a verifying key alone. */
function forge(key: VerifyingKey, signals: readonly bigint[]): Proof {
  const { ProjectivePoint } = bn254.G1;
  const [first, ...rest] = key.IC.map(([x = '', y = '']) =>
    ProjectivePoint.fromAffine({ x: BigInt(x), y: BigInt(y) }),
  );
  const sum = rest.reduce(
    (point, part, i) => (signals[i] === 0n ? point : point.add(part.multiply(signals[i]!))),
    first!,
  );
  const { x, y } = sum.negate().toAffine();
  return {
    pi_a: [...key.vk_alpha_1] as Proof['pi_a'],
    pi_b: key.vk_beta_2.map((part) => [...part]) as Proof['pi_b'],
    pi_c: [x.toString(), y.toString(), '1'],
    protocol: 'groth16',
    curve: 'bn128',
  };
}

describe('prover/verifyingKey (S1)', () => {
  describe('given a key that nobody contributed to', () => {
    let folder: string;
    let key: VerifyingKey;
    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'eligo-key-'));
      const { compiled } = await loadBuild(small, 2);
      const initial = join(folder, 'initial.zkey');
      await zKey.newZKey(compiled.r1cs, POWERS_OF_TAU, initial);
      key = (await zKey.exportVerificationKey(initial)) as VerifyingKey;
    });
    after(() => rm(folder, { recursive: true }));

    it('snarkjs takes a forged proof of any statement', async () => {
      for (const signals of [toSignals(anything), [1n, 2n, 3n, 4n, 5n]]) {
        expect(await groth16.verify(key, signals.map(String), forge(key, signals))).to.equal(true);
      }
    });

    it('this project refuses the key, in every place that takes one', async () => {
      const forged = forge(key, toSignals(anything));
      expect(
        thrown(() => {
          refuseForgeableKey(key);
        }).code,
      ).to.equal('InsecureKey');
      expect(thrown(() => renderVerifyingKey(key, { insecureDev: true })).code).to.equal(
        'InsecureKey',
      );
      expect((await rejected(checkGroth16(key, anything, forged))).code).to.equal('InsecureKey');
    });
  });

  it('the same forgery fails under the development key', async () => {
    const { verifyingKey, statement, proof } = await makeClaim();
    const signals = toSignals(statement);
    expect(await groth16.verify(verifyingKey, signals.map(String), proof)).to.equal(true);
    expect(
      await groth16.verify(verifyingKey, signals.map(String), forge(verifyingKey, signals)),
    ).to.equal(false);
    const error = await rejected(
      checkGroth16(verifyingKey, statement, forge(verifyingKey, signals)),
    );
    expect(error.code).to.equal('InvalidProof');
  });

  describe('refuseForgeableKey', () => {
    const plusQ = (value: string): string => (BigInt(value) + BASE_FIELD_ORDER).toString();
    const disguises: Readonly<Record<string, (key: Loose) => void>> = {
      'gamma = delta': (key) => (key.vk_gamma_2 = key.vk_delta_2),
      'delta = the generator of G2': (key) => (key.vk_delta_2 = generator()),
      'delta + q, in one coordinate': (key) => {
        const [[x0 = '', x1 = ''] = [], y = [], z = []] = key.vk_gamma_2;
        key.vk_delta_2 = [[plusQ(x0), x1], y, z];
      },
      'delta = -gamma': (key) => {
        const [x = [], y = [], z = []] = key.vk_gamma_2;
        key.vk_delta_2 = [x, y.map((c) => (BASE_FIELD_ORDER - BigInt(c)).toString()), z];
      },
      'delta with a leading zero': (key) => {
        const [[x0 = '', x1 = ''] = [], y = [], z = []] = key.vk_gamma_2;
        key.vk_delta_2 = [[`0${x0}`, x1], y, z];
      },
      'delta in another projective form': (key) => {
        const [x = [], y = []] = key.vk_gamma_2;
        key.vk_delta_2 = [x.map((c) => times(c, 4n)), y.map((c) => times(c, 8n)), ['2', '0']];
      },
      'delta without its third coordinate': (key) => (key.vk_delta_2 = key.vk_delta_2.slice(0, 2)),
    };
    for (const [name, change] of Object.entries(disguises)) {
      it(`refuses ${name}, and takes the untouched key`, async () => {
        const key = structuredClone((await sharedArtifacts()).verifyingKey) as Loose;
        refuseForgeableKey(key);
        change(key);
        expect(
          thrown(() => {
            refuseForgeableKey(key);
          }).code,
        ).to.equal('InsecureKey');
      });
    }
  });
});

function times(coordinate: string, factor: bigint): string {
  return ((BigInt(coordinate) * factor) % BASE_FIELD_ORDER).toString();
}

function generator(): readonly (readonly string[])[] {
  const { x, y } = bn254.G2.ProjectivePoint.BASE.toAffine();
  return [
    [x.c0, x.c1],
    [y.c0, y.c1],
    [1n, 0n],
  ].map((part) => part.map(String));
}
