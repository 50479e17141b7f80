/**
 * circomlib's Poseidon (PROTOCOL.md section 1), a hash at a time and without loading anything. Trees hash with the kernel
 * (src/kernel/poseidon.ts), which does many at a time.
 * @module
 */
import { invalidInput } from '../errors.ts';
import { FIELD_ORDER, type Field } from './field.ts';
import { CONSTANTS, FULL_ROUNDS, PARTIAL_ROUNDS } from './poseidonConstants.ts';

/** The number of inputs of a hash, one of those that PROTOCOL.md has a use for. The hash's width is one more. */
export type Arity = keyof typeof PARTIAL_ROUNDS;

const DIGITS = 64;
const known = new Map<Arity, readonly bigint[]>();

/** The constants of an arity, in the order of the hash's work: matrices, then what is added. They are parsed once. */
export function constantsOf(arity: Arity): readonly bigint[] {
  const text = CONSTANTS[arity];
  const constants =
    known.get(arity) ??
    Array.from({ length: text.length / DIGITS }, (_, i) =>
      BigInt(`0x${text.slice(i * DIGITS, (i + 1) * DIGITS)}`),
    );
  known.set(arity, constants);
  return constants;
}

/**
 * `H_arity` of elements of the field. The partial rounds are a recurrence, which scripts/poseidon/recurrence.ts explains.
 * @throws {InvalidInput} for another number of inputs: it would be another kind of object's hash; for what is no bigint. It
 *   never shows an input, which may be secret
 */
export function poseidon(arity: Arity, inputs: readonly bigint[]): Field {
  if (inputs.length !== arity)
    throw invalidInput('inputs', inputs.length, `must be ${arity} numbers`);
  const given: readonly unknown[] = inputs;
  if (!given.every((input) => typeof input === 'bigint'))
    throw invalidInput('inputs', undefined, 'must be bigints');
  const width = arity + 1;
  const constants = constantsOf(arity);
  const mixing = 0;
  const entry = mixing + width * width;
  const exit = entry + width * width;
  const coefficients = exit + 2 * arity * arity;
  let added = coefficients + 2 * arity + 1;

  const addNext = (value: bigint): bigint => value + (constants[added++] ?? 0n);
  const raiseAll = (values: readonly bigint[]): readonly bigint[] =>
    values.map((value) => fifthPower(addNext(value)));
  /** The sum of as many products, of constants and of values from these places on. */
  const sum = (terms: number, from: number, values: readonly bigint[], at: number): bigint => {
    let total = 0n;
    for (let i = 0; i < terms; i++) total += (constants[from + i] ?? 0n) * (values[at + i] ?? 0n);
    return total % FIELD_ORDER;
  };
  const mix = (matrix: number, values: readonly bigint[]): readonly bigint[] =>
    values.map((_, i) => sum(width, matrix + i * width, values, 0));

  let mixed: readonly bigint[] = [0n, ...inputs];
  for (let round = 1; round <= FULL_ROUNDS / 2; round++)
    mixed = mix(round < FULL_ROUNDS / 2 ? mixing : entry, raiseAll(mixed));

  const [first = 0n, ...past] = mixed;
  const history = past.flatMap((s) => [0n, s]);
  let s = addNext(first);
  for (let round = 0; round < PARTIAL_ROUNDS[arity]; round++) {
    history.push(fifthPower(s));
    s = addNext(sum(2 * arity + 1, coefficients, history, 2 * round));
    history.push(s);
  }
  const end = 2 * PARTIAL_ROUNDS[arity];
  mixed = [s, ...inputs.map((_, i) => sum(2 * arity, exit + 2 * arity * i, history, end))];

  for (let round = 1; round < FULL_ROUNDS / 2; round++) mixed = mix(mixing, raiseAll(mixed));
  return sum(width, mixing, raiseAll(mixed), 0) as Field;
}

function fifthPower(value: bigint): bigint {
  const square = (value * value) % FIELD_ORDER;
  return (square * square * value) % FIELD_ORDER;
}
