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
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { CsvError, parse } from 'csv-parse';
import { z } from 'zod';
import { EligoError } from '../errors.ts';
import { DAY } from '../protocol/attestation.ts';
import { parseJson } from '../protocol/codec.ts';
import { NEVER, toField, toTime, type Field } from '../protocol/field.ts';
import type { Schema } from '../protocol/schema.ts';
import { EPOCH_DAY, encodeDate, encodeValues, type Values } from '../protocol/value.ts';

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

/** The longest line, and the longest record over several lines, in UTF-16 units. */
const MAX_LINE = 1_048_576;

type Line = { readonly number: number; readonly text: string };

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
    expiresAt: readExpiry(row.expiresAt ?? ''),
    values: encodeRow(schema, row),
  }));
}

function encodeRow(schema: Schema, { line, values }: RawRow): Values {
  const empty = Object.keys(values).find((name) => values[name] === '');
  if (empty !== undefined) throw badRow(line, `values.${empty}`, 'every field needs a value');
  return encodeValues(schema, values);
}

/** Unix seconds, or the last second of a UTC day. */
function readExpiry(text: string): bigint {
  if (text === '') return NEVER;
  if (!text.includes('-')) return toTime(text, 'expiresAt');
  const day = encodeDate(text, 'expiresAt') - EPOCH_DAY;
  return toTime((day + 1n) * DAY - 1n, 'expiresAt');
}

/** Lines without their line feeds; `\r\n` leaves its `\r`. */
async function* readLines(chunks: AsyncIterable<string>): AsyncGenerator<Line> {
  let number = 1;
  let rest = '';
  for await (const chunk of chunks) {
    const parts = chunk.split('\n');
    const last = parts.pop() ?? '';
    for (const part of parts) {
      yield checkLine(number, rest + part);
      number += 1;
      rest = '';
    }
    rest += last;
    refuseLong(number, rest);
  }
  if (rest !== '') yield checkLine(number, rest);
}

function checkLine(number: number, text: string): Line {
  refuseLong(number, text);
  // Bytes that are no UTF-8 have become replacement characters: different names would be one.
  if (/[\0\ufffd]|\p{Surrogate}/u.test(text)) {
    throw badRow(number, undefined, 'must be UTF-8 text without NUL bytes');
  }
  return { number, text: number === 1 ? text.replace(/^\ufeff/, '') : text };
}

function refuseLong(line: number, text: string): void {
  if (text.length > MAX_LINE) throw badRow(line, undefined, 'must be at most 1 MiB long');
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

type CsvRecord = {
  readonly record: readonly string[];
  readonly info: { readonly lines: number };
};

async function* csvRecords(
  lines: AsyncIterable<Line>,
): AsyncGenerator<{ readonly line: number; readonly cells: readonly string[] }> {
  const parser = parse({
    info: true,
    max_record_size: MAX_LINE,
    record_delimiter: ['\r\n', '\n'],
    relax_column_count: true,
    skip_empty_lines: true,
  });
  const texts = async function* (): AsyncGenerator<string> {
    for await (const { text } of lines) yield `${text}\n`;
  };
  // Whatever ends the pipeline early also ends the loop below, and is thrown there.
  pipeline(Readable.from(texts()), parser).catch(() => undefined);
  try {
    for await (const { record, info } of parser as AsyncIterable<CsvRecord>) {
      const within = record.reduce((count, cell) => count + cell.split('\n').length - 1, 0);
      yield { line: info.lines - within, cells: record };
    }
  } catch (error) {
    throw error instanceof CsvError ? csvFault(error) : error;
  }
}

const CSV_RULES: Readonly<Record<string, string>> = {
  CSV_MAX_RECORD_SIZE: 'must be at most 1 MiB long',
  CSV_QUOTE_NOT_CLOSED: 'is the last, and a quote is still open',
  CSV_INVALID_CLOSING_QUOTE: 'must have nothing between a closing quote and the next comma',
  INVALID_OPENING_QUOTE: 'must have its quotes around whole values, and doubled inside them',
};

/** csv-parse's own message repeats the value. */
function csvFault(error: CsvError): EligoError {
  const line = typeof error['lines'] === 'number' ? error['lines'] : 1;
  return badRow(line, undefined, CSV_RULES[error.code] ?? 'must be valid CSV');
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

/** Adds the line to what is wrong with a row, and leaves the value out. */
function within<T>(line: number, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof EligoError) || error.data['line'] !== undefined) throw error;
    const { field, rule } = error.data;
    throw badRow(line, typeof field === 'string' ? field : undefined, String(rule));
  }
}

function badRow(line: number, field: string | undefined, rule: string): EligoError {
  const where = field === undefined ? `line ${line}` : `line ${line}, ${field}`;
  return new EligoError('InvalidInput', `${where} ${rule}`, { line, field, rule });
}
