/**
 * How a value is written into its slot (u96), one rule per field type (PROTOCOL.md section 2, "Schema").
 * @module
 */
import { invalidInput } from '../errors.ts';
import { checkText } from './codec.ts';
import { COUNTRIES } from './countries.ts';
import { keccak256, stringToBytes } from './evm.ts';
import { MAX_VALUE, toInteger, toTime } from './field.ts';
import type { Schema, SchemaField } from './schema.ts';

/** A value as people write it: text (labels, codes, dates, decimal digits), a bigint, or a boolean. */
export type ValueInput = string | bigint | boolean;

/** The four slots, u96 each. */
export type Values = readonly [bigint, bigint, bigint, bigint];

/** 1970-01-01 as a date's value. */
export const EPOCH_DAY = 719_162n;

const LAST_DAY = 3_652_058n; // 9999-12-31
const DAY_MS = 86_400_000;

/**
 * Encodes one value for its slot.
 * @param path what the error names
 * @returns u96
 * @throws {InvalidInput}
 */
export function encodeValue(field: SchemaField, value: ValueInput, path: string): bigint {
  switch (field.type) {
    case 'uint':
    case 'amount':
      return toInteger(value, path, MAX_VALUE);
    case 'datetime':
      return toTime(value, path);
    case 'bool':
      if (value === true || value === 'true') return 1n;
      if (value === false || value === 'false') return 0n;
      throw invalidInput(path, value, 'must be true or false');
    case 'date':
      return encodeDate(value, path);
    case 'enum':
      return positionIn(field.labels ?? [], value, path, 'must be one of the labels');
    case 'country':
      return positionIn(COUNTRIES, value, path, 'must be an ISO 3166-1 alpha-2 code such as');
    case 'tag':
      if (typeof value !== 'string') throw invalidInput(path, value, 'must be text');
      return BigInt(keccak256(stringToBytes(checkText(value.normalize('NFC'), path)))) >> 160n;
  }
}

/**
 * Encodes a value for each field of the schema; a slot that no field takes is 0. Absent is not false and not 0: every
 * field needs its value, and a name that the schema doesn't know is refused.
 * @throws {InvalidInput} naming the field, the value and the rule
 */
export function encodeValues(schema: Schema, values: Readonly<Record<string, ValueInput>>): Values {
  const unknown = Object.keys(values).find(
    (name) => !schema.fields.some((field) => field.name === name),
  );
  if (unknown !== undefined) {
    throw invalidInput(
      `values.${unknown}`,
      values[unknown],
      `is not a field of the schema "${schema.document.name}"`,
    );
  }
  const slots: [bigint, bigint, bigint, bigint] = [0n, 0n, 0n, 0n];
  for (const field of schema.fields) {
    const value = values[field.name];
    if (value === undefined)
      throw invalidInput(`values.${field.name}`, 'missing', 'every field needs a value');
    slots[field.slot] = encodeValue(field, value, `values.${field.name}`);
  }
  return slots;
}

/**
 * What a slot says, for people: the inverse of `encodeValue`, but for a tag, which shows its 96 bits. A number that
 * `encodeValue` never gives is shown as the number it is.
 */
export function decodeValue(field: SchemaField, value: bigint): string {
  switch (field.type) {
    case 'bool':
      return ['false', 'true'][Number(value)] ?? value.toString();
    case 'date':
      if (value > LAST_DAY) return value.toString();
      return new Date(Number(value - EPOCH_DAY) * DAY_MS).toISOString().slice(0, 10);
    case 'enum':
      return field.labels?.[Number(value)] ?? value.toString();
    case 'country':
      return COUNTRIES[Number(value)] ?? value.toString();
    case 'tag':
      return `0x${value.toString(16).padStart(24, '0')}`;
    default:
      return value.toString();
  }
}

/**
 * A date's value: days since 0001-01-01 in the proleptic Gregorian calendar.
 * @throws {InvalidInput}
 */
export function encodeDate(value: ValueInput, path: string): bigint {
  const rule = 'must be a date YYYY-MM-DD from 0001-01-01 to 9999-12-31';
  const parts = typeof value === 'string' ? /^(\d{4})-(\d{2})-(\d{2})$/.exec(value) : null;
  if (!parts || typeof value !== 'string') throw invalidInput(path, value, rule);
  const date = new Date(0);
  date.setUTCFullYear(Number(parts[1]), Number(parts[2]) - 1, Number(parts[3]));
  const exists = date.toISOString().slice(0, 10) === value;
  if (!exists || parts[1] === '0000') throw invalidInput(path, value, rule);
  return BigInt(date.getTime() / DAY_MS) + EPOCH_DAY;
}

function positionIn(
  list: readonly string[],
  value: ValueInput,
  path: string,
  rule: string,
): bigint {
  const position = typeof value === 'string' ? list.indexOf(value) : -1;
  if (position < 0)
    throw invalidInput(
      path,
      value,
      `${rule} ${list.slice(0, 8).join(', ')}${list.length > 8 ? ', …' : ''}`,
    );
  return BigInt(position);
}
