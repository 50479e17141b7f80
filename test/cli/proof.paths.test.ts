import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { nextPublication, publish } from '../../src/chain/roots.ts';
import { exportPaths } from '../../src/issuer/pathFiles.ts';
import { openCampaignWorld } from '../support/campaignWorld.ts';
import {
  NOW,
  ask,
  eligo,
  expectRefusal,
  expectUsage,
  makeFolder,
  withFlag,
  without,
  type Folder,
} from '../support/cli.ts';
import { cutTree, exportOf } from '../support/pathTrees.ts';

const RECIPIENT = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8';

describe('eligo proof make --paths', () => {
  let folder: Folder;
  let world: Awaited<ReturnType<typeof openCampaignWorld>>;
  let paths: string;
  let common: string[];
  let campaign: string[];
  let service: string[];

  before(async () => {
    folder = await makeFolder();
    world = await openCampaignWorld(folder);
    paths = folder.file('paths');
    await write(await cutTree(world.holder.leaves));
    common = [
      ...['proof', 'make', '--identity', folder.file('me.identity.json')],
      ...['--credential', folder.file('me.credential.json')],
      ...['--policy', folder.file('policy.json'), '--out', folder.file('me.proof.json'), '--force'],
    ];
    campaign = [...common, '--paths', paths, ...world.onChain, '--recipient', RECIPIENT];
    service = [
      ...[
        ...common,
        '--paths',
        paths,
        '--at',
        String(NOW),
        '--audience',
        'https://service.example',
      ],
      ...['--label', `0x${'01'.repeat(32)}`, '--challenge', `0x${'02'.repeat(32)}`],
    ];
  });

  after(async () => {
    await world.chain.stop();
    await folder.remove();
  });

  /** Exports a tree as the campaign's. */
  const write = (tree: Awaited<ReturnType<typeof cutTree>>, sequence = 1n, to = paths) => {
    const { chainId, registry, tree: id } = headerOf();
    const header = { chainId, registry, tree: id };
    return exportPaths({ ...exportOf(tree, to, sequence), header });
  };
  const headerOf = () => ({
    chainId: 31_337n,
    registry: world.deployment.contracts.RootRegistry,
    tree: world.treeId,
  });

  it('proves for a campaign what --leaves proves, with the root of the chain', async () => {
    const run = await eligo([...campaign, '--json']);
    expect(run.exitCode, run.stdout + run.stderr).to.equal(0);
    const made = JSON.parse(run.stdout) as Record<string, unknown>;
    const leaves = ['--leaves', folder.file('leaves.txt')];
    expect(made).to.deep.equal(await ask([...without(campaign, '--paths'), ...leaves]));
    expect(run.stderr)
      .to.match(/fetching the path/)
      .and.match(/warning: the tree has 5 members/);
  });

  it('proves for a service with the newest root, or the one that is given', async () => {
    const made = await ask(service);
    const root = world.tree.root().toString();
    expect(await ask([...service, '--root', root])).to.deep.equal(made);
    await expectRefusal([...service, '--root', '5'], {
      ...{ exitCode: 3, code: 'SourceUnavailable', message: /does not give 0{63}5\.nodes: ENOENT/ },
    });
  });

  it('takes the leaf file of the export in place of leaves', async () => {
    const { leaves } = await write(await cutTree(world.holder.leaves));
    const made = await ask([...without(service, '--paths'), '--leaves', join(paths, leaves)]);
    expect(made).to.deep.equal(await ask(service));
  });

  it('does not take an older root than the chain has, though the mirror has no other', async () => {
    await ask(campaign);
    const snapshot = await world.test.snapshot();
    const { owner, deployment, treeId } = world;
    const tree = await cutTree([...world.holder.leaves, 66n]);
    const publication = await nextPublication(owner, {
      ...{ deployment, treeId, root: tree.root, size: tree.size, revoked: 0n },
    });
    await publish(owner, { deployment, publication });
    await expectRefusal(campaign, {
      ...{ exitCode: 3, code: 'SourceUnavailable', message: /does not give [0-9a-f]{64}\.nodes/ },
    });
    const other = folder.file('newer');
    await write(tree, 2n, other);
    await ask(withFlag(campaign, '--paths', other));
    await world.test.revert({ id: snapshot });
  });

  it('refuses a tree in which another stands, or nobody', async () => {
    const { leaves } = world.holder;
    for (const [leaf, holds] of [
      [77n, /position 2 holds another leaf/],
      [0n, /position 2 holds nothing: not in this tree, or revoked/],
    ] as const) {
      const other = folder.file(`other-${leaf}`);
      await write(await cutTree(leaves.with(2, leaf)), 1n, other);
      await expectRefusal(withFlag(service, '--paths', other), {
        ...{ exitCode: 1, code: 'AttestationNotInTree', message: holds },
      });
    }
  });

  it("refuses a mirror of another tree than the credential's", async () => {
    const other = folder.file('foreign');
    const tree = await cutTree(world.holder.leaves);
    const header = { ...headerOf(), tree: 9n };
    await exportPaths({ ...exportOf(tree, other), header });
    const args = withFlag(service, '--paths', other);
    await expectUsage(args, /^latest root\.tree is "9": must be the credential's, 1$/);
  });

  it('says so where the mirror knows no number of members', async () => {
    const other = folder.file('bare');
    const tree = await cutTree(world.holder.leaves);
    await write(tree, 1n, other);
    const name = tree.root.toString(16).padStart(64, '0');
    await rm(join(other, `${name}.json`));
    const run = await eligo(withFlag(service, '--paths', other));
    expect(run.exitCode, run.stderr).to.equal(0);
    expect(run.stderr).to.match(/does not say how many members there are/);
  });

  it('wants either --leaves or --paths, and --root with --paths only', async () => {
    const leaves = ['--leaves', folder.file('leaves.txt')];
    await expectUsage([...service, ...leaves], /^--leaves .* can't go with --paths$/);
    const neither = without(service, '--paths');
    await expectUsage(neither, /^--leaves is "missing": is needed here, or --paths$/);
    await expectUsage([...neither, ...leaves, '--root', '5'], /^--root is "5": goes with --paths$/);
    await expectUsage([...campaign, '--root', '5'], /--root is "5": is off-chain/);
  });
});
