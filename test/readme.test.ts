/**
 * The README holds: its two commands are what CI runs, and every other block runs in a copy of the repository.
 */
import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { mkdir } from 'node:fs/promises';
import { promisify } from 'node:util';
import { expect } from 'chai';

const run = promisify(execFile);
const project = resolve(import.meta.dirname, '..');

type Block = { readonly language: string; readonly text: string };

async function readBlocks(): Promise<readonly Block[]> {
  const readme = await readFile(join(project, 'README.md'), 'utf8');
  return [...readme.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(
    ([, language = '', text = '']) => ({ language, text }),
  );
}

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
    const [commands] = await readBlocks();
    const ci = (await readFile(join(project, '.ci/run'), 'utf8')).split('\n');
    const lines = commands!.text.trim().split('\n');
    expect(lines).to.have.length(2);
    for (const part of lines.flatMap((line) => line.split(' && '))) expect(ci).to.include(part);
  });

  it('has no block of a kind that this test does not run', async () => {
    const kinds = new Set((await readBlocks()).map(({ language }) => language));
    expect([...kinds].sort()).to.deep.equal(['mermaid', 'sh', 'ts']);
  });

  it('has TypeScript that runs', async () => {
    const clone = await makeClone();
    try {
      for (const { text } of (await readBlocks()).filter(({ language }) => language === 'ts')) {
        await writeFile(join(clone, 'readme.ts'), text);
        const { stdout } = await run(process.execPath, ['--import=tsx', 'readme.ts'], {
          cwd: clone,
        });
        expect(stdout).to.equal('{ ok: true }\n');
      }
    } finally {
      await rm(clone, { recursive: true });
    }
  });

  it('has shell commands that run', async () => {
    const clone = await makeClone();
    try {
      const [, ...blocks] = (await readBlocks()).filter(({ language }) => language === 'sh');
      expect(blocks).not.to.be.empty;
      for (const { text } of blocks)
        await run('bash', ['-euo', 'pipefail', '-c', text], { cwd: clone });
    } finally {
      await rm(clone, { recursive: true });
    }
  });
});
