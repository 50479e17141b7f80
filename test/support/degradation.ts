/**
 * What the stories in test/contracts/degradation share: one chain a story, a second issuer, and what readers say to a root.
 * @module
 */
import { parseEventLogs } from 'viem';
import { rootRegistryAbi } from '../../src/chain/abis.ts';
import { NEVER } from '../../src/protocol/field.ts';
import { accountOf, startAnvil, type Anvil } from './anvil.ts';
import { nextPublication, type Publication } from './campaigns.ts';
import {
  BECAUSE,
  ROLE,
  by,
  expectRevert,
  makeWorld,
  testContracts,
  type World,
} from './contracts.ts';

/** 2^40-1 as contracts take it: a limit that is off. */
export const OFF = Number(NEVER);

/** Readers by the staleness that they allow, from none to any. */
export const READERS = [0, 1, 3_600, OFF] as const;

/** A story's chain, started before its first chapter and stopped after its last; the chapters follow each other in order. */
export function storyChain(args: readonly string[] = []) {
  let anvil: Anvil | undefined;
  before(async function () {
    this.timeout(300_000);
    await testContracts();
    anvil = await startAnvil({ args });
  });
  after(() => anvil?.stop());
  return {
    get anvil(): Anvil {
      if (!anvil) throw new Error('the chain starts before the first chapter');
      return anvil;
    },
    async world(): Promise<World> {
      return makeWorld(this.anvil, await testContracts());
    },
  };
}

/** An issuer beside issuer 1, one account of which has all roles, with a tree that has published. */
export async function secondIssuer({ anvil, issuers, roots }: World) {
  const account = accountOf(anvil, 9);
  const me = by(account);
  await anvil.mined(issuers.write.registerIssuer([account, 'https://second.example'], me));
  for (const role of [ROLE.publisher, ROLE.guardian])
    await anvil.mined(issuers.write.grantRole([2n, role, account, ...BECAUSE], me));
  const { logs } = await anvil.mined(roots.write.createTree([2n], me));
  const { treeId } = parseEventLogs({ abi: rootRegistryAbi, logs, eventName: 'TreeCreated' })[0]!
    .args;
  return { account, treeId };
}

export type Issuer = Awaited<ReturnType<typeof secondIssuer>>;

/** Publishes the second issuer's next root. */
export async function publishSecond(
  world: World,
  { account, treeId }: Issuer,
  changes: Partial<Publication> = {},
) {
  const next = await nextPublication(world, treeId, changes);
  return world.anvil.mined(world.roots.write.publish([next], by(account)));
}

/** What a reader says to a root: nothing, or it reverts. */
export function ask(
  { roots }: World,
  source: bigint,
  root: bigint,
  staleness = 0,
  silence = OFF,
): Promise<void> {
  return roots.read.checkRoot([source, root, staleness, silence]);
}

/** Asserts that no reader accepts a root, however patient: it is void. */
export async function expectVoid(world: World, source: bigint, root: bigint): Promise<void> {
  for (const staleness of READERS)
    await expectRevert(ask(world, source, root, staleness), 'UnknownRoot', [source, root]);
}

/** Asserts that every reader accepts a root, the strictest too. */
export async function expectAccepted(world: World, source: bigint, root: bigint): Promise<void> {
  for (const staleness of READERS) await ask(world, source, root, staleness);
}
