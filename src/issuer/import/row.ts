/**
 * A source's row, whatever its format: named cells in, a record or the reason for leaving it out.
 * @module
 */
import { getAddress, zeroAddress } from 'viem';
import { EligoError } from '../../errors.ts';
import { toField, type Field } from '../../protocol/field.ts';
import type { Schema } from '../../protocol/schema.ts';
import { encodeValue, type ValueInput, type Values } from '../../protocol/value.ts';
import { badRow, readExpiry } from '../text.ts';
import { amountRule, checkUnits, parseAmount, type Units } from './amount.ts';
import {
  bindMapping,
  checkMapping,
  type Binding,
  type Feed,
  type Mapping,
  type Plan,
} from './mapping.ts';
import type { AttestRecord, ExcludeRecord, ExclusionRule } from './record.ts';

/** A row as it was written. */
export type SourceRow = {
  readonly line: number;
  /** Which of the rows it is, counted from 1, where a line may hold several. */
  readonly entry?: number | undefined;
  /** By column or key; undefined for what is no text, number or boolean. */
  readonly cells: ReadonlyMap<string, string | undefined>;
  /** Which part of its account's attestation it is. */
  readonly part?: string | undefined;
};

/** How rows of one source are read. */
export type RowOptions = {
  readonly schema: Schema;
  readonly mapping: Mapping;
  readonly units: Units;
  readonly expiresAt: bigint;
  readonly now: bigint;
  /** Columns of the format itself that may feed nothing. */
  readonly known: readonly string[];
  /** Whether base units may be 0x and hex digits. */
  readonly takesHex: boolean;
  /** Whether a header says what every row has. */
  readonly isTable: boolean;
};

/** Reads the rows of one source. */
export type RowReader = {
  /** Checks a header, once for all rows. @throws {InvalidInput} naming the column that is missing or feeds nothing */
  readonly header: (line: number, columns: readonly string[]) => void;
  /** @throws {InvalidInput} naming the key that feeds nothing */
  readonly read: (row: SourceRow) => AttestRecord | ExcludeRecord;
};

type Fault = { readonly rule: ExclusionRule; readonly detail: string };

/** JSON rows of one file seldom have more than a few sets of keys. */
const MAX_BINDINGS = 64;

/** @throws {InvalidInput} if the mapping or the units don't fit the schema */
export function createRowReader(options: RowOptions): RowReader {
  checkMapping(options.schema, options.mapping, checkUnits(options.units));
  const bindings = new Map<string, Binding>();
  const bind = (columns: readonly string[]): Binding => {
    const key = columns.join('\0');
    const found = bindings.get(key);
    if (found) return found;
    if (bindings.size === MAX_BINDINGS) bindings.clear();
    const binding = bindMapping({ ...options, columns });
    bindings.set(key, binding);
    return binding;
  };
  return {
    header: (line, columns) => {
      const binding = bind(columns);
      if (binding.kind === 'missing') throw badRow(line, binding.column, 'must be a column');
      if (binding.kind === 'unknown') throw feedsNothing(line, binding.column, columns);
    },
    read: (row) => {
      const columns = [...row.cells.keys()];
      const binding = bind(columns);
      if (binding.kind === 'unknown') throw feedsNothing(row.line, binding.column, columns);
      if (binding.kind === 'missing')
        return exclude(row, { rule: 'bad-row', detail: `${binding.column} must be given` });
      return readRow(row, binding.plan, options);
    },
  };
}

/** What was left out, and why. */
export function exclude(
  row: Pick<SourceRow, 'line' | 'entry'>,
  { rule, detail }: Fault,
): ExcludeRecord {
  return { kind: 'exclude', ...identify(row), rule, detail };
}

/** A file without a header, or keys that are people's: only what looks like a name is repeated. */
export function feedsNothing(line: number, name: string, columns: readonly string[]): EligoError {
  const isName = /^[A-Za-z_][A-Za-z0-9_.-]{0,63}$/.test(name);
  const shown = isName ? name : `column ${columns.indexOf(name) + 1}`;
  return badRow(line, shown, 'feeds nothing: the mapping must name it, or ignore it');
}

