import { expect } from 'chai';
import { createCampaign } from '../../src/chain/campaigns.ts';
import { NEVER } from '../../src/protocol/field.ts';
import {
  DAY,
  NOW,
  NO_NODE,
  ask,
  eligo,
  expectRefusal,
  expectUsage,
  makeFolder,
  withFlag,
  without,
  type Folder,
} from '../support/cli.ts';
import { openCampaignWorld } from '../support/campaignWorld.ts';

describe('eligo campaign check', () => {
  let folder: Folder;
  let world: Awaited<ReturnType<typeof openCampaignWorld>>;
  let args: string[];

  // Nothing here changes the campaign.
  before(async () => {
    folder = await makeFolder();
    world = await openCampaignWorld(folder);
    args = [
      ...['campaign', 'check', ...world.onChain],
      ...['--policy', folder.file('policy.json'), '--schema', folder.file('schema.json')],
    ];
  });

  after(async () => {
    await world.chain.stop();
    await folder.remove();
  });

  type Row = { what: string; chain: string; document: string; same: boolean };

  it('says yes, with the campaign and each fact from both sides', async () => {
    const document = await ask(args);
    expect(document).to.have.all.keys('matches', 'version', 'campaign', 'rows', 'pays');
    expect(document).to.deep.include({ matches: true, version: 'present', pays: [] });
    const campaign = document['campaign'] as Record<string, unknown>;
    expect(campaign).to.include({ id: '1', rate: '100', budget: '1000', paused: false });
    const rows = document['rows'] as Row[];
    expect(rows).to.have.length(21);
    expect(rows.every(({ same }) => same)).to.equal(true);
  });

  it('shows both sides to people', async () => {
    const run = await eligo(args);
    expect(run.exitCode).to.equal(0);
    expect(run.stdout).to.match(/the chain +│ the document/);
    expect(run.stdout).to.match(/issuedBefore +│ 1767571199 +│ 1767571199/);
    expect(run.stdout)
      .to.match(/budget +1000/)
      .and.match(/follows the document/);
  });

  it('says what each tier is paid, by the labels of the document', async () => {
    const { owner, deployment, token, treeId, holder } = world;
    const campaignId = await createCampaign(owner, {
      ...{ deployment, token, source: treeId, policy: holder.policy },
      documentURI: 'https://campaign.example/policy.json',
      ...{ amountKind: 'tiered', unit: 2n, tiers: [0n, 50n, 70n] },
      index: { kind: 'count', cap: 1n },
      ...{ maxStaleness: 0n, maxSilence: NEVER, proofLifetime: 600n },
      ...{ opensAt: NOW, closesAt: NOW + DAY },
    });
    const tiered = withFlag(args, '--campaign', String(campaignId));
    expect((await ask(tiered))['pays']).to.deep.equal([
      { value: 'bronze', amount: '0' },
      { value: 'silver', amount: '100' },
      { value: 'gold', amount: '140' },
    ]);
    expect((await eligo(tiered)).stdout).to.match(/│ gold +│ 140 +│/);
    const { disclose, ...silent } = holder.policy.document;
    expect(disclose).to.equal('tier');
    await expectRefusal(withFlag(tiered, '--policy', await folder.write('other.json', silent)), {
      exitCode: 1,
      code: 'CampaignMismatch',
      message: /term 3/,
    });
  });

  it('refuses a document with another clause, and shows what differs', async () => {
    const where = [world.holder.policy.document.where[0], { field: 'tier', atLeast: 'gold' }];
    const other = { ...world.holder.policy.document, where };
    const policy = await folder.write('other.json', other);
    const run = await expectRefusal(withFlag(args, '--policy', policy), {
      exitCode: 1,
      code: 'CampaignMismatch',
      message: /term 9 is 1, the document makes it 2/,
    });
    expect(run.stderr).to.match(/lo1 +│ 1 +│ 2 +│ ≠/);
  });

  it('refuses a document whose terms are the same and whose text is not', async () => {
    const where = [...world.holder.policy.document.where].reverse();
    const other = { ...world.holder.policy.document, where };
    await expectRefusal(withFlag(args, '--policy', await folder.write('other.json', other)), {
      exitCode: 1,
      code: 'CampaignMismatch',
      message: /the document hash/,
    });
  });

  it('refuses a campaign that does not exist', async () => {
    await expectRefusal(withFlag(args, '--campaign', '9'), {
      exitCode: 1,
      code: 'UnknownCampaign',
      message: /UnknownCampaign/,
    });
  });

  it('refuses a deployment on another chain, and an address that is no node', async () => {
    const other = await folder.write('other.json', { ...world.deployment, chainId: '1' });
    await expectUsage(withFlag(args, '--deployment', other), /deployment\.chainId is "1"/);
    await expectUsage(withFlag(args, '--rpc', 'ftp://127.0.0.1'), /--rpc must be/);
  });

  it('calls a node that does not answer the environment', async () => {
    await expectRefusal(withFlag(args, '--rpc', NO_NODE), {
      exitCode: 3,
      code: 'ChainUnavailable',
      message: /no node answers/,
    });
  });

  it('needs a campaign, and knows no other flag', async () => {
    await expectUsage(without(args, '--campaign'), /'--campaign <id>' not specified/);
    await expectUsage(withFlag(args, '--campaign', 'one'), /--campaign is "one"/);
    await expectUsage([...args, '--quick'], /unknown option '--quick'/);
  });
});
