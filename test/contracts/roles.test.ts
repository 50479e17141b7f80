/**
 * Who may call what (S32): the functions from the ABIs, the callers from the table in contracts/README.md. Every role tries
 * every function in a world where it would work; exactly those that the table names are let in.
 */
import { expect } from 'chai';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import {
  BaseError,
  ContractFunctionRevertedError,
  type Abi,
  type AbiFunction,
  type Address,
} from 'viem';
import {
  distributorAbi,
  easResolverAbi,
  eligibilityVerifierAbi,
  grantsAbi,
  issuerRegistryAbi,
  rootRegistryAbi,
  signProtocolHookAbi,
  tokenTableHookAbi,
  veraxModuleAbi,
} from '../../src/chain/abis.ts';
import { startAnvil, type Anvil } from '../support/anvil.ts';
import { adapterContracts } from '../support/adapters.ts';
import { by, testContracts } from '../support/contracts.ts';
import { HOST_ROLES } from '../support/roleAdapters.ts';
import { ACCOUNTS, ROLES, makeRoleWorld, type RoleCall } from '../support/roleWorld.ts';

const contracts: Readonly<Record<string, Abi>> = {
  IssuerRegistry: issuerRegistryAbi,
  RootRegistry: rootRegistryAbi,
  EligibilityVerifier: eligibilityVerifierAbi,
  Distributor: distributorAbi,
  Grants: grantsAbi,
  SignProtocolHook: signProtocolHookAbi,
  EasResolver: easResolverAbi,
  TokenTableHook: tokenTableHookAbi,
  VeraxModule: veraxModuleAbi,
};

type Role = (typeof ROLES)[number];

/** The table's words for people, and who they are in the world of this test. */
const PEOPLE: Readonly<Record<string, (name: string) => readonly Role[]>> = {
  anyone: () => ROLES,
  'an owner of the issuer': () => ['owner'],
  'a publisher of the issuer': () => ['publisher'],
  'a guardian of the issuer': () => ['guardian'],
  // The call renounces the publisher's role.
  'who has the role': () => ['publisher'],
  'whom it is offered to': (name) => [name.endsWith('acceptList') ? 'listHeir' : 'heir'],
  "the list's owner": () => ['listOwner'],
  "the campaign's owner": () => ['campaignOwner'],
  "the campaign's guardian": () => ['campaignGuardian'],
  'the distributor itself': () => ['distributor'],
  "the plan's maker": () => ['planMaker'],
  "the plan's owner": () => ['planOwner'],
  "the grant's recipient": () => ['recipient'],
  'its host': (name) => [HOST_ROLES[name.split('.')[0] as keyof typeof HOST_ROLES]],
  'to whom coins are due': () => ['recipient'],
};

/** `Contract.function` and who may, of every function that changes something. */
async function readTable(): Promise<ReadonlyMap<string, readonly Role[]>> {
  const file = resolve(import.meta.dirname, '../../contracts/README.md');
  const table = new Map<string, readonly Role[]>();
  for (const line of (await readFile(file, 'utf8')).split('\n')) {
    const [, contract = '', functions = '', who = ''] = line.split('|').map((cell) => cell.trim());
    if (!(contract in contracts)) continue;
    for (const [, verb] of functions.matchAll(/`(\w+)`/g)) {
      const name = `${contract}.${verb!}`;
      if (table.has(name)) throw new Error(`the table has ${name} twice`);
      const people = who.split(',')[0]!.split(' or ');
      const unknown = people.filter((person) => PEOPLE[person] === undefined);
      if (unknown.length > 0) throw new Error(`${name}: who is "${unknown.join('", "')}"?`);
      table.set(name, [...new Set(people.flatMap((person) => PEOPLE[person]!(name)))]);
    }
  }
  return table;
}

/** Those of a contract that change something, by name, with types where there are several of a name. */
function changingOf(abi: Abi): readonly string[] {
  const functions = abi.filter(
    (item): item is AbiFunction =>
      item.type === 'function' && !['view', 'pure'].includes(item.stateMutability),
  );
  return functions.map((item) => {
    const types = item.inputs.map(({ type }) => type).join();
    const several = functions.filter(({ name }) => name === item.name).length > 1;
    return several ? `${item.name}(${types})` : item.name;
  });
}

const changing = Object.entries(contracts).flatMap(([contract, abi]) =>
  changingOf(abi).map((name) => `${contract}.${name}`),
);

/** A row of the table stands for all functions of a name. */
const rowOf = (name: string): string => name.split('(')[0]!;

describe('contracts/README.md: roles and powers (S32)', () => {
  let anvil: Anvil;
  let made: Awaited<ReturnType<typeof makeRoleWorld>>;
  let table: ReadonlyMap<string, readonly Role[]>;
  before(async function () {
    this.timeout(600_000);
    await testContracts();
    await adapterContracts();
    anvil = await startAnvil({ args: ['--accounts', String(ACCOUNTS)] });
    table = await readTable();
    made = await makeRoleWorld(anvil);
  });
  after(() => anvil.stop());

  it('name every function that changes something, and no other', () => {
    expect([...table.keys()].sort()).to.deep.equal([...new Set(changing.map(rowOf))].sort());
    expect(Object.keys(made.calls).sort()).to.deep.equal([...changing].sort());
    expect(new Set(changing).size).to.equal(changing.length);
  });

  it('are tried by every role, each another account', () => {
    expect(Object.keys(made.roles).sort()).to.deep.equal([...ROLES].sort());
    expect(new Set(Object.values(made.roles)).size).to.equal(ROLES.length);
  });

  for (const name of changing) {
    it(`let in whom they name, and nobody else: ${name}`, async () => {
      const call: RoleCall = made.calls[name]!;
      const found: string[] = [];
      const expected: string[] = [];
      for (const role of ROLES) {
        found.push(
          `${role}: ${await outcomeOf(call, rowOf(name).split('.')[1]!, made.roles[role])}`,
        );
        const may = table.get(rowOf(name))!.includes(role);
        const inside = call.unable?.[role] ?? 'let in';
        expected.push(`${role}: ${may ? inside : (call.refusal ?? 'a refusal')}`);
      }
      expect(found).to.deep.equal(expected);
    });
  }

  /** `let in`, or the error that the call reverts with. */
  async function outcomeOf(call: RoleCall, functionName: string, account: Address) {
    const { address, abi, args } = call;
    try {
      await anvil.client.simulateContract({ address, abi, functionName, args, ...by(account) });
      return 'let in';
    } catch (error) {
      const revert =
        error instanceof BaseError
          ? error.walk((cause) => cause instanceof ContractFunctionRevertedError)
          : undefined;
      if (!(revert instanceof ContractFunctionRevertedError)) throw error;
      return revert.data?.errorName ?? revert.raw ?? revert.shortMessage;
    }
  }
});
