/**
 * A schema: the typed field list that attestations are made under. Its id is the hash of its canonical document, so any
 * change of meaning is a new id and data can't be read two ways (PROTOCOL.md section 2, "Schema").
 * @module
 */
import { z } from 'zod';
import { invalidInput } from '../errors.ts';
import { canonicalJson, readDocument } from './codec.ts';
import type { Field } from './field.ts';
import { toField } from './field.ts';
import { hashText } from './hash.ts';

const FIELD_TYPES = [
  'uint',
  'bool',
  'date',
  'datetime',
  'amount',
  'enum',
  'country',
  'tag',
] as const;

/** What a field holds; value.ts says how each is written into its slot. */
export type FieldType = (typeof FIELD_TYPES)[number];

const SET_TYPES: readonly FieldType[] = ['enum', 'country', 'bool'];
const METER_TYPES: readonly FieldType[] = ['amount', 'uint'];

/** Slot of the only field with a set predicate, and of the only one that can be metered. */
export const SET_SLOT = 0;
export const METER_SLOT = 3;

const decimals = z.string().regex(/^(0|[1-9][0-9]?)$/, 'must be decimal digits from 0 to 99');

const fieldShape = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z][A-Za-z0-9]{0,31}$/, 'must be lower camel case, 1 to 32 letters and digits'),
  type: z.enum(FIELD_TYPES, `must be one of ${FIELD_TYPES.join(', ')}`),
  description: z.string(),
  labels: z
    .array(z.string().min(1, 'must not be empty'))
    .min(1)
    .max(256, 'must have at most 256 labels')
    .optional(),
  decimals: decimals.optional(),
  set: z.literal(true, 'must be true or absent').optional(),
  meter: z.literal(true, 'must be true or absent').optional(),
});

const schemaShape = z.strictObject({
  eligo: z.literal('schema/1', 'must be "schema/1"'),
  name: z.string().min(1, 'must not be empty'),
  version: z.string().min(1, 'must not be empty'),
  description: z.string(),
  supersedes: z.string().optional(),
  fields: z
    .array(fieldShape)
    .min(1, 'must have one to four fields')
    .max(4, 'must have one to four fields'),
});

/** The document that a schema is defined by. */
export type SchemaDocument = z.infer<typeof schemaShape>;

/** One field and the slot it takes. */
export type SchemaField = SchemaDocument['fields'][number] & { readonly slot: 0 | 1 | 2 | 3 };

/** A checked schema. */
export type Schema = {
  /** `K(UTF-8 of JCS(document))` */
  readonly id: Field;
  readonly document: SchemaDocument;
  /** In the document's order. */
  readonly fields: readonly SchemaField[];
};

/**
 * Checks a schema document, assigns the slots, and names the schema by its hash.
 * @param document a plain object or JSON text
 * @throws {InvalidInput} naming the path, the value and the rule
 * @example
 * const schema = defineSchema({
 *   eligo: 'schema/1', name: 'Residency', version: '1', description: 'Where somebody lives',
 *   fields: [{ name: 'country', type: 'country', description: 'Country of residence', set: true }],
 * });
 */
export function defineSchema(document: unknown): Schema {
  const checked = readDocument(schemaShape, document, 'schema');
  if (checked.supersedes !== undefined) toField(checked.supersedes, 'schema.supersedes');
  checked.fields.forEach((field, i) => {
    checkField(field, `schema.fields[${i}]`);
  });
  checkUnique(
    checked.fields.map((field) => field.name),
    'schema.fields',
    'must have different names',
  );
  return {
    id: hashText(canonicalJson(checked)),
    document: checked,
    fields: assignSlots(checked.fields),
  };
}

/**
 * The field of that name.
 * @param path what the error names
 * @throws {InvalidInput} if the schema has none
 */
export function fieldOf(schema: Schema, name: string, path: string): SchemaField {
  const field = schema.fields.find((candidate) => candidate.name === name);
  if (field) return field;
  const names = schema.fields.map((candidate) => candidate.name).join(', ');
  throw invalidInput(
    path,
    name,
    `must be a field of the schema "${schema.document.name}" (${names})`,
  );
}

function checkField(field: SchemaDocument['fields'][number], path: string): void {
  if (field.type === 'enum' && !field.labels)
    throw invalidInput(`${path}.labels`, 'missing', 'an enum needs its labels');
  if (field.type !== 'enum' && field.labels)
    throw invalidInput(`${path}.labels`, field.type, 'only an enum has labels');
  if (field.labels) checkUnique(field.labels, `${path}.labels`, 'must be different');
  if (field.type === 'amount' && field.decimals === undefined) {
    throw invalidInput(
      `${path}.decimals`,
      'missing',
      'an amount says how many decimals its token has',
    );
  }
  if (field.type !== 'amount' && field.decimals !== undefined) {
    throw invalidInput(`${path}.decimals`, field.decimals, 'only an amount has decimals');
  }
  if (field.set && !SET_TYPES.includes(field.type)) {
    throw invalidInput(
      `${path}.set`,
      field.type,
      `only ${SET_TYPES.join(', ')} can be the set field`,
    );
  }
  if (field.meter && !METER_TYPES.includes(field.type)) {
    throw invalidInput(
      `${path}.meter`,
      field.type,
      `only ${METER_TYPES.join(', ')} can be the meter field`,
    );
  }
}

function checkUnique(texts: readonly string[], path: string, rule: string): void {
  const twice = texts.find((text, i) => texts.indexOf(text) !== i);
  if (twice !== undefined) throw invalidInput(path, twice, rule);
}

/** The set field takes slot 0, the meter field slot 3, the others the free ones ascending. */
function assignSlots(fields: SchemaDocument['fields']): readonly SchemaField[] {
  if (fields.filter((field) => field.set).length > 1) {
    throw invalidInput('schema.fields', 'two set fields', 'at most one field is marked "set"');
  }
  if (fields.filter((field) => field.meter).length > 1) {
    throw invalidInput('schema.fields', 'two meter fields', 'at most one field is marked "meter"');
  }
  const taken = new Set<number>();
  if (fields.some((field) => field.set)) taken.add(SET_SLOT);
  if (fields.some((field) => field.meter)) taken.add(METER_SLOT);
  const free = ([0, 1, 2, 3] as const).filter((slot) => !taken.has(slot));
  return fields.map((field) => ({ ...field, slot: slotFor(field, free) }));
}

function slotFor(field: SchemaDocument['fields'][number], free: (0 | 1 | 2 | 3)[]): 0 | 1 | 2 | 3 {
  if (field.set) return SET_SLOT;
  if (field.meter) return METER_SLOT;
  const slot = free.shift();
  if (slot === undefined) throw invalidInput('schema.fields', field.name, 'no slot is left for it');
  return slot;
}
