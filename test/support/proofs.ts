/**
 * Proofs with one thing changed, for the verifier's tests.
 * @module
 */
import { bn254 } from '@noble/curves/bn254';
import type { ProofWords } from './trapdoor.ts';

/** The modulus of the base field. */
export const Q = bn254.fields.Fp.ORDER;

export function withWord(proof: ProofWords, index: number, word: bigint): ProofWords {
  return proof.map((old, i) => (i === index ? word : old)) as unknown as ProofWords;
}

/** What is wrong with a proof that isn't three points, by its name. */
export function brokenProofs(proof: ProofWords): Readonly<Record<string, ProofWords>> {
  const bad: Record<string, ProofWords> = {
    'A off the curve': withWord(proof, 1, proof[1] + 1n),
    'B off the curve': withWord(proof, 2, proof[2] + 1n),
    'C off the curve': withWord(proof, 7, proof[7] + 1n),
    'B outside the subgroup': [proof[0], proof[1], ...outsideSubgroup(), proof[6], proof[7]],
  };
  const names = ['A.x', 'A.y', 'B.x1', 'B.x0', 'B.y1', 'B.y0', 'C.x', 'C.y'];
  for (const [i, name] of names.entries()) {
    bad[`${name} = q`] = withWord(proof, i, Q);
    bad[`${name} + q`] = withWord(proof, i, proof[i]! + Q);
  }
  return bad;
}

/** A point of the twist that is on the curve and outside the subgroup of order r, in EIP-197's order. */
function outsideSubgroup(): readonly [bigint, bigint, bigint, bigint] {
  const { Fp2 } = bn254.fields;
  const b = bn254.G2.CURVE.b;
  for (let i = 1n; ; i += 1n) {
    const x = Fp2.create({ c0: i, c1: 0n });
    const square = Fp2.add(Fp2.mul(Fp2.sqr(x), x), b);
    if (!Fp2.eql(Fp2.pow(square, (Fp2.ORDER - 1n) / 2n), Fp2.ONE)) continue;
    const y = Fp2.sqrt(square);
    return [x.c1, x.c0, y.c1, y.c0];
  }
}
