import { createHash } from 'node:crypto';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { gunzipSync, gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { EligoError } from '../../src/errors.ts';
import type { BlockBuilder } from '../../src/store/tree.ts';
import { NEVER } from '../../src/protocol/field.ts';
import { reinstate, revoke } from '../../src/issuer/revoke.ts';
import { backUp, restore } from '../../src/store/backup.ts';
import { lockBook } from '../../src/store/book.ts';
import { insertEnrolments } from '../../src/store/enrolments.ts';
import { appendLog } from '../../src/store/log.ts';
import { insertPublication } from '../../src/store/publications.ts';
import type { Store } from '../../src/store/store.ts';
import { buildTree, readRoot } from '../../src/store/tree.ts';
import { loadHasher, type Hasher } from '../../src/tree/hasher.ts';
import { inline } from '../../src/tree/threads.ts';
import {
  EVIDENCE,
  KEY,
  NOW,
  OTHER_KEY,
  bound,
  checkedLog,
  issued,
  rootOfLog,
  rowsIn,
  rowsOf,
  schema,
  subjectOf,
  type TableName,
} from '../support/issuers.ts';
import { forEachStore, inFolder, onServer, type Stores } from '../support/stores.ts';
import { rejected } from '../support/world.ts';

const COPIED: readonly TableName[] = [
  'schemas',
  'log',
  'attestations',
  'publications',
  'enrolments',
];

/** What a backup says, where it is gzip's. */
function textOf(file: Uint8Array): string | undefined {
  try {
    return gunzipSync(file).toString();
  } catch {
    return undefined;
  }
}

describe('store/backup', () => {
  let hasher: Hasher;
  let builder: BlockBuilder;

  before(async () => {
    hasher = await loadHasher();
    builder = inline(hasher);
  });

  /** A publication of the tree as it is, with its entry in the log. */
  const publishIn = async (store: Store): Promise<void> => {
    await buildTree(store, { builder });
    const root = await readRoot(store.db, hasher);
    await store.transaction(async (db) => {
      const book = await lockBook(db, store);
      const { size, revoked, log_seq } = book;
      await appendLog(db, book, [{ kind: 'publish', root, size, revoked }], NOW);
      await insertPublication(db, {
        ...{ sequence: 1n, logSeq: log_seq + 1n, previousRoot: 0n, root, size, revoked },
        ...{ endsEpoch: false, voids: false, logHead: EVIDENCE, manifestHash: EVIDENCE },
        preparedBlock: 2n ** 60n,
      });
    });
  };

  /** A store with something in every table. */
  const populate = async (store: Store): Promise<Store> => {
    await bound(store);
    await issued(store, rowsOf(9), { tokens: true });
    await revoke(store, { positions: [1, 4], reason: 'fraud', evidence: EVIDENCE, now: NOW });
    await reinstate(store, {
      ...{ positions: [4], reason: 'appeal-granted', evidence: EVIDENCE, now: NOW },
    });
    await insertEnrolments(store.db, store.key, [
      {
        ...{ nonce: 2n ** 255n, schemaId: schema.id, subjectKey: subjectOf(70), deadline: NOW },
        ...{ expiresAt: NEVER, account: `0x${'a1'.repeat(20)}`, values: [1n, 2n, 3n, 4n] },
      },
    ]);
    await publishIn(store);
    await issued(store, rowsOf(2, 20));
    return store;
  };

  /** A backup of a store with something in every table, and its lines. */
  const someBackup = async (stores: Stores, key = KEY) => {
    const store = await populate(await stores.openFresh({ key }));
    const path = await stores.file('backup');
    const rows = await backUp(store, path);
    const bytes = await readFile(path);
    const lines = gunzipSync(bytes).toString().trimEnd().split('\n');
    return { store, path, rows, bytes, lines };
  };

  /** Lines as the file that a careful forger makes: counted and hashed anew. */
  const fileOf = (lines: readonly string[], trailer = true): Buffer => {
    const body = lines.map((line) => `${line}\n`).join('');
    const sha256 = createHash('sha256').update(body).digest('hex');
    const last = JSON.stringify({ rows: String(lines.length - 1), sha256 });
    return gzipSync(trailer ? `${body}${last}\n` : body);
  };

  forEachStore((stores) => {
    it('is readable by its owner only, and not written over what is there', async () => {
      const { store, path, rows, lines } = await someBackup(stores);
      expect((await stat(path)).mode & 0o777).to.equal(0o600);
      expect(lines).to.have.length(rows + 2);
      const again = await rejected(backUp(store, path));
      expect(again).to.include({ code: 'FileUnavailable' });
      expect(await readFile(path)).to.have.length.above(0);
      const error = await rejected(backUp(store, `${path}/nowhere`));
      expect(error).to.include({ code: 'FileUnavailable' });
    });

    it('leaves no file where it was interrupted', async () => {
      const store = await populate(await stores.openFresh());
      const path = await stores.file('backup');
      const stop = (): never => {
        throw new Error('stop');
      };
      const message = await backUp(store, path, stop).catch((e: unknown) => (e as Error).message);
      expect(message).to.equal('stop');
      expect(await stat(path).catch(() => 'gone')).to.equal('gone');
      expect(await backUp(store, path)).to.be.above(0);
    });

    it('of an issuer that only gave a sign of life is restored as well', async () => {
      const store = await stores.openFresh();
      await bound(store);
      await publishIn(store);
      const path = await stores.file('backup');
      await backUp(store, path);
      const target = await stores.openFresh();
      await restore(target, path, { builder });
      expect(await rowsIn(target, COPIED)).to.deep.equal(await rowsIn(store, COPIED));
    });

    it('is refused where it names the root of an empty tree that is not one', async () => {
      const store = await stores.openFresh();
      await bound(store);
      await publishIn(store);
      const path = await stores.file('backup');
      await backUp(store, path);
      const [header, ...rest] = gunzipSync(await readFile(path))
        .toString()
        .trimEnd()
        .split('\n');
      const body = rest.slice(0, -1);
      const forged = body.map((line) =>
        line.includes('"publications"')
          ? line.replace(/\\"root\\":\\"\\\\\\\\x../, '\\"root\\":\\"\\\\\\\\x3f')
          : line,
      );
      expect(forged).not.to.deep.equal(body);
      const target = await stores.openFresh();
      await writeFile(path, fileOf([header!, ...forged]));
      const error = await rejected(restore(target, path, { builder }));
      expect(error.data['field']).to.equal('backup.log');
      await writeFile(path, fileOf([header!, ...body]));
      await restore(target, path, { builder });
    });

    it('is refused by a check, before anything counts', async () => {
      const { path } = await someBackup(stores);
      const target = await stores.openFresh({ key: KEY });
      const empty = await rowsIn(target);
      const wrong = new EligoError('StoreMismatch', 'another pepper');
      const check = (): void => {
        throw wrong;
      };
      expect(await rejected(restore(target, path, { builder, check }))).to.equal(wrong);
      expect(await rowsIn(target)).to.deep.equal(empty);
      const seen: bigint[] = [];
      await restore(target, path, { builder, check: (book) => void seen.push(book.tree_id) });
      expect(seen).to.deep.equal([5n]);
    });

    it('is refused altered in any way, and the target stays empty and usable', async () => {
      const { path, bytes, lines } = await someBackup(stores);
      const target = await stores.openFresh({ key: KEY });
      const empty = await rowsIn(target);
      const refuse = async (name: string, file: Uint8Array, code = 'InvalidInput') => {
        await writeFile(path, file);
        const error = await rejected(restore(target, path, { builder }));
        expect(error.code, `${name}: ${error.message}`).to.equal(code);
        expect(await rowsIn(target)).to.deep.equal(empty);
      };
      for (let part = 0; part < 10; part++)
        await refuse(`cut at ${part}0 %`, bytes.subarray(0, (bytes.length * part) / 10));
      // The first ten bytes are gzip's own: its time and its system say nothing of the content.
      for (let at = 10; at < bytes.length; at += Math.ceil(bytes.length / 40)) {
        const altered = Uint8Array.from(bytes);
        altered[at]! ^= 1 << (at % 8);
        // Bits that fill up a byte, or the same words copied from another place: nothing is altered.
        if (textOf(altered) === `${lines.join('\n')}\n`) continue;
        await refuse(`byte ${at} altered`, altered);
      }
      const [header = '', ...body] = lines.slice(0, -1);
      const trailer = lines.at(-1)!;
      const rowOf = (table: TableName, nth = 0): number =>
        body
          .map((line, i) => (line.startsWith(`{"table":"${table}"`) ? i : -1))
          .filter((i) => i >= 0)[nth]!;
      const [first, second] = [rowOf('log'), rowOf('log', 1)];
      const swapped = body.with(first, body[second]!).with(second, body[first]!);
      const plain = (text: readonly string[]) => gzipSync(`${text.join('\n')}\n`);
      await refuse('rows swapped', plain([header, ...swapped, trailer]));
      await refuse('a row left out', plain([header, ...body.slice(1), trailer]));
      await refuse('no trailer', fileOf([header, ...body], false));
      await refuse('no header', fileOf(['', ...body].slice(1)));
      await refuse('two headers', fileOf([header, header, ...body]));
      await refuse('more after the trailer', plain([header, ...body, trailer, body[0]!]));
      await refuse('no JSON', plain([header, 'x']));
      await refuse('no gzip', Buffer.from(lines.join('\n')));

      // From here on the trailer is right.
      const forged = (index: number, from: string | RegExp, to: string) => {
        const line = body[index]!.replace(from, to);
        expect(line).to.not.equal(body[index]);
        return fileOf([header, ...body.with(index, line)]);
      };
      const without = (index: number) => fileOf([header, ...body.toSpliced(index, 1)]);
      const [book, attestation] = [rowOf('book'), rowOf('attestations')];
      await refuse('no book', without(book), 'StoreMismatch');
      await refuse('a log entry missing', without(first));
      await refuse('the last log entry missing', without(rowOf('log', 14)));
      await refuse('an attestation missing', without(attestation));
      await refuse('an attestation twice', fileOf([header, ...body, body[attestation]!]));
      await refuse(
        'another leaf',
        forged(attestation, /leaf\\":\\"\\\\\\\\x../, 'leaf\\":\\"\\\\\\\\x01'),
      );
      await refuse(
        'revoked, and not in the log',
        forged(attestation, 'live\\":true', 'live\\":false'),
      );
      await refuse('another kind', forged(first, 'kind\\":\\"attest', 'kind\\":\\"revoke'));
      await refuse(
        'another head',
        forged(first, /head\\":\\"\\\\\\\\x../, 'head\\":\\"\\\\\\\\x00'),
      );
      await refuse('another size', forged(book, 'size\\":11', 'size\\":12'));
      await refuse('fewer revocations', forged(book, 'revoked\\":2', 'revoked\\":1'));
      const publication = rowOf('publications');
      await refuse(
        'another root',
        forged(publication, /\\"root\\":\\"\\\\\\\\x../, '\\"root\\":\\"\\\\\\\\x3f'),
      );
      await refuse('no number', forged(book, 'size\\":11', 'size\\":\\"x\\"'));
      const newer = fileOf([header.replace('0002-import', '9999-newer'), ...body]);
      await refuse('a newer migration', newer, 'StoreMismatch');

      await writeFile(path, fileOf([header, ...body]));
      expect(await restore(target, path, { builder })).to.equal(body.length);
    });

    it('is refused under another key, into a store in use, and where there is no file', async () => {
      const { store, path } = await someBackup(stores);
      for (const [key, right] of [
        [OTHER_KEY, false],
        [undefined, false],
        [KEY, true],
      ] as const) {
        const target = await stores.openFresh(key && { key });
        const empty = await rowsIn(target);
        const missing = await rejected(restore(target, `${path}.none`, { builder }));
        expect(missing).to.include({ code: 'InvalidInput' });
        if (right) {
          await restore(target, path, { builder });
          continue;
        }
        const error = await rejected(restore(target, path, { builder }));
        expect(error).to.include({ code: 'StoreMismatch' });
        expect(await rowsIn(target)).to.deep.equal(empty);
      }
      const used = await rowsIn(store);
      const error = await rejected(restore(store, path, { builder }));
      expect(error).to.include({ code: 'StoreMismatch' });
      expect(await rowsIn(store)).to.deep.equal(used);
    });
  });

  onServer((servers) => {
    inFolder((folders) => {
      for (const [name, from, to] of [
        ['a server to a folder', servers, folders],
        ['a folder to a server', folders, servers],
      ] as const) {
        it(`goes from ${name} and back, row by row the same, with the same root`, async () => {
          const { store, path, rows } = await someBackup(from);
          const other = await to.openFresh({ key: KEY });
          const told: number[] = [];
          await restore(other, path, { builder, onRows: (done) => told.push(done) });
          expect(told.at(-1)).to.equal(rows);
          expect(await rowsIn(other, COPIED)).to.deep.equal(await rowsIn(store, COPIED));
          const root = await rootOfLog(store);
          expect(await readRoot(other.db, hasher)).to.equal(root);

          const back = await to.file('back');
          await backUp(other, back);
          const again = await from.openFresh({ key: KEY });
          await restore(again, back, { builder });
          expect(await rowsIn(again, COPIED)).to.deep.equal(await rowsIn(store, COPIED));
          expect(await rowsIn(again, ['book'])).to.deep.equal(await rowsIn(other, ['book']));
          await issued(again, rowsOf(1, 40));
          expect(await checkedLog(again)).to.have.length(16);
        });
      }
    });
  });
});
