/**
 * A world in which every function that changes something would work, if the right one called it: for each a call, made to
 * be asked for and never sent, and the error that keeps out whoever may not.
 * @module
 */
import { parseEventLogs, zeroHash, type Abi, type Address, type Hex } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { grantsAbi, rootRegistryAbi } from '../../src/chain/abis.ts';
import { LOCAL_KEYS } from '../../src/chain/localChain.ts';
import { publicationTypedData } from '../../src/protocol/publication.ts';
import { accountOf, type Anvil } from './anvil.ts';
import {
  campaignParams,
  createTree,
  makeClaim,
  nextPublication,
  openCampaign,
  openTerms,
  policyOf,
  publish,
} from './campaigns.ts';
import { BECAUSE, ROLE, by, makeWorld, testContracts, type World } from './contracts.ts';
import { STREAM } from './grants.ts';
import { createList, enter, settle } from './lists.ts';
import { HOST_ROLES, makeRoleAdapters } from './roleAdapters.ts';

/** How many accounts the chain must have. */
export const ACCOUNTS = 16;

const SILENCE = 100;
const DAY = 86_400n;
const REASON: Hex = `0x${'ab'.repeat(32)}`;

/** A call that would do something. */
export type RoleCall = {
  readonly address: Address;
  readonly abi: Abi;
  readonly args: readonly unknown[];
  /** The error that refuses whoever isn't meant; none where everybody is. */
  readonly refusal?: string;
  /** Who may and can't, for another reason: the error. */
  readonly unable?: Readonly<Record<string, string>>;
};

/** Every role there is, each an account; `elsewhere` has all of them in another issuer, list, campaign and plan. */
export type Roles = Readonly<Record<(typeof ROLES)[number], Address>>;
export const ROLES = [
  ...['owner', 'publisher', 'guardian', 'heir', 'listOwner', 'listHeir'],
  ...['campaignOwner', 'campaignGuardian', 'planMaker', 'planOwner', 'recipient'],
  ...['elsewhere', 'stranger'],
  ...['distributor', 'signProtocol', 'eas', 'unlocker', 'moduleRegistry'],
] as const;

/** Those that are contracts: they hold no tokens and gave no allowance. */
const CONTRACTS = ['distributor', ...Object.values(HOST_ROLES)];

/** Prepares the world. @returns the roles, and the calls by `Contract.function` */
export async function makeRoleWorld(anvil: Anvil) {
  const world = await makeWorld(anvil, await testContracts());
  const { cast, distributor } = world;
  const roles: Record<string, Address> = {
    ...{ owner: cast.owner, publisher: cast.publisher, guardian: cast.guardian },
    ...{ listOwner: cast.listOwner, campaignOwner: cast.integrator, recipient: cast.holder },
    ...{ planMaker: cast.relayer, stranger: cast.stranger, distributor: distributor.address },
  };
  for (const [i, role] of [
    'elsewhere',
    'heir',
    'listHeir',
    'campaignGuardian',
    'planOwner',
  ].entries())
    roles[role] = accountOf(anvil, 10 + i);
  const made = { world, roles: roles as Roles };
  const calls = {
    ...(await issuerCalls(made)),
    ...(await treeCalls(made)),
    ...(await listCalls(made)),
    ...(await campaignCalls(made)),
    ...(await grantCalls(made)),
  };
  await fillElsewhere(made);
  const adapters = await makeRoleAdapters(world, cast.holder);
  return {
    world,
    roles: { ...made.roles, ...adapters.roles } as Roles,
    calls: { ...calls, ...adapters.calls },
  };
}

type Made = { readonly world: World; readonly roles: Roles };
type Calls = Record<string, RoleCall>;

async function issuerCalls({ world, roles }: Made): Promise<Calls> {
  const { anvil, issuers, cast } = world;
  const { publisher, owner, heir } = roles;
  const offer = [1n, heir, false, ...BECAUSE] as const;
  await anvil.mined(issuers.write.offerOwnership(offer, by(owner)));
  const of = (args: readonly unknown[], refusal?: string): RoleCall => ({
    ...{ address: issuers.address, abi: issuers.abi, args },
    ...(refusal !== undefined && { refusal }),
  });
  const newcomer = cast.listOwner;
  const appointment = [1n, ROLE.publisher, newcomer, ...BECAUSE];
  return {
    'IssuerRegistry.registerIssuer': of([heir, 'https://issuer.example']),
    'IssuerRegistry.grantRole': of(appointment, 'NotOwner'),
    'IssuerRegistry.revokeRole': of([1n, ROLE.publisher, publisher, ...BECAUSE], 'NotOwner'),
    'IssuerRegistry.rotateKey': of([1n, 1, publisher, newcomer, ...BECAUSE], 'NotOwner'),
    'IssuerRegistry.renounceRole': of([1n, ROLE.publisher, ...BECAUSE], 'NotHeld'),
    'IssuerRegistry.offerOwnership': of([1n, newcomer, true, ...BECAUSE], 'NotOwner'),
    'IssuerRegistry.acceptOwnership': of([1n], 'NotOffered'),
    'IssuerRegistry.anchorSchema': of([1n, REASON, 0n, 'ipfs://schema'], 'NotOwner'),
  };
}

