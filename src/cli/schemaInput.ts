/**
 * A schema as a flag names it.
 * @module
 */
import { defineSchema, type Schema } from '../protocol/schema.ts';
import type { Context } from './verb.ts';

/** Reads the schema that a flag names. @throws {InvalidInput} */
export async function readSchema({ flags, read }: Context, flag: string): Promise<Schema> {
  return defineSchema(await read(flags.text(flag), flag));
}
