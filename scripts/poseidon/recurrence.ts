/**
 * Poseidon's partial rounds as a recurrence: the same hash with fewer products and far fewer reductions.
 *
 * A partial round raises one number of the state to the fifth power and mixes all linearly. Write the matrix of the mixing as
 * `[[m, v], [w, N]]`, with n = t - 1 rows in N, `s_k` for the first number of the state before round k, constant included,
 * and `x_k = s_k^5`. Round constants apart, the rest `u_k` of the state and the next `s` are
 *
 *     u_{k+1} = N u_k + w x_k        s_{k+1} = v u_k + m x_k
 *
 * which is a linear filter of n states with input x and output s. N satisfies its characteristic polynomial, so that s
 * satisfies a recurrence of order n with coefficients that are the same in every round:
 *
 *     s_{k+1} = c_{k+1} + g_n x_{k-n} + f_n s_{k-n+1} + g_{n-1} x_{k-n+1} + ... + f_1 s_k + g_0 x_k
 *
 * 2n + 1 products, one reduction. What comes before round 0 is made up: x = 0, and the s that such a filter would have given
 * on its way to u_0 (`entry`). After the last round the rest of the state is a linear image of the last n pairs (`exit`).
 * @module
 */
import {
  dot,
  inverseMatrix,
  modulo,
  product,
  timesColumn,
  timesMatrix,
  type Matrix,
  type Vector,
} from './matrices.ts';
import { FULL_ROUNDS, type Parameters } from './parameters.ts';

/** What takes the place of the partial rounds. */
export type Recurrence = {
  /** What the last mixing before gives: first s_0 less its constant, then s_{-n+1} to s_0 as the recurrence shall see them. */
  readonly entry: Matrix;
  /** The coefficients of x_{k-n}, s_{k-n+1}, x_{k-n+1}, ..., s_k, x_k. */
  readonly coefficients: Vector;
  /** What is added to s_0, s_1, ..., one more than there are rounds. */
  readonly constants: Vector;
  /** The rest of the state from the last n of x and s: x, s, x, s, .... */
  readonly exit: Matrix;
  /** What is added to it: the constants of the next full round among it. */
  readonly exitConstants: Vector;
};

/** The mixing matrix in its parts, and what follows from them alone. */
type Filter = {
  readonly m: bigint;
  readonly v: Vector;
  readonly N: Matrix;
  /** `N^i w`, i from 0 to n - 1. */
  readonly impulses: readonly Vector[];
  /** Rows `v N^(i-n)`, i from 0 to n - 1: from a state to the n outputs before it, had there been no input. */
  readonly past: Matrix;
  /** The other way. */
  readonly future: Matrix;
};

/** Computes the recurrence of a width. */
export function deriveRecurrence(parameters: Parameters): Recurrence {
  const filter = filterOf(parameters.matrix);
  const { m, v, past, future } = filter;
  const [first = [], ...rest] = parameters.matrix;
  const outputs = timesMatrix(v, future); // f_n, ..., f_1
  return {
    entry: [first, ...product(past, rest)],
    coefficients: interleaved(inputsOf(filter, outputs), outputs, m),
    exit: exitOf(filter),
    ...constantsOf(parameters, filter, outputs),
  };
}

function filterOf([[m = 0n, ...v] = [], ...rows]: Matrix): Filter {
  const [w, N] = [rows.map(([first = 0n]) => first), rows.map((row) => row.slice(1))];
  const back = inverseMatrix(N);
  const [impulses, past]: [Vector[], Vector[]] = [[], []];
  for (let [i, column, row] = [0, w as Vector, v as Vector]; i < N.length; i++) {
    row = timesMatrix(row, back);
    past.unshift(row);
    impulses.push(column);
    column = timesColumn(N, column);
  }
  return { m, v, N, impulses, past, future: inverseMatrix(past) };
}

/**
 * g_n to g_1. Without the share `m x` of the round itself, the output y of the filter satisfies
 * `y_k = f_1 y_{k-1} + ... + f_n y_{k-n} + b_1 x_{k-1} + ... + b_n x_{k-n}`, and an impulse, whose answer is `v N^(i-1) w`
 * after i rounds, shows the b. Then s_{k+1} = y_k + m x_k.
 */
function inputsOf({ m, v, impulses }: Filter, outputs: Vector): Vector {
  const answers = impulses.map((column) => dot(v, column));
  const f = outputs.toReversed();
  return answers
    .map((answer, i) => {
      const echo = dot(f.slice(0, i), answers.slice(0, i).toReversed());
      return modulo(answer - echo - m * (f[i] ?? 0n));
    })
    .toReversed();
}

/**
 * `u = future * (y - (what x gave of y)) + (what x gave of u)`, over the last n rounds, y_k being s_{k+1} - m x_k.
 */
function exitOf({ m, v, impulses, future }: Filter): Matrix {
  const answers = impulses.map((column) => dot(v, column));
  const direct = impulses.map((_, i) =>
    impulses.map((_, j) => (j < i ? (answers[i - j - 1] ?? 0n) : j === i ? m : 0n)),
  );
  const shares = product(future, direct);
  return future.map((row, i) => {
    const ofInputs = row.map((_, j) =>
      modulo((impulses.at(-1 - j)?.[i] ?? 0n) - (shares[i]?.[j] ?? 0n)),
    );
    return interleaved(ofInputs, row);
  });
}

/** The constants' own way through the rounds, with x = 0; and what of it the recurrence repeats is taken away. */
function constantsOf(
  { rounds, partialRounds }: Parameters,
  { v, N, future }: Filter,
  outputs: Vector,
): Pick<Recurrence, 'constants' | 'exitConstants'> {
  const [[start = 0n, ...rest] = [], ...following] = rounds.slice(
    FULL_ROUNDS / 2,
    FULL_ROUNDS / 2 + partialRounds + 1,
  );
  const n = N.length;
  const alone: bigint[] = [];
  let state: Vector = rest;
  for (const [head = 0n, ...tail] of following) {
    alone.push(modulo(dot(v, state) + head));
    state = timesColumn(N, state).map((value, i) => modulo(value + (tail[i] ?? 0n)));
  }
  const padded = [...Array.from({ length: n }, () => 0n), ...alone];
  return {
    constants: [
      start,
      ...alone.map((value, i) => modulo(value - dot(outputs, padded.slice(i, i + n)))),
    ],
    exitConstants: timesColumn(future, alone.slice(-n)).map((value, i) =>
      modulo((state[i] ?? 0n) - value),
    ),
  };
}

function interleaved(first: Vector, second: Vector, ...last: Vector): Vector {
  return [...first.flatMap((value, i) => [value, second[i] ?? 0n]), ...last];
}
