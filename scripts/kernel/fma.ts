/**
 * Writes a prime field for engines with relaxed SIMD: two numbers at once, five signed limbs of 51 bits each, a limb is a
 * double. src/kernel/README.md says how a product is made, and why it is exact.
 * @module
 */
import { INVERT, SUBTRACT_MODULUS, writeConstants } from './field.ts';
import { PLACES } from './fmaPlaces.ts';
import { digits, hex, inverse, modulo, range, type PrimeField } from './numbers.ts';

const LIMBS = 5;
const WIDTH = 51;
const LIMB = 1n << BigInt(WIDTH);
const ELEMENT = 8 * LIMBS;

/** The bits of 1.5 * 2^52 and of 1.5 * 2^103, as integers: what a low and a high word have above their number. */
const LOW_BITS = 0x4338000000000000n;
const HIGH_BITS = 0x4668000000000000n;

const rows = range(LIMBS);

/** A field's source, in AssemblyScript. */
export function writeField({ name, modulus }: PrimeField): string {
  const p = digits(modulus, WIDTH, LIMBS);
  const negatedInverse = modulo(-inverse(modulus, LIMB), LIMB);
  const m = digits((negatedInverse * modulus + 1n) / LIMB, WIDTH, LIMBS);
  return [
    HEADER,
    `export const LANES: i32 = 2;`,
    `/** Bytes of a number at rest: its limbs, as doubles. */\nexport const ELEMENT: usize = ${ELEMENT};`,
    `/** Bytes of two numbers at work: limb by limb, side by side. */\nexport const VECTOR: usize = ${2 * ELEMENT};`,
    ...range(LIMBS).map((i) => `const P${i}: f64 = ${p[i]}.0;`),
    `const TABLE = memory.data<u64>([${table([...p, ...m], negatedInverse)
      .map(hex)
      .join(', ')}]);`,
    ...writeConstants({ name, modulus }, { type: 'f64', width: WIDTH, limbs: LIMBS }),
    MADD,
    product('mul', 'a: usize, b: usize', [['a', 'b']]),
    product('mulSum', 'a: usize, b: usize, c: usize, d: usize', [
      ['a', 'b'],
      ['c', 'd'],
    ]),
    dot(),
    square(),
    lanewise('add', 'f64x2.add'),
    lanewise('sub', 'f64x2.sub'),
    NEGATE,
    REDUCE,
    PLACES,
    INVERT,
    SUBTRACT_MODULUS,
  ].join('\n');
}

/** The constants of a product, in the order of `NAMES`: each is loaded once into a local. */
const NAMES = [
  'high',
  'both',
  'mask',
  'two52',
  'low',
  'minv',
  'half',
  'p0',
  'p1',
  'p2',
  'p3',
  'p4',
  'm0',
  'm1',
  'm2',
  'm3',
  'm4',
];

function table(limbs: readonly bigint[], negatedInverse: bigint): readonly bigint[] {
  return [
    HIGH_BITS,
    HIGH_BITS + 3n, // 1.5 * 2^103 + 1.5 * 2^52
    (1n << BigInt(WIDTH)) - 1n,
    doubleBits(2 ** 52),
    LOW_BITS,
    doubleBits(Number(negatedInverse)),
    doubleBits(2 ** 52 + 2 ** 50),
    ...limbs.map((limb) => doubleBits(Number(limb))),
  ];
}

function product(name: string, parameters: string, pairs: readonly (readonly string[])[]): string {
  return [
    `export function ${name}(r: usize, ${parameters}): void {`,
    constants(),
    ...accumulators(pairs.length, false),
    '  let h: v128, q: v128, e: v128, x: v128;',
    ...pairs.flatMap(([a, b]) => [
      ...rows.map((j) => `  const ${b}${j} = v128.load(${b}, ${16 * j});`),
      ...rows.flatMap((i) => [
        `  x = v128.load(${a}, ${16 * i});`,
        ...rows.flatMap((j) => accumulate('x', `${b}${j}`, i + j)),
      ]),
    ]),
    ...reduction(),
    '}\n',
  ].join('\n');
}

