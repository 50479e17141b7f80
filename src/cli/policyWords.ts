/**
 * A policy as a flag names it, and in words.
 * @module
 */
import { NEVER } from '../protocol/field.ts';
import { definePolicy, type Policy } from '../protocol/policy.ts';
import { moment } from './output.ts';
import { readSchema } from './schemaInput.ts';
import type { Context } from './verb.ts';

/** The fifteen terms by name, in the order of their hash. */
export const TERM_NAMES = [
  'schemaId',
  'issuedAfter',
  'issuedBefore',
  'mode',
  'setLow',
  'setHigh',
  'step',
  'lo0',
  'hi0',
  'lo1',
  'hi1',
  'lo2',
  'hi2',
  'lo3',
  'hi3',
] as const;

/** Reads the policy that a flag names, against its schema. @throws {InvalidInput} */
export async function readPolicy(context: Context): Promise<Policy> {
  const text = await context.read(context.flags.text('--policy'), '--policy');
  return definePolicy(text, await readSchema(context, '--schema'));
}

/** Everything that the policy demands, reveals and takes, in words. */
export function describeClauses(policy: Policy): string[] {
  const { issuedAfter, issuedBefore, disclose, note } = policy;
  return [
    issuedAfter > 0n ? `attested at ${moment(issuedAfter)} or later` : undefined,
    issuedBefore < NEVER ? `attested at ${moment(issuedBefore)} or before` : undefined,
    ...policy.clauses.map((clause) => clause.text),
    disclose ? `a claim reveals ${disclose.name}` : 'a claim reveals no value',
    note > 0n ? `each claim takes a note of ${note.toString()}` : undefined,
  ].filter((line) => line !== undefined);
}
