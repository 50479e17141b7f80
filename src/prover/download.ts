/**
 * Downloading a file of known length and hash. What has arrived is kept when the connection breaks, and the rest asked for
 * (HTTP Range); a server that can't give a part gives the whole again. The hash has the last word, so nothing that a server
 * says about versions needs to be believed. Lengths are of the file: a Content-Encoding is undone before they are counted.
 * @module
 */
import { EligoError } from '../errors.ts';
import { sha256 } from './sha256.ts';
import { abortion, follow, reasonOf } from './web.ts';

/** What to download, and how long to try. */
export type Download = {
  readonly url: URL;
  /** Its name for errors; the URL may hold a key. */
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
  /** What an earlier download had got. */
  readonly start?: Uint8Array | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called with how much there is; it can fall, where all has to be sent again. */
  readonly onReceived?: ((received: number) => void) | undefined;
  /** Called with what there is when the download ends before its end. */
  readonly onPart?: ((part: Uint8Array) => Promise<void>) | undefined;
  /** Milliseconds without a byte after which a connection is given up; 30 seconds if left out. */
  readonly timeout?: number | undefined;
  /** Milliseconds before a second try that follows one without a byte, doubled for each more; 500 if left out. */
  readonly retryDelay?: number | undefined;
};

/** Tries in a row that bring nothing, and times that everything is asked for again, before it is given up. */
const FRUITLESS_TRIES = 3;
const RESTARTS = 3;

const TIMEOUT = 30_000;
const RETRY_DELAY = 500;

/** What has arrived of a file. */
type State = {
  readonly buffer: Uint8Array;
  received: number;
  /** Of more than one answer: they may not fit together. */
  pieced: boolean;
  restarts: number;
};

/**
 * Downloads a file.
 * @throws {ArtifactMissing} if it isn't there @throws {SourceUnavailable} if it doesn't arrive
 * @throws {ArtifactMismatch} if it is another file
 * @throws the signal's reason, when it is aborted
 */
export async function download(task: Download): Promise<Uint8Array> {
  const state = begin(task);
  try {
    return await receive(task, state);
  } catch (error) {
    const isOther = error instanceof EligoError && error.code === 'ArtifactMismatch';
    if (!isOther && state.received > 0) await task.onPart?.(state.buffer.slice(0, state.received));
    throw error;
  }
}

function begin({ bytes, start }: Download): State {
  const buffer = new Uint8Array(bytes);
  const received = start !== undefined && start.length <= bytes ? start.length : 0;
  if (start !== undefined && received > 0) buffer.set(start);
  return { buffer, received, pieced: received > 0, restarts: 0 };
}

async function receive(task: Download, state: State): Promise<Uint8Array> {
  const { bytes, signal, retryDelay = RETRY_DELAY } = task;
  for (let fruitless = 0; ;) {
    signal?.throwIfAborted();
    const before = state.received;
    const failure = before === bytes ? undefined : await ask(task, state);
    signal?.throwIfAborted();
    if (state.received === bytes && failure === undefined) {
      const found = await sha256(state.buffer);
      if (found === task.sha256) return state.buffer;
      if (!state.pieced) throw mismatch(task, found);
      restart(task, state);
      continue;
    }
    if (failure instanceof EligoError) throw failure;
    fruitless = state.received > before ? 0 : fruitless + 1;
    if (fruitless >= FRUITLESS_TRIES || state.restarts > RESTARTS)
      throw unavailable(task, failure ?? new Error(`${state.received} of ${bytes} bytes`));
    if (fruitless > 0) await pause(retryDelay * 2 ** (fruitless - 1), signal);
  }
}

/** Throws away what there is. */
function restart({ onReceived }: Download, state: State): void {
  state.received = 0;
  state.pieced = false;
  state.restarts += 1;
  onReceived?.(0);
}

/**
 * Asks for what is missing, and takes what comes.
 * @returns what went wrong: an `EligoError` if asking again won't help
 */
async function ask(task: Download, state: State): Promise<unknown> {
  const { signal, timeout = TIMEOUT } = task;
  const { controller, release } = follow(signal);
  const stop = (): void => {
    controller.abort(new Error(`nothing for ${timeout} ms`));
  };
  let timer = setTimeout(stop, timeout);
  const alive = (): void => {
    clearTimeout(timer);
    timer = setTimeout(stop, timeout);
  };
  try {
    // Where a range is asked for, `fetch` asks for it without an encoding: its offsets are the file's.
    const headers = state.received > 0 ? { Range: `bytes=${state.received}-` } : undefined;
    const init = {
      signal: controller.signal,
      cache: 'no-store',
      ...(headers && { headers }),
    } as const;
    const response = await fetch(task.url, init);
    alive();
    const refusal = fit(task, state, response);
    if (refusal === undefined)
      return await take(task, state, { response, alive, signal: controller.signal });
    await response.body?.cancel();
    return refusal;
  } catch (error) {
    return error;
  } finally {
    release();
    clearTimeout(timer);
  }
}

/** Makes ready for the answer's body. @returns why there is nothing to take */
function fit(task: Download, state: State, response: Response): unknown {
  const { status } = response;
  if (status === 200) {
    if (state.received > 0) restart(task, state);
    return undefined;
  }
  const range = response.headers.get('Content-Range');
  const fits =
    (range === null || range.startsWith(`bytes ${state.received}-`)) &&
    response.headers.get('Content-Encoding') === null;
  if (status === 206 && fits && state.received > 0) {
    state.pieced = true;
    return undefined;
  }
  if (status === 206 || status === 416) {
    if (state.received > 0) restart(task, state);
    return new Error(`the answer is ${status}`);
  }
  if (status === 404 || status === 410) return missing(task);
  if (status === 408 || status === 429 || status >= 500)
    return new Error(`the answer is ${status}`);
  return unavailable(task, new Error(`the answer is ${status}`));
}

async function take(
  task: Download,
  state: State,
  answer: {
    readonly response: Response;
    readonly alive: () => void;
    readonly signal: AbortSignal;
  },
): Promise<unknown> {
  const { response, alive, signal } = answer;
  const reader = response.body?.getReader();
  // In Node 20 `read` may wait for ever where the signal is aborted at the last byte.
  const aborted = abortion(signal);
  for (;;) {
    const { done, value } = (await Promise.race([reader?.read(), aborted])) ?? {
      done: true,
      value: undefined,
    };
    if (done) return undefined;
    alive();
    if (value.length > task.bytes - state.received) {
      await reader?.cancel();
      if (!state.pieced) return mismatch(task, 'of a longer file');
      restart(task, state);
      return new Error('the parts do not fit together');
    }
    state.buffer.set(value, state.received);
    state.received += value.length;
    task.onReceived?.(state.received);
  }
}

/** Ends early when it is aborted: whoever waits looks at the signal next. */
function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    signal?.addEventListener('abort', end);
  });
}

function mismatch({ url, file, sha256: expected }: Download, found: string): EligoError {
  const message = `${file} of ${url.host} has sha256 ${found}, the manifest says ${expected}`;
  return new EligoError('ArtifactMismatch', message, { file, found, expected });
}

function missing({ url, file }: Download): EligoError {
  const { host } = url;
  return new EligoError('ArtifactMissing', `${host} has no ${file}`, { file, place: host });
}

function unavailable({ url, file }: Download, cause: unknown): EligoError {
  const message = `${url.host} does not give ${file}: ${reasonOf(cause)}`;
  return new EligoError('SourceUnavailable', message, { place: url.host, file }, cause);
}
