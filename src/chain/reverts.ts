/**
 * From a revert to the project's error of the same name. One table: the codes of errors.ts are the contracts' names.
 * @module
 */
import { BaseError, ContractFunctionRevertedError, HttpRequestError, TimeoutError } from 'viem';
import { EligoError, exitCodes, type ErrorCode, type ErrorData } from '../errors.ts';

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
  const name = revert instanceof ContractFunctionRevertedError ? revert.data?.errorName : undefined;
  if (!(revert instanceof ContractFunctionRevertedError) || name === undefined) {
    return new EligoError('ContractReverted', error.shortMessage, {}, error);
  }
  const data = namedArguments(revert);
  const facts = Object.entries(data).map(([key, value]) => `${key} ${String(value)}`);
  const message = `the contract refuses: ${name}(${facts.join(', ')})`;
  return isErrorCode(name)
    ? new EligoError(name, message, data, error)
    : new EligoError('ContractReverted', message, { revert: name, ...data }, error);
}

function isErrorCode(name: string): name is ErrorCode {
  return name in exitCodes;
}

function namedArguments(revert: ContractFunctionRevertedError): ErrorData {
  const inputs = revert.data?.abiItem.type === 'error' ? revert.data.abiItem.inputs : [];
  const values = (revert.data?.args ?? []) as readonly (string | number | bigint | boolean)[];
  return Object.fromEntries(inputs.map((input, i) => [input.name ?? String(i), values[i]]));
}
