/**
 * Chapter 6: an amount taken in notes, so that nobody learns it.
 * @module
 */
import type { Campaigns } from './claimant.ts';
import type { Cast } from './issuer.ts';
import type { Story } from './story.ts';
import { proveClaim, sendClaim, short, type ReadyClaim, type World } from './world.ts';

/** Tells the chapter. */
export async function theMeter(
  story: Story,
  world: World,
  cast: Cast,
  campaigns: Campaigns,
): Promise<void> {
  const { holders, issuer, meteredPolicy: policy } = cast;
  const prove = (claimIndex: bigint): Promise<ReadyClaim> =>
    proveClaim(world, {
      holder: holders.metered,
      tree: issuer.tree,
      policy,
      campaignId: campaigns.metered,
      claimIndex,
    });
  const nullifiers = new Set<bigint>();
  for (const claimIndex of [0n, 1n, 2n, 3n]) {
    await story.step(
      '6',
      `somebody entitled to 400 takes note ${(claimIndex + 1n).toString()} of 100`,
      async () => {
        const ready = await prove(claimIndex);
        const { nullifier } = ready.statement;
        nullifiers.add(nullifier);
        const { what, gas } = await sendClaim(world, ready);
        return { what: `${what}, nullifier ${short(nullifier)}`, gas };
      },
    );
  }
  if (nullifiers.size !== 4) throw new Error('four notes must have four nullifiers');
  await story.refused('6', 'the fifth note', 'PolicyNotMet', () => prove(4n));
}
