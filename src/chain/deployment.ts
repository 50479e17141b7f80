/**
 * Deploying the contracts, and the record of where they are.
 * @module
 */
import { readFile } from 'node:fs/promises';
import { getAddress, isAddress, type Abi, type Address, type Hex } from 'viem';
import { deployContract, getBlockNumber } from 'viem/actions';
import { z } from 'zod';
import { EligoError } from '../errors.ts';
import { readDocument } from '../protocol/codec.ts';
import { toUint } from '../protocol/field.ts';
import { loadArtifacts, type Artifacts } from '../prover/artifacts.ts';
import { exampleTokenAbi } from './abis.ts';
import { DEVELOPMENT_CHAINS, type WriteClient } from './client.ts';
import { answerOf, fromRevert } from './reverts.ts';
import { send } from './send.ts';
import { waitForReceipt } from './transactions.ts';

/** The contracts of a deployment, in the order in which they are deployed. */
export const CONTRACTS = ['IssuerRegistry', 'RootRegistry', 'Grants', 'Distributor'] as const;

/** What the contracts' bytecode names by address. */
const LIBRARIES = ['PoseidonT3', 'PoseidonT5', 'Campaigns'] as const;

const address = z
  .string()
  .refine(
    (text): text is Address => isAddress(text),
    'must be an address, with a right checksum if it has one',
  );

const deploymentShape = z.strictObject({
  eligo: z.literal('deployment/1', 'must be "deployment/1"'),
  chainId: z.string(),
  /** sha256 of the r1cs that the distributor's verifying key is for. */
  circuit: z.string().regex(/^[0-9a-f]{64}$/, 'must be a sha256 in hex'),
  security: z.enum(['INSECURE-DEV', 'CEREMONY']),
  contracts: z.strictObject({
    IssuerRegistry: address,
    RootRegistry: address,
    Grants: address,
    Distributor: address,
  }),
  /** The block before which none of the contracts was there: where a search of their events begins. */
  block: z.string().optional(),
});

/** Where the contracts are. */
export type Deployment = z.infer<typeof deploymentShape>;

/** Reads a deployment file. @throws {InvalidInput} */
export function readDeployment(input: unknown): Deployment {
  const deployment = readDocument(deploymentShape, input, 'deployment');
  toUint(deployment.chainId, 'deployment.chainId', 64);
  if (deployment.block !== undefined) toUint(deployment.block, 'deployment.block', 64);
  return deployment;
}

/** One contract as deployed. */
export type DeployedContract = {
  readonly name: string;
  readonly address: Address;
  readonly gas: bigint;
};

/** Where the package keeps its compiled contracts. */
export const PACKAGE_CONTRACTS = new URL('../../build/contracts/', import.meta.url);

/**
 * Deploys everything: the libraries, both registries, the grants and the distributor.
 * @param parameters.artifacts  the set whose key the verifier was compiled with
 * @param parameters.onDeployed called after each contract
 * @throws {InsecureKey} for development keys on any chain but a local one
 * @throws {ArtifactMismatch} if the contracts were compiled with another key
 */
export async function deployContracts(
  client: WriteClient,
  parameters: {
    readonly artifacts: Artifacts;
    readonly onDeployed?: (contract: DeployedContract) => void;
  },
): Promise<Deployment> {
  const { artifacts, onDeployed } = parameters;
  const chainId = client.chain.id;
  if (artifacts.insecureDev && !DEVELOPMENT_CHAINS.includes(chainId)) {
    throw new EligoError(
      'InsecureKey',
      `chain ${chainId}: development keys are for ${DEVELOPMENT_CHAINS.join(' and ')} only, anybody can forge with them`,
      { chainId },
    );
  }
  await refuseForeignKeys(artifacts);
  const libraries: Record<string, Address> = {};
  const deploy = async (name: string, args: readonly unknown[] = []): Promise<Address> => {
    const { abi, bytecode } = await loadContract(name, libraries);
    const contract = await create(client, name, abi, bytecode, args);
    onDeployed?.(contract);
    return contract.address;
  };
  const block = (await answerOf(getBlockNumber(client, { cacheTime: 0 }))).toString();
  for (const library of LIBRARIES) libraries[library] = await deploy(library);
  const IssuerRegistry = await deploy('IssuerRegistry');
  const RootRegistry = await deploy('RootRegistry', [IssuerRegistry]);
  const Grants = await deploy('Grants');
  const Distributor = await deploy('Distributor', [RootRegistry, Grants]);
  return {
    eligo: 'deployment/1',
    chainId: chainId.toString(),
    circuit: artifacts.circuit,
    security: artifacts.manifest.security,
    contracts: { IssuerRegistry, RootRegistry, Grants, Distributor },
    block,
  };
}

