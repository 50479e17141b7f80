/**
 * The adapters' part of the world of roles: each with its host, and for each function a call that the host could make.
 * @module
 */
import {
  encodeFunctionData,
  parseAbi,
  zeroAddress,
  zeroHash,
  type Abi,
  type Address,
  type Hex,
} from 'viem';
import {
  easResolverAbi,
  signProtocolHookAbi,
  tokenTableHookAbi,
  veraxModuleAbi,
} from '../../src/chain/abis.ts';
import {
  easAction,
  signProtocolAction,
  tokenTableAction,
  veraxAction,
} from '../../src/chain/adapters.ts';
import { toBytes, withAdapters, type AdapterWorld } from './adapters.ts';
import { by, handle, type World } from './contracts.ts';
import type { RoleCall } from './roleWorld.ts';

/** The hosts by the adapters that they call: each is a role. */
export const HOST_ROLES = {
  SignProtocolHook: 'signProtocol',
  EasResolver: 'eas',
  TokenTableHook: 'unlocker',
  VeraxModule: 'moduleRegistry',
} as const;

const MONTH = 30 * 86_400;
const [SCHEMA, ID]: [Hex, bigint] = [`0x${'5c'.repeat(32)}`, 7n];

type Adapter = keyof typeof HOST_ROLES;
type Calls = Record<string, RoleCall>;

/**
 * Deploys adapters and hosts.
 * @param creditor the account to which the Sign Protocol hook owes coins
 * @returns the hosts by role, and the calls by `Contract.function`, with types where there are several of a name
 */
export async function makeRoleAdapters(world: World, creditor: Address) {
  const now = await world.anvil.now();
  const clock = now - (now % 60n) + 60n;
  const adapters = await withAdapters(world, clock, { proofLifetime: MONTH });
  const hosts: Record<Adapter, Address> = {
    SignProtocolHook: await adapters.put('SignProtocolHost'),
    EasResolver: await adapters.put('EasHost'),
    TokenTableHook: await adapters.put('UnlockerHost'),
    VeraxModule: await adapters.put('VeraxHost'),
  };
  const calls = {
    ...(await signCalls(adapters, hosts.SignProtocolHook, creditor)),
    ...(await easCalls(adapters, hosts.EasResolver)),
    ...(await tokenTableCalls(adapters, hosts.TokenTableHook)),
    ...(await veraxCalls(adapters, hosts.VeraxModule)),
  };
  const roles = Object.entries(HOST_ROLES).map(([name, role]) => [role, hosts[name as Adapter]]);
  return { roles: Object.fromEntries(roles) as Record<string, Address>, calls };
}

/** A call of an adapter. */
const callOf =
  (address: Address, abi: Abi) =>
  (args: readonly unknown[], refusal?: string): RoleCall => ({
    ...{ address, abi, args },
    ...(refusal !== undefined && { refusal }),
  });

async function signCalls(world: AdapterWorld, host: Address, creditor: Address): Promise<Calls> {
  const { anvil, cast, rule, roots } = world;
  const at = await world.put('SignProtocolHook', [roots.address, host, ...rule]);
  const hook = handle(anvil, at, signProtocolHookAbi);
  const attester = cast.holder;
  const paying = { ...by(creditor), value: 5n };
  await anvil.mined(hook.write.didReceiveRevocation([creditor, ID, ID, '0x'], paying));
  const bytes = toBytes(world.claimFor(at, signProtocolAction({ schemaId: ID, attester })));
  const of = callOf(at, signProtocolHookAbi);
  const [plain, feeing] = [
    '(address,uint64,uint64,bytes)',
    '(address,uint64,uint64,address,uint256,bytes)',
  ];
  const [begun, fee] = [
    [attester, ID, ID],
    [zeroAddress, 0n],
  ];
  const name = 'SignProtocolHook.didReceive';
  return {
    [`${name}Attestation${plain}`]: of([...begun, bytes], 'WrongCaller'),
    [`${name}Attestation${feeing}`]: of([...begun, ...fee, bytes], 'WrongCaller'),
    [`${name}Revocation${plain}`]: of([...begun, '0x']),
    [`${name}Revocation${feeing}`]: of([...begun, ...fee, '0x']),
    'SignProtocolHook.withdrawRefund': of([cast.stranger], 'NoRefund'),
  };
}

async function easCalls(world: AdapterWorld, host: Address): Promise<Calls> {
  const { cast, rule, roots } = world;
  const at = await world.put('EasResolver', [roots.address, host, ...rule]);
  const [attester, recipient] = [cast.holder, cast.stranger];
  const claim = world.claimFor(at, easAction({ schema: SCHEMA, attester, recipient }));
  const attestation = {
    ...{ uid: zeroHash, schema: SCHEMA, time: 0n, expirationTime: 0n, revocationTime: 0n },
    ...{ refUID: zeroHash, recipient, attester, revocable: true, data: toBytes(claim) },
  };
  const of = callOf(at, easResolverAbi);
  return {
    'EasResolver.attest': of([attestation], 'WrongCaller'),
    'EasResolver.multiAttest': of([[attestation], [0n]], 'WrongCaller'),
  };
}

async function tokenTableCalls(world: AdapterWorld, host: Address): Promise<Calls> {
  const { cast, rule, roots } = world;
  const at = await world.put('TokenTableHook', [roots.address, host, ...rule]);
  const recipient = cast.holder;
  const bytes = toBytes(world.claimFor(at, tokenTableAction({ actualId: ID, recipient })));
  const data = encodeFunctionData({
    abi: parseAbi([
      'function claim(uint256[] ids, address[] tos, uint256 batchId, bytes extraData)',
    ]),
    args: [[ID], [zeroAddress], 1n, bytes],
  });
  const of = callOf(at, tokenTableHookAbi);
  return { 'TokenTableHook.didCall': of([data, recipient], 'WrongCaller') };
}

async function veraxCalls(world: AdapterWorld, host: Address): Promise<Calls> {
  const { cast, rule, roots } = world;
  const [attester, portal] = [cast.holder, cast.relayer];
  const at = await world.put('VeraxModule', [roots.address, host, portal, ...rule]);
  const payload = {
    ...{ schemaId: SCHEMA, expirationDate: 0n },
    ...({ subject: '0x01', attestationData: '0x02' } as const),
  };
  const bytes = toBytes(world.claimFor(at, veraxAction({ attester, payload })));
  const args = [payload, bytes, cast.stranger, 0n, attester, portal, 0];
  return { 'VeraxModule.run': callOf(at, veraxModuleAbi)(args, 'WrongCaller') };
}
