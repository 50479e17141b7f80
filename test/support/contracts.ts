/**
 * The contracts as tests use them: compiled with a key whose trapdoor is known, deployed anew for each test, and every
 * call typed by its ABI.
 * @module
 */
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { expect } from 'chai';
import {
  BaseError,
  ContractFunctionRevertedError,
  getAddress,
  getContract,
  type Abi,
  type Address,
  type Hex,
} from 'viem';
import { buildContracts, type ContractArtifact } from '../../scripts/contracts.ts';
import {
  distributorAbi,
  eligibilityVerifierAbi,
  errorsAbi,
  exampleTokenAbi,
  grantsAbi,
  issuerRegistryAbi,
  rootRegistryAbi,
} from '../../src/chain/abis.ts';
import { accountOf, type Anvil } from './anvil.ts';
import { trapdoorKeySource } from './trapdoor.ts';

const project = resolve(import.meta.dirname, '../..');
const MAX_GAS = 15_000_000n;

/** Where a set of compiled contracts is. */
export type Folder = string;

/** The contracts with the trapdoor key, and the doubles. */
export function testContracts(): Promise<Folder> {
  return buildContracts({
    out: join(project, 'build/test-contracts'),
    verifyingKeySource: trapdoorKeySource(),
    entries: [
      'contracts/IssuerRegistry.sol',
      'contracts/RootRegistry.sol',
      'contracts/EligibilityVerifier.sol',
      'contracts/Distributor.sol',
      'contracts/Grants.sol',
      'contracts/libraries/Campaigns.sol',
      'contracts/examples/ExampleToken.sol',
      'contracts/examples/GatedMint.sol',
      'contracts/examples/GatedVote.sol',
      'poseidon-solidity/PoseidonT3.sol',
      'poseidon-solidity/PoseidonT5.sol',
      '@openzeppelin/contracts/governance/TimelockController.sol',
      'test/contracts/doubles/BareVerifier.sol',
      'test/contracts/doubles/BatchHarness.sol',
      'test/contracts/doubles/DistributorDoubles.sol',
      'test/contracts/doubles/Doubles.sol',
      'test/contracts/doubles/GrantsDoubles.sol',
      'test/contracts/doubles/PermitTokens.sol',
      'test/contracts/doubles/RootReader.sol',
      'test/contracts/doubles/SignalsHarness.sol',
      'test/contracts/doubles/SourceDoubles.sol',
      'test/contracts/doubles/Wallets.sol',
    ],
  });
}

/** The verifier under another key, and the same without its guards. */
export function verifierContracts(name: string, verifyingKeySource: string): Promise<Folder> {
  return buildContracts({
    out: join(project, `build/test-contracts-${name}`),
    verifyingKeySource,
    entries: ['contracts/EligibilityVerifier.sol', 'test/contracts/doubles/BareVerifier.sol'],
  });
}

/** A line of a source, and what a careless hand would have made of it. */
export type Plant = { readonly file: string; readonly from: string; readonly to: string };

/** The distributor with bugs planted; see `plantedContract`. */
export function plantedDistributor(name: string, plants: readonly Plant[]): Promise<Folder> {
  return plantedContract(name, 'contracts/Distributor.sol', plants);
}

/** A contract with bugs planted. @throws if a line isn't there exactly once: the test would be about nothing */
export async function plantedContract(
  name: string,
  entry: string,
  plants: readonly Plant[],
): Promise<Folder> {
  const waiting = new Set(plants);
  const folder = await buildContracts({
    out: join(project, `build/test-contracts-planted-${name}`),
    verifyingKeySource: trapdoorKeySource(),
    entries: [entry],
    replace: (file, content) =>
      plants
        .filter((plant) => plant.file === file)
        .reduce((text, plant) => {
          const parts = text.split(plant.from);
          if (parts.length !== 2) {
            throw new Error(`${file} has ${parts.length - 1} times: ${plant.from}`);
          }
          waiting.delete(plant);
          return parts.join(plant.to);
        }, content),
  });
  if (waiting.size > 0)
    throw new Error(`not compiled: ${[...waiting].map(({ file }) => file).join()}`);
  return folder;
}

export async function readArtifact(folder: Folder, name: string): Promise<ContractArtifact> {
  return JSON.parse(await readFile(join(folder, `${name}.json`), 'utf8')) as ContractArtifact;
}

/** Deploys a contract; libraries by their names. */
export async function deploy(
  anvil: Anvil,
  folder: Folder,
  name: string,
  args: readonly unknown[] = [],
  libraries: Readonly<Record<string, Address>> = {},
): Promise<Address> {
  const artifact = await readArtifact(folder, name);
  const hash = await anvil.client.deployContract({
    abi: artifact.abi,
    bytecode: link(artifact, libraries),
    args,
    account: accountOf(anvil, 0),
    gas: MAX_GAS,
  });
  const { contractAddress } = await anvil.mined(hash);
  return getAddress(contractAddress!);
}

