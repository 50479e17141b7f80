/**
 * Runs what circom 2 compiled to WebAssembly: inputs by name in, a witness in the .wtns format out. It is the reference that
 * witness plans are compared with; proofs are made without it. Numbers are passed in eight
 * words at a fixed place of the program's memory, which is put back to what it was at the start after every run, so that
 * no secret stays in it.
 * @module
 */
import { invalidInput } from '../../../src/errors.ts';
import { putNumber, toNumber } from '../../../src/kernel/binary.ts';
import { makeWitness } from '../../../src/kernel/wtns.ts';
import type { CircuitInputs } from '../../../src/kernel/witnessPlan.ts';
import { FIELD_BYTES, FIELD_ORDER } from '../../../src/protocol/field.ts';

/** What the program exports: circom's interface, version 2. */
type CircuitExports = {
  readonly memory: WebAssembly.Memory;
  readonly init: (sanityCheck: number) => void;
  /** Where numbers are passed. */
  readonly getSharedRWMemoryStart: () => number;
  readonly getRawPrime: () => void;
  readonly getInputSize: () => number;
  /** How many numbers an input has; -1 for an unknown name. Names are hashes in two halves. */
  readonly getInputSignalSize: (high: number, low: number) => number;
  readonly setInputSignal: (high: number, low: number, index: number) => void;
  readonly getWitnessSize: () => number;
  readonly getWitness: (wire: number) => void;
  readonly getMessageChar: () => number;
};

/** Calculates witnesses, one at a time. */
export type CircuitProgram = {
  /**
   * @throws {InvalidInput} for an input that is not the circuit's, or has too few or too many numbers
   * @throws {Error} what the program says, if it refuses the inputs: the templates, from the one that asserts outwards
   */
  readonly calculate: (inputs: CircuitInputs) => Uint8Array;
};

/**
 * Compiles a program.
 * @param wasm what circom compiled
 * @throws {InvalidInput} for a program over another field @throws whatever the engine says of what is no program
 */
export async function loadCircuitProgram(wasm: Uint8Array): Promise<CircuitProgram> {
  const module = await WebAssembly.compile(wasm as Uint8Array<ArrayBuffer>);
  const messages: string[] = [];
  const { exports: found } = await WebAssembly.instantiate(module, {
    runtime: {
      exceptionHandler: (code: number) => {
        throw new Error(messages.length > 0 ? messages.join('\n') : `code ${code}`);
      },
      printErrorMessage: () => messages.push(readMessage(exports)),
      writeBufferMessage: () => undefined,
      showSharedRWMemory: () => undefined,
    },
  });
  const exports = found as unknown as CircuitExports;
  const place = exports.getSharedRWMemoryStart();
  exports.getRawPrime();
  if (toNumber(memoryOf(exports).subarray(place, place + FIELD_BYTES)) !== FIELD_ORDER)
    throw invalidInput('the witness program', undefined, "must be over BN254's scalar field");
  const start = withoutZerosAtEnd(memoryOf(exports));
  return {
    calculate: (inputs) => {
      messages.length = 0;
      try {
        putInputs(exports, place, inputs);
        return readValues(exports, place);
      } finally {
        const memory = memoryOf(exports);
        memory.set(start);
        memory.fill(0, start.length);
      }
    },
  };
}

function memoryOf({ memory }: CircuitExports): Uint8Array {
  return new Uint8Array(memory.buffer);
}

function withoutZerosAtEnd(memory: Uint8Array): Uint8Array {
  return memory.slice(0, memory.findLastIndex((byte) => byte !== 0) + 1);
}

/** The program runs when the last input is there. */
function putInputs(exports: CircuitExports, place: number, inputs: CircuitInputs): void {
  const names = Object.keys(inputs);
  const given = names.reduce((sum, name) => sum + (inputs[name]?.length ?? 0), 0);
  const size = exports.getInputSize();
  if (given !== size) throw invalidInput('inputs', given, `must be ${size} numbers`);
  exports.init(0);
  for (const name of names) {
    const [high, low] = hashName(name);
    const values = inputs[name] ?? [];
    const expected = exports.getInputSignalSize(high, low);
    if (expected < 0) throw invalidInput('inputs', name, 'must name inputs of the circuit');
    if (values.length !== expected)
      throw invalidInput(name, values.length, `must be ${expected} numbers`);
    values.forEach((value, i) => {
      putNumber(new DataView(exports.memory.buffer), place, value % FIELD_ORDER);
      exports.setInputSignal(high, low, i);
    });
  }
}

function readValues(exports: CircuitExports, place: number): Uint8Array {
  const count = exports.getWitnessSize();
  const { file, values } = makeWitness(count);
  const number = memoryOf(exports).subarray(place, place + FIELD_BYTES);
  for (let wire = 0; wire < count; wire++) {
    exports.getWitness(wire);
    values.set(number, wire * FIELD_BYTES);
  }
  return file;
}

const FNV_OFFSET = 0xcbf29ce484222325n;
const FNV_PRIME = 0x100000001b3n;

/** FNV-1a of 64 bits, in halves. */
function hashName(name: string): readonly [high: number, low: number] {
  const hash = new TextEncoder()
    .encode(name)
    .reduce((sum, byte) => BigInt.asUintN(64, (sum ^ BigInt(byte)) * FNV_PRIME), FNV_OFFSET);
  return [Number(hash >> 32n), Number(hash & 0xffffffffn)];
}

/** Reads one message out of the program, character by character. */
function readMessage({ getMessageChar }: CircuitExports): string {
  let message = '';
  for (let code = getMessageChar(); code !== 0; code = getMessageChar())
    message += String.fromCharCode(code);
  return message;
}
