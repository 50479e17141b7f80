/**
 * Logs for tests: a book that an honest issuer would keep, the lines that it makes, and ways to tamper with them; folders
 * and a web server for the files.
 * @module
 */
import { createServer, type RequestListener, type Server } from 'node:http';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Hex } from 'viem';
import type { HeadedEntry } from '../../src/issuer/logSource.ts';
import type { Field } from '../../src/protocol/field.ts';
import {
  EMPTY_HEAD,
  nextHead,
  readLogEntry,
  writeLogEntry,
  type LogEntry,
  type LogEvent,
} from '../../src/protocol/log.ts';
import { createTree } from '../../src/tree/tree.ts';

/** Whose log it is, where no test says otherwise. */
export const HEADER = {
  chainId: 31_337n,
  registry: '0x5FbDB2315678afecb367f032d93F642f64180aa3',
  tree: 1n,
} as const;

export const EVIDENCE: Hex = `0x${'ab'.repeat(32)}`;

/** The second at which the first entry is recorded; each later one is a second later. */
export const RECORDED_AT = 1_767_225_600n;

/** What a publication carries of the book. */
export type BookPublication = {
  readonly root: Field;
  readonly size: number;
  readonly revoked: bigint;
  readonly logHead: Hex;
};

export type LogBook = Awaited<ReturnType<typeof makeLogBook>>;

/** An empty book. */
export async function makeLogBook() {
  const tree = await createTree();
  const entries: LogEntry[] = [];
  const leaves: Field[] = [];
  let head = EMPTY_HEAD;
  let revoked = 0n;
  const add = (event: LogEvent): void => {
    const seq = BigInt(entries.length + 1);
    const entry = { seq, at: RECORDED_AT + seq, ...event } as LogEntry;
    entries.push(entry);
    head = nextHead(head, writeLogEntry(entry));
  };
  return {
    tree,
    entries,
    attest(leaf: bigint, replaces?: number): number {
      const position = leaves.push(leaf as Field) - 1;
      tree.append([leaf as Field]);
      const more = replaces === undefined ? {} : { replaces };
      add({ kind: 'attest', position, leaf: leaf as Field, ...more });
      return position;
    },
    revoke(position: number): void {
      tree.update([{ position, leaf: 0n as Field }]);
      revoked += 1n;
      add({ kind: 'revoke', position, reason: 'fraud', evidence: EVIDENCE });
    },
    reinstate(position: number): void {
      const leaf = leaves[position]!;
      tree.update([{ position, leaf }]);
      add({ kind: 'reinstate', position, leaf, reason: 'appeal-granted', evidence: EVIDENCE });
    },
    /** Logs a publication of the tree as it is. */
    publish(): BookPublication {
      const publication = { root: tree.root(), size: tree.size(), revoked, logHead: head };
      const { root, size } = publication;
      add({ kind: 'publish', root, size, revoked });
      return publication;
    },
    head: () => head,
    lines: () => entries.map(writeLogEntry),
  };
}

/** Entries as a log without a fault in its chain has them: numbered anew, with new heads. */
export function renumbered(entries: readonly LogEntry[]): readonly LogEntry[] {
  return entries.map((entry, i) => ({ ...entry, seq: BigInt(i + 1) }));
}

/** Entries with their heads, as `openLog` gives them. */
export async function* headed(entries: readonly LogEntry[]): AsyncGenerator<HeadedEntry> {
  let head = EMPTY_HEAD;
  for (const line of entries.map(writeLogEntry)) {
    head = nextHead(head, line);
    yield await Promise.resolve({ entry: readLogEntry(line, 'line'), head });
  }
}

/** Things one after the other, as from a store. */
export async function* each<T>(things: Iterable<T>): AsyncGenerator<T> {
  for (const thing of things) yield await Promise.resolve(thing);
}

/** So many lines of attestations, cheaply. */
export function attestLines(count: number, first = 0): readonly string[] {
  return Array.from({ length: count }, (_, i) => {
    const position = first + i;
    const seq = BigInt(position + 1);
    const leaf = (1_000n + seq) as Field;
    return writeLogEntry({ seq, at: RECORDED_AT, kind: 'attest', position, leaf });
  });
}

/** Folders that are gone after each test. */
export function useFolders(): () => Promise<string> {
  const made: string[] = [];
  afterEach(async () => {
    for (const path of made.splice(0)) await rm(path, { recursive: true, force: true });
  });
  return async () => {
    const path = await mkdtemp(join(tmpdir(), 'eligo-files-'));
    made.push(path);
    return path;
  };
}

/** Web servers that are gone after each test. @returns the URL of a new one */
export function useServers(): (listener: RequestListener) => Promise<string> {
  const running: Server[] = [];
  afterEach(async () => {
    for (const server of running.splice(0)) {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    }
  });
  return async (listener) => {
    const server = createServer(listener);
    running.push(server);
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };
}
