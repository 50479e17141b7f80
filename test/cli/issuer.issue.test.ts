import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { expect } from 'chai';
import { LOCAL_KEYS } from '../../src/chain/localChain.ts';
import { connect } from '../../src/chain/client.ts';
import { signEnrolment } from '../../src/chain/enrolments.ts';
import { readInvitation, writeEnrolment } from '../../src/protocol/enrolment.ts';
import { toField } from '../../src/protocol/field.ts';
import { linesOf, openIssuerWorld, type IssuerWorld } from '../support/issuerWorld.ts';

const HEADER = 'identifier,commitment,expiresAt,country,vip\n';
const WHY = '--evidence evidence.txt';

const EVIDENCE = `0x${createHash('sha256').update('a letter\n').digest('hex')}`;

describe('eligo issuer', () => {
  let world: IssuerWorld;

  // One store for the file: a new one costs seconds. Each block works with people of its own.
  before(async () => {
    world = await openIssuerWorld();
    await world.init();
  });

  after(() => world.close());

  const batch = 'issuer issue --schema schema.json --kind email';

  describe('issue', () => {
    const one = `${batch} --identifier-file - --commitment 0x10 --values ann.json`;

    it('attests one person, whose identifier stands nowhere', async () => {
      const stdin = 'Ann@Example.org\n';
      await world.folder.write('ann.json', { country: 'DE', vip: true });
      await world.folder.write('xx.json', { country: 'XX', vip: true });
      await world.folder.write('less.json', { country: 'DE' });
      await world.usage(one.replace('0x10', 'ten'), /--commitment/, { stdin });
      await world.usage(one.replace('ann', 'xx'), /^values\.country must be/, { stdin });
      await world.usage(one.replace('ann', 'less'), /^(values\.)?vip/, { stdin });
      await world.usage(one.replace('--values ann.json', ''), /--values is "missing"/, { stdin });
      await world.usage(`${one} --value country=FR`, /unknown option/, { stdin });
      await world.usage(`${one} --expires 2020-01-01`, /expiresAt/, { stdin });
      const document = await world.ask(one, { stdin });
      expect(document).to.deep.equal({
        ...{ issued: '1', replaced: '0', skipped: '0', first: '0', last: '0', live: '1' },
      });
    });

    it('refuses who is attested already, without a word about who it is', async () => {
      const expected = { exitCode: 1, code: 'AlreadyAttested', message: /live/ } as const;
      const run = await world.refused(one, expected, { stdin: 'ann@example.org' });
      expect(run.stdout + run.stderr).not.to.match(/ann@/i);
      await world.folder.write('values.json', { country: 'FR', vip: false });
      const other = `${batch} --identifier-file - --commitment 17 --values values.json`;
      const document = await world.ask(other, { stdin: 'bob@example.org' });
      expect(document).to.include({ first: '1', live: '2' });
      await world.folder.write('ida.txt', 'ida@example.org');
      const fromInput = other.replace('-file -', '-file ida.txt').replace('values.json', '-');
      const again = fromInput.replace('17', '18');
      const stdin = JSON.stringify({ country: 'XX', vip: false });
      await world.usage(again, /^values\.country must be/, { stdin });
    });

    it('shows no identifier that stands in place of its file', async () => {
      const run = await world.usage(one.replace('-file -', '-file cyd@example.org'), /can be read/);
      expect(run.stdout + run.stderr).not.to.include('cyd');
    });

    it('attests a batch, and writes tokens for its owner only', async () => {
      const rows = ['cyd@x.org,20,2090-01-01,DE,true', '"dan@x.org",21,,FR,false'];
      await world.folder.write('good.csv', `${HEADER}${rows.join('\n')}\n`);
      const document = await world.ask(`${batch} --file good.csv --tokens tokens.ndjson`);
      expect(document).to.include({ issued: '2', first: '2', last: '3', tokens: 'tokens.ndjson' });
      expect(await world.modeOf('tokens.ndjson')).to.equal('600');
      const tokens = linesOf(await world.folder.read('tokens.ndjson'));
      expect(tokens.map(({ position }) => position)).to.deep.equal(['2', '3']);
      for (const { token } of tokens) expect(token).to.match(/^[A-Za-z0-9_-]{43}$/);
    });

    it('issues nothing of a batch with a bad line, names the line, leaves no tokens', async () => {
      const rows = ['eve@x.org,30,,DE,true', 'fay@x.org,31,,DE,perhaps'];
      await world.folder.write('bad.csv', `${HEADER}${rows.join('\n')}\n`);
      const before = await readdir(world.folder.path);
      const line = `${batch} --file bad.csv --tokens more.ndjson`;
      const run = await world.usage(line, /^line 3, values\.vip/);
      expect(run.stdout + run.stderr).not.to.match(/perhaps|fay/);
      expect(await readdir(world.folder.path)).to.deep.equal(before);
      await world.folder.write('bad.csv', `${HEADER}not-an-address,30,,DE,true\n`);
      const other = await world.usage(line, /^line 2, identifier of kind email must be/);
      expect(other.stdout + other.stderr).not.to.include('not-an-address');
      await world.folder.write('bad.csv', `${HEADER}${rows[0]!}\n`);
      expect(await world.ask(line)).to.include({ issued: '1', first: '4' });
      await world.usage(line, /--tokens is "more\.ndjson": the file exists/);
    });

    it('takes JSON lines from standard input, and needs to be told', async () => {
      const row = {
        identifier: 'gil@x.org',
        commitment: '40',
        values: { country: 'DE', vip: true },
      };
      const stdin = `${JSON.stringify(row)}\n`;
      await world.usage(`${batch} --file -`, /--format is "missing"/, { stdin });
      const document = await world.ask(`${batch} --file - --format jsonl`, { stdin });
      expect(document).to.include({ issued: '1', first: '5', live: '6' });
    });

    it('replaces with a reason and its evidence, or leaves out who holds one', async () => {
      const line = `${batch} --file good.csv`;
      const replace = `${line} --replace --reason data-changed ${WHY}`;
      await world.usage(`${line} --reason data-changed`, /--reason goes with --replace/);
      await world.usage(replace.replace(WHY, ''), /--evidence is "missing"/);
      await world.usage(replace.replace('data-changed', 'whim'), /--reason is "whim": must be one/);
      await world.usage(`${replace} --skip-live`, /--skip-live can't go with --replace/);
      expect(await world.ask(`${line} --skip-live`)).to.include({ issued: '0', skipped: '2' });
      const document = await world.ask(replace);
      expect(document).to.include({ issued: '2', replaced: '2', first: '6', live: '6' });
    });

    it('knows what cannot go together', async () => {
      await world.usage(`${batch} --file good.csv --commitment 1`, /--commitment can't go with/);
      await world.usage(`${batch.replace('email', 'mail')} --file good.csv`, /--kind is "mail"/);
    });
  });

  describe('revoke, reinstate', () => {
    const revoke = `issuer revoke --reason fraud ${WHY}`;
    const reinstate = `issuer reinstate --reason appeal-granted ${WHY}`;

    it('take positions, all or none', async () => {
      const unknown = { exitCode: 1, code: 'UnknownAttestation', message: /position 99/ } as const;
      await world.refused(`${revoke} --position 0,99`, unknown);
      const document = await world.ask(`${revoke} --position 0,1`);
      expect(document['revoked']).to.deep.equal(['0', '1']);
      expect(document['evidence']).to.equal(EVIDENCE);
      const dead = { exitCode: 1, code: 'AlreadyRevoked', message: /position 1 / } as const;
      await world.refused(`${revoke} --position 1`, dead);
      const back = await world.ask(`${reinstate} --position 0,1`);
      expect(back['reinstated']).to.deep.equal(['0', '1']);
      const live = { exitCode: 1, code: 'NotRevoked', message: /position 1 / } as const;
      await world.refused(`${reinstate} --position 1`, live);
    });

    it('take a file of positions, and name its bad line', async () => {
      await world.folder.write('positions.txt', '0\n\nmany\n');
      await world.usage(`${revoke} --file positions.txt`, /--file line 3 is "many"/);
      await world.folder.write('positions.txt', '0\n\n1\n');
      const document = await world.ask(`${revoke} --file positions.txt`);
      expect(document['revoked']).to.deep.equal(['0', '1']);
    });

    it('take people', async () => {
      const who = '--identifier-file - --kind email';
      const stdin = 'ann@example.org\nbob@example.org\n';
      const nobody = { exitCode: 1, code: 'UnknownAttestation', message: /1 of 2/ } as const;
      await world.refused(`${revoke} ${who}`, nobody, { stdin });
      const document = await world.ask(`${reinstate} ${who} --schema schema.json`, { stdin });
      expect(document['reinstated']).to.deep.equal(['0', '1']);
      const again = await world.ask(`${revoke} ${who}`, { stdin });
      expect(again['revoked']).to.deep.equal(['0', '1']);
    });

    it('do not guess which of several is meant', async () => {
      const who = '--identifier-file - --kind email';
      await world.ask(`${revoke} --position 6`);
      const stdin = 'cyd@x.org';
      await world.usage(`${reinstate} ${who}`, /these are revoked: 2, 6\. Name/, { stdin });
      const document = await world.ask(`${reinstate} --position 6`);
      expect(document['reinstated']).to.deep.equal(['6']);
    });

    it('need a reason of the list, evidence, and one way to name whom', async () => {
      await world.usage(`${revoke.replace('fraud', 'appeal-granted')} --position 7`, /--reason is/);
      await world.usage(`${revoke.replace('evidence.txt', 'none.txt')} --position 7`, /ENOENT/);
      await world.usage(`${revoke} --position 7 --file positions.txt`, /--file can't go with/);
      await world.usage(revoke, /one of --position, --file, --identifier-file is needed/);
      await world.usage(`${revoke} --position 7,x`, /--position is "x"/);
      expect((await world.ask(`${revoke} --position 7`))['revoked']).to.deep.equal(['7']);
    });
  });

  describe('erase', () => {
    const line = 'issuer erase --identifier-file - --kind email';
    const stdin = 'ann@example.org';

    it('asks for --yes, and explains', async () => {
      await world.usage(line, /--yes is "missing".*for good/, { stdin });
    });

    it('forgets who is revoked, and nobody else', async () => {
      const live = { exitCode: 1, code: 'NotRevoked', message: /revoke it before/ } as const;
      await world.refused(`${line} --yes`, live, { stdin: 'cyd@x.org' });
      const document = await world.ask(`${line} --yes`, { stdin });
      expect(document).to.deep.equal({ erased: ['0'], enrolments: '0' });
      const gone = { exitCode: 1, code: 'UnknownAttestation', message: /nothing/ } as const;
      await world.refused(`${line} --yes`, gone, { stdin });
      const erased = { exitCode: 1, code: 'DataErased', message: /position 0/ } as const;
      await world.refused(`issuer reinstate --reason appeal-granted ${WHY} --position 0`, erased);
    });
  });

  describe('enrol', () => {
    const account = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8';
    const other = '0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC';
    const line = 'issuer enrol --schema schema.json --file people.csv --deadline 30d';

    it('invites addresses, into a file or a folder, once', async () => {
      await world.folder.write(
        'people.csv',
        `identifier,country,vip\n${account},DE,true\nx,FR,true\n`,
      );
      await world.usage(`${line} --out in.ndjson`, /^line 3, identifier of kind address must/);
      await world.folder.write('people.csv', `identifier,country,vip\n${account},DE,true\n`);
      await world.usage(`${line.replace('30d', '1')} --out in.ndjson`, /must be in the future/);
      await world.usage(`${line.replace('30d', 'soon')} --out in.ndjson`, /such as 30d/);
      expect(await world.ask(`${line} --out in.ndjson`)).to.include({ invited: '1' });
      expect(await world.modeOf('in.ndjson')).to.equal('600');
      const twice = { exitCode: 1, code: 'AlreadyAttested', message: /^line 2: .*waits/ } as const;
      const run = await world.refused(`${line} --out folder`, twice);
      expect((run.stdout + run.stderr).toLowerCase()).not.to.include(account.toLowerCase());
      expect(await readdir(world.folder.path)).not.to.include('folder');
      await world.folder.write('people.csv', `identifier,country,vip\n${other},FR,true\n`);
      await world.ask(`${line} --out folder`);
      expect(await readdir(world.folder.file('folder'))).to.deep.equal([
        `${other}.invitation.json`,
      ]);
    });

    it('shows who waits', async () => {
      const document = await world.ask('issuer enrol --waiting --out again.ndjson');
      expect(document).to.deep.equal({ waiting: '2', expired: '0', out: 'again.ndjson' });
      const accounts = linesOf(await world.folder.read('again.ndjson')).map(
        (line) => line['account'],
      );
      expect(accounts).to.have.members([account, other]);
      expect(await world.ask('issuer enrol --waiting')).to.deep.equal({
        waiting: '2',
        expired: '0',
      });
    });

    it('accepts what the invited account signed, once', async () => {
      const [invitation] = linesOf(await world.folder.read('in.ndjson')).map(readInvitation);
      const holder = await connect({ url: world.chain.url, privateKey: LOCAL_KEYS[1]! });
      const commitment = toField(50n, 'commitment');
      const signed = await signEnrolment(holder, { invitation: invitation!, commitment });
      const document = writeEnrolment(signed);
      const accept = 'issuer enrol --enrolment - --tokens one.ndjson';
      const forged = JSON.stringify({ ...document, commitment: '51' });
      const wrong = { exitCode: 1, code: 'InvalidSignature', message: /not signed by/ } as const;
      const run = await world.refused(accept, wrong, { stdin: forged });
      expect((run.stdout + run.stderr).toLowerCase()).not.to.include(account.toLowerCase());
      const before = await readdir(world.folder.path);
      expect(before.filter((name) => name.includes('one.ndjson'))).to.deep.equal([]);
      const stdin = JSON.stringify(document);
      expect(await world.ask(accept, { stdin })).to.include({ account, tokens: 'one.ndjson' });
      expect(await world.modeOf('one.ndjson')).to.equal('600');
      const [token] = linesOf(await world.folder.read('one.ndjson'));
      expect(token).to.have.all.keys('position', 'token');
      const used = { exitCode: 1, code: 'UnknownEnrolment', message: /before/ } as const;
      await world.refused('issuer enrol --enrolment -', used, { stdin });
      expect(await world.ask('issuer enrol --waiting')).to.include({ waiting: '1' });
    });

    it('knows what cannot go together', async () => {
      await world.usage('issuer enrol --waiting --enrolment -', /can't go with/);
      await world.usage('issuer enrol --waiting --deadline 3d', /--deadline can't go with/);
      await world.usage('issuer enrol', /one of --file, --enrolment, --waiting is needed/);
    });
  });
});
