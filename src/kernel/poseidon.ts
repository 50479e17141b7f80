/**
 * circomlib's Poseidon (PROTOCOL.md section 1), many hashes at a time.
 * @module
 */
import { invalidInput } from '../errors.ts';
import { constantsOf, type Arity } from '../protocol/poseidon.ts';
import { PARTIAL_ROUNDS } from '../protocol/poseidonConstants.ts';
import { putNumber } from './binary.ts';
import type { Pointer } from './exports.ts';
import type { Kernel } from './kernel.ts';

/** Hashes. Numbers are 32 bytes, big-endian. */
export type Poseidon = {
  /**
   * `H_arity` of the first `arity` numbers, of the next, and so on; one number each. The answer is an array of its own, and
   * nothing of the inputs stays in the kernel.
   * @param name what an error calls the inputs
   * @throws {InvalidInput} for an arity that PROTOCOL.md has no use for, unless the inputs are whole, or if one is not
   * below the order of the field: the error says which, not what it is
   */
  readonly hash: (arity: Arity, inputs: Uint8Array, name?: string) => Uint8Array;
};

const BYTES = 32;

/** Hashes of one call into the module: its memory stays small, and a call is not felt. */
const MOST_HASHES = 256;
const MOST_ARITY = 15;

/** Where the module has what it hashes. */
type Place = { readonly inputs: Pointer; readonly hashes: Pointer };

/**
 * Makes a hasher. An arity's constants are put into the module when it is first used.
 * @param kernel an instance in which nobody else is between `mark` and `release` when this hashes: the constants stay
 * @example
 * const poseidon = createPoseidon(await loadKernel());
 * const nodes = poseidon.hash(4, children);
 */
export function createPoseidon(kernel: Kernel): Poseidon {
  const { allocate } = kernel.exports;
  const place: Place = {
    inputs: allocate(MOST_HASHES * MOST_ARITY * BYTES),
    hashes: allocate(MOST_HASHES * BYTES),
  };
  const prepared = new Map<Arity, Pointer>();
  return {
    hash: (arity, inputs, name = 'inputs') => {
      checkInputs(arity, inputs, name);
      const constants = prepared.get(arity) ?? prepare(kernel, arity);
      prepared.set(arity, constants);
      const hashes = new Uint8Array(inputs.length / arity);
      const step = MOST_HASHES * arity * BYTES;
      for (let from = 0; from < inputs.length; from += step) {
        const slice = inputs.subarray(from, from + step);
        const canonical = hashSlice(kernel, place, { arity, constants, slice });
        if (canonical * BYTES < slice.length)
          throw invalidInput(`${name}[${from / BYTES + canonical}]`, undefined, 'must be below r');
        hashes.set(viewOf(kernel, place.hashes, slice.length / arity), from / arity);
      }
      return hashes;
    },
  };
}

function checkInputs(arity: Arity, inputs: Uint8Array, name: string): void {
  if (!Object.hasOwn(PARTIAL_ROUNDS, arity))
    throw invalidInput('arity', arity, `must be one of ${Object.keys(PARTIAL_ROUNDS).join(', ')}`);
  if (inputs.length % (arity * BYTES) !== 0)
    throw invalidInput(name, inputs.length, `must be a multiple of ${arity * BYTES} bytes`);
}

/** Hashes a slice, and leaves nothing of it. Gives how many numbers are canonical: unless all are, nothing is hashed. */
function hashSlice(
  kernel: Kernel,
  { inputs, hashes }: Place,
  job: { readonly arity: Arity; readonly constants: Pointer; readonly slice: Uint8Array },
): number {
  const { arity, constants, slice } = job;
  const { reverseNumbers, countCanonical, poseidonHash } = kernel.exports;
  const numbers = slice.length / BYTES;
  const count = numbers / arity;
  const given = viewOf(kernel, inputs, slice.length);
  given.set(slice);
  reverseNumbers(inputs, numbers);
  const canonical = countCanonical(inputs, numbers);
  if (canonical === numbers) {
    poseidonHash(hashes, inputs, count, arity, PARTIAL_ROUNDS[arity], constants);
    reverseNumbers(hashes, count);
  }
  given.fill(0);
  return canonical;
}

/** Bytes of the module's memory, until it grows. */
function viewOf({ exports }: Kernel, start: Pointer, length: number): Uint8Array {
  return new Uint8Array(exports.memory.buffer, start, length);
}

/** Puts the constants of an arity into the module. */
function prepare({ exports }: Kernel, arity: Arity): Pointer {
  const constants = constantsOf(arity);
  const elements = exports.allocate(constants.length * exports.ELEMENT.value);
  const start = exports.mark();
  const plain = exports.allocate(constants.length * BYTES);
  const view = new DataView(exports.memory.buffer);
  constants.forEach((constant, i) => {
    putNumber(view, plain + i * BYTES, constant);
  });
  exports.poseidonPrepare(elements, plain, constants.length);
  exports.release(start);
  return elements;
}
