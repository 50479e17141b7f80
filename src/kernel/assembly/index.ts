/**
 * What the module exports.
 */
export { allocate, mark, release } from './memory';
export {
  LANES,
  ELEMENT,
  VECTOR,
  mul as fpMul,
  mulSum as fpMulSum,
  sqr as fpSqr,
  invert as fpInvert,
  add as fpAdd,
  sub as fpSub,
  negate as fpNegate,
  reduce as fpReduce,
  join as fpJoin,
  split as fpSplit,
  negateIf as fpNegateIf,
  negateElement as fpNegateElement,
  unpack as fpUnpack,
  pack as fpPack,
  isCanonical as fpIsCanonical,
  isExact,
  ONE as FP_ONE,
  TO_MONTGOMERY as FP_TO_MONTGOMERY,
  TO_PLAIN as FP_TO_PLAIN,
} from './fp';
export {
  mul as frMul,
  mulSum as frMulSum,
  dot as frDot,
  sqr as frSqr,
  invert as frInvert,
  add as frAdd,
  sub as frSub,
  negate as frNegate,
  reduce as frReduce,
  join as frJoin,
  split as frSplit,
  negateIf as frNegateIf,
  negateElement as frNegateElement,
  unpack as frUnpack,
  pack as frPack,
  isCanonical as frIsCanonical,
  ONE as FR_ONE,
  TO_MONTGOMERY as FR_TO_MONTGOMERY,
  TO_PLAIN as FR_TO_PLAIN,
} from './fr';
export { mul as fp2Mul, sqr as fp2Sqr, invert as fp2Invert } from './fp2';
export { halve } from './glv';
export { loadKey as loadG1, loadPlain as loadPlainG1 } from './points.g1';
export { loadKey as loadG2, loadPlain as loadPlainG2 } from './points.g2';
export { msm as msmG1 } from './msm.g1';
export { msm as msmG2 } from './msm.g2';
export {
  addPoints as addG1,
  multiplyPoint as mulG1,
  negatePoint as negateG1,
  isOnCurve as isOnCurveG1,
  isInSubgroup as isInSubgroupG1,
} from './operations.g1';
export {
  addPoints as addG2,
  multiplyPoint as mulG2,
  negatePoint as negateG2,
  isOnCurve as isOnCurveG2,
  isInSubgroup as isInSubgroupG2,
} from './operations.g2';
export { decompressG1, decompressG2 } from './roots';
export { makeDomain, toCoset, toCosetFolded } from './fft';
export { loadMatrices, evaluateQuotient } from './qap';
export { reverseNumbers, countCanonical } from './bytes';
export { poseidonPrepare, poseidonHash } from './poseidon';
export {
  frobenius as fp12Frobenius,
  invert as fp12Invert,
  mul as fp12Mul,
  mulByLine as fp12MulByLine,
  sqr as fp12Sqr,
} from './fp12';
export { finalExponentiation } from './finalExponentiation';
export { multiplesG1, sumG1 } from './multiples';
export { checkPairings } from './pairing';
export { putNumbers, runPlan, takeNumbers } from './plan';
