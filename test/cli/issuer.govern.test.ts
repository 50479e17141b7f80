import { expect } from 'chai';
import { getOfferedOwner, holdsRole, type IssuerRole } from '../../src/chain/issuers.ts';
import { getTree } from '../../src/chain/roots.ts';
import { namesIn, openGovernanceCli, type GovernanceCli } from '../support/governanceCli.ts';

describe('eligo issuer, who acts for it', () => {
  let world: GovernanceCli;

  before(async () => {
    world = await openGovernanceCli();
  });
  after(() => world.close());
  afterEach(() => world.reset());

  const deployed = () => ({ deployment: world.deployment, issuerId: 1n });
  const holds = (role: IssuerRole, who: Parameters<GovernanceCli['addressOf']>[0]) =>
    holdsRole(world.cast.stranger, { ...deployed(), role, account: world.addressOf(who) });
  const tree = () => getTree(world.cast.stranger, { deployment: world.deployment, treeId: 1n });

  it('freezes by a guardian, naming exactly the lists, campaigns and holders', async () => {
    const line = 'issuer freeze NODE --tree 1 --reason key-stolen --evidence evidence.txt';
    await world.refused(`${line} --key-file stranger.key`, 'NotGuardian');
    await world.usage(
      line.replace('key-stolen', 'stolen') + ' --key-file guardian.key',
      /--reason/,
    );
    await world.usage(`${line} --key-file guardian.key --issuer i.json`, /--issuer can't go with/);
    const shown = await world.foretell(`${line} --key-file guardian.key`);
    expect(namesIn(shown)).to.deep.equal({
      lists: ['1', String(world.both)],
      campaigns: ['1', '2'],
      holders: [
        ['1', '3'],
        ['2', '3'],
      ],
    });
    const proofs = shown.affected.campaigns.map((one) => [one['proofs'], one['claimable']]);
    expect(proofs).to.deep.equal([
      ['void', false],
      ['void', true],
    ]);
    const done = await world.ask(`${line} --key-file guardian.key`);
    expect(namesIn(done)).to.deep.equal(namesIn(shown));
    expect((await tree()).frozen).to.equal(true);
    await world.refused(`${line} --key-file guardian.key`, 'AlreadyFrozen');
  });

  it('unfreezes by an owner who names the root', async () => {
    const line = 'issuer unfreeze NODE --tree 1 --reason resolved --root 900 --size 4 --revoked 1';
    await world.refused(`${line} --key-file owner.key`, 'NotFrozen');
    await world.ask('issuer freeze NODE --tree 1 --reason key-lost --key-file guardian.key');
    await world.refused(`${line} --key-file guardian.key`, 'NotOwner');
    await world.usage(
      line.replace('--size 4', '') + ' --key-file owner.key',
      /--size is "missing"/,
    );
    await world.usage(`${line} --key-file owner.key --bump`, /--bump can't go with --tree/);
    await world.usage(
      `${line} --key-file owner.key --log-head 0x1`,
      /--log-head is "0x1": must be/,
    );
    const shown = await world.foretell(`${line} --key-file owner.key`);
    expect(shown).to.include({ root: '900', size: '4', sequence: '2' });
    expect(shown.affected.lists.map(({ roots }) => roots)).to.deep.equal(['void', 'void']);
    await world.ask(`${line} --key-file owner.key`);
    // Both counts fell: in this publication they may.
    expect(await tree()).to.include({ frozen: false, root: 900n, size: 4, revoked: 1n });
  });

  it('appoints and dismisses, and whoever dismisses himself gives the role up', async () => {
    const on = 'NODE --issuer-id 1';
    const who = `--account ${world.addressOf('stranger')}`;
    const appoint = `issuer appoint ${on} --role guardian ${who}`;
    await world.refused(`${appoint} --key-file other.key`, 'NotOwner');
    await world.usage(`${appoint.replace('guardian', 'owner')} --key-file owner.key`, /--role is/);
    const shown = await world.foretell(`${appoint} --key-file owner.key`);
    expect(namesIn(shown)).to.deep.include({ lists: ['1', '3'], campaigns: ['1', '2'] });
    expect(shown.affected.lists.every(({ roots }) => roots === 'kept')).to.equal(true);
    await world.ask(`${appoint} --key-file owner.key`);
    expect(await holds('guardian', 'stranger')).to.equal(true);
    const dismiss = `issuer dismiss ${on} --role guardian`;
    const owner = `--account ${world.addressOf('guardian')} --key-file owner.key`;
    await world.usage(`${dismiss} ${owner}`, /--reason <reason>' not specified/);
    await world.ask(`${dismiss} ${owner} --reason departure`);
    expect(await holds('guardian', 'guardian')).to.equal(false);
    await world.ask(`${dismiss} ${who} --key-file stranger.key --reason departure`);
    expect(await holds('guardian', 'stranger')).to.equal(false);
    const last = `issuer dismiss ${on} --role owner --account ${world.addressOf('owner')}`;
    await world.refused(`${last} --key-file owner.key --reason departure`, 'LastOwner');
  });

  it('hands ownership over in two steps, and shows who acts', async () => {
    const on = 'NODE --issuer-id 1';
    const other = world.addressOf('other');
    const offer = `issuer offer ${on} --key-file owner.key`;
    const accept = `issuer accept ${on} --key-file other.key`;
    await world.usage(`${offer} --withdraw --replace --reason planned`, /--replace can't go with/);
    await world.foretell(`${offer} --to ${other} --replace`);
    await world.ask(`${offer} --to ${other} --replace`);
    expect(await world.ask(`issuer show ${on}`)).to.deep.equal({
      ...{ issuer: '1', owners: [world.addressOf('owner')], offeredTo: other, treeIds: ['1'] },
      publishers: [world.addressOf('owner')],
      guardians: [world.addressOf('guardian')],
    });
    await world.ask(`${offer} --withdraw --reason correction`);
    expect(await getOfferedOwner(world.cast.owner, deployed())).to.equal(undefined);
    await world.refused(accept, 'NotOffered');
    await world.ask(`${offer} --to ${other} --replace`);
    await world.foretell(accept);
    await world.ask(accept);
    expect([await holds('owner', 'other'), await holds('owner', 'owner')]).to.deep.equal([
      ...[true, false],
    ]);
    await world.refused('issuer show NODE --issuer-id 9', 'no issuer 9');
  });

  it('rotates a key that nobody has a store for, by accounts', async () => {
    const [from, to] = [world.addressOf('guardian'), world.addressOf('stranger')];
    const line = `issuer rotate NODE --issuer-id 1 --role guardian --new ${to} --reason key-lost --key-file owner.key`;
    await world.usage(line, /--old is "missing": is needed here/);
    await world.usage(`${line} --old ${from} --new-key-file n.key`, /--new can't go with/);
    await world.usage(`${line} --old ${to}`, /--new is .*: must be another account than the old/);
    await world.refused(`${line} --old ${world.addressOf('other')}`, 'NotHeld');
    const shown = await world.foretell(`${line} --old ${from}`);
    expect(shown).to.include({ old: from, new: to, role: 'guardian' });
    await world.ask(`${line} --old ${from}`);
    expect([
      await holds('guardian', 'guardian'),
      await holds('guardian', 'stranger'),
    ]).to.deep.equal([false, true]);
  });

  it('anchors a schema once, and a successor in its place', async () => {
    const on = 'NODE --issuer-id 1 --key-file owner.key';
    await world.folder.write('schema.json', world.schema.document);
    const { document } = world.schema;
    const second = { ...document, version: '2', supersedes: world.schema.id.toString() };
    await world.folder.write('schema-2.json', second);
    const anchor = `schema anchor ${on} --file schema.json --uri https://issuer.example/1`;
    const next = anchor.replace('schema.json', 'schema-2.json');
    await world.refused(next, 'UnknownSchema');
    expect(await world.foretell(anchor)).to.include({ schema: world.schema.id.toString() });
    await world.ask(anchor);
    await world.refused(anchor, 'SchemaAlreadyAnchored');
    const shown = await world.foretell(next);
    expect(shown).to.include({ supersedes: world.schema.id.toString() });
    expect(String(shown['notes'])).to.match(/policies over it go on/);
    await world.ask(next);
    await world.refused(anchor.replace('owner.key', 'other.key'), 'NotOwner');
  });
});
