import { createHash } from 'node:crypto';
import { expect } from 'chai';
import { parseEventLogs, type Hex } from 'viem';
import { rootRegistryAbi } from '../../src/chain/abis.ts';
import { getList } from '../../src/chain/lists.ts';
import { waitForReceipt } from '../../src/chain/transactions.ts';
import { DAY } from '../support/cli.ts';
import { namesIn, openGovernanceCli, type GovernanceCli } from '../support/governanceCli.ts';
import { NOTICE, PATIENCE } from '../support/governanceWorld.ts';

describe('eligo list', () => {
  let world: GovernanceCli;

  before(async () => {
    world = await openGovernanceCli();
  });
  after(() => world.close());
  afterEach(() => world.reset());

  const list = (listId: bigint) =>
    getList(world.cast.stranger, { deployment: world.deployment, listId });

  /** The reason and the evidence of the one event of that name in a transaction. */
  async function causeOf(hash: unknown, eventName: 'MemberRemoved' | 'MemberAdmitted') {
    const { logs } = await world.test.getTransactionReceipt({ hash: hash as Hex });
    const [event] = parseEventLogs({ abi: rootRegistryAbi, eventName, logs });
    const { reason, evidence } = event!.args;
    return { reason, evidence };
  }

  describe('create', () => {
    const line = 'list create NODE --key-file listOwner.key --notice 1h --member-silence never';

    it('makes a list of the account, whose terms the chain has', async () => {
      const shown = await world.foretell(line);
      expect(shown.call!.to).to.equal(world.deployment.contracts.RootRegistry);
      const made = await world.ask(line);
      expect(made).to.include({ done: true, list: '5', notice: '3600' });
      const facts = await list(5n);
      expect(facts.owner).to.equal(world.addressOf('listOwner'));
      expect(facts).to.include({ notice: 3_600n, memberSilence: 2n ** 40n - 1n });
    });

    it('refuses spans that no list has', async () => {
      await world.usage(line.replace('1h', 'soon'), /--notice is "soon": must be seconds, 0 or/);
      await world.usage(line.replace('1h', 'never'), /--notice is "never": must be seconds/);
      await world.usage(line.replace('never', '0'), /--member-silence is "0": .*1 or more.*never/);
      await world.usage(line.replace('1h', '1099511627775'), /--notice is .* below 2\^40-1/);
    });
  });

  describe('admit, join and settle', () => {
    const admit = (): string =>
      `list admit NODE --key-file listOwner.key --list ${world.second} --tree 1`;
    const join = (): string =>
      `list join NODE --key-file owner.key --list ${world.second} --tree 1`;

    it('bring a tree in, each with who is affected', async () => {
      const { second } = world;
      const shown = await world.foretell(admit());
      expect(namesIn(shown)).to.deep.equal({
        lists: [String(second)],
        campaigns: ['3'],
        holders: [
          ['1', '3'],
          ['2', '3'],
        ],
      });
      expect(shown.affected.campaigns[0]).to.include({ proofs: 'kept', budget: '3000' });
      await world.refused(join().replace('owner.key', 'stranger.key'), 'NotOwner');
      await world.refused(admit().replace('listOwner.key', 'owner.key'), 'NotListOwner');
      const admitted = await world.ask(`${admit()} --reason correction --evidence evidence.txt`);
      const hash = createHash('sha256').update('a letter\n').digest('hex');
      expect(await causeOf(admitted.transaction, 'MemberAdmitted')).to.deep.equal({
        ...{ reason: 4, evidence: `0x${hash}` },
      });
      expect((await list(second)).members[1]).to.include({ treeId: 1n, since: undefined });
      await world.foretell(join());
      await world.ask(join());
      const settle = `list settle NODE --key-file stranger.key --list ${second}`;
      expect((await world.foretell(settle)).affected.lists[0]).to.include({ records: false });
      await world.pass(NOTICE);
      const due = await world.foretell(settle);
      expect(due.affected.lists[0]).to.include({ records: true, roots: 'kept' });
      const { root } = await list(second);
      await world.ask(settle);
      const after = await list(second);
      expect(after.members.map(({ inForce }) => inForce)).to.deep.equal([true, true]);
      expect(after.root).not.to.equal(root);
    });

    it('say to people who is affected, before it is done', async () => {
      const run = await world.run(admit());
      expect(run.exitCode).to.equal(0);
      expect(run.stderr).to.match(/tree 1: waits for the other side/);
      expect(run.stderr).to.match(/3 \(open\).*list 4.*3000 of the chain's own coin.*go on/);
      expect(run.stderr).to.match(/at least 3: 5 positions, 2 revocations/);
      expect(run.stdout)
        .to.match(/^list +4$/m)
        .and.match(/^transaction +0x/m);
    });

    it('are rehearsed for somebody whose key is elsewhere', async () => {
      const foreign = admit().replace('--key-file listOwner.key', '--as');
      const shown = await world.foretell(
        foreign.replace('--as', `--as ${world.addressOf('listOwner')}`),
      );
      const call = { ...shown.call } as { to: Hex; data: Hex };
      const hash = await world.test.request({
        method: 'eth_sendTransaction',
        params: [{ from: world.addressOf('listOwner'), to: call.to, data: call.data }],
      } as never);
      await waitForReceipt(world.cast.stranger, hash);
      expect((await list(world.second)).members[1]).to.include({ treeId: 1n });
      const stranger = foreign.replace('--as', `--as ${world.addressOf('stranger')}`);
      await world.refused(`${stranger} --dry-run`, 'NotListOwner');
      await world.usage(stranger, /--as goes with --dry-run/);
      await world.usage(
        `${stranger} --dry-run --key-file owner.key`,
        /--key-file can't go with --as/,
      );
    });

    it('name reason and evidence that are none', async () => {
      const reasons = /--reason is "theft": must be one of planned, key-lost, key-stolen/;
      await world.usage(`${admit()} --reason theft`, reasons);
      const evidence = /--evidence is "0x12": must be a file, or its sha256: 0x and 64 hex digits/;
      await world.usage(`${admit()} --evidence 0x12`, evidence);
      await world.usage(`${admit()} --evidence 0x${'00'.repeat(32)}`, /not all 0/);
      await world.usage(`${admit()} --evidence none.txt`, /--evidence is "none.txt": must be a/);
      await world.usage(admit().replace('--tree 1', '--tree x'), /--tree is "x"/);
      expect(
        (await world.foretell(`${admit()} --evidence 0x${'AB'.repeat(32)}`))['evidence'],
      ).to.equal(`0x${'ab'.repeat(32)}`);
    });
  });

  describe('remove', () => {
    const line = (): string =>
      `list remove NODE --list ${world.both} --tree 1 --reason breach --evidence evidence.txt`;

    it("by the list's owner voids its roots at once", async () => {
      const act = `${line()} --key-file listOwner.key`;
      const shown = await world.foretell(act);
      expect(namesIn(shown)).to.deep.include({ lists: ['3'], campaigns: ['2'] });
      expect(shown).to.include({ side: 'list' });
      expect(shown.affected.campaigns[0]).to.include({ proofs: 'void', claimable: true });
      const before = await list(world.both);
      const done = await world.ask(act);
      expect((await causeOf(done.transaction, 'MemberRemoved')).reason).to.equal(5);
      const after = await list(world.both);
      expect(after.generation).to.equal(before.generation + 1n);
      expect(after.members.map(({ treeId }) => treeId)).to.deep.equal([2n]);
    });

    it("by the tree's owner ends its epoch, and says until when readers go on", async () => {
      const act = `${line()} --key-file owner.key`;
      const shown = await world.foretell(act);
      expect(shown).to.include({ side: 'tree' });
      const until = BigInt(String((shown.affected as Record<string, unknown>)['at'])) + 600n;
      expect(shown.affected.campaigns[0]).to.include({ proofs: 'stale', until: String(until) });
      const before = await list(world.both);
      await world.ask(act);
      const after = await list(world.both);
      expect(after).to.include({ epoch: before.epoch + 1n, generation: before.generation });
    });

    it('asks for the side of whoever owns both', async () => {
      const offer = `list offer NODE --key-file listOwner.key --list ${world.both} --to`;
      await world.ask(`${offer} ${world.addressOf('owner')}`);
      await world.ask(`list accept NODE --key-file owner.key --list ${world.both}`);
      const act = `${line()} --key-file owner.key`;
      await world.usage(act, /--side is "missing": is needed here, since you own both/);
      await world.usage(`${act} --side none`, /--side is "none": must be one of list, tree/);
      const fates = async (side: string) =>
        (await world.foretell(`${act} --side ${side}`)).affected.lists[0]!['roots'];
      expect([await fates('list'), await fates('tree')]).to.deep.equal(['void', 'stale']);
    });

    it('needs a reason, and lets no stranger', async () => {
      const bare = line().replace('--reason breach', '');
      await world.usage(`${bare} --key-file listOwner.key`, /--reason is "missing"/);
      await world.refused(`${line()} --key-file stranger.key`, 'NotListOwner');
    });

    it('by anybody, with --silent, once it was silent for too long', async () => {
      const act = `list remove NODE --key-file stranger.key --list ${world.both} --tree 1 --silent`;
      await world.usage(`${act} --reason silence`, /--reason can't go with --silent/);
      await world.refused(act, 'MemberNotSilent');
      await world.pass(PATIENCE);
      expect((await world.foretell(act)).affected.lists[0]).to.include({ roots: 'stale' });
      await world.ask(act);
      expect((await list(world.both)).members).to.have.length(1);
    });
  });

  it('void refuses earlier roots, and by its owner only', async () => {
    const line = `list void NODE --list ${world.both} --reason key-stolen`;
    await world.refused(`${line} --key-file owner.key`, 'NotListOwner');
    const shown = await world.foretell(`${line} --key-file listOwner.key`);
    expect(shown.affected.lists[0]).to.include({ roots: 'void', keepsNewest: true });
    const { generation } = await list(world.both);
    await world.ask(`${line} --key-file listOwner.key`);
    expect((await list(world.both)).generation).to.equal(generation + 1n);
  });

  it('offer and accept hand a list over, and an offer can be withdrawn', async () => {
    const offer = `list offer NODE --key-file listOwner.key --list ${world.both}`;
    const accept = `list accept NODE --key-file other.key --list ${world.both}`;
    const other = world.addressOf('other');
    await world.usage(offer, /one of --to, --withdraw is needed/);
    await world.usage(`${offer} --to 0x0`, /--to is "0x0": must be an address/);
    await world.refused(accept, 'ListNotOffered');
    await world.foretell(`${offer} --to ${other}`);
    await world.ask(`${offer} --to ${other}`);
    await world.usage(`${offer} --withdraw`, /--reason is "missing"/);
    await world.ask(`${offer} --withdraw --reason correction`);
    await world.refused(accept, 'ListNotOffered');
    await world.ask(`${offer} --to ${other}`);
    expect((await list(world.both)).offeredTo).to.equal(other);
    const shown = await world.foretell(accept);
    expect(namesIn(shown)).to.deep.include({ lists: ['3'], campaigns: ['2'] });
    expect(await world.ask(accept)).to.include({ ownerBefore: world.addressOf('listOwner') });
    expect((await list(world.both)).owner).to.equal(other);
  });

  describe('show', () => {
    it('shows members by their state, and where the list is used', async () => {
      const { second } = world;
      const line = `list show NODE --list ${second}`;
      const statesNow = async () => {
        const { members } = await world.ask(line);
        return (members as { state: string }[]).map(({ state }) => state);
      };
      expect(await statesNow()).to.deep.equal(['in force']);
      await world.ask(`list admit NODE --key-file listOwner.key --list ${second} --tree 1`);
      expect(await statesNow()).to.deep.equal(['in force', 'waits for consent']);
      await world.ask(`list join NODE --key-file owner.key --list ${second} --tree 1`);
      expect(await statesNow()).to.deep.equal(['in force', 'waits for notice']);
      await world.pass(NOTICE);
      expect(await statesNow()).to.deep.equal(['in force', 'due']);
      await world.ask(`list settle NODE --key-file stranger.key --list ${second}`);
      await world.ask('issuer freeze NODE --key-file guardian.key --tree 1 --reason key-stolen');
      await world.pass(8n * DAY);
      const shown = await world.ask(line);
      expect(shown).to.include({ notice: '3600', owner: world.addressOf('listOwner') });
      const members = shown['members'] as Record<string, unknown>[];
      expect(members[1]).to.include({ state: 'frozen', silent: true, issuerId: '1' });
      const campaigns = shown['campaigns'] as Record<string, unknown>[];
      expect(campaigns.map(({ campaignId }) => campaignId)).to.deep.equal(['3']);
      const run = await world.run(line);
      expect(run.stdout).to.match(/│ frozen, silent since [0-9]+ \(2026-/);
    });

    it("shows a tree's own list, and refuses one that does not exist", async () => {
      expect(await world.ask('list show NODE --list 1')).to.include({ ofTree: true });
      await world.refused('list show NODE --list 9', 'UnknownList');
    });
  });
});
