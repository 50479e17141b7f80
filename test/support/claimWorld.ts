/**
 * A holder with proofs in hand, and campaigns that pay them, for `eligo claim`.
 * @module
 */
import { COIN, createCampaign, fund, pause } from '../../src/chain/campaigns.ts';
import { mintExampleToken } from '../../src/chain/deployment.ts';
import { LOCAL_KEYS } from '../../src/chain/localChain.ts';
import { NEVER } from '../../src/protocol/field.ts';
import { openCampaignWorld } from './campaignWorld.ts';
import { DAY, NOW, ask, makeFolder } from './cli.ts';

export const RECIPIENT = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8';
export const OTHER = '0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC';

export type ClaimWorld = Awaited<ReturnType<typeof openClaimWorld>>;

/**
 * Campaign 2 pays 100 for each of four claims a person, campaign 3 pays such a claim as a grant in the coin: a tenth at
 * once, the rest at 5,400 s and 7,200 s. The folder has key.txt, and grant.json for campaign 3; for campaign 2, 0.json and
 * 1.json to the recipient, 2.json to the other with a fee of 10, and again.json, the first claim to the other.
 */
export async function openClaimWorld() {
  const folder = await makeFolder();
  const world = await openCampaignWorld(folder);
  await folder.write('key.txt', LOCAL_KEYS[0]);
  const { owner, deployment, treeId, holder, chain } = world;
  const node = ['--rpc', chain.url, '--deployment', folder.file('deployment.json')];
  const open = async (changes: object, token = world.token): Promise<void> => {
    const campaignId = await createCampaign(owner, {
      ...{ deployment, token, source: treeId, policy: holder.policy },
      documentURI: 'https://campaign.example/policy.json',
      ...{ amountKind: 'fixed', unit: 100n, index: { kind: 'count', cap: 4n } },
      ...{ maxStaleness: 0n, maxSilence: NEVER, proofLifetime: 2_592_000n },
      ...{ opensAt: NOW, closesAt: NOW + 2n * DAY },
      ...changes,
    });
    const to = owner.account.address;
    if (token !== COIN) await mintExampleToken(owner, { token, to, amount: 350n });
    await fund(owner, { deployment, campaignId, token, amount: 350n });
  };
  const make = (name: string, campaign: string, index: string, ...action: string[]) =>
    ask([
      ...['proof', 'make', '--identity', folder.file('me.identity.json')],
      ...['--credential', folder.file('me.credential.json')],
      ...['--policy', folder.file('policy.json'), '--leaves', folder.file('leaves.txt')],
      ...['--out', folder.file(name), ...node, '--campaign', campaign, '--claim-index', index],
      ...(action.length > 0 ? action : ['--recipient', RECIPIENT]),
    ]);
  const tranches = [
    { start: 0n, end: 0n, bips: 1_000n, steps: 0n },
    { start: 3_600n, end: 7_200n, bips: 9_000n, steps: 2n },
  ];
  await open({});
  await open(
    { schedule: { start: NOW, transferable: false, clawbackNotice: NEVER, tranches } },
    COIN,
  );
  await make('0.json', '2', '0');
  await make('1.json', '2', '1');
  await make('2.json', '2', '2', '--recipient', OTHER, '--fee', '10');
  await make('again.json', '2', '0', '--recipient', OTHER);
  await make('grant.json', '3', '0');
  return {
    ...{ ...world, folder, node, make },
    /** `claim submit` of proof files to campaign 2. */
    submit: (...names: string[]): string[] => [
      ...['claim', 'submit', ...node, '--campaign', '2', '--key-file', folder.file('key.txt')],
      ...['--recipient', RECIPIENT],
      ...['--proof', names.map((name) => folder.file(name)).join(',')],
    ],
    pauseIt: async (): Promise<void> => {
      await pause(owner, { deployment, campaignId: 2n, reason: `0x${'00'.repeat(32)}` });
    },
    /** The chain's newest block is of that second. */
    mineAt: async (timestamp: bigint): Promise<void> => {
      await world.test.setNextBlockTimestamp({ timestamp });
      await world.test.mine({ blocks: 1 });
    },
    close: async (): Promise<void> => {
      await chain.stop();
      await folder.remove();
    },
  };
}
