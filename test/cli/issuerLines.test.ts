import { readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { keepingIfMade, tokenDocuments, withLines } from '../../src/cli/issuerLines.ts';
import { EligoError } from '../../src/errors.ts';
import type { Field } from '../../src/protocol/field.ts';
import { useFolders } from '../support/logs.ts';
import { rejected } from '../support/world.ts';

const LINES = '{"n":"1"}\n{"n":"2"}\n';

describe('cli/issuerLines', () => {
  const makeFolder = useFolders();

  /** A folder, and a change that writes two lines and then fails, or doesn't. */
  const setUp = async () => {
    const folder = await makeFolder();
    const notes: string[] = [];
    const target = { path: join(folder, 'tokens.ndjson'), flag: '--tokens' };
    const output = { note: (line: string) => void notes.push(line) };
    const run = (error?: unknown): Promise<string> =>
      withLines(output, target, async ({ add }) => {
        await add([{ n: '1' }]);
        await add([{ n: '2' }]);
        // eslint-disable-next-line @typescript-eslint/only-throw-error -- whatever a driver throws
        if (error !== undefined) throw error;
        return 'done';
      });
    const names = () => readdir(folder);
    const unfinished = `tokens.ndjson.part-${process.pid}`;
    return { folder, notes, target, run, names, unfinished };
  };

  it('puts the lines in their place when the change is made, for their owner only', async () => {
    const { run, names, notes, target } = await setUp();
    expect(await run()).to.equal('done');
    expect(await names()).to.deep.equal(['tokens.ndjson']);
    expect(await readFile(target.path, 'utf8')).to.equal(LINES);
    expect((await stat(target.path)).mode & 0o777).to.equal(0o600);
    expect(notes).to.deep.equal([]);
  });

  it('leaves nothing of a change that was refused', async () => {
    const { run, names, notes } = await setUp();
    const error = new EligoError('AlreadyAttested', 'line 2: identifier is in the batch twice');
    expect(await rejected(run(error))).to.equal(error);
    expect(await names()).to.deep.equal([]);
    expect(notes).to.deep.equal([]);
    expect(await run()).to.equal('done');
  });

  const doubts: Readonly<Record<string, Error>> = {
    'breaks off': new Error('Connection terminated unexpectedly'),
    'loses its store': new EligoError('StoreUnavailable', 'the store is gone'),
  };
  for (const [what, error] of Object.entries(doubts)) {
    it(`keeps the lines of a change that ${what}, and says where`, async () => {
      const { folder, run, names, notes, unfinished } = await setUp();
      const thrown: unknown = await run(error).catch((reason: unknown) => reason);
      expect(thrown).to.equal(error);
      expect(await names()).to.deep.equal([unfinished]);
      expect(await readFile(join(folder, unfinished), 'utf8')).to.equal(LINES);
      expect(notes.length).to.equal(1);
      expect(notes[0]).to.include(join(folder, unfinished));
    });
  }

  it('replaces neither a file nor what an earlier run left', async () => {
    const { folder, run, unfinished, target } = await setUp();
    await writeFile(join(folder, unfinished), 'older');
    expect((await rejected(run())).message).to.match(/EEXIST/);
    expect(await readFile(join(folder, unfinished), 'utf8')).to.equal('older');
    const other = await setUp();
    await writeFile(other.target.path, 'there');
    expect((await rejected(other.run())).message).to.match(/the file exists/);
    expect(await readFile(other.target.path, 'utf8')).to.equal('there');
    expect(target.path).not.to.equal(other.target.path);
  });

  it('keeps the lines of a change that was made, though their place is taken meanwhile', async () => {
    const { folder, target, unfinished } = await setUp();
    const output = { note: () => undefined };
    const error = await rejected(
      withLines(output, target, async ({ add }) => {
        await add([{ n: '1' }]);
        await writeFile(target.path, 'there');
      }),
    );
    expect(error.message).to.include(unfinished);
    expect(await readFile(join(folder, unfinished), 'utf8')).to.equal('{"n":"1"}\n');
  });

  it('keeps a folder by the same rule', async () => {
    const folder = await makeFolder();
    const notes: string[] = [];
    const note = (line: string): void => void notes.push(line);
    const lost = new Error('gone');
    const failing = (error: Error) => keepingIfMade(folder, note, () => Promise.reject(error));
    expect(await failing(lost).catch((reason: unknown) => reason)).to.equal(lost);
    expect((await stat(folder)).isDirectory()).to.equal(true);
    expect(notes.length).to.equal(1);
    await rejected(failing(new EligoError('AlreadyAttested', 'refused')));
    expect(await stat(folder).catch(() => 'gone')).to.equal('gone');
    expect(notes.length).to.equal(1);
  });

  it('writes tokens with their positions only', () => {
    const issued = { position: 7, leaf: 1n as Field, replaces: undefined, token: 'a-token' };
    expect(tokenDocuments([issued])).to.deep.equal([{ position: '7', token: 'a-token' }]);
  });
});
