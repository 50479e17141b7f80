/**
 * Starts forge on test/forge/: the binary from npm, or the one that FORGE_BIN names, with solc from npm and the key
 * whose secrets the tests know. Nothing is downloaded; all it writes is in build/forge/.
 *
 * `tsx scripts/forge.ts test --match-contract Vesting -vvv`: every argument is forge's own.
 * @module
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { argv } from 'node:process';
import { EligoError } from '../src/errors.ts';
import { trapdoorKeySource } from '../test/support/trapdoor.ts';

const require = createRequire(import.meta.url);
const project = resolve(import.meta.dirname, '..');
const folder = join(project, 'build/forge');

/** Where forge's tests write what happened how often. */
export const TALLY = join(folder, 'tally');

/** How forge ended. */
export type ForgeResult = {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
};

/** The binary; undefined where none is installed for this platform and none is named. */
export function forgePath(): string | undefined {
  const named = process.env['FORGE_BIN'];
  if (named !== undefined && named !== '') return named;
  try {
    const manifest = require.resolve('@foundry-rs/forge-linux-amd64/package.json');
    const path = join(dirname(manifest), 'bin/forge');
    return existsSync(path) ? path : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Runs forge in the project's folder.
 * @param env     what foundry.toml says otherwise, as FOUNDRY_... variables
 * @param inherit shows what forge says at once, and returns none of it
 * @throws {ToolMissing} if there is no forge
 */
export async function runForge(
  args: readonly string[],
  options: { readonly env?: Readonly<Record<string, string>>; readonly inherit?: boolean } = {},
): Promise<ForgeResult> {
  const binary = forgePath();
  if (binary === undefined) {
    throw new EligoError('ToolMissing', 'forge is not installed: name one in FORGE_BIN');
  }
  await prepare();
  const output = options.inherit === true ? 'inherit' : 'pipe';
  const child = spawn(binary, args, {
    cwd: project,
    env: { ...process.env, ...options.env, NODE_OPTIONS: '' },
    stdio: ['ignore', output, output],
  });
  const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []];
  child.stdout?.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => stderr.push(chunk));
  const code = await new Promise<number>((done, failed) => {
    child.once('error', failed).once('close', (status) => {
      done(status ?? 1);
    });
  });
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

/** Writes the compiler and the key. forge's cache knows neither: a change of one of them empties it. */
async function prepare(): Promise<void> {
  const key = join(folder, 'VerifyingKey.sol');
  const loader = require.resolve('tsx/esm');
  const shim = join(project, 'scripts/solc.ts');
  const compiler = `#!/bin/sh\nexec '${process.execPath}' --import='${loader}' '${shim}' '${key}' "$@"\n`;
  await mkdir(folder, { recursive: true });
  const changed = [
    await writeIfOther(key, trapdoorKeySource()),
    await writeIfOther(join(folder, 'solc'), compiler),
  ];
  await chmod(join(folder, 'solc'), 0o755);
  if (changed.includes(true)) await rm(join(folder, 'cache'), { recursive: true, force: true });
}

async function writeIfOther(file: string, content: string): Promise<boolean> {
  const found = await readFile(file, 'utf8').catch(() => '');
  if (found !== content) await writeFile(file, content);
  return found !== content;
}

function text(chunks: readonly Buffer[]): string {
  return Buffer.concat(chunks).toString('utf8');
}

if (argv[1] !== undefined && import.meta.filename === resolve(argv[1])) {
  const { code } = await runForge(argv.slice(2), { inherit: true });
  process.exitCode = code;
}
