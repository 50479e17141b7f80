/**
 * Batches of claims for the contracts' tests, what became of each claim, and the doubles that misbehave.
 * @module
 */
import { expect } from 'chai';
import {
  BaseError,
  ContractFunctionRevertedError,
  encodeErrorResult,
  isAddressEqual,
  parseAbi,
  parseEventLogs,
  type Address,
  type EncodeErrorResultParameters,
  type Hex,
  type Log,
} from 'viem';
import { distributorAbi, errorsAbi } from '../../src/chain/abis.ts';
import type { Action } from '../../src/protocol/statement.ts';
import { tryClaim, type Claim, type OpenCampaign } from './campaigns.ts';
import { by, deploy, handle, type World } from './contracts.ts';

/** A claim with its action, as `makeClaim` makes it. */
export type MadeClaim = { readonly claim: Claim; readonly action: Action };

/** What a double does when it is called (test/contracts/doubles/DistributorDoubles.sol). */
export const MOOD = { willing: 0, refusing: 1, reverting: 2, burning: 3, bombing: 4 } as const;

/** The moods in which whatever calls a double knows that nothing was done. */
export const BAD_MOODS = ['reverting', 'burning', 'bombing'] as const;

export const MOODY_TOKEN_ABI = parseAbi([
  'function mint(address to, uint256 amount)',
  'function approve(address spender, uint256 amount) returns (bool)',
  'function balanceOf(address account) view returns (uint256)',
  'function treat(address recipient, uint8 mood)',
  'function ask(uint256 needs)',
]);
export const MEDDLING_TOKEN_ABI = parseAbi([
  'function mint(address to, uint256 amount)',
  'function approve(address spender, uint256 amount) returns (bool)',
  'function balanceOf(address account) view returns (uint256)',
  'function meddle(address target, bytes call)',
  'function succeeded() view returns (bool)',
  'function answer() view returns (bytes)',
]);
export const MOODY_ABI = parseAbi(['function feel(uint8 mood)', 'function ask(uint256 needs)']);

/** The arguments of claimBatch. */
export function batchOf(campaign: OpenCampaign, made: readonly MadeClaim[]) {
  return [campaign.id, made.map(({ claim }) => claim), made.map(({ action }) => action)] as const;
}

/** Sends a batch, by the relayer; its receipt. */
export async function sendBatch(
  { anvil, distributor, cast }: World,
  campaign: OpenCampaign,
  made: readonly MadeClaim[],
) {
  return anvil.mined(distributor.write.claimBatch(batchOf(campaign, made), by(cast.relayer)));
}

/** Asks what a batch would answer now, by the relayer: for each claim the refusal, or an empty list. */
export async function tryBatch(
  { distributor, cast }: World,
  campaign: OpenCampaign,
  made: readonly MadeClaim[],
): Promise<readonly Hex[]> {
  const args = batchOf(campaign, made);
  return (await distributor.simulate.claimBatch(args, by(cast.relayer))).result;
}

/** The bytes that a call reverted with. */
export function revertOf(error: unknown): Hex {
  const revert =
    error instanceof BaseError
      ? error.walk((cause) => cause instanceof ContractFunctionRevertedError)
      : undefined;
  if (!(revert instanceof ContractFunctionRevertedError)) throw error;
  return revert.raw ?? '0x';
}

/** Asserts that a claim is refused with this error now, alone and in a batch. */
export async function expectRefused(
  world: World,
  campaign: OpenCampaign,
  made: MadeClaim,
  [errorName, ...args]: readonly [string, ...unknown[]],
): Promise<void> {
  const refusal = refusalOf(errorName, args);
  const alone = await tryClaim(world, campaign, made).then(() => 'paid' as const, revertOf);
  expect(alone, `${errorName}, alone`).to.equal(refusal);
  expect(await tryBatch(world, campaign, [made]), `${errorName}, batch`).to.deep.equal([refusal]);
}

/** Asserts that a claim would be paid now, alone and in a batch. */
export async function expectPayable(
  world: World,
  campaign: OpenCampaign,
  made: MadeClaim,
): Promise<void> {
  await tryClaim(world, campaign, made);
  expect(await tryBatch(world, campaign, [made])).to.deep.equal([]);
}

/** An error of the contracts as a refusal holds it. */
export function refusalOf(errorName: string, args: readonly unknown[] = []): Hex {
  const error: unknown = { abi: errorsAbi, errorName, args };
  return encodeErrorResult(error as EncodeErrorResultParameters);
}

/** The claims that a receipt says were skipped: nullifier and refusal, in order. */
export function skippedIn(logs: readonly Log[]) {
  return parseEventLogs({ abi: distributorAbi, logs: [...logs], eventName: 'ClaimSkipped' }).map(
    ({ args }) => [args.nullifier, args.refusal] as const,
  );
}

/** The nullifiers that a receipt says were paid, in order. */
export function paidIn(logs: readonly Log[]): readonly bigint[] {
  const paid = parseEventLogs({ abi: distributorAbi, logs: [...logs], eventName: 'Claimed' });
  return paid.map(({ args }) => args.nullifier);
}

/** What a distributor's campaign has left, and what it has of the token itself. */
export async function budgetOf({ distributor }: World, id: bigint): Promise<bigint> {
  return (await distributor.read.getCampaign([id])).budget;
}

/** A token that treats each recipient as it is told to. */
export async function deployMoodyToken({ anvil, folder }: World) {
  return handle(anvil, await deploy(anvil, folder, 'MoodyToken'), MOODY_TOKEN_ABI);
}

/** A token that makes a call in the middle of each transfer, and remembers what came of it. */
export async function deployMeddlingToken({ anvil, folder }: World) {
  return handle(anvil, await deploy(anvil, folder, 'MeddlingToken'), MEDDLING_TOKEN_ABI);
}

/** A contract that takes the coin, or is called by a campaign, in some mood. */
export async function deployMoody({ anvil, folder }: World, name: 'MoodyWallet' | 'MoodyHook') {
  return handle(anvil, await deploy(anvil, folder, name), MOODY_ABI);
}

/** Makes a double feel like this from now on. */
export async function feel(
  world: World,
  double: Awaited<ReturnType<typeof deployMoody>>,
  mood: keyof typeof MOOD,
): Promise<void> {
  await world.anvil.mined(double.write.feel([MOOD[mood]], by(world.cast.stranger)));
}

/** Makes a token treat a recipient like this from now on. */
export async function treat(
  world: World,
  token: Awaited<ReturnType<typeof deployMoodyToken>>,
  recipient: Address,
  mood: keyof typeof MOOD,
): Promise<void> {
  await world.anvil.mined(token.write.treat([recipient, MOOD[mood]], by(world.cast.stranger)));
}

/** The logs of one contract. */
export function logsOf(logs: readonly Log[], address: Address): readonly Log[] {
  return logs.filter((log) => isAddressEqual(log.address, address));
}
