import { expect } from 'chai';
import { nextPublication, publish } from '../../src/chain/roots.ts';
import { OTHER, RECIPIENT, openClaimWorld, type ClaimWorld } from '../support/claimWorld.ts';
import {
  DAY,
  NOW,
  ask,
  eligo,
  expectRefusal,
  expectUsage,
  withFlag,
  without,
  type Run,
} from '../support/cli.ts';

type Claim = Record<string, string>;

describe('eligo claim submit', () => {
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

  /** Hands lines in, each with an action of its own. */
  const submitLines = async (...lines: object[]): Promise<string[]> => [
    ...['claim', 'submit', ...world.node, '--campaign', '2', '--key-file', folder.file('key.txt')],
    ...[
      '--file',
      await folder.write('claims.ndjson', lines.map((line) => JSON.stringify(line)).join('\n')),
    ],
  ];
  const lineOf = async (name: string, action: object = {}): Promise<object> => ({
    ...{ recipient: RECIPIENT, ...action },
    proof: await folder.json(name),
  });
  const threeLines = async (): Promise<object[]> => [
    await lineOf('0.json'),
    await lineOf('1.json'),
    await lineOf('2.json', { recipient: OTHER, fee: '10' }),
  ];
  const claimsOf = (document: Record<string, unknown>): Claim[] => document['claims'] as Claim[];
  const statusesOf = (document: Record<string, unknown>): (string | undefined)[] =>
    claimsOf(document).map(({ status: word }) => word);
  /** A submission that answers with a document, and not all were paid. */
  const someRefused = async (args: readonly string[]): Promise<Record<string, unknown>> => {
    const run: Run = await eligo([...args, '--json']);
    expect(run.exitCode, run.stderr).to.equal(1);
    return JSON.parse(run.stdout) as Record<string, unknown>;
  };
  const transactions = (): Promise<number> =>
    world.test.getTransactionCount({ address: world.owner.account.address });

  it('has one claim paid, and says what, to whom and by which transaction', async () => {
    const document = await ask(submit('0.json'));
    expect(document).to.include({ campaign: '2', paid: '1', paidBefore: '0', refused: '0' });
    const [claim] = claimsOf(document);
    expect(claim).to.include({ status: 'paid', amount: '100', fee: '0', recipient: RECIPIENT });
    expect(claim!['transaction']).to.match(/^0x[0-9a-f]{64}$/);
  });

  it('says so again when it is run again, and sends nothing', async () => {
    const first = await ask(submit('0.json'));
    const count = await transactions();
    const second = await ask(submit('0.json'));
    expect(second).to.include({ paid: '0', paidBefore: '1', refused: '0' });
    const [before] = claimsOf(second);
    expect(before).to.include({
      ...{ status: 'paid before', amount: '100', recipient: RECIPIENT },
      transaction: claimsOf(first)[0]!['transaction'],
    });
    await world.pauseIt();
    expect(statusesOf(await ask(submit('0.json')))).to.deep.equal(['paid before']);
    expect(await transactions()).to.equal(count + 1); // the pause
  });

  it('says who was paid when another proof of the same claim was there before', async () => {
    await ask(submit('0.json'));
    const run = await eligo(withFlag(submit('again.json'), '--recipient', OTHER));
    expect(run.exitCode, run.stderr).to.equal(0);
    expect(run.stdout).to.match(new RegExp(`paid before +│ 100 to ${RECIPIENT}`));
    expect(run.stderr).to.match(/warning: .*again\.json was paid to another recipient/);
  });

  it('has many paid in one transaction, each as its own line says', async () => {
    const document = await ask(await submitLines(...(await threeLines())));
    expect(document).to.include({ paid: '3', refused: '0' });
    const claims = claimsOf(document);
    expect(claims.map(({ claim }) => claim)).to.deep.equal(['line 1', 'line 2', 'line 3']);
    expect(new Set(claims.map(({ transaction }) => transaction)).size).to.equal(1);
    expect(claims[2]).to.include({ recipient: OTHER, amount: '100', fee: '10' });
    const text = await eligo(submit('0.json', '1.json'));
    expect(text.stdout).to.include('0 paid, 2 paid before, 0 refused.');
  });

  it('has the others paid where one is refused, and ends with 1', async () => {
    const lines = await threeLines();
    const wrong = { ...lines[1], recipient: OTHER };
    const document = await someRefused(await submitLines(lines[0]!, wrong, lines[2]!));
    expect(statusesOf(document)).to.deep.equal(['paid', 'refused', 'paid']);
    expect(claimsOf(document)[1]).to.include({ refused: 'WrongContext' });
    expect(document).to.include({ paid: '2', refused: '1' });
    const again = await ask(await submitLines(...lines));
    expect(statusesOf(again)).to.deep.equal(['paid before', 'paid', 'paid before']);
  });

  it('has the others paid where one proof does not hold', async () => {
    const lines = await threeLines();
    const file = await folder.json('1.json');
    const proof = file['proof'] as { pi_a: string[]; pi_c: string[] };
    const forged = { ...file, proof: { ...proof, pi_a: proof.pi_c } };
    const document = await someRefused(
      await submitLines(lines[0]!, { ...lines[1], proof: forged }, lines[2]!),
    );
    expect(statusesOf(document)).to.deep.equal(['paid', 'refused', 'paid']);
    expect(claimsOf(document)[1]).to.include({ refused: 'InvalidProof' });
  });

  it('asks only with --dry-run, with a key or without', async () => {
    const count = await transactions();
    for (const args of [submit('0.json', '1.json'), without(submit('0.json'), '--key-file')]) {
      const document = await ask([...args, '--dry-run']);
      expect(new Set(statusesOf(document))).to.deep.equal(new Set(['would be paid']));
      expect(document).to.include({ dryRun: true, paid: '0', refused: '0' });
    }
    const lines = await submitLines(...(await threeLines()));
    const unsigned = [...without(lines, '--key-file'), '--dry-run'];
    expect(await ask(unsigned)).to.include({ payable: '3' });
    expect(await transactions()).to.equal(count);
  });

  it('makes a grant where the campaign has a schedule', async () => {
    const document = await ask(withFlag(submit('grant.json'), '--campaign', '3'));
    expect(claimsOf(document)[0]).to.include({ amount: '100', grantId: '1' });
  });

  describe('names what keeps every claim from being paid:', () => {
    const refusedAs = async (code: string): Promise<void> => {
      for (const args of [submit('0.json'), submit('0.json', '1.json')]) {
        const document = await someRefused(args);
        for (const claim of claimsOf(document)) expect(claim).to.include({ refused: code });
      }
    };

    afterEach(async () => {
      await world.test.revert({ id: snapshot });
      snapshot = await world.test.snapshot();
      expect(await ask(submit('0.json', '1.json'))).to.include({ paid: '2' });
    });

    it('a pause', async () => {
      await world.pauseIt();
      await refusedAs('CampaignPaused');
    });

    it('a campaign that is over', async () => {
      await world.mineAt(NOW + 2n * DAY + 1n);
      await refusedAs('CampaignClosed');
    });

    it('a revocation that was published since', async () => {
      const { owner, deployment, treeId, tree } = world;
      const facts = { deployment, treeId, root: tree.root(), size: tree.size(), revoked: 1n };
      const publication = { ...(await nextPublication(owner, facts)), root: 7n };
      await publish(owner, { deployment, publication });
      await refusedAs('StaleRoot');
    });
  });

  it('pays as far as the budget goes', async () => {
    await world.make('3.json', '2', '3');
    const names = ['0.json', '1.json', '3.json'];
    expect(await ask(submit(...names))).to.include({ paid: '3' });
    const args = withFlag([...submit('2.json'), '--fee', '10'], '--recipient', OTHER);
    const document = await someRefused(args);
    expect(claimsOf(document)[0]).to.include({ refused: 'BudgetExceeded' });
  });

  it('says that the account has no money, which is nothing against the claim', async () => {
    const poor = await folder.write('poor.key', `0x${'7'.repeat(64)}`);
    for (const names of [['0.json'], ['0.json', '1.json']]) {
      await expectRefusal(withFlag(submit(...names), '--key-file', poor), {
        ...{ exitCode: 1, code: 'ContractReverted', message: /gas|funds|balance/i },
      });
    }
    expect(await ask(submit('0.json'))).to.include({ paid: '1' });
  });

  it('refuses a campaign that does not exist', async () => {
    await expectRefusal(withFlag(submit('0.json'), '--campaign', '9'), {
      ...{ exitCode: 1, code: 'UnknownCampaign', message: /UnknownCampaign/ },
    });
  });

  it('names the file or the line that it can not read', async () => {
    await expectUsage(submit('0.json', 'none.json'), /--proof is .*none\.json/);
    const file = await folder.json('0.json');
    await folder.write('bad.json', { ...file, circuit: 'a'.repeat(64) });
    await expectUsage(submit('1.json', 'bad.json'), /bad\.json: proof file\.circuit is/);
    await expectUsage(submit('0.json', '0.json'), /is the same claim as/);
    const lines = await threeLines();
    for (const [line, message] of [
      [{ ...lines[1], tip: '1' }, /^line 2.*tip/],
      [{ ...lines[1], recipient: '0x12' }, /^line 2: action\.recipient is "0x12"/],
      [{ ...lines[1], fee: '-1' }, /^line 2\.fee is "-1"/],
      [{ ...lines[1], proof: { ...file, signals: [] } }, /^line 2: proof file\.signals/],
    ] as const)
      await expectUsage(await submitLines(lines[0]!, line), message);
    await expectUsage(await submitLines(), /--file is .*holds no claim/);
  });

  it('knows what cannot go together, and what it needs', async () => {
    const lines = await submitLines(...(await threeLines()));
    await expectUsage([...lines, '--fee', '1'], /--fee can't go with --file/);
    await expectUsage(withFlag(lines, '--proof', 'x'), /--file can't go with --proof/);
    await expectUsage(without(lines, '--file'), /one of --proof, --file is needed/);
    await expectUsage(without(lines, '--key-file'), /--key-file is "missing"/);
    await expectUsage(without(submit('0.json'), '--recipient'), /--recipient is "missing"/);
  });
});
