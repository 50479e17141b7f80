/**
 * A batch to issue or to invite, row by row and never whole in memory: CSV (RFC 4180, with a header line) or JSON lines.
 *
 * | CSV column | JSON key | means |
 * |---|---|---|
 * | `identifier` | `identifier` | whom the row is about; subject.ts has its normal forms |
 * | `commitment` | `commitment` | the holder's; only where the batch needs it |
 * | `expiresAt`, may be left out | `expiresAt`, may be left out | Unix seconds, or `YYYY-MM-DD` for the last second of that UTC day; empty = never |
 * | one for each field of the schema | `values`, an object | what is attested, as value.ts reads it |
 *
 * Rows are personal data: an error names the line, the field and the rule, never what stands there.
 * @module
 */
import { z } from 'zod';
import { EligoError } from '../errors.ts';
import { parseJson } from '../protocol/codec.ts';
import { NEVER, toField, type Field } from '../protocol/field.ts';
import type { Schema } from '../protocol/schema.ts';
import { encodeValues, type Values } from '../protocol/value.ts';
import { badRow, csvRecords, readExpiry, readLines, within, type Line } from './text.ts';

/** One row, checked and encoded. */
export type Row = {
  /** The line on which it begins, counted from 1. */
  readonly line: number;
  /** As it was written: its kind is not known here. */
  readonly identifier: string;
  /** Present where the batch needs it. */
  readonly commitment?: Field;
  /** Unix seconds; `NEVER` if the row names none. */
  readonly expiresAt: bigint;
  readonly values: Values;
};

/** The ways to write a batch. */
export type RowFormat = 'csv' | 'jsonl';

/** A row as it was written. */
type RawRow = {
  readonly line: number;
  readonly identifier: string;
  readonly commitment?: string | undefined;
  readonly expiresAt?: string | undefined;
  readonly values: Readonly<Record<string, string | boolean>>;
};

/**
 * Reads a batch.
 * @param parameters.chunks          the text in pieces of any length
 * @param parameters.needsCommitment each row names the holder's commitment; if false, none may
 * @throws {InvalidInput} while it is read, naming the line, the field and the rule
 * @example for await (const row of readRows({ format: 'csv', chunks, schema, needsCommitment: true })) …
 */
export async function* readRows(parameters: {
  readonly format: RowFormat;
  readonly chunks: AsyncIterable<string>;
  readonly schema: Schema;
  readonly needsCommitment: boolean;
}): AsyncGenerator<Row> {
  const { format, chunks, schema, needsCommitment } = parameters;
  const lines = readLines(chunks);
  const rows =
    format === 'csv' ? readCsv(lines, schema, needsCommitment) : readJsonLines(lines, schema);
  for await (const row of rows) yield checkRow(row, schema, needsCommitment);
}

function checkRow(row: RawRow, schema: Schema, needsCommitment: boolean): Row {
  const { line, identifier, commitment } = row;
  if (identifier.trim() === '') throw badRow(line, 'identifier', 'must not be empty');
  if (!needsCommitment && commitment !== undefined)
    throw badRow(line, 'commitment', 'must be absent: this batch takes none');
  return within(line, () => ({
    line,
    identifier,
    ...(needsCommitment && { commitment: toField(commitment, 'commitment') }),
    expiresAt: readExpiry(row.expiresAt ?? '', NEVER),
    values: encodeRow(schema, row),
  }));
}

function encodeRow(schema: Schema, { line, values }: RawRow): Values {
  const empty = Object.keys(values).find((name) => values[name] === '');
  if (empty !== undefined) throw badRow(line, `values.${empty}`, 'every field needs a value');
  return encodeValues(schema, values);
}

