/**
 * Adapters and their hosts for the contracts' tests: a chain with a day for each test, and claims that an adapter takes now.
 * @module
 */
import { join, resolve } from 'node:path';
import type { Address, Hex } from 'viem';
import { buildContracts } from '../../scripts/contracts.ts';
import {
  adapterContext,
  adapterScope,
  encodeAdapterClaims,
  type AdapterAction,
} from '../../src/chain/adapters.ts';
import { NEVER, toField } from '../../src/protocol/field.ts';
import { hashPolicy } from '../../src/protocol/hash.ts';
import type { ProvenStatement } from '../../src/prover/proof.ts';
import { GENESIS, startAnvil, type Anvil } from './anvil.ts';
import { createTree, prove, publish, type Claim, type ContractStatement } from './campaigns.ts';
import {
  BECAUSE,
  by,
  deploy,
  makeWorld,
  testContracts,
  type Folder,
  type World,
} from './contracts.ts';
import { toProof, trapdoorKeySource } from './trapdoor.ts';

const CHAIN_ID = 31337;
const DAY = 86_400n;

/** abi.encode(claim).length */
export const CLAIM_BYTES = 480;

export const TERMS = 12_345n;

/** The doubles of the systems that call adapters. */
export const HOSTS = ['SignProtocolHost', 'EasHost', 'UnlockerHost', 'VeraxHost', 'PortalHost'];

/** The adapters with the trapdoor key, their examples and their hosts. */
export function adapterContracts(): Promise<Folder> {
  return buildContracts({
    out: join(resolve(import.meta.dirname, '../..'), 'build/test-contracts-adapters'),
    verifyingKeySource: trapdoorKeySource(),
    entries: [
      'contracts/adapters/EasResolver.sol',
      'contracts/adapters/SignProtocolHook.sol',
      'contracts/adapters/TokenTableHook.sol',
      'contracts/adapters/VeraxModule.sol',
      'contracts/examples/MemberReviews.sol',
      'contracts/examples/MemberStatements.sol',
      'contracts/examples/MembersPortal.sol',
      'contracts/examples/VerifiedUnlocks.sol',
      ...HOSTS.map((host) => `test/contracts/doubles/${host}.sol`),
    ],
  });
}

/** A chain for a test file, in its `describe`: started before, stopped after, and each test has a day of its own. */
export function adapterChain() {
  let [anvil, clock]: [Anvil | undefined, bigint] = [undefined, GENESIS];
  before(async function () {
    this.timeout(600_000);
    await testContracts();
    await adapterContracts();
    anvil = await startAnvil();
  });
  after(() => anvil?.stop());
  beforeEach(() => {
    clock += DAY;
  });
  return {
    get anvil(): Anvil {
      if (!anvil) throw new Error('the chain starts before the first test');
      return anvil;
    },
    /** The day's first second. */
    get clock(): bigint {
      return clock;
    },
    /** Everything deployed, a tree with a root published at the day's first second, and a rule. */
    async world(changes: Partial<Acceptance> = {}) {
      const world = await makeWorld(this.anvil, await testContracts());
      return withAdapters(world, clock, changes);
    },
  };
}

export type AdapterChain = ReturnType<typeof adapterChain>;

/** What a rule asks beside its policy; see IEligibilityGate. */
export type Acceptance = {
  readonly source: bigint;
  readonly maxStaleness: number;
  readonly maxSilence: number;
  readonly proofLifetime: number;
  readonly indexKind: number;
  readonly periodStart: number;
  readonly indexLimit: number;
};

export type AdapterWorld = Awaited<ReturnType<typeof withAdapters>>;

/** A world with a tree whose root is published at `clock`, a whole minute; and a rule that takes one claim a person. */
export async function withAdapters(world: World, clock: bigint, changes: Partial<Acceptance> = {}) {
  const { anvil } = world;
  const folder = await adapterContracts();
  const treeId = await createTree(world);
  await anvil.nextAt(clock);
  const root = await publish(world, treeId);
  const acceptance: Acceptance = {
    source: treeId,
    maxStaleness: 100,
    maxSilence: Number(NEVER),
    proofLifetime: 600,
    indexKind: 0,
    periodStart: 0,
    indexLimit: 1,
    ...changes,
  };
  return {
    ...world,
    treeId,
    root,
    acceptance,
    /** The last arguments of every adapter and example. */
    rule: [TERMS, acceptance] as const,
    /** Deploys an adapter, an example or a host. */
    put: (name: string, args: readonly unknown[] = []): Promise<Address> =>
      deploy(anvil, folder, name, args, world.libraries),
    /** A claim on an adapter, proved, that it takes now. */
    claimFor(adapter: Address, action: AdapterAction, said: Said = {}): Claim {
      const scope = adapterScope({ chainId: CHAIN_ID, adapter });
      return prove({
        nullifier: 77n,
        root,
        policy: hashPolicy(scope, toField(TERMS, 'terms')),
        disclosed: 0n,
        shown: 0,
        checkedAt: Number(clock),
        context: contextOf(adapter, action),
        ...said,
      });
    },
  };
}

/** What a claim says otherwise. */
export type Said = Partial<ContractStatement>;

/** The context that an adapter demands. */
export function contextOf(adapter: Address, action: AdapterAction): bigint {
  return adapterContext({ chainId: CHAIN_ID, adapter, action });
}

/** A contract's claim as the library has it. */
export function provenOf({ statement, proof }: Claim): ProvenStatement {
  const { shown, checkedAt } = statement;
  const numbers = { shown: BigInt(shown), checkedAt: BigInt(checkedAt) };
  return {
    statement: { ...statement, ...numbers } as ProvenStatement['statement'],
    proof: toProof(proof),
  };
}

/** Claims as adapters take them, by the library's encoder. */
export function toBytes(...claims: readonly Claim[]): Hex {
  return encodeAdapterClaims(claims.map(provenOf));
}

/** Freezes the world's tree, by the guardian. */
export async function freeze(world: World & { readonly treeId: bigint }): Promise<void> {
  const { anvil, roots, cast, treeId } = world;
  await anvil.mined(roots.write.freeze([treeId, ...BECAUSE], by(cast.guardian)));
}
