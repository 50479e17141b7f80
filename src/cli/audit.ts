/**
 * `eligo audit`: does a tree on-chain follow from its issuer's log? Anyone can ask: it takes the log's files and a node.
 * @module
 */
import { createReadStream } from 'node:fs';
import type { Command } from 'commander';
import { getTreeEvents, type TreeEvent } from '../chain/publications.ts';
import { EligoError, invalidInput } from '../errors.ts';
import type { AuditedPublication } from '../issuer/auditAlign.ts';
import {
  createManifestCheck,
  readImportManifest,
  type AuditedManifest,
  type ManifestCheck,
  type ManifestReport,
} from '../issuer/auditManifest.ts';
import { rebuildTree, type AuditReport } from '../issuer/auditRebuild.ts';
import {
  traceAttestation,
  tracePublication,
  type AttestationSubject,
  type AttestationTrace,
  type PublicationPlace,
  type PublicationTrace,
} from '../issuer/auditTrace.ts';
import { checkHeader } from '../issuer/logIndex.ts';
import { openLog, type HeadedEntry, type Log, type LogSource } from '../issuer/logSource.ts';
import { TREE_DEPTH } from '../protocol/merklePath.ts';
import { NODE_FLAGS, connectNode } from './gate.ts';
import { facts, moment, shorten, table } from './output.ts';
import {
  addVerb,
  fieldText,
  uintFlag,
  type Context,
  type Flags,
  type Surroundings,
} from './verb.ts';

const AUDIT_FLAGS = {
  required: { ...NODE_FLAGS, '--tree <id>': "the tree's number" },
  optional: {
    '--log <place>': "the folder or URL of the log's files",
    '--gateway <url>': 'instead of --log, with --cid: an IPFS gateway',
    '--cid <cid>': "the CID of the log's index",
    '--from-block <number>': 'where the tree was created, or before; 0 if left out',
  },
} as const;

const EXAMPLE_FLAGS =
  '--log public/log --rpc http://127.0.0.1:8545 --deployment deployment.json --tree 1';

/** Adds `audit rebuild` and `audit trace`. */
export function addAudit(noun: Command, around: Surroundings): void {
  addVerb(noun, around, {
    name: 'rebuild',
    summary: 'build the tree from its log, and compare it with every publication',
    required: AUDIT_FLAGS.required,
    optional: {
      '--manifest <files...>': 'what imports came to: held against the publications and the log',
      ...AUDIT_FLAGS.optional,
    },
    example: `audit rebuild ${EXAMPLE_FLAGS}`,
    act: rebuild,
  });
  addVerb(noun, around, {
    name: 'trace',
    summary: 'follow one attestation, or one publication, through log and chain',
    required: AUDIT_FLAGS.required,
    optional: {
      '--position <number>': 'the attestation at this position',
      '--leaf <number>': 'the attestation with this leaf, decimal or 0x-hex',
      '--sequence <number>': 'the publication of this number',
      ...AUDIT_FLAGS.optional,
    },
    example: `audit trace ${EXAMPLE_FLAGS} --position 7`,
    act: trace,
  });
}

/** The log and what the chain has of its tree. */
type Sides = { readonly log: Log; readonly events: readonly TreeEvent[] };

async function readSides(context: Context): Promise<Sides> {
  const { flags, step } = context;
  const source = readSource(flags);
  const treeId = uintFlag(flags, '--tree', 64) ?? 0n;
  const fromBlock = uintFlag(flags, '--from-block', 64) ?? 0n;
  const { client, deployment } = await connectNode(context);
  const chainId = BigInt(client.chain.id);
  if (deployment.chainId !== chainId.toString())
    throw invalidInput('deployment.chainId', deployment.chainId, `must be ${chainId.toString()}`);
  const log = await step("reading the log's index", () => openLog(source));
  const registry = deployment.contracts.RootRegistry;
  checkHeader(log.index, { chainId, registry, tree: treeId }, 'log index');
  const events = await step('asking the chain', (say) =>
    getTreeEvents(client, {
      deployment,
      treeId,
      fromBlock,
      onProgress: (block) => {
        say(`block ${block.toString()}`);
      },
    }),
  );
  return { log, events };
}

/** @throws {InvalidInput} unless it is `--log`, or `--gateway` with `--cid` */
function readSource(flags: Flags): LogSource {
  const [gateway, cid] = [flags.find('--gateway'), flags.find('--cid')];
  if (gateway === undefined && cid === undefined) return flags.text('--log');
  if (flags.find('--log') !== undefined)
    throw invalidInput('--log', undefined, "can't go with --gateway and --cid");
  return { gateway: flags.text('--gateway'), cid: flags.text('--cid') };
}

async function rebuild(context: Context): Promise<void> {
  const manifests: AuditedManifest[] = [];
  for (const path of context.flags.all('--manifest')) manifests.push(await readManifest(path));
  const { log, events } = await readSides(context);
  const check = createManifestCheck(manifests);
  const report = await context.step(`replaying ${log.index.entries} entries`, (say) =>
    rebuildTree({
      entries: watched(log.entries(), check),
      events,
      onProgress: (entry) => {
        say(`entry ${entry.toString()}`);
      },
    }),
  );
  const imports = check.finish({ events, publications: report.publications });
  context.result({ ...report, ...(imports.length > 0 && { imports }) }, [
    table(
      ['publication', 'root', 'size', 'revoked', 'block', 'time', 'log entry'],
      report.publications.map(publicationRow),
    ),
    ...facts({
      entries: report.entries,
      head: report.head,
      root: report.root,
      size: String(report.size),
      revoked: report.revoked,
      frozen: String(report.frozen),
    }),
    ...remarks(report),
    ...imports.map(importLine),
    'The log reproduces every publication that counts.',
  ]);
}

