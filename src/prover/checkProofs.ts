/**
 * Groth16 proofs over BN254, one or many in one pairing check. The equation of proof i is
 *
 *     e(A_i, B_i) = e(alpha, beta) e(L_i, gamma) e(C_i, delta),  L_i = IC_0 + sum over j of signal_ij IC_j.
 *
 * With coefficients c_i the equations are multiplied, each to the power c_i. What meets one and the same point of the key is
 * summed before it is paired, the signals as numbers mod r: with S = sum of c_i and s_j = sum of c_i signal_ij
 *
 *     product of e(c_i A_i, B_i) = e(S alpha, beta) e(S IC_0 + sum of s_j IC_j, gamma) e(sum of c_i C_i, delta),
 *
 * N + 3 Miller loops and one final exponentiation.
 *
 * - Soundness. Let all points be in the groups of order r. Then proof i is off by g^d_i, with g a generator of the target
 *   group and d_i = 0 exactly if it is valid, and the check asks whether the sum of c_i d_i is 0 mod r. c_0 is 1, the others
 *   are 128 random bits. Say one d_i isn't 0. If that is d_0 alone, the sum isn't 0. Otherwise take an i > 0 with d_i not 0:
 *   whatever the others are, at most one of the 2^128 values of c_i makes the sum 0, as two of them differ by less than the
 *   prime r. So a set with a wrong proof passes with probability 2^-128. N proofs take at most 2N sets until the wrong ones
 *   are found, so one is missed with probability at most 2N 2^-128: 2^-119 for the 256 that go together.
 * - A proof alone has the coefficient 1: no chance is left.
 * - Why the coefficients must be fresh, and drawn when the proofs are there: whoever knows them makes two wrong proofs whose
 *   errors cancel. That goes for those of a set that failed, too: its parts are checked with others.
 * - Why each B_i must be in the subgroup of order r: elsewhere on the twist, which has h r points, the loop computes no
 *   pairing. e(c A, B) needn't be e(A, B)^c there, so that nothing above follows, and a contract refuses such a proof. On G1
 *   every point but infinity has order r.
 * - Why signals must be below r: mod r an alias x + r proves what x proves, and a nullifier has one form only.
 * @module
 */
import { EligoError } from '../errors.ts';
import { loadKernel, type Kernel } from '../kernel/kernel.ts';
import { createPairing, type G1Point, type G2Point, type Pairing } from '../kernel/pairing.ts';
import {
  FIELD_ORDER,
  platformRandom,
  randomBytes,
  toField,
  toInteger,
  type RandomSource,
} from '../protocol/field.ts';
import { SIGNALS, toSignals, type Statement } from '../protocol/statement.ts';
import { BASE_FIELD_ORDER, checkProof, type Proof } from './proof.ts';
import { refuseForgeableKey, type VerifyingKey } from './verifyingKey.ts';

/** A proof, and what it is said to prove. */
export type Claimed = { readonly statement: Statement; readonly proof: Proof };

/** With what proofs are checked. */
export type CheckOptions = {
  /** The instance that reckons; one that this module keeps if left out. */
  readonly kernel?: Kernel | undefined;
  /** Where coefficients come from, for a test: whoever knows its bytes beforehand makes wrong proofs that pass together. */
  readonly random?: RandomSource | undefined;
};

/** A key as points. */
type Key = {
  readonly alpha: G1Point;
  readonly beta: G2Point;
  readonly gamma: G2Point;
  readonly delta: G2Point;
  readonly ic: readonly G1Point[];
};

/** A proof as points, with its signals and its place among those that were given. */
type Entry = {
  readonly place: number;
  readonly signals: readonly bigint[];
  readonly a: G1Point;
  readonly b: G2Point;
  readonly c: G1Point;
};

/** What is wrong with a proof; nothing if it is right. */
type Finding = EligoError | undefined;

/** How many proofs go together: more would take more memory, and save next to nothing. */
const TOGETHER = 256;

const COEFFICIENT_BYTES = 16;

const OUTSIDE = 'is outside the subgroup of order r';

let shared: Promise<Kernel> | undefined;

/**
 * Says what is wrong with each of some proofs, in their order. It answers and doesn't throw, whatever the key and the proofs
 * are. A wrong proof costs about a check of all of them for each halving until it stands alone.
 * @returns for each proof nothing, `InvalidProof` or, for all of them, `InsecureKey`
 * @throws what `random` throws, or the engine that can't run the kernel
 */
export async function checkProofs(
  verifyingKey: VerifyingKey,
  claimed: readonly Claimed[],
  { kernel, random = platformRandom }: CheckOptions = {},
): Promise<readonly Finding[]> {
  const pairing = createPairing(kernel ?? (await (shared ??= loadKernel())));
  const findings: Finding[] = claimed.map(() => undefined);
  const key = attempt(() => readKey(pairing, verifyingKey), 'the verifying key is malformed');
  if (key instanceof EligoError) return findings.fill(key);
  const entries: Entry[] = [];
  claimed.forEach((claim, place) => {
    const entry = attempt(() => readEntry(pairing, claim, place), 'the proof is malformed');
    if (entry instanceof EligoError) findings[place] = entry;
    else entries.push(entry);
  });
  for (let from = 0; from < entries.length; from += TOGETHER) {
    const together = entries.slice(from, from + TOGETHER);
    for (const { place, reason } of judge({ pairing, key, random }, together))
      findings[place] = invalidProof(reason);
  }
  return findings;
}

