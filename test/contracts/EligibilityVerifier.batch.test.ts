/**
 * verifyBatch of EligibilityVerifier and libraries/Groth16: many proofs in one pairing check. A batch is what its proofs
 * are one by one, whatever is wrong with one of them, and errors that would cancel don't.
 */
import { randomInt } from 'node:crypto';
import { bn254 } from '@noble/curves/bn254';
import { expect } from 'chai';
import {
  concatHex,
  encodeFunctionData,
  keccak256,
  numberToHex,
  parseAbi,
  size,
  sliceHex,
  type Hex,
} from 'viem';
import { eligibilityVerifierAbi } from '../../src/chain/abis.ts';
import { FIELD_ORDER } from '../../src/protocol/field.ts';
import { startAnvil, type Anvil } from '../support/anvil.ts';
import { signalsOf, type Claim, type ContractStatement } from '../support/campaigns.ts';
import { deploy, expectRevert, handle, testContracts } from '../support/contracts.ts';
import { Q, brokenProofs, withWord } from '../support/proofs.ts';
import { g1Words, g2Words, simulateProof, TRAPDOOR, type ProofWords } from '../support/trapdoor.ts';

const { Fr } = bn254.fields;
const EC_MUL = '0x0000000000000000000000000000000000000007';
const EC_PAIRING = '0x0000000000000000000000000000000000000008';

const CLAIM_TYPES = [
  'struct Statement { uint256 nullifier; uint256 root; uint256 policy; uint96 disclosed; uint32 shown; uint40 checkedAt; uint256 context; }',
  'struct Claim { Statement statement; uint256[8] proof; }',
] as const;
const harnessAbi = parseAbi([
  ...CLAIM_TYPES,
  'function verifyOne(Claim claim) view returns (bool valid, uint256 gasUsed)',
  'function verifyPicked(Claim[] claims, uint256[] picked) view returns (bool valid, uint256 gasUsed)',
]);
const plainAbi = parseAbi([
  ...CLAIM_TYPES,
  'function verifyWith(Claim[] claims, uint256[] coefficients) view returns (bool)',
]);

/** A statement whose signals are near the top of the field, another one for each number. */
function statementOf(number: number): ContractStatement {
  const top = FIELD_ORDER - BigInt(number);
  return {
    nullifier: top - 1n,
    root: top - 1_000n,
    policy: top - 2_000n,
    disclosed: 2n ** 96n - 1n - BigInt(number),
    shown: number,
    checkedAt: 60 * (number + 1),
    context: top - 3_000n,
  };
}

/** Claims that are all valid, each with a proof of its own scalars. */
function makeClaims(count: number): Claim[] {
  return Array.from({ length: count }, (_, i) => {
    const statement = statementOf(i);
    return { statement, proof: simulateProof(signalsOf(statement), 101n + BigInt(i), 103n) };
  });
}

function withProof(claims: readonly Claim[], index: number, proof: ProofWords): Claim[] {
  return claims.map((claim, i) => (i === index ? { ...claim, proof } : claim));
}

function withStatement(
  claims: readonly Claim[],
  index: number,
  changes: Partial<ContractStatement>,
): Claim[] {
  return claims.map((claim, i) =>
    i === index ? { ...claim, statement: { ...claim.statement, ...changes } } : claim,
  );
}

/** The proof with C moved by a multiple of the generator: points still, and wrong by that much. */
function withErrorInC(proof: ProofWords, error: bigint): ProofWords {
  const { G1 } = bn254;
  const c = G1.ProjectivePoint.fromAffine({ x: proof[6], y: proof[7] });
  const { x, y } = c.add(G1.ProjectivePoint.BASE.multiply(Fr.create(error))).toAffine();
  return withWord(withWord(proof, 6, x), 7, y);
}

/** The first of two claims gets C of the second, and the other way about. */
function withSwappedC(claims: readonly Claim[], i: number, j: number): Claim[] {
  const take = (to: Claim, from: Claim): ProofWords =>
    withWord(withWord(to.proof, 6, from.proof[6]), 7, from.proof[7]);
  const swapped = withProof(claims, i, take(claims[i]!, claims[j]!));
  return withProof(swapped, j, take(claims[j]!, claims[i]!));
}

