/**
 * The files in which people already stand, read row by row and never whole in memory, as they are or packed by gzip (known
 * by its first bytes, whatever the name):
 *
 * | format | what | its amounts' column or key |
 * |---|---|---|
 * | `csv` | CSV with a header | `amount` |
 * | `uniswap` | a Merkle distributor's JSON, see uniswap.ts | `amount`, `earnings` in a list |
 * | `openzeppelin` | the dump of a StandardMerkleTree, see openZeppelin.ts | `amount` |
 * | `tokentable` | TokenTable's unlocks in CSV, see csv.ts | `claimableAmount` |
 *
 * What is wrong with a file as a whole ends the reading with an error that names the line; what is wrong with one row's
 * values excludes it. Rows are personal data: neither says what stands there. mapping.ts has what feeds what.
 * @module
 */
import { EligoError, invalidInput } from '../../errors.ts';
import type { Schema } from '../../protocol/schema.ts';
import type { Units } from './amount.ts';
import { readText, type SourceDigest, type SourceInput } from './bytes.ts';
import { TOKEN_TABLE_COLUMNS, readCsvRows, readTokenTable } from './csv.ts';
import { NO_MAPPING, amountsOf, type Mapping } from './mapping.ts';
import { readOpenZeppelin } from './openZeppelin.ts';
import type { ImportRecord } from './record.ts';
import { createRowReader, type RowReader } from './row.ts';
import { UNISWAP_KEYS, readUniswap } from './uniswap.ts';

export type { SourceDigest, SourceInput } from './bytes.ts';

/** How a source's file is written. */
export const SOURCE_FORMATS = ['csv', 'uniswap', 'openzeppelin', 'tokentable'] as const;

/** One of them. */
export type SourceFormat = (typeof SOURCE_FORMATS)[number];

/** What to read, and how. */
export type SourceFileParameters = {
  readonly input: SourceInput;
  readonly format: SourceFormat;
  readonly schema: Schema;
  /** Which column or key feeds what; by equal names if left out. `readMapping` of mapping.ts reads one. */
  readonly mapping?: Mapping | undefined;
  readonly units: Units;
  /** Unix seconds, `NEVER` for no expiry: of every row that names none itself. */
  readonly expiresAt: bigint;
  /** Unix seconds: a row that expired before is excluded. */
  readonly now: bigint;
  /** Of TokenTable's rows, the group to read. */
  readonly group?: string | undefined;
  /** Called once, after the last record. */
  readonly onDigest?: ((digest: SourceDigest) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
};

/** Columns and keys of each format that may feed nothing. */
const KNOWN: Readonly<Record<SourceFormat, readonly string[]>> = {
  csv: [],
  uniswap: UNISWAP_KEYS,
  openzeppelin: [],
  tokentable: TOKEN_TABLE_COLUMNS,
};

/**
 * The names of the schema's fields that are amounts: those in the units of the import, which are added where several rows
 * are parts of one attestation.
 * @throws {InvalidInput} if the mapping doesn't fit the schema
 */
export function amountFields(schema: Schema, mapping?: Mapping): readonly string[] {
  return amountsOf(schema, mapping).map(({ name }) => name);
}

/**
 * Reads a source's file in its own order.
 * @throws {InvalidInput} while it is read, naming the line, the field and the rule: no such file at all, and nothing of it
 *   may be issued
 * @throws {FileUnavailable}
 * @example
 * for await (const record of readSourceFile({
 *   input: { path: 'list.csv.gz' }, format: 'csv', schema, units: { kind: 'base' }, expiresAt: NEVER, now,
 * })) …
 */
export async function* readSourceFile(
  parameters: SourceFileParameters,
): AsyncGenerator<ImportRecord> {
  const { input, onDigest, signal } = parameters;
  checkFormat(parameters);
  const reader = createRowReader({
    ...parameters,
    mapping: parameters.mapping ?? NO_MAPPING,
    known: KNOWN[parameters.format],
    takesHex: isJson(parameters.format),
    isTable: !isJson(parameters.format),
  });
  const digests: SourceDigest[] = [];
  const text = (): AsyncIterable<string> =>
    readText(input, { onDigest: (digest) => void digests.push(digest), signal });
  yield* readFormat(parameters, text, reader);
  const [first, second = first] = digests;
  if (first?.sha256 !== second?.sha256)
    throw new EligoError('FileUnavailable', 'the file changed while it was read');
  if (first) onDigest?.(first);
}

function readFormat(
  { format, input, units, group, mapping = NO_MAPPING }: SourceFileParameters,
  text: () => AsyncIterable<string>,
  reader: RowReader,
): AsyncGenerator<ImportRecord> {
  switch (format) {
    case 'csv':
      return readCsvRows(text(), reader);
    case 'tokentable':
      return readTokenTable(text(), reader, group);
    case 'uniswap':
      return readUniswap(text(), reader, { mapping, units });
    case 'openzeppelin':
      return readOpenZeppelin(text(), 'path' in input ? text : undefined, reader, mapping);
  }
}

function checkFormat({ format, group, mapping }: SourceFileParameters): void {
  if (group !== undefined && format !== 'tokentable')
    throw invalidInput('group', undefined, 'goes with the format tokentable');
  if (mapping?.numerals !== undefined && format !== 'uniswap')
    throw invalidInput('mapping.numerals', mapping.numerals, 'goes with the format uniswap');
}

function isJson(format: SourceFormat): boolean {
  return format === 'uniswap' || format === 'openzeppelin';
}
