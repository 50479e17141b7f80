/**
 * The bytes of a source's file: hashed as they are given, unpacked where they are gzip, decoded as UTF-8.
 * @module
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, type Gunzip } from 'node:zlib';
import type { Hex } from 'viem';
import { EligoError } from '../../errors.ts';
import { badRow } from '../text.ts';

/** What was read, as it was given: of a compressed file, its compressed bytes. */
export type SourceDigest = {
  readonly sha256: Hex;
  readonly bytes: bigint;
};

/** Where the bytes come from: a path can be read twice, a stream can't. */
export type SourceInput =
  { readonly path: string } | { readonly chunks: AsyncIterable<Uint8Array> };

/**
 * The text of a source's file, in pieces. Bytes that are no UTF-8 become replacement characters, which readers refuse.
 * @param onDigest called once, after the last byte
 * @throws {InvalidInput} naming the line, where gzip is damaged, cut short or followed by something else
 * @throws {FileUnavailable}
 */
export async function* readText(
  input: SourceInput,
  options: {
    readonly onDigest?: ((digest: SourceDigest) => void) | undefined;
    readonly signal?: AbortSignal | undefined;
  } = {},
): AsyncGenerator<string> {
  const { onDigest, signal } = options;
  const given = 'path' in input ? readPath(input.path) : input.chunks;
  const decoder = new TextDecoder();
  for await (const bytes of unpack(digest(given, onDigest))) {
    signal?.throwIfAborted();
    yield decoder.decode(bytes, { stream: true });
  }
  yield decoder.decode();
}

async function* readPath(path: string): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of createReadStream(path)) yield chunk as Buffer;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
    throw new EligoError('FileUnavailable', `a file can't be read (${code})`, { code }, error);
  }
}

async function* digest(
  chunks: AsyncIterable<Uint8Array>,
  onDigest: ((digest: SourceDigest) => void) | undefined,
): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  let bytes = 0n;
  for await (const chunk of chunks) {
    hash.update(chunk);
    bytes += BigInt(chunk.length);
    yield chunk;
  }
  onDigest?.({ sha256: `0x${hash.digest('hex')}`, bytes });
}

/** A name says nothing about a file: gzip is known by its first two bytes. */
async function* unpack(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const iterator = chunks[Symbol.asyncIterator]();
  try {
    let head = Buffer.alloc(0);
    while (head.length < 2) {
      const next = await iterator.next();
      if (next.done === true) break;
      head = Buffer.concat([head, next.value]);
    }
    const whole = withHead(head, iterator);
    yield* head[0] === 0x1f && head[1] === 0x8b ? gunzip(whole) : whole;
  } finally {
    await iterator.return?.();
  }
}

async function* withHead(
  head: Uint8Array,
  iterator: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  yield head;
  for (let next = await iterator.next(); next.done !== true; next = await iterator.next())
    yield next.value;
}

async function* gunzip(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const unzip = createGunzip();
  let given = 0;
  let line = 1;
  const counted = async function* (): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      given += chunk.length;
      yield chunk;
    }
  };
  const source = Readable.from(counted(), { objectMode: false });
  // Whatever ends the pipeline early also ends the loop below, and is thrown there.
  const piped = pipeline(source, unzip).catch(() => undefined);
  try {
    for await (const chunk of unzip as AsyncIterable<Buffer>) {
      yield chunk;
      line += countLines(chunk);
    }
  } catch (error) {
    throw gzipFault(line, error);
  }
  await piped;
  refuseRest(unzip, given, line);
}

/** The unpacker passes over what follows the end, and somebody's rows may be there. */
function refuseRest(unzip: Gunzip, given: number, line: number): void {
  if (unzip.bytesWritten === given) return;
  throw badRow(line, undefined, 'is the last of its gzip file, and other bytes follow its end');
}

function gzipFault(line: number, error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  if (code === 'Z_BUF_ERROR')
    return badRow(line, undefined, 'must go on: the gzip file is cut short here or soon after');
  if (code.startsWith('Z_'))
    return badRow(line, undefined, 'must be whole: the gzip file is damaged here or soon after');
  return error;
}

function countLines(chunk: Buffer): number {
  let count = 0;
  for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) count += 1;
  return count;
}
