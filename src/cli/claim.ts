/**
 * `eligo claim`: sending proofs to a campaign, and what became of them. One file a verb; this one names them.
 * @module
 */
import type { Command } from 'commander';
import { addClaimRelease } from './claimRelease.ts';
import { addClaimStatus } from './claimStatus.ts';
import { addClaimSubmit } from './claimSubmit.ts';
import type { Surroundings } from './verb.ts';

/** Adds `claim submit`, `claim status` and `claim release`. */
export function addClaim(noun: Command, around: Surroundings): void {
  for (const add of [addClaimSubmit, addClaimStatus, addClaimRelease]) add(noun, around);
}