async function* readCsv(
  lines: AsyncIterable<Line>,
  schema: Schema,
  needsCommitment: boolean,
): AsyncGenerator<RawRow> {
  const columns = csvColumns(schema, needsCommitment);
  let header: readonly string[] | undefined;
  for await (const { line, cells } of csvRecords(lines)) {
    if (header === undefined) {
      header = checkHeader(line, cells, columns);
      continue;
    }
    if (cells.length !== header.length) {
      const rule = `must have ${header.length} columns as its header has, not ${cells.length}`;
      throw badRow(line, undefined, rule);
    }
    const named = Object.fromEntries(
      header.map((name, i) => [name, (cells[i] ?? '').normalize('NFC')]),
    );
    const { identifier = '', commitment, expiresAt, ...values } = named;
    yield { line, identifier, commitment, expiresAt, values };
  }
  if (header === undefined) throw badRow(1, undefined, 'must be a header that names the columns');
}

type Columns = { readonly required: readonly string[]; readonly optional: readonly string[] };

/** A schema whose fields are named like the batch's own columns can't be written in CSV. */
function csvColumns(schema: Schema, needsCommitment: boolean): Columns {
  const own = ['identifier', 'commitment', 'expiresAt'];
  const fields = schema.fields.map((field) => field.name);
  const taken = fields.find((name) => own.includes(name));
  if (taken !== undefined) {
    const rule = 'is a column of every batch: use JSON lines for this schema';
    throw badRow(1, `the field ${taken} of the schema`, rule);
  }
  const commitment = needsCommitment ? ['commitment'] : [];
  return { required: ['identifier', ...commitment, ...fields], optional: ['expiresAt'] };
}

/** A file without a header shows its first row here: a column is named by its number. */
function checkHeader(line: number, names: readonly string[], columns: Columns): readonly string[] {
  const known = [...columns.required, ...columns.optional];
  names.forEach((name, i) => {
    if (!known.includes(name))
      throw badRow(line, `column ${i + 1}`, `must be one of ${known.join(', ')}`);
    if (names.indexOf(name) !== i) throw badRow(line, name, 'must not be a column twice');
  });
  const missing = columns.required.find((name) => !names.includes(name));
  if (missing !== undefined) throw badRow(line, missing, 'must be a column');
  return names;
}

const jsonShape = z.strictObject({
  identifier: z.string('must be text'),
  commitment: z.string('must be text').optional(),
  expiresAt: z.string('must be text').optional(),
  values: z.record(
    z.string(),
    z.union([z.string(), z.boolean()], 'must be text, or true or false'),
    'must be an object with a value for each field',
  ),
});

async function* readJsonLines(lines: AsyncIterable<Line>, schema: Schema): AsyncGenerator<RawRow> {
  const fields = schema.fields.map((field) => field.name);
  for await (const { number: line, text } of lines) {
    if (text.trim() === '') continue;
    const document = parseLine(line, text);
    const row = jsonShape.safeParse(document);
    if (!row.success) throw shapeFault(line, row.error, fields);
    // Looked for where they were written: zod leaves out a key named __proto__.
    const { values } = document as { readonly values: object };
    if (!Object.keys(values).every((name) => fields.includes(name)))
      throw badRow(line, 'values', `must hold ${fields.join(', ')} and nothing else`);
    yield { line, ...row.data };
  }
}

/** The parser names the keys around a fault, and a key may be anything. */
function parseLine(line: number, text: string): unknown {
  try {
    return parseJson(text, 'row');
  } catch (error) {
    const rule = error instanceof EligoError ? error.data['rule'] : undefined;
    throw typeof rule === 'string' ? badRow(line, undefined, rule) : error;
  }
}

/** Only keys that the batch knows are named. */
function shapeFault(line: number, error: z.ZodError, fields: readonly string[]): EligoError {
  const issue = error.issues[0];
  const [key, name] = (issue?.path ?? []).map(String);
  if (key === undefined) {
    const keys = Object.keys(jsonShape.shape).join(', ');
    return badRow(line, undefined, `must be an object of ${keys} and nothing else`);
  }
  const field = name !== undefined && fields.includes(name) ? `${key}.${name}` : key;
  return badRow(line, field, issue?.message ?? 'invalid');
}
