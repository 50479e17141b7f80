import { readdir } from 'node:fs/promises';
import { expect } from 'chai';
import { getTree, nextPublication, publish } from '../../src/chain/roots.ts';
import { toField } from '../../src/protocol/field.ts';
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

  it('writes paths to the root on the chain, though a dry run has built another tree', async () => {
    await world.ask(`issuer revoke --position 1 ${WHY}`);
    const { root } = await world.ask('issuer paths --out paths');
    const plan = await world.ask('issuer publish --dry-run');
    expect(plan['endsEpoch']).to.equal(true);
    expect(pairOf(plan, 'root')).to.include({ before: root });
    expect(pairOf(plan, 'root')['after']).not.to.equal(root);
    expect(await world.ask('issuer paths --out dry')).to.include({ sequence: '2', root });
    expect((await readdir(world.folder.file('dry'))).sort()).to.deep.equal(
      (await readdir(world.folder.file('paths'))).sort(),
    );
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
    const run = await world.run('issuer paths --out paths --json');
    expect(run.stderr).to.match(/Publication 3 is not known to be on the chain/);
    expect(JSON.parse(run.stdout)).to.include({ sequence: '2' });
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

  it('voids and ends the epoch where it is told to', async () => {
    const before = await sequence();
    const plus = (more: bigint): string => String(before + more);
    const plain = await world.ask('issuer publish --manifest evidence.txt');
    expect(plain).to.include({ sequence: plus(1n), voids: false, endsEpoch: false });
    const voiding = await world.ask('issuer publish --void');
    expect(voiding).to.include({ sequence: plus(2n), voids: true, endsEpoch: false });
    const ending = await world.ask('issuer publish --end-epoch');
    expect(ending).to.include({ sequence: plus(3n), voids: false, endsEpoch: true });
    expect(await sequence()).to.equal(before + 3n);
  });

  it('sends a stuck transaction again with --bump, under the same nonce', async () => {
    const mine = (automine: boolean): Promise<unknown> =>
      world.owner.request({ method: 'evm_setAutomine', params: [automine] } as never);
    const pending = { exitCode: 1, code: 'PublicationPending', message: /in transaction/ } as const;
    const hashIn = ({ stderr, stdout }: { stderr: string; stdout: string }): string =>
      /in transaction (0x[0-9a-f]{64})/.exec(stderr + stdout)![1]!;
    const next = (await sequence()) + 1n;
    await mine(false);
    try {
      const stuck = await world.refused('issuer heartbeat --timeout 2', pending);
      const raised = await world.refused('issuer publish --bump --timeout 2', pending);
      expect(hashIn(raised)).not.to.equal(hashIn(stuck));
      await world.owner.request({ method: 'evm_mine' } as never);
      const document = await world.ask('issuer publish');
      expect(document).to.include({ sequence: String(next), transaction: hashIn(raised) });
    } finally {
      await mine(true);
    }
    expect(await sequence()).to.equal(next);
  });

  it("goes on above somebody else's publication with --accept-foreign only, and voids it", async () => {
    const { deployment, owner } = world;
    const { sequence: last, size, revoked } = await getTree(owner, { deployment, treeId: 1n });
    const facts = { root: toField(99n, 'root'), size, revoked };
    const publication = await nextPublication(owner, { deployment, treeId: 1n, ...facts });
    await publish(owner, { deployment, publication });
    const conflict = {
      exitCode: 1,
      code: 'PublicationConflict',
      message: /which this store did not/,
    } as const;
    for (let call = 0; call < 2; call++) await world.refused('issuer publish', conflict);
    const document = await world.ask('issuer publish --accept-foreign');
    expect(document).to.include({ sequence: String(last + 2n), previousRoot: '99', voids: true });
    expect(await world.ask('issuer publish')).to.deep.equal({ published: false });
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
