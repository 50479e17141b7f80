/**
 * `npm test`: mocha on each file of test/, two at a time, in a process each: what one leaves behind, or ends with, is not
 * the next one's. A file that passes is a line; what failed, or has said nothing for a quarter of an hour, is said in full,
 * and once more at the end.
 *
 * `npm test -- test/tree/pool.test.ts -g "takes"`: the arguments are mocha's, for one process.
 * @module
 */
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { argv } from 'node:process';
import { adapterContracts } from '../test/support/adapters.ts';
import { testContracts } from '../test/support/contracts.ts';
import { step } from './progress.ts';

const project = resolve(import.meta.dirname, '..');
const mocha = join(
  dirname(createRequire(import.meta.url).resolve('mocha/package.json')),
  'bin/mocha.js',
);

const AT_ONCE = 2;

const LONGEST_SILENCE = 15 * 60_000;

/** The files that take minutes come first, so that none of them is left to run alone at the end. */
const LONGEST = /forge|crash|fuzz|distribution|threats|cli\/|issuer\/|circuits\/|contracts\//;

const chosen = argv.slice(2);
if (chosen.length > 0) {
  process.exitCode = (await runMocha(chosen, 'inherit')).code;
} else {
  // What several files would compile at the same time, and write to the same place.
  await step('contracts under test', async () => {
    await testContracts();
    await adapterContracts();
  });
  const failures = await runFiles();
  for (const { file, output } of failures) console.log(`\nfailed: ${file}\n${endOf(output)}`);
  const files = failures.map(({ file }) => file);
  console.log(files.length === 0 ? 'all tests passed' : `tests failed in ${files.join(', ')}`);
  process.exitCode = files.length === 0 ? 0 : 1;
}

/** Runs all files in lanes, and says how each ended. @returns those that failed, with all they said */
async function runFiles(): Promise<readonly { readonly file: string; readonly output: string }[]> {
  const waiting = testFiles();
  const count = waiting.length;
  const failures: { file: string; output: string }[] = [];
  const lane = async (): Promise<void> => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      const began = performance.now();
      const { code, output } = await runMocha([file], 'pipe', LONGEST_SILENCE);
      const seconds = ((performance.now() - began) / 1000).toFixed(1);
      const tally = output.match(/\d+ (?:passing|pending|failing)/g)?.join(', ') ?? 'no summary';
      const place = `${count - waiting.length}/${count}`;
      console.log(`${place} ${code === 0 ? '✔' : '✖'} ${file}: ${tally} (${seconds} s)`);
      if (code === 0) continue;
      console.log(output);
      failures.push({ file, output });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  return failures;
}

/** Relative to the project, those that take longest first. */
function testFiles(): string[] {
  const files = readdirSync(join(project, 'test'), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.test.ts'))
    .map((entry) => relative(project, join(entry.parentPath, entry.name)))
    .sort();
  return [
    ...files.filter((file) => LONGEST.test(file)),
    ...files.filter((file) => !LONGEST.test(file)),
  ];
}

/**
 * mocha's code, and all it said unless it said it at once. A signal, such as an abort, is a failure with its name.
 * @param silence milliseconds without a word after which it is interrupted; what it has started may live on
 */
function runMocha(
  args: readonly string[],
  output: 'inherit' | 'pipe',
  silence?: number,
): Promise<{ readonly code: number; readonly output: string }> {
  return new Promise((done, failed) => {
    const child = spawn(process.execPath, [mocha, ...args], {
      cwd: project,
      stdio: ['ignore', output, output],
    });
    const streams = [child.stdout, child.stderr];
    const letGo = (): void => {
      for (const stream of streams) stream?.destroy();
    };
    // mocha ends its own child at this signal only. Where it has ended, what it started holds its output.
    const interrupt = (): void => {
      if (!child.kill('SIGINT')) letGo();
    };
    const timer = silence === undefined ? undefined : setTimeout(interrupt, silence);
    const chunks: Buffer[] = [];
    for (const stream of streams)
      stream?.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        timer?.refresh();
      });
    child.once('exit', () => {
      if (child.killed) letGo();
    });
    child.once('error', failed).once('close', (code, signal) => {
      clearTimeout(timer);
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
