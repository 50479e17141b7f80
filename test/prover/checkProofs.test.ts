import { bn254 } from '@noble/curves/bn254';
import { expect } from 'chai';
import type { EligoError } from '../../src/errors.ts';
import { loadKernel, type Kernel } from '../../src/kernel/kernel.ts';
import type { Field } from '../../src/protocol/field.ts';
import { toSignals, type Statement } from '../../src/protocol/statement.ts';
import type { Proof } from '../../src/prover/proof.ts';
import { loadSnarkjs } from '../../src/prover/snarkjs.ts';
import { checkProofs, type Claimed } from '../../src/prover/checkProofs.ts';
import { makeRandom, seedOf } from '../support/circuits/random.ts';
import { brokenProofs, withWord } from '../support/proofs.ts';
import {
  TRAPDOOR,
  g1Words,
  simulateProof,
  trapdoorKey,
  type ProofWords,
} from '../support/trapdoor.ts';
import { ofSmallOrder, plus } from '../support/twist.ts';
import { rejected } from '../support/world.ts';

const { Fr } = bn254.fields;
const r = Fr.ORDER;
const q = bn254.fields.Fp.ORDER;
const SEED = seedOf(16);
const COUNT = 16;

const key = trapdoorKey();

function statementOf(i: number): Statement {
  const [nullifier, root, policy, context] = [100 + i, 2, 3, 4].map(BigInt) as unknown as Field[];
  const outcome = { disclosed: BigInt(i), shown: 1n, checkedAt: 1_700_000_040n };
  return { nullifier: nullifier!, root: root!, policy: policy!, context: context!, ...outcome };
}

function toProof([ax, ay, bx1, bx0, by1, by0, cx, cy]: ProofWords): Proof {
  return {
    pi_a: [String(ax), String(ay), '1'],
    pi_b: [
      [String(bx0), String(bx1)],
      [String(by0), String(by1)],
      ['1', '0'],
    ],
    pi_c: [String(cx), String(cy), '1'],
    protocol: 'groth16',
    curve: 'bn128',
  };
}

function toWords({ pi_a, pi_b, pi_c }: Proof): ProofWords {
  const [[x0, x1], [y0, y1]] = pi_b;
  return [...pi_a.slice(0, 2), x1, x0, y1, y0, ...pi_c.slice(0, 2)].map(
    BigInt,
  ) as unknown as ProofWords;
}

/** A proof whose C is off by a multiple of the generator: its equation fails by a known amount. */
function offBy(i: number, error: bigint): Claimed {
  const [u, v] = [201n + BigInt(i), 301n + BigInt(i)];
  const statement = statementOf(i);
  const words = simulateProof(toSignals(statement), u, v);
  const { alpha, beta, gamma, delta, ic } = TRAPDOOR;
  const l = toSignals(statement).reduce((sum, s, j) => sum + s * ic[j + 1]!, ic[0]!);
  const c = Fr.div(Fr.create(u * v - alpha * beta - l * gamma), delta);
  expect(g1Words(c)).to.deep.equal(words.slice(6));
  return {
    statement,
    proof: toProof([...words.slice(0, 6), ...g1Words(Fr.add(c, error))] as never),
  };
}