/** What the coefficients after the first must be, by the definition. */
function coefficientsOf(claims: readonly Claim[]): readonly bigint[] {
  const data = encodeFunctionData({
    abi: harnessAbi,
    functionName: 'verifyPicked',
    args: [claims, []],
  });
  // Selector, two offsets; then the array begins with its length.
  const words = sliceHex(data, 4 + 0x60, 4 + 0x60 + claims.length * 0x1e0);
  const seed = keccak256(words);
  return claims.map((_, i) =>
    i === 0 ? 1n : BigInt(keccak256(concatHex([seed, numberToHex(i, { size: 32 })]))) >> 128n,
  );
}

type Call = { readonly to?: Hex; readonly input: Hex; readonly calls?: readonly Call[] };
type TraceCall = {
  Method: 'debug_traceCall';
  Parameters: readonly [object, 'latest', { readonly tracer: 'callTracer' }];
  ReturnType: Call;
};

describe('EligibilityVerifier, verifyBatch', () => {
  let anvil: Anvil;
  let folder: string;
  before(async () => {
    anvil = await startAnvil();
    folder = await testContracts();
  });
  after(() => anvil.stop());

  const makeVerifier = async () =>
    handle(anvil, await deploy(anvil, folder, 'EligibilityVerifier'), eligibilityVerifierAbi);
  const makeHarness = async () =>
    handle(anvil, await deploy(anvil, folder, 'BatchHarness'), harnessAbi);
  const makePlain = async () => handle(anvil, await deploy(anvil, folder, 'PlainBatch'), plainAbi);

  /** The calls of precompiles that a call with this data makes. */
  async function trace(to: Hex, data: Hex): Promise<readonly Call[]> {
    const root = await anvil.client.request<TraceCall>({
      method: 'debug_traceCall',
      params: [{ to, data }, 'latest', { tracer: 'callTracer' }],
    });
    return root.calls ?? [];
  }

  describe('given valid claims', () => {
    for (const count of [1, 2, 16, 64]) {
      it(`is true of ${count}`, async () => {
        const { read } = await makeVerifier();
        expect(await read.verifyBatch([makeClaims(count)])).to.equal(true);
      });
    }

    it("is true of the same claim twice: nullifiers are the gate's business", async () => {
      const { read } = await makeVerifier();
      const [claim] = makeClaims(1) as [Claim];
      expect(await read.verifyBatch([[claim, claim]])).to.equal(true);
    });

    it('is true of a re-randomised proof: A times k, B by k, the same C (S3)', async () => {
      const { read } = await makeVerifier();
      const claims = makeClaims(3);
      const k = 7n;
      const [a, b] = [Fr.mul(102n, k), Fr.div(103n, k)];
      const { proof } = claims[1]!;
      const other: ProofWords = [...g1Words(a), ...g2Words(b), proof[6], proof[7]];
      expect(other).to.not.deep.equal(proof);
      expect(await read.verifyBatch([claims])).to.equal(true);
      expect(await read.verifyBatch([withProof(claims, 1, other)])).to.equal(true);
    });

    it('makes one pairing call, of N + 3 pairs', async () => {
      const { address } = await makeVerifier();
      for (const count of [1, 2, 16]) {
        const args = [makeClaims(count)] as const;
        const data = encodeFunctionData({
          abi: eligibilityVerifierAbi,
          functionName: 'verifyBatch',
          args,
        });
        const pairings = (await trace(address, data)).filter(({ to }) => to === EC_PAIRING);
        expect(pairings.map(({ input }) => size(input))).to.deep.equal([192 * (count + 3)]);
      }
    });
  });

  describe('when one proof is wrong', () => {
    for (let place = 0; place < 16; place += 1) {
      it(`is false: number ${place} of 16`, async () => {
        const { read } = await makeVerifier();
        const claims = makeClaims(16);
        const wrong = withErrorInC(claims[place]!.proof, 1n);
        expect(await read.verifyBatch([claims])).to.equal(true);
        expect(await read.verifyBatch([withProof(claims, place, wrong)])).to.equal(false);
      });
    }

    it('is false where the proof is of another statement', async () => {
      const { read } = await makeVerifier();
      const claims = makeClaims(3);
      expect(await read.verifyBatch([claims])).to.equal(true);
      for (const field of ['nullifier', 'root', 'policy', 'disclosed', 'context'] as const) {
        const changes = { [field]: claims[1]!.statement[field] - 1n };
        expect(await read.verifyBatch([withStatement(claims, 1, changes)]), field).to.equal(false);
      }
      for (const changes of [{ shown: 9 }, { checkedAt: 6_000 }]) {
        expect(await read.verifyBatch([withStatement(claims, 1, changes)])).to.equal(false);
      }
    });

    it('is false where the proof is infinity', async () => {
      const { read } = await makeVerifier();
      const claims = makeClaims(2);
      expect(await read.verifyBatch([claims])).to.equal(true);
      const infinity: ProofWords = [0n, 0n, 0n, 0n, 0n, 0n, 0n, 0n];
      for (const place of [0, 1]) {
        expect(await read.verifyBatch([withProof(claims, place, infinity)])).to.equal(false);
      }
    });
  });

  describe('when errors would cancel in a plain product', () => {
    const ones = (claims: readonly Claim[]): readonly bigint[] => claims.map(() => 1n);
    const claims = makeClaims(4);
    const { delta, gamma, ic } = TRAPDOOR;
    // A signal that is one too small makes L too small by IC_j; the other claim's C makes up for it.
    const madeUp = Fr.div(Fr.mul(ic[1]!, gamma), delta);
    const cases: Record<string, Claim[]> = {
      'C swapped between the first two': withSwappedC(claims, 0, 1),
      'C swapped between the last two': withSwappedC(claims, 2, 3),
      'C off by 5 and by -5': withProof(
        withProof(claims, 1, withErrorInC(claims[1]!.proof, 5n)),
        2,
        withErrorInC(claims[2]!.proof, -5n),
      ),
      'the statements of two swapped': claims.map((claim, i) => ({
        ...claim,
        statement: claims[i === 0 ? 3 : i === 3 ? 0 : i]!.statement,
      })),
      'a nullifier off by 1, made up for by another C': withProof(
        withStatement(claims, 0, { nullifier: claims[0]!.statement.nullifier - 1n }),
        1,
        withErrorInC(claims[1]!.proof, madeUp),
      ),
    };
    for (const [name, wrong] of Object.entries(cases)) {
      it(`is false: ${name}`, async () => {
        const [{ read }, plain] = [await makeVerifier(), await makePlain()];
        expect(await read.verifyBatch([claims])).to.equal(true);
        expect(await read.verifyBatch([wrong])).to.equal(false);
        // The planted bug: the same equation with coefficients that are all one.
        expect(await plain.read.verifyWith([wrong, ones(wrong)])).to.equal(true);
        expect(await plain.read.verifyWith([wrong, coefficientsOf(wrong)])).to.equal(false);
      });
    }
  });

  describe('when a claim is malformed', () => {
    for (const field of ['nullifier', 'root', 'policy', 'context'] as const) {
      for (const times of [1n, 2n]) {
        it(`reverts: ${field} + ${times}r (S2)`, async () => {
          const [{ read }, harness] = [await makeVerifier(), await makeHarness()];
          const claims = makeClaims(3);
          const alias = claims[1]!.statement[field] + times * FIELD_ORDER;
          const aliased = withStatement(claims, 1, { [field]: alias });
          expect(await read.verifyBatch([claims])).to.equal(true);
          await expectRevert(read.verifyBatch([aliased]), 'SignalOutOfRange', [field, alias]);
          // The pairing alone would accept it.
          expect((await harness.read.verifyPicked([aliased, [0n, 1n, 2n]]))[0]).to.equal(true);
        });
      }
    }

    for (const place of [0, 1]) {
      for (const [name, words] of Object.entries(brokenProofs(makeClaims(2)[place]!.proof))) {
        it(`reverts: ${name}, in claim ${place}`, async () => {
          const { read } = await makeVerifier();
          const claims = makeClaims(2);
          expect(await read.verifyBatch([claims])).to.equal(true);
          await expectRevert(read.verifyBatch([withProof(claims, place, words)]), 'InvalidProof');
        });
      }
    }

    for (const [word, bits] of [
      [3, 96n],
      [4, 32n],
      [5, 40n],
    ] as const) {
      it(`reverts: word ${word} of a statement has a bit above its ${bits}`, async () => {
        const { address } = await makeHarness();
        const claims = makeClaims(2);
        const data = encodeFunctionData({
          abi: harnessAbi,
          functionName: 'verifyPicked',
          args: [claims, [0n, 1n]],
        });
        const at = 4 + 0x60 + 0x1e0 + 32 * word;
        const dirty = BigInt(sliceHex(data, at, at + 32)) | (1n << bits);
        const changed = concatHex([
          sliceHex(data, 0, at),
          numberToHex(dirty, { size: 32 }),
          sliceHex(data, at + 32),
        ]);
        const answer = (sent: Hex): Promise<unknown> =>
          anvil.client.call({ to: address, data: sent }).then(
            ({ data: given }) => BigInt(sliceHex(given!, 0, 32)),
            () => 'reverted',
          );
        expect(await answer(data)).to.equal(1n);
        expect(await answer(changed)).to.equal('reverted');
      });
    }
  });

  describe('when the call data is no batch', () => {
    const args = [makeClaims(2)] as const;
    const verifyWith = async (dataSuffix?: Hex): Promise<boolean> => {
      const { address } = await makeVerifier();
      const call = {
        address,
        abi: eligibilityVerifierAbi,
        functionName: 'verifyBatch',
        args,
      } as const;
      const { result } = await anvil.client.simulateContract(
        dataSuffix ? { ...call, dataSuffix } : call,
      );
      return result;
    };

    it('reverts: nothing in it', async () => {
      const { read } = await makeVerifier();
      expect(await read.verifyBatch(args)).to.equal(true);
      await expectRevert(read.verifyBatch([[]]), 'EmptyBatch');
    });

    it('reverts: bytes after the last claim', async () => {
      expect(await verifyWith()).to.equal(true);
      const expected = BigInt(4 + 0x40 + 2 * 0x1e0);
      for (const tail of ['0x00', `0x${'00'.repeat(0x1e0)}`] as const) {
        const given = expected + BigInt(size(tail));
        await expectRevert(verifyWith(tail), 'TrailingBytes', [expected, given]);
      }
    });
  });

  describe('when gas is short', () => {
    for (const count of [1, 4]) {
      it(`reverts, and never answers false: ${count} claims`, async () => {
        const { address } = await makeVerifier();
        const args = [makeClaims(count)] as const;
        const verifyWith = (gas: bigint): Promise<unknown> =>
          anvil.client
            .simulateContract({
              address,
              abi: eligibilityVerifierAbi,
              functionName: 'verifyBatch',
              args,
              gas,
            })
            .then(({ result }) => result, String);
        const answers = new Set<unknown>();
        let starved = 0;
        for (let gas = 30_000n; gas <= 900_000n; gas += 10_000n) {
          const answer = await verifyWith(gas);
          answers.add(typeof answer === 'string' ? 'reverted' : answer);
          if (typeof answer === 'string' && answer.includes('InsufficientGas')) starved += 1;
        }
        expect([...answers]).to.deep.equal(['reverted', true]);
        expect(starved).to.be.greaterThan(20);
      });
    }
  });

  describe('given a selection', () => {
    const valid = makeClaims(5);
    const wrong = withProof(valid, 2, withErrorInC(valid[2]!.proof, 1n));

    it('reverts: it is empty', async () => {
      const { read } = await makeHarness();
      expect((await read.verifyPicked([valid, [0n]]))[0]).to.equal(true);
      const { abi, address } = await makeHarness();
      const withErrors = handle(anvil, address, [...abi, ...eligibilityVerifierAbi]);
      await expectRevert(withErrors.read.verifyPicked([valid, []]), 'EmptyBatch');
    });

    it('reverts: an index names no claim', async () => {
      const { read } = await makeHarness();
      expect((await read.verifyPicked([valid, [0n, 4n]]))[0]).to.equal(true);
      for (const index of [5n, 2n ** 256n - 1n]) {
        const answer = await read.verifyPicked([valid, [0n, index]]).then(String, () => 'reverted');
        expect(answer).to.equal('reverted');
      }
    });

    for (const picked of [[0n], [2n], [0n, 1n, 3n, 4n], [4n, 0n], [1n, 2n, 3n], [4n, 2n]]) {
      const within = picked.includes(2n);
      it(`${within ? 'heeds' : 'ignores'} a wrong claim ${within ? 'in' : 'out of'} it: ${picked.join()}`, async () => {
        const { read } = await makeHarness();
        expect((await read.verifyPicked([valid, picked]))[0]).to.equal(true);
        expect((await read.verifyPicked([wrong, picked]))[0]).to.equal(!within);
      });
    }

    it('takes its coefficients from all words of the claims in it, and from no others', async () => {
      const { address } = await makeHarness();
      const scalarsOf = async (claims: readonly Claim[], picked: readonly bigint[]) => {
        const data = encodeFunctionData({
          abi: harnessAbi,
          functionName: 'verifyPicked',
          args: [claims, picked],
        });
        const calls = (await trace(address, data)).filter(({ to }) => to === EC_MUL);
        // Two for each claim after the first, of A and of C.
        return calls
          .slice(0, 2 * picked.length - 2)
          .map(({ input }) => BigInt(sliceHex(input, 64, 96)));
      };
      const expected = (claims: readonly Claim[], picked: readonly bigint[]) =>
        coefficientsOf(picked.map((i) => claims[Number(i)]!))
          .slice(1)
          .flatMap((coefficient) => [coefficient, coefficient]);

      const seen = new Set<bigint>();
      const some = [0n, 1n, 3n];
      for (const picked of [[0n, 1n, 2n, 3n, 4n], some, [3n, 1n, 0n]]) {
        const scalars = await scalarsOf(valid, picked);
        expect(scalars).to.deep.equal(expected(valid, picked));
        seen.add(scalars[0]!);
      }
      expect(seen.size).to.equal(3);
      // One word of one claim changes all of them, whether it is of the first or of the last.
      const { proof } = valid[3]!;
      for (const changed of [
        withStatement(valid, 0, { nullifier: 1n }),
        withProof(valid, 3, withWord(proof, 7, Q - proof[7])),
      ]) {
        const scalars = await scalarsOf(changed, some);
        expect(scalars).to.deep.equal(expected(changed, some));
        seen.add(scalars[0]!);
      }
      expect(seen.size).to.equal(5);
      // A claim outside the selection changes nothing.
      expect(await scalarsOf(wrong, some)).to.deep.equal(await scalarsOf(valid, some));
    });
  });

  describe('given random batches', () => {
    it('says what the proofs say one by one, and what the definition says', async () => {
      const [harness, plain] = [await makeHarness(), await makePlain()];
      const seed = BigInt(randomInt(2 ** 40));
      console.log(`      seed ${seed}`);
      let state = seed;
      const draw = (below: number): number => {
        state = BigInt(keccak256(numberToHex(state, { size: 32 })));
        return Number(state % BigInt(below));
      };
      for (let round = 0; round < 12; round += 1) {
        const claims = makeClaims(1 + draw(6)).map((claim) => {
          const spoiled = draw(6) === 0;
          return spoiled
            ? { ...claim, proof: withErrorInC(claim.proof, 1n + BigInt(draw(99))) }
            : claim;
        });
        const each = await Promise.all(claims.map((claim) => harness.read.verifyOne([claim])));
        const all = each.every(([valid]) => valid);
        const picked = claims.map((_, i) => BigInt(i));
        const [valid] = await harness.read.verifyPicked([claims, picked]);
        expect(valid, `round ${round}`).to.equal(all);
        expect(await plain.read.verifyWith([claims, coefficientsOf(claims)])).to.equal(all);
      }
    });
  });

  it('costs at most what it promises', async () => {
    const { read } = await makeHarness();
    const cost = async (count: number): Promise<bigint> => {
      const picked = Array.from({ length: count }, (_, i) => BigInt(i));
      return (await read.verifyPicked([makeClaims(count), picked]))[1];
    };
    const fixed = 45_000n + 3n * 34_000n + 7n * 6_000n;
    expect(Number((await cost(64)) - fixed) / 64).to.be.lessThan(47_500);
    expect(Number((await read.verifyOne([makeClaims(1)[0]!]))[1])).to.be.lessThan(214_500);
  });
});
