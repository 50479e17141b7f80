/**
 * The witness plan: how the numbers of a circuit's witness follow from its inputs, and what refuses. It takes the place of the
 * program that circom makes, which says the same in twenty times the bytes, and is made of the circuit's constraints alone
 * (scripts/witness). Version 1, integers little-endian, varints as in packedBytes.ts:
 *
 * | offset | bytes | |
 * |---|---|---|
 * | 0 | 8 | `eligo.wp` in ASCII |
 * | 8 | 4 | the version: 1 |
 * | 12 | 32 | sha256 of the r1cs whose witnesses it makes |
 * | 44 | 12 | u32 each: the number of wires (numbers in a witness), of slots, of steps |
 * | 56 | | inputs: varint of how many names, then of each its text and a varint of its numbers; then all their slots |
 * | | | places: varint of how many, then the text of each |
 * | | | factors: u32 count, then 32 bytes each, below the order; the first is 1 |
 * | | | steps, in five columns |
 *
 * A text is a varint of its length and as many characters of ASCII. A slot holds a number: 0 the 1, those below the number of
 * wires what the witness has there, the others what several steps need. Kinds of steps, where A, B and C are sums of numbers
 * times factors:
 *
 * | kind | | sums | makes |
 * |---|---|---|---|
 * | 0 | sum | C | C |
 * | 1 | product | A, B, C | A B + C |
 * | 2 | bits | C | the lowest bits of C, as many slots as are said, 1 to 254 |
 * | 3 | inverse | C | 1 / C, or 0 for 0 |
 * | 4 | check | A, B, C | nothing: A B + C is 0, or the inputs are refused at the place that is said |
 *
 * Columns. Kinds: a byte a step. Numbers: a varint for each of the steps `bits` (how many) and `check` (the place). Lengths: a
 * varint for each sum. Slots: of each step those that it makes, then those of its terms. Factors: of each term, varint of
 * `zigzag(index - the one before - 1)`; before the first is -1.
 *
 * A slot is a varint of `2 * zigzag(slot - the last) + sort`. The sort is 0 for wires, 1 for other slots, and `the last` is the
 * one before of the same sort, 0 before the first, where inputs, slots that are made, and slots that are read are three lists.
 *
 * A slot is made once, before it is read; slot 0 and the inputs are there at the start, and every wire is made at the end.
 * @module
 */
import { EligoError } from '../errors.ts';
import type { WitnessPlan } from '../kernel/witnessPlan.ts';
import { FIELD_BYTES } from '../protocol/field.ts';
import { readBytes, unzigzag, type ByteReader } from './packedBytes.ts';
import { trackSlots, type SlotTracker } from './planSlots.ts';
import { toHex } from './sha256.ts';

/** What it begins with. */
export const PLAN_MAGIC = 'eligo.wp';
export const PLAN_VERSION = 1;

/** Numbers times factors. */
export type Combination = readonly (readonly [slot: number, factor: bigint])[];

/** The sums of `A B + C`. */
export type Product = { readonly a: Combination; readonly b: Combination; readonly c: Combination };

/** A step of a plan. */
export type Step =
  | { readonly kind: 'sum'; readonly of: Combination; readonly target: number }
  | ({ readonly kind: 'product'; readonly target: number } & Product)
  | { readonly kind: 'bits'; readonly of: Combination; readonly targets: readonly number[] }
  | { readonly kind: 'inverse'; readonly of: Combination; readonly target: number }
  | ({ readonly kind: 'check'; readonly place: string } & Product);

/** The kinds, by their numbers. */
export const KINDS = ['sum', 'product', 'bits', 'inverse', 'check'] as const;

const [, PRODUCT, BITS, , CHECK] = [0, 1, 2, 3, 4] as const;

/** A number below the order has no more. */
const MOST_BITS = 254;

/** Slots that a plan may have: what is more would not be proved with in a browser. */
const MOST_SLOTS = 2 ** 22;

