/**
 * The backend on rapidsnark, a native prover that is installed apart. Key and witness go through files in a private folder
 * that is gone when the proof is there, or isn't; nothing of them is in the command line.
 * @module
 */
import { spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { access, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { z } from 'zod';
import { EligoError } from '../errors.ts';
import { readDocument } from '../protocol/codec.ts';
import { toField } from '../protocol/field.ts';
import type { Backend, Made } from './backend.ts';
import { checkProof } from './proof.ts';

/** Names the program's file, if it isn't found by itself. */
export const RAPIDSNARK_VARIABLE = 'ELIGO_RAPIDSNARK';

/** What the program is called where it is installed: by packages, and by its own build. */
const NAMES = ['rapidsnark', 'prover'] as const;

const signalsShape = z.array(z.string());

/**
 * Makes a backend.
 * @param options.command the program's file; the one that `ELIGO_RAPIDSNARK` names, or one called rapidsnark or prover on the
 *   PATH, if left out
 * @throws {ToolMissing} (the backend) if there is none
 * @throws {ProverFailed} (the backend) if it fails, or writes something else than a proof
 * @example await prove({ ...parameters, backend: createRapidsnarkBackend({ command: '/opt/rapidsnark/bin/prover' }) });
 */
export function createRapidsnarkBackend(options: { readonly command?: string } = {}): Backend {
  return async (artifacts, witness, { signal } = {}) => {
    signal?.throwIfAborted();
    const command = await findCommand(options.command ?? process.env[RAPIDSNARK_VARIABLE]);
    // Only the owner can enter it: mkdtemp makes it with mode 0700.
    const folder = await mkdtemp(join(tmpdir(), 'eligo-rapidsnark-'));
    const file = (name: string): string => join(folder, name);
    try {
      await writeFile(file('circuit.zkey'), await artifacts.zkey(), { mode: 0o600 });
      await writeFile(file('witness.wtns'), witness, { mode: 0o600 });
      const names = ['circuit.zkey', 'witness.wtns', 'proof.json', 'public.json'];
      await run(command, names, folder, signal);
      return await readMade(file('proof.json'), file('public.json'));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  };
}

/** @throws {ToolMissing} */
async function findCommand(named: string | undefined): Promise<string> {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  const candidates =
    named === undefined
      ? NAMES.flatMap((name) => folders.map((folder) => join(folder, name)))
      : [named];
  for (const candidate of candidates) {
    const runs = await access(candidate, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (runs) return candidate;
  }
  throw new EligoError(
    'ToolMissing',
    named === undefined
      ? `rapidsnark is not on the PATH: install it, or name its file in ${RAPIDSNARK_VARIABLE}`
      : `rapidsnark: ${named} is no program that can be run`,
    { tool: 'rapidsnark' },
  );
}

/** What the program needs of the environment: secrets in other variables are not for it. */
const INHERITED = ['PATH', 'LD_LIBRARY_PATH', 'DYLD_LIBRARY_PATH'] as const;

async function run(
  command: string,
  names: readonly string[],
  folder: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const env = Object.fromEntries(INHERITED.map((name) => [name, process.env[name]]));
  const child = spawn(command, names, { cwd: folder, env, stdio: ['ignore', 'ignore', 'pipe'] });
  const kill = (): void => {
    child.kill('SIGKILL');
  };
  signal?.addEventListener('abort', kill);
  let words = '';
  child.stderr.on('data', (chunk: Buffer) => {
    words = `${words}${chunk.toString()}`.slice(-2_000);
  });
  const exit = await new Promise<number | string | Error>((resolve) => {
    child.on('error', resolve);
    child.on('close', (code, killedBy) => {
      resolve(code ?? killedBy ?? 'unknown');
    });
  });
  signal?.removeEventListener('abort', kill);
  signal?.throwIfAborted();
  if (exit === 0) return;
  if (exit instanceof Error) throw failed('did not start', exit);
  throw failed(`ended with ${exit}`, new Error(words));
}

/** Older versions don't write the curve, and some a zero byte behind the text. */
async function readMade(proofFile: string, signalsFile: string): Promise<Made> {
  const read = async (file: string): Promise<unknown> =>
    JSON.parse((await readFile(file, 'utf8')).replace(/\0+$/, ''));
  try {
    const proof = checkProof({ curve: 'bn128', ...Object(await read(proofFile)) });
    const signals = readDocument(signalsShape, await read(signalsFile), 'public signals');
    signals.forEach((signal, i) => toField(signal, `public signals[${i}]`));
    return { proof, signals };
  } catch (error) {
    throw failed('wrote something else than a proof', error);
  }
}

function failed(how: string, cause: unknown): EligoError {
  return new EligoError('ProverFailed', `rapidsnark ${how}`, { tool: 'rapidsnark' }, cause);
}
