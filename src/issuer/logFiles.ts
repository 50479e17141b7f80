/**
 * Writing a log as static files (logIndex.ts says which). What is there stays: exporting again adds segments, and the
 * index is replaced last, so that a reader finds a whole log at any time, also after a crash.
 * @module
 */
import type { Hex } from 'viem';
import { invalidInput } from '../errors.ts';
import { EMPTY_HEAD, nextHead, readLogEntry } from '../protocol/log.ts';
import {
  INDEX_FILE,
  SEGMENT_ENTRIES,
  brokenLog,
  checkCid,
  checkHeader,
  cidOf,
  readLogIndex,
  writeLogIndex,
  type LogHeader,
  type LogIndex,
  type LogSegment,
} from './logIndex.ts';
import { openStaticFolder, type StaticFolder } from './staticFolder.ts';

/**
 * Writes a log into a folder, or what is new of it.
 * @param parameters.lines  the whole log in order, each line as `writeLogEntry` made it
 * @param parameters.folder made if there is none
 * @param parameters.now    milliseconds, for what is old enough to be removed
 * @returns the index, and the CID under which IPFS knows it
 * @throws {AuditFailed} if the log is not a continuation of the one in the folder
 * @throws {InvalidInput} if the folder holds another tree's log, or a line is no entry
 * @throws {FileUnavailable}
 * @example
 * const { cid } = await exportLog({ lines, header: { chainId, registry, tree }, folder: 'public' });
 */
export async function exportLog(parameters: {
  readonly lines: AsyncIterable<string>;
  readonly header: LogHeader;
  readonly folder: string;
  readonly now?: number;
}): Promise<{ readonly index: LogIndex; readonly cid: string }> {
  const { lines, header, now } = parameters;
  const folder = await openStaticFolder(parameters.folder);
  const before = await readIndex(folder, header);
  const segments: LogSegment[] = [];
  for await (const { text, ...stretch } of segmentsOf(continuing(lines, before))) {
    const bytes = Buffer.from(text);
    const segment = { cid: cidOf(bytes), ...stretch };
    if (!(await folder.holds(segment.cid, bytes))) await folder.write(segment.cid, bytes);
    segments.push(segment);
  }
  const entries = segments.reduce((sum, segment) => sum + segment.entries, 0);
  const index = { ...header, entries, head: segments.at(-1)?.head ?? EMPTY_HEAD, segments };
  refuseShorter(index, before);
  const text = writeLogIndex(index);
  if ((await folder.find(INDEX_FILE)) !== text) await folder.write(INDEX_FILE, text);
  await sweep(folder, [before, index], now);
  return { index, cid: cidOf(Buffer.from(text)) };
}

async function readIndex(folder: StaticFolder, header: LogHeader): Promise<LogIndex | undefined> {
  const text = await folder.find(INDEX_FILE);
  if (text === undefined) return undefined;
  const index = readLogIndex(text);
  checkHeader(index, header, 'log index');
  return index;
}

/** A line, and the head after it. */
type HeadedLine = { readonly line: string; readonly head: Hex };

/** The lines with their heads, which must meet those that were exported before. */
async function* continuing(
  lines: AsyncIterable<string>,
  before: LogIndex | undefined,
): AsyncGenerator<HeadedLine> {
  const heads = headsOf(before);
  let head = EMPTY_HEAD;
  let count = 0;
  for await (const line of lines) {
    count += 1;
    const name = `log entry ${count}`;
    const { seq } = readLogEntry(line, name);
    if (seq !== BigInt(count)) throw invalidInput(`${name}.seq`, seq, `must be ${count}`);
    head = nextHead(head, line);
    const exported = heads.get(count);
    if (exported !== undefined && exported !== head) {
      throw brokenLog(
        `the log is not the one that was exported before: after entry ${count} its head was ${exported}, it is ${head}`,
        { entry: count, exported, found: head },
      );
    }
    yield { line, head };
  }
}

/** The head after the last entry of each segment, by the entry's number. */
function headsOf(index: LogIndex | undefined): ReadonlyMap<number, Hex> {
  let count = 0;
  return new Map(
    index?.segments.map(({ entries, head }) => {
      count += entries;
      return [count, head];
    }),
  );
}

async function* segmentsOf(
  lines: AsyncIterable<HeadedLine>,
): AsyncGenerator<Omit<LogSegment, 'cid'> & { readonly text: string }> {
  let part: HeadedLine[] = [];
  const segment = () => ({
    text: part.map(({ line }) => `${line}\n`).join(''),
    entries: part.length,
    head: part.at(-1)?.head ?? EMPTY_HEAD,
  });
  for await (const line of lines) {
    part.push(line);
    if (part.length < SEGMENT_ENTRIES) continue;
    yield segment();
    part = [];
  }
  if (part.length > 0) yield segment();
}

function refuseShorter(index: LogIndex, before: LogIndex | undefined): void {
  if (!before || index.entries >= before.entries) return;
  throw brokenLog(
    `the log is shorter than the one that was exported before: ${index.entries} entries, there were ${before.entries}`,
    { entries: index.entries, exported: before.entries },
  );
}

/**
 * A last segment that has grown is another file. The old one stays for readers of the index before this one, and goes
 * when nobody can be reading it any more.
 */
async function sweep(
  folder: StaticFolder,
  indexes: readonly (LogIndex | undefined)[],
  now: number | undefined,
): Promise<void> {
  const named = new Set(indexes.flatMap((index) => index?.segments.map(({ cid }) => cid) ?? []));
  await folder.sweep((name) => isCid(name) && !named.has(name), now);
}

function isCid(name: string): boolean {
  try {
    checkCid(name, name);
    return true;
  } catch {
    return false;
  }
}
