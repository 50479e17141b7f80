/**
 * From a revert to the project's error of the same name. One table: the codes of errors.ts are the contracts' names.
 * @module
 */
import {
  BaseError,
  ContractFunctionRevertedError,
  HttpRequestError,
  TimeoutError,
  decodeErrorResult,
  type DecodeErrorResultReturnType,
  type Hex,
} from 'viem';
import { EligoError, exitCodes, type ErrorCode, type ErrorData } from '../errors.ts';
import { errorsAbi } from './abis.ts';

/** Waits for an answer of a node. @throws {EligoError} where viem threw, see `fromRevert` */
export async function answerOf<T>(question: Promise<T>): Promise<T> {
  try {
    return await question;
  } catch (error) {
    throw fromRevert(error);
  }
}

/** What viem threw, as an `EligoError`: the verdict by its name, anything else of a contract as `ContractReverted`. */
export function fromRevert(error: unknown): EligoError {
  if (error instanceof EligoError) return error;
  if (!(error instanceof BaseError))
    return new EligoError('ContractReverted', String(error), {}, error);
  const offline = error.walk(
    (inner) => inner instanceof HttpRequestError || inner instanceof TimeoutError,
  );
  if (offline) return new EligoError('ChainUnavailable', error.shortMessage, {}, error);
  const revert = error.walk((inner) => inner instanceof ContractFunctionRevertedError);
  const decoded = revert instanceof ContractFunctionRevertedError ? revert.data : undefined;
  if (decoded === undefined)
    return new EligoError('ContractReverted', error.shortMessage, {}, error);
  return toError(decoded, error);
}

/**
 * The error that a contract answers with, encoded, instead of reverting with it: why a claim of a batch was skipped.
 * @param encoded four bytes of the error's selector, then its arguments
 */
export function fromRefusal(encoded: Hex): EligoError {
  try {
    return toError(decodeErrorResult({ abi: errorsAbi, data: encoded }));
  } catch (error) {
    const message = 'the contract refuses, with an error that is not one of its own';
    return new EligoError('ContractReverted', message, { revert: encoded }, error);
  }
}

type DecodedError = Pick<DecodeErrorResultReturnType, 'abiItem' | 'errorName'> & {
  readonly args?: readonly unknown[] | undefined;
};

function toError(decoded: DecodedError, cause?: unknown): EligoError {
  const { errorName: name } = decoded;
  const data = namedArguments(decoded);
  const facts = Object.entries(data).map(([key, value]) => `${key} ${String(value)}`);
  const message = `the contract refuses: ${name}(${facts.join(', ')})`;
  return isErrorCode(name)
    ? new EligoError(name, message, data, cause)
    : new EligoError('ContractReverted', message, { revert: name, ...data }, cause);
}

function isErrorCode(name: string): name is ErrorCode {
  return name in exitCodes;
}

function namedArguments({ abiItem, args = [] }: DecodedError): ErrorData {
  const inputs = abiItem.type === 'error' ? abiItem.inputs : [];
  const values = args as readonly (string | number | bigint | boolean)[];
  return Object.fromEntries(inputs.map((input, i) => [input.name ?? String(i), values[i]]));
}