/** Any number of products, with one reduction: the columns start where that many of them want it. */
function dot(): string {
  const [none, one] = [columnStarts(0, false), columnStarts(1, false)];
  return [
    '/** The sum of the products of `count` elements, the same for both lanes, with as many vectors. */',
    'export function dot(r: usize, count: i32, elements: usize, vectors: usize): void {',
    constants(),
    ...none.map((start, k) => {
      const each = BigInt.asIntN(64, (one[k] ?? 0n) - start);
      return `  let t${k} = i64x2.splat(${start} + <i64>count * ${each});`;
    }),
    '  let h: v128, q: v128, e: v128, x: v128;',
    '  for (; count > 0; count--) {',
    ...rows.map((j) => `  const v${j} = v128.load(vectors, ${16 * j});`),
    ...rows.flatMap((i) => [
      `  x = v128.load64_splat(elements, ${8 * i});`,
      ...rows.flatMap((j) => accumulate('x', `v${j}`, i + j)),
    ]),
    '  elements += ELEMENT;\n  vectors += VECTOR;\n  }',
    ...reduction(),
    '}\n',
  ].join('\n');
}

/** Half of the products, doubled: the limbs must not be more than 2^50. */
function square(): string {
  return [
    'export function sqr(r: usize, a: usize): void {',
    constants(),
    ...accumulators(1, true),
    '  let h: v128, q: v128, e: v128, x: v128;',
    ...rows.map((i) => `  const a${i} = v128.load(a, ${16 * i});`),
    ...rows.flatMap((i) => [
      `  x = f64x2.add(a${i}, a${i});`,
      ...range(i).flatMap((j) => accumulate('x', `a${j}`, i + j)),
      ...accumulate(`a${i}`, `a${i}`, 2 * i),
    ]),
    ...reduction(),
    '}\n',
  ].join('\n');
}

function constants(): string {
  const loads = NAMES.map((name, i) => `${name} = v128.load64_splat(TABLE, ${8 * i})`);
  return `  const ${loads.join(',\n    ')};`;
}

/**
 * The start of each column: the words that will be added to it are whole doubles, and what their bits say above the number
 * is taken away here. Columns are rounded, but for the last of each half: half of a limb goes in.
 */
function columnStarts(products: number, half: boolean): readonly bigint[] {
  return range(2 * LIMBS).map((k) => {
    let [lows, highs] = [0, 0];
    for (const i of rows)
      for (const j of rows) {
        const words = half ? (j <= i ? 1 : 0) : products;
        if (i + j === k) lows += words;
        if (i + j + 1 === k) highs += words;
        // Of the reduction: q_i m_j, or in the last row q_i p_j.
        const column = i < LIMBS - 1 ? i + j + 1 : i + j;
        if (column === k) lows++;
        if (column + 1 === k) highs++;
      }
    const rounding = k !== LIMBS - 1 && k < 2 * LIMBS - 1 ? 1n << BigInt(WIDTH - 1) : 0n;
    return BigInt.asIntN(64, rounding - BigInt(lows) * LOW_BITS - BigInt(highs) * HIGH_BITS);
  });
}

function accumulators(products: number, half: boolean): readonly string[] {
  return columnStarts(products, half).map((start, k) => `  let t${k} = i64x2.splat(${start});`);
}

/** Adds a product of two limbs to the columns `k` and `k + 1`. */
function accumulate(x: string, y: string, k: number): readonly string[] {
  return [
    `  h = madd(${x}, ${y}, high);`,
    `  t${k} = i64x2.add(t${k}, madd(${x}, ${y}, f64x2.sub(both, h)));`,
    `  t${k + 1} = i64x2.add(t${k + 1}, h);`,
  ];
}

/**
 * Makes the lower columns zero, one by one, by adding a multiple of p; then the upper ones are the result. With
 * k = -1 / p mod 2^51 the multiple k p is 2^51 m - 1, so what a column lacks is q = the column itself, modulo 2^51, and no
 * product comes before that with m. But q k p is up to 2^50 k p: the last column takes q p, with a q that costs a product, and
 * its place divides what the others have added by 2^51. As k is 0.254 * 2^51 for fp and 0.245 * 2^51 for fr, the result is
 * made larger by 0.127p and 0.5p at most.
 */
