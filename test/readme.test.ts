/**
 * The README holds: its two commands are what CI runs, and every other block runs in a copy of the repository.
 */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { mkdir } from 'node:fs/promises';
import { promisify } from 'node:util';
import { expect } from 'chai';

const run = promisify(execFile);
const project = resolve(import.meta.dirname, '..');

/** The README's blocks, each with the line that it begins in. */
const README = readFileSync(join(project, 'README.md'), 'utf8');
const BLOCKS = [...README.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(
  ({ index, 1: language = '', 2: text = '' }) => {
    const line = README.slice(0, index).split('\n').length;
    return { language, text, line };
  },
);
const blocksOf = (wanted: string) => BLOCKS.filter(({ language }) => language === wanted);

/** A copy of every file that the repository holds, with what was installed and built beside it. */
async function makeClone(): Promise<string> {
  const clone = await mkdtemp(join(tmpdir(), 'eligo-readme-'));
  const { stdout } = await run('git', ['ls-files', '-z'], { cwd: project });
  for (const file of stdout.split('\0').filter(Boolean)) {
    await mkdir(dirname(join(clone, file)), { recursive: true });
    await cp(join(project, file), join(clone, file));
  }
  for (const folder of ['node_modules', 'build', 'dist'])
    await symlink(join(project, folder), join(clone, folder));
  return clone;
}

describe('README', () => {
  it('names two commands, and .ci/run calls them', async () => {
    const [commands] = BLOCKS;
    const ci = (await readFile(join(project, '.ci/run'), 'utf8')).split('\n');
    const lines = commands!.text.trim().split('\n');
    expect(lines).to.have.length(2);
    for (const part of lines.flatMap((line) => line.split(' && '))) expect(ci).to.include(part);
  });

  it('has no block of a kind that this test does not run', () => {
    const kinds = new Set(BLOCKS.map(({ language }) => language));
    expect([...kinds].sort()).to.deep.equal(['mermaid', 'sh', 'ts']);
  });

  describe('has blocks that run, in their order', () => {
    let clone: string;
    before(async () => {
      clone = await makeClone();
    });
    after(() => rm(clone, { recursive: true }));

    for (const { text, line } of blocksOf('ts'))
      it(`TypeScript, of line ${line}`, async () => {
        await writeFile(join(clone, 'readme.ts'), text);
        const { stdout } = await run(process.execPath, ['--import=tsx', 'readme.ts'], {
          cwd: clone,
        });
        expect(stdout).to.equal('{ ok: true }\n');
      });

    for (const { text, line } of blocksOf('sh').slice(1))
      it(`shell, of line ${line}`, async () => {
        await run('bash', ['-euo', 'pipefail', '-c', text], { cwd: clone });
      });
  });
});
