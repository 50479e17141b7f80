/**
 * An action before it is done: whatever it asks the node is answered, and its transaction is caught instead of being sent. So
 * what is rehearsed is what would be sent, to the byte, by whoever it is that can't sign here: a multisig, a timelock.
 * @module
 */
import type { Address, Hex } from 'viem';
import { EligoError } from '../errors.ts';
import type { ReadClient, WriteClient } from './client.ts';

/** The transaction that an action would send. */
export type Rehearsed = {
  readonly from: Address;
  readonly to: Address;
  readonly data: Hex;
};

const CAUGHT = 'eth_sendTransaction';

/** What only reads. Anything else that a client may come to know is refused. */
const READING = /^eth_(call|chainId|estimateGas|blockNumber|get[A-Z][A-Za-z]*)$/;

/**
 * Runs an action that sends one transaction, as an account whose key nobody needs to have.
 * @param action stops where it would send; what would come after is not run
 * @throws {EligoError} what the action would be refused with
 */
export async function rehearse(
  client: ReadClient,
  account: Address,
  action: (client: WriteClient) => Promise<unknown>,
): Promise<Rehearsed> {
  let caught: Rehearsed | undefined;
  const request = async (asked: Asked, options?: unknown): Promise<unknown> => {
    if (asked.method === CAUGHT) caught = toRehearsed(asked);
    if (!READING.test(asked.method)) throw new Error(`a rehearsal sends no ${asked.method}`);
    return (client.request as Request)(asked, options);
  };
  const rehearsing = { ...client, account: { address: account, type: 'json-rpc' }, request };
  try {
    await action(rehearsing as unknown as WriteClient);
  } catch (error) {
    if (caught === undefined) throw error;
  }
  if (caught === undefined)
    throw new EligoError('ContractReverted', 'the action would send no transaction');
  return caught;
}

type Asked = { readonly method: string; readonly params?: unknown };
type Request = (asked: Asked, options?: unknown) => Promise<unknown>;

function toRehearsed({ params }: Asked): Rehearsed {
  const [{ from, to, data }] = params as readonly [Rehearsed];
  return { from, to, data };
}
