/**
 * An issuer killed at random instants, again and again: nothing that was acknowledged is lost, nothing is half done, and
 * the chain has each publication once. `ELIGO_KILLS` sets the number of kills a store.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect } from 'chai';
import { connect, type WriteClient } from '../../src/chain/client.ts';
import { deployContracts } from '../../src/chain/deployment.ts';
import { LOCAL_KEYS, startLocalChain, type LocalChain } from '../../src/chain/localChain.ts';
import { getTreeEvents } from '../../src/chain/publications.ts';
import { getTree } from '../../src/chain/roots.ts';
import {
  openIssuer,
  registerIssuerTree,
  setUpStore,
  type Issuer,
} from '../../src/issuer/issuer.ts';
import { publish } from '../../src/issuer/publish.ts';
import { createPepper } from '../../src/issuer/subject.ts';
import { EMPTY_HEAD, nextHead, readLogEntry } from '../../src/protocol/log.ts';
import { loadArtifacts } from '../../src/prover/artifacts.ts';
import { readBook } from '../../src/store/book.ts';
import { toHex, toStoredField } from '../../src/store/bytes.ts';
import { readLog } from '../../src/store/log.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { loadHasher, type Hasher } from '../../src/tree/hasher.ts';
import { inline } from '../../src/tree/threads.ts';
import { EMPTY_LEAF, createTree } from '../../src/tree/tree.ts';
import { seedOf } from '../support/circuits/random.ts';
import { seededRandom } from '../support/crashWorld.ts';
import { forEachStore, untilLeft } from '../support/stores.ts';
import { getTransactionCount } from 'viem/actions';

const KILLS = Number(process.env['ELIGO_KILLS'] ?? 50);
const SEED = seedOf(20_263);
/** From the word that a life counts from: a slow machine gets as far as a fast one before it. */
const LONGEST_LIFE_MS = 900;

/** What lives count from: the first word, which is said before the store is opened; that it is open; the start of work. */
const BEGINNINGS = ['opening', 'ready', 'issue', 'publish'] as const;

type Said = {
  readonly starts?: string;
  readonly done?: string;
  readonly positions?: readonly number[];
  readonly sequence?: string;
  readonly root?: string;
  readonly opening?: boolean;
  readonly ready?: boolean;
};

/** Lets an issuer work for a while, and kills it. @returns all it said */
async function workAndDie(parameters: {
  readonly url: string;
  readonly node: string;
  readonly seed: number;
  readonly from: (typeof BEGINNINGS)[number];
  readonly lifeMs: number;
}): Promise<{ readonly said: readonly Said[]; readonly stderr: string; readonly killed: boolean }> {
  const script = join(import.meta.dirname, '../support/crashChild.ts');
  const { url, node, seed, from, lifeMs } = parameters;
  const child = spawn(process.execPath, ['--import=tsx', script, url, node, String(seed)]);
  const said: Said[] = [];
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const ended = new Promise<boolean>((done) => {
    child.once('close', (_, signal) => {
      done(signal === 'SIGKILL');
    });
  });
  let dies: Promise<void> | undefined;
  for await (const line of createInterface({ input: child.stdout })) {
    const word = JSON.parse(line) as Said;
    said.push(word);
    if (word.starts === from || from in word)
      dies ??= setTimeout(lifeMs).then(() => {
        child.kill('SIGKILL');
      });
  }
  return { said, stderr, killed: await ended };
}

/** Replays the log, and holds everything else against it. @returns the state of each position */
async function examine(store: Store, hasher: Hasher): Promise<readonly boolean[]> {
  const book = await readBook(store.db);
  const live: boolean[] = [];
  const leaves: bigint[] = [];
  let [head, seq, revoked] = [EMPTY_HEAD, 0n, 0n];
  const built = await createTree({ hasher });
  const changed = new Map<number, bigint>();
  for await (const { line } of readLog(store.db)) {
    const entry = readLogEntry(line, 'log');
    head = nextHead(head, line);
    seq += 1n;
    expect(entry.seq).to.equal(seq);
    if (entry.kind === 'attest') {
      expect(entry.position).to.equal(live.length);
      live.push(true);
      leaves.push(entry.leaf);
    } else if (entry.kind !== 'publish') {
      expect(live[entry.position]).to.equal(entry.kind === 'revoke');
      live[entry.position] = entry.kind === 'reinstate';
      if (entry.kind === 'revoke') revoked += 1n;
    }
    if (entry.kind !== 'publish' && seq <= book.built_seq)
      changed.set(entry.position, entry.kind === 'revoke' ? EMPTY_LEAF : leaves[entry.position]!);
  }
  built.append([...changed].sort(([a], [b]) => a - b).map(([, leaf]) => leaf as never));
  expect({ seq, head, revoked, size: live.length }).to.deep.equal({
    seq: book.log_seq,
    head: toHex(book.log_head),
    revoked: book.revoked,
    size: book.size,
  });
  if (book.built_root.length > 0) expect(toStoredField(book.built_root)).to.equal(built.root());
  const rows = await store.db
    .selectFrom('attestations')
    .select(['position', 'leaf', 'live'])
    .orderBy('position')
    .execute();
  expect(rows.map((row) => row.live)).to.deep.equal(live);
  expect(rows.map((row) => toStoredField(row.leaf))).to.deep.equal(leaves);
  return live;
}

