/**
 * What differs between a schema and the one that replaces it, for people: field by field, by the names of the document.
 * @module
 */
import type { Schema, SchemaField } from '../protocol/schema.ts';

/** One difference. A side that has nothing is empty. */
export type SchemaChange = {
  /** `schema`, or the name of a field. */
  readonly where: string;
  /** `added`, `removed`, or the key that changed. */
  readonly what: string;
  readonly before: string;
  readonly after: string;
};

const OWN_KEYS = ['name', 'version', 'description'] as const;

/** A field's slot is no key of the document, but credentials are read by it. */
const FIELD_KEYS = [
  'type',
  'description',
  'labels',
  'decimals',
  'set',
  'meter',
  'slot',
] as const satisfies readonly (keyof SchemaField)[];

/** Compares two schemas: what the document says of itself first, then the older one's fields, then what was added. */
export function compareSchemas(older: Schema, newer: Schema): readonly SchemaChange[] {
  const own = OWN_KEYS.map((key) => ({
    where: 'schema',
    what: key,
    before: older.document[key],
    after: newer.document[key],
  }));
  const kept = older.fields.flatMap((field) => {
    const next = newer.fields.find(({ name }) => name === field.name);
    return next ? compareFields(field, next) : [removed(field)];
  });
  const added = newer.fields
    .filter(({ name }) => !older.fields.some((field) => field.name === name))
    .map((field) => ({ where: field.name, what: 'added', before: '', after: describe(field) }));
  return [...own, ...kept, ...added].filter(({ before, after }) => before !== after);
}

function removed(field: SchemaField): SchemaChange {
  return { where: field.name, what: 'removed', before: describe(field), after: '' };
}

function compareFields(older: SchemaField, newer: SchemaField): readonly SchemaChange[] {
  return FIELD_KEYS.map((key) => ({
    where: older.name,
    what: key,
    before: textOf(older[key]),
    after: textOf(newer[key]),
  }));
}

function describe(field: SchemaField): string {
  return `${field.type} in slot ${field.slot}`;
}

/** Labels as JSON: one may hold a comma. */
function textOf(value: SchemaField[(typeof FIELD_KEYS)[number]]): string {
  if (value === undefined) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
