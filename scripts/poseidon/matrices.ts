/**
 * Linear algebra over the scalar field, on bigints: for what is computed once.
 * @module
 */
import { FIELD_ORDER } from '../../src/protocol/field.ts';

/** Numbers of the field, 0 to r - 1. */
export type Vector = readonly bigint[];

/** Rows. */
export type Matrix = readonly Vector[];

/** `value mod r`, never negative. */
export function modulo(value: bigint): bigint {
  const rest = value % FIELD_ORDER;
  return rest < 0n ? rest + FIELD_ORDER : rest;
}

/** `1 / value`, by Euclid. @throws {RangeError} for 0 */
export function inverse(value: bigint): bigint {
  let [low, high, x, y] = [modulo(value), FIELD_ORDER, 1n, 0n];
  while (low > 0n) {
    const quotient = high / low;
    [high, low] = [low, high - quotient * low];
    [y, x] = [x, y - quotient * x];
  }
  if (high !== 1n) throw new RangeError('0 has no inverse');
  return modulo(y);
}

/** The sum of the products, which is as long as the first. */
export function dot(a: Vector, b: Vector): bigint {
  return modulo(a.reduce((sum, value, i) => sum + value * (b[i] ?? 0n), 0n));
}

/** `matrix * column`. */
export function timesColumn(matrix: Matrix, column: Vector): Vector {
  return matrix.map((row) => dot(row, column));
}

/** `row * matrix`. */
export function timesMatrix(row: Vector, matrix: Matrix): Vector {
  return timesColumn(transposed(matrix), row);
}

/** `a * b`. */
export function product(a: Matrix, b: Matrix): Matrix {
  const columns = transposed(b);
  return a.map((row) => timesColumn(columns, row));
}

/** Columns for rows. */
export function transposed(matrix: Matrix): Matrix {
  return (matrix[0] ?? []).map((_, j) => matrix.map((row) => row[j] ?? 0n));
}

/** The inverse, by Gauss and Jordan. @throws {RangeError} if there is none */
export function inverseMatrix(matrix: Matrix): Matrix {
  const size = matrix.length;
  let rows = matrix.map((row, i) => [...row, ...row.map((_, j) => (i === j ? 1n : 0n))]);
  for (let k = 0; k < size; k++) {
    const at = rows.findIndex((row, i) => i >= k && row[k] !== 0n);
    const found = rows[at] ?? [];
    const scale = inverse(found[k] ?? 0n);
    const pivot = found.map((value) => (value * scale) % FIELD_ORDER);
    const others = rows.with(at, rows[k] ?? []);
    rows = others.map((row, i) => {
      const factor = row[k] ?? 0n;
      if (i === k || factor === 0n) return i === k ? pivot : row;
      return row.map((value, j) => (j < k ? value : modulo(value - factor * (pivot[j] ?? 0n))));
    });
  }
  return rows.map((row) => row.slice(size));
}
