/**
 * Data of foreign attestations: the source's schema as ABI parameters, its fields as values of ours.
 *
 * | field of ours | is fed by |
 * |---|---|
 * | `uint`, `amount` | an integer; digits as text |
 * | `datetime` | an integer (Unix seconds); text as value.ts reads it |
 * | `bool` | `bool`; text |
 * | `enum` | an integer, the label's position; the label as text |
 * | `date`, `country` | text |
 * | `tag` | text; bytes and addresses as lower-case hex |
 *
 * The commitment comes from an integer, 32 bytes or digits as text; 0 and empty text mean that there is none.
 * @module
 */
import {
  decodeAbiParameters,
  encodeAbiParameters,
  parseAbiParameters,
  type AbiParameter,
  type Hex,
} from 'viem';
import { EligoError, invalidInput } from '../../errors.ts';
import { toField, type Field } from '../../protocol/field.ts';
import type { Schema, SchemaField } from '../../protocol/schema.ts';
import { encodeValue, type ValueInput, type Values } from '../../protocol/value.ts';
import type { Mapping } from './mapping.ts';
import type { ExclusionRule } from './record.ts';

/** Which of the source's fields, by position, feeds what. */
export type DataPlan = {
  readonly fields: readonly AbiParameter[];
  readonly tuples: boolean;
  readonly feeds: readonly { readonly field: SchemaField; readonly position: number }[];
  readonly commitment: number | undefined;
};

/** What data comes to, or why to nothing. */
export type Reading =
  | { readonly values: Values; readonly commitment: Field | undefined }
  | { readonly rule: ExclusionRule; readonly detail: string };

/**
 * The fields of a schema that is written as Solidity's parameters, with or without brackets around all.
 * @throws {InvalidInput}
 * @example parseFields('uint96 amount, bool kyc')
 */
export function parseFields(text: string): readonly AbiParameter[] {
  const written = text.trim().replace(/\bipfsHash\b(?=\s)/g, 'bytes32'); // EAS' own alias
  if (written === '' || written === '()') return [];
  try {
    const fields: readonly AbiParameter[] = parseAbiParameters(written);
    return unwrap(fields);
  } catch (error) {
    const message = 'the source schema is not written as parameters of Solidity';
    throw new EligoError('InvalidInput', message, { field: 'sourceSchema' }, error);
  }
}

function unwrap(fields: readonly AbiParameter[]): readonly AbiParameter[] {
  const [only, ...more] = fields;
  const wrapped = only?.type === 'tuple' && !('name' in only) && more.length === 0;
  return wrapped && 'components' in only ? only.components : fields;
}

/**
 * Plans which of the source's fields feeds what.
 * @throws {InvalidInput} where a field of ours isn't fed, one of the source's is forgotten, or types don't go together
 */
export function planData(parameters: {
  readonly fields: readonly AbiParameter[];
  readonly tuples: boolean;
  readonly schema: Schema;
  readonly mapping?: Mapping | undefined;
}): DataPlan {
  const { fields, tuples, schema, mapping } = parameters;
  const names = fields.map(({ name }, i) => name ?? `#${i}`);
  for (const key of ['account', 'expiresAt'] as const)
    if (mapping?.[key] !== undefined)
      throw invalidInput(`mapping.${key}`, mapping[key], 'must be absent: attestations have it');
  const find = (path: string, name: string, fits: (type: string) => boolean): number => {
    const position = names.indexOf(name);
    if (position < 0 || names.lastIndexOf(name) !== position)
      throw invalidInput(path, name, `must be one of the source's fields (${names.join(', ')})`);
    const type = fields[position]?.type ?? '';
    if (!fits(type)) throw invalidInput(path, name, `can't be fed by a field of type ${type}`);
    return position;
  };
  const feeds = schema.fields.map((field) => {
    const name = mapping?.fields[field.name] ?? field.name;
    return { field, position: find(`mapping.fields.${field.name}`, name, feedsField(field)) };
  });
  const commitmentName =
    mapping?.commitment ?? (names.includes('commitment') ? 'commitment' : undefined);
  const commitment =
    commitmentName === undefined
      ? undefined
      : find('mapping.commitment', commitmentName, (type) =>
          /^(u?int|bytes32$|string$)/.test(type),
        );
  const used = new Set([...feeds.map(({ position }) => position), commitment]);
  const ignored = (mapping?.ignore ?? []).map((name) => find('mapping.ignore', name, () => true));
  checkForgotten(names, used, ignored);
  return { fields, tuples, feeds, commitment };
}

