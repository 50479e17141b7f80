/**
 * The same view of a contract for many arguments, at one block: by a multicall that needs no contract on the chain.
 * @module
 */
import { BaseError, type Abi, type Address } from 'viem';
import { getCode, multicall, readContract } from 'viem/actions';
import { EligoError } from '../errors.ts';
import { answerTo, mayBeTooMuch, patiently, type Asker } from './asker.ts';
import { fromRevert } from './reverts.ts';

/**
 * Calls in one question. The answer comes as the code of a contract that is never made, which a chain limits to 24,576
 * bytes: 32 attestations of some hundred bytes of data each. Where they are longer, half as many are asked for.
 */
const AT_ONCE = 32;

/** What is asked, of which block. */
export type ManyQuestion = {
  readonly address: Address;
  readonly abi: Abi;
  readonly functionName: string;
  readonly block: bigint;
};

/**
 * What a contract says for each list of arguments, in their order; undefined where it says nothing: the call reverts, or
 * takes more than the node gives.
 * @throws {ChainUnavailable} if the node doesn't answer; with `state: 'missing'` if it no longer knows the block's state
 */
export async function readMany(
  asker: Asker,
  question: ManyQuestion,
  lists: readonly (readonly unknown[])[],
): Promise<readonly unknown[]> {
  const answers: unknown[] = [];
  for (let i = 0; i < lists.length; i += AT_ONCE)
    answers.push(...(await askSome(asker, question, lists.slice(i, i + AT_ONCE))));
  return answers;
}

/** What a call came to. */
type Result = { readonly status: 'success' | 'failure'; readonly result?: unknown };

async function askSome(
  asker: Asker,
  question: ManyQuestion,
  lists: readonly (readonly unknown[])[],
): Promise<readonly unknown[]> {
  if (lists.length === 0) return [];
  if (lists.length === 1) return [await askOne(asker, question, lists[0] ?? [])];
  const results = await askTogether(asker, question, lists);
  if (results === undefined) {
    // One of them may be what is too much: a stranger's attestation can be of any size.
    const middle = Math.ceil(lists.length / 2);
    const first = await askSome(asker, question, lists.slice(0, middle));
    return [...first, ...(await askSome(asker, question, lists.slice(middle)))];
  }
  const answers: unknown[] = [];
  for (const [i, { status, result }] of results.entries())
    answers.push(status === 'success' ? result : await askOne(asker, question, lists[i] ?? []));
  return answers;
}

/** All in one question; undefined if that fails as a whole. */
async function askTogether(
  asker: Asker,
  { address, abi, functionName, block }: ManyQuestion,
  lists: readonly (readonly unknown[])[],
): Promise<readonly Result[] | undefined> {
  const contracts = lists.map((args) => ({ address, abi, functionName, args }));
  const ask = async (): Promise<readonly Result[]> => {
    const results = await multicall(asker.client, {
      ...{ contracts, blockNumber: block, deployless: true, batchSize: 0, allowFailure: true },
    });
    const [first] = results;
    // viem hands the error of the whole question to each of its calls.
    const asWhole =
      first?.status === 'failure' && results.every(({ error }) => error === first.error);
    if (asWhole) throw first.error;
    return results;
  };
  try {
    return await patiently(asker, ask, { onlyBusy: true });
  } catch (error) {
    if (!(error instanceof BaseError)) throw error;
    if (mayBeTooMuch(error)) return undefined;
    throw fromRevert(error);
  }
}

async function askOne(
  asker: Asker,
  { address, abi, functionName, block }: ManyQuestion,
  args: readonly unknown[],
): Promise<unknown> {
  const call = { address, abi, functionName, args, blockNumber: block };
  try {
    return await answerTo(asker, () => readContract(asker.client, call));
  } catch (error) {
    asker.signal?.throwIfAborted();
    if (error instanceof EligoError && error.code === 'ChainUnavailable') throw error;
    await refuseMissingState(asker, address, block);
    return undefined;
  }
}

/** Most nodes keep the states of some hundred blocks only. */
async function refuseMissingState(asker: Asker, address: Address, block: bigint): Promise<void> {
  try {
    await patiently(asker, () => getCode(asker.client, { address, blockNumber: block }));
  } catch (error) {
    asker.signal?.throwIfAborted();
    throw new EligoError(
      'ChainUnavailable',
      `the node no longer knows what was so at block ${block.toString()}: ask one that keeps old states`,
      { state: 'missing', block },
      error,
    );
  }
}
