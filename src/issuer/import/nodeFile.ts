/**
 * A list of hashes that may be longer than memory: written to a file of its own once, then read in any order. The file is
 * readable by its owner only, has no name any more once it is open, and so goes when the process does.
 * @module
 */
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const HASH_BYTES = 32;
const BUFFERED = 4_096;

/** The list. */
export type NodeFile = {
  readonly add: (hash: Uint8Array) => void;
  readonly length: () => number;
  /** Whether the hash at this place is that one. Nothing is added after the first question. */
  readonly holds: (index: number, hash: Uint8Array) => boolean;
  readonly close: () => void;
};

/**
 * Opens an empty list in the system's folder for temporary files.
 *
 * It is read synchronously: a read of 32 bytes that the system has in memory takes less time than to wait for it.
 */
export function openNodeFile(): NodeFile {
  const file = openNameless();
  const buffer = Buffer.alloc(BUFFERED * HASH_BYTES);
  const found = Buffer.alloc(HASH_BYTES);
  let written = 0;
  let buffered = 0;
  const flush = (): void => {
    for (let at = 0; at < buffered * HASH_BYTES;)
      at += writeSync(file, buffer, at, buffered * HASH_BYTES - at);
    written += buffered;
    buffered = 0;
  };
  return {
    add: (hash) => {
      buffer.set(hash, buffered * HASH_BYTES);
      buffered += 1;
      if (buffered === BUFFERED) flush();
    },
    length: () => written + buffered,
    holds: (index, hash) => {
      if (buffered > 0) flush();
      const read = readSync(file, found, 0, HASH_BYTES, index * HASH_BYTES);
      return read === HASH_BYTES && found.equals(hash);
    },
    close: () => {
      closeSync(file);
    },
  };
}

function openNameless(): number {
  const folder = mkdtempSync(join(tmpdir(), 'eligo-import-'));
  try {
    return openSync(join(folder, 'nodes'), 'wx+', 0o600);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