/** Words of a step before its terms, and of a term: src/kernel/assembly/plan.ts. */
const HEAD = 5;
const TERM = 2;

/**
 * Reads a plan, and checks that it reads and writes nothing but what it may, in an order in which that is there.
 * @param r1cs sha256 of the r1cs that it must be made for, in hex
 * @throws {ArtifactMismatch} with the offset of what is not as it should be, or of the column that it is in
 */
export function readPlan(bytes: Uint8Array, r1cs: string): WitnessPlan {
  const reader = readBytes(bytes, 'witness plan');
  readHead(reader, r1cs);
  const [wires, slots, steps] = ['wires', 'slots', 'steps'].map((what) =>
    reader.u32(`the number of ${what}`),
  ) as [number, number, number];
  if (wires === 0 || wires > slots || slots > MOST_SLOTS)
    throw reader.fault(`${wires} wires in ${slots} slots`);
  const tracker = trackSlots(reader, { wires, slots });
  const inputs = readInputs(reader, slots);
  const inputSlots = reader.varints(inputs.numbers, "the inputs' slots").map(tracker.input);
  const places = list(reader, 'places', () => readText(reader, 'a place'));
  const factors = readFactors(reader);
  const columns = readColumns(reader, { steps, places: places.length });
  const program = readProgram(reader, columns, tracker);
  readFactorIndices(reader, program, factors.length / FIELD_BYTES);
  if (reader.left() > 0) throw reader.fault(`${reader.left()} bytes follow the last step`);
  const { names } = inputs;
  return { wires, slots, inputs: names, inputSlots, places, factors, program: program.words };
}

function readHead(reader: ByteReader, r1cs: string): void {
  const magic = new TextDecoder('latin1').decode(reader.take(PLAN_MAGIC.length, 'its name'));
  if (magic !== PLAN_MAGIC) throw reader.fault('it is no witness plan');
  const version = reader.u32('its version');
  if (version !== PLAN_VERSION)
    throw reader.fault(`it has the version ${version}, this program reads ${PLAN_VERSION}`);
  const found = toHex(reader.take(32, "the circuit's hash"));
  if (found === r1cs) return;
  throw new EligoError(
    'ArtifactMismatch',
    `witness plan: it is another circuit's: sha256 ${found}, not ${r1cs}`,
    { found, expected: r1cs },
  );
}

/** Of as many as a varint says, each at least a byte. */
function list<T>(reader: ByteReader, what: string, read: () => T): readonly T[] {
  const count = reader.varint(`the number of ${what}`);
  if (count > reader.left()) throw reader.fault(`${count} ${what} are more than it can hold`);
  return Array.from({ length: count }, read);
}

function readText(reader: ByteReader, what: string): string {
  const bytes = reader.take(reader.varint(`the length of ${what}`), what);
  if (!bytes.every((byte) => byte >= 0x20 && byte < 0x7f)) throw reader.fault(`${what} is no text`);
  return new TextDecoder('latin1').decode(bytes);
}

function readInputs(reader: ByteReader, slots: number) {
  const names = list(reader, 'inputs', () => ({
    name: readText(reader, 'an input'),
    count: reader.varint("an input's numbers"),
  }));
  if (new Set(names.map(({ name }) => name)).size < names.length)
    throw reader.fault('an input is there twice');
  const numbers = names.reduce((sum, { count }) => sum + count, 0);
  if (numbers >= slots) throw reader.fault(`${numbers} inputs in ${slots} slots`);
  return { names, numbers };
}

function readFactors(reader: ByteReader): Uint8Array {
  const count = reader.u32('the number of factors');
  const factors = reader.take(count * FIELD_BYTES, 'the factors');
  const isOne = (byte: number, i: number): boolean => byte === (i === 0 ? 1 : 0);
  if (count === 0 || !factors.subarray(0, FIELD_BYTES).every(isOne))
    throw reader.fault('the first factor is not 1');
  return factors;
}

