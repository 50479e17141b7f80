/**
 * Whether a credential is the issuer's word: its signature, and what the chain says of the signer (PROTOCOL.md
 * section 2, "Credential").
 * @module
 */
import { isAddressEqual, type Address } from 'viem';
import { getBlockNumber, getContractEvents } from 'viem/actions';
import { credentialTypedData, type Credential } from '../protocol/credential.ts';
import { issuerRegistryAbi } from './abis.ts';
import type { ReadClient } from './client.ts';
import type { Deployment } from './deployment.ts';
import { scan } from './publications.ts';
import { answerOf } from './reverts.ts';
import { getTree } from './roots.ts';
import { read } from './send.ts';
import { invalidSignature, isContractSignature, recoverSigner } from './signatures.ts';

/** The contract's number of the role. */
const PUBLISHER = 1;

/**
 * Finds the publisher who signed a credential. The file doesn't name the signer: a key is recovered from the signature,
 * and a contract is found by asking each account that was ever made a publisher. The role counts as it is now: what
 * somebody signed whose role was taken away is refused, since the signature doesn't say when it was made.
 * @returns the publisher
 * @throws {InvalidSignature} also where the credential is of another chain or registry
 * @throws {ContractReverted} `UnknownTree` @throws {ChainUnavailable}
 */
export async function checkCredential(
  client: ReadClient,
  parameters: { readonly deployment: Deployment; readonly credential: Credential },
): Promise<{ readonly publisher: Address }> {
  const { deployment, credential } = parameters;
  refuseOtherPlace(deployment, credential);
  const typedData = credentialTypedData(credential);
  const { signature, tree: treeId } = credential;
  const { issuerId } = await getTree(client, { deployment, treeId });
  const recovered = await recoverSigner(typedData, signature);
  if (recovered && (await isPublisher(client, { deployment, issuerId }, recovered.signer))) {
    if (recovered.isCanonical) return { publisher: recovered.signer };
    const rule = 'must have a low s, and 27 or 28 as its v';
    throw invalidSignature(`the signature of the credential ${rule}`, {
      publisher: recovered.signer,
    });
  }
  for (const account of await everPublishers(client, { deployment, issuerId })) {
    if (!(await isPublisher(client, { deployment, issuerId }, account))) continue;
    if (await isContractSignature(client, { account, typedData, signature }))
      return { publisher: account };
  }
  throw invalidSignature(
    `the credential is not signed by a publisher of issuer ${issuerId.toString()}`,
    { issuerId, treeId },
  );
}

/** The signature's domain names both: elsewhere it says nothing. */
function refuseOtherPlace({ chainId, contracts }: Deployment, credential: Credential): void {
  const { RootRegistry: registry } = contracts;
  if (credential.chainId.toString() === chainId && isAddressEqual(credential.registry, registry)) {
    return;
  }
  throw invalidSignature(
    `the credential is of the registry ${credential.registry} on chain ${credential.chainId.toString()}, not of ${registry} on chain ${chainId}`,
    { registry: credential.registry, chainId: credential.chainId },
  );
}

type Issuer = { readonly deployment: Deployment; readonly issuerId: bigint };

function registryOf({ deployment }: Issuer): { address: Address; abi: typeof issuerRegistryAbi } {
  return { address: deployment.contracts.IssuerRegistry, abi: issuerRegistryAbi };
}

function isPublisher(client: ReadClient, issuer: Issuer, account: Address): Promise<boolean> {
  return read(client, {
    ...registryOf(issuer),
    functionName: 'isPublisher',
    args: [issuer.issuerId, account],
  });
}

/** Every account that was made a publisher of the issuer at some time, once. */
async function everPublishers(client: ReadClient, issuer: Issuer): Promise<readonly Address[]> {
  const { address, abi } = registryOf(issuer);
  const latest = await answerOf(getBlockNumber(client, { cacheTime: 0 }));
  const ask = (fromBlock: bigint, toBlock: bigint) =>
    getContractEvents(client, {
      ...{ address, abi, eventName: 'RoleGranted', strict: true },
      ...{ args: { issuerId: issuer.issuerId, role: PUBLISHER }, fromBlock, toBlock },
    });
  const logs = await scan(ask, { from: 0n, to: latest });
  return [...new Set(logs.map(({ args }) => args.account))];
}
