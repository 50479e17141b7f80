/**
 * Signatures of accounts, whatever the account is: a key's (EOA), a contract's (ERC-1271), or one of a contract that is
 * not deployed yet (ERC-6492).
 * @module
 */
import { isAddressEqual, recoverTypedDataAddress, zeroAddress } from 'viem';
import type { Address, Hex, TypedDataDefinition } from 'viem';
import { getChainId, verifyTypedData } from 'viem/actions';
import { EligoError } from '../errors.ts';
import { isCanonicalSignature, splitSignature } from '../protocol/ecdsa.ts';
import type { ReadClient } from './client.ts';
import { answerOf } from './reverts.ts';

/**
 * Whose key signed this; undefined if no key did. Also finds the signer of a signature that is not in canonical form:
 * look at `isCanonical` before believing it.
 */
export async function recoverSigner(
  typedData: TypedDataDefinition,
  signature: Hex,
): Promise<{ readonly signer: Address; readonly isCanonical: boolean } | undefined> {
  const parts = splitSignature(signature);
  if (!parts) return undefined;
  try {
    const signer = await recoverTypedDataAddress({ ...typedData, signature });
    return { signer, isCanonical: isCanonicalSignature(parts) };
  } catch {
    return undefined; // r is no point of the curve, or v is no parity: nobody's signature
  }
}

/**
 * Checks that an account signed this. A key's signature is taken in one form only (65 bytes, low s, v 27 or 28), and
 * without asking the chain; for all others the chain says what the contract says. An error doesn't name the account, which
 * may be a person's.
 * @param parameters.what what the error calls the signature's document
 * @throws {InvalidSignature} @throws {ChainUnavailable}
 */
export async function checkSignature(
  client: ReadClient,
  parameters: {
    readonly account: Address;
    readonly typedData: TypedDataDefinition;
    readonly signature: Hex;
    readonly what: string;
  },
): Promise<void> {
  const { account, typedData, signature, what } = parameters;
  const recovered = await recoverSigner(typedData, signature);
  if (recovered && isAddressEqual(recovered.signer, account)) {
    if (recovered.isCanonical) return;
    const rule = 'must have a low s, and 27 or 28 as its v';
    throw invalidSignature(`the signature of the ${what} ${rule}`);
  }
  if (await isContractSignature(client, { account, typedData, signature })) return;
  throw invalidSignature(`the ${what} is not signed by its account`);
}

/** Whether a contract, deployed or about to be, takes the signature for its own. @throws {ChainUnavailable} */
export async function isContractSignature(
  client: ReadClient,
  parameters: {
    readonly account: Address;
    readonly typedData: TypedDataDefinition;
    readonly signature: Hex;
  },
): Promise<boolean> {
  const { account: address, typedData, signature } = parameters;
  // The EVM recovers the zero address from what is no signature at all.
  if (isAddressEqual(address, zeroAddress)) return false;
  const valid = await answerOf(
    verifyTypedData(client, { ...typedData, address, signature, mode: 'eoa' }),
  );
  // viem also says false where the node doesn't answer: that must not pass for a verdict.
  if (!valid) await answerOf(getChainId(client));
  return valid;
}

export function invalidSignature(
  message: string,
  data: Readonly<Record<string, string | bigint>> = {},
): EligoError {
  return new EligoError('InvalidSignature', message, data);
}
