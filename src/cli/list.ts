/**
 * `eligo list`: trust lists, by the will of the list's owner and of each tree's owner. One file a group of verbs; this one
 * names them.
 * @module
 */
import type { Command } from 'commander';
import { addListMembers } from './listMembers.ts';
import { addListOwner } from './listOwner.ts';
import { addListShow } from './listShow.ts';
import type { Surroundings } from './verb.ts';

/** Adds the verbs of a list's owner, of its trees' owners, and of whoever looks at one. */
export function addList(noun: Command, around: Surroundings): void {
  for (const add of [addListOwner, addListMembers, addListShow]) add(noun, around);
}
