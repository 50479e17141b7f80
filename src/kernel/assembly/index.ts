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
