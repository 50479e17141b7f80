/**
 * The claimant's private path: three files of any mirror, each checked against its name (pathFile.ts). The mirror learns
 * which 1,024 leaves the holder is one of, and can change nothing.
 * @module
 */
import { openMirror } from '../chain/mirror.ts';
import { EligoError, invalidInput } from '../errors.ts';
import { bytesToField, fieldToBytes, toUint, type Field } from '../protocol/field.ts';
import { TREE_DEPTH, type MerklePath, type Siblings } from '../protocol/merklePath.ts';
import { TIERS, placesOf } from '../tree/blocks.ts';
import { loadHasher, type Hasher } from '../tree/hasher.ts';
import { NODE_BYTES } from '../tree/nodes.ts';
import {
  LATEST_FILE,
  MAX_MANIFEST_BYTES,
  manifestFile,
  maxNodesBytes,
  nodesFile,
  readLatestRoot,
  readNodes,
  readPathManifest,
  type LatestRoot,
  type PathManifest,
} from '../tree/pathFile.ts';
import { emptyNodes } from '../tree/subtree.ts';

/** What stands at a position, and its path to the root. */
export type FetchedPath = { readonly leaf: Field; readonly path: MerklePath };

/**
 * Fetches the path of a position in a tree of depth 14.
 * @param parameters.source   a folder, or the http(s) URL under which the files are
 * @param parameters.root     of the tree, from the chain or from whoever is to accept the proof
 * @param parameters.position u28
 * @param parameters.timeout  milliseconds for one file
 * @throws {AttestationNotInTree} if nothing stands there
 * @throws {SourceUnavailable} if a file isn't there, or doesn't arrive in time
 * @throws {InvalidInput} if a file isn't what its name says
 * @example
 * const { leaf, path } = await fetchPath({ source: 'https://issuer.example/paths', root, position: 7 });
 */
export async function fetchPath(parameters: {
  readonly source: string;
  readonly root: Field;
  readonly position: number;
  readonly hasher?: Hasher;
  readonly timeout?: number;
}): Promise<FetchedPath> {
  const { source, root, position, timeout } = parameters;
  const mirror = openMirror(source, timeout === undefined ? {} : { timeout });
  const hasher = parameters.hasher ?? (await loadHasher());
  const siblings: Siblings[] = [];
  let node: Uint8Array = fieldToBytes(root);
  for (const { tier, index } of [...placesOf(position)].reverse()) {
    const { depth, base } = TIERS[tier];
    // A block that is empty has no file.
    if (isEmpty(node, base + depth, hasher)) throw nothingAt(position);
    const nodes = await mirror.read(nodesFile(node), maxNodesBytes(tier));
    const block = readNodes(nodes, { root: node, tier, hasher });
    siblings.unshift(...block.siblings(index));
    node = block.leaves().slice(index * NODE_BYTES, (index + 1) * NODE_BYTES);
  }
  if (isEmpty(node, 0, hasher)) throw nothingAt(position);
  const path = { position: toUint(BigInt(position), 'position', 2 * TREE_DEPTH), siblings };
  return { leaf: bytesToField(node, 'leaf'), path };
}

/** The newest root that a mirror knows. It is the mirror's word: the chain, or who accepts the proof, has the last one. */
export async function fetchLatestRoot(source: string): Promise<LatestRoot> {
  return readLatestRoot(await readText(source, LATEST_FILE));
}

/**
 * What a mirror says of a root: its word, good for a warning.
 * @throws {InvalidInput} if it speaks of another root
 */
export async function fetchManifest(source: string, root: Field): Promise<PathManifest> {
  const manifest = readPathManifest(await readText(source, manifestFile(root)));
  if (manifest.root !== root)
    throw invalidInput('path manifest.root', manifest.root, `must be ${root.toString()}`);
  return manifest;
}

async function readText(source: string, file: string): Promise<string> {
  return new TextDecoder().decode(await openMirror(source).read(file, MAX_MANIFEST_BYTES));
}

/** Beyond what a block holds everything is empty too. */
function isEmpty(node: Uint8Array, level: number, hasher: Hasher): boolean {
  const empty = emptyNodes(hasher)[level] as Uint8Array;
  return node.length === 0 || node.every((byte, i) => byte === empty[i]);
}

function nothingAt(position: number): EligoError {
  return new EligoError(
    'AttestationNotInTree',
    `the attestation does not stand in the tree: position ${position} holds nothing: not in this tree, or revoked`,
    { position },
  );
}
