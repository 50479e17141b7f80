import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { createPool } from '../../src/tree/pool.ts';
import { rejected } from '../support/world.ts';

/** Answers leaves with a byte that says how many tasks this thread was given before it answered the first. */
const ANSWERING = `
  import { parentPort } from 'node:worker_threads';
  let given = [];
  parentPort.on('message', ({ id, input }) => {
    if (input[0] === 99) process.exit(3);
    if (input[0] === 97) return; // never answers
    if (input[0] === 98) throw new Error('out of sorts');
    given.push(id);
    setImmediate(() => setImmediate(() => {
      const output = Uint8Array.of(input[0], given.length);
      given = given.filter((other) => other !== id);
      parentPort.postMessage({ id, output });
    }));
  });`;

const leaf = (value: number): Uint8Array => Uint8Array.of(value);

describe('tree/pool', () => {
  let folder: string;
  let script: URL;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'eligo-pool-'));
    await writeFile(join(folder, 'worker.mjs'), ANSWERING);
    script = pathToFileURL(join(folder, 'worker.mjs'));
  });
  after(() => rm(folder, { recursive: true }));

  it('gives every task its own answer, and no thread more than two at once', async () => {
    const pool = createPool(2, script);
    const values = Array.from({ length: 60 }, (_, i) => i);
    const answers = await Promise.all(values.map((value) => pool.run('leaves', leaf(value))));
    expect(answers.map(([value]) => value)).to.deep.equal(values);
    const ahead = new Set(answers.map(([, given]) => given));
    expect([...ahead].sort()).to.deep.equal([1, 2]);
    await pool.close();
  });

  for (const [value, how] of [
    [99, 'ends'],
    [98, 'throws'],
  ] as const) {
    it(`loses a thread that ${how}, but not the pool`, async () => {
      const pool = createPool(1, script);
      expect([...(await pool.run('leaves', leaf(1)))]).to.deep.equal([1, 1]);
      const error = await rejected(pool.run('leaves', leaf(value)));
      expect(error.code).to.equal('ThreadLost');
      expect(error.data['exitCode']).to.equal(value === 99 ? 3 : 1);
      if (value === 98) expect(String(error.cause)).to.include('out of sorts');
      expect([...(await pool.run('leaves', leaf(2)))]).to.deep.equal([2, 1]);
      await pool.close();
    });
  }

  it('goes on with what waits when a thread is lost', async () => {
    const pool = createPool(1, script);
    const [lost, beside, ...waiting] = [99, 1, 2, 3].map((value) =>
      pool.run('leaves', leaf(value)),
    );
    expect((await rejected(lost!)).code).to.equal('ThreadLost');
    expect((await rejected(beside!)).code).to.equal('ThreadLost');
    expect((await Promise.all(waiting)).map(([value]) => value)).to.deep.equal([2, 3]);
    await pool.close();
  });

  it('refuses what is not done and what comes after it is closed', async () => {
    const pool = createPool(1, script);
    await pool.run('leaves', leaf(1));
    const tasks = [97, 97, 1, 2].map((value) => pool.run('leaves', leaf(value)));
    const errors = Promise.all(tasks.map(rejected));
    await pool.close();
    for (const error of [...(await errors), await rejected(pool.run('leaves', leaf(5)))])
      expect(error.message).to.equal('threads are closed');
    await pool.close();
  });

  it('keeps the process alive while there is work, and no longer', async () => {
    const module = new URL('../../dist/tree/pool.js', import.meta.url);
    const program = `
      import { createPool } from ${JSON.stringify(module.href)};
      const pool = createPool(2, new URL(${JSON.stringify(script.href)}));
      for (const value of [7, 8]) {
        const [answered] = await pool.run('leaves', Uint8Array.of(value));
        console.log('answered', answered);
        await new Promise((resolve) => setImmediate(resolve));
      }`;
    const args = ['--input-type=module', '--eval', program];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    expect(stdout).to.equal('answered 7\nanswered 8\n');
  });
});
