/**
 * What every adapter refuses alike, with the gate's own errors: tests that each adapter's file runs on its own entrance.
 * @module
 */
import { concatHex, hexToBigInt, numberToHex, sliceHex, type Hex } from 'viem';
import {
  CLAIM_BYTES,
  freeze,
  toBytes,
  type AdapterChain,
  type AdapterWorld,
  type Said,
} from './adapters.ts';
import { publish, type Claim } from './campaigns.ts';
import { expectRevert } from './contracts.ts';

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

/** Each case changes one thing of a claim that passes. */
export function refusesBadClaims(chain: AdapterChain, open: () => Promise<Entrance>): void {
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
    await chain.anvil.goTo(BigInt(checkedAt + 600));
    await ask(toBytes(claim()));
    await chain.anvil.goTo(BigInt(checkedAt + 601));
    const args = [checkedAt, 600, BigInt(checkedAt + 601)];
    await expectRevert(ask(toBytes(claim())), 'ProofExpired', args);
  });

  it('a root that is stale (S14)', async () => {
    const entrance = await open();
    const { claim, ask, world } = entrance;
    const endedAt = clockOf(entrance) + 60;
    await chain.anvil.nextAt(BigInt(endedAt));
    await publish(world, world.treeId, { endsEpoch: true });
    await chain.anvil.goTo(BigInt(endedAt + 99));
    await ask(toBytes(claim()));
    await chain.anvil.goTo(BigInt(endedAt + 100));
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