async function readManifest(path: string): Promise<AuditedManifest> {
  try {
    return await readImportManifest(createReadStream(path), path);
  } catch (error) {
    if (error instanceof EligoError) throw error;
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
    throw invalidInput('--manifest', path, `must be a file that can be read (${code})`);
  }
}

/** A log that is read once, for both. */
async function* watched(
  entries: AsyncIterable<HeadedEntry>,
  { take }: ManifestCheck,
): AsyncGenerator<HeadedEntry> {
  for await (const headed of entries) {
    take(headed.entry);
    yield headed;
  }
}

function importLine({ name, read, accepted, publication }: ManifestReport): string {
  return `${name}: publication ${publication.toString()} vouches for it; its ${accepted.toString()} accepted of ${read.toString()} records are in the log.`;
}

function publicationRow(publication: AuditedPublication): readonly string[] {
  const { sequence, root, size, revoked, block, time, logSeq } = publication;
  return [
    sequence.toString(),
    shorten(root),
    size.toString(),
    revoked.toString(),
    block.toString(),
    moment(time),
    logSeq?.toString() ?? 'none: voided',
  ];
}

/** What is no fault, and an auditor should know. */
function remarks({ publications, unpublished, unsent }: AuditReport): readonly string[] {
  const voided = publications.filter(({ status }) => status === 'voided').map(numberOf);
  const entries = unsent.map(({ logSeq }) => logSeq.toString());
  return [
    ...(voided.length > 0
      ? [`Not in the log, but voided since: publication ${voided.join(', ')}.`]
      : []),
    ...(entries.length > 0
      ? [`In the log, but not on the chain: entry ${entries.join(', ')}.`]
      : []),
    ...(unpublished > 0n ? [`Not published yet: the last ${unpublished.toString()} entries.`] : []),
  ];
}

function numberOf({ sequence }: { readonly sequence: bigint }): string {
  return sequence.toString();
}

async function trace(context: Context): Promise<void> {
  const { flags, result, step } = context;
  const subject = readSubject(flags);
  const { log, events } = await readSides(context);
  const parameters = { entries: log.entries(), events };
  await step(`reading ${log.index.entries} entries`, async () => {
    if ('sequence' in subject) {
      const found = await tracePublication({ ...parameters, ...subject });
      result(found, publicationLines(found));
    } else {
      const found = await traceAttestation({ ...parameters, subject });
      result(found, attestationLines(found));
    }
  });
}

/** @throws {InvalidInput} unless exactly one is given */
function readSubject(flags: Flags): AttestationSubject | { readonly sequence: bigint } {
  const names = ['--position', '--leaf', '--sequence'] as const;
  const [name, ...more] = names.filter((flag) => flags.find(flag) !== undefined);
  if (name === undefined || more.length > 0)
    throw invalidInput(
      name ?? '--position',
      flags.find(name ?? '--position') ?? 'missing',
      'name one of --position, --leaf and --sequence',
    );
  if (name === '--leaf') return { leaf: fieldText(flags.text(name), name) };
  if (name === '--sequence') return { sequence: uintFlag(flags, name, 64) ?? 0n };
  return { position: Number(uintFlag(flags, name, 2 * TREE_DEPTH)) };
}

const PLACE_HEAD = ['publication', 'block', 'time', 'transaction'] as const;

function placeCells(place: Partial<PublicationPlace> | undefined): readonly string[] {
  if (!place) return ['not yet', '', '', ''];
  const { sequence, block, time, transaction } = place;
  return [
    sequence?.toString() ?? '',
    block?.toString() ?? '',
    time === undefined ? '' : moment(time),
    transaction ?? '',
  ];
}

function attestationLines({ position, leaf, steps }: AttestationTrace): readonly string[] {
  return [
    ...facts({ position: position.toString(), leaf }),
    table(
      ['what', 'log entry', 'recorded', ...PLACE_HEAD],
      steps.map(({ what, logSeq, at, reason, other, publication }) => [
        [what, reason ?? (other === undefined ? '' : `position ${other}`)]
          .filter(Boolean)
          .join(': '),
        logSeq.toString(),
        moment(at),
        ...placeCells(publication),
      ]),
    ),
  ];
}

function publicationLines(found: PublicationTrace): readonly string[] {
  const { entries, attested, revokedPositions, reinstated, staleFrom, voidedBy } = found;
  const positions = (list: readonly number[]): string =>
    list.length > 8 ? `${list.length} positions, from ${String(list[0])}` : list.join(', ');
  return [
    ...facts({
      publication: found.sequence,
      status: found.status,
      root: found.root,
      size: found.size.toString(),
      revoked: found.revoked,
      'ends the epoch': String(found.endsEpoch),
      entries: entries && `${entries.first.toString()} to ${entries.last.toString()}`,
      attests: positions(attested),
      revokes: positions(revokedPositions),
      reinstates: positions(reinstated),
    }),
    table(
      ['what', ...PLACE_HEAD],
      [
        ['published', ...placeCells(found)],
        ...(staleFrom ? [['made stale', ...placeCells(staleFrom)]] : []),
        ...(voidedBy ? [[`voided (${voidedBy.kind})`, ...placeCells(voidedBy)]] : []),
      ],
    ),
  ];
}
