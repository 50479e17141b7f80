/**
 * Between the protocol's values and a store's columns.
 * @module
 */
import { bytesToHex, hexToBytes, type Hex } from 'viem';
import { sql, type RawBuilder } from 'kysely';
import type { Field } from '../protocol/field.ts';

/** A field element or any other u256 as 32 bytes, big-endian. */
export function toBytes32(value: bigint | Hex): Uint8Array {
  return typeof value === 'bigint'
    ? Uint8Array.from(Buffer.from(value.toString(16).padStart(64, '0'), 'hex'))
    : hexToBytes(value);
}

/** 32 bytes of a store as the field element that was written there. */
export function toStoredField(bytes: Uint8Array): Field {
  return BigInt(toHex(bytes)) as Field;
}

/** Bytes of a store as 0x-hex. */
export function toHex(bytes: Uint8Array): Hex {
  return bytesToHex(bytes);
}

type ColumnType = 'bigint' | 'boolean' | 'bytea' | 'int' | 'text';

/** Columns as one derived table: a batch of any size is one statement with one parameter a column. */
export function unnest(
  columns: readonly (readonly [type: ColumnType, values: readonly unknown[]])[],
): RawBuilder<unknown> {
  const arrays = columns.map(([type, values]) => sql`${values}::${sql.raw(type)}[]`);
  return sql`unnest(${sql.join(arrays)})`;
}
