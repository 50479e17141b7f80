/**
 * What a proof says, and the one file in TypeScript that knows the order of its public signals (PROTOCOL.md section 3).
 * @module
 */
import type { Address, Hex } from 'viem';
import { EligoError, invalidInput } from '../errors.ts';
import {
  encodeArguments,
  encodeStruct,
  getAddress,
  hexToBytes,
  isAddress,
  isHex,
  keccak256,
  stringToBytes,
} from './evm.ts';
import { FIELD_ORDER, toInteger, toUint } from './field.ts';
import type { Field, IntegerInput } from './field.ts';
import { hashBytes } from './hash.ts';

/** Proof times are whole minutes: a time to the second would single a claim out. */
export const TIME_STEP = 60n;

/** What a claim says in numbers. */
export type Outcome = {
  /** The value that the policy discloses, u96; 0 if it discloses nothing. */
  readonly disclosed: bigint;
  /** The claim index, u32; 2^32 - 1 where the policy is metered. */
  readonly shown: bigint;
  /** Unix seconds, u40, a multiple of 60: the time that validity was judged at. */
  readonly checkedAt: bigint;
};

/** What a proof says: the five public signals by name, the outcome opened. */
export type Statement = Outcome & {
  readonly nullifier: Field;
  readonly root: Field;
  readonly policy: Field;
  readonly context: Field;
};

const STATEMENT_NUMBERS = [
  ...(['nullifier', 'root', 'policy', 'context'] as const),
  ...(['disclosed', 'shown', 'checkedAt'] as const),
];

/** The public signals in snarkjs' order: the circuit's outputs, then its public inputs. */
export const SIGNALS = ['nullifier', 'root', 'policy', 'outcome', 'context'] as const;

/** `disclosed + shown·2^96 + checkedAt·2^128`. @throws {InvalidInput} */
export function packOutcome(outcome: {
  readonly disclosed: IntegerInput;
  readonly shown: IntegerInput;
  readonly checkedAt: IntegerInput;
}): Field {
  const disclosed = toUint(outcome.disclosed, 'disclosed', 96);
  const shown = toUint(outcome.shown, 'shown', 32);
  const checkedAt = toUint(outcome.checkedAt, 'checkedAt', 40);
  return (disclosed + (shown << 96n) + (checkedAt << 128n)) as Field;
}

/** The inverse of `packOutcome`. @throws {InvalidInput} if the packed value has more than 168 bits */
export function unpackOutcome(outcome: IntegerInput): Outcome {
  const packed = toUint(outcome, 'outcome', 168);
  return {
    disclosed: packed & (2n ** 96n - 1n),
    shown: (packed >> 96n) & (2n ** 32n - 1n),
    checkedAt: packed >> 128n,
  };
}

/** The statement's public signals, in order. */
export function toSignals(statement: Statement): readonly Field[] {
  const { nullifier, root, policy, context } = statement;
  return [nullifier, root, policy, packOutcome(statement), context];
}

/**
 * Reads public signals, as a prover or a file gives them.
 * @throws {SignalOutOfRange} if there are not five, one is not canonical, a hash is 0, the outcome has more than 168 bits
 *   or `checkedAt` is not a whole minute
 */
export function fromSignals(signals: readonly IntegerInput[]): Statement {
  if (signals.length !== SIGNALS.length) {
    throw new EligoError(
      'SignalOutOfRange',
      `a proof has ${SIGNALS.length} public signals, not ${signals.length}`,
    );
  }
  const read = (i: number, max: bigint, min: bigint): Field => {
    const name = SIGNALS[i] ?? '';
    try {
      return toInteger(signals[i], name, max, min) as Field;
    } catch (error) {
      throw new EligoError('SignalOutOfRange', (error as Error).message, { signal: name }, error);
    }
  };
  const outcome = unpackOutcome(read(3, 2n ** 168n - 1n, 0n));
  return checkStatement({
    nullifier: read(0, FIELD_ORDER - 1n, 1n),
    root: read(1, FIELD_ORDER - 1n, 1n),
    policy: read(2, FIELD_ORDER - 1n, 1n),
    ...outcome,
    context: read(4, FIELD_ORDER - 1n, 0n),
  });
}

/**
 * The second check of PROTOCOL.md section 5 on a statement of unknown origin.
 * @throws {SignalOutOfRange}
 */
export function checkStatement(statement: Statement): Statement {
  const refuse = (signal: string, value: bigint, rule: string): never => {
    throw new EligoError('SignalOutOfRange', `${signal} is ${String(value)}: ${rule}`, {
      signal,
      value,
    });
  };
  // A text such as "0x5" would verify like 5, and be another key in a set of spent nullifiers.
  for (const name of STATEMENT_NUMBERS) {
    if (typeof statement[name] !== 'bigint') refuse(name, statement[name], 'must be a bigint');
  }
  for (const name of ['nullifier', 'root', 'policy', 'context'] as const) {
    const value = statement[name];
    if (value < 0n || value >= FIELD_ORDER) refuse(name, value, 'must be below r');
    if (value === 0n && name !== 'context') refuse(name, value, 'must not be 0');
  }
  const bits = { disclosed: 96n, shown: 32n, checkedAt: 40n } as const;
  for (const name of ['disclosed', 'shown', 'checkedAt'] as const) {
    if (statement[name] < 0n || statement[name] >> bits[name] !== 0n) {
      refuse(name, statement[name], `must have at most ${bits[name].toString()} bits`);
    }
  }
  if (statement.checkedAt % TIME_STEP !== 0n)
    refuse('checkedAt', statement.checkedAt, 'must be a multiple of 60');
  return statement;
}

