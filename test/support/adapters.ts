/**
 * Adapters and their hosts for the contracts' tests: a claim that the adapter takes now, as bytes, and what every adapter
 * refuses alike.
 * @module
 */
import { join, resolve } from 'node:path';
import {
  concatHex,
  encodeAbiParameters,
  hexToBigInt,
  numberToHex,
  parseAbi,
  parseAbiParameters,
  sliceHex,
  stringToHex,
  type Address,
  type Hex,
} from 'viem';
import { buildContracts } from '../../scripts/contracts.ts';
import { eligibilityGateAbi } from '../../src/chain/abis.ts';
import { NEVER, toField } from '../../src/protocol/field.ts';
import { hashPolicy } from '../../src/protocol/hash.ts';
import { computeContext, computeScope } from '../../src/protocol/statement.ts';
import type { Anvil } from './anvil.ts';
import { createTree, prove, publish, type Claim, type ContractStatement } from './campaigns.ts';
import {
  BECAUSE,
  by,
  deploy,
  expectRevert,
  makeWorld,
  testContracts,
  type Folder,
  type World,
} from './contracts.ts';
import { trapdoorKeySource } from './trapdoor.ts';

const CHAIN_ID = 31337;

/** abi.encode(claim).length */
export const CLAIM_BYTES = 480;

export const TERMS = 12_345n;

/** The rule's label in every adapter. */
export const LABEL = stringToHex('adapter', { size: 32 });

/** What adapters have in common, and their errors: a host hands them through. */
export const ADAPTER_ABI = [
  ...eligibilityGateAbi,
  ...parseAbi([
    'function HOST() view returns (address)',
    'function LABEL() view returns (bytes32)',
    'error NoHost(address host)',
    'error WrongCaller(address expected, address caller)',
    'error MalformedClaims(uint256 length)',
  ]),
] as const;

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
      'test/contracts/doubles/AdapterHosts.sol',
    ],
  });
}

/** Compiles what a test of an adapter needs. */
export async function compileAdapters(): Promise<void> {
  await testContracts();
  await adapterContracts();
}

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

export type AdapterWorld = Awaited<ReturnType<typeof makeAdapterWorld>>;

/** A tree with a root, published at `clock`, a whole minute; and a rule that takes one claim a person. */
export async function makeAdapterWorld(
  anvil: Anvil,
  clock: bigint,
  changes: Partial<Acceptance> = {},
) {
  const world = await makeWorld(anvil, await testContracts());
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
    claimFor(gate: Address, id: bigint, actionHash: Hex, said: Said = {}): Claim {
      const scope = computeScope({ chainId: CHAIN_ID, gate, label: LABEL });
      return prove({
        nullifier: 77n,
        root,
        policy: hashPolicy(scope, toField(TERMS, 'terms')),
        disclosed: 0n,
        shown: 0,
        checkedAt: Number(clock),
        context: computeContext({ chainId: CHAIN_ID, gate, id, actionHash }),
        ...said,
      });
    },
  };
}

/** What a claim says otherwise. */
export type Said = Partial<ContractStatement>;

/** The context that an adapter demands. */
export function contextOf(gate: Address, id: bigint, actionHash: Hex): bigint {
  return computeContext({ chainId: CHAIN_ID, gate, id, actionHash });
}

const CLAIM = parseAbiParameters(
  '(uint256 nullifier, uint256 root, uint256 policy, uint96 disclosed, uint32 shown, uint40 checkedAt, uint256 context) statement, uint256[8] proof',
);

/** Claims as adapters take them: each in 480 bytes, one after the other. */
export function toBytes(...claims: readonly Claim[]): Hex {
  return concatHex(
    claims.map(({ statement, proof }) => encodeAbiParameters(CLAIM, [statement, proof])),
  );
}

/** Bytes with a word changed. */
export function withWord(bytes: Hex, index: number, change: (word: bigint) => bigint): Hex {
  const at = 32 * index;
  const word = change(hexToBigInt(sliceHex(bytes, at, at + 32)));
  const parts = [sliceHex(bytes, 0, at), numberToHex(word, { size: 32 })];
  const rest = at + 32 < (bytes.length - 2) / 2 ? [sliceHex(bytes, at + 32)] : [];
  return concatHex(at === 0 ? [...parts.slice(1), ...rest] : [...parts, ...rest]);
}

