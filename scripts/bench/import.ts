/**
 * What an import costs, from ten thousand rows to a million, each in a process of its own on a new store: rows a second from
 * the file to the manifest, and memory above that of the open store.
 * @module
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { makeReport, measure, type Measure, type Report } from './report.ts';
import { onServer } from './server.ts';

const SIZES = [10_000, 100_000, 1_000_000];

type Run = {
  readonly read: string;
  readonly accepted: string;
  readonly seconds: number;
  readonly aboveMB: number;
};

/** Measures. */
export async function benchImport(): Promise<Report> {
  const folder = await mkdtemp(join(tmpdir(), 'eligo-bench-'));
  try {
    const measures: Record<string, Measure> = {};
    for (const rows of SIZES) {
      const name = rows === 1_000_000 ? 'import' : `import.${rows}`;
      Object.assign(measures, await measureRun(join(folder, String(rows)), rows, name));
      const more = await onServer((url) =>
        measureRun(url, rows, name.replace('import', 'import.postgres')),
      );
      Object.assign(measures, more);
    }
    return makeReport('import', measures);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function measureRun(
  url: string,
  rows: number,
  name: string,
): Promise<Record<string, Measure>> {
  const script = fileURLToPath(new URL('./importRun.ts', import.meta.url));
  const args = ['--import=tsx', script, url, String(rows)];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  const { read, accepted, seconds, aboveMB } = JSON.parse(stdout) as Run;
  if (read !== String(rows) || accepted === '0') throw new Error('the import is not whole');
  return {
    [`${name}.rowsPerS`]: measure('rows/s', [rows / seconds]),
    [`${name}.peakAboveStoreMB`]: measure('MB', [aboveMB]),
  };
}