describe(`prover/checkProofs (seed ${SEED})`, () => {
  const claims = Array.from({ length: COUNT }, (_, i) => offBy(i, 0n));
  const withProof = (i: number, proof: Proof): Claimed[] =>
    claims.map((claim, k) => (k === i ? { ...claim, proof } : claim));
  /** The places of what was refused, with the words of the first. */
  const refused = (findings: readonly (EligoError | undefined)[]): readonly number[] =>
    [...findings.keys()].filter((i) => findings[i] !== undefined);
  const snarkjs = async ({ statement, proof }: Claimed): Promise<boolean> =>
    (await loadSnarkjs()).verify(key, toSignals(statement).map(String), proof);

  for (const build of ['fma', 'i64'] as const) {
    describe(build, () => {
      let kernel: Kernel;
      before(async () => {
        kernel = await loadKernel(build);
      });
      const check = (claimed: readonly Claimed[], random?: () => Uint8Array, by = key) =>
        checkProofs(by, claimed, { kernel, random });

      it('accepts proofs, together and alone, and none at all', async () => {
        expect(refused(await check(claims))).to.deep.equal([]);
        expect(await check(claims)).to.have.length(COUNT);
        expect(await check(claims.slice(0, 1))).to.deep.equal([undefined]);
        expect(await check([])).to.deep.equal([]);
      });

      it('takes one check of N + 3 pairs for N proofs, and halves those that fail', async () => {
        const sizes: number[] = [];
        const { exports } = kernel;
        const counting: Kernel = {
          ...kernel,
          exports: {
            ...exports,
            checkPairings: (at, count, faults) => {
              sizes.push(count);
              return exports.checkPairings(at, count, faults);
            },
          },
        };
        for (const count of [1, 2, COUNT]) {
          sizes.length = 0;
          await checkProofs(key, claims.slice(0, count), { kernel: counting });
          expect(sizes).to.deep.equal([count + 3]);
        }
        sizes.length = 0;
        const wrong = withProof(0, offBy(0, 1n).proof).slice(0, 4);
        expect(refused(await checkProofs(key, wrong, { kernel: counting }))).to.deep.equal([0]);
        expect(sizes[0]).to.equal(7);
        expect(sizes.length, sizes.join()).to.be.within(3, 7);
        expect(Math.min(...sizes)).to.equal(4);
      });

      it('names one wrong proof at every place', async () => {
        for (let i = 0; i < COUNT; i++) {
          const findings = await check(withProof(i, offBy(i, 1n).proof));
          expect(refused(findings)).to.deep.equal([i]);
          expect(findings[i]).to.include({
            code: 'InvalidProof',
            message: 'the proof does not prove this statement',
          });
        }
      });

      it('names all of them, and any number', async () => {
        const random = makeRandom(SEED);
        for (const share of [20, 60, 100]) {
          const wrong = [...claims.keys()].filter(() => random.percent(share));
          const mixed = claims.map((claim, i) =>
            wrong.includes(i) ? offBy(i, BigInt(i + 1)) : claim,
          );
          expect(refused(await check(mixed))).to.deep.equal(wrong);
        }
      });

      it('refuses two proofs that swapped their C, and their proofs', async () => {
        const [first, second] = [claims[3]!.proof, claims[9]!.proof];
        const swapped = withProof(3, { ...first, pi_c: second.pi_c }).map((claim, i) =>
          i === 9 ? { ...claim, proof: { ...second, pi_c: first.pi_c } } : claim,
        );
        expect(refused(await check(swapped))).to.deep.equal([3, 9]);
        const whole = withProof(3, second).map((claim, i) =>
          i === 9 ? { ...claim, proof: first } : claim,
        );
        expect(refused(await check(whole))).to.deep.equal([3, 9]);
      });

      describe('given two proofs whose errors cancel', () => {
        const cancelling = (): Claimed[] =>
          claims.map((claim, i) => (i === 2 ? offBy(2, 5n) : i === 7 ? offBy(7, r - 5n) : claim));
        it('names both', async () => {
          for (let round = 0; round < 5; round++)
            expect(refused(await check(cancelling()))).to.deep.equal([2, 7]);
        });
        it('would take both with coefficients that are all 1, or all known', async () => {
          const known = (value: number) => () =>
            Uint8Array.from({ length: 16 }, (_, i) => (i === 15 ? value : 0));
          expect(refused(await check(cancelling(), known(1)))).to.deep.equal([]);
          expect(refused(await check(cancelling(), known(9)))).to.deep.equal([]);
        });
        it('names the first of a set, whose coefficient is 1, by what the others draw', async () => {
          const pair = [offBy(0, 5n), offBy(1, r - 5n)];
          expect(refused(await check(pair))).to.deep.equal([0, 1]);
        });
      });

      it('draws fresh coefficients for every set that it checks', async () => {
        let draws = 0;
        const counting = (): Uint8Array =>
          crypto.getRandomValues(new Uint8Array(16)).fill(++draws, 0, 1);
        expect(refused(await check([...claims.slice(0, 3), offBy(3, 1n)], counting))).to.deep.equal(
          [3],
        );
        // Four, then two and two, then each of the last two alone, which draws nothing.
        expect(draws).to.equal(3 + 1 + 1);
      });

      it('takes one proof twice, and each alone where the other is wrong', async () => {
        expect(refused(await check([claims[0]!, claims[0]!]))).to.deep.equal([]);
        const wrong = offBy(0, 1n);
        expect(refused(await check([wrong, wrong]))).to.deep.equal([0, 1]);
        expect(refused(await check([wrong, claims[0]!, wrong]))).to.deep.equal([0, 2]);
      });

      it('refuses an alias of a signal, which is the same number mod r', async () => {
        for (const name of ['nullifier', 'root', 'policy', 'context'] as const) {
          const { statement, proof } = claims[5]!;
          const aliased = { ...statement, [name]: statement[name] + r };
          const findings = await check([claims[4]!, { statement: aliased, proof }, claims[6]!]);
          expect(refused(findings), name).to.deep.equal([1]);
          expect(findings[1]!.code).to.equal('InvalidProof');
        }
      });

      describe('given what is no proof', () => {
        it('refuses it alone, whatever it is', async () => {
          const [, good] = claims;
          expect(refused(await check(claims.slice(0, 3)))).to.deep.equal([]);
          for (const [name, words] of Object.entries(brokenProofs(toWords(good!.proof)))) {
            const findings = await check([
              claims[0]!,
              { ...good!, proof: toProof(words) },
              claims[2]!,
            ]);
            expect(refused(findings), name).to.deep.equal([1]);
            expect(findings[1]!.code, name).to.equal('InvalidProof');
          }
        });
        it('says what is wrong', async () => {
          const words = toWords(claims[1]!.proof);
          const { 'B outside the subgroup': outside } = brokenProofs(words);
          const messages = [];
          for (const broken of [
            withWord(words, 0, words[0] + 1n),
            withWord(words, 6, 0n),
            outside!,
          ])
            messages.push((await check(withProof(1, toProof(broken))))[1]!.message);
          expect(messages).to.deep.equal([
            ...['A is no point of the curve', 'C is no point of the curve'],
            'B is outside the subgroup of order r',
          ]);
        });
        it('refuses B moved by a point of small order, together with other faults', async () => {
          const [ax, ay, x1, x0, y1, y0, cx, cy] = toWords(claims[1]!.proof);
          const [m0, m1, n0, n1] = plus([x0, x1, y0, y1], ofSmallOrder());
          const moved = toProof([ax, ay, m1, m0, n1, n0, cx, cy]);
          const mixed = withProof(1, moved).map((claim, i) => (i === 8 ? offBy(8, 1n) : claim));
          const findings = await check(mixed);
          expect(refused(findings)).to.deep.equal([1, 8]);
          expect(findings[1]!.message).to.equal('B is outside the subgroup of order r');
        });
        it('refuses zeros for each point, which stand for infinity', async () => {
          const words = toWords(claims[1]!.proof);
          for (const [from, to] of [[0, 2] as const, [2, 6] as const, [6, 8] as const]) {
            const zeros = words.map((word, i) => (i >= from && i < to ? 0n : word));
            const proof = toProof(zeros as never);
            expect(refused(await check(withProof(1, proof))), `${from}`).to.deep.equal([1]);
          }
        });
        it('never throws, whatever stands for a claim', async () => {
          const odd = [
            {},
            { statement: null },
            { proof: 5 },
            { ...claims[1]!, proof: { pi_a: 1 } },
          ];
          for (const claim of odd)
            expect(refused(await check([claims[0]!, claim as never, claims[2]!]))).to.deep.equal([
              1,
            ]);
        });
      });

      it('agrees with snarkjs', async () => {
        const random = makeRandom(SEED);
        const mixed = claims.slice(0, 12).map((claim, i) => {
          const words = toWords(claim.proof);
          const choices = [
            claim,
            offBy(i, 3n),
            { ...claim, proof: toProof(withWord(words, 1, q - words[1])) },
            { ...claim, statement: statementOf(i + 1) },
          ] as const;
          return random.pick(choices);
        });
        const answers = await Promise.all(mixed.map(snarkjs));
        expect(new Set(answers).size).to.equal(2);
        const findings = await check(mixed);
        expect(findings.map((finding) => finding === undefined)).to.deep.equal(answers);
      });

      it('checks more than go together', async () => {
        const many = Array.from({ length: 300 }, (_, i) => claims[i % COUNT]!);
        many[270] = offBy(1, 1n);
        expect(refused(await check(many))).to.deep.equal([270]);
      });

      describe('given a key', () => {
        const all = [...claims.keys()];
        it('refuses all under one that anybody can forge with', async () => {
          const findings = await check(claims, undefined, { ...key, vk_delta_2: key.vk_gamma_2 });
          expect(findings.map((finding) => finding?.code)).to.deep.equal(
            all.map(() => 'InsecureKey'),
          );
        });
        it('refuses all under what is none, and says InvalidProof', async () => {
          const faults: Readonly<Record<string, unknown>> = {
            nothing: null,
            'no points for signals': { ...key, IC: [] },
            'a point too many': { ...key, IC: [...key.IC, key.IC[0]] },
            'alpha off the curve': { ...key, vk_alpha_1: ['1', '3', '1'] },
            'a point in hex': { ...key, vk_alpha_1: ['0x1', '0x2', '1'] },
            'beta off the twist': {
              ...key,
              vk_beta_2: [
                ['1', '2'],
                ['3', '4'],
                ['1', '0'],
              ],
            },
          };
          expect(refused(await check(claims))).to.deep.equal([]);
          for (const [name, fault] of Object.entries(faults)) {
            const findings = await check(claims.slice(0, 2), undefined, fault as never);
            expect(
              findings.map((finding) => finding?.code),
              name,
            ).to.deep.equal([...['InvalidProof', 'InvalidProof']]);
          }
        });
        it('refuses all under one with a point outside the subgroup', async () => {
          const [x0, x1, y0, y1] = ofSmallOrder().map(String);
          const outside = {
            ...key,
            vk_beta_2: [
              [x0!, x1!],
              [y0!, y1!],
              ['1', '0'],
            ],
          };
          const findings = await check(claims.slice(0, 3), undefined, outside);
          expect(new Set(findings.map((finding) => finding?.message))).to.deep.equal(
            new Set(['a point of the key is outside the subgroup of order r']),
          );
        });
      });

      it('refuses a source that gives too few random bytes', async () => {
        const error = await rejected(check(claims, () => new Uint8Array(15)));
        expect(error.code).to.equal('InvalidInput');
      });
    });
  }

  it('needs no kernel: it loads one', async () => {
    expect(refused(await checkProofs(key, claims))).to.deep.equal([]);
  });
});
