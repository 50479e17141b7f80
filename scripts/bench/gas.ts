/**
 * What the chain charges, from the receipts of a fresh chain, never from an estimate. The claim measured has every check
 * in: one member's list, policy, freshness, nullifier, event, a fixed amount of an ERC-20 paid to a new holder; it is not
 * the campaign's first.
 * @module
 */
import { hashAttestation } from '../../src/protocol/attestation.ts';
import { loadArtifacts } from '../../src/prover/artifacts.ts';
import { stopWorkers } from '../../src/prover/backend.ts';
import { theCampaigns } from '../demo/claimant.ts';
import { theIssuer } from '../demo/issuer.ts';
import type { Story } from '../demo/story.ts';
import { openWorld, proveClaim, publishTree, sendClaim } from '../demo/world.ts';
import { makeReport, measure, type Measure, type Report } from './report.ts';

/** The demonstration's steps, told to nobody. */
const silent: Pick<Story, 'step'> = {
  step: async (_chapter, _title, work) => (await work()).result as never,
};

/** Measures. */
export async function benchGas(): Promise<Report> {
  const deployed: Record<string, Measure> = {};
  const world = await openWorld(await loadArtifacts(), ({ name, gas }) => {
    deployed[`gas.deploy.${name}`] = measure('gas', [Number(gas)]);
  });
  try {
    const cast = await theIssuer(silent, world);
    const { issuer, holders, policy, newcomers } = cast;
    const { strict: campaignId } = await theCampaigns(silent, world, cast);
    const claims: number[] = [];
    for (const holder of [holders.claimant, holders.early, holders.revoked, holders.frozen]) {
      const ready = await proveClaim(world, { holder, tree: issuer.tree, policy, campaignId });
      claims.push(Number((await sendClaim(world, ready)).gas));
    }
    const publications: number[] = [];
    for (const newcomer of newcomers.slice(0, 3)) {
      issuer.tree.append([hashAttestation(newcomer)]);
      publications.push(Number(await publishTree(world, issuer)));
    }
    return makeReport('gas', {
      'gas.publish': measure('gas', publications),
      'gas.claim.single': measure('gas', claims.slice(1)),
      ...deployed,
    });
  } finally {
    await world.chain.stop();
    await stopWorkers();
  }
}
