/**
 * Semaphore v4 as a peer: a proof of membership at depth 32 with snarkjs, its own artifacts at hand. It is 400 MB with
 * everything, so it is no dependency: the first bench installs it beside what is built.
 * @module
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

const folder = resolve(import.meta.dirname, '../../build/peers');
const PACKAGES = ['@semaphore-protocol/core@4.14.2', '@zk-kit/semaphore-artifacts@4.13.0'];
const DEPTH = 32;

type Semaphore = {
  readonly Identity: new (secret: string) => { readonly commitment: bigint };
  readonly Group: new (members: readonly bigint[]) => object;
  readonly generateProof: (
    identity: object,
    group: object,
    message: string,
    scope: string,
    depth: number,
    artifacts: { readonly wasm: string; readonly zkey: string },
  ) => Promise<unknown>;
};

/** Makes one proof a call; nothing if it can't be installed. */
export async function loadSemaphore(): Promise<(() => Promise<unknown>) | undefined> {
  const entry = join(folder, 'node_modules/@semaphore-protocol/core/src/index.js');
  if (!existsSync(entry)) {
    await mkdir(folder, { recursive: true });
    const args = ['install', '--no-save', '--no-audit', '--no-fund', '--prefix', folder];
    await promisify(execFile)('npm', [...args, ...PACKAGES]).catch((error: unknown) => {
      console.error(`Semaphore can't be installed: ${String(error).slice(0, 200)}`);
    });
  }
  if (!existsSync(entry)) return undefined;
  const { Identity, Group, generateProof } = (await import(pathToFileURL(entry).href)) as Semaphore;
  const file = (kind: string): string =>
    join(folder, `node_modules/@zk-kit/semaphore-artifacts/semaphore-${DEPTH}.${kind}`);
  const identity = new Identity('a secret of nobody');
  const group = new Group([1n, 2n, identity.commitment]);
  const artifacts = { wasm: file('wasm'), zkey: file('zkey') };
  return () => generateProof(identity, group, 'message', 'scope', DEPTH, artifacts);
}
