/**
 * What acts cost, against the snapshot in gas.json: a change of more than a thousandth is a decision, and goes into the
 * file (`ELIGO_UPDATE=1`). Proofs are made with the trapdoor key; `npm run bench -- gas` measures real ones.
 */
import { expect } from 'chai';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { env } from 'node:process';
import { keccak256, numberToHex } from 'viem';
import { FIELD_ORDER } from '../../src/protocol/field.ts';
import { startAnvil, type Anvil } from '../support/anvil.ts';
import { makeClaim, openCampaign, sendClaim, type OpenCampaign } from '../support/campaigns.ts';
import { by, makeWorld, testContracts, type World } from '../support/contracts.ts';

const FILE = new URL('gas.json', import.meta.url);
const TOLERANCE = 0.001;

/** The n-th of a row of numbers that look drawn at random, and are the same in every run. */
function drawn(n: number): bigint {
  return BigInt(keccak256(numberToHex(n, { size: 32 })));
}

describe('gas', () => {
  let anvil: Anvil;
  const found: Record<string, number> = {};
  let kept: Readonly<Record<string, number>>;

  before(async () => {
    kept = existsSync(FILE)
      ? (JSON.parse(await readFile(FILE, 'utf8')) as Record<string, number>)
      : {};
    anvil = await startAnvil();
    const world = await makeWorld(anvil, await testContracts());
    const campaign = await openCampaign(world);
    let next = 0;
    const makeNext = () => makeDrawn(world, campaign, (next += 1));
    await sendClaim(world, campaign, await makeNext());
    found['claim.single'] = Number((await sendClaim(world, campaign, await makeNext())).gasUsed);
    for (const size of [16, 64]) {
      const made = [];
      for (let i = 0; i < size; i += 1) made.push(await makeNext());
      const [claims, actions] = [made.map(({ claim }) => claim), made.map(({ action }) => action)];
      const sending = world.distributor.write.claimBatch(
        [campaign.id, claims, actions],
        by(world.cast.relayer),
      );
      found[`claim.batch${size}`] = Math.round(Number((await anvil.mined(sending)).gasUsed) / size);
    }
  });
  after(async () => {
    if (env['ELIGO_UPDATE'] === '1')
      await writeFile(FILE, `${JSON.stringify(found, undefined, 2)}\n`);
    await anvil.stop();
  });

  /** A claim whose numbers have as many bytes as real ones. */
  function makeDrawn(world: World, campaign: OpenCampaign, n: number) {
    const recipient = numberToHex(drawn(100 + n) >> 96n, { size: 20 });
    return makeClaim(world, campaign, {
      nullifier: drawn(n) % FIELD_ORDER,
      action: { recipient },
    });
  }

  /** The most that an act may cost, whatever the snapshot says. */
  const limits = { 'claim.single': 320_000, 'claim.batch16': 122_000, 'claim.batch64': 112_000 };
  for (const [act, limit] of Object.entries(limits)) {
    it(`${act} costs what it did, and at most ${limit}`, () => {
      const gas = found[act] ?? Number.NaN;
      expect(gas).to.be.at.most(limit);
      if (env['ELIGO_UPDATE'] !== '1') {
        const before = kept[act] ?? Number.NaN;
        expect(Math.abs(gas - before), `${gas}, was ${before}`).to.be.at.most(TOLERANCE * before);
      }
    });
  }
});
