/**
 * A timelock as an issuer's only owner, for the contracts' tests: OpenZeppelin's. What it is to do is announced by
 * `cast.owner`, waits for a day, and is carried out by anyone.
 * @module
 */
import { expect } from 'chai';
import { encodeFunctionData, parseAbi, zeroAddress, zeroHash, type Abi, type Hex } from 'viem';
import { issuerRegistryAbi, rootRegistryAbi } from '../../src/chain/abis.ts';
import { BECAUSE, by, deploy, handle, type World } from './contracts.ts';

/** Seconds between an announcement and its execution. */
export const DELAY = 86_400n;

const ISSUERS: Abi = issuerRegistryAbi;
const ROOTS: Abi = rootRegistryAbi;

const TIMELOCK_ABI = parseAbi([
  'function schedule(address target, uint256 value, bytes data, bytes32 predecessor, bytes32 salt, uint256 delay)',
  'function execute(address target, uint256 value, bytes payload, bytes32 predecessor, bytes32 salt) payable',
  'error TimelockUnexpectedOperationState(bytes32 operationId, bytes32 expectedStates)',
]);

/** What a timelock calls. */
export type Call = { readonly target: Hex; readonly data: Hex };

export type Timelock = Awaited<ReturnType<typeof lockOwner>>;

/** Puts a timelock in the place of `cast.owner` as issuer 1's only owner. */
export async function lockOwner(world: World) {
  const { anvil, issuers, cast, folder } = world;
  const people = [[cast.owner], [zeroAddress], zeroAddress] as const;
  const address = await deploy(anvil, folder, 'TimelockController', [DELAY, ...people]);
  const lock = handle(anvil, address, TIMELOCK_ABI);
  const offer = [1n, address, true, ...BECAUSE] as const;
  await anvil.mined(issuers.write.offerOwnership(offer, by(cast.owner)));

  const operation = ({ target, data }: Call) => [target, 0n, data, zeroHash, zeroHash] as const;
  const schedule = (call: Call) =>
    anvil.mined(lock.write.schedule([...operation(call), DELAY], by(cast.owner)));
  const tryExecute = (call: Call) => lock.simulate.execute(operation(call), by(cast.stranger));
  const execute = (call: Call) =>
    anvil.mined(lock.write.execute(operation(call), by(cast.stranger)));
  const wait = async () => anvil.goTo((await anvil.now()) + DELAY);
  /** Announces, is refused before the time, waits, is carried out. */
  const decide = async (call: Call) => {
    await schedule(call);
    const early: unknown = await tryExecute(call).catch((error: unknown) => error);
    expect(String(early)).to.match(/TimelockUnexpectedOperationState/);
    await wait();
    return execute(call);
  };
  await decide(issuerCall(world, 'acceptOwnership', [1n]));
  return { address, decide, schedule, tryExecute, execute, wait };
}

/** A call of IssuerRegistry. */
export function issuerCall(
  { issuers }: World,
  functionName: string,
  args: readonly unknown[],
): Call {
  return {
    target: issuers.address,
    data: encodeFunctionData({ abi: ISSUERS, functionName, args }),
  };
}

/** A call of RootRegistry. */
export function rootCall({ roots }: World, functionName: string, args: readonly unknown[]): Call {
  return { target: roots.address, data: encodeFunctionData({ abi: ROOTS, functionName, args }) };
}
