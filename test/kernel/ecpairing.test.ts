/**
 * The kernel's pairing beside the precompile 0x08 of a chain (EIP-197): on go-ethereum's vectors, and on what chance adds.
 */
import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import type { Hex } from 'viem';
import { bn254 } from '@noble/curves/bn254';
import { loadKernel } from '../../src/kernel/kernel.ts';
import { createPairing, type Pair, type Pairing } from '../../src/kernel/pairing.ts';
import { startAnvil, type Anvil } from '../support/anvil.ts';
import { makeRandom, seedOf } from '../support/circuits/random.ts';
import { onTwist, ofSmallOrder, toG2 } from '../support/twist.ts';

type Vector = { readonly name: string; readonly input: Hex; readonly holds: boolean };

const SEED = seedOf(198);
const PRECOMPILE = '0x0000000000000000000000000000000000000008';
const PAIR = 192;
const { vectors } = JSON.parse(
  await readFile(new URL('../support/kernel/ecpairing.json', import.meta.url), 'utf8'),
) as { readonly vectors: readonly Vector[] };

const p = bn254.fields.Fp.ORDER;
const r = bn254.fields.Fr.ORDER;

/** Words of 32 bytes, big-endian: x, y, then each coordinate of G2 with its imaginary part first. */
function toPairs(input: Hex): readonly Pair[] {
  const words = (input.slice(2).match(/.{64}/g) ?? []).map((word) => BigInt(`0x${word}`));
  return Array.from({ length: words.length / 6 }, (_, i) => {
    const [x, y, xi, xr, yi, yr] = words.slice(6 * i, 6 * i + 6) as [
      ...[bigint, bigint, bigint, bigint, bigint, bigint],
    ];
    return { g1: [x, y], g2: [xr, xi, yr, yi] };
  });
}

function toInput(pairs: readonly Pair[]): Hex {
  const words = pairs.flatMap(({ g1: [x, y], g2: [xr, xi, yr, yi] }) => [x, y, xi, xr, yi, yr]);
  return `0x${words.map((word) => word.toString(16).padStart(64, '0')).join('')}`;
}

/** What the kernel says of an input; undefined where it refuses it, as the precompile then fails. */
function verdictOf(pairing: Pairing, pairs: readonly Pair[]): boolean | undefined {
  try {
    const { holds, outside } = pairing.checkPairings(pairs);
    return outside.length > 0 ? undefined : holds;
  } catch {
    return undefined;
  }
}

describe(`kernel/pairing beside the precompile of a chain (seed ${SEED})`, () => {
  let chain: Anvil;
  before(async () => {
    chain = await startAnvil();
  });
  after(() => chain.stop());

  /** What the chain says; undefined where the call fails. Not by viem, which asks again and again for what fails. */
  async function precompile(input: Hex): Promise<boolean | undefined> {
    const params = [{ to: PRECOMPILE, data: input }, 'latest'];
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_call', params });
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(chain.url, { method: 'POST', headers, body });
    const answer = (await response.json()) as { result?: Hex; error?: { message: string } };
    if (answer.result !== undefined) return BigInt(answer.result) === 1n;
    expect(answer.error?.message).to.match(/precompile/i);
    return undefined;
  }

  it('the vectors are what the chain says of them', async () => {
    expect(vectors.map(({ name }) => name)).to.include.members(['jeff1', 'jeff6', 'empty_data']);
    for (const { name, input, holds } of vectors) {
      expect((input.length - 2) % (2 * PAIR), name).to.equal(0);
      expect(toInput(toPairs(input)), name).to.equal(input);
      expect(await precompile(input), name).to.equal(holds);
    }
  });

  for (const build of ['fma', 'i64'] as const) {
    describe(build, () => {
      let pairing: Pairing;
      before(async () => {
        pairing = createPairing(await loadKernel(build));
      });

      for (const { name, input, holds } of vectors)
        it(`says ${holds} of ${name}`, () => {
          expect(verdictOf(pairing, toPairs(input))).to.equal(holds);
        });

      it('says what the chain says of the vectors with one number changed', async () => {
        const random = makeRandom(SEED);
        const seen = new Set<boolean | undefined>();
        for (const { name, input } of vectors.filter((vector) => vector.input.length > 2)) {
          const words = input.slice(2).match(/.{64}/g)!;
          const at = random.below(words.length);
          const word = BigInt(`0x${words[at]!}`);
          // The opposite point for every y; elsewhere another number, an alias or the modulus.
          for (const other of [(p - word) % p, word + p, p, word ^ 1n]) {
            const text = other.toString(16).padStart(64, '0');
            const changed: Hex = `0x${words.with(at, text).join('')}`;
            const expected = await precompile(changed);
            const what = `${name}, word ${at}, ${text}`;
            expect(verdictOf(pairing, toPairs(changed)), what).to.equal(expected);
            seen.add(expected);
          }
        }
        expect(seen).to.include(undefined);
      });

      it('says what the chain says of products by chance, infinity and points outside among them', async () => {
        const random = makeRandom(SEED + 1);
        const counts = new Map<boolean | undefined, number>();
        for (let round = 0; round < 24; round++) {
          const pairs = drawPairs(random, round % 3 === 0);
          const expected = await precompile(toInput(pairs));
          expect(verdictOf(pairing, pairs), `round ${round}`).to.equal(expected);
          counts.set(expected, (counts.get(expected) ?? 0) + 1);
        }
        expect([...counts.keys()]).to.have.members([true, false, undefined]);
      });
    });
  }

  /** A product that is 1 by construction as often as not; now and then with a pair that silences or spoils it. */
  function drawPairs(random: ReturnType<typeof makeRandom>, strange: boolean): readonly Pair[] {
    const scalar = (): bigint => (random.bits(256) % (r - 1n)) + 1n;
    const factors = Array.from(
      { length: 1 + random.below(4) },
      () => [scalar(), scalar()] as const,
    );
    const rest = factors.reduce((sum, [a, b]) => (sum + a * b) % r, 0n);
    const last = random.percent(50) ? r - rest : scalar();
    const pairs = [...factors, [last, 1n] as const].map(([a, b]) => ({ g1: g1(a), g2: g2(b) }));
    if (!strange) return pairs;
    const pair = random.pick<Pair>([
      { g1: [0n, 0n], g2: g2(scalar()) },
      { g1: g1(scalar()), g2: [0n, 0n, 0n, 0n] },
      { g1: g1(scalar()), g2: onTwist(random.bits(20)) },
      { g1: [0n, 0n], g2: ofSmallOrder() },
    ]);
    return pairs.toSpliced(random.below(pairs.length), 0, pair);
  }
});

function g1(scalar: bigint): Pair['g1'] {
  const { x, y } = bn254.G1.ProjectivePoint.BASE.multiply(scalar).toAffine();
  return [x, y];
}

function g2(scalar: bigint): Pair['g2'] {
  return toG2(bn254.G2.ProjectivePoint.BASE.multiply(scalar));
}