/** What is refused among some proofs: all at once; if that fails, the halves. */
function judge(
  by: { readonly pairing: Pairing; readonly key: Key; readonly random: RandomSource },
  entries: readonly Entry[],
): readonly { readonly place: number; readonly reason: string }[] {
  if (entries.length === 0) return [];
  const coefficients = drawCoefficients(entries.length, by.random);
  const { holds, outside } = by.pairing.checkPairings(pairsOf(by, entries, coefficients));
  if (holds) return [];
  const isOutside = (i: number): boolean => outside.includes(i);
  // The proofs' pairs are the first, the key's the last.
  if (outside.some((i) => i >= entries.length))
    return entries.map(({ place }) => ({ place, reason: `a point of the key ${OUTSIDE}` }));
  if (outside.length > 0) {
    const named = entries.filter((_, i) => isOutside(i));
    return [
      ...named.map(({ place }) => ({ place, reason: `B ${OUTSIDE}` })),
      ...judge(
        by,
        entries.filter((_, i) => !isOutside(i)),
      ),
    ];
  }
  const [first] = entries;
  if (first && entries.length === 1)
    return [{ place: first.place, reason: 'the proof does not prove this statement' }];
  const middle = Math.ceil(entries.length / 2);
  return [...judge(by, entries.slice(0, middle)), ...judge(by, entries.slice(middle))];
}

/** 1, then numbers of 128 bits that nobody can guess. */
function drawCoefficients(count: number, random: RandomSource): readonly bigint[] {
  return Array.from({ length: count }, (_, i) =>
    i === 0
      ? 1n
      : randomBytes(random, COEFFICIENT_BYTES).reduce(
          (sum, byte) => (sum << 8n) | BigInt(byte),
          0n,
        ),
  );
}

/** The pairs whose product is 1 if all proofs are right: a pair for each proof, then the key's three, negated. */
function pairsOf(
  { pairing, key }: { readonly pairing: Pairing; readonly key: Key },
  entries: readonly Entry[],
  coefficients: readonly bigint[],
) {
  const weighted = (values: readonly bigint[]): bigint =>
    values.reduce((sum, value, i) => sum + value * (coefficients[i] ?? 0n), 0n) % FIELD_ORDER;
  const total = weighted(entries.map(() => 1n));
  const signals = SIGNALS.map((_, j) => weighted(entries.map((entry) => entry.signals[j] ?? 0n)));
  const scaled = pairing.multiples(
    entries.map(({ a }) => a),
    coefficients,
  );
  const c = pairing.sum(
    entries.map((entry) => entry.c),
    coefficients,
  );
  return [
    ...entries.map(({ b }, i) => ({ g1: scaled[i] ?? ([0n, 0n] as const), g2: b })),
    { g1: negate(pairing.sum([key.alpha], [total])), g2: key.beta },
    { g1: negate(pairing.sum(key.ic, [total, ...signals])), g2: key.gamma },
    { g1: negate(c), g2: key.delta },
  ];
}

function negate([x, y]: G1Point): G1Point {
  return [x, y === 0n ? 0n : BASE_FIELD_ORDER - y];
}

/** @throws {InsecureKey} @throws {InvalidProof} for what is no point of its curve @throws whatever a malformed key brings */
function readKey(pairing: Pairing, key: VerifyingKey): Key {
  refuseForgeableKey(key);
  if (key.IC.length !== SIGNALS.length + 1)
    throw invalidProof(`the verifying key must have ${SIGNALS.length + 1} points for signals`);
  return {
    alpha: readG1(pairing, key.vk_alpha_1, 'alpha'),
    beta: readG2(pairing, key.vk_beta_2, 'beta'),
    gamma: readG2(pairing, key.vk_gamma_2, 'gamma'),
    delta: readG2(pairing, key.vk_delta_2, 'delta'),
    ic: key.IC.map((point, i) => readG1(pairing, point, `IC[${i}]`)),
  };
}

/** @throws {InvalidInput} @throws {InvalidProof} @throws whatever a malformed statement brings */
function readEntry(pairing: Pairing, { statement, proof }: Claimed, place: number): Entry {
  const { pi_a, pi_b, pi_c } = checkProof(proof);
  return {
    place,
    signals: toSignals(statement).map((signal, i) => toField(signal, SIGNALS[i] ?? 'signal')),
    a: readG1(pairing, pi_a, 'A'),
    b: readG2(pairing, pi_b, 'B'),
    c: readG1(pairing, pi_c, 'C'),
  };
}

function readG1(pairing: Pairing, [x, y, z]: readonly string[], name: string): G1Point {
  const point = [readCoordinate(x, name), readCoordinate(y, name)] as const;
  if (z !== '1' || !pairing.isG1(point)) throw invalidProof(`${name} is no point of the curve`);
  return point;
}

function readG2(pairing: Pairing, parts: readonly (readonly string[])[], name: string): G2Point {
  const [x, y, z] = parts;
  const point = [
    ...([readCoordinate(x?.[0], name), readCoordinate(x?.[1], name)] as const),
    ...([readCoordinate(y?.[0], name), readCoordinate(y?.[1], name)] as const),
  ] as const;
  if (z?.join() !== '1,0' || !pairing.isOnTwist(point))
    throw invalidProof(`${name} is no point of the twist`);
  return point;
}

function readCoordinate(value: string | undefined, name: string): bigint {
  return toInteger(value, name, BASE_FIELD_ORDER - 1n);
}

/** What some reading gives, or why it doesn't. */
function attempt<T>(read: () => T, otherwise: string): T | EligoError {
  try {
    return read();
  } catch (error) {
    if (error instanceof EligoError && error.code !== 'InvalidInput') return error;
    return new EligoError('InvalidProof', otherwise, {}, error);
  }
}

function invalidProof(reason: string): EligoError {
  return new EligoError('InvalidProof', reason);
}
