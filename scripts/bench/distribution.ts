/**
 * A real distribution from its file to a published root, and from the exported log back to the same root: the rows of the
 * UNI distribution of September 2020, with a commitment each, as one that had collected them beforehand would have.
 * @module
 */
import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createGunzip } from 'node:zlib';
import { connect } from '../../src/chain/client.ts';
import { deployContracts } from '../../src/chain/deployment.ts';
import { LOCAL_KEYS, startLocalChain } from '../../src/chain/localChain.ts';
import { getTreeEvents } from '../../src/chain/publications.ts';
import { rebuildTree } from '../../src/issuer/auditRebuild.ts';
import { issue, type IssueRow } from '../../src/issuer/issue.ts';
import { registerIssuerTree, setUpStore, type Issuer } from '../../src/issuer/issuer.ts';
import { exportLog } from '../../src/issuer/logFiles.ts';
import { openLog } from '../../src/issuer/logSource.ts';
import { publish } from '../../src/issuer/publish.ts';
import { readRows } from '../../src/issuer/rows.ts';
import { createPepper, subjectKey } from '../../src/issuer/subject.ts';
import { reduceWide } from '../../src/protocol/field.ts';
import { METER_SLOT, defineSchema } from '../../src/protocol/schema.ts';
import { loadArtifacts } from '../../src/prover/artifacts.ts';
import { readLog } from '../../src/store/log.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { loadHasher } from '../../src/tree/hasher.ts';
import { createThreads } from '../../src/tree/threads.ts';

/** `index,address,amount,isUser,isLP,isSOCKS` with a header, gzipped. */
export const DISTRIBUTION_FILE = resolve(
  process.env['ELIGO_DATA'] ?? resolve(import.meta.dirname, '../../../shared/data'),
  'uni-2020-even.csv.gz',
);

/** Whether the file is there: it is no part of the project. */
export const hasDistribution = existsSync(DISTRIBUTION_FILE);

const schema = defineSchema({
  eligo: 'schema/1',
  name: 'UNI distribution',
  version: '1',
  description: 'What an address was allotted, and why',
  fields: [
    { name: 'amount', type: 'amount', decimals: '18', description: 'Allotment', meter: true },
    { name: 'isUser', type: 'bool', description: 'Had used the exchange', set: true },
    { name: 'isLP', type: 'bool', description: 'Had provided liquidity' },
    { name: 'isSOCKS', type: 'bool', description: 'Had redeemed or held SOCKS' },
  ],
});

/** What was published, and what the audit made of the log. */
export type DistributionResult = {
  readonly rows: number;
  /** Base units, 18 decimals. */
  readonly total: bigint;
  readonly root: bigint;
  readonly audited: { readonly root: bigint; readonly size: number; readonly status: string };
  /** Seconds by step. */
  readonly seconds: Readonly<Record<'issue' | 'publish' | 'export' | 'audit', number>>;
};

/**
 * Runs it on a store that is new, with a chain of its own.
 * @param options.rows how many of the rows; all if left out
 */
export async function runDistribution(options: {
  readonly store: string;
  readonly rows?: number;
}): Promise<DistributionResult> {
  const chain = await startLocalChain({ port: 0 });
  const folder = await mkdtemp(join(tmpdir(), 'eligo-log-'));
  const store = await openStore(options.store);
  const threads = createThreads();
  try {
    const client = await connect({ url: chain.url, privateKey: LOCAL_KEYS[0] ?? '0x' });
    const deployment = await deployContracts(client, { artifacts: await loadArtifacts() });
    const { treeId } = await registerIssuerTree(client, { deployment, uri: '' });
    const pepper = createPepper();
    const issuer = await setUpStore(store, client, { deployment, treeId, pepper });
    const now = BigInt(Math.floor(Date.now() / 1000));
    const watch = createWatch();

    let total = 0n;
    const tally = (amount: bigint): void => {
      total += amount;
    };
    const rows = allotments(pepper, options.rows ?? Infinity, tally);
    const { issued } = await issue(store, { schema, rows, now, hashLeaves: threads.hashLeaves });
    watch.lap('issue');
    const hasher = await loadHasher();
    const published = await publish(issuer, client, { build: { builder: threads }, hasher, now });
    watch.lap('publish');
    await exportLog({ lines: lines(store), header: headerOf(issuer), folder });
    watch.lap('export');
    const log = await openLog(folder);
    const events = await getTreeEvents(client, { deployment, treeId });
    const report = await rebuildTree({ entries: log.entries(), events, hasher });
    watch.lap('audit');
    return {
      rows: issued,
      total,
      root: published?.root ?? 0n,
      audited: {
        root: report.root,
        size: report.size,
        status: report.publications[0]?.status ?? 'missing',
      },
      seconds: watch.seconds,
    };
  } finally {
    await threads.close();
    await store.close();
    await chain.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function* allotments(
  pepper: Uint8Array,
  most: number,
  tally: (amount: bigint) => void,
): AsyncGenerator<IssueRow> {
  const rows = readRows({ format: 'csv', chunks: batch(most), schema, needsCommitment: true });
  for await (const { line, identifier, commitment, expiresAt, values } of rows) {
    if (commitment === undefined) continue;
    tally(values[METER_SLOT]);
    const key = subjectKey({ pepper, kind: 'address', identifier });
    yield { subjectKey: key, commitment, expiresAt, values, name: `line ${line}` };
  }
}

/** The file as a batch, with a commitment a row that follows from the row's number. */
async function* batch(most: number): AsyncGenerator<string> {
  const text = createReadStream(DISTRIBUTION_FILE).pipe(createGunzip());
  yield 'identifier,commitment,amount,isUser,isLP,isSOCKS\n';
  let count = -1;
  for await (const line of createInterface({ input: text })) {
    count += 1;
    if (count === 0) continue;
    if (count > most) return;
    const [index = '', address = '', amount = '', ...reasons] = line.split(',');
    const flags = reasons.map((reason) => (reason === '1' ? 'true' : 'false'));
    const commitment = reduceWide(createHash('sha512').update(`distribution/${index}`).digest());
    yield `${[address, commitment.toString(), amount, ...flags].join(',')}\n`;
  }
}

async function* lines({ db }: Store): AsyncGenerator<string> {
  for await (const { line } of readLog(db)) yield line;
}

function headerOf({ deployment, treeId }: Issuer) {
  const registry = deployment.contracts.RootRegistry;
  return { chainId: BigInt(deployment.chainId), registry, tree: treeId };
}

function createWatch() {
  const seconds = { issue: 0, publish: 0, export: 0, audit: 0 };
  let before = performance.now();
  return {
    seconds,
    lap: (step: keyof typeof seconds): void => {
      const now = performance.now();
      seconds[step] = (now - before) / 1000;
      before = now;
    },
  };
}
