/**
 * Writing private paths as static files (pathFile.ts says which). What is there is of use as it is: only new blocks are
 * written, and `latest.json` last, so that a reader finds every file that it is led to.
 * @module
 */
import { createHash } from 'node:crypto';
import { bytesToHex, type Hex } from 'viem';
import { invalidInput } from '../errors.ts';
import { fieldToBytes, type Field } from '../protocol/field.ts';
import { CHUNK_LEAVES, TIERS, type Tier } from '../tree/blocks.ts';
import { loadHasher, type Hasher } from '../tree/hasher.ts';
import { NODE_BYTES } from '../tree/nodes.ts';
import {
  LATEST_FILE,
  manifestFile,
  nodesFile,
  readLatestRoot,
  readNodes,
  readPathManifest,
  writeLatestRoot,
  writePathManifest,
  type PathManifest,
} from '../tree/pathFile.ts';
import { emptyNodes } from '../tree/subtree.ts';
import { checkHeader, type LogHeader } from './logIndex.ts';
import { openStaticFolder, type StaticFolder } from './staticFolder.ts';

/** The leaves of a block that are used, as `blockLeaves` gives them: empty for one that was never used. */
export type BlockReader = (tier: Tier, block: number) => Promise<Uint8Array> | Uint8Array;

/** What is published. */
export type PathPublication = {
  readonly sequence: bigint;
  readonly root: Field;
  readonly size: number;
  readonly revoked: bigint;
  readonly logHead: Hex;
};

/**
 * Writes the files of a published root into a folder.
 * @param parameters.folder made if there is none; one folder a tree
 * @param parameters.blocks the tree as it was published: it must not change meanwhile
 * @param parameters.onChunk told how many chunks are done
 * @throws {InvalidInput} if the folder is another tree's, or the blocks don't lead to the root
 * @throws {FileUnavailable}
 */
export async function exportPaths(parameters: {
  readonly folder: string;
  readonly header: LogHeader;
  readonly publication: PathPublication;
  readonly blocks: BlockReader;
  readonly hasher?: Hasher;
  readonly onChunk?: (done: number, of: number) => void;
}): Promise<PathManifest> {
  const { header, publication, blocks } = parameters;
  const folder = await openStaticFolder(parameters.folder);
  const newest = await readNewest(folder, header);
  const hasher = parameters.hasher ?? (await loadHasher());
  const manifest =
    (await readWritten(folder, parameters)) ??
    (await writeFiles(folder, { ...parameters, hasher, blocks }));
  // An older publication that is exported late must not become the newest.
  if (newest === undefined || newest < publication.sequence)
    await folder.write(LATEST_FILE, writeLatestRoot({ ...header, ...publication }));
  await folder.sweep(() => false);
  return manifest;
}

/** The number of the newest publication that is there. @throws {InvalidInput} if it is another tree's */
async function readNewest(folder: StaticFolder, header: LogHeader): Promise<bigint | undefined> {
  const text = await folder.find(LATEST_FILE);
  if (text === undefined) return undefined;
  const latest = readLatestRoot(text);
  checkHeader(latest, header, 'latest root');
  return latest.sequence;
}

/** A manifest that is there was written after its files. @throws {InvalidInput} if it is another tree's, or root's */
async function readWritten(
  folder: StaticFolder,
  { header, publication }: Pick<Job, 'header' | 'publication'>,
): Promise<PathManifest | undefined> {
  const text = await folder.find(manifestFile(publication.root));
  if (text === undefined) return undefined;
  const manifest = readPathManifest(text);
  checkHeader(manifest, header, 'path manifest');
  if (manifest.root !== publication.root) {
    const rule = `must be ${publication.root.toString()}, as its name says`;
    throw invalidInput('path manifest.root', manifest.root, rule);
  }
  return manifest;
}

type Job = Parameters<typeof exportPaths>[0] & { readonly hasher: Hasher };

async function writeFiles(folder: StaticFolder, job: Job): Promise<PathManifest> {
  const { header, publication } = job;
  const root = fieldToBytes(publication.root);
  const chunks = await writeUpperTiers(folder, root, job);
  const leaves = await writeLeaves(folder, chunks, job);
  const { sequence, size, revoked, logHead } = publication;
  const facts = { sequence, root: publication.root, size, revoked, logHead };
  const manifest = { ...header, ...facts, leaves };
  await folder.write(manifestFile(publication.root), writePathManifest(manifest));
  return manifest;
}

/** @returns the roots of the chunks */
async function writeUpperTiers(
  folder: StaticFolder,
  root: Uint8Array,
  job: Job,
): Promise<readonly Uint8Array[]> {
  const tops = await writeBlock(folder, { tier: 2, block: 0, root }, job);
  const chunks: Uint8Array[] = [];
  for (const [block, top] of splitNodes(tops).entries()) {
    chunks.push(...splitNodes(await writeBlock(folder, { tier: 1, block, root: top }, job)));
  }
  return chunks;
}

/** Writes a block unless it is there, or empty. @returns its leaves */
async function writeBlock(
  folder: StaticFolder,
  place: { readonly tier: Tier; readonly block: number; readonly root: Uint8Array },
  { blocks, hasher }: Job,
): Promise<Uint8Array> {
  const { tier, block, root } = place;
  const nodes = await blocks(tier, block);
  const file = nodesFile(root);
  const { depth, base } = TIERS[tier];
  const empty = nodesFile(emptyNodes(hasher)[base + depth] as Uint8Array);
  if (file === empty || (await folder.has(file))) return nodes;
  readNodes(nodes, { root, tier, hasher });
  await folder.write(file, nodes);
  return nodes;
}

/** Writes the chunks, and with them the file of all leaves. @returns its name */
async function writeLeaves(
  folder: StaticFolder,
  chunks: readonly Uint8Array[],
  job: Job,
): Promise<string> {
  const { size } = job.publication;
  if (chunks.length !== Math.ceil(size / CHUNK_LEAVES))
    throw invalidInput('blocks', chunks.length, `must hold the chunks of ${size} leaves`);
  const hash = createHash('sha256');
  const name = (): string => `leaves-${hash.digest('hex')}.txt`;
  let written = '';
  const lines = async function* (): AsyncGenerator<Uint8Array> {
    for (const [block, root] of chunks.entries()) {
      const nodes = await writeBlock(folder, { tier: 0, block, root }, job);
      // What a chunk doesn't hold at its end is empty, but used.
      const used = Math.min(CHUNK_LEAVES, size - block * CHUNK_LEAVES);
      const text = Buffer.from(leafLines(nodes, used));
      hash.update(text);
      job.onChunk?.(block + 1, chunks.length);
      yield text;
    }
  };
  await folder.write(() => (written = name()), lines());
  return written;
}

/** A line for each leaf, as `proof make --leaves` reads them. */
function leafLines(nodes: Uint8Array, used: number): string {
  const lines = splitNodes(nodes).map(
    (node) =>
      `0x${bytesToHex(node)
        .slice(2)
        .replace(/^0+(?=.)/, '')}\n`,
  );
  while (lines.length < used) lines.push('0x0\n');
  return lines.join('');
}

function splitNodes(nodes: Uint8Array): readonly Uint8Array[] {
  return Array.from({ length: nodes.length / NODE_BYTES }, (_, i) =>
    nodes.subarray(i * NODE_BYTES, (i + 1) * NODE_BYTES),
  );
}
