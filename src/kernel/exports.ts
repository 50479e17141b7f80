/**
 * What the WebAssembly module exports (src/kernel/assembly/index.ts). Pointers are offsets into its memory.
 * @module
 */

/** An offset into the module's memory. */
export type Pointer = number;

/** One prime field: `fp` or `fr`. What each function takes and gives is in src/kernel/README.md. */
type FieldExports<Name extends 'fp' | 'fr'> = Readonly<
  Record<`${Name}${'Mul' | 'Add' | 'Sub'}`, (r: Pointer, a: Pointer, b: Pointer) => void> &
    Record<`${Name}MulSum`, (r: Pointer, a: Pointer, b: Pointer, c: Pointer, d: Pointer) => void> &
    Record<`${Name}${'Sqr' | 'Invert' | 'Negate'}`, (r: Pointer, a: Pointer) => void> &
    Record<`${Name}${'Reduce' | 'NegateElement'}`, (r: Pointer) => void> &
    Record<`${Name}NegateIf`, (r: Pointer, first: number, second: number) => void> &
    Record<`${Name}${'Join' | 'Split'}`, (a: Pointer, first: Pointer, second: Pointer) => void> &
    Record<`${Name}Unpack`, (e: Pointer, bytes: Pointer) => void> &
    Record<`${Name}Pack`, (bytes: Pointer, e: Pointer) => void> &
    Record<`${Name}IsCanonical`, (bytes: Pointer) => number> &
    Record<`${Uppercase<Name>}_${'ONE' | 'TO_MONTGOMERY' | 'TO_PLAIN'}`, WebAssembly.Global<'i32'>>
>;

/**
 * One curve: tables of points, sums over them (msm.curve.ts), and single operations on plain points, which give 0 for what is
 * not a point. Plain is affine and canonical, little-endian, all zeros for infinity.
 */
type CurveExports<Name extends 'G1' | 'G2'> = Readonly<
  /** A table, for good, or 0 if a point is not canonical or not on the curve. `load`: in a key's form. */
  Record<`${'load' | 'loadPlain'}${Name}`, (bytes: Pointer, count: number) => Pointer> &
    /** The sum of scalars[i] * table[from + i]: plain scalars below r; `window` 0 chooses; `out` is a plain point. */
    Record<
      `msm${Name}`,
      (
        table: Pointer,
        from: number,
        scalars: Pointer,
        count: number,
        window: number,
        out: Pointer,
      ) => void
    > &
    Record<`add${Name}`, (out: Pointer, a: Pointer, b: Pointer) => number> &
    Record<`mul${Name}`, (out: Pointer, point: Pointer, scalar: Pointer) => number> &
    Record<`negate${Name}`, (out: Pointer, point: Pointer) => number> &
    Record<`${'isOnCurve' | 'isInSubgroup'}${Name}`, (point: Pointer) => number>
>;

/** All exports. */
export type KernelExports = FieldExports<'fp'> &
  FieldExports<'fr'> &
  CurveExports<'G1'> &
  CurveExports<'G2'> & {
    readonly memory: WebAssembly.Memory;
    readonly allocate: (bytes: number) => Pointer;
    readonly mark: () => Pointer;
    readonly release: (to: Pointer) => void;
    readonly isExact: () => number;
    readonly LANES: WebAssembly.Global<'i32'>;
    readonly ELEMENT: WebAssembly.Global<'i32'>;
    readonly VECTOR: WebAssembly.Global<'i32'>;
    /** Writes the sizes of a scalar's halves, 2 * 16 bytes; bits 0 and 1 of the result say which are negative. */
    readonly halve: (scalar: Pointer, halves: Pointer) => number;
    readonly fp2Mul: (r: Pointer, a: Pointer, b: Pointer) => void;
    readonly fp2Sqr: (r: Pointer, a: Pointer) => void;
    readonly fp2Invert: (r: Pointer, a: Pointer) => void;
    /** assembly/fp12.ts: numbers of six vectors of fp2, reduced in and out. */
    readonly fp12Mul: (r: Pointer, a: Pointer, b: Pointer) => void;
    readonly fp12Sqr: (r: Pointer, a: Pointer) => void;
    readonly fp12Invert: (r: Pointer, a: Pointer) => void;
    readonly fp12Frobenius: (r: Pointer, a: Pointer) => void;
    readonly fp12MulByLine: (r: Pointer, a: Pointer, c0: Pointer, c1: Pointer, c3: Pointer) => void;
    readonly finalExponentiation: (r: Pointer, f: Pointer) => void;
    /** assembly/multiples.ts: plain points, scalars of so many digits of four bits; 0 for what is no point. */
    readonly multiplesG1: (
      points: Pointer,
      scalars: Pointer,
      count: number,
      digits: number,
      out: Pointer,
    ) => number;
    readonly sumG1: (
      points: Pointer,
      scalars: Pointer,
      count: number,
      digits: number,
      out: Pointer,
    ) => number;
    /** assembly/pairing.ts: pairs of 192 bytes; a byte for each is written, 1 for no points, 2 for outside the subgroup. */
    readonly checkPairings: (pairs: Pointer, count: number, faults: Pointer) => number;
    /** Points in a key's form from compressed ones (roots.ts). Gives how many are right, from the first. */
    readonly decompressG1: (points: Pointer, compressed: Pointer, count: number) => number;
    readonly decompressG2: (points: Pointer, compressed: Pointer, count: number) => number;
    /** assembly/fft.ts: a domain of `2^power`; vectors of n polynomials' values, changed in place. */
    readonly makeDomain: (power: number) => Pointer;
    readonly toCoset: (domain: Pointer, n: number, values: Pointer) => void;
    readonly toCosetFolded: (domain: Pointer, n: number, values: Pointer) => void;
    /** assembly/qap.ts: 0 for a record that is refused. */
    readonly loadMatrices: (
      records: Pointer,
      count: number,
      rows: number,
      wires: number,
    ) => Pointer;
    readonly evaluateQuotient: (
      domain: Pointer,
      n: number,
      matrices: Pointer,
      coefficients: number,
      witness: Pointer,
      wires: number,
      scalars: Pointer,
    ) => void;
    /** The sum of as many products: elements, the same for all lanes, by vectors. */
    readonly frDot: (r: Pointer, count: number, elements: Pointer, vectors: Pointer) => void;
    /** Numbers of 32 bytes, big-endian to little-endian and back, in place. */
    readonly reverseNumbers: (bytes: Pointer, count: number) => void;
    /** How many numbers, little-endian, come before one that is not below r. */
    readonly countCanonical: (bytes: Pointer, count: number) => number;
    readonly poseidonPrepare: (elements: Pointer, bytes: Pointer, count: number) => void;
    readonly poseidonHash: (
      hashes: Pointer,
      inputs: Pointer,
      count: number,
      arity: number,
      rounds: number,
      constants: Pointer,
    ) => void;
    /** assembly/plan.ts: plain numbers of 32 bytes to elements in Montgomery form, and back. */
    readonly putNumbers: (elements: Pointer, bytes: Pointer, count: number) => void;
    readonly takeNumbers: (bytes: Pointer, elements: Pointer, count: number) => void;
    /** Runs steps; gives the check that fails, or 0. */
    readonly runPlan: (program: Pointer, end: Pointer, slots: Pointer, factors: Pointer) => Pointer;
  };
