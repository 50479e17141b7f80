/**
 * The text of whatever comes row by row: lines with a limit, CSV records, and errors that name a line and no value.
 * @module
 */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { CsvError, parse } from 'csv-parse';
import { EligoError } from '../errors.ts';
import { DAY } from '../protocol/attestation.ts';
import { toTime } from '../protocol/field.ts';
import { EPOCH_DAY, encodeDate } from '../protocol/value.ts';

/** The longest line, and the longest record over several lines, in UTF-16 units. */
export const MAX_LINE = 1_048_576;

/** A line and its number, counted from 1. */
export type Line = { readonly number: number; readonly text: string };

/**
 * Lines without their line feeds; `\r\n` leaves its `\r`.
 * @param chunks the text in pieces of any length; bytes that were no UTF-8 are replacement characters in it
 * @throws {InvalidInput} naming the line, if it is too long or no text
 */
export async function* readLines(chunks: AsyncIterable<string>): AsyncGenerator<Line> {
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

type CsvRecord = {
  readonly record: readonly string[];
  readonly info: { readonly lines: number };
};

/**
 * The records of CSV (RFC 4180), each with the line on which it begins. The first is the header.
 * @throws {InvalidInput} naming the line
 */
export async function* csvRecords(
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

/**
 * An expiry as people write it: Unix seconds, or the last second of a UTC day.
 * @param none what an empty text stands for
 * @throws {InvalidInput}
 */
export function readExpiry(text: string, none: bigint): bigint {
  if (text === '') return none;
  if (!text.includes('-')) return toTime(text, 'expiresAt');
  const day = encodeDate(text, 'expiresAt') - EPOCH_DAY;
  return toTime((day + 1n) * DAY - 1n, 'expiresAt');
}

/** Adds the line to what is wrong with a row, and leaves the value out. */
export function within<T>(line: number, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof EligoError) || error.data['line'] !== undefined) throw error;
    const { field, rule } = error.data;
    throw badRow(line, typeof field === 'string' ? field : undefined, String(rule));
  }
}

/** What is wrong with a line: the field, if it is one's fault, and the rule, never the value. */
export function badRow(line: number, field: string | undefined, rule: string): EligoError {
  const where = field === undefined ? `line ${line}` : `line ${line}, ${field}`;
  return new EligoError('InvalidInput', `${where} ${rule}`, { line, field, rule });
}
