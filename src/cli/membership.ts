/**
 * Where a credential's attestation stands: its path to a published root, from a file that lists the tree's
 * leaves, or from private paths.
 * @module
 */
import { fetchLatestRoot, fetchManifest, fetchPath } from '../claimant/paths.ts';
import { EligoError, invalidInput } from '../errors.ts';
import { hashAttestation } from '../protocol/attestation.ts';
import type { Credential } from '../protocol/credential.ts';
import type { Field } from '../protocol/field.ts';
import type { MerklePath } from '../protocol/merklePath.ts';
import { EMPTY_LEAF, createTree } from '../tree/tree.ts';
import { LIST_SIZE, createTrustList, type TrustList } from '../tree/trustList.ts';
import { fieldText, integerFlag, type Context, type Flags } from './verb.ts';

/** For a trust list of several trees; without them the root is that of the tree's own list. */
export const LIST_FLAGS = {
  '--slot <number>': "the tree's slot in a trust list, with --roots",
  '--roots <file>': 'the roots of the list by slot, one a line, 0 for an empty slot',
} as const;

/** Below this many members a claim is easy to guess (PROTOCOL.md section 6). */
const SMALL_CROWD = 100;

/** Where the tree is read from: one of the first two. */
export const TREE_FLAGS = {
  '--leaves <file>': "the tree's leaves by position, one a line, 0 for an empty one",
  '--paths <place>': 'instead of --leaves: the folder or URL of the private paths',
  '--root <number>': "off-chain, with --paths: the tree's root; the newest there if left out",
} as const;

/** A path in the depth-16 tree, and the root it leads to. */
export type Membership = { readonly path: MerklePath; readonly root: Field };

/** Where the attestation stands in its own tree. */
type Standing = Membership & {
  /** As far as is known. */
  readonly members: number | undefined;
};

/**
 * Finds the attestation at the credential's position: in the tree of `--leaves`, or in that of `--paths`, of which no more
 * is downloaded than hides it among 1,024.
 * @param treeRoot the root that the tree must have; without one `--paths` says so itself
 * @throws {AttestationNotInTree} @throws {InvalidInput} naming the line, or the file @throws {SourceUnavailable}
 */
export async function membershipOf(
  context: Context,
  credential: Credential,
  treeRoot?: () => Promise<Field | undefined>,
): Promise<Membership> {
  const { flags, note } = context;
  const standing =
    treeSource(flags) === '--leaves'
      ? await standInLeaves(context, credential)
      : await standInPaths(context, credential, await treeRoot?.());
  const { path, root, members } = standing;
  if (members !== undefined && members < SMALL_CROWD)
    note(`warning: the tree has ${members} members; below ${SMALL_CROWD} a claim is easy to guess`);
  const listed = flags.find('--slot') !== undefined || flags.find('--roots') !== undefined;
  const { list, slot } = listed ? await readList(context, root) : await ownList(root);
  return { path: list.extendPath(slot, path), root: list.root };
}

/** Which flag names the tree. @throws {InvalidInput} if neither or both do */
export function treeSource(flags: Flags): '--leaves' | '--paths' {
  const [leaves, paths] = [flags.find('--leaves'), flags.find('--paths')];
  if (leaves === undefined && paths === undefined)
    throw invalidInput('--leaves', 'missing', 'is needed here, or --paths');
  if (paths === undefined && flags.find('--root') !== undefined)
    throw invalidInput('--root', flags.find('--root'), 'goes with --paths');
  if (paths === undefined) return '--leaves';
  if (leaves !== undefined) throw invalidInput('--leaves', leaves, "can't go with --paths");
  return '--paths';
}

async function standInLeaves(context: Context, credential: Credential): Promise<Standing> {
  const leaves = await readFields(context, '--leaves');
  const tree = await context.step(`building the tree of ${leaves.length} leaves`, () =>
    createTree({ leaves }),
  );
  const position = Number(credential.position);
  refuseOther(credential, tree.leaf(position), tree.size());
  const members = leaves.filter((leaf) => leaf !== EMPTY_LEAF).length;
  return { path: tree.path(position), root: tree.root(), members };
}

async function standInPaths(
  { flags, note, step }: Context,
  credential: Credential,
  treeRoot: Field | undefined,
): Promise<Standing> {
  const source = flags.text('--paths');
  return step('fetching the path', async () => {
    const root = treeRoot ?? (await newestRoot(source, credential));
    const position = Number(credential.position);
    const { leaf, path } = await fetchPath({ source, root, position });
    refuseOther(credential, leaf);
    const manifest = await fetchManifest(source, root).catch(() => undefined);
    if (!manifest) note('warning: the place of --paths does not say how many members there are');
    return { path, root, members: manifest?.size };
  });
}

/** What a mirror says of another tree must not become a proof that nobody takes. @throws {InvalidInput} */
async function newestRoot(source: string, credential: Credential): Promise<Field> {
  const latest = await fetchLatestRoot(source);
  for (const key of ['chainId', 'registry', 'tree'] as const) {
    const [found, expected] = [latest[key], credential[key]].map((value) => value.toString());
    if (found?.toLowerCase() === expected?.toLowerCase()) continue;
    throw invalidInput(
      `latest root.${key}`,
      found,
      `must be the credential's, ${String(expected)}`,
    );
  }
  return latest.root;
}

function refuseOther(credential: Credential, found: Field, size?: number): void {
  if (found === hashAttestation(credential.attestation)) return;
  const position = Number(credential.position);
  const how = found === EMPTY_LEAF ? 'nothing: not in this tree, or revoked' : 'another leaf';
  throw new EligoError(
    'AttestationNotInTree',
    `the attestation does not stand in the tree: position ${position} holds ${how}`,
    { position, size },
  );
}

async function ownList(root: Field): Promise<{ list: TrustList; slot: number }> {
  return { list: await createTrustList({ roots: [root] }), slot: 0 };
}

async function readList(context: Context, root: Field): Promise<{ list: TrustList; slot: number }> {
  const bounds = { min: 0n, max: BigInt(LIST_SIZE - 1) };
  const slot = Number(integerFlag(context.flags, '--slot', bounds) ?? context.flags.text('--slot'));
  const roots = await readFields(context, '--roots');
  if (roots[slot] !== root) {
    throw invalidInput(
      '--roots',
      roots[slot],
      `slot ${slot} must hold the root of the tree (${root.toString()})`,
    );
  }
  const list = await createTrustList({
    roots: roots.map((listed) => (listed === EMPTY_LEAF ? undefined : listed)),
  });
  return { list, slot };
}

/** A file with one field element a line, decimal or 0x-hex. @throws {InvalidInput} naming the line */
async function readFields({ flags, lines }: Context, flag: string): Promise<readonly Field[]> {
  const fields: Field[] = [];
  for await (const line of lines(flags.text(flag), flag)) {
    fields.push(fieldText(line, `${flag} line ${fields.length + 1}`));
  }
  return fields;
}
