/**
 * `eligo issuer credentials`: the files that holders keep, written out or handed over for one-time tokens.
 * @module
 */
import type { Command } from 'commander';
import { serve } from '@hono/node-server';
import { mkdir, readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { EligoError, invalidInput } from '../errors.ts';
import { createCredentialService } from '../issuer/credentialService.ts';
import { makeCredentials, redeemToken, renewToken } from '../issuer/credentials.ts';
import type { Issuer } from '../issuer/issuer.ts';
import { readCredential, writeCredential } from '../protocol/credential.ts';
import { refuseExisting, writeNew } from './files.ts';
import { interruption } from './interruption.ts';
import { ISSUER_FLAG, atDesk, type Desk } from './issuerConfig.ts';
import { oneOf, refuseBeside } from './flags.ts';
import { positionFlag, positionsFlag } from './issuerInput.ts';
import { facts } from './output.ts';
import { FORCE, addVerb, uintFlag, type Context, type Surroundings } from './verb.ts';

/** Milliseconds that a request may take to arrive. */
const REQUEST_TIMEOUT = 10_000;

/** Adds `issuer credentials`. */
export function addIssuerCredentials(noun: Command, around: Surroundings): void {
  addVerb(noun, around, {
    name: 'credentials',
    summary: 'write credentials, hand them over by HTTP, or make a new token for one',
    optional: {
      '--out <folder>': 'writes a file for each live attestation; what is there already stays',
      '--position <numbers>': 'these only, separated by commas; with --new-token the one',
      '--serve <port>': 'hands credentials over for tokens until Ctrl-C: POST /credentials',
      '--host <address>': 'where it listens; 127.0.0.1 if left out: let a proxy do the TLS',
      '--new-token': 'voids the token of --position, and draws another into --tokens',
      '--tokens <file>': 'with --new-token: where it goes, readable by you only',
      ...FORCE,
      ...ISSUER_FLAG,
    },
    example: 'issuer credentials --out credentials',
    act: credentialsByFlags,
  });
}

async function credentialsByFlags(context: Context): Promise<void> {
  const { flags } = context;
  const mode = oneOf(flags, ['--out', '--serve', '--new-token']);
  if (mode !== '--new-token') refuseBeside(flags, mode, ['--tokens']);
  if (mode !== '--serve') refuseBeside(flags, mode, ['--host']);
  if (mode !== '--out') refuseBeside(flags, mode, ['--force']);
  switch (mode) {
    case '--out':
      return writeAll(context);
    case '--serve':
      refuseBeside(flags, mode, ['--position']);
      return serveAll(context);
    case '--new-token':
      return drawToken(context);
  }
}

async function writeAll(context: Context): Promise<void> {
  const { flags, result, step } = context;
  const folder = flags.text('--out');
  const positions =
    flags.find('--position') === undefined ? undefined : positionsFlag(flags, '--position');
  await atDesk(context, async (desk) => {
    const signer = await desk.client();
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const writing = { flag: '--out', force: flags.on('--force'), secret: true };
    let [written, skipped] = [0, 0];
    const unless = async (position: number): Promise<boolean> => {
      const there = !writing.force && (await isThere(desk.issuer, fileOf(folder, position)));
      if (there) skipped += 1;
      return there;
    };
    await step('writing credentials', async (say) => {
      for await (const credential of makeCredentials(desk.issuer, signer, { positions, unless })) {
        const text = `${JSON.stringify(writeCredential(credential), undefined, 2)}\n`;
        await writeNew(fileOf(folder, Number(credential.position)), text, writing);
        written += 1;
        if (written % 100 === 0) say(`${written} written`);
      }
    });
    result({ written, skipped, out: folder }, [
      ...facts({ written: String(written), 'there already': String(skipped), folder }),
      'Each holds personal data and is for its holder only.',
    ]);
  });
}

function fileOf(folder: string, position: number): string {
  return join(folder, `${position}.credential.json`);
}

/** @throws {InvalidInput} if something else has the name */
async function isThere({ deployment, treeId }: Issuer, path: string): Promise<boolean> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return false;
  const rule = 'holds no credential of this tree and position; --force replaces it';
  try {
    const { chainId, registry, tree, position } = readCredential(text);
    const isOwn =
      chainId.toString() === deployment.chainId &&
      registry.toLowerCase() === deployment.contracts.RootRegistry.toLowerCase() &&
      tree === treeId;
    if (isOwn && path.endsWith(`${position.toString()}.credential.json`)) return true;
  } catch (error) {
    if (!(error instanceof EligoError)) throw error;
  }
  throw invalidInput('--out', path, rule);
}

async function serveAll(context: Context): Promise<void> {
  const port = uintFlag(context.flags, '--serve', 16);
  const hostname = context.flags.find('--host') ?? '127.0.0.1';
  await atDesk(context, async (desk) => {
    const { result, note } = context;
    const interrupted = interruption();
    const server = await listen(await serviceOf(context, desk), { port: Number(port), hostname });
    const url = `http://${hostname.includes(':') ? `[${hostname}]` : hostname}:${server.port}`;
    result({ url, path: '/credentials' }, [`Listening at ${url}/credentials`]);
    note('Running. Ctrl-C ends it.');
    await interrupted;
    await server.close();
  });
}

async function serviceOf({ note }: Context, desk: Desk) {
  const signer = await desk.client();
  return createCredentialService({
    redeem: (token) => redeemToken(desk.issuer, signer, token),
    onFault: (code) => {
      note(`A request failed: ${code}`);
    },
  });
}

type Listening = { readonly port: number; readonly close: () => Promise<void> };

/** Whoever is being served when it closes is served. */
function listen(
  service: ReturnType<typeof createCredentialService>,
  place: { readonly port: number; readonly hostname: string },
): Promise<Listening> {
  return new Promise((resolve, reject) => {
    const serverOptions = { requestTimeout: REQUEST_TIMEOUT, headersTimeout: REQUEST_TIMEOUT };
    const server = serve({ fetch: service.fetch, ...place, serverOptions }, onListening);
    server.once('error', (error: NodeJS.ErrnoException) => {
      const shown = `${place.hostname}:${place.port}`;
      reject(invalidInput('--serve', shown, `can't be listened at (${error.code ?? 'unknown'})`));
    });
    function onListening({ port }: AddressInfo): void {
      const close = (): Promise<void> =>
        new Promise((closed) => {
          server.close(() => {
            closed();
          });
          if ('closeIdleConnections' in server) server.closeIdleConnections();
        });
      resolve({ port, close });
    }
  });
}

async function drawToken(context: Context): Promise<void> {
  const { flags, result } = context;
  const path = flags.text('--tokens');
  const writing = { flag: '--tokens', force: false, secret: true };
  await refuseExisting(path, writing);
  const position = positionFlag(flags);
  await atDesk(context, async ({ issuer }) => {
    // If the file can't be written now, the token is lost, and the next one voids it.
    const token = await renewToken(issuer, { position });
    await writeNew(path, `${JSON.stringify({ position: String(position), token })}\n`, writing);
    result({ position, tokens: path }, facts({ position: String(position), tokens: path }));
  });
}
