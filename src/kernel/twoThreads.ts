/**
 * A proof on two threads: this one makes the quotient, H and C, the other A, B1 and B2, which takes about as long. By plain
 * messages: no SharedArrayBuffer, and so no headers of a page. Worth it where a second core is idle.
 * @module
 */
import { EligoError } from '../errors.ts';
import {
  assemble,
  exclusively,
  publicSignalsOf,
  sumQuotient,
  withBlinding,
  type Blinding,
  type Groth16Proof,
  type ProofOptions,
  type WitnessSums,
} from './groth16.ts';
import type { Kernel, KernelBuild } from './kernel.ts';
import { createProvingKey } from './provingKey.ts';
import type { Answer, Order } from './witnessThread.ts';
import { readWitness } from './wtns.ts';

/** A key that two threads share, and makes proofs. */
export type SharedKey = {
  /**
   * As `proveGroth16`; the first also throws what `createProvingKey` throws for the other half.
   * @throws {ThreadLost} if the other thread ends; the next proof starts another
   */
  readonly prove: (
    witness: Uint8Array,
    options?: ProofOptions,
  ) => Promise<{ readonly proof: Groth16Proof; readonly publicSignals: readonly string[] }>;
  /** Ends the other thread. */
  readonly close: () => Promise<void>;
};

/** A thread always runs the built file: Node 20 doesn't load TypeScript in one. */
const SCRIPT = new URL('../../dist/kernel/witnessThread.js', import.meta.url);

/** The other thread. */
type Thread = {
  readonly ask: (order: Order) => Promise<WitnessSums | undefined>;
  readonly end: () => Promise<void>;
};

/**
 * Converts a key, half of it here and half in another thread, which lets the program end while it has nothing to do.
 * @param kernel one that nothing else uses; the other thread has one of the same build
 * @throws as `createProvingKey`
 */
export function shareProvingKey(kernel: Kernel, zkey: Uint8Array, script = SCRIPT): SharedKey {
  const key = createProvingKey(kernel, zkey, { witness: false, quotient: true });
  let thread: Promise<Thread> | undefined;
  const running = (): Promise<Thread> => {
    thread ??= start(script, { zkey, build: kernel.build }, () => (thread = undefined));
    return thread;
  };
  return {
    prove: (witness, options = {}) =>
      exclusively(key, async () => {
        const values = readWitness(witness, key.wires);
        return withBlinding(options.random, async (blinding) => {
          const { ask } = await running();
          const asked = ask({ kind: 'witness', values, blinding: copyOf(blinding) });
          asked.catch(() => undefined); // said below, unless this half fails first
          const c = await sumQuotient(key, values, options);
          const sums = await asked;
          options.signal?.throwIfAborted();
          if (sums === undefined) throw new TypeError('a thread answered without sums');
          return {
            proof: assemble(key, sums, c, blinding),
            publicSignals: publicSignalsOf(key, values),
          };
        });
      }),
    close: async () => {
      const ending = thread;
      thread = undefined;
      const running = await ending?.catch(() => undefined);
      await running?.end();
    },
  };
}

function copyOf({ r, s }: Blinding): Blinding {
  return { r: r.slice(), s: s.slice() };
}

/** Starts a thread and gives it its half of the key. */
async function start(
  script: URL,
  key: { readonly zkey: Uint8Array; readonly build: KernelBuild },
  onEnd: () => void,
): Promise<Thread> {
  const thread =
    typeof process === 'undefined' ? inBrowser(script, onEnd) : await inNode(script, onEnd);
  try {
    await thread.ask({ kind: 'key', ...key });
    return thread;
  } catch (error) {
    await thread.end();
    throw error;
  }
}

type Question = {
  readonly resolve: (sums: WitnessSums | undefined) => void;
  readonly reject: (error: Error) => void;
};

/** Answers come in the order of the questions. */
function settle(waiting: Question[], answer: Answer): void {
  const question = waiting.shift();
  if ('sums' in answer) question?.resolve(answer.sums);
  else {
    const { code, message, data } = answer.failure;
    question?.reject(new EligoError(code, message, data));
  }
}

async function inNode(script: URL, onEnd: () => void): Promise<Thread> {
  const { Worker } = await import('node:worker_threads');
  // The parent's flags are for the parent: tsx, for one, has no business in a built file.
  const worker = new Worker(script, { execArgv: [] });
  const waiting: Question[] = [];
  let cause: unknown;
  worker.unref();
  worker.on('message', (answer: Answer) => {
    settle(waiting, answer);
    if (waiting.length === 0) worker.unref();
  });
  worker.on('error', (error) => {
    cause = error; // 'exit' follows
  });
  worker.on('exit', (exitCode) => {
    onEnd();
    for (const { reject } of waiting.splice(0)) reject(lost(`exit code ${exitCode}`, cause));
  });
  return {
    ask: (order) =>
      new Promise((resolve, reject) => {
        waiting.push({ resolve, reject });
        worker.ref();
        worker.postMessage(order);
      }),
    end: async () => {
      await worker.terminate();
    },
  };
}

function inBrowser(script: URL, onEnd: () => void): Thread {
  const worker = new Worker(script, { type: 'module' });
  const waiting: Question[] = [];
  const fail = (error: Error): void => {
    onEnd();
    for (const { reject } of waiting.splice(0)) reject(error);
  };
  worker.addEventListener('message', ({ data }: MessageEvent<Answer>) => {
    settle(waiting, data);
  });
  worker.addEventListener('error', ({ message }) => {
    fail(lost(message, undefined));
  });
  return {
    ask: (order) =>
      new Promise((resolve, reject) => {
        waiting.push({ resolve, reject });
        worker.postMessage(order);
      }),
    end: () => {
      worker.terminate();
      fail(lost('it was closed', undefined));
      return Promise.resolve();
    },
  };
}

function lost(reason: string, cause: unknown): EligoError {
  return new EligoError(
    'ThreadLost',
    `a thread ended (${reason}): if dist is older than the source, run \`npm run build\``,
    {},
    cause,
  );
}
