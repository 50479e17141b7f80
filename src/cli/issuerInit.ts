/**
 * `eligo issuer init`: a new store for a tree, and the file that names both. Everything that a crash leaves is taken up
 * again by the same command: the secrets' files, the issuer on-chain, the store that was set up. Lost is at most a tree
 * that nobody uses.
 * @module
 */
import type { Command } from 'commander';
import { lstat } from 'node:fs/promises';
import { connect, type WriteClient } from '../chain/client.ts';
import { readDeployment, type Deployment } from '../chain/deployment.ts';
import { invalidInput } from '../errors.ts';
import { registerIssuerTree, setUpStore, type Issuer } from '../issuer/issuer.ts';
import { createPepper, readPepper, writePepper } from '../issuer/subject.ts';
import { platformRandom } from '../protocol/field.ts';
import { bindingOf } from '../store/book.ts';
import { readSealKey, type SealKey } from '../store/seal.ts';
import { openStore, type Store } from '../store/store.ts';
import { refuseExisting, writeNew } from './files.ts';
import { NODE_FLAGS, readUrl } from './gate.ts';
import { readPrivateKey } from './privateKey.ts';
import { fromEnvironment, pathFrom, writeConfig, type IssuerDocument } from './issuerConfig.ts';
import { showInitPlan } from './issuerInitPlan.ts';
import { oneOf } from './flags.ts';
import { facts } from './output.ts';
import { FORCE, addVerb, integerFlag, uintFlag, type Context, type Surroundings } from './verb.ts';

/** Adds `issuer init`. */
export function addIssuerInit(noun: Command, around: Surroundings): void {
  addVerb(noun, around, {
    name: 'init',
    summary: 'set a store up for a tree; after a crash the same command goes on',
    required: {
      ...NODE_FLAGS,
      '--key-file <file>': "holds the publisher's private key",
      '--out <file>': "where the issuer's file goes",
    },
    optional: {
      '--store <folder>': './store if left out; with DATABASE_URL the store is there instead',
      '--uri <uri>': 'registers an issuer that tells about itself there, and a tree for it',
      '--tree <id>': 'instead of --uri: a tree without publications',
      '--pepper-file <file>':
        'secret that identifiers are hidden with, made if missing; pepper.txt if left out',
      '--seal-key-file <file>': 'seals personal data at rest under this key, made if missing',
      '--confirmations <number>': 'blocks that a publication must be deep; 1 if left out',
      '--dry-run': 'shows what would be registered and made; nothing is',
      ...FORCE,
    },
    example:
      'issuer init --rpc http://127.0.0.1:8545 --deployment deployment.json --key-file key.txt --uri https://issuer.example --out issuer.json',
    act: init,
  });
}

async function init(context: Context): Promise<void> {
  const { flags, note, result } = context;
  const out = flags.text('--out');
  const writing = { flag: '--out', force: flags.on('--force') };
  await refuseExisting(out, writing);
  oneOf(flags, ['--uri', '--tree']);
  const place = storePlace(context);
  const confirmations = integerFlag(flags, '--confirmations', { min: 1n, max: 1_000n }) ?? 1n;
  const [deployment, client] = await connectOwner(context);
  const pepperFile = flags.find('--pepper-file') ?? 'pepper.txt';
  if (flags.on('--dry-run'))
    return showInitPlan(context, { client, deployment, store: place.folder, out, pepperFile });
  const pepper = readPepper(await readOrMake(context, pepperFile, '--pepper-file', makePepper));
  const key = await readOrMakeKey(context);
  const store = await openStore(place.store, { key });
  try {
    const issuer = await setUp(context, { store, client, deployment, pepper });
    await writeConfig(out, toDocument(context, { out, pepperFile, place, confirmations }), writing);
    if (!key)
      note('Personal data is not sealed at rest: `issuer rekey --new-key-file` can seal it.');
    note(`Keep ${pepperFile} as you keep the store: one is of no use without the other.`);
    const { issuerId, treeId } = issuer;
    const publisher = client.account.address;
    result({ issuer: issuerId, tree: treeId, publisher, sealed: key !== undefined, out }, [
      ...facts({ issuer: issuerId, tree: treeId, publisher, store: place.shown }),
      `The issuer's file is ${out}. Next: eligo issuer issue`,
    ]);
  } finally {
    await store.close();
  }
}