function identify({ line, entry }: Pick<SourceRow, 'line' | 'entry'>) {
  if (entry === undefined) return { place: `line ${line}`, id: `line ${line}` };
  return { place: `line ${line}, entry ${entry}`, id: `entry ${entry}` };
}

function readRow(row: SourceRow, plan: Plan, options: RowOptions): AttestRecord | ExcludeRecord {
  const { cells, part } = row;
  const account = (cells.get(plan.account) ?? '').trim();
  const accountFault = faultOfAccount(account, plan.account);
  if (accountFault) return exclude(row, accountFault);
  const commitment = readCommitment(cells, plan);
  if (typeof commitment === 'object') return exclude(row, commitment);
  const expiresAt = readRowExpiry(cells, plan, options);
  if (typeof expiresAt === 'object') return exclude(row, expiresAt);
  const values = readValues(cells, plan, options);
  if ('rule' in values) return exclude(row, values);
  return {
    kind: 'attest',
    ...identify(row),
    account,
    commitment,
    expiresAt,
    values,
    ...(part !== undefined && { part }),
  };
}

function faultOfAccount(text: string, column: string): Fault | undefined {
  if (!/^0x[0-9a-fA-F]{40}$/.test(text))
    return { rule: 'bad-address', detail: `${column} must be 0x and 40 hex digits` };
  const digits = text.slice(2);
  const mixesCases = digits !== digits.toLowerCase() && digits !== digits.toUpperCase();
  if (mixesCases && getAddress(text.toLowerCase()) !== text) {
    const detail = `${column} must have a right EIP-55 checksum where it mixes cases`;
    return { rule: 'bad-checksum', detail };
  }
  if (text === zeroAddress)
    return { rule: 'zero-address', detail: `${column} must not be the zero address` };
  return undefined;
}

/** Undefined where the row brings none. */
function readCommitment(
  cells: SourceRow['cells'],
  { commitment: column }: Plan,
): Field | undefined | Fault {
  if (column === undefined) return undefined;
  const text = cells.get(column);
  if (text === '') return undefined;
  return attempt('bad-commitment', column, () => toField(text, column));
}

function readRowExpiry(
  cells: SourceRow['cells'],
  { expiresAt: column }: Plan,
  { expiresAt, now }: RowOptions,
): bigint | Fault {
  const name = column ?? 'expiresAt';
  const text = column === undefined ? '' : cells.get(column);
  if (text === undefined) return { rule: 'bad-expiry', detail: `${name} must be text` };
  const read = attempt('bad-expiry', name, () => readExpiry(text, expiresAt));
  if (typeof read === 'object' || read >= now) return read;
  return { rule: 'expired', detail: `${name} must not have passed` };
}

function readValues(
  cells: SourceRow['cells'],
  { feeds }: Plan,
  options: RowOptions,
): Values | Fault {
  const slots: [bigint, bigint, bigint, bigint] = [0n, 0n, 0n, 0n];
  for (const feed of feeds) {
    const value = readValue(cells.get(feed.column), feed, options);
    if (typeof value === 'object') return value;
    slots[feed.field.slot] = value;
  }
  return slots;
}

function readValue(text: string | undefined, feed: Feed, options: RowOptions): bigint | Fault {
  const { field, column, isAmount } = feed;
  const rule = isAmount ? 'bad-amount' : 'bad-value';
  if (text === undefined || text === '') return { rule, detail: `${column} must have a value` };
  let value: ValueInput | undefined = plainValue(text, feed);
  if (isAmount) value = parseAmount(text, options.units, options.takesHex);
  if (value === undefined)
    return { rule, detail: `${column} ${amountRule(options.units, options.takesHex)}` };
  const input = value;
  return attempt(rule, column, () => encodeValue(field, input, column));
}

/** Sources write what is true as 1, too. */
function plainValue(text: string, { field }: Feed): ValueInput {
  if (field.type === 'bool' && (text === '1' || text === '0')) return text === '1';
  return text.normalize('NFC');
}

/** The rule that a value breaks: an error of the protocol would repeat the value. */
function attempt<T>(rule: ExclusionRule, column: string, work: () => T): T | Fault {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof EligoError)) throw error;
    return { rule, detail: `${column} ${String(error.data['rule'])}` };
  }
}