/** Where a claim is spent: on a gate of a chain, or at a service. */
export type ScopeInput =
  | { readonly chainId: IntegerInput | number; readonly gate: Address; readonly label: Hex }
  | { readonly audience: string; readonly label: Hex };

/**
 * What a nullifier is unique within.
 * @param input.label    32 bytes; a campaign's is its number
 * @param input.audience an ASCII origin, for services off-chain
 * @throws {InvalidInput}
 */
export function computeScope(input: ScopeInput): Field {
  const label = toBytes32(input.label, 'label');
  if ('audience' in input) {
    return hashTuple(['eligo/offchain-scope/1', toOrigin(input.audience), BigInt(label)]);
  }
  return hashTuple([
    'eligo/scope/1',
    toChainId(input.chainId),
    BigInt(toAddress(input.gate, 'gate')),
    BigInt(label),
  ]);
}

/** What a claimant agreed to: an action at a gate, or a service's challenge. */
export type ContextInput =
  | {
      readonly chainId: IntegerInput | number;
      readonly gate: Address;
      /** The gate's number for what is claimed, a campaign's for one. */
      readonly id: IntegerInput;
      /** `hashAction` for a campaign; another gate defines its own. */
      readonly actionHash: Hex;
    }
  | { readonly audience: string; readonly challenge: Hex };

/**
 * What the proof is bound to: a copied proof can only do what its owner agreed to.
 * @throws {InvalidInput}
 */
export function computeContext(input: ContextInput): Field {
  if ('audience' in input) {
    const challenge = toBytes32(input.challenge, 'challenge');
    return hashTuple(['eligo/offchain/1', toOrigin(input.audience), BigInt(challenge)]);
  }
  return hashTuple([
    'eligo/context/1',
    toChainId(input.chainId),
    BigInt(toAddress(input.gate, 'gate')),
    toUint(input.id, 'id', 256),
    BigInt(toBytes32(input.actionHash, 'actionHash')),
  ]);
}

/** What a claim on a campaign does. */
export type Action = {
  readonly recipient: Address;
  /** Base units; compared with the amount before the fee. */
  readonly minAmount: bigint;
  /** Base units of the paid token, taken out of the amount. */
  readonly fee: bigint;
  /** The zero address means whoever submits. */
  readonly feeTo: Address;
  readonly hookData: Hex;
};

/** `keccak256(abi.encode(Action))`, one tuple. @throws {InvalidInput} */
export function hashAction(action: Action): Hex {
  const fields = [
    BigInt(toAddress(action.recipient, 'action.recipient')),
    toUint(action.minAmount, 'action.minAmount', 256),
    toUint(action.fee, 'action.fee', 256),
    BigInt(toAddress(action.feeTo, 'action.feeTo')),
    hexToBytes(toHex(action.hookData, 'action.hookData')),
  ];
  return keccak256(encodeStruct(fields));
}

/** `K(abi.encode(...))` of texts, and of numbers, addresses and words as numbers. */
function hashTuple(values: readonly (string | bigint)[]): Field {
  const args = values.map((value) => (typeof value === 'string' ? stringToBytes(value) : value));
  return hashBytes(encodeArguments(args));
}

function toChainId(value: IntegerInput | number): bigint {
  return toUint(Number.isSafeInteger(value) ? BigInt(value) : value, 'chainId', 64);
}

/** An address with its checksum. @throws {InvalidInput} */
export function toAddress(value: string, name: string): Address {
  if (!isAddress(value))
    throw invalidInput(
      name,
      value,
      'must be an address of 20 bytes, lower-case or with a right checksum',
    );
  return getAddress(value);
}

/** Whole bytes in hex. @throws {InvalidInput} */
export function toHex(value: string, name: string): Hex {
  if (!isHex(value) || value.length % 2 !== 0)
    throw invalidInput(name, value, 'must be hex bytes with 0x');
  return value;
}

/** Thirty-two bytes in hex. @throws {InvalidInput} */
export function toBytes32(value: string, name: string): Hex {
  if (!isHex(value) || value.length !== 66) {
    throw invalidInput(name, value, 'must be 32 bytes in hex with 0x');
  }
  return value;
}

function toOrigin(value: string): string {
  const rule = 'must be an ASCII origin such as https://example.org';
  // The origin's own canonical form is the only one: no path, no default port, no upper case.
  const isOrigin =
    /^[\x21-\x7e]+$/.test(value) && URL.canParse(value) && new URL(value).origin === value;
  if (!isOrigin) throw invalidInput('audience', value, rule);
  return value;
}
