/**
 * `npm run demo`: the first private claim, end to end, on a chain on this machine. Exits with 1 if a step ends differently.
 * @module
 */
import { loadArtifacts } from '../src/prover/artifacts.ts';
import { stopWorkers } from '../src/prover/snarkjs.ts';
import { theCampaigns, theClaimant, theCopies } from './demo/claimant.ts';
import { theIneligible } from './demo/ineligible.ts';
import { theIssuer } from './demo/issuer.ts';
import { theMeter } from './demo/meter.ts';
import { SEED } from './demo/people.ts';
import { theRevocation } from './demo/revocation.ts';
import { beginStory } from './demo/story.ts';
import { openWorld } from './demo/world.ts';

async function main(): Promise<void> {
  const artifacts = await loadArtifacts();
  console.log('\nEligo: prove that you are eligible, reveal nothing else.');
  if (artifacts.insecureDev)
    console.log('Keys: INSECURE-DEV, anybody can forge with them; for development only.');
  console.log(
    'People: addresses and amounts of the UNI airdrop of September 2020 (scripts/demo/people.csv).',
  );
  console.log(`Country and tier are made up, by a generator with the seed ${SEED}.\n`);

  const story = beginStory();
  const world = await story.step(
    '0',
    'a chain on this machine, with the contracts deployed',
    async () => {
      let gas = 0n;
      const opened = await openWorld(artifacts, (deployed) => (gas += deployed.gas));
      return { what: opened.chain.url, gas, result: opened };
    },
  );
  try {
    const cast = await theIssuer(story, world);
    const campaigns = await theCampaigns(story, world, cast);
    const signals = await theClaimant(story, world, cast, campaigns);
    await theCopies(story, world, cast, campaigns);
    await theIneligible(story, world, cast);
    await theRevocation(story, world, cast, campaigns);
    await theMeter(story, world, cast, campaigns);
    console.log(
      `\n${story.table()}\n\nThe claim of chapter 2:\n${signals}\n\nEvery step ended as it should.`,
    );
  } finally {
    await world.chain.stop();
  }
}

try {
  await main();
} catch (error) {
  console.error(error);
  process.exitCode = 1;
} finally {
  await stopWorkers();
}
