/**
 * The issuer's file: where its store, its node and its secrets are, so that a verb needs one flag. Secrets stay in files of
 * their own; `DATABASE_URL` and `ELIGO_SEAL_KEY` come before what the file says.
 * @module
 */
import { dirname, isAbsolute, relative, resolve } from 'node:path';
import { z } from 'zod';
import { connect, type ReadClient, type WriteClient } from '../chain/client.ts';
import { invalidInput } from '../errors.ts';
import { openIssuer, type Issuer } from '../issuer/issuer.ts';
import { readPepper } from '../issuer/subject.ts';
import { readDocument } from '../protocol/codec.ts';
import { toInteger } from '../protocol/field.ts';
import { readSealKey, type SealKey } from '../store/seal.ts';
import { openStore, type Store } from '../store/store.ts';
import { createThreads, type Threads } from '../tree/threads.ts';
import { writeNew, type WriteOptions } from './files.ts';
import { readPrivateKey } from './privateKey.ts';
import type { Context, Flags } from './verb.ts';

/** The flag that every verb of an issuer has. */
export const ISSUER_FLAG = {
  '--issuer <file>': "the issuer's file, as `issuer init` wrote it; issuer.json if left out",
} as const;

const DEFAULT_FILE = 'issuer.json';

const configShape = z.strictObject({
  eligo: z.literal('issuer/1', 'must be "issuer/1"'),
  /** A folder; absent where the store is `DATABASE_URL`. */
  store: z.string().min(1, 'must not be empty').optional(),
  rpc: z.string().min(1, 'must not be empty'),
  /** Holds the publisher's private key. */
  keyFile: z.string().min(1, 'must not be empty'),
  pepperFile: z.string().min(1, 'must not be empty'),
  sealKeyFile: z.string().min(1, 'must not be empty').optional(),
  confirmations: z.string(),
});

/** The issuer's file as it is written. */
export type IssuerDocument = z.infer<typeof configShape>;

/** The issuer's file, with paths from where the command runs. */
export type IssuerConfig = {
  readonly store: string;
  readonly rpc: string;
  readonly keyFile: string;
  readonly pepperFile: string;
  readonly sealKeyFile: string | undefined;
  /** 1 to 1,000 */
  readonly confirmations: number;
};

/** What comes before the issuer's file; an empty variable is none. */
export function fromEnvironment(name: 'DATABASE_URL' | 'ELIGO_SEAL_KEY'): string | undefined {
  const value = process.env[name];
  return value === '' ? undefined : value;
}

/** Where the issuer's file is. */
export function configPath(flags: Flags): string {
  return flags.find('--issuer') ?? DEFAULT_FILE;
}

/** Reads the issuer's file as it stands there. @throws {InvalidInput} */
export async function readConfigDocument({ flags, read }: Context): Promise<IssuerDocument> {
  return readDocument(configShape, await read(configPath(flags), '--issuer'), 'issuer');
}

/** Writes the issuer's file, readable by its owner only: a node's URL may hold a key. */
export async function writeConfig(
  path: string,
  document: IssuerDocument,
  options: WriteOptions,
): Promise<void> {
  const text = `${JSON.stringify(document, undefined, 2)}\n`;
  await writeNew(path, text, { ...options, secret: true });
}

/** A path as the issuer's file has it: from the file's own folder, so that the two can move together. */
export function pathFrom(config: string, file: string): string {
  return isAbsolute(file) ? file : relative(dirname(config), file);
}

/** Reads the issuer's file; paths in it count from its folder. @throws {InvalidInput} */
export async function readConfig(context: Context): Promise<IssuerConfig> {
  const path = configPath(context.flags);
  const document = await readConfigDocument(context);
  const from = (file: string): string => (isAbsolute(file) ? file : resolve(dirname(path), file));
  const store = fromEnvironment('DATABASE_URL') ?? (document.store && from(document.store));
  if (store === undefined)
    throw invalidInput('issuer.store', 'missing', 'name a folder, or set DATABASE_URL');
  return {
    store,
    rpc: document.rpc,
    keyFile: from(document.keyFile),
    pepperFile: from(document.pepperFile),
    sealKeyFile: document.sealKeyFile === undefined ? undefined : from(document.sealKeyFile),
    confirmations: Number(toInteger(document.confirmations, 'issuer.confirmations', 1_000n, 1n)),
  };
}

/** What a verb of an issuer works with. Each part is opened when it is asked for first. */
export type Desk = {
  readonly config: IssuerConfig;
  readonly issuer: Issuer;
  readonly store: Store;
  /** The pepper, checked against the store. */
  readonly pepper: () => Promise<Uint8Array>;
  /**
   * The node, as the publisher, or as whose key a verb takes by `--key-file`.
   * @throws {ChainUnavailable} @throws {InvalidInput} if it is on another chain
   */
  readonly client: () => Promise<WriteClient>;
  /** The node, as nobody. @throws {ChainUnavailable} @throws {InvalidInput} if it is on another chain */
  readonly reader: () => Promise<ReadClient>;
  readonly threads: () => Threads;
};

/** Opens the issuer of `--issuer`, lets `work` have it, and closes all that was opened. */
export async function atDesk<T>(context: Context, work: (desk: Desk) => Promise<T>): Promise<T> {
  const config = await readConfig(context);
  const store = await openStore(config.store, { key: await readKey(context, config) });
  let threads: Threads | undefined;
  try {
    const issuer = await openIssuer(store);
    return await work({
      config,
      issuer,
      store,
      pepper: async () => {
        const pepper = readPepper(await context.read(config.pepperFile, 'issuer.pepperFile'));
        await openIssuer(store, pepper);
        return pepper;
      },
      client: () => connectPublisher(context, config, issuer),
      reader: async () => onChainOf(issuer, await connect({ url: config.rpc })),
      threads: () => (threads ??= createThreads()),
    });
  } finally {
    await threads?.close();
    await store.close();
  }
}

/** The key that personal data is sealed under: of the environment, or of its file. @throws {InvalidInput} */
export async function readKey(
  { read }: Context,
  config: Pick<IssuerConfig, 'sealKeyFile'>,
): Promise<SealKey | undefined> {
  const given = fromEnvironment('ELIGO_SEAL_KEY');
  if (given !== undefined) return readSealKey(given, 'ELIGO_SEAL_KEY');
  if (config.sealKeyFile === undefined) return undefined;
  return readSealKey(await read(config.sealKeyFile, 'issuer.sealKeyFile'), 'issuer.sealKeyFile');
}

async function connectPublisher(
  { flags, read }: Context,
  config: IssuerConfig,
  issuer: Issuer,
): Promise<WriteClient> {
  const given = flags.find('--key-file');
  const name = given === undefined ? 'issuer.keyFile' : '--key-file';
  const privateKey = readPrivateKey(await read(given ?? config.keyFile, name), name);
  return onChainOf(issuer, await connect({ url: config.rpc, privateKey }));
}

function onChainOf<client extends ReadClient>({ deployment }: Issuer, client: client): client {
  if (client.chain.id.toString() !== deployment.chainId) {
    const rule = `must be on the store's chain, ${deployment.chainId}`;
    throw invalidInput('issuer.rpc', client.chain.id, rule);
  }
  return client;
}
