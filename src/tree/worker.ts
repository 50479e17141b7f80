/**
 * What a thread runs: takes a task, hashes, answers. Results are moved, not copied; an error goes back by its code.
 * @module
 */
import { parentPort } from 'node:worker_threads';
import { EligoError, type ErrorCode, type ErrorData } from '../errors.ts';
import { applyToBlock, type BlockJob, type BlockResult } from './blocks.ts';
import { loadHasher, type Hasher } from './hasher.ts';

/** What a thread is given and gives back, by kind. */
export type Work = {
  readonly blocks: { readonly input: readonly BlockJob[]; readonly output: readonly BlockResult[] };
  readonly leaves: { readonly input: Uint8Array; readonly output: Uint8Array };
};

/** A message to a thread. */
export type Task = { readonly id: number } & (
  | { readonly kind: 'blocks'; readonly input: Work['blocks']['input'] }
  | { readonly kind: 'leaves'; readonly input: Work['leaves']['input'] }
);

/** A message from a thread. */
export type Reply =
  | { readonly id: number; readonly output: Work[keyof Work]['output'] }
  | { readonly id: number; readonly failure: Failure };

/** An error, in words that can be sent: an `EligoError` keeps its code. */
export type Failure = {
  readonly code: ErrorCode | undefined;
  readonly message: string;
  readonly data: ErrorData;
};

parentPort?.on('message', (task: Task) => {
  void answer(task);
});

async function answer(task: Task): Promise<void> {
  try {
    const output = perform(task, await loadHasher());
    parentPort?.postMessage({ id: task.id, output } satisfies Reply, buffersOf(output));
  } catch (error) {
    parentPort?.postMessage({ id: task.id, failure: describe(error) } satisfies Reply);
  }
}

function perform(task: Task, hasher: Hasher): Work[keyof Work]['output'] {
  if (task.kind === 'leaves') return hasher.leaves(task.input);
  return task.input.map((job) => applyToBlock(job, hasher));
}

function buffersOf(output: Work[keyof Work]['output']): ArrayBuffer[] {
  const arrays =
    output instanceof Uint8Array ? [output] : output.flatMap(({ block, root }) => [block, root]);
  return arrays.map(({ buffer }) => buffer as ArrayBuffer);
}

function describe(error: unknown): Failure {
  if (error instanceof EligoError)
    return { code: error.code, message: error.message, data: error.data };
  return { code: undefined, message: String(error), data: {} };
}
