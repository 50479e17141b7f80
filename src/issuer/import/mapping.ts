/**
 * Which column or key of a source feeds what: the account, the commitment, the expiry, and each field of the schema.
 *
 * | key of the mapping | means | if left out |
 * |---|---|---|
 * | `account` | the column of the address | `address` |
 * | `commitment` | the column of the holder's commitment; an empty cell waits for enrolment | `commitment`, where there is one |
 * | `expiresAt` | the column of the expiry: Unix seconds, `YYYY-MM-DD`, or empty for the import's own | `expiresAt`, where there is one |
 * | `fields` | an object: the schema's field, and the column that feeds it | the column of the same name; for `amount` also `claimableAmount` or `earnings` |
 * | `amounts` | the fields that are amounts, in the units of the import | those of type `amount`, and a `uint` fed by `amount`, `claimableAmount` or `earnings` |
 * | `ignore` | columns that feed nothing | none |
 * | `numerals` | `hex` if the JSON source's amounts are hex digits without 0x | `decimal` |
 *
 * Of an object within a JSON row, `outer.inner` is a key. Each field of the schema is fed, and each column feeds something
 * or is ignored by name: nothing is skipped in silence. What a format itself has beside the amount is known to it.
 * @module
 */
import { z } from 'zod';
import { invalidInput } from '../../errors.ts';
import { readDocument } from '../../protocol/codec.ts';
import { fieldOf, type Schema, type SchemaField } from '../../protocol/schema.ts';
import type { Units } from './amount.ts';

const column = z.string().min(1, 'must not be empty');

const mappingShape = z.strictObject({
  account: column.optional(),
  commitment: column.optional(),
  expiresAt: column.optional(),
  fields: z.record(z.string(), column).default({}),
  amounts: z.array(z.string()).optional(),
  ignore: z.array(column).default([]),
  numerals: z.enum(['decimal', 'hex'], 'must be decimal or hex').optional(),
});

/** A mapping whose shape is right; whether it fits a schema and a source is seen when it is used. */
export type Mapping = Readonly<z.infer<typeof mappingShape>>;

/** Everything is fed by what has its name. */
export const NO_MAPPING: Mapping = { fields: {}, ignore: [] };

/** What feeds one field of the schema. */
export type Feed = {
  readonly field: SchemaField;
  readonly column: string;
  readonly isAmount: boolean;
};

/** A mapping that fits a source. */
export type Plan = {
  readonly account: string;
  readonly commitment: string | undefined;
  readonly expiresAt: string | undefined;
  readonly feeds: readonly Feed[];
};

/** A plan, or the first column that isn't there, or that feeds nothing. */
export type Binding =
  | { readonly kind: 'bound'; readonly plan: Plan }
  | { readonly kind: 'missing'; readonly column: string }
  | { readonly kind: 'unknown'; readonly column: string };

/** What sources call an amount. */
const AMOUNT_COLUMNS = ['amount', 'claimableAmount', 'earnings'];

const ACCOUNT = 'address';

/**
 * Reads a mapping's file.
 * @param document a plain object or JSON text
 * @throws {InvalidInput} naming the path, the value and the rule
 */
export function readMapping(document: unknown): Mapping {
  return readDocument(mappingShape, document, 'mapping');
}

/** The fields of the schema that are amounts, in the schema's order. @throws {InvalidInput} if the mapping doesn't fit */
export function amountsOf(schema: Schema, mapping: Mapping = NO_MAPPING): readonly SchemaField[] {
  const { amounts, fields } = mapping;
  if (amounts) {
    const named = amounts.map((name, i) => numberField(schema, name, `mapping.amounts[${i}]`));
    return schema.fields.filter((field) => named.includes(field));
  }
  return schema.fields.filter(
    ({ name, type }) =>
      type === 'amount' ||
      (type === 'uint' &&
        AMOUNT_COLUMNS.includes(Object.hasOwn(fields, name) ? (fields[name] ?? '') : name)),
  );
}

function numberField(schema: Schema, name: string, path: string): SchemaField {
  const field = fieldOf(schema, name, path);
  if (field.type === 'amount' || field.type === 'uint') return field;
  throw invalidInput(path, name, 'must be a field of type amount or uint');
}

/**
 * Checks what of a mapping can be checked before a source is read.
 * @throws {InvalidInput}
 */
export function checkMapping(schema: Schema, mapping: Mapping, units: Units): void {
  for (const name of Object.keys(mapping.fields)) fieldOf(schema, name, 'mapping.fields');
  for (const { name, type, decimals } of amountsOf(schema, mapping)) {
    if (type !== 'amount' || units.kind === 'base' || decimals === String(units.decimals)) continue;
    throw invalidInput(
      'decimals',
      units.decimals,
      `must be ${decimals}, as the schema's ${name} has`,
    );
  }
}

/**
 * Fits a mapping to the columns of a source.
 * @param parameters.columns what the source has; of JSON, one row's keys
 * @param parameters.known   columns of the format itself that may feed nothing
 * @throws {InvalidInput} if a column would feed two things
 */
export function bindMapping(parameters: {
  readonly schema: Schema;
  readonly mapping: Mapping;
  readonly columns: readonly string[];
  readonly known: readonly string[];
  /** Whether a header says what every row has: then a column that the mapping names must be there. */
  readonly isTable: boolean;
}): Binding {
  const { schema, mapping, columns, known, isTable } = parameters;
  const named = (name: string | undefined): string | undefined =>
    name === undefined || isTable || columns.includes(name) ? name : undefined;
  const amounts = amountsOf(schema, mapping);
  const plan: Plan = {
    account: mapping.account ?? ACCOUNT,
    commitment: named(mapping.commitment ?? optional(columns, 'commitment')),
    expiresAt: named(mapping.expiresAt ?? optional(columns, 'expiresAt')),
    feeds: schema.fields.map((field) => ({
      field,
      column: columnOf(field.name, mapping, columns),
      isAmount: amounts.includes(field),
    })),
  };
  const used = usedColumns(plan, mapping);
  const missing = used.find((name) => !columns.includes(name));
  if (missing !== undefined) return { kind: 'missing', column: missing };
  const silent = [...used, ...known, ...mapping.ignore];
  const unknown = columns.find((name) => !silent.includes(name) && !silent.includes(outer(name)));
  if (unknown !== undefined) return { kind: 'unknown', column: unknown };
  return { kind: 'bound', plan };
}

function usedColumns(plan: Plan, mapping: Mapping): readonly string[] {
  const used = [
    plan.account,
    plan.commitment,
    plan.expiresAt,
    ...plan.feeds.map((feed) => feed.column),
  ];
  const columns = used.filter((name) => name !== undefined);
  const twice = columns.find((name, i) => columns.indexOf(name) !== i);
  if (twice !== undefined)
    throw invalidInput('mapping', twice, 'a column must feed one thing only');
  const both = columns.find((name) => mapping.ignore.includes(name));
  if (both !== undefined)
    throw invalidInput('mapping.ignore', both, 'must not name what feeds something');
  return columns;
}

function optional(columns: readonly string[], name: string): string | undefined {
  return columns.includes(name) ? name : undefined;
}

function columnOf(name: string, { fields }: Mapping, columns: readonly string[]): string {
  const given = Object.hasOwn(fields, name) ? fields[name] : undefined;
  if (given !== undefined) return given;
  const names = name === 'amount' ? AMOUNT_COLUMNS : [name];
  return names.find((candidate) => columns.includes(candidate)) ?? name;
}

/** `flags` of `flags.isUser`. */
function outer(name: string): string {
  return name.split('.', 1)[0] ?? name;
}
