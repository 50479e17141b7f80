/**
 * One step of the stored tree's life in a process of its own, measured: `fill` a store with leaves and their log, `build` it,
 * `append` ten thousand, `set` one. Prints the measures as JSON.
 *
 * Arguments: step, store, number of leaves.
 * @module
 */
import { sql } from 'kysely';
import { bindStore } from '../../src/store/book.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { buildTree } from '../../src/store/tree.ts';
import { createThreads } from '../../src/tree/threads.ts';

/** Rows of a statement that fills. */
const PART = 50_000;

const [step = '', url = '', count = '0'] = process.argv.slice(2);
const store = await openStore(url);
if (step === 'fill') {
  await bindStore(store, { deployment: '{}', issuerId: 1n, treeId: 1n }, new Uint8Array(32));
  await sql`insert into schemas values ('', '{}')`.execute(store.db);
  await attest(store, Number(count));
  console.log('{}');
} else {
  if (step === 'append') await attest(store, Number(count));
  if (step === 'set') await revokeOne(store);
  console.log(JSON.stringify(await measureBuild(store)));
}
await store.close();

/** Leaves without their hashing: this measures the tree. */
async function attest({ db }: Store, leaves: number): Promise<void> {
  const { size, log_seq } = await db
    .selectFrom('book')
    .select(['size', 'log_seq'])
    .executeTakeFirstOrThrow();
  for (let done = 0; done < leaves; done += PART) {
    const first = size + done;
    const last = size + Math.min(leaves, done + PART) - 1;
    await sql`insert into attestations (position, leaf, schema_id, issued_at, expires_at, live)
      select i, '\\x00'::bytea || substring(sha256(i::text::bytea) for 31), '', 0, 0, true
      from generate_series(${first}::int, ${last}::int) as i`.execute(db);
    await sql`insert into log (seq, kind, position, line, head)
      select ${log_seq - BigInt(size)}::bigint + i + 1, 'attest', i, '', ''
      from generate_series(${first}::int, ${last}::int) as i`.execute(db);
  }
  await db
    .updateTable('book')
    .set({ size: size + leaves, log_seq: log_seq + BigInt(leaves) })
    .execute();
}

async function revokeOne({ db }: Store): Promise<void> {
  const { size, log_seq } = await db
    .selectFrom('book')
    .select(['size', 'log_seq'])
    .executeTakeFirstOrThrow();
  const position = Math.floor(size / 3);
  await sql`insert into log values (${log_seq + 1n}, 'revoke', ${position}, '', '')`.execute(db);
  await db
    .updateTable('book')
    .set({ log_seq: log_seq + 1n })
    .execute();
}

async function measureBuild(
  opened: Store,
): Promise<{ readonly cpuMs: number; readonly wallMs: number; readonly aboveMB: number }> {
  const before = process.memoryUsage().rss;
  const cpu = process.cpuUsage();
  const start = performance.now();
  const threads = createThreads();
  await buildTree(opened, { builder: threads });
  const wallMs = performance.now() - start;
  const { user, system } = process.cpuUsage(cpu);
  await threads.close();
  const peak = process.resourceUsage().maxRSS * 1024;
  return { cpuMs: (user + system) / 1000, wallMs, aboveMB: (peak - before) / 1_048_576 };
}