async function treeCalls({ world, roles }: Made): Promise<Calls> {
  const { anvil, roots } = world;
  const [tree, frozen] = [await createTree(world), await createTree(world)];
  await publish(world, tree);
  await publish(world, frozen);
  await anvil.mined(roots.write.freeze([frozen, ...BECAUSE], by(roles.guardian)));
  const of = (args: readonly unknown[], refusal?: string): RoleCall => ({
    ...{ address: roots.address, abi: roots.abi, args },
    ...(refusal !== undefined && { refusal }),
  });
  const publication = await nextPublication(world, tree);
  const deadline = Number((await anvil.now()) + 365n * DAY);
  const typedData = publicationTypedData({
    ...{ chainId: 31_337n, registry: roots.address, deadline: BigInt(deadline) },
    publication: publication,
  });
  const signature = await privateKeyToAccount(LOCAL_KEYS[2]!).signTypedData(typedData);
  const unfreezing = await nextPublication(world, frozen);
  return {
    'RootRegistry.createTree': of([1n], 'NotOwner'),
    'RootRegistry.publish': of([publication], 'NotPublisher'),
    'RootRegistry.publishBySignature': of([publication, deadline, roles.publisher, signature]),
    'RootRegistry.freeze': of([tree, ...BECAUSE], 'NotGuardian'),
    'RootRegistry.unfreeze': of([unfreezing, ...BECAUSE], 'NotOwner'),
  };
}

async function listCalls({ world, roles }: Made): Promise<Calls> {
  const { anvil, roots } = world;
  const listId = await createList(world, { silence: SILENCE });
  const [member, outsider] = [await createTree(world), await createTree(world)];
  for (const treeId of [member, outsider]) await publish(world, treeId);
  await enter(world, listId, member);
  await settle(world, listId);
  const offer = [listId, roles.listHeir, ...BECAUSE] as const;
  await anvil.mined(roots.write.offerList(offer, by(roles.listOwner)));
  // Long enough for the member to have fallen silent; what is made afterwards is made in the same second.
  await anvil.goTo((await anvil.now()) + BigInt(SILENCE));
  const of = (args: readonly unknown[], refusal?: string): RoleCall => ({
    ...{ address: roots.address, abi: roots.abi, args },
    ...(refusal !== undefined && { refusal }),
  });
  return {
    'RootRegistry.createList': of([0, 1]),
    'RootRegistry.offerList': of([listId, roles.heir, ...BECAUSE], 'NotListOwner'),
    'RootRegistry.acceptList': of([listId], 'ListNotOffered'),
    'RootRegistry.admit': of([listId, outsider, ...BECAUSE], 'NotListOwner'),
    'RootRegistry.join': of([listId, outsider, ...BECAUSE], 'NotOwner'),
    'RootRegistry.settle': of([listId]),
    'RootRegistry.removeMember': of([listId, member, ...BECAUSE], 'NotListOwner'),
    'RootRegistry.voidList': of([listId, ...BECAUSE], 'NotListOwner'),
    'RootRegistry.leaveList': of([listId, member, ...BECAUSE], 'NotOwner'),
    'RootRegistry.removeSilent': of([listId, member]),
  };
}

