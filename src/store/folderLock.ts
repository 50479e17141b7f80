/**
 * One process at a time in a folder. An embedded database does not lock its directory, and two processes in it lose
 * rows that were acknowledged.
 *
 * Each process that wants in puts down a file of its own, named by host, process id and the process' start, and then
 * looks at the others: a living one sends it away, a dead one is cleared. There is nothing to take over, so there is
 * nothing to race for: of two that come together at least one sees the other. At worst both leave, and try again.
 * @module
 */
import { chmod, mkdir, open, readFile, readdir, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { EligoError } from '../errors.ts';

const PREFIX = 'lock-';

/** Releases the folder. */
export type Unlock = () => Promise<void>;

/**
 * Takes a folder, which is made if it isn't there, for its owner only: an embedded database writes files that anybody could
 * read, whatever the umask.
 * @throws {StoreLocked} if a living process has it
 */
export async function lockFolder(folder: string): Promise<Unlock> {
  await mkdir(folder, { recursive: true });
  await chmod(folder, 0o700);
  const own = nameOf(hostname(), process.pid, (await startOf(process.pid)) ?? '0');
  await putDown(folder, own);
  try {
    for (const name of await readdir(folder)) {
      if (!name.startsWith(PREFIX) || name === own) continue;
      if (await isAlive(name)) throw locked(folder, name);
      await rm(join(folder, name), { force: true });
    }
  } catch (error) {
    await rm(join(folder, own), { force: true });
    throw error;
  }
  return () => rm(join(folder, own), { force: true });
}

async function putDown(folder: string, own: string): Promise<void> {
  try {
    await (await open(join(folder, own), 'wx', 0o600)).close();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw locked(folder, own);
    throw error;
  }
}

function locked(folder: string, name: string): EligoError {
  const { host, pid } = partsOf(name);
  const where = host === hostname() ? '' : ` on ${host}: if that is gone for good, remove ${name}`;
  return new EligoError('StoreLocked', `${folder} is in use by process ${pid}${where}`, {
    folder,
    pid,
    host,
  });
}

function nameOf(host: string, pid: number, start: string): string {
  return `${PREFIX}${encodeURIComponent(host)}-${pid}-${start}`;
}

function partsOf(name: string): { host: string; pid: number; start: string } {
  const [, host = '', pid = '', start = ''] = /^lock-(.*)-(\d+)-(\d+)$/.exec(name) ?? [];
  return { host: decodeURIComponent(host), pid: Number(pid), start };
}

/** Of another host nothing is known: it counts as alive. A process id that was given out again is another process. */
async function isAlive(name: string): Promise<boolean> {
  const { host, pid, start } = partsOf(name);
  if (host !== hostname()) return true;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  const running = await startOf(pid);
  return running === undefined || running === start;
}

/** When a process started, in clock ticks since boot; undefined where the platform has no /proc. */
async function startOf(pid: number): Promise<string | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    // The name in parentheses may hold anything; the fields after it are counted from its end.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}
