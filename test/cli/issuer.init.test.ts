import { readdir, rm } from 'node:fs/promises';
import { expect } from 'chai';
import { registerIssuerTree } from '../../src/issuer/issuer.ts';
import { getTree } from '../../src/chain/roots.ts';
import { openIssuerWorld, type IssuerWorld } from '../support/issuerWorld.ts';

describe('eligo issuer init', () => {
  let world: IssuerWorld;
  let line: string;
  let secrets: string;

  // One store for all: each test leaves it as it was, or says what it changes.
  before(async () => {
    world = await openIssuerWorld();
    line = `issuer init ${world.node} --uri https://issuer.example --out issuer.json --seal-key-file seal.key`;
  });

  after(() => world.close());

  describe('given an empty folder', () => {
    it('refuses before it touches chain or disk what it would refuse later', async () => {
      const before = await readdir(world.folder.path);
      await world.usage(
        line.replace('--uri https://issuer.example', ''),
        /--uri, --tree is needed/,
      );
      await world.usage(`${line} --tree 1`, /--tree can't go with --uri/);
      await world.usage(`${line} --confirmations 0`, /--confirmations is 0: must be/);
      await world.usage(line.replace('key.txt', '-'), /--key-file is "-": must be a file/);
      await world.usage(`${line} --store store`, /--store .*can't go with DATABASE_URL/, {
        env: { DATABASE_URL: 'postgres://127.0.0.1:1/none' },
      });
      const other = { ...world.deployment, chainId: '1' };
      await world.folder.write('other.json', other);
      await world.usage(
        line.replace('deployment.json', 'other.json'),
        /deployment\.chainId is "1": must be the node's chain/,
      );
      await rm(world.folder.file('other.json'));
      expect(await readdir(world.folder.path)).to.deep.equal(before);
      await world.usage('issuer publish', /--issuer is "issuer\.json": must be a file/);
    });

    it('registers issuer and tree, and writes secrets for their owner only', async () => {
      const document = await world.ask(line);
      expect(document).to.include({ issuer: '1', tree: '1', sealed: true, out: 'issuer.json' });
      expect(document['publisher']).to.equal(world.owner.account.address);
      expect(await world.folder.json('issuer.json')).to.deep.equal({
        ...{ eligo: 'issuer/1', store: 'store', rpc: world.chain.url, keyFile: 'key.txt' },
        ...{ pepperFile: 'pepper.txt', sealKeyFile: 'seal.key', confirmations: '1' },
      });
      for (const name of ['pepper.txt', 'seal.key', 'issuer.json'])
        expect(await world.modeOf(name), name).to.equal('600');
      secrets = (await world.folder.read('pepper.txt')) + (await world.folder.read('seal.key'));
      const { issuerId, sequence } = await getTree(world.owner, { ...world, treeId: 1n });
      expect([issuerId, sequence]).to.deep.equal([1n, 0n]);
    });
  });

  describe('given an issuer that is set up', () => {
    it('refuses to replace its file', async () => {
      await world.usage(line, /--out is "issuer\.json": the file exists/);
    });

    it('takes the store up where the file was lost, and registers nothing', async () => {
      await rm(world.folder.file('issuer.json'));
      expect(await world.ask(line)).to.include({ issuer: '1', tree: '1' });
      const now = (await world.folder.read('pepper.txt')) + (await world.folder.read('seal.key'));
      expect(now).to.equal(secrets);
    });

    it('needs the pepper that the store was made with', async () => {
      const again = line.replace('issuer.json', 'again.json');
      await world.refused(`${again} --pepper-file other.txt`, {
        exitCode: 3,
        code: 'StoreMismatch',
        message: /another pepper/,
      });
      expect(await world.ask(again)).to.include({ tree: '1' });
    });

    it('keeps the issuer where the store was lost, too: only a tree is lost', async () => {
      await rm(world.folder.file('issuer.json'));
      await rm(world.folder.file('store'), { recursive: true });
      expect(await world.ask(line)).to.include({ issuer: '1', tree: '2' });
    });

    it('says that another tree is another store', async () => {
      const again = line.replace('issuer.json', 'third.json');
      const named = again.replace('--uri https://issuer.example', '--tree');
      await world.refused(named.replace('--tree', '--tree 1'), {
        exitCode: 3,
        code: 'StoreMismatch',
        message: /its treeId is 2/,
      });
      expect(await world.ask(named.replace('--tree', '--tree 2'))).to.include({ tree: '2' });
    });
  });

  describe('given a tree that exists', () => {
    it('sets up a store for it, and refuses one that does not exist', async () => {
      const uri = 'https://second.example';
      const { issuerId, treeId } = await registerIssuerTree(world.owner, { ...world, uri });
      const other = `issuer init ${world.node} --store two --out two.json`;
      await world.refused(`${other} --tree 99`, {
        exitCode: 1,
        code: 'ContractReverted',
        message: /UnknownTree/,
      });
      const document = await world.ask(`${other} --tree ${treeId}`);
      expect(document).to.include({
        issuer: String(issuerId),
        tree: String(treeId),
        sealed: false,
      });
      expect(issuerId).to.equal(2n);
    });
  });

  it('repeats no secret anywhere', async () => {
    const key = await world.folder.read('key.txt');
    await world.folder.write('bad.txt', `${key}${key}`);
    const run = await world.usage(
      line.replace('key.txt', 'bad.txt').replace('issuer.json', 'n.json'),
      /--key-file must hold one private key/,
    );
    expect(run.stdout + run.stderr).not.to.include(key.slice(2, 20));
  });
});
