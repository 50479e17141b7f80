/**
 * Private paths as static files. A holder downloads the three blocks that its path goes through, each named by its own
 * root: whoever serves them can change nothing, and learns one of 1,024 leaves. A publication makes new files only of what
 * changed and of what stands above.
 *
 * - `<node>.nodes`: the leaves of the block (blocks.ts) whose root is the node, used ones only, 32 bytes each; the root of
 *   a tree, the nodes of its topmost block, the roots of its chunks. A block that is empty has no file.
 * - `<root>.json`: what is known of a published root.
 * - `leaves-<sha256>.txt`: every leaf of the tree, one a line.
 * - `latest.json`: which root is the newest: the only file that changes.
 * @module
 */
import type { Address, Hex } from 'viem';
import { z } from 'zod';
import { invalidInput } from '../errors.ts';
import { addressShape, bytes32Shape, readDocument } from '../protocol/codec.ts';
import { bytesToHex } from '../protocol/evm.ts';
import { fieldToBytes, toField, toUint, type Field } from '../protocol/field.ts';
import { TREE_DEPTH } from '../protocol/merklePath.ts';
import { TIERS, type Tier } from './blocks.ts';
import type { Hasher } from './hasher.ts';
import { NODE_BYTES, checkNodes } from './nodes.ts';
import { createSubtree, type Subtree } from './subtree.ts';

/** The file that names the newest root. */
export const LATEST_FILE = 'latest.json';

/** Bytes of a manifest, and of the file that names the newest root. */
export const MAX_MANIFEST_BYTES = 4_096;

/** What is known of a published root. */
export type PathManifest = {
  readonly chainId: bigint;
  /** The RootRegistry. */
  readonly registry: Address;
  readonly tree: bigint;
  /** The first publication of the root. */
  readonly sequence: bigint;
  readonly root: Field;
  /** Positions used. */
  readonly size: number;
  /** Revocations ever made. */
  readonly revoked: bigint;
  readonly logHead: Hex;
  /** The file that holds every leaf. */
  readonly leaves: string;
};

/** Which root is the newest. */
export type LatestRoot = Pick<PathManifest, 'chainId' | 'registry' | 'tree' | 'sequence' | 'root'>;

const source = {
  chainId: z.string(),
  registry: addressShape,
  tree: z.string(),
  sequence: z.string(),
  root: z.string(),
};

const manifestShape = z.strictObject({
  eligo: z.literal('paths/1', 'must be "paths/1"'),
  ...source,
  size: z.string(),
  revoked: z.string(),
  logHead: bytes32Shape,
  leaves: z.string().regex(/^leaves-[0-9a-f]{64}\.txt$/, 'must be leaves-<sha256>.txt'),
});

const latestShape = z.strictObject({
  eligo: z.literal('latest/1', 'must be "latest/1"'),
  ...source,
});

/** The file of the block whose root this is. @param root 32 bytes */
export function nodesFile(root: Uint8Array): string {
  return `${bytesToHex(root).slice(2)}.nodes`;
}

/** The manifest's file of a published root. */
export function manifestFile(root: Field): string {
  return `${bytesToHex(fieldToBytes(root)).slice(2)}.json`;
}

/** Bytes of a block's file. */
export function maxNodesBytes(tier: Tier): number {
  return 4 ** TIERS[tier].depth * NODE_BYTES;
}

/**
 * The block whose root this is, from what its file holds. Empty nodes at its end may be there or not.
 * @param options.root 32 bytes
 * @throws {InvalidInput} if the root doesn't follow from the nodes
 */
export function readNodes(
  nodes: Uint8Array,
  options: { readonly root: Uint8Array; readonly tier: Tier; readonly hasher: Hasher },
): Subtree {
  const { root, tier, hasher } = options;
  const file = nodesFile(root);
  checkNodes(nodes, file);
  const subtree = createSubtree(TIERS[tier], hasher);
  subtree.append(nodes);
  const found = nodesFile(subtree.root());
  if (found !== file) throw invalidInput(file, found, 'must be the name of what the file holds');
  return subtree;
}

/** Reads a manifest. @throws {InvalidInput} naming the path, the value and the rule */
export function readPathManifest(input: unknown): PathManifest {
  const name = 'path manifest';
  const document = readDocument(manifestShape, input, name);
  const size = toUint(document.size, `${name}.size`, 2 * TREE_DEPTH + 1);
  if (size > 4n ** BigInt(TREE_DEPTH))
    throw invalidInput(`${name}.size`, size, 'must fit a tree of depth 14');
  return {
    ...readSource(document, name),
    size: Number(size),
    revoked: toUint(document.revoked, `${name}.revoked`, 64),
    logHead: document.logHead as Hex,
    leaves: document.leaves,
  };
}

/** The manifest as the text of its file. */
export function writePathManifest(manifest: PathManifest): string {
  const document: z.infer<typeof manifestShape> = {
    eligo: 'paths/1',
    ...writeSource(manifest),
    size: manifest.size.toString(),
    revoked: manifest.revoked.toString(),
    logHead: manifest.logHead,
    leaves: manifest.leaves,
  };
  return JSON.stringify(document);
}

/** Reads which root is the newest. @throws {InvalidInput} naming the path, the value and the rule */
export function readLatestRoot(input: unknown): LatestRoot {
  const name = 'latest root';
  return readSource(readDocument(latestShape, input, name), name);
}

/** The newest root as the text of its file. */
export function writeLatestRoot(latest: LatestRoot): string {
  const document: z.infer<typeof latestShape> = { eligo: 'latest/1', ...writeSource(latest) };
  return JSON.stringify(document);
}

type SourceDocument = Omit<z.infer<typeof latestShape>, 'eligo'>;

function readSource(document: SourceDocument, name: string): LatestRoot {
  return {
    chainId: toUint(document.chainId, `${name}.chainId`, 64),
    registry: document.registry,
    tree: toUint(document.tree, `${name}.tree`, 64),
    sequence: toUint(document.sequence, `${name}.sequence`, 64),
    root: toField(document.root, `${name}.root`),
  };
}

function writeSource({ chainId, registry, tree, sequence, root }: LatestRoot): SourceDocument {
  return {
    chainId: chainId.toString(),
    registry,
    tree: tree.toString(),
    sequence: sequence.toString(),
    root: root.toString(),
  };
}