async function campaignCalls({ world, roles }: Made): Promise<Calls> {
  const { anvil, distributor, token, cast } = world;
  const guardian = roles.campaignGuardian;
  const closesAt = Number(await anvil.now()) + 1_000;
  const closed = await openCampaign(world, { closesAt });
  await anvil.goTo(BigInt(closesAt));
  const open = await openCampaign(world, { guardian, notice: 86_400 });
  const paused = await openCampaign(world, { guardian });
  await anvil.mined(distributor.write.pause([paused.id, REASON], by(roles.campaignOwner)));
  for (const account of Object.values(roles)) {
    await anvil.mined(token.write.mint([account, 1_000n], by(cast.stranger)));
    if (account === distributor.address) continue;
    await anvil.mined(token.write.approve([distributor.address, 1_000n], by(account)));
  }
  const [{ claim, action }, other] = [await makeClaim(world, open), await makeClaim(world, open)];
  const of = (args: readonly unknown[], refusal?: string): RoleCall => ({
    ...{ address: distributor.address, abi: distributor.abi, args },
    ...(refusal !== undefined && { refusal }),
  });
  // Whoever pays does so by an allowance.
  const unable = Object.fromEntries(CONTRACTS.map((role) => [role, 'ERC20InsufficientAllowance']));
  const { nullifier, root } = claim.statement;
  const document = policyOf(openTerms({ 1: 5n }));
  return {
    'Distributor.createCampaign': of([await campaignParams(world, open.treeId)]),
    'Distributor.fund': { ...of([open.id, 100n]), unable },
    // The token knows no permits; the allowance is there, as where somebody sent the permit before.
    'Distributor.fundWithPermit': {
      ...of([open.id, 100n, 0n, 27, zeroHash, zeroHash]),
      unable,
    },
    'Distributor.claim': of([open.id, claim, action]),
    'Distributor.claimBatch': of([open.id, [claim, other.claim], [action, other.action]]),
    'Distributor.payInBatch': of(
      [open.id, nullifier, root, 100n, roles.stranger, action],
      'NotItself',
    ),
    'Distributor.amend': of([open.id, document, 100n, 1], 'NotCampaignOwner'),
    'Distributor.pause': of([open.id, REASON], 'NotCampaignGuardian'),
    'Distributor.unpause': of([paused.id, REASON], 'NotCampaignGuardian'),
    'Distributor.clawback': of([closed.id, roles.campaignOwner], 'NotCampaignOwner'),
  };
}

async function grantCalls({ world, roles }: Made): Promise<Calls> {
  const { anvil, grants, token } = world;
  const [maker, asked] = [roles.planMaker, 1_000n];
  const params = {
    ...{ token: token.address, owner: roles.planOwner, start: 0, transferable: true },
    ...{ clawbackNotice: 100, tranches: STREAM },
  };
  const making = await anvil.mined(grants.write.createPlan([params], by(maker)));
  const [plan] = parseEventLogs({ abi: grantsAbi, logs: making.logs, eventName: 'PlanCreated' });
  const { planId } = plan!.args;
  await anvil.mined(token.write.mint([maker, 10n * asked], by(maker)));
  await anvil.mined(token.write.approve([grants.address, 10n * asked], by(maker)));
  const granting = grants.write.grant([planId, roles.recipient, asked], by(maker));
  const { logs } = await anvil.mined(granting);
  const { grantId } = parseEventLogs({ abi: grantsAbi, logs, eventName: 'Granted' })[0]!.args;
  await anvil.goTo((await anvil.now()) + 500n);
  const of = (args: readonly unknown[], refusal?: string): RoleCall => ({
    ...{ address: grants.address, abi: grants.abi, args },
    ...(refusal !== undefined && { refusal }),
  });
  return {
    'Grants.createPlan': of([params]),
    'Grants.grant': of([planId, roles.recipient, asked], 'NotPlanMaker'),
    'Grants.release': of([grantId]),
    'Grants.transferGrant': of([grantId, roles.heir], 'NotRecipient'),
    'Grants.clawback': of([grantId, roles.planOwner, REASON], 'NotPlanOwner'),
  };
}

/** Somebody with every role, each of them somewhere else. */
async function fillElsewhere({ world, roles }: Made): Promise<void> {
  const { anvil, issuers, roots, distributor, grants, token } = world;
  const me = roles.elsewhere;
  await anvil.mined(issuers.write.registerIssuer([me, 'https://elsewhere.example'], by(me)));
  for (const role of [ROLE.publisher, ROLE.guardian])
    await anvil.mined(issuers.write.grantRole([2n, role, me, ...BECAUSE], by(me)));
  const { logs } = await anvil.mined(roots.write.createTree([2n], by(me)));
  const { treeId } = parseEventLogs({ abi: rootRegistryAbi, logs, eventName: 'TreeCreated' })[0]!
    .args;
  const publication = await nextPublication(world, treeId);
  await anvil.mined(roots.write.publish([publication], by(me)));
  await anvil.mined(roots.write.createList([0, 1], by(me)));
  const campaign = { ...(await campaignParams(world, treeId)), guardian: me };
  await anvil.mined(distributor.write.createCampaign([campaign], by(me)));
  const plan = {
    ...{ token: token.address, owner: me, start: 0, transferable: true },
    ...{ clawbackNotice: 100, tranches: STREAM },
  };
  const { logs: said } = await anvil.mined(grants.write.createPlan([plan], by(me)));
  const { planId } = parseEventLogs({ abi: grantsAbi, logs: said, eventName: 'PlanCreated' })[0]!
    .args;
  await anvil.mined(token.write.approve([grants.address, 100n], by(me)));
  await anvil.mined(grants.write.grant([planId, me, 100n], by(me)));
}
