/**
 * An import in a process of its own: opens a new store, imports so many generated rows, every tenth without a commitment and
 * every hundredth twice, and prints what it took, above what the open store took.
 *
 * Arguments: store, rows.
 * @module
 */
import { createHash } from 'node:crypto';
import { mkdtemp, open, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Deployment } from '../../src/chain/deployment.ts';
import { readSourceFile } from '../../src/issuer/import/files.ts';
import { importRecords } from '../../src/issuer/import/import.ts';
import { pepperCheck } from '../../src/issuer/subject.ts';
import { canonicalJson } from '../../src/protocol/codec.ts';
import { NEVER, reduceWide } from '../../src/protocol/field.ts';
import { defineSchema } from '../../src/protocol/schema.ts';
import { bindStore } from '../../src/store/book.ts';
import { openStore } from '../../src/store/store.ts';
import { createThreads } from '../../src/tree/threads.ts';

const schema = defineSchema({
  eligo: 'schema/1',
  name: 'Allocation',
  version: '1',
  description: 'What is due to whom',
  fields: [{ name: 'amount', type: 'amount', decimals: '18', description: 'Due', meter: true }],
});

const PEPPER = new Uint8Array(32).fill(7);

const deployment: Deployment = {
  eligo: 'deployment/1',
  chainId: '31337',
  circuit: 'c'.repeat(64),
  security: 'INSECURE-DEV',
  contracts: {
    IssuerRegistry: '0x5FbDB2315678afecb367f032d93F642f64180aa3',
    RootRegistry: '0xe7f1725E7734CE288F8367e1Bb143E90bb3F0512',
    Grants: '0x9fE46736679d2D9a65F0992F2272dE9f3c7fa6e0',
    Distributor: '0xCf7Ed3AccA5a467e9e704C703E8D87F634fB0Fc9',
  },
};

const [url = '', count = '0'] = process.argv.slice(2);
const folder = await mkdtemp(join(tmpdir(), 'eligo-import-'));
try {
  const path = join(folder, 'list.csv');
  const sha256 = await writeList(path, Number(count));
  const store = await openStore(url);
  const threads = createThreads();
  const binding = { deployment: canonicalJson(deployment), issuerId: 1n, treeId: 1n };
  await bindStore(store, binding, pepperCheck(PEPPER));
  const issuer = { store, deployment, issuerId: 1n, treeId: 1n };
  const resident = residentMB();
  const peaks = watchPeak();
  const before = performance.now();
  const report = await importRecords(issuer, {
    source: { kind: 'file', sha256, bytes: BigInt((await stat(path)).size) },
    options: { format: 'csv', units: 'base', expires: 'never' },
    records: ({ now }) =>
      readSourceFile({
        ...{
          input: { path },
          format: 'csv',
          schema,
          units: { kind: 'base' },
          expiresAt: NEVER,
          now,
        },
      }),
    ...{ schema, sums: ['amount'], onConflict: 'newest', pepper: PEPPER },
    ...{ now: 1_767_268_800n, deadline: 1_867_268_800n, hashLeaves: threads.hashLeaves },
    onManifest: async (text) => {
      for await (const piece of text) createHash('sha256').update(piece);
    },
  });
  const seconds = (performance.now() - before) / 1000;
  const peakMB = peaks.stop();
  await threads.close();
  await store.close();
  const { read = '0', accepted = '0' } = report?.facts ?? {};
  console.log(JSON.stringify({ read, accepted, seconds, aboveMB: peakMB - resident }));
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function writeList(path: string, rows: number): Promise<`0x${string}`> {
  const file = await open(path, 'w');
  const hash = createHash('sha256');
  const put = async (text: string): Promise<void> => {
    hash.update(text);
    await file.write(text);
  };
  await put('address,amount,commitment\n');
  let part = '';
  for (let i = 0; i < rows; i++) {
    const who = i % 100 === 99 ? i - 1 : i;
    const digest = createHash('sha512').update(`import/${who}`).digest();
    const commitment = who % 10 === 0 ? '' : reduceWide(digest).toString();
    part += `0x${digest.subarray(0, 20).toString('hex')},${(400 + who).toString()},${commitment}\n`;
    if (part.length < 1_048_576 && i < rows - 1) continue;
    await put(part);
    part = '';
  }
  await file.close();
  return `0x${hash.digest('hex')}`;
}

function residentMB(): number {
  return process.memoryUsage.rss() / 1_048_576;
}

/** The most that is seen, twenty times a second: opening the store may have taken more for a moment. */
function watchPeak() {
  let most = 0;
  const look = (): void => {
    most = Math.max(most, residentMB());
  };
  const timer = setInterval(look, 50);
  return {
    stop: (): number => {
      clearInterval(timer);
      look();
      return most;
    },
  };
}
