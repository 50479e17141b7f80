/**
 * A Groth16 key whose trapdoor is known, and with it a proof of any statement: what a prover can't give, contracts'
 * tests get without one, and the pairing that judges it is the real one.
 *
 * With alpha = a·G1, beta = b·G2, gamma = c·G2, delta = d·G2 and L = l·G1, whoever knows the scalars takes any u and v
 * and answers A = u·G1, B = v·G2, C = (u·v - a·b - l·c) / d · G1.
 * @module
 */
import { bn254 } from '@noble/curves/bn254';
import type { Proof } from '../../src/prover/proof.ts';
import { renderVerifyingKey } from '../../src/prover/solidityKey.ts';
import type { VerifyingKey } from '../../src/prover/verifyingKey.ts';

const Fr = bn254.fields.Fr;
const { G1, G2 } = bn254;

/** The secrets of the test key; any numbers would do. */
export const TRAPDOOR = {
  alpha: 11n,
  beta: 13n,
  gamma: 1n,
  delta: 17n,
  ic: [19n, 23n, 29n, 31n, 37n, 41n],
};

/** A proof as the contracts take it. */
export type ProofWords = readonly [bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint];

/** The key of some secrets, in snarkjs' shape. */
export function trapdoorKey(secrets = TRAPDOOR): VerifyingKey {
  return {
    protocol: 'groth16',
    curve: 'bn128',
    nPublic: secrets.ic.length - 1,
    vk_alpha_1: g1Json(secrets.alpha),
    vk_beta_2: g2Json(secrets.beta),
    vk_gamma_2: g2Json(secrets.gamma),
    vk_delta_2: g2Json(secrets.delta),
    IC: secrets.ic.map(g1Json),
  };
}

/** The key as Solidity, marked as one for development. */
export function trapdoorKeySource(): string {
  return renderVerifyingKey(trapdoorKey(), { insecureDev: true });
}

/**
 * A proof of these five signals.
 * @param u any scalar but 0: another one gives another proof of the same statement
 */
export function simulateProof(signals: readonly bigint[], u = 101n, v = 103n): ProofWords {
  const { alpha, beta, gamma, delta, ic } = TRAPDOOR;
  const l = signals.reduce(
    (sum, signal, i) => Fr.add(sum, Fr.mul(Fr.create(signal), ic[i + 1]!)),
    ic[0]!,
  );
  const rest = Fr.sub(Fr.mul(u, v), Fr.add(Fr.mul(alpha, beta), Fr.mul(l, gamma)));
  const c = Fr.div(rest, delta);
  return [...g1Words(u), ...g2Words(v), ...g1Words(c)];
}

/** The words of a contract's proof in snarkjs' shape. */
export function toProof(words: ProofWords): Proof {
  const [ax, ay, bx1, bx0, by1, by0, cx, cy] = words.map(String) as unknown as readonly [
    ...[string, string, string, string, string, string, string, string],
  ];
  return {
    ...{ protocol: 'groth16', curve: 'bn128' },
    pi_a: [ax, ay, '1'],
    pi_b: [
      [bx0, bx1],
      [by0, by1],
      ['1', '0'],
    ],
    pi_c: [cx, cy, '1'],
  };
}

/** The coordinates of a multiple of G1's generator. */
export function g1Words(scalar: bigint): readonly [bigint, bigint] {
  const { x, y } = G1.ProjectivePoint.BASE.multiply(scalar).toAffine();
  return [x, y];
}

/** The coordinates of a multiple of G2's generator, in EIP-197's order. */
export function g2Words(scalar: bigint): readonly [bigint, bigint, bigint, bigint] {
  const { x, y } = G2.ProjectivePoint.BASE.multiply(scalar).toAffine();
  return [x.c1, x.c0, y.c1, y.c0];
}

function g1Json(scalar: bigint): readonly string[] {
  return [...g1Words(scalar).map(String), '1'];
}

function g2Json(scalar: bigint): readonly (readonly string[])[] {
  const [x1, x0, y1, y0] = g2Words(scalar).map(String) as [string, string, string, string];
  return [
    [x0, x1],
    [y0, y1],
    ['1', '0'],
  ];
}