/** The contracts were compiled with the package's key: another set's proofs would never verify. @throws {ArtifactMismatch} */
async function refuseForeignKeys({ manifest }: Artifacts): Promise<void> {
  const own = (await loadArtifacts()).manifest.sha256.solidity;
  if (manifest.sha256.solidity === own) return;
  throw new EligoError(
    'ArtifactMismatch',
    "the contracts were compiled with the package's key, not with that of the artifacts given: run `npm run build -- --keys` with that folder first",
    { found: manifest.sha256.solidity, expected: own },
  );
}

/** Deploys the ERC-20 of the examples, for demonstrations and local chains: anybody may mint it. */
export async function deployExampleToken(client: WriteClient): Promise<DeployedContract> {
  const { abi, bytecode } = await loadContract('ExampleToken', {});
  return create(client, 'ExampleToken', abi, bytecode, []);
}

/** Mints the example token. */
export async function mintExampleToken(
  client: WriteClient,
  parameters: { readonly token: Address; readonly to: Address; readonly amount: bigint },
): Promise<void> {
  await send(client, {
    address: parameters.token,
    abi: exampleTokenAbi,
    functionName: 'mint',
    args: [parameters.to, parameters.amount],
  });
}

async function create(
  client: WriteClient,
  name: string,
  abi: Abi,
  bytecode: Hex,
  args: readonly unknown[],
): Promise<DeployedContract> {
  try {
    const hash = await deployContract(client, {
      abi,
      bytecode,
      args,
      account: client.account,
      chain: client.chain,
    });
    const receipt = await waitForReceipt(client, hash);
    if (receipt.status !== 'success' || !receipt.contractAddress)
      throw new EligoError('ContractReverted', `${name} was not deployed`);
    return { name, address: getAddress(receipt.contractAddress), gas: receipt.gasUsed };
  } catch (error) {
    throw fromRevert(error);
  }
}

type ContractFile = {
  readonly abi: Abi;
  readonly bytecode: Hex;
  readonly linkReferences: Readonly<
    Record<
      string,
      Readonly<Record<string, readonly { readonly start: number; readonly length: number }[]>>
    >
  >;
};

/** A compiled contract with its libraries' addresses written into the bytecode. */
async function loadContract(
  name: string,
  libraries: Readonly<Record<string, Address>>,
): Promise<{ abi: Abi; bytecode: Hex }> {
  let text: string;
  try {
    text = await readFile(new URL(`${name}.json`, PACKAGE_CONTRACTS), 'utf8');
  } catch (error) {
    throw new EligoError(
      'ArtifactMissing',
      `the compiled contract ${name} is missing: run \`npm run build\``,
      { name },
      error,
    );
  }
  const { abi, bytecode, linkReferences } = JSON.parse(text) as ContractFile;
  let code = bytecode.slice(2);
  for (const file of Object.values(linkReferences)) {
    for (const [library, places] of Object.entries(file)) {
      const target = libraries[library];
      if (!target)
        throw new EligoError('ArtifactMissing', `${name} needs the library ${library}`, {
          name,
          library,
        });
      for (const { start, length } of places) {
        code =
          code.slice(0, 2 * start) +
          target.slice(2).toLowerCase() +
          code.slice(2 * (start + length));
      }
    }
  }
  return { abi, bytecode: `0x${code}` };
}
