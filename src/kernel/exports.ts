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

/** All exports. */
export type KernelExports = FieldExports<'fp'> &
  FieldExports<'fr'> & {
    readonly memory: WebAssembly.Memory;
    readonly allocate: (bytes: number) => Pointer;
    readonly mark: () => Pointer;
    readonly release: (to: Pointer) => void;
    readonly isExact: () => number;
    readonly LANES: WebAssembly.Global<'i32'>;
    readonly ELEMENT: WebAssembly.Global<'i32'>;
    readonly VECTOR: WebAssembly.Global<'i32'>;
    readonly fp2Mul: (r: Pointer, a: Pointer, b: Pointer) => void;
    readonly fp2Sqr: (r: Pointer, a: Pointer) => void;
    readonly fp2Invert: (r: Pointer, a: Pointer) => void;
  };
