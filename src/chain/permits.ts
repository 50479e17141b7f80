/**
 * Approval of a token by signature (ERC-2612).
 * @module
 */
import { domainSeparator, parseAbi, parseSignature, type Address, type Hex } from 'viem';
import type { TypedDataDomain } from 'viem';
import { signTypedData } from 'viem/actions';
import { EligoError, invalidInput } from '../errors.ts';
import { getChainTime, type ReadClient, type WriteClient } from './client.ts';
import { read } from './send.ts';

const PERMIT_ABI = parseAbi([
  'function DOMAIN_SEPARATOR() view returns (bytes32)',
  'function name() view returns (string)',
  'function nonces(address owner) view returns (uint256)',
  'function version() view returns (string)',
]);

const TYPES = {
  Permit: [
    { name: 'owner', type: 'address' },
    { name: 'spender', type: 'address' },
    { name: 'value', type: 'uint256' },
    { name: 'nonce', type: 'uint256' },
    { name: 'deadline', type: 'uint256' },
  ],
} as const;

/** Seconds for which a permit can be used. */
const LIFETIME = 3_600n;

/** A permit's signature, as contracts take it. */
export type Permit = {
  /** Unix seconds. */
  readonly deadline: bigint;
  readonly v: number;
  readonly r: Hex;
  readonly s: Hex;
};

/**
 * Allows a spender an amount of the client's account's tokens, for an hour of the chain.
 * @throws {InvalidInput} if the token takes no permits, or of another domain than it should
 */
export async function signPermit(
  client: WriteClient,
  parameters: { readonly token: Address; readonly spender: Address; readonly amount: bigint },
): Promise<Permit> {
  const { token, spender, amount } = parameters;
  const { account } = client;
  const owner = account.address;
  const domain = await readDomain(client, token);
  const at = { address: token, abi: PERMIT_ABI };
  const nonce = await read(client, { ...at, functionName: 'nonces', args: [owner] });
  const deadline = (await getChainTime(client)) + LIFETIME;
  const signature = await signTypedData(client, {
    account,
    domain,
    types: TYPES,
    primaryType: 'Permit',
    message: { owner, spender, value: amount, nonce, deadline },
  });
  const { r, s, yParity } = parseSignature(signature);
  return { deadline, v: 27 + yParity, r, s };
}

/** The domain that the token checks signatures in. Nothing but its hash is sure to be there, so what is guessed is compared. */
async function readDomain(client: ReadClient, token: Address): Promise<TypedDataDomain> {
  const at = { address: token, abi: PERMIT_ABI };
  const unless = async <T>(question: Promise<T>): Promise<T | undefined> => {
    try {
      return await question;
    } catch (error) {
      if (error instanceof EligoError && error.code === 'ContractReverted') return undefined;
      throw error;
    }
  };
  const expected = await unless(
    read(client, { ...at, functionName: 'DOMAIN_SEPARATOR', args: [] }),
  );
  const name = await unless(read(client, { ...at, functionName: 'name', args: [] }));
  const version = await unless(read(client, { ...at, functionName: 'version', args: [] }));
  if (expected !== undefined && name !== undefined) {
    const chainId = client.chain.id;
    const domain = { name, version: version ?? '1', chainId, verifyingContract: token };
    if (domainSeparator({ domain }) === expected) return domain;
  }
  throw invalidInput('token', token, 'takes no approval by signature (ERC-2612): approve it first');
}
