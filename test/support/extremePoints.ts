/**
 * Points of the two curves whose coordinates are extreme in the kernel's limbs, where a bound that is wrong would show.
 * @module
 */
import { bn254 } from '@noble/curves/bn254';
import { concat, MODULUS, toBytes, type GroupName } from './groups.ts';

const { Fp, Fp2 } = bn254.fields;

/** Points with extreme limbs in Montgomery form, in both builds' radices: those of them that are on the curve. */
export function extremePoints(name: GroupName): Uint8Array[] {
  const points: Uint8Array[] = [];
  for (const radix of [1n << 255n, 1n << 261n])
    for (const limbs of extremes()) {
      const x = Fp.div(limbs % MODULUS, radix % MODULUS);
      const point = name === 'g1' ? liftG1(x) : liftG2(x, Fp.neg(x));
      if (point !== undefined) points.push(point);
    }
  return points;
}

function extremes(): readonly bigint[] {
  const half = (MODULUS - 1n) / 2n;
  const ones = [51n, 102n, 153n, 204n, 29n, 58n, 232n].map((bits) => (1n << bits) - 1n);
  const alternating = [
    ((1n << 51n) - 1n) * (1n + (1n << 102n)),
    (1n << 50n) * (1n + (1n << 51n) + (1n << 102n) + (1n << 153n)),
  ];
  return [1n, MODULUS - 1n, half, half + 1n, half - 1n, ...ones, ...alternating].flatMap(
    (value) => [value, MODULUS - value, half + value],
  );
}

function liftG1(x: bigint): Uint8Array | undefined {
  try {
    return concat([x, Fp.sqrt(Fp.add(Fp.pow(x, 3n), 3n))].map(toBytes));
  } catch {
    return undefined;
  }
}

function liftG2(re: bigint, im: bigint): Uint8Array | undefined {
  const x = Fp2.fromBigTuple([re, im]);
  const twist = Fp2.div(Fp2.fromBigTuple([3n, 0n]), Fp2.fromBigTuple([9n, 1n]));
  try {
    const y = Fp2.sqrt(Fp2.add(Fp2.pow(x, 3n), twist));
    return concat([x.c0, x.c1, y.c0, y.c1].map(toBytes));
  } catch {
    return undefined;
  }
}