/** No silent skip: what feeds nothing is listed under `ignore`. */
function checkForgotten(
  names: readonly string[],
  used: ReadonlySet<number | undefined>,
  ignored: readonly number[],
): void {
  const forgotten = names.filter((_, i) => !used.has(i) && !ignored.includes(i));
  if (forgotten.length > 0)
    throw invalidInput('mapping.ignore', forgotten.join(), "must list the source's other fields");
}

function feedsField(field: SchemaField): (type: string) => boolean {
  return (type) => {
    if (type.includes('[') || type === 'tuple') return false;
    if (type === 'string') return true;
    switch (field.type) {
      case 'uint':
      case 'amount':
      case 'datetime':
      case 'enum':
        return /^u?int/.test(type);
      case 'bool':
        return type === 'bool';
      case 'tag':
        return /^(bytes|address)/.test(type);
      default:
        return false;
    }
  };
}

/**
 * The fields' values in data: flat, or else as one tuple, whichever encodes to the same bytes again. Anything else is not
 * what its schema says: undefined.
 */
export function decodeData(
  { fields, tuples }: Pick<DataPlan, 'fields' | 'tuples'>,
  data: Hex,
): readonly unknown[] | undefined {
  const flat = decodeExactly(fields, data);
  if (flat !== undefined || !tuples) return flat;
  // Named by position: viem makes lists of tuples whose parts have no names, objects of others.
  const components = fields.map((field) => ({ ...field, name: '' }));
  const [tuple] = decodeExactly([{ type: 'tuple', components }], data) ?? [];
  return Array.isArray(tuple) ? tuple : undefined;
}

function decodeExactly(fields: readonly AbiParameter[], data: Hex): readonly unknown[] | undefined {
  if (fields.length === 0) return data === '0x' ? [] : undefined;
  try {
    const values: readonly unknown[] = decodeAbiParameters(fields, data);
    return encodeAbiParameters(fields, values) === data.toLowerCase() ? values : undefined;
  } catch {
    return undefined;
  }
}

/** What data says, by the plan. */
export function readData(plan: DataPlan, data: Hex): Reading {
  const decoded = decodeData(plan, data);
  if (decoded === undefined)
    return { rule: 'bad-data', detail: 'data: must be what the source schema says, byte for byte' };
  const slots: [bigint, bigint, bigint, bigint] = [0n, 0n, 0n, 0n];
  for (const { field, position } of plan.feeds) {
    try {
      slots[field.slot] = encodeValue(field, toInput(field, decoded[position]), field.name);
    } catch (error) {
      const rule = field.type === 'uint' || field.type === 'amount' ? 'bad-amount' : 'bad-value';
      return { rule, detail: detailOf(field.name, error) };
    }
  }
  try {
    const held = plan.commitment === undefined ? undefined : decoded[plan.commitment];
    return { values: slots, commitment: toCommitment(held) };
  } catch (error) {
    return { rule: 'bad-commitment', detail: detailOf('commitment', error) };
  }
}

function toInput(field: SchemaField, value: unknown): ValueInput {
  if (typeof value === 'boolean') return value;
  const integer = typeof value === 'number' || typeof value === 'bigint';
  if (!integer) return field.type === 'tag' ? tagText(String(value)) : String(value);
  if (field.type !== 'enum') return BigInt(value);
  const label = field.labels?.[Number(value)];
  if (label === undefined)
    throw invalidInput(field.name, undefined, 'must be the position of a label');
  return label;
}

function tagText(text: string): string {
  return /^0x[0-9a-fA-F]*$/.test(text) ? text.toLowerCase() : text;
}

function toCommitment(value: unknown): Field | undefined {
  if (value === undefined || value === '') return undefined;
  const text = typeof value === 'string' ? value : (value as bigint).toString();
  const commitment = toField(/^0x[0-9a-fA-F]{64}$/.test(text) ? BigInt(text) : text, 'commitment');
  return commitment === 0n ? undefined : commitment;
}

/** The field and the rule, never the value. */
function detailOf(field: string, error: unknown): string {
  if (!(error instanceof EligoError)) throw error;
  return `${field}: ${String(error.data['rule'] ?? 'must be a value of its type')}`;
}
