/**
 * Additions in affine coordinates, many with one inversion: lambda = (yb - ya) / (xb - xa), x = lambda^2 - xa - xb,
 * y = lambda (xa - x) - ya, and the inverses of all differences come from the inverse of their product: six multiplications an
 * addition. Operands are references: a pointer to a point or to a table's entry, in whose lowest bits may be `ENDOMORPHISM`
 * (take the second x) and `MINUS` (take -y). Operands are never infinite.
 *
 * Bounds, in p. At rest everything is reduced: up to 0.51 in one summand (`i64`: 1.01). A difference of two that are is up to
 * 1.02 in two summands (5.01), and is always the second factor of a product whose first has one summand. What is taken away,
 * or negated in a product of the extension, is reduced or a product, so in `i64` up to 1.07 of the 4 that it may be; its
 * products are up to 1.07 everywhere. In `fma` a product is 0.378x + 0.627 for factors of x, so with one after the other:
 *
 *                                  G1                                    G2, where x is of two products
 *   PRODUCT * difference     1.03 = 0.378 * 1.03 * 1.02 + 0.627    reduced, of 2 * 0.51 * 1.02
 *   INVERSE * difference     1.03, likewise                        reduced, likewise
 *   INVERSE * products[k]    1.03, of 1.03 * 1.03                  0.83, of 2 * 0.51 * 0.51
 *   lambda                   1.03, of 1.03 * 1.02                  reduced, of 2 * 0.83 * 1.02
 *   lambda^2 - xa - xb       1.03 + 1.02 in three summands         0.83 + 1.02 in three summands: `reduce` takes 3.4 and three
 *   lambda (xa - x) - ya     1.03 + 0.51 in two summands           1.03 + 0.51 in two summands
 */
import * as f from './coordinate';
import { allocate } from './memory';
import { POINT, POINT_Y } from './points.curve';
import * as wide from './wide.curve';

export const MINUS: u32 = 1;
export const ENDOMORPHISM: u32 = 2;

/** Additions with one inversion. */
const SIZE: u32 = 2048;
const LANES: usize = wide.LANES;
const VECTORS: usize = SIZE / LANES;

/** For each addition: two references, and where the sum goes. For each vector: a difference, and the product of those before. */
let firsts: usize = 0, seconds: usize = 0, sums: usize = 0, differences: usize = 0, products: usize = 0;
/** What is special in an addition that has equal x: see `mend`. Unset in a batch without one. */
let kinds: usize = 0;
let pending: usize = 0;
/** Where the operands' y is. */
let operandY: usize = POINT_Y;
let hasInfinity = false;

const PRODUCT = memory.data(<i32>wide.VECTOR, 16), INVERSE = memory.data(<i32>wide.VECTOR, 16);
const XA = memory.data(<i32>wide.VECTOR, 16), XB = memory.data(<i32>wide.VECTOR, 16), XC = memory.data(<i32>wide.VECTOR, 16);
const YA = memory.data(<i32>wide.VECTOR, 16), T = memory.data(<i32>wide.VECTOR, 16), LAMBDA = memory.data(<i32>wide.VECTOR, 16);

/** Takes the memory that batches need; to be called before the others, and whenever that memory was given back. */
export function open(): void {
  firsts = allocate(3 * 4 * SIZE + SIZE);
  seconds = firsts + 4 * SIZE;
  sums = seconds + 4 * SIZE;
  kinds = sums + 4 * SIZE;
  differences = allocate(2 * VECTORS * wide.VECTOR);
  products = differences + VECTORS * wide.VECTOR;
  pending = 0;
  hasInfinity = false;
}

/** Says where the y of the operands from now on is. None may be pending. */
export function setOperandY(y: usize): void {
  operandY = y;
}

/** Asks for *sum = a + b. It is there after `flush`, and the operands must stay until then. */
export function add(a: u32, b: u32, sum: usize): void {
  enqueue(a, b, sum);
  if (pending == SIZE) flush();
}

/** Whether a sum since the last question was infinite. */
export function foundInfinity(): bool {
  const found = hasInfinity;
  hasInfinity = false;
  return found;
}

/** Makes all sums that were asked for. */
export function flush(): void {
  if (pending == 0) return;
  // Lanes that are left over: the last addition is made once more, with the same result in the same place.
  while (pending % LANES) {
    const last = 4 * (pending - 1);
    enqueue(load<u32>(firsts + last), load<u32>(seconds + last), load<u32>(sums + last));
  }
  const vectors = pending / LANES;
  subtractAll(vectors);
  multiplyAll(vectors);
  const isSpecial = wide.zeroLanes(PRODUCT) != 0;
  if (isSpecial) {
    for (let k: usize = 0; k < vectors; k++) mend(k);
    multiplyAll(vectors);
  }
  wide.invert(INVERSE, PRODUCT);
  for (let k = vectors; k-- > 0; ) addLanes(k, isSpecial);
  pending = 0;
}

function enqueue(a: u32, b: u32, sum: usize): void {
  store<u32>(firsts + 4 * pending, a);
  store<u32>(seconds + 4 * pending, b);
  store<u32>(sums + 4 * pending, sum);
  pending++;
}

function subtractAll(vectors: usize): void {
  for (let k: usize = 0; k < vectors; k++) {
    joinX(XA, firsts, k);
    joinX(XB, seconds, k);
    wide.sub(differences + k * wide.VECTOR, XB, XA);
  }
}

