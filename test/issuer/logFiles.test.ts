import { mkdir, readFile, readdir, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { exportLog } from '../../src/issuer/logFiles.ts';
import { MAX_SEGMENT_BYTES, SEGMENT_ENTRIES, cidOf } from '../../src/issuer/logIndex.ts';
import { openLog } from '../../src/issuer/logSource.ts';
import { EMPTY_HEAD, nextHead } from '../../src/protocol/log.ts';
import { HEADER, attestLines, each, useFolders } from '../support/logs.ts';
import { rejected } from '../support/world.ts';

const HOUR = 3_600_000;

describe('issuer/logFiles', () => {
  const makeFolder = useFolders();

  const save = (folder: string, lines: readonly string[], now?: number) =>
    exportLog({ lines: each(lines), header: HEADER, folder, ...(now !== undefined && { now }) });

  /** The lines that a reader finds. */
  const load = async (folder: string): Promise<number> => {
    let count = 0;
    for await (const { entry } of (await openLog(folder)).entries()) count = Number(entry.seq);
    return count;
  };

  for (const count of [0, 1, SEGMENT_ENTRIES, SEGMENT_ENTRIES + 1]) {
    it(`writes a log of ${count} entries as segments named by their CIDs`, async () => {
      const folder = await makeFolder();
      const lines = attestLines(count);
      const { index, cid } = await save(folder, lines);
      expect(index).to.deep.include({ ...HEADER, entries: count });
      expect(index.head).to.equal(lines.reduce(nextHead, EMPTY_HEAD));
      expect(index.segments.length).to.equal(Math.ceil(count / SEGMENT_ENTRIES));
      for (const [i, segment] of index.segments.entries()) {
        const part = lines.slice(i * SEGMENT_ENTRIES, (i + 1) * SEGMENT_ENTRIES);
        const bytes = await readFile(join(folder, segment.cid));
        expect(bytes.toString()).to.equal(part.map((line) => `${line}\n`).join(''));
        expect(cidOf(bytes)).to.equal(segment.cid);
        expect(bytes.length).to.be.at.most(MAX_SEGMENT_BYTES);
      }
      expect(cidOf(await readFile(join(folder, 'log.json')))).to.equal(cid);
      expect((await readdir(folder)).length).to.equal(index.segments.length + 1);
      expect(await load(folder)).to.equal(count);
    });
  }

  it('keeps a segment of any entries below the 2 MiB of an IPFS block', () => {
    expect(MAX_SEGMENT_BYTES).to.be.below(2 ** 21);
  });

  it('adds what is new, and writes no complete segment again', async () => {
    const folder = await makeFolder();
    const lines = attestLines(SEGMENT_ENTRIES + 5);
    const before = await save(folder, lines.slice(0, -2));
    const first = join(folder, before.index.segments[0]!.cid);
    const { ino } = await stat(first);
    const after = await save(folder, lines);
    expect(after.index.segments[0]).to.deep.equal(before.index.segments[0]);
    expect((await stat(first)).ino).to.equal(ino);
    expect(after.index.segments[1]!.entries).to.equal(5);
    expect(await load(folder)).to.equal(lines.length);
  });

  it('changes no file where nothing is new', async () => {
    const folder = await makeFolder();
    const lines = attestLines(3);
    await save(folder, lines);
    const names = await readdir(folder);
    const inodes = () =>
      Promise.all(names.map(async (name) => (await stat(join(folder, name))).ino));
    const before = await inodes();
    await save(folder, lines);
    expect(await readdir(folder)).to.deep.equal(names);
    expect(await inodes()).to.deep.equal(before);
  });

  it('keeps a grown segment for readers of the index before, and sweeps it an hour later', async () => {
    const folder = await makeFolder();
    const lines = attestLines(3);
    const [one, two, three] = [1, 2, 3].map((count) => lines.slice(0, count));
    const old = (await save(folder, one!)).index.segments[0]!.cid;
    const reader = await openLog(folder);
    await save(folder, two!);
    const entries = [];
    for await (const { entry } of reader.entries()) entries.push(entry);
    expect(entries.length).to.equal(1);
    await save(folder, three!, Date.now());
    expect(await readdir(folder)).to.include(old);
    await save(folder, three!, Date.now() + 2 * HOUR);
    expect(await readdir(folder)).not.to.include(old);
    expect(await load(folder)).to.equal(3);
  });

  describe('after a crash', () => {
    it('goes on where a segment was written and the index was not', async () => {
      const [folder, other] = [await makeFolder(), await makeFolder()];
      const lines = attestLines(4);
      await save(folder, lines.slice(0, 2));
      const { index } = await save(other, lines);
      const { cid } = index.segments[0]!;
      await writeFile(join(folder, cid), await readFile(join(other, cid)));
      expect(await load(folder)).to.equal(2);
      expect((await save(folder, lines)).index).to.deep.equal(index);
      expect(await load(folder)).to.equal(4);
    });

    it('is not led astray by what was left unfinished', async () => {
      const folder = await makeFolder();
      const lines = attestLines(2);
      await save(folder, lines.slice(0, 1));
      const part = join(folder, `log.json.part-${crypto.randomUUID()}`);
      await writeFile(part, '{"eligo":');
      await utimes(part, 0, 0);
      expect(await load(folder)).to.equal(1);
      await save(folder, lines);
      expect(await load(folder)).to.equal(2);
      expect((await readdir(folder)).some((name) => name.includes('.part-'))).to.equal(false);
    });

    it('mends a segment that a disk has damaged', async () => {
      const folder = await makeFolder();
      const lines = attestLines(2);
      const { index } = await save(folder, lines);
      await truncate(join(folder, index.segments[0]!.cid), 10);
      expect((await rejected(load(folder))).code).to.equal('InvalidInput');
      await save(folder, lines);
      expect(await load(folder)).to.equal(2);
    });

    it('leaves a readable log where the lines end in an error', async () => {
      const folder = await makeFolder();
      const lines = attestLines(SEGMENT_ENTRIES + 2);
      await save(folder, lines.slice(0, 3));
      const failing = async function* () {
        yield* each(lines.slice(0, -1));
        await Promise.reject(new Error('the store is gone'));
      };
      const run = exportLog({ lines: failing(), header: HEADER, folder });
      expect(await run.catch((error: unknown) => String(error))).to.match(/the store is gone/);
      expect(await load(folder)).to.equal(3);
      await save(folder, lines);
      expect(await load(folder)).to.equal(lines.length);
    });
  });

  describe('refuses', () => {
    const lines = attestLines(5);

    const other = (at: number): readonly string[] =>
      lines.with(at, lines[at]!.replace(/"leaf":"\d+"/, '"leaf":"7"'));

    for (const at of [0, 2, 4]) {
      it(`a log whose entry ${at + 1} is another than before`, async () => {
        const folder = await makeFolder();
        await save(folder, lines);
        await save(folder, lines);
        const index = await readFile(join(folder, 'log.json'), 'utf8');
        const error = await rejected(save(folder, [...other(at), ...attestLines(2, 5)]));
        expect(error.code).to.equal('AuditFailed');
        expect(error.message).to.match(/not the one that was exported before: after entry 5 /);
        expect(await readFile(join(folder, 'log.json'), 'utf8')).to.equal(index);
        expect(await load(folder)).to.equal(5);
      });
    }

    it('a log that has become shorter', async () => {
      const folder = await makeFolder();
      await save(folder, lines);
      const error = await rejected(save(folder, lines.slice(0, 4)));
      expect(error.code).to.equal('AuditFailed');
      expect(error.message).to.match(/shorter .*: 4 entries, there were 5$/);
      expect(await load(folder)).to.equal(5);
    });

    for (const [key, value] of [
      ['chainId', 1n],
      ['tree', 2n],
      ['registry', `0x${'11'.repeat(20)}`],
    ] as const) {
      it(`a folder with the log of another ${key}`, async () => {
        const folder = await makeFolder();
        await save(folder, lines);
        const header = { ...HEADER, [key]: value };
        const error = await rejected(exportLog({ lines: each(lines), header, folder }));
        expect(error.code).to.equal('InvalidInput');
        expect(error.data['field']).to.equal(`log index.${key}`);
      });
    }

    it('a gap, and a line that is no entry', async () => {
      const folder = await makeFolder();
      for (const [wrong, field] of [
        [lines.toSpliced(1, 1), 'log entry 2.seq'],
        [lines.with(1, '{}'), 'log entry 2.kind'],
      ] as const) {
        const error = await rejected(save(folder, wrong));
        expect(error.code).to.equal('InvalidInput');
        expect(error.data['field']).to.equal(field);
      }
      await save(folder, lines);
    });

    it('an index that it cannot read', async () => {
      const folder = await makeFolder();
      await writeFile(join(folder, 'log.json'), '{');
      expect((await rejected(save(folder, lines))).code).to.equal('InvalidInput');
      await mkdir(join(folder, 'x'));
      await save(join(folder, 'x'), lines);
    });
  });
});
