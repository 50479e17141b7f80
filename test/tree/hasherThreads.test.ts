import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { loadHasher } from '../../src/tree/hasher.ts';
import { packed, someLeaves } from '../support/nodes.ts';

const dist = (file: string): string => new URL(`../../dist/${file}`, import.meta.url).href;

/** A thread that hashes as tree/worker does, and says behind the leaves which build has hashed them. */
const TELLING = `
  import { parentPort } from 'node:worker_threads';
  import { loadKernel } from ${JSON.stringify(dist('kernel/kernel.js'))};
  import { loadHasher } from ${JSON.stringify(dist('tree/hasher.js'))};
  parentPort.on('message', async ({ id, input }) => {
    const [leaves, { build }] = [(await loadHasher()).leaves(input), await loadKernel()];
    parentPort.postMessage({ id, output: new Uint8Array([...leaves, build === 'fma' ? 1 : 0]) });
  });`;

/** Node 22 has relaxed SIMD, Node 20 by a flag. */
const BY_DEFAULT = Number(process.versions.node.split('.')[0]) >= 22 ? 'fma' : 'i64';

describe('tree/hasher in threads', () => {
  let folder: string;
  let script: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'eligo-hasher-'));
    const file = join(folder, 'worker.mjs');
    await writeFile(file, TELLING);
    script = pathToFileURL(file).href;
  });
  after(() => rm(folder, { recursive: true }));

  const preimages = packed(someLeaves(9 * 3));

  /** What a pool of a process of its own gives for three leaves, before which the process does something. */
  const run = async (environment: Readonly<Record<string, string>>, first = '') => {
    const rest = { ...process.env };
    delete rest['ELIGO_KERNEL'];
    const program = `
      import { createPool } from ${JSON.stringify(dist('tree/pool.js'))};
      import { loadKernel } from ${JSON.stringify(dist('kernel/kernel.js'))};
      ${first}
      const pool = createPool(2, new URL(${JSON.stringify(script)}));
      const input = Buffer.from('${Buffer.from(preimages).toString('hex')}', 'hex');
      const answers = await Promise.all([0, 1, 2].map(() => pool.run('leaves', input)));
      console.log(answers.map((answer) => Buffer.from(answer).toString('hex')).join(' '));
      await pool.close();`;
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--input-type=module', '--eval', program],
      { env: { ...rest, ...environment } },
    );
    return stdout.trim().split(' ');
  };

  for (const [how, environment, first, build] of [
    ['by itself', {}, '', BY_DEFAULT],
    ['where ELIGO_KERNEL is fma', { ELIGO_KERNEL: 'fma' }, '', 'fma'],
    ['where ELIGO_KERNEL is i64', { ELIGO_KERNEL: 'i64' }, '', 'i64'],
    ['once the process has asked for fma', {}, `await loadKernel('fma');`, 'fma'],
  ] as const) {
    it(`hashes the same with ${build} ${how}`, async () => {
      const due = Buffer.from((await loadHasher()).leaves(preimages)).toString('hex');
      const answer = `${due}${build === 'fma' ? '01' : '00'}`;
      expect(await run(environment, first)).to.deep.equal([answer, answer, answer]);
    });
  }
});