forEachStore(({ fresh }) => {
  describe(`an issuer killed ${KILLS} times (seed ${SEED})`, () => {
    let chain: LocalChain;
    let client: WriteClient;
    let hasher: Hasher;
    before(async () => {
      hasher = await loadHasher();
      chain = await startLocalChain({ port: 0 });
      client = await connect({ url: chain.url, privateKey: LOCAL_KEYS[0]! });
    });
    after(() => chain.stop());

    it('loses nothing that was acknowledged, and publishes everything once', async function () {
      this.timeout(20 * 60_000);
      const url = await fresh();
      const issuer = await setUp(url);
      const sequenceBefore = await getTransactionCount(client, { address: client.account.address });
      const random = seededRandom(SEED);
      const acknowledged: (boolean | undefined)[] = [];
      const sequences = new Map<bigint, bigint>();
      for (let kill = 0; kill < KILLS; kill++) {
        const from = BEGINNINGS[Math.floor(random() * BEGINNINGS.length)]!;
        const lifeMs = Math.floor(random() * LONGEST_LIFE_MS);
        const node = chain.url;
        const seed = SEED + 1 + kill;
        const { said, stderr, killed } = await workAndDie({ url, node, seed, from, lifeMs });
        expect(killed, stderr).to.equal(true);
        const last = said.at(-1);
        for (const { done, positions = [], sequence, root } of said) {
          for (const position of positions) if (done) acknowledged[position] = done !== 'revoke';
          if (done === 'publish' && sequence && root) sequences.set(BigInt(sequence), BigInt(root));
        }
        await untilLeft(url);
        const store = await openStore(url);
        try {
          const live = await examine(store, hasher);
          // What was begun and not acknowledged may be there, wholly; then it is known from here on.
          const begun = last?.starts === undefined ? [] : (last.positions ?? []);
          acknowledged.forEach((state, position) => {
            if (!begun.includes(position))
              expect(live[position], `position ${position}`).to.equal(state);
          });
          const fates = new Set(begun.map((position) => live[position] === acknowledged[position]));
          expect(fates.size).to.be.at.most(1);
          live.forEach((state, position) => (acknowledged[position] = state));
        } finally {
          await store.close();
        }
      }
      await publishTheRest(url, issuer);
      const events = await getTreeEvents(client, issuer);
      const published = events.filter((event) => event.kind === 'published');
      for (const { publication } of published) {
        const acknowledgedRoot = sequences.get(publication.sequence);
        if (acknowledgedRoot !== undefined) expect(publication.root).to.equal(acknowledgedRoot);
      }
      const nonces = await getTransactionCount(client, { address: client.account.address });
      expect(nonces - sequenceBefore, 'one transaction a publication').to.equal(published.length);
    });

    async function setUp(url: string): Promise<Issuer> {
      const deployment = await deployContracts(client, { artifacts: await loadArtifacts() });
      const { treeId } = await registerIssuerTree(client, { deployment, uri: '' });
      const store = await openStore(url);
      const issuer = await setUpStore(store, client, {
        ...{ deployment, treeId },
        pepper: createPepper(),
      });
      await store.close();
      return issuer;
    }

    async function publishTheRest(url: string, { treeId, deployment }: Issuer): Promise<void> {
      const store = await openStore(url);
      try {
        const options = { build: { builder: inline(hasher) }, hasher, now: 0n };
        const issuer = await openIssuer(store);
        // The first finishes what was interrupted, the second makes known what came after it.
        await publish(issuer, client, options);
        await publish(issuer, client, options);
        const { root } = await getTree(client, { deployment, treeId });
        expect(root).to.equal(toStoredField((await readBook(store.db)).built_root));
        await examine(store, hasher);
      } finally {
        await store.close();
      }
    }
  });
});