/** Products of the differences: `products[k]` of those before `k`, and PRODUCT of all, reduced. A product's first factor is, too. */
function multiplyAll(vectors: usize): void {
  wide.copy(PRODUCT, differences);
  wide.reduce(PRODUCT);
  for (let k: usize = 1; k < vectors; k++) {
    wide.copy(products + k * wide.VECTOR, PRODUCT);
    wide.mul(PRODUCT, PRODUCT, differences + k * wide.VECTOR);
  }
  wide.reduce(PRODUCT);
}

/** The additions of one vector. INVERSE is that of the product of the differences up to this one; then up to the one before. */
function addLanes(k: usize, isSpecial: bool): void {
  joinX(XA, firsts, k);
  joinX(XB, seconds, k);
  joinY(YA, firsts, k);
  joinY(T, seconds, k);
  wide.sub(T, T, YA);
  if (isSpecial) doubleLanes(k);
  if (k > 0) {
    wide.mulLoose(LAMBDA, INVERSE, products + k * wide.VECTOR);
    wide.mul(INVERSE, INVERSE, differences + k * wide.VECTOR);
    wide.mul(LAMBDA, LAMBDA, T);
  } else wide.mul(LAMBDA, INVERSE, T);
  wide.sqrLoose(XC, LAMBDA);
  wide.sub(XC, XC, XA);
  wide.sub(XC, XC, XB);
  wide.reduce(XC);
  wide.sub(XA, XA, XC);
  wide.mulLoose(T, LAMBDA, XA);
  wide.sub(T, T, YA);
  wide.reduce(T);
  splitSums(k, 0, XC, T);
  splitSums(k, LANES / 2, XC + f.VECTOR, T + f.VECTOR);
  if (isSpecial) clearLanes(k);
}

@inline
function sumOf(k: usize, lane: usize): usize {
  return load<u32>(sums + 4 * (k * LANES + lane));
}

@inline
function splitSums(k: usize, lane: usize, x: usize, y: usize): void {
  const first = sumOf(k, lane), second = sumOf(k, lane + f.LANES - 1);
  f.split(x, first, second);
  f.split(y, first + POINT_Y, second + POINT_Y);
}

/** The x of the operands of one wide vector. */
function joinX(r: usize, references: usize, k: usize): void {
  const at = references + 4 * LANES * k;
  joinXPair(r, at);
  joinXPair(r + f.VECTOR, at + 4 * f.LANES);
}

/** Of one vector: of two references, or of one that is both. */
@inline
function joinXPair(r: usize, at: usize): void {
  f.join(r, xOf(load<u32>(at)), xOf(load<u32>(at, 4 * (f.LANES - 1))));
}

function joinY(r: usize, references: usize, k: usize): void {
  const at = references + 4 * LANES * k;
  joinYPair(r, at);
  joinYPair(r + f.VECTOR, at + 4 * f.LANES);
}

@inline
function joinYPair(r: usize, at: usize): void {
  const a = load<u32>(at), b = load<u32>(at, 4 * (f.LANES - 1));
  f.join(r, (a & ~3) + operandY, (b & ~3) + operandY);
  f.negateIf(r, a & MINUS, b & MINUS);
}

@inline
function xOf(reference: u32): usize {
  return (reference & ~3) + ((reference >> 1) & 1) * f.ELEMENT;
}

/** What an addition is if its xa and xb are not equal, if a = b, and if a = -b. */
const ORDINARY: u8 = 0, DOUBLING: u8 = 1, CANCELLATION: u8 = 2;

/**
 * Where xa = xb, the difference becomes what lambda's denominator is instead: 2 ya if a = b (never 0, as no point has order
 * two), and 1 if a = -b.
 */
function mend(k: usize): void {
  const difference = differences + k * wide.VECTOR;
  const equal = wide.zeroLanes(difference);
  joinY(YA, firsts, k);
  joinY(T, seconds, k);
  wide.sub(T, T, YA);
  const doublings = equal & wide.zeroLanes(T);
  setKinds(k, equal, doublings);
  if (equal == 0) return;
  wide.add(T, YA, YA);
  wide.replaceLanes(difference, T, doublings);
  wide.setOne(T);
  wide.replaceLanes(difference, T, equal & ~doublings);
}

function setKinds(k: usize, equal: u32, doublings: u32): void {
  for (let lane: usize = 0; lane < LANES; lane++) {
    const kind = ((equal >> <u32>lane) & 1) == 0 ? ORDINARY : ((doublings >> <u32>lane) & 1) != 0 ? DOUBLING : CANCELLATION;
    store<u8>(kinds + k * LANES + lane, kind);
  }
}

@inline
function kindOf(k: usize, lane: usize): u8 {
  return load<u8>(kinds + k * LANES + lane);
}

/** In T, which has yb - ya: 3 xa^2 for a doubling. That is up to 2.5 in three summands, and then reduced. */
function doubleLanes(k: usize): void {
  let doublings: u32 = 0;
  for (let lane: usize = 0; lane < LANES; lane++) doublings |= u32(kindOf(k, lane) == DOUBLING) << <u32>lane;
  if (doublings == 0) return;
  wide.sqrLoose(XC, XA);
  wide.add(LAMBDA, XC, XC);
  wide.add(LAMBDA, LAMBDA, XC);
  wide.reduce(LAMBDA);
  wide.replaceLanes(T, LAMBDA, doublings);
}

/** Where a = -b the sum is infinite. */
function clearLanes(k: usize): void {
  for (let lane: usize = 0; lane < LANES; lane++) {
    if (kindOf(k, lane) != CANCELLATION) continue;
    memory.fill(sumOf(k, lane), 0, POINT);
    hasInfinity = true;
  }
}
