/**
 * The cells of a JSON row: its members as text, those of objects within it under `outer.inner`.
 * @module
 */
import { badRow } from '../text.ts';
import type { Json } from './jsonItems.ts';

/** A row's members, or another object's. */
export type Members = ReadonlyMap<string, Json>;

/** Whether a value is an object. */
export function isObject(value: Json): value is Members {
  return value instanceof Map;
}

/** A value as text, empty for null; undefined for a list or an object. */
export function textOf(value: Json): string | undefined {
  if (value === null) return '';
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return String(value);
  return 'number' in value ? value.number : undefined;
}

/**
 * Names the cells of a row.
 * @throws {InvalidInput} if a key with a point in it is named like a member within an object
 */
export function cellsOf(members: Members, line: number): ReadonlyMap<string, string | undefined> {
  const cells = new Map<string, string | undefined>();
  const add = (inner: Members, prefix: string): void => {
    for (const [key, value] of inner) {
      const name = `${prefix}${key}`;
      if (isObject(value)) {
        add(value, `${name}.`);
        continue;
      }
      if (cells.has(name)) throw badRow(line, undefined, 'must not hold the same key twice');
      cells.set(name, textOf(value));
    }
  };
  add(members, '');
  return cells;
}