function link(artifact: ContractArtifact, libraries: Readonly<Record<string, Address>>): Hex {
  let code = artifact.bytecode.slice(2);
  for (const byName of Object.values(artifact.linkReferences)) {
    for (const [name, places] of Object.entries(byName)) {
      const address = libraries[name];
      if (address === undefined) throw new Error(`${artifact.contractName} needs ${name}`);
      for (const { start } of places) {
        code = code.slice(0, 2 * start) + address.slice(2) + code.slice(2 * start + 40);
      }
    }
  }
  return `0x${code}`;
}

/** An issuer's roles, as IssuerRegistry counts them. */
export const ROLE = { owner: 0, publisher: 1, guardian: 2 } as const;

/** Why a test does what owners and guardians do: reason and evidence, neither of them the default. */
export const BECAUSE: readonly [number, Hex] = [4, `0x${'e1'.repeat(32)}`];

/** Who acts in a world. */
export type Cast = Readonly<
  Record<
    | 'owner'
    | 'publisher'
    | 'guardian'
    | 'listOwner'
    | 'integrator'
    | 'holder'
    | 'relayer'
    | 'stranger',
    Address
  >
>;

export type World = Awaited<ReturnType<typeof makeWorld>>;

/**
 * Everything deployed, and issuer 1 with one account in each role.
 * @param distributorFolder where the distributor is, if it is another one
 */
export async function makeWorld(anvil: Anvil, folder: Folder, distributorFolder = folder) {
  const at = (index: number): Address => accountOf(anvil, index);
  const cast: Cast = {
    owner: at(1),
    publisher: at(2),
    guardian: at(3),
    listOwner: at(4),
    integrator: at(5),
    holder: at(6),
    relayer: at(7),
    stranger: at(8),
  };
  const libraries = {
    PoseidonT3: await deploy(anvil, folder, 'PoseidonT3'),
    PoseidonT5: await deploy(anvil, folder, 'PoseidonT5'),
    Campaigns: await deploy(anvil, folder, 'Campaigns'),
  };
  const issuersAt = await deploy(anvil, folder, 'IssuerRegistry');
  const rootsAt = await deploy(anvil, folder, 'RootRegistry', [issuersAt], libraries);
  const verifierAt = await deploy(anvil, folder, 'EligibilityVerifier');
  const grantsAt = await deploy(anvil, folder, 'Grants');
  const distributorAt = await deploy(
    anvil,
    distributorFolder,
    'Distributor',
    [rootsAt, grantsAt],
    libraries,
  );
  const tokenAt = await deploy(anvil, folder, 'ExampleToken');
  const world = {
    anvil,
    folder,
    cast,
    libraries,
    issuers: handle(anvil, issuersAt, issuerRegistryAbi),
    roots: handle(anvil, rootsAt, rootRegistryAbi),
    verifier: handle(anvil, verifierAt, eligibilityVerifierAbi),
    grants: handle(anvil, grantsAt, grantsAbi),
    distributor: handle(anvil, distributorAt, distributorAbi),
    token: handle(anvil, tokenAt, exampleTokenAbi),
  };
  await registerIssuer(world.issuers, anvil, cast);
  return world;
}

type Issuers = ReturnType<typeof handle<typeof issuerRegistryAbi>>;

async function registerIssuer(issuers: Issuers, anvil: Anvil, cast: Cast): Promise<void> {
  const { owner, publisher, guardian } = cast;
  await anvil.mined(issuers.write.registerIssuer([owner, 'https://issuer.example'], by(owner)));
  for (const [role, account] of [
    [ROLE.publisher, publisher],
    [ROLE.guardian, guardian],
  ] as const) {
    await anvil.mined(issuers.write.grantRole([1n, role, account, ...BECAUSE], by(owner)));
  }
}

/** A contract whose calls are typed, and whose reverts are decoded whoever made them. */
export function handle<const abi extends Abi>(anvil: Anvil, address: Address, abi: abi) {
  return getContract({
    address,
    abi: [...abi, ...errorsAbi] as [...abi, ...typeof errorsAbi],
    client: anvil.client,
  });
}

/** Options of a transaction: its sender, and gas enough that nothing is estimated. */
export function by(account: Address): { account: Address; gas: bigint } {
  return { account, gas: MAX_GAS };
}

/** Asserts that a call reverts with this error and these arguments. */
export async function expectRevert(
  call: Promise<unknown>,
  name: string,
  args: readonly unknown[] = [],
): Promise<void> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof Error)) expect.fail(`expected ${name}, but the call passed`);
  const revert =
    error instanceof BaseError
      ? error.walk((cause) => cause instanceof ContractFunctionRevertedError)
      : undefined;
  if (!(revert instanceof ContractFunctionRevertedError)) throw error;
  expect(revert.data?.errorName ?? revert.raw ?? revert.reason, revert.message).to.equal(name);
  expect(revert.data?.args ?? []).to.deep.equal(args);
}
