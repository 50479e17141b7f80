import { expect } from 'chai';
import { mintExampleToken } from '../../src/chain/deployment.ts';
import { LOCAL_KEYS } from '../../src/chain/localChain.ts';
import { computePolicy, compileTerms } from '../../src/protocol/terms.ts';
import { CAMPAIGN_DRAFT, PRESET_DRAFT, SCHEDULE_DRAFT } from '../support/campaignFile.ts';
import { openCampaignWorld } from '../support/campaignWorld.ts';
import {
  DAY,
  NO_NODE,
  NOW,
  ask,
  eligo,
  expectRefusal,
  expectUsage,
  makeFolder,
  withFlag,
  without,
  type Folder,
} from '../support/cli.ts';

const SOMEBODY = '0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC';

describe('eligo campaign, from its creation to its end:', () => {
  let folder: Folder;
  let world: Awaited<ReturnType<typeof openCampaignWorld>>;
  let snapshot: `0x${string}`;
  let node: string[];
  let create: string[];

  before(async () => {
    folder = await makeFolder();
    world = await openCampaignWorld(folder);
    await folder.write('key.txt', LOCAL_KEYS[0]);
    await folder.write('other.key', LOCAL_KEYS[1]);
    await folder.write('campaign.json', draft());
    node = ['--rpc', world.chain.url, '--deployment', folder.file('deployment.json')];
    create = [
      ...['campaign', 'create', '--file', folder.file('campaign.json'), ...node],
      ...['--policy', folder.file('policy.json'), '--schema', folder.file('schema.json')],
      ...['--key-file', folder.file('key.txt')],
    ];
  });

  // Each test gets the chain back as it was: one campaign, of the world.
  beforeEach(async () => {
    snapshot = await world.test.snapshot();
  });

  afterEach(async () => {
    await world.test.revert({ id: snapshot });
  });

  after(async () => {
    await world.chain.stop();
    await folder.remove();
  });

  const draft = (changes: object = {}): object => ({
    ...CAMPAIGN_DRAFT,
    ...{ token: world.token, source: world.treeId.toString() },
    ...changes,
  });
  const createWith = async (changes: object): Promise<string[]> =>
    withFlag(create, '--file', await folder.write('changed.json', draft(changes)));
  const refused = (
    code: string,
    message: RegExp,
  ): { exitCode: 1; code: string; message: RegExp } => ({
    exitCode: 1,
    code,
    message,
  });
  const show = async (id = '2'): Promise<Record<string, unknown>> =>
    ask(['campaign', 'show', ...node, '--campaign', id]);
  const campaignOf = (document: Record<string, unknown>): Record<string, unknown> =>
    document['campaign'] as Record<string, unknown>;
  /** A verb on the campaign that `create` makes here, by the owner. */
  const on = (verb: string, ...more: string[]): string[] => [
    ...['campaign', verb, ...node, '--campaign', '2', '--key-file', folder.file('key.txt')],
    ...more,
  ];
  const later = async (seconds: number): Promise<void> => {
    await world.test.increaseTime({ seconds });
    await world.test.mine({ blocks: 1 });
  };

  describe('create', () => {
    it('creates what the files say, and says what was made and how to fund it', async () => {
      const document = await ask(create);
      expect(document).to.include({ created: true, id: '2', owner: world.owner.account.address });
      const { policy } = world.holder;
      const expected = computePolicy(document['scope'] as string, compileTerms(policy));
      expect(document['policy']).to.equal(expected.toString());
      const campaign = campaignOf(await show());
      expect(campaign).to.deep.include({
        ...{ id: '2', token: world.token, amountKind: 'fixed', rate: '100', budget: '0' },
        ...{ index: { kind: 'count', cap: '3' }, notice: '3600', policy: expected.toString() },
        ...{ opensAt: NOW.toString(), closesAt: (NOW + DAY).toString(), paused: false },
      });
    });

    it('shows people all of it before it is sent, and warns', async () => {
      const run = await eligo(create);
      expect(run.exitCode, run.stderr).to.equal(0);
      expect(run.stderr).to.match(/pays +100 a claim \(fixed\)/);
      expect(run.stderr).to.include('where[0]: country in [DE, FR]');
      expect(run.stderr).to.match(/warning: the policy sets no issued\.after/);
      expect(run.stderr).to.match(/INSECURE-DEV keys/);
      expect(run.stdout).to.match(/campaign +2\n/);
      expect(run.stdout).to.include('eligo campaign fund --campaign 2');
    });

    it('sends nothing with --dry-run, and needs no key for it', async () => {
      const document = await ask([...without(create, '--key-file'), '--dry-run']);
      expect(document).to.include({ created: false });
      expect(document['settings']).to.deep.include({ unit: '100', notice: '3600' });
      expect(document['warnings']).to.have.length(3);
      const missing = refused('UnknownCampaign', /UnknownCampaign/);
      await expectRefusal(['campaign', 'show', ...node, '--campaign', '2'], missing);
    });

    it('warns of nothing where nothing is left open', async () => {
      const { document } = world.holder.policy;
      const issued = { ...document.issued, after: '1000000000' };
      const policy = await folder.write('bounded.json', { ...document, issued });
      const args = await createWith({
        freshness: { maxStaleness: '0', maxSilence: '86400' },
        caps: { perWindow: '300', windowLength: '3600' },
      });
      const bounded = [...withFlag(args, '--policy', policy), '--dry-run'];
      expect((await ask(bounded))['warnings']).to.deep.equal([]);
    });

    it("creates tiers, a schedule, caps and a guardian, paid in the chain's coin", async () => {
      const args = await createWith({
        ...{ token: 'coin', guardian: SOMEBODY, schedule: SCHEDULE_DRAFT },
        amount: { kind: 'tiered', unit: '2', tiers: ['0', '50', '70'] },
        caps: { perWindow: '300', windowLength: '3600' },
      });
      const { stdout } = await eligo([...args, '--dry-run']);
      expect(stdout)
        .to.match(/│ silver +│ 100 +│/)
        .and.match(/│ gold +│ 140 +│/);
      await ask(args);
      const campaign = campaignOf(await show());
      expect(campaign).to.deep.include({
        ...{ guardian: SOMEBODY, tiers: ['0', '50', '70'], leftOfWindow: '300', planId: '1' },
        caps: { perPeriod: '0', perWindow: '300', windowLength: '3600' },
      });
      expect(campaign['schedule']).to.deep.include({ transferable: true, clawbackNotice: '60' });
      const words = await eligo(['campaign', 'show', ...node, '--campaign', '2']);
      expect(words.stdout)
        .to.match(/token +the chain's own coin/)
        .and.include('10 % at 0 s\n90 % from 0 s to 1000 s, in 10 equal unlocks');
    });

    it("reads a preset from a file that stands beside the campaign's", async () => {
      await folder.write('preset.json', PRESET_DRAFT);
      const { tranches, ...rest } = SCHEDULE_DRAFT;
      expect(tranches).to.have.length(2);
      const args = await createWith({ schedule: { ...rest, preset: 'preset.json' } });
      const { settings } = (await ask([...args, '--dry-run'])) as {
        settings: { schedule: { tranches: object[] } };
      };
      expect(settings.schedule.tranches.at(-1)).to.deep.equal({
        ...{ start: '0', end: '1000', bips: '9000', steps: '10' },
      });
      const none = await createWith({ schedule: { ...rest, preset: 'none.json' } });
      await expectUsage([...none, '--dry-run'], /campaign\.schedule\.preset is .*can be read/);
    });

    describe('refuses, before anything is sent,', () => {
      const cases: readonly (readonly [string, object, string, RegExp])[] = [
        [
          'a kind of amount that the policy has not',
          { amount: { kind: 'metered', unit: '1' }, index: {}, notice: '0' },
          ...(['CampaignMismatch', /the kind of amount is metered/] as const),
        ],
        [
          'a campaign that is over',
          { opens: '0', closes: (NOW - 1n).toString() },
          ...(['InvalidInput', /campaign\.closes is .* over/] as const),
        ],
        [
          'an opening before the snapshot',
          { opens: (NOW - 2n).toString() },
          ...(['CampaignMismatch', /issued\.before is 1767571199/] as const),
        ],
        ['a source that does not exist', { source: '99' }, ...(['InvalidRule', /source/] as const)],
        ['a token without code', { token: SOMEBODY }, ...(['InvalidCampaign', /token/] as const)],
      ];
      for (const [what, changes, code, message] of cases) {
        it(what, async () => {
          const exitCode = code === 'InvalidInput' ? 2 : 1;
          await expectRefusal(await createWith(changes), { exitCode, code, message });
          expect(await ask(create)).to.include({ id: '2' });
        });
      }

      it('a policy without a snapshot', async () => {
        const policy = { ...world.holder.policy.document, issued: {} };
        const args = withFlag(create, '--policy', await folder.write('open.json', policy));
        await expectRefusal(args, refused('CampaignMismatch', /issued\.before is not set/));
      });
    });

    it('needs a key unless it is dry, and shows none that is malformed', async () => {
      await expectUsage(without(create, '--key-file'), /--key-file is "missing"/);
      const secret = `0x${'zz'.repeat(32)}`;
      const args = withFlag(create, '--key-file', await folder.write('bad.key', secret));
      const run = await expectUsage(args, /--key-file must hold one private key/);
      expect(run.stdout + run.stderr).not.to.include('zz');
      await expectRefusal(withFlag(create, '--rpc', NO_NODE), {
        ...{ exitCode: 3, code: 'ChainUnavailable', message: /no node answers/ },
      });
    });
  });

  describe('fund', () => {
    const mint = (): Promise<void> =>
      mintExampleToken(world.owner, {
        ...{ token: world.token, to: world.owner.account.address, amount: 500n },
      });

    it('adds to the budget, by approval', async () => {
      await ask(create);
      await mint();
      const document = await ask(on('fund', '--amount', '300'));
      expect(document).to.include({ received: '300', budget: '300', token: world.token });
      expect(campaignOf(await show())).to.include({ budget: '300' });
      expect(await ask(on('fund', '--amount', '200'))).to.include({ budget: '500' });
    });

    it("adds the chain's own coin", async () => {
      await ask(await createWith({ token: 'coin' }));
      expect(await ask(on('fund', '--amount', '300'))).to.include({ received: '300' });
      await expectUsage(on('fund', '--amount', '300', '--permit'), /--permit is for tokens/);
    });

    it('refuses a token that takes no permit, an amount that is none, and an end that was', async () => {
      await ask(create);
      await mint();
      await expectUsage(on('fund', '--amount', '1', '--permit'), /ERC-2612/);
      for (const amount of ['0', '1.5', (2n ** 128n).toString()])
        await expectUsage(on('fund', '--amount', amount), /--amount is/);
      await ask(on('fund', '--amount', '1'));
      await later(Number(DAY) + 1);
      await expectRefusal(on('fund', '--amount', '1'), refused('CampaignClosed', /was over/));
    });
  });

  describe('pause and unpause', () => {
    it('stop claims and let them go on, with a reason', async () => {
      await ask(create);
      const document = await ask(on('pause', '--reason', 'key lost'));
      expect(document).to.include({
        paused: true,
        reason: `0x${Buffer.from('key lost').toString('hex').padEnd(64, '0')}`,
      });
      expect(await show()).to.include({ state: 'paused' });
      const hash = `0x${'ab'.repeat(32)}`;
      expect(await ask(on('unpause', '--reason', hash))).to.include({
        paused: false,
        reason: hash,
      });
      expect(await show()).to.include({ state: 'open' });
    });

    it('refuse a stranger, and a reason of more than 31 bytes', async () => {
      await ask(create);
      const stranger = withFlag(on('pause'), '--key-file', folder.file('other.key'));
      const reason = ['--reason', 'a'.repeat(31)];
      await expectRefusal(
        [...stranger, ...reason],
        refused('NotCampaignGuardian', /NotCampaignGuardian/),
      );
      await ask(on('pause', ...reason));
      await expectUsage(on('pause', '--reason', `${'a'.repeat(30)}é`), /--reason is .*31 bytes/);
      await expectUsage(on('pause'), /'--reason <text>' not specified/);
    });
  });

  describe('clawback', () => {
    it('takes back what is left, when the campaign is over and not before', async () => {
      await ask(await createWith({ token: 'coin' }));
      await ask(on('fund', '--amount', '300'));
      const args = on('clawback', '--to', SOMEBODY);
      await expectRefusal(args, refused('CampaignNotOver', /CampaignNotOver/));
      await later(Number(DAY) + 1);
      const stranger = withFlag(args, '--key-file', folder.file('other.key'));
      await expectRefusal(stranger, refused('NotCampaignOwner', /NotCampaignOwner/));
      await expectUsage(withFlag(args, '--to', `0x${'00'.repeat(20)}`), /--to is .* other than 0/);
      const before = await world.test.getBalance({ address: SOMEBODY });
      expect(await ask(args)).to.include({ amount: '300', to: SOMEBODY });
      expect((await world.test.getBalance({ address: SOMEBODY })) - before).to.equal(300n);
      expect(await show()).to.include({ state: 'over' });
      expect(campaignOf(await show())).to.include({ budget: '0' });
    });
  });
});
