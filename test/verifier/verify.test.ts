import { bn254 } from '@noble/curves/bn254';
import { expect } from 'chai';
import { groth16 } from 'snarkjs';
import { exitCodes } from '../../src/errors.ts';
import { FIELD_ORDER } from '../../src/protocol/field.ts';
import { toSignals, type Statement } from '../../src/protocol/statement.ts';
import { BASE_FIELD_ORDER, type Proof } from '../../src/prover/proof.ts';
import { verify } from '../../src/verifier/verify.ts';
import { fc, makeClaim, type AcceptedClaim } from '../support/world.ts';

const r = FIELD_ORDER;
const q = BASE_FIELD_ORDER;
const HASHES = ['nullifier', 'root', 'policy', 'context'] as const;
const NUMBERS = ['disclosed', 'shown', 'checkedAt'] as const;

/** The claim with a statement that says something else, at a gate that takes it at its word. */
function withStatement(claim: AcceptedClaim, changes: Partial<Statement>): AcceptedClaim {
  const statement = { ...claim.statement, ...changes };
  const { policy, context } = statement;
  return {
    ...claim,
    statement,
    gate: {
      ...claim.gate,
      policy,
      index: { kind: 'count', cap: 2n ** 32n - 2n },
      proofLifetime: 2_592_000n,
    },
    circumstances: { ...claim.circumstances, context },
  };
}

/** The same proof with A and B negated: another proof of the same statement, made by anybody. */
function negate(proof: Proof): Proof {
  const minus = (value: string): string =>
    BigInt(value) === 0n ? value : (q - BigInt(value)).toString();
  const [x, [y0, y1], z] = proof.pi_b;
  return {
    ...proof,
    pi_a: [proof.pi_a[0], minus(proof.pi_a[1]), '1'],
    pi_b: [x, [minus(y0), minus(y1)], z],
  };
}

/** A and B scaled by k and 1/k. */
function rescale(proof: Proof, k: bigint): Proof {
  const { G1, G2, fields } = bn254;
  const n = (value: string): bigint => BigInt(value);
  const a = G1.ProjectivePoint.fromAffine({ x: n(proof.pi_a[0]), y: n(proof.pi_a[1]) })
    .multiply(k)
    .toAffine();
  const [[x0, x1], [y0, y1]] = proof.pi_b;
  const b = G2.ProjectivePoint.fromAffine({
    x: fields.Fp2.fromBigTuple([n(x0), n(x1)]),
    y: fields.Fp2.fromBigTuple([n(y0), n(y1)]),
  })
    .multiply(fields.Fr.inv(k))
    .toAffine();
  return {
    ...proof,
    pi_a: [String(a.x), String(a.y), '1'],
    pi_b: [
      [String(b.x.c0), String(b.x.c1)],
      [String(b.y.c0), String(b.y.c1)],
      ['1', '0'],
    ],
  };
}

