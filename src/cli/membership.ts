/**
 * Where a credential's attestation stands: its path to a published root, from a file that lists the tree's leaves.
 * @module
 */
import { EligoError, invalidInput } from '../errors.ts';
import { hashAttestation } from '../protocol/attestation.ts';
import type { Credential } from '../protocol/credential.ts';
import type { Field } from '../protocol/field.ts';
import type { MerklePath } from '../protocol/merklePath.ts';
import { EMPTY_LEAF, createTree, type Tree } from '../tree/tree.ts';
import { LIST_SIZE, createTrustList, type TrustList } from '../tree/trustList.ts';
import { fieldText, integerFlag, type Context } from './verb.ts';

/** For a trust list of several trees; without them the root is that of the tree's own list. */
export const LIST_FLAGS = {
  '--slot <number>': "the tree's slot in a trust list, with --roots",
  '--roots <file>': 'the roots of the list by slot, one a line, 0 for an empty slot',
} as const;

/** Below this many members a claim is easy to guess (PROTOCOL.md section 6). */
const SMALL_CROWD = 100;

/** A path in the depth-16 tree, and the root it leads to. */
export type Membership = { readonly path: MerklePath; readonly root: Field };

/**
 * Builds the tree of `--leaves` and finds the attestation at the credential's position.
 * @throws {AttestationNotInTree} @throws {InvalidInput} naming the line
 */
export async function membershipOf(context: Context, credential: Credential): Promise<Membership> {
  const { flags, note, step } = context;
  const leaves = await readFields(context, '--leaves');
  const tree = await step(`building the tree of ${leaves.length} leaves`, () =>
    createTree({ leaves }),
  );
  const position = Number(credential.position);
  refuseAbsent(tree, position, hashAttestation(credential.attestation));
  const members = leaves.filter((leaf) => leaf !== EMPTY_LEAF).length;
  if (members < SMALL_CROWD)
    note(`warning: the tree has ${members} members; below ${SMALL_CROWD} a claim is easy to guess`);
  const listed = flags.find('--slot') !== undefined || flags.find('--roots') !== undefined;
  const { list, slot } = listed ? await readList(context, tree) : await ownList(tree);
  return { path: list.extendPath(slot, tree.path(position)), root: list.root };
}

function refuseAbsent(tree: Tree, position: number, leaf: Field): void {
  const found = tree.leaf(position);
  if (found === leaf) return;
  const how = found === EMPTY_LEAF ? 'nothing: not in this tree, or revoked' : 'another leaf';
  throw new EligoError(
    'AttestationNotInTree',
    `the attestation does not stand in the tree: position ${position} holds ${how}`,
    { position, size: tree.size() },
  );
}

async function ownList(tree: Tree): Promise<{ list: TrustList; slot: number }> {
  return { list: await createTrustList({ roots: [tree.root()] }), slot: 0 };
}

async function readList(context: Context, tree: Tree): Promise<{ list: TrustList; slot: number }> {
  const bounds = { min: 0n, max: BigInt(LIST_SIZE - 1) };
  const slot = Number(integerFlag(context.flags, '--slot', bounds) ?? context.flags.text('--slot'));
  const roots = await readFields(context, '--roots');
  if (roots[slot] !== tree.root()) {
    throw invalidInput(
      '--roots',
      roots[slot],
      `slot ${slot} must hold the root of the tree of --leaves (${tree.root().toString()})`,
    );
  }
  const list = await createTrustList({
    roots: roots.map((root) => (root === EMPTY_LEAF ? undefined : root)),
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
