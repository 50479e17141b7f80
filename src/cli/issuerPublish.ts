/**
 * `eligo issuer publish` and `issuer heartbeat`: what changed becomes known. Whatever is interrupted, the same command goes
 * on from there: it finishes what was begun, and then does what it is told.
 * @module
 */
import type { Command } from 'commander';
import { getChainTime, type WriteClient } from '../chain/client.ts';
import { getRoot, getTree } from '../chain/roots.ts';
import { planPublication, publish, type Plan } from '../issuer/publish.ts';
import type { StoredPublication } from '../store/publications.ts';
import { NODE_FLAGS } from './gate.ts';
import { ISSUER_FLAG, type Desk } from './issuerConfig.ts';
import { SIGNING, handOver, submitHanded } from './issuerHandOver.ts';
import { hashFile, refuseBeside, refuseWithout } from './flags.ts';
import { SENDING_FLAGS, saying, withPublishing, type Publishing } from './issuerPublishing.ts';
import { facts, moment, shorten, table } from './output.ts';
import { FORCE, addVerb, uintFlag, type Context, type Surroundings } from './verb.ts';

/** Adds `issuer publish` and `issuer heartbeat`. */
export function addIssuerPublish(noun: Command, around: Surroundings): void {
  addVerb(noun, around, {
    name: 'publish',
    summary: 'finish what was interrupted, then publish what changed',
    optional: {
      '--dry-run': 'shows what would be published; nothing is sent',
      '--end-epoch': 'ends the epoch though nothing was revoked',
      '--void': 'a correction: every earlier root is refused at once',
      '--manifest <file>': 'a file that explains the publication; its sha256 goes on chain',
      ...SENDING_FLAGS,
      '--by-signature': 'signs it for somebody else to submit; with --deadline and --out',
      '--deadline <time>': 'the last moment of the signature, Unix seconds or such as 1h',
      '--out <file>': 'where the signed publication goes',
      '--signed <file>': "submits somebody's signed publication; with --key-file, without a store",
      ...NODE_FLAGS,
      '--key-file <file>': 'with --signed: holds the private key of the account that pays',
      ...FORCE,
      ...ISSUER_FLAG,
    },
    example: 'issuer publish --dry-run',
    act: publishByFlags,
  });
  addVerb(noun, around, {
    name: 'heartbeat',
    summary: 'publish though nothing changed: a sign of life for gates that demand one',
    optional: {
      '--if-older-than <seconds>': 'does nothing while the last publication is younger',
      ...SENDING_FLAGS,
      ...ISSUER_FLAG,
    },
    example: 'issuer heartbeat --if-older-than 86400',
    act: beat,
  });
}

async function publishByFlags(context: Context): Promise<void> {
  const { flags } = context;
  if (flags.find('--signed') !== undefined) return submitHanded(context);
  refuseWithout(flags, '--signed', ['--rpc', '--deployment', '--key-file']);
  const signing = flags.on('--by-signature');
  if (signing) refuseBeside(flags, '--by-signature', ['--dry-run', '--bump']);
  else refuseWithout(flags, '--by-signature', SIGNING);
  const manifestHash =
    flags.find('--manifest') === undefined ? undefined : await hashFile(flags, '--manifest');
  await withPublishing(context, { manifestHash }, async (desk, client, options) => {
    if (flags.on('--dry-run')) return dryRun(context, desk, client, options);
    if (signing) return handOver(context, desk, client, options);
    return send(context, desk, client, options);
  });
}

async function beat(context: Context): Promise<void> {
  const age = uintFlag(context.flags, '--if-older-than', 40);
  await withPublishing(context, { heartbeat: true }, async (desk, client, options) => {
    const last = age === undefined ? undefined : await lastPublished(desk, client);
    if (age !== undefined && last !== undefined && last.now - last.at < age) {
      context.result({ published: false, lastPublishedAt: last.at }, [
        `The last publication is of ${moment(last.at)}: nothing to do.`,
      ]);
      return;
    }
    await send(context, desk, client, options);
  });
}

/** When the tree was last published, and the time of the chain. */
async function lastPublished(
  { issuer }: Desk,
  client: WriteClient,
): Promise<{ readonly at: bigint; readonly now: bigint } | undefined> {
  const { deployment, treeId: source } = issuer;
  const { sequence, root } = await getTree(client, issuer);
  if (sequence === 0n) return undefined;
  const { lastPublishedAt: at } = await getRoot(client, { deployment, source, root });
  return { at, now: await getChainTime(client) };
}

async function send(
  { result, step }: Context,
  { issuer }: Desk,
  client: WriteClient,
  options: Publishing,
): Promise<void> {
  const publication = await step('publishing', (say) =>
    publish(issuer, client, saying(options, say)),
  );
  if (!publication) {
    result({ published: false }, ['Nothing changed since the last publication.']);
    return;
  }
  result({ published: true, ...documentOf(publication) }, [
    ...facts({
      publication: publication.sequence,
      root: publication.root,
      size: String(publication.size),
      revoked: publication.revoked,
      transaction: publication.mined?.hash,
      block: publication.mined?.block,
      time: publication.mined && moment(publication.mined.time),
    }),
    'Next: eligo issuer log, eligo issuer paths',
  ]);
}

/** What was published, without what only the store needs. */
function documentOf(publication: StoredPublication): object {
  const { sequence, previousRoot, root, size, revoked, endsEpoch, voids } = publication;
  const { logHead, manifestHash, logSeq, mined } = publication;
  return {
    ...{ sequence, previousRoot, root, size, revoked, endsEpoch, voids, logHead, manifestHash },
    ...{ logSeq, transaction: mined?.hash, block: mined?.block, time: mined?.time },
  };
}

async function dryRun(
  { result, step }: Context,
  { issuer }: Desk,
  client: WriteClient,
  options: Publishing,
): Promise<void> {
  const plan = await step('comparing with the chain', (say) =>
    planPublication(issuer, client, saying(options, say)),
  );
  const { before, after, changes, idle, unfinished } = plan;
  const pair = (key: 'sequence' | 'root' | 'size' | 'revoked') => ({
    before: before[key],
    after: after[key],
  });
  const { endsEpoch, voids, logHead, manifestHash } = after;
  result(
    {
      ...{ idle, unfinished, changes, endsEpoch, voids, logHead, manifestHash },
      sequence: pair('sequence'),
      root: pair('root'),
      size: pair('size'),
      revoked: pair('revoked'),
    },
    describe(plan),
  );
}

function describe({ before, after, changes, idle, unfinished }: Plan): string[] {
  const keys = ['sequence', 'root', 'size', 'revoked'] as const;
  return [
    table(
      ['', 'on chain', 'would be'],
      keys.map((key) => [key, shorten(String(before[key])), shorten(String(after[key]))]),
    ),
    ...facts({
      attested: String(changes.attested),
      'of these replacing': String(changes.replaced),
      revoked: String(changes.revoked),
      reinstated: String(changes.reinstated),
      'ends the epoch': after.endsEpoch ? 'yes: older roots go stale' : 'no',
      'voids earlier roots': after.voids ? 'yes' : 'no',
    }),
    ...(unfinished
      ? ['It was begun before, and is finished first; what is newer, or asked for now, follows.']
      : []),
    idle ? 'Nothing changed: `issuer publish` would do nothing.' : 'Nothing was sent.',
  ];
}