/** One way into an adapter: a claim for it, and whether it is let in. */
export type Entrance = {
  readonly world: AdapterWorld;
  readonly claim: (said?: Said) => Claim;
  /** Asks. */
  readonly ask: (bytes: Hex) => Promise<unknown>;
  /** Does it. */
  readonly go: (bytes: Hex) => Promise<unknown>;
};

/** What every adapter refuses, with the gate's own errors: each case changes one thing of a claim that passes. */
export function refusesBadClaims(anvil: () => Anvil, open: () => Promise<Entrance>): void {
  const clockOf = ({ claim }: Entrance): number => claim().statement.checkedAt;

  it('a replay (S3)', async () => {
    const { claim, ask, go } = await open();
    await ask(toBytes(claim()));
    await go(toBytes(claim()));
    await expectRevert(ask(toBytes(claim())), 'NullifierSpent', [77n]);
    await ask(toBytes(claim({ nullifier: 78n })));
  });

  it('another nullifier than the proof was made for', async () => {
    const { claim, ask } = await open();
    await ask(toBytes(claim()));
    const { proof, statement } = claim();
    const other = { proof, statement: { ...statement, nullifier: 78n } };
    await expectRevert(ask(toBytes(other)), 'InvalidProof');
  });

  it('another policy', async () => {
    const { claim, ask } = await open();
    await ask(toBytes(claim()));
    const { policy } = claim().statement;
    const call = ask(toBytes(claim({ policy: policy - 1n })));
    await expectRevert(call, 'WrongPolicy', [policy, policy - 1n]);
  });

  it('a second claim of a person, where one is allowed', async () => {
    const { claim, ask } = await open();
    await ask(toBytes(claim()));
    await expectRevert(ask(toBytes(claim({ shown: 1 }))), 'ClaimIndexClosed', [1, 1n]);
  });

  it('a proof that has expired', async () => {
    const entrance = await open();
    const { claim, ask } = entrance;
    const checkedAt = clockOf(entrance);
    await anvil().goTo(BigInt(checkedAt + 600));
    await ask(toBytes(claim()));
    await anvil().goTo(BigInt(checkedAt + 601));
    const args = [checkedAt, 600, BigInt(checkedAt + 601)];
    await expectRevert(ask(toBytes(claim())), 'ProofExpired', args);
  });

  it('a root that is stale (S14)', async () => {
    const entrance = await open();
    const { claim, ask, world } = entrance;
    const endedAt = clockOf(entrance) + 60;
    await anvil().nextAt(BigInt(endedAt));
    await publish(world, world.treeId, { endsEpoch: true });
    await anvil().goTo(BigInt(endedAt + 99));
    await ask(toBytes(claim()));
    await anvil().goTo(BigInt(endedAt + 100));
    await expectRevert(ask(toBytes(claim())), 'StaleRoot', [world.root, endedAt, 100]);
  });

  it('a root that was voided', async () => {
    const { claim, ask, world } = await open();
    await ask(toBytes(claim()));
    await publish(world, world.treeId, { endsEpoch: true, voids: true });
    await expectRevert(ask(toBytes(claim())), 'UnknownRoot', [world.treeId, world.root]);
  });

  it('any root while the tree is frozen', async () => {
    const { claim, ask, world } = await open();
    await ask(toBytes(claim()));
    await freeze(world);
    await expectRevert(ask(toBytes(claim())), 'SourceFrozen', [world.treeId]);
  });

  it('bytes that are no claim', async () => {
    const { claim, ask } = await open();
    const bytes = toBytes(claim());
    await ask(bytes);
    const short = sliceHex(bytes, 0, CLAIM_BYTES - 1);
    await expectRevert(ask(short), 'MalformedClaims', [BigInt(CLAIM_BYTES - 1)]);
  });

  it('a claim index with more bits than it has (S2)', async () => {
    const { claim, ask } = await open();
    const bytes = toBytes(claim());
    await ask(bytes);
    const alias = withWord(bytes, 4, (shown) => shown + 2n ** 32n);
    const refused = await ask(alias).then(
      () => false,
      () => true,
    );
    if (!refused) throw new Error('it was let in');
  });
}

/** Freezes the world's tree, by the guardian. */
export async function freeze(world: World & { readonly treeId: bigint }): Promise<void> {
  const { anvil, roots, cast, treeId } = world;
  await anvil.mined(roots.write.freeze([treeId, ...BECAUSE], by(cast.guardian)));
}
