/**
 * What an issuer waits for: a real distribution issued, published, exported and audited, each on a new store.
 * @module
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { DISTRIBUTION_FILE, hasDistribution, type DistributionResult } from './distribution.ts';
import { makeReport, measure, type Measure, type Report } from './report.ts';
import { onServer } from './server.ts';

type Run = Pick<DistributionResult, 'seconds' | 'rows'> & {
  readonly whole: boolean;
  readonly peakMB: number;
};

/** Measures. */
export async function benchIssuer(): Promise<Report> {
  if (!hasDistribution)
    throw new Error(`${DISTRIBUTION_FILE} is not here: ELIGO_DATA names its folder`);
  const folder = await mkdtemp(join(tmpdir(), 'eligo-bench-'));
  try {
    const measures = await measureRun(join(folder, 'store'), 'issuer');
    const more = await onServer((url) => measureRun(url, 'issuer.postgres'));
    return makeReport('issuer', { ...measures, ...more });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function measureRun(url: string, name: string): Promise<Record<string, Measure>> {
  const script = fileURLToPath(new URL('./distributionRun.ts', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, ['--import=tsx', script, url]);
  const { seconds, rows, whole, peakMB } = JSON.parse(stdout) as Run;
  if (!whole) throw new Error('the audit does not reproduce what was published');
  return {
    [`${name}.rows`]: measure('rows', [rows]),
    [`${name}.issue.rowsPerS`]: measure('rows/s', [rows / seconds.issue]),
    [`${name}.publish.s`]: measure('s', [seconds.publish]),
    [`${name}.export.s`]: measure('s', [seconds.export]),
    [`${name}.audit.s`]: measure('s', [seconds.audit]),
    [`${name}.peakMB`]: measure('MB', [peakMB]),
  };
}
