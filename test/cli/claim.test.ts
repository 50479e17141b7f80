import { expect } from 'chai';
import { OTHER, RECIPIENT, openClaimWorld, type ClaimWorld } from '../support/claimWorld.ts';
import { NOW, ask, eligo, expectRefusal, expectUsage, withFlag, without } from '../support/cli.ts';

type Claim = Record<string, string>;

describe('eligo claim', () => {
  let world: ClaimWorld;
  let folder: ClaimWorld['folder'];
  let submit: ClaimWorld['submit'];
  let snapshot: `0x${string}`;

  // Proofs are made once; each test gets the chain back as it was.
  before(async () => {
    world = await openClaimWorld();
    ({ folder, submit } = world);
  });

  beforeEach(async () => {
    snapshot = await world.test.snapshot();
  });

  afterEach(async () => {
    await world.test.revert({ id: snapshot });
  });

  after(() => world.close());

  const status = (...more: string[]): string[] => ['claim', 'status', ...world.node, ...more];

  describe('status', () => {
    const asked = (name: string): string[] =>
      status('--proof', folder.file(name), '--campaign', '2', '--recipient', RECIPIENT);

    it('says what a submission would answer, before there was one', async () => {
      expect(await ask(asked('0.json'))).to.deep.include({
        ...{ spent: false, answer: { status: 'would be paid' } },
      });
      const other = await ask(withFlag(asked('0.json'), '--recipient', OTHER));
      expect(other['answer']).to.include({ status: 'refused', refused: 'WrongContext' });
      await world.pauseIt();
      expect((await eligo(asked('0.json'))).stdout).to.match(/now +CampaignPaused: /);
    });

    it('says what was paid, by the proof and by the nullifier alone', async () => {
      const { claims } = await ask(submit('0.json'));
      const [{ nullifier, transaction }] = claims as [Claim];
      const document = await ask(asked('0.json'));
      expect(document).to.include({ spent: true, nullifier });
      expect(document['claim']).to.include({
        ...{ campaignId: '2', amount: '100', fee: '0', recipient: RECIPIENT, transaction },
      });
      const hex = `0x${BigInt(nullifier!).toString(16)}`;
      for (const given of [nullifier!, hex])
        expect(await ask(status('--nullifier', given))).to.deep.equal(document);
      const run = await eligo(status('--nullifier', hex));
      expect(run.stdout).to.match(/amount +100\n/);
    });

    it('says that nobody made the claim of a nullifier', async () => {
      const document = await ask(status('--nullifier', '42'));
      expect(document).to.deep.equal({ nullifier: '42', spent: false });
    });

    it('shows the grant of a claim that vests', async () => {
      const { claims } = await ask(withFlag(submit('grant.json'), '--campaign', '3'));
      const { nullifier } = (claims as [Claim])[0];
      const document = await ask(status('--nullifier', nullifier!));
      expect(document['claim']).to.include({ grantId: '1' });
      expect(document['grant']).to.include({
        ...{ id: '1', recipient: RECIPIENT, total: '100', vested: '10', released: '0' },
        left: '100',
      });
    });

    it('knows what cannot go together, and what it needs', async () => {
      await expectUsage(status(), /one of --proof, --nullifier is needed/);
      const both = status('--nullifier', '1', '--campaign', '2');
      await expectUsage(both, /--campaign can't go with --nullifier/);
      await expectUsage(without(asked('0.json'), '--campaign'), /--campaign is "missing"/);
      await expectUsage(status('--nullifier', 'x'), /--nullifier is "x"/);
    });
  });

  describe('release', () => {
    const release = (): string[] => [
      ...['claim', 'release', ...world.node, '--key-file', folder.file('key.txt')],
      ...['--grant', '1'],
    ];

    beforeEach(async () => {
      await ask(withFlag(submit('grant.json'), '--campaign', '3'));
    });

    it('pays what has vested, step by step, until all is paid', async () => {
      const before = await world.test.getBalance({ address: RECIPIENT });
      const first = await ask(release());
      expect(first).to.include({ amount: '10' });
      expect(first['grant']).to.include({ vested: '10', released: '10', left: '90', total: '100' });
      await world.mineAt(NOW + 5_400n);
      expect(await ask(release())).to.include({ amount: '45' });
      await world.mineAt(NOW + 7_200n);
      const run = await eligo(release());
      expect(run.stdout)
        .to.match(/paid +45\n/)
        .and.match(/released +100\n/)
        .and.match(/left +0\n/);
      expect((await world.test.getBalance({ address: RECIPIENT })) - before).to.equal(100n);
    });

    it('refuses a second release of the same, and a grant that does not exist', async () => {
      await ask(release());
      await expectRefusal(release(), {
        ...{ exitCode: 1, code: 'NothingToRelease', message: /NothingToRelease/ },
      });
      await expectRefusal(withFlag(release(), '--grant', '9'), {
        ...{ exitCode: 1, code: 'UnknownGrant', message: /UnknownGrant/ },
      });
      await expectUsage(withFlag(release(), '--grant', 'one'), /--grant is "one"/);
    });
  });
});