describe('verifier/verify', () => {
  let made: AcceptedClaim;
  /** The claim that is proved once: a copy for each test. */
  const claim = (): AcceptedClaim => structuredClone(made);
  before(async () => {
    made = await makeClaim();
  });

  it('accepts a proof, and snarkjs agrees', async () => {
    const { verifyingKey, statement, proof } = claim();
    expect(await verify(claim())).to.deep.equal({ ok: true });
    expect(await groth16.verify(verifyingKey, toSignals(statement).map(String), proof)).to.equal(
      true,
    );
  });

  describe('S2: given an alias of a signal', () => {
    for (const name of HASHES) {
      for (const times of [1n, 2n]) {
        it(`refuses ${name} + ${times.toString()}r`, async () => {
          const { statement } = claim();
          const aliased = withStatement(claim(), { [name]: statement[name] + times * r });
          expect(await verify(withStatement(claim(), {}))).to.deep.equal({ ok: true });
          expect(await verify(aliased)).to.include({ ok: false, error: 'SignalOutOfRange' });
        });
      }
    }
    it('refuses an outcome that packs to an alias', async () => {
      for (const name of NUMBERS) {
        const { statement } = claim();
        const aliased = withStatement(claim(), { [name]: statement[name] + r });
        expect(await verify(aliased), name).to.include({ ok: false, error: 'SignalOutOfRange' });
      }
    });
    it('refuses a nullifier in another spelling, which a set of spent ones would not know', async () => {
      const { statement } = claim();
      for (const other of [
        statement.nullifier.toString(),
        `0x${statement.nullifier.toString(16)}`,
        `0${statement.nullifier.toString()}`,
      ]) {
        const spelt = withStatement(claim(), { nullifier: other as never });
        expect(await verify(spelt)).to.include({ ok: false, error: 'SignalOutOfRange' });
      }
    });
  });

  describe('S3: given the proof in other bytes', () => {
    it('accepts A and B negated: nothing may key on the bytes of a proof', async () => {
      const { statement, proof } = claim();
      const other = negate(proof);
      expect(other).not.to.deep.equal(proof);
      expect(await verify({ ...claim(), proof: other })).to.deep.equal({ ok: true });
      expect(
        await verify({
          ...claim(),
          proof: other,
          circumstances: { ...claim().circumstances, spent: true },
        }),
      ).to.include({
        error: 'NullifierSpent',
      });
      expect(claim().statement).to.deep.equal(statement);
    });
    it('accepts A and B scaled against each other', async () => {
      expect(await verify({ ...claim(), proof: rescale(claim().proof, 7n) })).to.deep.equal({
        ok: true,
      });
    });
    it('refuses A alone negated', async () => {
      const { proof } = claim();
      expect(
        await verify({ ...claim(), proof: { ...proof, pi_a: negate(proof).pi_a } }),
      ).to.include({ error: 'InvalidProof' });
    });
  });

  describe('S4, S5: given a statement that the proof does not prove', () => {
    for (const name of HASHES) {
      it(`refuses another ${name}`, async () => {
        const { statement } = claim();
        const other = withStatement(claim(), { [name]: (statement[name] ^ 1n) as never });
        expect(await verify(withStatement(claim(), {}))).to.deep.equal({ ok: true });
        expect(await verify(other)).to.include({ ok: false, error: 'InvalidProof' });
      });
    }
    for (const [name, step] of [
      ['disclosed', 1n],
      ['shown', 1n],
      ['checkedAt', -60n],
    ] as const) {
      it(`refuses another ${name}`, async () => {
        const { statement } = claim();
        const other = withStatement(claim(), { [name]: statement[name] + step });
        expect(await verify(other)).to.include({ ok: false, error: 'InvalidProof' });
      });
    }
    it('refuses any two signals swapped', async () => {
      for (const [i, first] of HASHES.entries()) {
        for (const second of HASHES.slice(i + 1)) {
          const { statement } = claim();
          const swapped = withStatement(claim(), {
            [first]: statement[second],
            [second]: statement[first],
          });
          expect(await verify(swapped), `${first}, ${second}`).to.include({
            ok: false,
            error: 'InvalidProof',
          });
        }
      }
    });
  });

  describe('given a malformed proof', () => {
    const plusQ = (value: string): string => (BigInt(value) + q).toString();
    type Loose = { pi_a: string[]; pi_b: string[][]; pi_c: string[] } & Record<string, unknown>;
    const faults: Readonly<Record<string, (proof: Loose) => void>> = {
      'a coordinate + q': ({ pi_a }) => (pi_a[0] = plusQ(pi_a[0]!)),
      'a coordinate + q in B': ({ pi_b }) => (pi_b[1]![0] = plusQ(pi_b[1]![0]!)),
      'a point off the curve': ({ pi_c }) => (pi_c[0] = (BigInt(pi_c[0]!) ^ 1n).toString()),
      'a point off the twist': ({ pi_b }) => (pi_b[0]![0] = (BigInt(pi_b[0]![0]!) ^ 1n).toString()),
      'the parts of B swapped': ({ pi_b }) => {
        pi_b.forEach((part) => part.reverse());
      },
      'A and C swapped': (proof) => ([proof.pi_a, proof.pi_c] = [proof.pi_c, proof.pi_a]),
      'A at infinity': (proof) => (proof.pi_a = ['0', '1', '0']),
      'A as 0, 0': (proof) => (proof.pi_a = ['0', '0', '1']),
      'hex coordinates': ({ pi_a }) => (pi_a[0] = `0x${BigInt(pi_a[0]!).toString(16)}`),
      'a negative coordinate': ({ pi_a }) => (pi_a[0] = `-${pi_a[0]!}`),
      'two coordinates': (proof) => (proof.pi_a = proof.pi_a.slice(0, 2)),
      'no C': (proof) => delete (proof as Record<string, unknown>)['pi_c'],
      'another protocol': (proof) => (proof['protocol'] = 'plonk'),
      'another curve': (proof) => (proof['curve'] = 'bls12381'),
      'an unknown key': (proof) => (proof['extra'] = 1),
    };
    for (const [name, change] of Object.entries(faults)) {
      it(`answers InvalidProof to ${name}`, async () => {
        const proof = structuredClone(claim().proof) as unknown as Loose;
        change(proof);
        expect(await verify({ ...claim(), proof: proof as unknown as Proof })).to.include({
          ok: false,
          error: 'InvalidProof',
        });
      });
    }
  });

  describe('given a key', () => {
    it('answers InsecureKey if gamma equals delta', async () => {
      const { verifyingKey } = claim();
      const forgeable = { ...verifyingKey, vk_delta_2: verifyingKey.vk_gamma_2 };
      expect(await verify({ ...claim(), verifyingKey: forgeable })).to.include({
        ok: false,
        error: 'InsecureKey',
      });
    });
    it("answers InvalidProof if it is another circuit's", async () => {
      const { verifyingKey } = claim();
      const other = { ...verifyingKey, IC: [...verifyingKey.IC].reverse() };
      expect(await verify({ ...claim(), verifyingKey: other })).to.include({
        ok: false,
        error: 'InvalidProof',
      });
    });
  });

  it('answers, and never throws, whatever it is given', async () => {
    const anything = fc.oneof(
      fc.anything({ withBigInt: true, withNullPrototype: true }),
      fc.bigInt(),
    );
    const parts = ['verifyingKey', 'statement', 'proof', 'gate', 'circumstances'] as const;
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...parts), anything, async (part, garbage) => {
        const verdict = await verify({ ...claim(), [part]: garbage });
        expect(verdict).to.include({ ok: false });
        if (!verdict.ok) expect(exitCodes).to.have.property(verdict.error);
      }),
      { numRuns: 200 },
    );
    for (const nothing of [undefined, null, 5, 'claim', {}]) {
      expect(await verify(nothing as never)).to.include({ ok: false, error: 'InvalidProof' });
    }
  });

  it('does not change what it is given', async () => {
    const given = claim();
    await verify(given);
    expect(given).to.deep.equal(made);
  });
});
