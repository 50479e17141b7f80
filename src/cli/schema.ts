/**
 * `eligo schema`: the typed field list that attestations are made under.
 * @module
 */
import type { Command } from 'commander';
import { invalidInput } from '../errors.ts';
import { canonicalJson, parseJson } from '../protocol/codec.ts';
import { defineSchema, type Schema, type SchemaField } from '../protocol/schema.ts';
import { writeNew } from './files.ts';
import { facts, table } from './output.ts';
import { readSchema } from './schemaInput.ts';
import { addSchemaAnchor } from './schemaAnchor.ts';
import { compareSchemas } from './schemaChanges.ts';
import { FORCE, addVerb, type Context, type Surroundings } from './verb.ts';

/** Adds `schema define`, `show`, `supersede` and `anchor`. */
export function addSchema(noun: Command, around: Surroundings): void {
  addVerb(noun, around, {
    name: 'define',
    summary: 'check a draft, show its id and slots, write it in canonical form',
    required: { '--file <draft>': 'the draft, - for standard input' },
    optional: {
      '--out <file>': 'where the canonical document goes: its bytes are what the id is the hash of',
      ...FORCE,
    },
    example: 'schema define --file schema.draft.json --out schema.json',
    act: define,
  });
  addVerb(noun, around, {
    name: 'show',
    summary: 'show the fields of a schema',
    required: { '--file <file>': 'the schema, - for standard input' },
    example: 'schema show --file schema.json',
    act: async (context) => {
      const schema = await readSchema(context, '--file');
      context.result(toDocument(schema), describe(schema));
    },
  });
  addVerb(noun, around, {
    name: 'supersede',
    summary: 'let a draft replace a schema: name the old id in it, show what changes',
    required: {
      '--schema <file>': 'the schema that is replaced, - for standard input',
      '--file <draft>': 'the draft of the new one, - for standard input',
      '--out <file>': 'where the canonical document goes',
    },
    optional: FORCE,
    example: 'schema supersede --schema schema.json --file schema.draft.json --out schema-2.json',
    act: supersede,
  });
  addSchemaAnchor(noun, around);
}

async function define(context: Context): Promise<void> {
  const { flags, result } = context;
  const schema = await readSchema(context, '--file');
  const out = flags.find('--out');
  if (out !== undefined) {
    const text = canonicalJson(schema.document);
    await writeNew(out, text, { flag: '--out', force: flags.on('--force') });
  }
  result({ ...toDocument(schema), out }, describe(schema));
}

async function supersede(context: Context): Promise<void> {
  const { flags, read, result } = context;
  const older = await readSchema(context, '--schema');
  const supersedes = older.id.toString();
  const draft = parseJson(await read(flags.text('--file'), '--file'), 'schema');
  if (typeof draft !== 'object' || draft === null || Array.isArray(draft))
    throw invalidInput('schema', draft, 'must be an object');
  const { supersedes: named } = draft as { readonly supersedes?: unknown };
  if (named !== undefined && named !== supersedes) {
    const rule = `must be the schema that is replaced, ${supersedes}, or absent`;
    throw invalidInput('schema.supersedes', named, rule);
  }
  const newer = defineSchema({ ...draft, supersedes });
  const changes = compareSchemas(older, newer);
  const out = flags.text('--out');
  const text = canonicalJson(newer.document);
  await writeNew(out, text, { flag: '--out', force: flags.on('--force') });
  const rows = changes.map(({ where, what, before, after }) => [where, what, before, after]);
  result({ id: newer.id, supersedes: older.id, changes, out }, [
    ...facts({ id: newer.id, supersedes: older.id }),
    rows.length === 0
      ? 'nothing changes but the id'
      : table(['where', 'what', 'before', 'after'], rows),
  ]);
}

function toDocument({ id, document, fields }: Schema): object {
  return {
    id,
    name: document.name,
    version: document.version,
    fields: fields.map((field) => ({
      name: field.name,
      type: field.type,
      slot: field.slot,
      set: field.set ?? false,
      meter: field.meter ?? false,
    })),
  };
}

function describe({ id, document, fields }: Schema): string[] {
  const rows = fields.map((field) => [
    field.name,
    field.type,
    String(field.slot),
    purpose(field),
    field.description,
  ]);
  return [
    ...facts({ id, name: document.name, version: document.version }),
    table(['field', 'type', 'slot', 'set/meter', 'description'], rows),
  ];
}

function purpose(field: SchemaField): string {
  if (field.set) return 'set';
  return field.meter ? 'meter' : '';
}
