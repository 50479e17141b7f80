/**
 * Building the tree on several processes: the windows of a build as jobs of pg-boss in the store's own PostgreSQL. Each
 * process takes the next one (`SKIP LOCKED`), and what one leaves unfinished another does again; the merge stays with
 * whoever asked.
 * @module
 */
import { setTimeout } from 'node:timers/promises';
import { PgBoss } from 'pg-boss';
import { EligoError, invalidInput } from '../errors.ts';
import type { Store } from './store.ts';
import { stageWindow, type BlockBuilder, type WindowJob } from './tree.ts';

const QUEUE = 'tree.build';

/** A process that says nothing for so long has died, and its job is another's. */
const HEARTBEAT_SECONDS = 10;

const POLL_MS = 200;

/** One window at a time: what a process has taken, no other can take. */
const WORK_OPTIONS = { pollingIntervalSeconds: 0.5, batchSize: 1 };

/** A job's data: JSON has no bigints. */
type JobData = { readonly from: string; readonly to: string; readonly window: number };

/** A process that takes jobs. */
export type TreeWorker = {
  /** Finishes the job at hand, and takes no more. */
  readonly stop: () => Promise<void>;
};

/**
 * Takes jobs until it is stopped.
 * @param options.onJob told of each window that is done
 * @throws {InvalidInput} for a store in a folder, which one process has to itself
 */
export async function startTreeWorker(
  store: Store,
  options: { readonly builder: BlockBuilder; readonly onJob?: (job: WindowJob) => void },
): Promise<TreeWorker> {
  const boss = await startWorking(store, options);
  return { stop: () => boss.stop({ graceful: true }) };
}

/**
 * The `distribute` of a build: hands the windows out, works on them itself as well, and waits until all are done.
 * @throws {InvalidInput} for a store in a folder
 */
export async function createDistributor(
  store: Store,
  options: { readonly builder: BlockBuilder },
): Promise<{
  readonly distribute: (jobs: readonly WindowJob[]) => Promise<void>;
  readonly close: () => Promise<void>;
}> {
  const boss = await startWorking(store, options);
  return {
    distribute: async (jobs) => {
      await boss.deleteAllJobs(QUEUE);
      const data = jobs.map(({ from, to, window }) => ({
        data: { from: from.toString(), to: to.toString(), window },
      }));
      const ids = (await boss.insert(QUEUE, data, { returnId: true })) ?? [];
      // One after the other: the queue is asked for one job at a time, however many there are.
      for (const id of ids) await finished(boss, id);
    },
    close: () => boss.stop({ graceful: true }),
  };
}

async function startWorking(
  store: Store,
  options: { readonly builder: BlockBuilder; readonly onJob?: (job: WindowJob) => void },
): Promise<PgBoss> {
  const boss = await startQueue(store);
  await boss.work<JobData>(QUEUE, WORK_OPTIONS, async (jobs) => {
    for (const { data } of jobs) {
      const job = { from: BigInt(data.from), to: BigInt(data.to), window: data.window };
      await stageWindow(store.db, job, options.builder);
      options.onJob?.(job);
    }
  });
  return boss;
}

async function startQueue({ url }: Store): Promise<PgBoss> {
  if (url === undefined)
    throw invalidInput('store', 'a folder', 'several processes need a store on PostgreSQL');
  const boss = new PgBoss({
    connectionString: url,
    superviseIntervalSeconds: 1,
    monitorIntervalSeconds: 1,
  });
  // Without a listener an error of its maintenance would end the process; the job's own failure is what counts.
  boss.on('error', () => undefined);
  await boss.start();
  await boss.createQueue(QUEUE, {
    heartbeatSeconds: HEARTBEAT_SECONDS,
    expireInSeconds: 600,
    retryLimit: 5,
    retryDelay: 0,
  });
  return boss;
}

async function finished(boss: PgBoss, id: string): Promise<void> {
  for (;;) {
    const [job] = await boss.findJobs<JobData>(QUEUE, { id });
    if (job?.state === 'completed') return;
    if (!job || job.state === 'failed' || job.state === 'cancelled')
      throw new EligoError(
        'StoreUnavailable',
        `the job for window ${String(job?.data.window)} failed`,
        {
          job: id,
        },
      );
    await setTimeout(POLL_MS);
  }
}
