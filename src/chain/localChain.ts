/**
 * A chain on this machine, for development, demonstrations and tests: anvil from npm, or the one that ANVIL_BIN names.
 * @module
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Hex } from 'viem';
import { EligoError } from '../errors.ts';

/** The hardfork that contracts are compiled for. */
export const HARDFORK = 'osaka';

/** anvil's published test keys: each holds 10,000 test Ether; never use them anywhere else. */
export const LOCAL_KEYS: readonly Hex[] = [
  '0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80',
  '0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d',
  '0x5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a',
  '0x7c852118294e51e653712a81e05800f419141751be58f605c371e15141b007a6',
];

/** A running chain. */
export type LocalChain = {
  readonly url: string;
  readonly stop: () => Promise<void>;
  /** Settles when the chain ends, by `stop` or by itself. */
  readonly ended: Promise<void>;
};

/**
 * Starts a chain.
 * @param options.port      0 or left out = any free one
 * @param options.arguments more of anvil's own flags
 * @throws {ToolMissing} if anvil is not installed @throws {ChainUnavailable} if it ends before it listens
 */
export async function startLocalChain(
  options: { readonly port?: number; readonly arguments?: readonly string[] } = {},
): Promise<LocalChain> {
  const flags = [
    '--port',
    String(options.port ?? 0),
    '--hardfork',
    HARDFORK,
    ...(options.arguments ?? []),
  ];
  const child = spawn(anvilPath(), flags, { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => {
      resolve();
    });
  });
  const url = `http://${await listening(child)}`;
  return {
    url,
    ended,
    stop: async () => {
      child.kill();
      await ended;
    },
  };
}

function anvilPath(): string {
  const named = process.env['ANVIL_BIN'];
  if (named !== undefined && named !== '') return named;
  try {
    const require = createRequire(import.meta.url);
    const path = join(
      dirname(require.resolve('@foundry-rs/anvil-linux-amd64/package.json')),
      'bin/anvil',
    );
    if (existsSync(path)) return path;
  } catch (error) {
    throw new EligoError(
      'ToolMissing',
      'anvil is not installed for this platform: name one in ANVIL_BIN',
      {},
      error,
    );
  }
  throw new EligoError('ToolMissing', 'the anvil package holds no binary: name one in ANVIL_BIN');
}

/** Waits for anvil's line "Listening on 127.0.0.1:8545". */
function listening(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = '';
    const read = (chunk: Buffer): void => {
      output += chunk.toString();
      const address = /Listening on (\S+)/.exec(output)?.[1];
      if (address !== undefined) {
        for (const stream of [child.stdout, child.stderr]) stream?.off('data', read).resume();
        resolve(address);
      }
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.once('error', (error) => {
      reject(new EligoError('ToolMissing', `anvil does not start: ${error.message}`, {}, error));
    });
    child.once('close', (code) => {
      reject(
        new EligoError(
          'ChainUnavailable',
          `anvil ended with ${String(code)}: ${output.trim().slice(-400)}`,
        ),
      );
    });
  });
}
