/**
 * What issuers and list owners pay on-chain beside publishing additions and revocations: every act of a list's life, a
 * member's publication, freezes and keys; from receipts, each of three runs with slots as cold as they would be.
 * @module
 */
import { createTestClient, http, type TransactionReceipt } from 'viem';
import { getBlock } from 'viem/actions';
import {
  admit,
  createList,
  joinList,
  leaveList,
  removeMember,
  removeSilent,
  settleList,
  voidList,
} from '../../src/chain/lists.ts';
import { rotateKey } from '../../src/chain/issuers.ts';
import {
  freeze,
  getTree,
  nextPublication,
  publish,
  registerTree,
  unfreeze,
} from '../../src/chain/roots.ts';
import type { Field } from '../../src/protocol/field.ts';
import { NEVER } from '../../src/protocol/field.ts';
import { freshAddress, type World } from '../demo/world.ts';
import { measure, type Measure } from './report.ts';

const RUNS = 3;
const SILENCE = 60;
const PATIENT = Number(NEVER);
const because = { reason: 'planned' } as const;

/** Acts by their keys, and what each run of them cost. */
type Found = Map<string, number[]>;

/** Measures, with trees of their own under the issuer of `treeId`. */
export async function measureGovernance(
  world: World,
  { treeId }: { readonly treeId: bigint },
): Promise<Record<string, Measure>> {
  const { owner, deployment } = world;
  const { issuerId } = await getTree(owner, { deployment, treeId });
  const found: Found = new Map();
  for (let run = 0; run < RUNS; run += 1) {
    await measureTree(world, issuerId, found);
    await measureLists(world, issuerId, found);
    await measureKeys(world, issuerId, found);
  }
  return Object.fromEntries([...found].map(([key, runs]) => [key, measure('gas', runs)]));
}

async function note(found: Found, key: string, act: Promise<TransactionReceipt>): Promise<void> {
  add(found, key, (await act).gasUsed);
}

function add(found: Found, key: string, gas: bigint): void {
  found.set(key, [...(found.get(key) ?? []), Number(gas)]);
}

/** A tree that has published, in no list but its own. */
async function newTree(world: World, issuerId: bigint): Promise<bigint> {
  const { owner, deployment } = world;
  const treeId = await registerTree(owner, { deployment, issuerId });
  await publishNext(world, treeId);
  return treeId;
}

async function following(world: World, treeId: bigint, kind: 'add' | 'heartbeat' | 'void') {
  const { owner, deployment } = world;
  const { root, size, revoked } = await getTree(owner, { deployment, treeId });
  const next = kind === 'heartbeat' ? root : BigInt(freshAddress());
  return nextPublication(owner, {
    ...{ deployment, treeId, root: next as Field, size: size + 1, revoked },
    voids: kind === 'void',
  });
}

async function publishNext(
  world: World,
  treeId: bigint,
  kind: 'add' | 'heartbeat' | 'void' = 'add',
): Promise<TransactionReceipt> {
  const { owner, deployment } = world;
  return publish(owner, { deployment, publication: await following(world, treeId, kind) });
}

async function measureTree(world: World, issuerId: bigint, found: Found): Promise<void> {
  const { owner, deployment } = world;
  const treeId = await newTree(world, issuerId);
  await note(found, 'gas.publish.heartbeat', publishNext(world, treeId, 'heartbeat'));
  await note(found, 'gas.publish.void', publishNext(world, treeId, 'void'));
  await note(found, 'gas.tree.freeze', freeze(owner, { deployment, treeId, ...because }));
  const publication = await following(world, treeId, 'add');
  const unfreezing = unfreeze(owner, { deployment, publication, ...because });
  await note(found, 'gas.tree.unfreeze', unfreezing);
}

/** One tree in four lists, beside another member; then each way out of a list. */
async function measureLists(world: World, issuerId: bigint, found: Found): Promise<void> {
  const { owner, submitter, deployment } = world;
  const [treeId, other] = [await newTree(world, issuerId), await newTree(world, issuerId)];
  const listIds: bigint[] = [];
  for (let i = 0; i < 4; i += 1) {
    const memberSilence = i === 2 ? SILENCE : PATIENT;
    const listId = await createList(owner, { deployment, notice: 0, memberSilence });
    // Its block holds nothing else.
    add(found, 'gas.list.create', (await getBlock(owner)).gasUsed);
    const member = { deployment, listId, treeId };
    listIds.push(listId);
    await enter(world, listId, other);
    await note(found, 'gas.list.admit', admit(owner, member));
    await note(found, 'gas.list.join', joinList(owner, member));
    await note(found, 'gas.list.settle', settleList(submitter, { deployment, listId }));
    if (i === 0) await note(found, 'gas.publish.memberOf1', publishNext(world, treeId));
  }
  await note(found, 'gas.publish.memberOf4', publishNext(world, treeId));
  await passTime(world, SILENCE);
  const [first, second, third, fourth] = listIds as [bigint, bigint, bigint, bigint];
  const at = (listId: bigint) => ({ deployment, listId, treeId, ...because });
  await note(found, 'gas.list.remove', removeMember(owner, at(first)));
  await note(found, 'gas.list.leave', leaveList(owner, at(second)));
  await note(found, 'gas.list.removeSilent', removeSilent(submitter, at(third)));
  await note(found, 'gas.list.void', voidList(owner, at(fourth)));
}

async function enter(world: World, listId: bigint, treeId: bigint): Promise<void> {
  const { owner, deployment } = world;
  await admit(owner, { deployment, listId, treeId });
  await joinList(owner, { deployment, listId, treeId });
  await settleList(owner, { deployment, listId });
}

async function measureKeys(world: World, issuerId: bigint, found: Found): Promise<void> {
  const { owner, deployment } = world;
  const [role, from, to] = ['guardian', owner.account.address, freshAddress()] as const;
  const rotation = { deployment, issuerId, role, ...because };
  await note(found, 'gas.issuer.rotateKey', rotateKey(owner, { ...rotation, from, to }));
  await rotateKey(owner, { ...rotation, from: to, to: from });
}

async function passTime({ chain }: World, seconds: number): Promise<void> {
  const client = createTestClient({ mode: 'anvil', transport: http(chain.url) });
  await client.increaseTime({ seconds });
  await client.mine({ blocks: 1 });
}