function reduction(): readonly string[] {
  return [
    ...range(LIMBS - 1).flatMap((i) => [
      `  // Column ${i}: q is what it is modulo 2^51, between -2^50 and 2^50.`,
      `  q = f64x2.sub(v128.or(v128.and(t${i}, mask), two52), half);`,
      `  t${i + 1} = i64x2.add(t${i + 1}, i64x2.shr_s(t${i}, 51));`,
      ...rows.flatMap((j) => accumulate('q', `m${j}`, i + 1 + j)),
    ]),
    `  // Column 4: q = t4 * (-1 / p) mod 2^51, between -2^50 and 2^50.`,
    `  e = f64x2.sub(v128.or(v128.and(t4, mask), two52), two52);`,
    `  h = madd(e, minv, high);`,
    `  q = f64x2.sub(madd(e, minv, f64x2.sub(both, h)), f64x2.splat(6755399441055744.0));`,
    `  h = madd(q, p0, high);`,
    `  e = i64x2.add(t4, madd(q, p0, f64x2.sub(both, h)));`,
    `  t5 = i64x2.add(t5, i64x2.add(h, i64x2.shr_s(e, 51)));`,
    ...rows.slice(1).flatMap((j) => accumulate('q', `p${j}`, 4 + j)),
    '  // Carries, rounded: every limb but the last is between -2^50 and 2^50.',
    ...range(LIMBS - 1).flatMap((k) => [
      `  v128.store(r, f64x2.sub(v128.or(v128.and(t${LIMBS + k}, mask), two52), half), ${16 * k});`,
      `  t${LIMBS + k + 1} = i64x2.add(t${LIMBS + k + 1}, i64x2.shr_s(t${LIMBS + k}, 51));`,
    ]),
    `  v128.store(r, f64x2.sub(i64x2.add(t9, low), low), ${16 * (LIMBS - 1)});`,
  ];
}

function lanewise(name: string, operation: string): string {
  return [
    '@inline',
    `export function ${name}(r: usize, a: usize, b: usize): void {`,
    ...rows.map(
      (i) =>
        `  v128.store(r, ${operation}(v128.load(a, ${16 * i}), v128.load(b, ${16 * i})), ${16 * i});`,
    ),
    '}\n',
  ].join('\n');
}

function doubleBits(value: number): bigint {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  return view.getBigUint64(0);
}

const HEADER = `// Generated by scripts/kernel/fma.ts. What each function takes and gives: src/kernel/README.md.`;

const MADD = `
@inline
function madd(a: v128, b: v128, c: v128): v128 {
  return v128.relaxed_madd<f64>(a, b, c);
}
`;

const NEGATE = `
@inline
export function negate(r: usize, a: usize): void {
${rows.map((i) => `  v128.store(r, f64x2.neg(v128.load(a, ${16 * i})), ${16 * i});`).join('\n')}
}
`;

const REDUCE = `
/** Takes away the multiple of p that is nearest, then carries once, all limbs at the same time. */
@inline
export function reduce(r: usize): void {
  const magic = f64x2.splat(6755399441055744.0); // 1.5 * 2^52: what is added to it is rounded to an integer
  const carry = f64x2.splat(15211807202738752817960438464512.0); // 1.5 * 2^103: to a multiple of 2^51
  const shift = f64x2.splat(4.440892098500626e-16); // 2^-51
  const t = f64x2.sub(madd(v128.load(r, 64), f64x2.splat(1.0 / P4), magic), magic);
  const x0 = v128.relaxed_nmadd<f64>(t, f64x2.splat(P0), v128.load(r, 0));
  const x1 = v128.relaxed_nmadd<f64>(t, f64x2.splat(P1), v128.load(r, 16));
  const x2 = v128.relaxed_nmadd<f64>(t, f64x2.splat(P2), v128.load(r, 32));
  const x3 = v128.relaxed_nmadd<f64>(t, f64x2.splat(P3), v128.load(r, 48));
  const x4 = v128.relaxed_nmadd<f64>(t, f64x2.splat(P4), v128.load(r, 64));
  const c0 = f64x2.sub(f64x2.add(x0, carry), carry);
  const c1 = f64x2.sub(f64x2.add(x1, carry), carry);
  const c2 = f64x2.sub(f64x2.add(x2, carry), carry);
  const c3 = f64x2.sub(f64x2.add(x3, carry), carry);
  v128.store(r, f64x2.sub(x0, c0), 0);
  v128.store(r, madd(c0, shift, f64x2.sub(x1, c1)), 16);
  v128.store(r, madd(c1, shift, f64x2.sub(x2, c2)), 32);
  v128.store(r, madd(c2, shift, f64x2.sub(x3, c3)), 48);
  v128.store(r, madd(c3, shift, x4), 64);
}
`;
