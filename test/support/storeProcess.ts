/**
 * Other processes on a store: a script for each thing that one can do there, and what a test knows of it.
 * @module
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** What another process does. */
export type Task = 'hold' | 'alone' | 'issue' | 'work' | 'stall';

/** A running process. */
export type OtherProcess = {
  readonly pid: number;
  /** The next line that it prints; undefined once it has ended. */
  readonly line: () => Promise<string | undefined>;
  /** Lets it finish. @returns its exit code */
  readonly finish: () => Promise<number | null>;
  readonly kill: () => Promise<void>;
};

/** Starts processes, all gone after each test. */
export function useProcesses(): (task: Task, args: readonly string[]) => OtherProcess {
  const running: OtherProcess[] = [];
  afterEach(async () => {
    for (const other of running.splice(0)) await other.kill();
  });
  return (task, args) => {
    const script = fileURLToPath(new URL('./storeTask.ts', import.meta.url));
    const child = spawn(process.execPath, ['--import', 'tsx', script, task, ...args], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const ended = new Promise<number | null>((done) => {
      child.once('close', done);
    });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const other: OtherProcess = {
      pid: child.pid!,
      line: async () => {
        const next = (await lines.next()) as IteratorResult<string, undefined>;
        return next.value;
      },
      finish: () => {
        child.stdin.end();
        return ended;
      },
      kill: async () => {
        child.kill('SIGKILL');
        await ended;
      },
    };
    running.push(other);
    return other;
  };
}
