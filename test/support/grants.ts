/**
 * Plans and grants for the contracts' tests. Grants stands alone: its world is a token and five accounts.
 * @module
 */
import { parseEventLogs, type Address, type Hex } from 'viem';
import { exampleTokenAbi, grantsAbi } from '../../src/chain/abis.ts';
import { accountOf, type Anvil } from './anvil.ts';
import { by, deploy, handle, testContracts } from './contracts.ts';

/** The chain's own coin (ERC-7528). */
export const COIN: Address = '0xEeeeeEeeeEeEeeEeEeEeeEEEeeeeEeeeeeeeEEeE';

/** Why a grant is clawed back. */
export const REASON: Hex = `0x${'ab'.repeat(32)}`;

/** What a grant holds unless a test says otherwise: one base unit for each second of STREAM. */
export const AMOUNT = 1_000n;
export const STREAM = [{ start: 0, end: 1_000, bips: 10_000, steps: 0 }];

export type GrantWorld = Awaited<ReturnType<typeof makeGrantWorld>>;

/** Grants, a token that anyone may mint, and who acts. */
export async function makeGrantWorld(anvil: Anvil, tokenName = 'ExampleToken') {
  const folder = await testContracts();
  const at = (index: number): Address => accountOf(anvil, index);
  return {
    anvil,
    folder,
    grants: handle(anvil, await deploy(anvil, folder, 'Grants'), grantsAbi),
    token: handle(anvil, await deploy(anvil, folder, tokenName), exampleTokenAbi),
    cast: { maker: at(1), owner: at(2), recipient: at(3), other: at(4), stranger: at(5) },
  };
}

/** A transferable plan in the world's token that streams for 1,000 s, with 100 s of notice. */
export const planParams = ({ token, cast }: GrantWorld) => ({
  token: token.address,
  owner: cast.owner,
  start: 0,
  transferable: true,
  clawbackNotice: 100,
  tranches: STREAM,
});
export type PlanParams = ReturnType<typeof planParams>;

export async function makePlan(
  world: GrantWorld,
  changes: Partial<PlanParams> = {},
): Promise<bigint> {
  const { anvil, grants, cast } = world;
  const params = { ...planParams(world), ...changes };
  const { logs } = await anvil.mined(grants.write.createPlan([params], by(cast.maker)));
  return parseEventLogs({ abi: grantsAbi, logs, eventName: 'PlanCreated' })[0]!.args.planId;
}

/** Gives the maker so much of the token, and Grants the right to take it. */
export async function supply(world: GrantWorld, amount: bigint): Promise<void> {
  const { anvil, token, grants, cast } = world;
  await anvil.mined(token.write.mint([cast.maker, amount], by(cast.maker)));
  await anvil.mined(token.write.approve([grants.address, amount], by(cast.maker)));
}

export type NewGrant = {
  readonly recipient?: Address;
  readonly amount?: bigint;
  /** Unix seconds at which it is made. */
  readonly at: bigint;
};

/** Makes a grant, in the world's token or the coin. */
export async function makeGrant(
  world: GrantWorld,
  planId: bigint,
  { recipient = world.cast.recipient, amount = AMOUNT, at }: NewGrant,
): Promise<bigint> {
  const { anvil, grants, token, cast } = world;
  const plan = await grants.read.getPlan([planId]);
  if (plan.token === token.address) await supply(world, amount);
  await anvil.nextAt(at);
  const value = plan.token === COIN ? amount : 0n;
  const args = [planId, recipient, amount] as const;
  const { logs } = await anvil.mined(grants.write.grant(args, { ...by(cast.maker), value }));
  return parseEventLogs({ abi: grantsAbi, logs, eventName: 'Granted' })[0]!.args.grantId;
}

/** Releases at a Unix second, by a stranger. */
export async function release({ anvil, grants, cast }: GrantWorld, grantId: bigint, at: bigint) {
  await anvil.nextAt(at);
  return anvil.mined(grants.write.release([grantId], by(cast.stranger)));
}

/** Claws back at a Unix second, by the owner, to `other`. */
export async function clawBack({ anvil, grants, cast }: GrantWorld, grantId: bigint, at: bigint) {
  await anvil.nextAt(at);
  return anvil.mined(grants.write.clawback([grantId, cast.other, REASON], by(cast.owner)));
}
