/**
 * What the stored tree costs: the first build of a million leaves, a batch of ten thousand, one revocation; each in a
 * process of its own, on a store in a folder and, where ELIGO_TEST_DATABASE names a server, on PostgreSQL.
 * @module
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { measure, type Measure } from './report.ts';
import { onServer } from './server.ts';

const LEAVES = 1_000_000;
const BATCH = 10_000;
const ROUNDS = 3;

type Measures = Readonly<Record<string, Measure>>;
type Step = { readonly cpuMs: number; readonly wallMs: number; readonly aboveMB: number };

/** Measures on each store. */
export async function measureStored(): Promise<Measures> {
  const folder = await mkdtemp(join(tmpdir(), 'eligo-bench-'));
  try {
    const measures = await measureStore(join(folder, 'store'), 'tree');
    return { ...measures, ...(await onServer((url) => measureStore(url, 'tree.postgres'))) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function measureStore(url: string, name: string): Promise<Measures> {
  await run('fill', url, LEAVES);
  const build = await run('build', url, 0);
  const [append, set]: [Step[], Step[]] = [[], []];
  for (let round = 0; round < ROUNDS; round++) {
    append.push(await run('append', url, BATCH));
    set.push(await run('set', url, 0));
  }
  return {
    [`${name}.store.leavesPerS`]: measure('leaves/s', [(1000 * LEAVES) / build.wallMs]),
    [`${name}.store.cpuMs`]: measure('CPU ms', [build.cpuMs]),
    [`${name}.append1e4.ms`]: measure(
      'CPU ms',
      append.map(({ cpuMs }) => cpuMs),
    ),
    [`${name}.set1.ms`]: measure(
      'CPU ms',
      set.map(({ cpuMs }) => cpuMs),
    ),
    [`${name}.aboveStoreMB`]: measure('MB', [build.aboveMB]),
  };
}

async function run(step: string, url: string, count: number): Promise<Step> {
  const script = fileURLToPath(new URL('./treeStore.ts', import.meta.url));
  const args = ['--import=tsx', script, step, url, count.toString()];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return JSON.parse(stdout) as Step;
}
