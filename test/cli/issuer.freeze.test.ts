import { rm } from 'node:fs/promises';
import { expect } from 'chai';
import { privateKeyToAddress } from 'viem/accounts';
import { connect } from '../../src/chain/client.ts';
import { holdsRole } from '../../src/chain/issuers.ts';
import { getTree, nextPublication, publish } from '../../src/chain/roots.ts';
import { toField } from '../../src/protocol/field.ts';
import { openIssuerWorld, type IssuerWorld } from '../support/issuerWorld.ts';

const WHY = '--reason key-stolen --evidence evidence.txt';

describe('eligo issuer, a stolen key', () => {
  let world: IssuerWorld;

  // One store and one chain, and the tests go on from each other: what an operator lives through.
  before(async () => {
    world = await openIssuerWorld();
  });
  after(() => world.close());

  const tree = () => getTree(world.owner, { ...world, treeId: 1n });
  const block = async (): Promise<unknown> =>
    world.owner.request({ method: 'eth_getBlockByNumber', params: ['latest', false] });

  async function foretell(line: string): Promise<Record<string, unknown>> {
    const before = await block();
    const shown = await world.ask(`${line} --dry-run`);
    expect(await block()).to.deep.equal(before);
    expect(shown).to.include({ done: false });
    return shown;
  }

  const holdersOf = (shown: Record<string, unknown>): unknown =>
    (shown['affected'] as { holders: unknown }).holders;

  it('init shows what it would register and make, and does neither', async () => {
    const line = `issuer init ${world.node} --uri https://issuer.example --out issuer.json`;
    const shown = await foretell(line);
    expect(shown['registers']).to.have.length(3);
    expect(shown['makes']).to.deep.equal(['issuer.json', 'pepper.txt']);
    await world.usage('issuer publish', /--issuer is "issuer\.json": must be a file/);
    await world.init();
    const again = await foretell(line.replace('issuer.json', 'again.json'));
    expect(again['registers']).to.deep.equal(['a tree of issuer 1']);
    const taken = `issuer init ${world.node} --tree 1 --out again.json`;
    expect(await foretell(taken)).to.include({ issuer: '1', tree: '1' });
    await world.refused(`${taken.replace('--tree 1', '--tree 9')} --dry-run`, {
      ...{ exitCode: 1, code: 'ContractReverted', message: /UnknownTree/ },
    });
  });

  it("freezes the tree of the issuer's file", async () => {
    const rows = ['ann@x.org,1,DE,true', 'bob@x.org,2,FR,false', 'cyd@x.org,3,ES,false'];
    await world.folder.write('people.csv', `identifier,commitment,country,vip\n${rows.join('\n')}`);
    await world.ask('issuer issue --schema schema.json --kind email --file people.csv');
    await world.ask('issuer publish');
    await world.ask('issuer revoke --position 1 --reason fraud --evidence evidence.txt');
    await world.ask('issuer publish');
    const line = `issuer freeze ${WHY}`;
    const shown = await foretell(line);
    expect(holdersOf(shown)).to.deep.equal([
      { treeId: '1', size: '3', revoked: '1', atLeast: '2', live: '2' },
    ]);
    await world.ask(line);
    expect((await tree()).frozen).to.equal(true);
  });

  it("rotates the key, and names the new one in the issuer's file", async () => {
    const line = `issuer rotate ${WHY} --new-key-file new.key --key-file key.txt`;
    const shown = await foretell(line);
    expect(String(shown['notes'])).to.match(/new\.key is not there yet/);
    await world.usage(`issuer rotate ${WHY}`, /one of --new-key-file, --new is needed/);
    const done = await world.ask(line);
    expect(done).to.include({ done: true, old: world.owner.account.address });
    expect(await world.folder.json('issuer.json')).to.include({ keyFile: 'new.key' });
    expect(await world.modeOf('new.key')).to.equal('600');
    const key = (await world.folder.read('new.key')).trim() as `0x${string}`;
    const account = privateKeyToAddress(key);
    const role = { ...world, issuerId: 1n, role: 'publisher' } as const;
    expect(await holdsRole(world.owner, { ...role, account })).to.equal(true);
    const old = world.owner.account.address;
    expect(await holdsRole(world.owner, { ...role, account: old })).to.equal(false);
    await world.owner.request({
      method: 'anvil_setBalance',
      params: [account, `0x${(10n ** 18n).toString(16)}`],
    } as never);
    // A crash between the transaction and the file: the same command writes the file.
    const config = await world.folder.json('issuer.json');
    await world.folder.write('issuer.json', { ...config, keyFile: 'key.txt' });
    expect(await world.ask(line)).to.include({ done: true, new: account });
    expect(await world.folder.json('issuer.json')).to.include({ keyFile: 'new.key' });
  });

  it('unfreezes with what the log comes to, above what a thief published, and goes on', async () => {
    const key = (await world.folder.read('new.key')).trim() as `0x${string}`;
    const thief = await connect({ url: world.chain.url, privateKey: key });
    const publication = await nextPublication(thief, {
      ...{ deployment: world.deployment, treeId: 1n, root: toField(99n, 'root') },
      ...{ size: 4 ** 14, revoked: 2n ** 64n - 1n },
    });
    await publish(thief, { deployment: world.deployment, publication });
    const line = 'issuer unfreeze --reason resolved';
    await world.refused(line, { exitCode: 1, code: 'ContractReverted', message: /NotOwner/ });
    const own = `${line} --key-file key.txt`;
    const shown = await foretell(own);
    expect(shown).to.include({ sequence: '4', size: '3', revoked: '1' });
    await world.usage(`${own} --size 3`, /--size can't go with the store/);
    await world.refused(`${own} --root 98`, {
      ...{ exitCode: 1, code: 'PublicationConflict', message: /--root is 98, the log comes to/ },
    });
    const done = await world.ask(`${own} --root ${String(shown['root'])}`);
    expect(done).to.include({ done: true, sequence: '4', root: shown['root'] });
    expect(await tree()).to.deep.include({ frozen: false, size: 3, revoked: 1n, sequence: 4n });
    // The store is in step: there is nothing to publish, nothing foreign, and the audit agrees.
    expect(await world.ask('issuer publish')).to.deep.equal({ published: false });
    await world.refused(own, { exitCode: 1, code: 'ContractReverted', message: /NotFrozen/ });
    await world.ask('issuer log --out log');
    const audit = await world.ask(
      `audit rebuild ${world.node.replace(/--key-file .*/, '')} --tree 1 --log log`,
    );
    expect(audit).to.include({ root: shown['root'] });
    expect(await world.ask('issuer heartbeat')).to.include({ published: true, sequence: '5' });
  });

  it('is rehearsed for an owner whose key is elsewhere, without any key', async () => {
    await rm(world.folder.file('new.key'));
    const owner = world.owner.account.address;
    const line = `issuer freeze ${WHY} --dry-run --as`;
    expect(await world.ask(`${line} ${owner}`)).to.include({ done: false, account: owner });
    const nobody = `0x${'42'.repeat(20)}`;
    await world.refused(`${line} ${nobody}`, {
      ...{ exitCode: 1, code: 'ContractReverted', message: /NotGuardian/ },
    });
  });
});