type Place = {
  readonly store: string;
  readonly folder: string | undefined;
  readonly shown: string;
};

/** The URL holds a password: it is neither written nor shown. */
function storePlace({ flags }: Context): Place {
  const url = fromEnvironment('DATABASE_URL');
  const folder = flags.find('--store');
  if (url === undefined) {
    const store = folder ?? 'store';
    if (store === '') throw invalidInput('--store', store, 'must be a folder');
    return { store, folder: store, shown: store };
  }
  if (folder !== undefined)
    throw invalidInput('--store', folder, "can't go with DATABASE_URL, which comes before it");
  return { store: url, folder: undefined, shown: 'DATABASE_URL' };
}

async function connectOwner({ flags, read }: Context): Promise<readonly [Deployment, WriteClient]> {
  const url = readUrl(flags);
  const deployment = readDeployment(await read(flags.text('--deployment'), '--deployment'));
  const keyFile = flags.text('--key-file');
  // It is read again by every verb: standard input can't be.
  if (keyFile === '-') throw invalidInput('--key-file', keyFile, 'must be a file here');
  const privateKey = readPrivateKey(await read(keyFile, '--key-file'), '--key-file');
  const client = await connect({ url, privateKey });
  if (client.chain.id.toString() !== deployment.chainId) {
    const rule = `must be the node's chain, ${client.chain.id}`;
    throw invalidInput('deployment.chainId', deployment.chainId, rule);
  }
  return [deployment, client];
}

const makePepper = (): string => writePepper(createPepper());

/** A new key as its file has it. */
export const makeSealKey = (): string => `0x${Buffer.from(platformRandom(32)).toString('hex')}\n`;

async function readOrMakeKey(context: Context): Promise<SealKey | undefined> {
  const given = fromEnvironment('ELIGO_SEAL_KEY');
  if (given !== undefined) return readSealKey(given, 'ELIGO_SEAL_KEY');
  const flag = '--seal-key-file';
  if (context.flags.find(flag) === undefined) return undefined;
  const path = context.flags.text(flag);
  return readSealKey(await readOrMake(context, path, flag, makeSealKey), flag);
}

/** A secret's file, made if there is none. */
export async function readOrMake(
  { read, note }: Context,
  path: string,
  flag: string,
  make: () => string,
): Promise<string> {
  const there = await lstat(path).then(
    () => true,
    () => false,
  );
  if (!there) {
    await writeNew(path, make(), { flag, force: false, secret: true });
    note(`Made ${path}, readable by you only.`);
  }
  return read(path, flag);
}

/** A store that was set up before the crash says itself which tree is its. */
async function setUp(
  { flags, step }: Context,
  parameters: {
    readonly store: Store;
    readonly client: WriteClient;
    readonly deployment: Deployment;
    readonly pepper: Uint8Array;
  },
): Promise<Issuer> {
  const { store, client, deployment, pepper } = parameters;
  const book = await store.db.selectFrom('book').selectAll().executeTakeFirst();
  const named = uintFlag(flags, '--tree', 64) ?? (book && bindingOf(book).treeId);
  if (named !== undefined) return setUpStore(store, client, { deployment, treeId: named, pepper });
  const uri = flags.text('--uri');
  const { treeId } = await step('registering the issuer and its tree', () =>
    registerIssuerTree(client, { deployment, uri }),
  );
  return setUpStore(store, client, { deployment, treeId, pepper });
}

function toDocument(
  { flags }: Context,
  facts: {
    readonly out: string;
    readonly pepperFile: string;
    readonly place: Place;
    readonly confirmations: bigint;
  },
): IssuerDocument {
  const { out, pepperFile, place, confirmations } = facts;
  const sealKeyFile = flags.find('--seal-key-file');
  return {
    eligo: 'issuer/1',
    ...(place.folder !== undefined && { store: pathFrom(out, place.folder) }),
    rpc: readUrl(flags),
    keyFile: pathFrom(out, flags.text('--key-file')),
    pepperFile: pathFrom(out, pepperFile),
    ...(sealKeyFile !== undefined && { sealKeyFile: pathFrom(out, sealKeyFile) }),
    confirmations: confirmations.toString(),
  };
}
