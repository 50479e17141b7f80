/**
 * What fetching from the web has in common.
 * @module
 */
import { invalidInput } from '../errors.ts';
import { joinBytes } from '../protocol/codec.ts';

/**
 * The folder of a URL. No message repeats it: it may hold a key.
 * @throws {InvalidInput} if it is of another kind, or holds a user name or a password
 */
export function checkBase(url: string): URL {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw invalidInput('url', undefined, 'must be an http or https URL');
  const base = new URL(url);
  if (base.username !== '' || base.password !== '')
    throw invalidInput('url', undefined, 'must hold no user name and no password');
  return base;
}

/** A file's URL under a folder's. */
export function under(base: URL, file: string): URL {
  const url = new URL(base);
  url.pathname = `${url.pathname.replace(/\/$/, '')}/${file}`;
  return url;
}

/**
 * A controller that is aborted when a signal is. Unlike with `AbortSignal.any` the tie is cut when the work is done: the signal
 * may outlive many downloads.
 */
export function follow(signal: AbortSignal | undefined): {
  readonly controller: AbortController;
  readonly release: () => void;
} {
  const controller = new AbortController();
  const abort = (): void => {
    controller.abort(signal?.reason);
  };
  if (signal?.aborted === true) abort();
  signal?.addEventListener('abort', abort);
  return { controller, release: () => signal?.removeEventListener('abort', abort) };
}

/** Fails with the signal's reason when it is aborted; until then it waits. */
export function abortion(signal: AbortSignal): Promise<never> {
  const promise = new Promise<never>((_, reject) => {
    const fail = (): void => {
      reject(signal.reason as Error);
    };
    if (signal.aborted) fail();
    signal.addEventListener('abort', fail);
  });
  // Nobody may be waiting for it when it comes.
  promise.catch(() => undefined);
  return promise;
}

/** A body that is short. @throws if it isn't */
export async function readShort(response: Response, limit: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  const reader = response.body?.getReader();
  for (;;) {
    const { value, done } = (await reader?.read()) ?? { done: true, value: undefined };
    if (done) return joinBytes(parts);
    parts.push(value);
    length += value.length;
    if (length <= limit) continue;
    await reader?.cancel();
    throw new Error(`more than ${limit} bytes`);
  }
}

/** The code that the system gave, at the root of what `fetch` wraps. */
export function reasonOf(error: unknown): string {
  let innermost: unknown = error;
  while (innermost instanceof Error && innermost.cause !== undefined) innermost = innermost.cause;
  const { code, message } = Object(innermost) as { code?: unknown; message?: unknown };
  return typeof code === 'string' ? code : String(message);
}
