/**
 * Compiled contracts that a benchmark deploys beside what every chain has.
 * @module
 */
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Abi, Address, Hex } from 'viem';
import { deployContract } from 'viem/actions';
import type { WriteClient } from '../../src/chain/client.ts';
import { waitForReceipt } from '../../src/chain/transactions.ts';

const PACKAGE = resolve(import.meta.dirname, '../../build/contracts');

/** A contract on the chain. */
export type Deployed = { readonly address: Address; readonly abi: Abi };

/**
 * Deploys a compiled contract.
 * @param parameters.poseidonT3 the one library that gates are linked with
 * @param parameters.folder     where the artifact is; the package's own if left out
 */
export async function deployCompiled(
  client: WriteClient,
  parameters: {
    readonly name: string;
    readonly args?: readonly unknown[];
    readonly poseidonT3: Address;
    readonly folder?: string;
  },
): Promise<Deployed> {
  const { name, args = [], poseidonT3, folder = PACKAGE } = parameters;
  const text = await readFile(join(folder, `${name}.json`), 'utf8');
  const { abi, bytecode } = JSON.parse(text) as { abi: Abi; bytecode: string };
  const linked = bytecode.replace(
    /__\$[0-9a-f]{34}\$__/g,
    poseidonT3.slice(2).toLowerCase(),
  ) as Hex;
  const { account, chain } = client;
  const hash = await deployContract(client, { abi, bytecode: linked, args, account, chain });
  const { contractAddress } = await waitForReceipt(client, hash);
  return { address: contractAddress as Address, abi };
}
