/**
 * What another process does with a store: `hold` has it open, `alone` runs a task alone, `issue` attests people one by
 * one, `work` takes jobs, `stall` takes one and never ends it. Each goes on until its input ends.
 * @module
 */
import { EligoError } from '../../src/errors.ts';
import { openStore } from '../../src/store/store.ts';
import { startTreeWorker } from '../../src/store/treeJobs.ts';
import { loadHasher } from '../../src/tree/hasher.ts';
import { inline } from '../../src/tree/threads.ts';
import { issued, rowOf } from './issuers.ts';

const [task, url = '', ...args] = process.argv.slice(2);

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

const inputEnd = (): Promise<void> =>
  new Promise((done) => {
    process.stdin.resume().once('end', done);
  });

async function run(): Promise<void> {
  const store = await openStore(url);
  try {
    switch (task) {
      case 'hold':
        say('ready');
        await inputEnd();
        return;
      case 'alone':
        await store.alone(args[0] ?? '', async () => {
          say('ready');
          await inputEnd();
        });
        return;
      case 'issue':
        for (let n = Number(args[0]); n < Number(args[1]); n++) await issued(store, [rowOf(n)]);
        say('done');
        return;
      default:
        await takeJobs();
    }
  } finally {
    await store.close();
  }

  async function takeJobs(): Promise<void> {
    const threads = inline(await loadHasher());
    const never = (): Promise<never> => {
      say('stalled');
      return new Promise(() => undefined);
    };
    const worker = await startTreeWorker(store, {
      builder: task === 'stall' ? { applyToBlocks: never } : threads,
      onJob: ({ window }) => {
        say(`window ${window}`);
      },
    });
    say('ready');
    await inputEnd();
    await worker.stop();
  }
}

try {
  await run();
} catch (error) {
  say(error instanceof EligoError ? error.code : String(error));
  process.exitCode = 1;
}
