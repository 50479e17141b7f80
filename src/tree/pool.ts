/**
 * A pool of threads. A thread starts when there is work for it, keeps the process alive only while it has some, and gets
 * no more than it can do next: what waits is not copied yet. One that is lost loses its tasks, not the pool.
 * @module
 */
import { Worker } from 'node:worker_threads';
import { EligoError, invalidInput } from '../errors.ts';
import type { BlockJob } from './blocks.ts';
import type { Failure, Reply, Task, Work } from './worker.ts';

/** A pool. */
export type Pool = {
  /** Has a task done by the next thread that is free. The input stays the caller's. */
  readonly run: <K extends keyof Work>(
    kind: K,
    input: Work[K]['input'],
  ) => Promise<Work[K]['output']>;
  /** Ends the threads; tasks that are not done, and later ones, are refused. */
  readonly close: () => Promise<void>;
};

/** Tasks that a thread has at once: the one it works on, and the next. */
const AHEAD = 2;

/** The parent's flags are for the parent: tsx, for one, has no business in a built file. */
const OPTIONS = {
  execArgv: [],
  // A thread holds a few blocks at a time: without a limit it would keep a hundred megabytes of garbage.
  resourceLimits: { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 128 },
};

type Waiting = {
  readonly task: Task;
  readonly resolve: (output: never) => void;
  readonly reject: (error: Error) => void;
};
type Thread = { readonly worker: Worker; readonly given: Map<number, Waiting> };
type State = {
  readonly count: number;
  readonly script: URL;
  readonly threads: Set<Thread>;
  readonly queue: Waiting[];
  lastId: number;
  closed: boolean;
};

/** Makes a pool of at most `count` threads that run `script`. */
export function createPool(count: number, script: URL): Pool {
  const state: State = {
    count,
    script,
    threads: new Set(),
    queue: [],
    lastId: 0,
    closed: false,
  };
  return {
    run: (kind, input) =>
      new Promise((resolve, reject) => {
        if (state.closed) throw afterClose();
        const task = { id: ++state.lastId, kind, input } as Task;
        state.queue.push({ task, resolve, reject });
        feed(state);
      }),
    close: async () => {
      state.closed = true;
      for (const { reject } of state.queue.splice(0)) reject(afterClose());
      await Promise.all([...state.threads].map(({ worker }) => worker.terminate()));
    },
  };
}

/** Hands out what waits, to the thread with least to do, or to a new one. */
function feed(state: State): void {
  while (state.queue.length > 0 && !state.closed) {
    const [least] = [...state.threads].sort((a, b) => a.given.size - b.given.size);
    const idle = least !== undefined && least.given.size === 0;
    const thread = idle || state.threads.size >= state.count ? least : start(state);
    if (thread === undefined || thread.given.size >= AHEAD) return;
    hand(thread, state.queue.shift() as Waiting);
  }
}

function start(state: State): Thread {
  const thread: Thread = { worker: new Worker(state.script, OPTIONS), given: new Map() };
  let cause: unknown;
  thread.worker.unref();
  thread.worker.on('message', (reply: Reply) => {
    finish(thread, reply);
    feed(state);
  });
  thread.worker.on('error', (error) => {
    cause = error; // 'exit' follows
  });
  thread.worker.on('exit', (exitCode) => {
    state.threads.delete(thread);
    const error = state.closed ? afterClose() : lost(exitCode, cause);
    for (const { reject } of thread.given.values()) reject(error);
    feed(state);
  });
  state.threads.add(thread);
  return thread;
}

/** Sends a copy of the task, which is then the thread's: a view would take the whole buffer behind it along. */
function hand({ worker, given }: Thread, waiting: Waiting): void {
  const { task } = waiting;
  const copy: Task =
    task.kind === 'leaves'
      ? { ...task, input: new Uint8Array(task.input) }
      : { ...task, input: task.input.map(copyJob) };
  given.set(task.id, waiting);
  worker.ref();
  worker.postMessage(copy, buffersOf(copy));
}

function finish({ worker, given }: Thread, reply: Reply): void {
  const waiting = given.get(reply.id);
  given.delete(reply.id);
  if (given.size === 0) worker.unref();
  if ('failure' in reply) waiting?.reject(rebuilt(reply.failure));
  else waiting?.resolve(reply.output as never); // by the kind of the task with this number
}

function copyJob({ tier, block, changes }: BlockJob): BlockJob {
  return {
    tier,
    block: block && new Uint8Array(block),
    changes: { indices: changes.indices.slice(), nodes: new Uint8Array(changes.nodes) },
  };
}

function buffersOf(task: Task): ArrayBuffer[] {
  const arrays =
    task.kind === 'leaves'
      ? [task.input]
      : task.input.flatMap(({ block, changes }) => [
          ...(block ? [block] : []),
          changes.indices,
          changes.nodes,
        ]);
  return arrays.map(({ buffer }) => buffer as ArrayBuffer);
}

function rebuilt({ code, message, data }: Failure): Error {
  return code === undefined
    ? new Error(`a thread failed: ${message}`)
    : new EligoError(code, message, data);
}

function lost(exitCode: number, cause: unknown): EligoError {
  return new EligoError(
    'ThreadLost',
    `a thread ended with exit code ${exitCode}: if dist is older than the source, run \`npm run build\``,
    { exitCode },
    cause,
  );
}

function afterClose(): EligoError {
  return invalidInput('threads', undefined, 'are closed');
}
