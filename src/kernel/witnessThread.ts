/**
 * What the second thread of a proof runs: it holds the part of the key that the witness alone is multiplied by, and answers
 * with B2, A and B1. What it was sent is wiped when it has answered, as in the first thread.
 * @module
 */
import { EligoError } from '../errors.ts';
import { exclusively, sumWitness, type Blinding, type WitnessSums } from './groth16.ts';
import { loadKernel, type KernelBuild } from './kernel.ts';
import { createProvingKey, type ProvingKey } from './provingKey.ts';

/** A message to the thread: the key first, then witnesses. */
export type Order =
  | { readonly kind: 'key'; readonly zkey: Uint8Array; readonly build: KernelBuild }
  | { readonly kind: 'witness'; readonly values: Uint8Array; readonly blinding: Blinding };

/** A message from the thread, one for each order, in their order. */
export type Answer = { readonly sums: WitnessSums | undefined } | { readonly failure: Failure };

/** What an error says: a copy of it is not one any more. */
export type Failure = Pick<EligoError, 'code' | 'message' | 'data'>;

type Port = {
  readonly postMessage: (answer: Answer) => void;
  readonly listen: (take: (order: Order) => void) => void;
};

let key: Promise<ProvingKey> | undefined;

const port = await openPort();
port.listen((order) => {
  void answer(order).then(port.postMessage, (error: unknown) => {
    const { code, message, data } = toEligoError(error);
    port.postMessage({ failure: { code, message, data } });
  });
});

async function answer(order: Order): Promise<Answer> {
  if (order.kind === 'key') {
    const { zkey, build } = order;
    key = loadKernel(build).then((kernel) =>
      createProvingKey(kernel, zkey, { witness: true, quotient: false }),
    );
    await key;
    return { sums: undefined };
  }
  const { values, blinding } = order;
  const known = await key;
  if (known === undefined) throw new TypeError('the key comes first');
  try {
    return { sums: await exclusively(known, () => sumWitness(known, values, blinding, {})) };
  } finally {
    for (const secret of [values, blinding.r, blinding.s]) secret.fill(0);
  }
}

function toEligoError(error: unknown): EligoError {
  return error instanceof EligoError
    ? error
    : new EligoError('ProverFailed', `a thread failed: ${String(error)}`);
}

/** Node's worker_threads, or a browser's Worker. */
async function openPort(): Promise<Port> {
  if (typeof process !== 'undefined') {
    const { parentPort } = await import('node:worker_threads');
    return {
      postMessage: (message) => parentPort?.postMessage(message),
      listen: (take) => parentPort?.on('message', take),
    };
  }
  const scope = globalThis as unknown as Worker;
  return {
    postMessage: (message) => {
      scope.postMessage(message);
    },
    listen: (take) => {
      scope.addEventListener('message', ({ data }: MessageEvent<Order>) => {
        take(data);
      });
    },
  };
}
