/**
 * Reading a log from its static files, wherever they are. Whoever serves them can refuse, and nothing else: every segment
 * is checked against its name, and the chain of heads against the index.
 * @module
 */
import type { Hex } from 'viem';
import { openGateway, openMirror, type Mirror } from '../chain/mirror.ts';
import { invalidInput } from '../errors.ts';
import { EMPTY_HEAD, nextHead, readLogEntry, type LogEntry } from '../protocol/log.ts';
import {
  INDEX_FILE,
  MAX_INDEX_BYTES,
  MAX_SEGMENT_BYTES,
  brokenLog,
  checkBlock,
  checkCid,
  readLogIndex,
  type LogIndex,
  type LogSegment,
} from './logIndex.ts';

/** A folder, the http(s) URL under which the files are, or a gateway and the CID of the index. */
export type LogSource = string | { readonly gateway: string; readonly cid: string };

/** An entry, and the head of the log after it. */
export type HeadedEntry = { readonly entry: LogEntry; readonly head: Hex };

/** A log that can be read, any number of times. */
export type Log = {
  readonly index: LogIndex;
  /**
   * The entries in order, a segment at a time.
   * @throws {SourceUnavailable} if a segment isn't there
   * @throws {InvalidInput} if a segment isn't what its name says, or holds what is no entry
   * @throws {AuditFailed} if entries don't lead to the index's heads
   */
  readonly entries: () => AsyncGenerator<HeadedEntry>;
};

/**
 * Opens a log: its index is read.
 * @param options.timeout milliseconds for one file
 * @throws {SourceUnavailable} @throws {InvalidInput} if the index is none, or isn't the one that the CID names
 * @example
 * const log = await openLog('https://issuer.example/log');
 * for await (const { entry } of log.entries()) console.log(entry.kind);
 */
export async function openLog(
  source: LogSource,
  options: { readonly timeout?: number } = {},
): Promise<Log> {
  const mirror =
    typeof source === 'string' ? openMirror(source, options) : openGateway(source.gateway, options);
  const index = readLogIndex(await readIndexText(mirror, source));
  return { index, entries: () => readEntries(mirror, index) };
}

async function readIndexText(mirror: Mirror, source: LogSource): Promise<string> {
  if (typeof source === 'string')
    return toText(await mirror.read(INDEX_FILE, MAX_INDEX_BYTES), INDEX_FILE);
  const cid = checkCid(source.cid, 'cid');
  const bytes = await mirror.read(cid, MAX_INDEX_BYTES);
  checkBlock(bytes, cid);
  return toText(bytes, cid);
}

async function* readEntries(mirror: Mirror, index: LogIndex): AsyncGenerator<HeadedEntry> {
  let head = EMPTY_HEAD;
  let count = 0;
  for (const segment of index.segments) {
    for (const line of await readSegment(mirror, segment)) {
      count += 1;
      head = nextHead(head, line);
      yield { entry: readLogEntry(line, `log entry ${count}`), head };
    }
    if (head !== segment.head) {
      throw brokenLog(
        `the log's entries up to ${count} lead to the head ${head}, its index says ${segment.head}`,
        { entry: count, found: head, index: segment.head },
      );
    }
  }
}

async function readSegment(
  mirror: Mirror,
  { cid, entries }: LogSegment,
): Promise<readonly string[]> {
  const bytes = await mirror.read(cid, MAX_SEGMENT_BYTES);
  checkBlock(bytes, cid);
  const lines = toText(bytes, cid).split('\n');
  if (lines.pop() !== '') throw invalidInput(cid, undefined, 'must end with a line feed');
  if (lines.length !== entries)
    throw invalidInput(cid, lines.length, `must hold ${entries} entries`);
  return lines;
}

function toText(bytes: Uint8Array, file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw invalidInput(file, undefined, 'must be UTF-8');
  }
}
