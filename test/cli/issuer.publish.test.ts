import { readdir } from 'node:fs/promises';
import { expect } from 'chai';
import { getTree } from '../../src/chain/roots.ts';
import { openIssuerWorld, type IssuerWorld } from '../support/issuerWorld.ts';

const WHY = '--reason fraud --evidence evidence.txt';

/** What stands in an answer under a name. */
function pairOf(document: Record<string, unknown>, name: string): Record<string, string> {
  return document[name] as Record<string, string>;
}

describe('eligo issuer, making it known', () => {
  let world: IssuerWorld;

  // One store and one chain, and the tests go on from each other: a life in publications.
  before(async () => {
    world = await openIssuerWorld();
    await world.init();
    const rows = ['ann@x.org,1,DE,true', 'bob@x.org,2,FR,false', 'cyd@x.org,3,ES,false'];
    await world.folder.write('people.csv', `identifier,commitment,country,vip\n${rows.join('\n')}`);
    await world.ask(
      'issuer issue --schema schema.json --kind email --file people.csv --tokens tokens.ndjson',
    );
  });

  after(() => world.close());

  const sequence = async (): Promise<bigint> =>
    (await getTree(world.owner, { ...world, treeId: 1n })).sequence;

  it('shows what would be published, and sends nothing', async () => {
    const document = await world.ask('issuer publish --dry-run');
    expect(pairOf(document, 'sequence')).to.deep.equal({ before: '0', after: '1' });
    expect(pairOf(document, 'size')).to.deep.equal({ before: '0', after: '3' });
    expect(document['changes']).to.deep.equal({
      ...{ attested: '3', replaced: '0', revoked: '0', reinstated: '0' },
    });
    expect(document).to.include({ idle: false, unfinished: false, endsEpoch: false, voids: false });
    expect(await sequence()).to.equal(0n);
  });

  it('writes no paths before anything is published', async () => {
    const pending = { exitCode: 1, code: 'PublicationPending', message: /nothing is/ } as const;
    await world.refused('issuer paths --out paths', pending);
  });

  it('publishes once, and says when there is nothing to do', async () => {
    const { after } = pairOf(await world.ask('issuer publish --dry-run'), 'root');
    const document = await world.ask('issuer publish --manifest evidence.txt');
    expect(document).to.include({ published: true, sequence: '1', size: '3', root: after });
    expect(document['manifestHash']).not.to.equal(`0x${'0'.repeat(64)}`);
    expect(await world.ask('issuer publish')).to.deep.equal({ published: false });
    expect(await sequence()).to.equal(1n);
  });

  it('beats only if the last publication is old enough', async () => {
    const young = await world.ask('issuer heartbeat --if-older-than 100000');
    expect(young['published']).to.equal(false);
    expect(await sequence()).to.equal(1n);
    const old = await world.ask('issuer heartbeat --if-older-than 0');
    expect(old).to.include({ published: true, sequence: '2' });
  });

  it('writes log and paths of what the chain has, again and again', async () => {
    const log = await world.ask('issuer log --out log');
    expect(log).to.include({ entries: '5', segments: '1' });
    expect(await world.ask('issuer log --out log')).to.deep.equal(log);
    const paths = await world.ask('issuer paths --out paths');
    expect(paths).to.include({ sequence: '2', size: '3' });
    expect(await readdir(world.folder.file('paths'))).to.include('latest.json');
  });

  it('writes no paths of a tree that is not on the chain', async () => {
    await world.ask(`issuer revoke --position 1 ${WHY}`);
    expect(await world.ask('issuer paths --out paths')).to.include({ sequence: '2' });
    const plan = await world.ask('issuer publish --dry-run');
    expect(plan['endsEpoch']).to.equal(true);
    // The dry run has built the tree: it isn't that of the publication any more.
    const pending = { exitCode: 1, code: 'PublicationPending', message: /has changed/ } as const;
    await world.refused('issuer paths --out paths', pending);
  });

  it('signs for somebody else to submit, and notes it when it is on the chain', async () => {
    const sign = 'issuer publish --by-signature --deadline 1h --out signed.json';
    await world.usage(sign.replace('--deadline 1h', ''), /--deadline is "missing"/);
    await world.usage('issuer publish --deadline 1h', /--deadline goes with --by-signature/);
    await world.usage(`issuer publish ${world.node}`, /--rpc goes with --signed/);
    const signed = await world.ask(sign);
    expect(signed).to.include({ signed: true, sequence: '3', out: 'signed.json' });
    expect(await sequence()).to.equal(2n);
    const submit = `issuer publish --signed signed.json ${world.node}`;
    await world.usage(`${submit} --void`, /--void can't go with --signed/);
    const document = await world.folder.json('signed.json');
    await world.folder.write('other.json', { ...document, root: '5' });
    const other = await world.run(`${submit.replace('signed.json', 'other.json')} --json`);
    expect(other.exitCode).to.equal(1);
    await world.folder.write('other.json', { ...document, registry: `0x${'11'.repeat(20)}` });
    await world.usage(submit.replace('signed.json', 'other.json'), /^publication\.registry/);
    expect(await world.ask(submit)).to.include({ submitted: true, sequence: '3' });
    const pending = { exitCode: 1, code: 'PublicationPending', message: /not known/ } as const;
    await world.refused('issuer paths --out paths', pending);
    expect(await world.ask('issuer publish')).to.include({ published: true, sequence: '3' });
    expect(await world.ask('issuer paths --out paths')).to.include({ sequence: '3' });
    expect(await sequence()).to.equal(3n);
  });

  it('waits no longer than it is told, and goes on afterwards', async () => {
    const config = await world.folder.json('issuer.json');
    await world.folder.write('deep.json', { ...config, confirmations: '50' });
    await world.ask(`issuer revoke --position 2 ${WHY}`);
    const pending = { exitCode: 1, code: 'PublicationPending', message: /goes on from/ } as const;
    await world.refused('issuer publish --issuer deep.json --timeout 1', pending);
    expect(await world.ask('issuer publish')).to.include({ published: true, sequence: '4' });
  });

  it('hands credentials over for tokens, and ends when it is told to', async () => {
    await world.usage('issuer credentials --serve 0 --position 1', /--position can't go with/);
    const running = world.start('issuer credentials --serve 0 --json');
    const { url } = (await running.ready) as { url: string };
    const tokens = (await world.folder.read('tokens.ndjson')).trim().split('\n');
    const [token, revoked] = tokens.map((line) => (JSON.parse(line) as { token: string }).token);
    const fetchWith = (value: string | undefined): Promise<Response> =>
      fetch(`${url}/credentials`, {
        method: 'POST',
        headers: { Connection: 'close', Authorization: `Bearer ${String(value)}` },
      });
    const first = await fetchWith(token);
    expect(first.status).to.equal(200);
    expect(await first.json()).to.include({ eligo: 'credential/1', position: '0' });
    expect((await fetchWith(token)).status).to.equal(404);
    expect((await fetchWith(revoked)).status).to.equal(410);
    running.child.kill('SIGTERM');
    const run = await running.ended;
    expect(run.exitCode).to.equal(0);
    expect(run.stdout + run.stderr).not.to.include(token);
  });

  it('writes credentials of live attestations, and what is missing only', async () => {
    const line = 'issuer credentials --out credentials';
    const document = await world.ask(line);
    expect(document).to.deep.equal({ written: '1', skipped: '0', out: 'credentials' });
    expect(await world.modeOf('credentials/0.credential.json')).to.equal('600');
    expect(await world.ask(line)).to.include({ written: '0', skipped: '1' });
    await world.folder.write('credentials/0.credential.json', '{}');
    await world.usage(line, /holds no credential of this tree and position/);
    expect(await world.ask(`${line} --force`)).to.include({ written: '1' });
    const dead = { exitCode: 1, code: 'AlreadyRevoked', message: /position 1 / } as const;
    await world.refused(`${line} --position 1`, dead);
  });

  it('draws a new token, which is the one that counts', async () => {
    const line = 'issuer credentials --new-token --position 0 --tokens new.ndjson';
    await world.usage(line.replace('--tokens new.ndjson', ''), /--tokens is "missing"/);
    const dead = { exitCode: 1, code: 'AlreadyRevoked', message: /position 1 / } as const;
    await world.refused(line.replace(' 0 ', ' 1 '), dead);
    expect(await world.ask(line)).to.deep.equal({ position: '0', tokens: 'new.ndjson' });
    expect(await world.modeOf('new.ndjson')).to.equal('600');
    await world.usage(line, /the file exists/);
  });
});
