/**
 * Whether two sides say the same of one person, and in what they differ.
 * @module
 */
import type { Field } from '../../protocol/field.ts';
import type { Schema } from '../../protocol/schema.ts';
import type { Values } from '../../protocol/value.ts';

/** What is said of somebody. */
export type Saying = {
  /** Undefined where that side doesn't know it: then it contradicts nobody. */
  readonly commitment: Field | undefined;
  readonly expiresAt: bigint;
  readonly values: Values;
};

/** The names of what differs, none where both say the same. @param options.except slots that may differ */
export function differences(
  schema: Schema,
  a: Saying,
  b: Saying,
  options: { readonly except?: readonly number[] } = {},
): readonly string[] {
  const names = schema.fields
    .filter(({ slot }) => a.values[slot] !== b.values[slot] && !options.except?.includes(slot))
    .map(({ name }) => name);
  if (a.expiresAt !== b.expiresAt) names.push('expiresAt');
  const bothKnow = a.commitment !== undefined && b.commitment !== undefined;
  if (bothKnow && a.commitment !== b.commitment) names.push('commitment');
  return names;
}

/** What a list says of it. */
export function differsIn(names: readonly string[]): string {
  return `differs in ${names.join(', ')}`;
}
