import { expect } from 'chai';
import { LOCAL_KEYS } from '../../src/chain/localChain.ts';
import { CAMPAIGN_DRAFT } from '../support/campaignFile.ts';
import { openCampaignWorld } from '../support/campaignWorld.ts';
import {
  DAY,
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

type Change = { what: string; now: string; then: string; effect: string };

describe('eligo campaign amend and diff', () => {
  let folder: Folder;
  let world: Awaited<ReturnType<typeof openCampaignWorld>>;
  let snapshot: `0x${string}`;
  let files: string[];
  let onChain: string[];

  // Campaign 2 can be amended; the world's, 1, can't.
  before(async () => {
    folder = await makeFolder();
    world = await openCampaignWorld(folder);
    await folder.write('key.txt', LOCAL_KEYS[0]);
    await folder.write('other.key', LOCAL_KEYS[1]);
    const { token, treeId } = world;
    await folder.write('campaign.json', { ...CAMPAIGN_DRAFT, token, source: String(treeId) });
    const where = [
      { field: 'country', in: ['DE', 'NL'] },
      { field: 'tier', atLeast: 'gold' },
    ];
    await folder.write('new.json', { ...world.holder.policy.document, where });
    const node = ['--rpc', world.chain.url, '--deployment', folder.file('deployment.json')];
    const schema = ['--schema', folder.file('schema.json')];
    await ask([
      ...['campaign', 'create', '--file', folder.file('campaign.json'), ...node, ...schema],
      ...['--policy', folder.file('policy.json'), '--key-file', folder.file('key.txt')],
    ]);
    onChain = [...node, '--campaign', '2'];
    files = [...onChain, ...schema, '--policy', folder.file('new.json')];
  });

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

  const diff = (...more: string[]): string[] => ['campaign', 'diff', ...files, ...more];
  const amend = (...more: string[]): string[] => [
    ...['campaign', 'amend', ...files, '--key-file', folder.file('key.txt'), ...more],
  ];
  const check = (policy: string): string[] => [
    ...withFlag(['campaign', 'check', ...files], '--policy', folder.file(policy)),
  ];
  const changesOf = (document: Record<string, unknown>): Change[] =>
    document['changes'] as Change[];
  const effectOf = (document: Record<string, unknown>, what: string): string | undefined =>
    changesOf(document).find((change) => change.what === what)?.effect;
  const refused = (
    code: string,
    message: RegExp,
  ): { exitCode: 1; code: string; message: RegExp } => ({
    exitCode: 1,
    code,
    message,
  });
  /** The chain's newest block is of that second. */
  const mineAt = async (timestamp: bigint): Promise<void> => {
    await world.test.setNextBlockTimestamp({ timestamp });
    await world.test.mine({ blocks: 1 });
  };
  const show = async (): Promise<Record<string, unknown>> => {
    const { campaign } = await ask(['campaign', 'show', ...onChain]);
    return campaign as Record<string, unknown>;
  };
  /** A policy document that differs from the one in force. */
  const policyWith = (changes: object): Promise<string> =>
    folder.write('changed.json', { ...world.holder.policy.document, ...changes });

  describe('diff', () => {
    it('says what would change, and for whom, before anything is announced', async () => {
      const document = await ask(diff());
      expect(document).to.include({ campaign: '2', announced: false });
      expect(changesOf(document).map(({ what }) => what)).to.deep.equal([
        ...['country in', 'tier', 'document'],
      ]);
      const [country, tier] = changesOf(document);
      expect(country).to.deep.equal({
        ...{ what: 'country in', now: 'DE, FR', then: 'DE, NL' },
        effect: 'other people are eligible',
      });
      expect(tier).to.deep.equal({
        ...{ what: 'tier', now: 'from silver', then: 'from gold' },
        effect: 'fewer people are eligible',
      });
    });

    it('says to people when it would come in force, and what older proofs still do', async () => {
      const run = await eligo(diff());
      expect(run.exitCode, run.stderr).to.equal(0);
      expect(run.stdout)
        .to.match(/announced +no: if it were now/)
        .and.match(/in force +\d+ \(2026-01-05T01:/)
        .and.match(/older proofs +checked before that moment/);
    });

    it('tells wider from narrower, later from earlier, more from less', async () => {
      const where = (...clauses: object[]): object => ({ where: clauses });
      const tier = { field: 'tier', atLeast: 'silver' };
      const [country] = world.holder.policy.document.where;
      const issued = (before: bigint): object => ({ issued: { before: before.toString() } });
      const { issuedBefore } = world.holder.policy;
      for (const [changes, what, effect] of [
        [where({ field: 'country', in: ['DE'] }, tier), 'country in', /^fewer/],
        [where({ field: 'country', in: ['DE', 'FR', 'NL'] }, tier), 'country in', /^more/],
        [where(tier), 'country in', /^more/],
        [where({ field: 'country', notIn: ['DE'] }, tier), 'country in', /^other/],
        [where(country!), 'tier', /^more/],
        [where(country!, { field: 'tier', atMost: 'silver' }), 'tier', /^other/],
        [issued(issuedBefore - DAY), 'attested until', /^fewer/],
        [{ issued: { before: String(issuedBefore), after: '1' } }, 'attested from', /^fewer/],
        [{ disclose: 'country' }, 'reveals', /every claim/],
      ] as const) {
        const document = await ask(withFlag(diff(), '--policy', await policyWith(changes)));
        expect(effectOf(document, what), JSON.stringify(changes)).to.match(effect);
        const others = changesOf(document).filter((change) => change.what !== what);
        expect(others.map((change) => change.what)).to.deep.equal(['document']);
      }
    });

    it('compares amount, cap and place where they are asked for', async () => {
      const same = withFlag(diff(), '--policy', folder.file('policy.json'));
      expect(changesOf(await ask(same))).to.deep.equal([]);
      const run = await eligo(same);
      expect(run.stdout).to.include('nothing changes');
      expect(effectOf(await ask([...same, '--unit', '101']), 'pays')).to.match(/pays more/);
      expect(effectOf(await ask([...same, '--unit', '99']), 'pays')).to.match(/pays less/);
      expect(effectOf(await ask([...same, '--cap', '4']), 'claims')).to.match(/can claim again/);
      expect(effectOf(await ask([...same, '--cap', '2']), 'claims')).to.match(/are refused/);
      const moved = await ask([...same, '--uri', 'https://elsewhere.example/']);
      expect(changesOf(moved).map(({ what }) => what)).to.deep.equal(['document']);
    });
  });

  describe('amend', () => {
    it('announces, and what is announced is seen by diff, show and check', async () => {
      const document = await ask(amend('--unit', '150', '--cap', '4'));
      expect(document).to.include({ campaign: '2', announced: true });
      const inForceAt = document['inForceAt'] as string;
      const seen = await ask(diff());
      expect(seen).to.deep.include({ announced: true, inForceAt });
      expect(changesOf(seen)).to.deep.equal(changesOf(document));
      expect(effectOf(seen, 'pays')).to.match(/pays more/);
      const campaign = await show();
      expect(campaign).to.include({ rate: '100' });
      expect(campaign['pending']).to.deep.include({
        ...{ rate: '150', inForceAt, index: { kind: 'count', cap: '4' } },
      });
      expect(await ask(check('new.json'))).to.deep.include({ version: 'pending', inForceAt });
      const present = await ask(check('policy.json'));
      expect(present).to.include({ version: 'present', matches: true });
      expect(present).not.to.have.property('inForceAt');
    });

    it('comes in force after the notice, and not before', async () => {
      const { inForceAt } = await ask(amend('--unit', '150'));
      await mineAt(BigInt(inForceAt as string) - 1n);
      expect(await show()).to.include({ rate: '100' });
      await mineAt(BigInt(inForceAt as string));
      const campaign = await show();
      expect(campaign).to.include({ rate: '150' }).and.not.to.have.property('pending');
      expect(await ask(check('new.json'))).to.include({ version: 'present' });
      const run = await expectRefusal(check('policy.json'), refused('CampaignMismatch', /term/));
      expect(run.stderr).to.match(/was in force until \d+ .*amended/);
      expect(changesOf(await ask(diff()))).to.deep.equal([]);
    });

    it('sends nothing with --dry-run, and needs no key for it', async () => {
      const args = [...without(amend(), '--key-file'), '--dry-run'];
      const document = await ask(args);
      expect(document).to.include({ announced: false });
      expect(changesOf(document)).to.deep.equal(changesOf(await ask(diff())));
      expect(await show()).not.to.have.property('pending');
      await expectUsage(without(amend(), '--key-file'), /--key-file is "missing"/);
    });

    it('warns that it replaces what is announced', async () => {
      expect((await eligo(amend())).stderr).not.to.include('warning');
      const run = await eligo(amend('--unit', '7'));
      expect(run.exitCode, run.stderr).to.equal(0);
      expect(run.stderr).to.match(/warning: another amendment is announced; this one replaces it/);
      expect((await show())['pending']).to.include({ rate: '7' });
    });

    describe('refuses', () => {
      afterEach(async () => {
        await ask(amend());
      });

      it('whoever is not the owner', async () => {
        const args = withFlag(amend(), '--key-file', folder.file('other.key'));
        await expectRefusal(args, refused('NotCampaignOwner', /campaign 2 is 0x/));
      });

      it('a campaign without a notice', async () => {
        for (const args of [amend(), diff()])
          await expectRefusal(
            withFlag(args, '--campaign', '1'),
            refused('NotAmendable', /without a notice/),
          );
      });

      it('a document that the campaign could not follow', async () => {
        for (const [changes, message] of [
          [{ issued: {} }, /issued\.before is not set/],
          [{ note: '5', disclose: undefined }, /the kind of amount is fixed/],
        ] as const) {
          const policy = await policyWith(changes);
          for (const args of [amend(), diff()])
            await expectRefusal(
              withFlag(args, '--policy', policy),
              refused('CampaignMismatch', message),
            );
        }
      });

      it('an amount and a cap that are none', async () => {
        await expectUsage(amend('--unit', '0'), /--unit is 0/);
        await expectUsage(amend('--cap', '0'), /--cap is 0/);
        await expectUsage(amend('--cap', '4294967295'), /--cap is 4294967295/);
      });
    });

    it('refuses what would come in force when the campaign is over', async () => {
      await mineAt(NOW + DAY - 3_599n);
      await expectRefusal(amend(), refused('CampaignClosed', /when the campaign is over/));
    });
  });
});
