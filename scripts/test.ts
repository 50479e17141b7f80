/**
 * `npm test`: mocha on each folder of test/, two at a time, in a process each: what one leaves behind, or ends with, is
 * not the next one's. A folder's words come when it has ended; what failed is said once more at the end.
 *
 * `npm test -- test/tree -g "takes"`: the arguments are mocha's, for one process.
 * @module
 */
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { argv } from 'node:process';
import { testContracts } from '../test/support/contracts.ts';
import { step } from './progress.ts';

const project = resolve(import.meta.dirname, '..');
const mocha = join(
  dirname(createRequire(import.meta.url).resolve('mocha/package.json')),
  'bin/mocha.js',
);

const AT_ONCE = 2;

/** The folders that take longest, so that none of them is left to run alone at the end. */
const LONGEST = ['contracts', 'cli', 'issuer', 'chain'];

/** How the tests of one folder ended. */
type Outcome = { readonly folder: string; readonly passed: boolean; readonly output: string };

const chosen = argv.slice(2);
if (chosen.length > 0) {
  process.exitCode = (await runMocha(chosen, 'inherit')).code;
} else {
  // What the folders would compile at the same time, and write to the same place.
  await step('contracts under test', () => testContracts());
  const failed = (await runFolders()).filter(({ passed }) => !passed);
  for (const { folder, output } of failed) console.log(`\nfailed: ${folder}\n${endOf(output)}`);
  console.log(
    failed.length === 0
      ? 'all tests passed'
      : `tests failed in ${failed.map(({ folder }) => folder).join(', ')}`,
  );
  process.exitCode = failed.length === 0 ? 0 : 1;
}

/** Runs every folder, and the files beside them, in lanes; in the order in which they ended. */
async function runFolders(): Promise<readonly Outcome[]> {
  const waiting = testFolders();
  const outcomes: Outcome[] = [];
  const lane = async (): Promise<void> => {
    for (let folder = waiting.shift(); folder !== undefined; folder = waiting.shift()) {
      const began = performance.now();
      console.error(`${folder}: started`);
      const { code, output } = await runMocha([`${folder}.test.ts`], 'pipe');
      const minutes = ((performance.now() - began) / 60_000).toFixed(1);
      console.log(`\n${folder}: ${code === 0 ? 'passed' : 'FAILED'} (${minutes} min)\n${output}`);
      outcomes.push({ folder, passed: code === 0, output });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  return outcomes;
}

/** Patterns without their ending, the longest to run first. */
function testFolders(): string[] {
  const found = readdirSync(join(project, 'test'), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.name.endsWith('.test.ts'))
    .map(
      ({ parentPath }) => parentPath.slice(join(project, 'test').length + 1).split('/')[0] ?? '',
    );
  const folders = [...new Set(found)].sort((a, b) => rank(a) - rank(b));
  return folders.map((folder) => (folder === '' ? 'test/*' : `test/${folder}/**/*`));
}

function rank(folder: string): number {
  const place = LONGEST.indexOf(folder);
  return place === -1 ? LONGEST.length : place;
}

/** mocha's code, and all it said unless it said it at once. A signal, such as an abort, is a failure with its name. */
function runMocha(
  args: readonly string[],
  output: 'inherit' | 'pipe',
): Promise<{ readonly code: number; readonly output: string }> {
  return new Promise((done, failed) => {
    const child = spawn(process.execPath, [mocha, ...args], {
      cwd: project,
      stdio: ['ignore', output, output],
    });
    const chunks: Buffer[] = [];
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.once('error', failed).once('close', (code, signal) => {
      const said = Buffer.concat(chunks).toString('utf8');
      done({ code: code ?? 1, output: signal === null ? said : `${said}\nended by ${signal}\n` });
    });
  });
}

/** mocha's summary with its failures; the last lines where there is none. */
function endOf(output: string): string {
  const summary = output.search(/^ {2}\d+ passing/m);
  return summary === -1 ? output.split('\n').slice(-40).join('\n') : output.slice(summary);
}
