/**
 * Reading and writing contracts, with reverts decoded.
 * @module
 */
import {
  isAddressEqual,
  parseEventLogs,
  type Abi,
  type Address,
  type ContractEventName,
  type ContractFunctionArgs,
  type ContractFunctionName,
  type ContractFunctionReturnType,
  type Hex,
  type ParseEventLogsReturnType,
  type TransactionReceipt,
} from 'viem';
import { estimateContractGas, readContract, simulateContract, writeContract } from 'viem/actions';
import { EligoError } from '../errors.ts';
import type { ReadClient, WriteClient } from './client.ts';
import type { Deployment } from './deployment.ts';
import { errorsAbi } from './abis.ts';
import { fromRevert } from './reverts.ts';
import { gasLimitOf, waitForReceipt } from './transactions.ts';

/** A function of a contract. */
export type Call<abi extends Abi, name extends string, args> = {
  readonly address: Address;
  readonly abi: abi;
  readonly functionName: name;
  readonly args: args;
};

/** The functions that change something. */
type Writing = 'nonpayable' | 'payable';

/**
 * Calls a contract, waits for the transaction to be mined, and gives its receipt.
 * @param call.value wei that go with the call; none if left out
 * @throws {EligoError} named as the contract's error: found by a simulation first, so that a refusal costs no gas
 */
export async function send<
  const abi extends Abi,
  name extends ContractFunctionName<abi, Writing>,
  const args extends ContractFunctionArgs<abi, Writing, name>,
>(
  client: WriteClient,
  call: Call<abi, name, args> & { readonly value?: bigint },
): Promise<TransactionReceipt> {
  const request = { ...call, abi: [...call.abi, ...errorsAbi] as Abi } as Request;
  try {
    await simulateContract(client, request);
    const { account, chain } = client;
    const gas = gasLimitOf(await estimateContractGas(client, { ...request, account }));
    const hash = await writeContract(client, { ...request, account, chain, gas });
    return await confirm(client, hash, request);
  } catch (error) {
    throw fromRevert(error);
  }
}

/**
 * `send` to one contract of every deployment.
 * @param contract where it is in a deployment
 */
export function sender<const abi extends Abi>(
  contract: (deployment: Deployment) => { readonly address: Address; readonly abi: abi },
) {
  return <const name extends ContractFunctionName<abi, Writing>>(
    client: WriteClient,
    deployment: Deployment,
    functionName: name,
    args: ContractFunctionArgs<abi, Writing, name>,
  ): Promise<TransactionReceipt> =>
    send<abi, name, typeof args>(client, { ...contract(deployment), functionName, args });
}

/** Reads from a contract. @throws {EligoError} named as the contract's error */
export async function read<
  const abi extends Abi,
  name extends ContractFunctionName<abi, 'pure' | 'view'>,
  const args extends ContractFunctionArgs<abi, 'pure' | 'view', name>,
>(
  client: ReadClient,
  call: Call<abi, name, args>,
): Promise<ContractFunctionReturnType<abi, 'pure' | 'view', name, args>> {
  try {
    return await readContract(client, call as never);
  } catch (error) {
    throw fromRevert(error);
  }
}

/** The one event of that name in a receipt. @throws {ContractReverted} if there is none */
export function eventOf<const abi extends Abi, name extends ContractEventName<abi>>(
  receipt: TransactionReceipt,
  abi: abi,
  eventName: name,
): ParseEventLogsReturnType<abi, name, true>[number] {
  const [event] = parseEventLogs({ abi, eventName, logs: receipt.logs });
  if (!event) {
    throw new EligoError(
      'ContractReverted',
      `the transaction ${receipt.transactionHash} has no event ${eventName}`,
    );
  }
  return event;
}

/**
 * The one event of that name that this contract emitted in a transaction; what others emit under the name isn't its word.
 * @throws {ContractReverted} if there is none
 */
export function ownEventOf<const abi extends Abi, name extends ContractEventName<abi>>(
  receipt: TransactionReceipt,
  { address, abi }: { readonly address: Address; readonly abi: abi },
  eventName: name,
): ParseEventLogsReturnType<abi, name, true>[number] {
  const logs = receipt.logs.filter((log) => isAddressEqual(log.address, address));
  return eventOf({ ...receipt, logs }, abi, eventName);
}

type Request = {
  address: Address;
  abi: Abi;
  functionName: string;
  args: readonly unknown[];
  value?: bigint;
};

async function confirm(
  client: WriteClient,
  hash: Hex,
  request: Request,
): Promise<TransactionReceipt> {
  const receipt = await waitForReceipt(client, hash);
  if (receipt.status === 'success') return receipt;
  // Something overtook the transaction: ask again what the contract says now.
  await simulateContract(client, { ...request, blockNumber: receipt.blockNumber });
  throw new EligoError('ContractReverted', `the transaction ${hash} reverted`, {
    transaction: hash,
  });
}
