/**
 * Chapter 4: four people who aren't eligible, each refused three times over.
 * @module
 */
import { getChainTime } from '../../src/chain/client.ts';
import type { Attestation } from '../../src/protocol/attestation.ts';
import { refuseThrice } from './forgery.ts';
import type { Cast } from './issuer.ts';
import { attest } from './people.ts';
import type { Story } from './story.ts';
import { pathOf, type Holder, type World } from './world.ts';

/** Tells the chapter. */
export async function theIneligible(story: Story, world: World, cast: Cast): Promise<void> {
  const { holders, policy, issuer } = cast;
  const { claimant, expired, abroad, late } = holders;
  const now = await getChainTime(world.owner);
  const checkedAt = now - (now % 60n);

  const refuse = (
    title: string,
    holder: Holder,
    attestation: Attestation,
    doctored: Attestation,
  ): Promise<void> =>
    story.step('4', title, async () => {
      const { secret } = holder.person.identity;
      const { path, root } = await pathOf(issuer.tree, holder.attestation);
      const subject = { secret, attestation, doctored, path, root, policy, checkedAt };
      const { clause, witnessProgram } = await refuseThrice(world.artifacts, subject);
      return {
        what: `refused by the policy: ${clause}; by the witness program: ${witnessProgram}; forged, by the R1CS`,
      };
    });

  const outside = attest(claimant.person, { issuedAt: claimant.attestation.issuedAt });
  const [country] = claimant.attestation.values;
  const [, tier, unused, amount] = abroad.attestation.values;
  await refuse('somebody who is not in the tree', claimant, outside, outside);
  await refuse('somebody whose attestation expired', expired, expired.attestation, {
    ...expired.attestation,
    expiresAt: checkedAt,
  });
  await refuse('somebody in the wrong country', abroad, abroad.attestation, {
    ...abroad.attestation,
    values: [country, tier, unused, amount],
  });
  await refuse('somebody attested after the snapshot', late, late.attestation, {
    ...late.attestation,
    issuedAt: policy.issuedBefore,
  });
}