/** What is known of the steps before their slots. */
type Columns = {
  readonly kinds: Uint8Array;
  /** Of each step: its place, how many bits it makes, or 0. */
  readonly numbers: Uint32Array;
  /** Three of a step that has a product, one of another. */
  readonly lengths: Uint32Array;
  /** Slots that are made. */
  readonly targets: number;
  readonly terms: number;
  readonly bits: number;
};

function hasProduct(kind: number | undefined): boolean {
  return kind === PRODUCT || kind === CHECK;
}

function readColumns(
  reader: ByteReader,
  { steps, places }: { readonly steps: number; readonly places: number },
): Columns {
  const kinds = reader.take(steps, 'the kinds');
  if (kinds.some((kind) => kind >= KINDS.length)) throw reader.fault('there is no such kind');
  const numbers = new Uint32Array(steps);
  let [bits, sums, targets] = [0, 0, 0];
  for (let i = 0; i < steps; i++) {
    const kind = kinds[i];
    sums += hasProduct(kind) ? 3 : 1;
    if (kind !== BITS && kind !== CHECK) {
      targets += 1;
      continue;
    }
    const number = reader.varint('the number of a step');
    const isRight = kind === CHECK ? number < places : number > 0 && number <= MOST_BITS;
    if (!isRight) throw reader.fault(`${number} is no ${kind === CHECK ? 'place' : 'width'}`);
    numbers[i] = number;
    bits += kind === BITS ? number : 0;
  }
  const lengths = reader.varints(sums, 'the lengths of the sums');
  let terms = 0;
  for (const length of lengths) terms += length;
  return { kinds, numbers, lengths, targets: targets + bits, terms, bits };
}

/** The words of the steps, and where among them the indices of factors are. */
type Program = { readonly words: Uint32Array; readonly factorsAt: Uint32Array };

/** All words but those indices, which are the last column. */
function readProgram(reader: ByteReader, columns: Columns, tracker: SlotTracker): Program {
  const { kinds, numbers, lengths, terms, bits } = columns;
  const codes = reader.varints(columns.targets + terms, 'the slots');
  const words = new Uint32Array(HEAD * kinds.length + TERM * terms + bits);
  const factorsAt = new Uint32Array(terms);
  let [at, sum, code, term] = [0, 0, 0, 0];
  for (let i = 0; i < kinds.length; i++) {
    const kind = kinds[i];
    const number = numbers[i] ?? 0;
    const first = at + HEAD;
    words[at] = kind ?? 0;
    let end = first;
    for (let k = hasProduct(kind) ? 2 : 4; k <= 4; k++) {
      const length = lengths[sum++] ?? 0;
      words[at + k] = length;
      end += TERM * length;
    }
    // What a step makes is said before its terms, and is there after them.
    const target = kind === BITS ? end : at + 1;
    const count = kind === BITS ? number : kind === CHECK ? 0 : 1;
    for (let k = 0; k < count; k++) words[target + k] = tracker.made(codes[code++] ?? 0);
    if (kind === BITS || kind === CHECK) words[at + 1] = number;
    if ((words[at + 2] === 0) !== (words[at + 3] === 0)) throw reader.fault('half of a product');
    for (at = first; at < end; at += TERM) {
      words[at] = tracker.read(codes[code++] ?? 0);
      factorsAt[term++] = at + 1;
    }
    for (let k = 0; k < count; k++) tracker.keep(words[target + k] ?? 0);
    if (kind === BITS) at += number;
  }
  tracker.refuseMissing();
  return { words, factorsAt };
}

function readFactorIndices(reader: ByteReader, { words, factorsAt }: Program, size: number): void {
  const codes = reader.varints(factorsAt.length, 'the indices of factors');
  let index = -1;
  for (let i = 0; i < codes.length; i++) {
    index += 1 + unzigzag(codes[i] ?? 0);
    if (index < 0 || index >= size) throw reader.fault(`there is no factor ${index}`);
    words[factorsAt[i] ?? 0] = index;
  }
}
