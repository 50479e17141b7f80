/**
 * Static files of a folder, of a web server, or of an IPFS gateway. Nobody is trusted: whoever reads a file knows how long
 * it may be and checks what it holds; a server that lies, stalls or never ends costs a bounded time and memory.
 * @module
 */
import { EligoError, invalidInput } from '../errors.ts';
import { joinBytes } from '../protocol/codec.ts';

/** A place that files are read from. */
export type Mirror = {
  /**
   * The bytes of a file.
   * @param file  its name in the place
   * @param limit bytes that it has at most
   * @throws {SourceUnavailable} if it isn't there, or doesn't arrive in time
   * @throws {InvalidInput} if it is longer
   */
  readonly read: (file: string, limit: number) => Promise<Uint8Array>;
};

/** Milliseconds for one file, from the question to its last byte. */
const TIMEOUT = 60_000;

/** What goes wrong while a file is read, before it has the place's name. */
type Fault = { readonly reason: string; readonly cause?: unknown };

/**
 * Opens a place; nothing is read yet.
 * @param place a folder, or the http(s) URL under which the files are
 * @param options.timeout milliseconds for one file
 * @throws {InvalidInput} if it is a URL of another kind, or holds a user name or a password
 * @example
 * const mirror = openMirror('https://paths.example/tree-1');
 * const bytes = await mirror.read('latest.json', 4_096);
 */
export function openMirror(place: string, options: { readonly timeout?: number } = {}): Mirror {
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(place)) return folderMirror(place);
  const base = checkBase(place);
  return webMirror(base, options.timeout, (file) => {
    const url = new URL(base);
    url.pathname = `${url.pathname.replace(/\/$/, '')}/${file}`;
    return url;
  });
}

/**
 * Opens an IPFS gateway, which gives raw blocks by their CIDs (https://specs.ipfs.tech/http-gateways/trustless-gateway/).
 * @throws {InvalidInput} as `openMirror`
 */
export function openGateway(gateway: string, options: { readonly timeout?: number } = {}): Mirror {
  const base = checkBase(gateway);
  return webMirror(base, options.timeout, (cid) => {
    const url = new URL(base);
    url.pathname = `${url.pathname.replace(/\/$/, '')}/ipfs/${cid}`;
    url.searchParams.set('format', 'raw');
    return url;
  });
}

/** No message repeats a URL: it may hold a key. */
function checkBase(place: string): URL {
  if (!URL.canParse(place) || !/^https?:$/.test(new URL(place).protocol))
    throw invalidInput('source', undefined, 'must be a folder, or an http or https URL');
  const url = new URL(place);
  if (url.username !== '' || url.password !== '')
    throw invalidInput('source', undefined, 'must hold no user name and no password');
  return url;
}

function webMirror({ host }: URL, timeout: number = TIMEOUT, toUrl: (file: string) => URL): Mirror {
  return {
    read: async (file, limit) => {
      const signal = AbortSignal.timeout(timeout);
      try {
        const response = await fetch(toUrl(file), { signal });
        if (response.ok) return await readBody(response, file, limit);
        await response.body?.cancel();
        throw unavailable(host, file, { reason: `the answer is ${response.status}` });
      } catch (error) {
        if (error instanceof EligoError) throw error;
        const reason = signal.aborted ? `not whole after ${timeout} ms` : reasonOf(error);
        throw unavailable(host, file, { reason, cause: error });
      }
    },
  };
}

/** What an answer without a body begins with. */
const ENDED = { done: true, value: undefined } as const;

async function readBody(response: Response, file: string, limit: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  const reader = response.body?.getReader();
  for (;;) {
    const { value, done } = (await reader?.read()) ?? ENDED;
    if (done) return joinBytes(parts);
    parts.push(value);
    length += value.length;
    if (length > limit) {
      await reader?.cancel();
      throw tooLong(file, limit);
    }
  }
}

function folderMirror(folder: string): Mirror {
  return {
    read: async (file, limit) => {
      try {
        return await readFile(`${folder}/${file}`, file, limit);
      } catch (error) {
        if (error instanceof EligoError) throw error;
        throw unavailable(folder, file, { reason: reasonOf(error), cause: error });
      }
    },
  };
}

async function readFile(path: string, file: string, limit: number): Promise<Uint8Array> {
  // Loaded here only: a page that reads from the web has no file system.
  const { constants, open } = await import('node:fs/promises');
  // A pipe that nobody writes to would not even open.
  const opened = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const facts = await opened.stat();
    if (!facts.isFile()) throw invalidInput(file, undefined, 'must be a file');
    if (facts.size > limit) throw tooLong(file, limit);
    return await opened.readFile();
  } finally {
    await opened.close();
  }
}

function unavailable(place: string, file: string, { reason, cause }: Fault): EligoError {
  const message = `${place} does not give ${file}: ${reason}`;
  return new EligoError('SourceUnavailable', message, { place, file }, cause);
}

function tooLong(file: string, limit: number): EligoError {
  return invalidInput(file, undefined, `must be at most ${limit} bytes long`);
}

/** The code that the system gave, at the root of what `fetch` wraps. */
function reasonOf(error: unknown): string {
  let innermost: unknown = error;
  while (innermost instanceof Error && innermost.cause !== undefined) innermost = innermost.cause;
  const { code, message } = Object(innermost) as { code?: unknown; message?: unknown };
  return typeof code === 'string' ? code : String(message);
}
