import { createHash } from 'node:crypto';
import { expect } from 'chai';
import { encodePacked, keccak256, pad, toHex, zeroAddress } from 'viem';
import { canonicalJson } from '../../src/protocol/codec.ts';
import { startAnvil, type Anvil } from '../support/anvil.ts';
import { linesOf, openIssuerWorld, type IssuerWorld } from '../support/issuerWorld.ts';
import { SOURCE_SCHEMA, deployDouble, easAttestation } from '../support/sources.ts';

const ANN = '0x5C69bEe701ef814a2B6a3EDD4B1652CB9cc5aA6f';
const BOB = '0xC7AA922f0823DeE2eD721E61ebCCF2F9596017Fb';
const CAROL = `0x${'ca'.repeat(20)}`;
const DAN = `0x${'da'.repeat(20)}`;

const SCHEMA = {
  eligo: 'schema/1',
  name: 'Allocation',
  version: '1',
  description: 'What is due to whom',
  fields: [
    { name: 'kyc', type: 'bool', description: 'Whether the holder is known' },
    { name: 'amount', type: 'amount', description: 'Due', decimals: '18', meter: true },
  ],
} as const;

const sha256 = (text: string): string => `0x${createHash('sha256').update(text).digest('hex')}`;

describe('eligo issuer import', () => {
  let world: IssuerWorld;

  before(async () => {
    world = await openIssuerWorld();
    await world.init();
    await world.folder.write('allocation.json', SCHEMA);
  });

  after(() => world.close());

  const base = 'issuer import --schema allocation.json --units base --never';
  const rebuild = () =>
    `audit rebuild --log log --rpc ${world.chain.url} --deployment deployment.json --tree 1`;

  /** A list; a commitment is its number. */
  const list = (name: string, rows: readonly (readonly [string, string, string])[]) =>
    world.folder.write(
      name,
      `address,amount,commitment,kyc\n${rows.map(([who, amount, whose]) => `${who},${amount},${whose},true\n`).join('')}`,
    );

  it('imports a list, publishes its manifest, and the audit finds both in the log', async () => {
    await list('one.csv', [
      [ANN, '5', '11'],
      [BOB, '7', ''],
      [zeroAddress, '9', ''],
    ]);
    const command = `${base} --file one.csv --manifest one.json`;
    const dry = await world.ask(`${base} --file one.csv --manifest dry.json --dry-run`);
    expect(dry).to.deep.include({ imported: false, accepted: '1', pending: '1', dryRun: true });
    expect(await world.ask('issuer enrol --waiting')).to.include({ waiting: '0' });
    const report = await world.ask(`${command} --tokens tokens.ndjson`);
    const expected = {
      ...{ imported: true, again: false, read: '3', accepted: '1', merged: '0', pending: '1' },
      ...{ excluded: { 'zero-address': '1' }, totals: { amount: '12' } },
    };
    expect(report).to.deep.include(expected);
    const text = await world.folder.read('one.json');
    expect(report['manifestHash']).to.equal(sha256(text));
    const manifest = JSON.parse(text) as Record<string, Record<string, unknown>>;
    expect(canonicalJson(manifest)).to.equal(text);
    expect(manifest['facts']!['source']).to.deep.include({
      kind: 'file',
      sha256: sha256(await world.folder.read('one.csv')),
    });
    expect(text).not.to.match(new RegExp(`${ANN.slice(2)}|${BOB.slice(2)}`, 'i'));
    expect(linesOf(await world.folder.read('tokens.ndjson'))).to.have.length(1);
    expect(await world.modeOf('tokens.ndjson')).to.equal('600');
    expect(await world.ask('issuer enrol --waiting')).to.include({ waiting: '1' });

    await world.usage(command, /--manifest .* exists/);
    const again = await world.ask(`${command} --force`);
    expect(again).to.deep.include({ ...expected, again: true });
    expect(await world.folder.read('one.json')).to.equal(text);

    await list('two.csv', [[CAROL, '1', '12']]);
    const second = await world.ask(`${base} --file two.csv --manifest two.json`);
    const plan = await world.ask('issuer publish --dry-run');
    expect(plan).to.include({ manifestHash: second['manifestHash'] });
    const publication = await world.ask('issuer publish');
    expect(publication).to.include({ manifestHash: second['manifestHash'] });
    await list('three.csv', [[DAN, '1', '13']]);
    await world.ask(`${base} --file three.csv --manifest three.json`);
    await world.ask('issuer log --out log');

    const audit = await world.ask(`${rebuild()} --manifest one.json two.json`);
    expect(audit['imports']).to.deep.equal([
      {
        name: 'one.json',
        hash: report['manifestHash'],
        read: '3',
        accepted: '1',
        publication: '1',
      },
      {
        name: 'two.json',
        hash: second['manifestHash'],
        read: '1',
        accepted: '1',
        publication: '1',
      },
    ]);
    const failed = (message: RegExp) => ({ exitCode: 1, code: 'AuditFailed', message }) as const;
    await world.refused(
      `${rebuild()} --manifest one.json`,
      failed(/one\.json: hash .* no publication/),
    );
    await world.refused(`${rebuild()} --manifest three.json`, failed(/three\.json: hash/));
    await world.folder.write('altered.json', text.replace('"amount":"12"', '"amount":"13"'));
    await world.refused(
      `${rebuild()} --manifest altered.json two.json`,
      failed(/altered\.json: hash/),
    );
    await world.usage(`${rebuild()} --manifest one.csv`, /one\.csv must be the manifest/);
    await world.usage(`${rebuild()} --manifest nowhere.json`, /nowhere\.json/);

    // A publication that names a manifest vouches for the file, not for what the file says.
    const untrue = text.replace(/"leaves":"0x../, '"leaves":"0xff');
    await world.folder.write('untrue.json', untrue);
    const named = await world.ask('issuer publish --manifest untrue.json');
    expect(named).to.include({ manifestHash: sha256(untrue) });
    await world.ask('issuer log --out log');
    await world.refused(
      `${rebuild()} --manifest untrue.json`,
      failed(/untrue\.json: leaves is 0xff.*the log's entries/),
    );
    // Of the third list nothing was carried yet: the next publication does.
    expect(await world.ask('issuer heartbeat')).to.include({
      manifestHash: sha256(await world.folder.read('three.json')),
    });
  });

  it('refuses two sayings of one account unless told who wins, and reads decimals exactly', async () => {
    const [one, two] = ['0x01', '0x02'].map((last) => `0x${'e'.repeat(38)}${last.slice(2)}`);
    await list('twice.csv', [
      [one!, '1.5', '21'],
      [two!, '1', '22'],
      [one!, '2.000001', '21'],
    ]);
    const decimal = base.replace('base', 'decimal --decimals 18');
    const file = '--file twice.csv';
    await world.refused(`${decimal} ${file}`, {
      exitCode: 1,
      code: 'AlreadyAttested',
      message: /line 4 and line 2 .*amount.*--on-conflict/,
    });
    const report = await world.ask(`${decimal} ${file} --on-conflict newest --manifest twice.json`);
    expect(report).to.deep.include({ accepted: '2', totals: { amount: '3000001000000000000' } });
    const { rows } = await world.folder.json('twice.json');
    expect(rows).to.deep.equal([
      { rule: 'conflict', won: 'line 4', lost: 'line 2', detail: 'differs in amount' },
    ]);
  });

  it('refuses flags that make no sense, and a file that is wrong as a whole', async () => {
    await list('list.csv', [[`0x${'f'.repeat(40)}`, '1', '31']]);
    const good = `${base} --file list.csv`;
    await world.usage(good.replace('--units base', ''), /--units/);
    await world.usage(good.replace('base', 'decimal'), /--decimals/);
    await world.usage(good.replace('--never', ''), /--never is needed/);
    await world.usage(`${good} --expires 2030-01-01`, /--expires.*--never/);
    await world.usage(`${good} --from eas`, /--from/);
    await world.usage(`${good} --follow`, /--follow/);
    await world.usage(`${good} --group A`, /group/);
    await world.usage(good.replace('list.csv', '-'), /read more than once/);
    await world.usage(good.replace('list.csv', 'list.json'), /--format/);
    await world.usage(`${good} --on-conflict oldest`, /--on-conflict/);
    await world.folder.write('wrong.csv', 'address,amount,kyc,more\n');
    await world.usage(good.replace('list.csv', 'wrong.csv'), /more/);
    expect(await world.ask('issuer import --abandon')).to.deep.equal({ abandoned: false });
    expect(await world.ask(good)).to.include({ accepted: '1' });
  });

  describe('from another system', () => {
    let anvil: Anvil;
    before(async () => {
      anvil = await startAnvil({ keepsStates: true });
    });
    after(() => anvil.stop());

    it('imports attestations, follows what comes and goes, and keeps a manifest a round', async () => {
      const eas = await deployDouble(anvil, 'EasDouble');
      await eas.send('register', [SOURCE_SCHEMA, zeroAddress, true]);
      const packed = encodePacked(
        ['string', 'address', 'bool'],
        [SOURCE_SCHEMA, zeroAddress, true],
      );
      const schema = keccak256(packed);
      const uid = (n: number) => pad(toHex(n));
      const somebody = (n: number) => pad(toHex(0xdef000 + n), { size: 20 });
      const attest = (n: number) =>
        eas.send('attest', [[easAttestation({ schema, uid: uid(n), recipient: somebody(n) })]]);
      await attest(1);
      await attest(2);
      const source = `--from eas --source-rpc ${anvil.url} --contract ${eas.address} --source-schema ${schema} --attester anyone`;
      const command = `issuer import --schema allocation.json --never ${source} --confirmations 1`;
      const before = Number((await world.ask('issuer enrol --waiting'))['waiting']);
      const report = await world.ask(`${command} --manifest eas.json`);
      expect(report).to.deep.include({ read: '2', pending: '2', totals: { amount: '10' } });
      expect(report['blocks']).to.include({ from: '0' });
      expect(await world.ask(command)).to.deep.equal({ imported: false });

      const running = world.start(`${command} --follow --manifest rounds --json`);
      await attest(3);
      await running.says(/Round 2: 0 accepted, 1 waiting/);
      await eas.send('revoke', [uid(1)]);
      await running.says(/Round 3: /);
      running.child.kill('SIGINT');
      const { exitCode, stdout } = await running.ended;
      expect(exitCode).to.equal(0);
      expect(JSON.parse(stdout)).to.deep.equal({
        rounds: '2',
        accepted: '0',
        pending: '1',
        revoked: '0',
      });
      expect(await world.ask('issuer enrol --waiting')).to.include({ waiting: String(before + 2) });
    });
  });
});
