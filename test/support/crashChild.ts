/**
 * An issuer at work, to be killed: issues, revokes, reinstates and publishes at random until something ends it. Says on
 * stdout what it is about to do, and what is done: what it says is done must never be lost.
 *
 * Arguments: store, node, seed. The account is the local chain's first.
 * @module
 */
import { connect } from '../../src/chain/client.ts';
import { LOCAL_KEYS } from '../../src/chain/localChain.ts';
import { issue } from '../../src/issuer/issue.ts';
import { openIssuer } from '../../src/issuer/issuer.ts';
import { publish } from '../../src/issuer/publish.ts';
import { reinstate, revoke } from '../../src/issuer/revoke.ts';
import { NEVER, type Field } from '../../src/protocol/field.ts';
import { openStore } from '../../src/store/store.ts';
import { inline } from '../../src/tree/threads.ts';
import { crashSchema, seededRandom, slowHasher } from './crashWorld.ts';

const [url = '', node = '', seed = '0'] = process.argv.slice(2);
const random = seededRandom(Number(seed));
const upTo = (most: number): number => Math.floor(random() * most);
const say = (what: object): void => {
  process.stdout.write(`${JSON.stringify(what)}\n`);
};

say({ opening: true });
const store = await openStore(url);
const issuer = await openIssuer(store);
const client = await connect({ url: node, privateKey: LOCAL_KEYS[0] ?? '0x' });
const builder = inline(slowHasher);
const evidence = `0x${'ee'.repeat(32)}` as const;
const now = (): bigint => BigInt(Math.floor(Date.now() / 1000));
say({ ready: true });

for (;;) {
  const kind = ['issue', 'issue', 'revoke', 'reinstate', 'publish'][upTo(5)] ?? 'issue';
  if (kind === 'issue') await issueSome(1 + upTo(12));
  else if (kind === 'publish') await publishAll();
  else await change(kind as 'revoke' | 'reinstate', 1 + upTo(4));
}

async function issueSome(count: number): Promise<void> {
  say({ starts: 'issue', count });
  const positions: number[] = [];
  await issue(store, {
    schema: crashSchema,
    rows: Array.from({ length: count }, () => ({
      subjectKey: Uint8Array.from({ length: 32 }, () => upTo(256)),
      commitment: BigInt(1 + upTo(2 ** 48)) as Field,
      expiresAt: NEVER,
      values: [1n, 0n, 0n, 0n],
    })),
    now: now(),
    hashLeaves: builder.hashLeaves,
    onIssued: (some) => {
      positions.push(...some.map(({ position }) => position));
    },
  });
  say({ done: 'issue', positions });
}

async function change(kind: 'revoke' | 'reinstate', count: number): Promise<void> {
  const rows = await store.db
    .selectFrom('attestations')
    .select('position')
    .where('live', '=', kind === 'revoke')
    .orderBy('position')
    .execute();
  const positions = rows
    .map(({ position }) => position)
    .filter(() => random() < count / rows.length);
  if (positions.length === 0) return;
  say({ starts: kind, positions });
  if (kind === 'revoke') await revoke(store, { positions, reason: 'fraud', evidence, now: now() });
  else await reinstate(store, { positions, reason: 'appeal-granted', evidence, now: now() });
  say({ done: kind, positions });
}

async function publishAll(): Promise<void> {
  say({ starts: 'publish' });
  const done = await publish(issuer, client, {
    build: { builder },
    hasher: slowHasher,
    now: now(),
  });
  say({ done: 'publish', sequence: done?.sequence.toString(), root: done?.root.toString() });
}
