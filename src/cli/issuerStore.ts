/**
 * `eligo issuer worker`, `backup`, `restore` and `rekey`: looking after the store.
 * @module
 */
import type { Command } from 'commander';
import { rm } from 'node:fs/promises';
import { EligoError, invalidInput } from '../errors.ts';
import { openIssuer } from '../issuer/issuer.ts';
import { pepperCheck, readPepper } from '../issuer/subject.ts';
import { backUp, restore } from '../store/backup.ts';
import { checkPepper } from '../store/book.ts';
import { rekey } from '../store/rekey.ts';
import { readSealKey, type SealKey } from '../store/seal.ts';
import { openStore, type Store } from '../store/store.ts';
import { startTreeWorker } from '../store/treeJobs.ts';
import { createThreads } from '../tree/threads.ts';
import { putInPlace, refuseExisting, unfinishedName } from './files.ts';
import { interruption } from './interruption.ts';
import {
  ISSUER_FLAG,
  atDesk,
  configPath,
  fromEnvironment,
  pathFrom,
  readConfig,
  readConfigDocument,
  readKey,
  writeConfig,
} from './issuerConfig.ts';
import { makeSealKey, readOrMake } from './issuerInit.ts';
import { oneOf } from './flags.ts';
import { facts } from './output.ts';
import { FORCE, addVerb, type Context, type Surroundings } from './verb.ts';

/** Adds `issuer worker`, `issuer backup`, `issuer restore` and `issuer rekey`. */
export function addIssuerStore(noun: Command, around: Surroundings): void {
  addVerb(noun, around, {
    name: 'worker',
    summary: 'on PostgreSQL: help `issuer publish --distribute` build the tree, until Ctrl-C',
    optional: ISSUER_FLAG,
    example: 'issuer worker --issuer issuer.json',
    act: work,
  });
  addVerb(noun, around, {
    name: 'backup',
    summary: 'write all that the store holds into one file, as it is at one moment',
    required: { '--out <file>': 'where it goes, readable by you only' },
    optional: { ...FORCE, ...ISSUER_FLAG },
    example: 'issuer backup --out issuer.backup.gz',
    act: backUpStore,
  });
  addVerb(noun, around, {
    name: 'restore',
    summary: "fill the new store that the issuer's file names, all of it or nothing",
    required: { '--file <file>': 'the backup' },
    optional: ISSUER_FLAG,
    example: 'issuer restore --file issuer.backup.gz --issuer issuer.json',
    act: restoreStore,
  });
  addVerb(noun, around, {
    name: 'rekey',
    summary: 'seal personal data under another key; after a crash the same command goes on',
    optional: {
      '--new-key-file <file>': 'the new key, made if missing',
      '--plain': 'instead: seals nothing any more',
      ...ISSUER_FLAG,
    },
    example: 'issuer rekey --new-key-file seal-2.key',
    act: renewKey,
  });
}

async function work(context: Context): Promise<void> {
  const { result, note } = context;
  await atDesk(context, async ({ store, threads }) => {
    const interrupted = interruption();
    const worker = await startTreeWorker(store, {
      builder: threads(),
      onJob: ({ window }) => {
        note(`Built window ${window}.`);
      },
    });
    result({ working: true }, ['Waiting for jobs.']);
    note('Running. Ctrl-C ends it.');
    await interrupted;
    await worker.stop();
  });
}

async function backUpStore(context: Context): Promise<void> {
  const { flags, result, step } = context;
  const out = flags.text('--out');
  const writing = { flag: '--out', force: flags.on('--force') };
  await refuseExisting(out, writing);
  await atDesk(context, async ({ store, config }) => {
    const unfinished = unfinishedName(out);
    try {
      const rows = await step('backing up', (say) => backUp(store, unfinished, sayRows(say)));
      await putInPlace(unfinished, out, writing);
      result({ rows, out }, [
        ...facts({ rows: String(rows), backup: out }),
        `Of no use without ${[config.pepperFile, config.sealKeyFile].filter(Boolean).join(' and ')}: keep them, and apart.`,
      ]);
    } finally {
      await rm(unfinished, { force: true });
    }
  });
}

async function restoreStore(context: Context): Promise<void> {
  const { flags, read, result, step } = context;
  const config = await readConfig(context);
  const key = await readKey(context, config);
  const pepper = readPepper(await read(config.pepperFile, 'issuer.pepperFile'));
  const path = flags.text('--file');
  const store = await openStore(config.store, { key });
  const builder = createThreads();
  try {
    const rows = await step('restoring', (say) =>
      restore(store, path, {
        ...{ builder, onRows: sayRows(say) },
        check: (book) => {
          checkPepper(book, pepperCheck(pepper));
        },
      }),
    );
    const { issuerId, treeId } = await openIssuer(store, pepper);
    result({ rows, issuer: issuerId, tree: treeId }, [
      ...facts({ rows: String(rows), issuer: issuerId, tree: treeId }),
      'The next `eligo issuer publish` says whether the chain has gone on since.',
    ]);
  } finally {
    await builder.close();
    await store.close();
  }
}

function sayRows(say: (detail: string) => void): (rows: number) => void {
  return (rows) => {
    say(`${rows} rows`);
  };
}

/**
 * The new key is on the disk before the store is sealed under it, and the issuer's file names it afterwards. After a crash
 * between the two the store opens with the new key only: the same command notices, and writes the file.
 */
async function renewKey(context: Context): Promise<void> {
  const { flags, result, note } = context;
  const mode = oneOf(flags, ['--new-key-file', '--plain']);
  if (fromEnvironment('ELIGO_SEAL_KEY') !== undefined)
    throw invalidInput(
      'ELIGO_SEAL_KEY',
      undefined,
      "comes before the issuer's file: put it into a file that sealKeyFile names, and unset it",
    );
  const keyFile = mode === '--plain' ? undefined : flags.text('--new-key-file');
  const to = await newKey(context, keyFile);
  const { store, done } = await openForRekey(context, to);
  try {
    if (!done) await sealAnew(context, store, to);
  } finally {
    await store.close();
  }
  const path = configPath(flags);
  const { sealKeyFile: before, ...document } = await readConfigDocument(context);
  const named = keyFile === undefined ? {} : { sealKeyFile: pathFrom(path, keyFile) };
  await writeConfig(path, { ...document, ...named }, { flag: '--issuer', force: true });
  if (before !== undefined) note(`Backups made before still need ${before}.`);
  result({ sealed: to !== undefined, keyFile }, [
    to ? `Sealed under the key in ${String(keyFile)}.` : 'Personal data is not sealed any more.',
  ]);
}

async function newKey(context: Context, path: string | undefined): Promise<SealKey | undefined> {
  if (path === undefined) return undefined;
  const flag = '--new-key-file';
  return readSealKey(await readOrMake(context, path, flag, makeSealKey), flag);
}

/** `done`: it is sealed under the new key already. */
async function openForRekey(
  context: Context,
  to: SealKey | undefined,
): Promise<{ readonly store: Store; readonly done: boolean }> {
  const config = await readConfig(context);
  const from = await readKey(context, config);
  try {
    return { store: await openStore(config.store, { key: from }), done: false };
  } catch (error) {
    if (!(error instanceof EligoError) || error.code !== 'StoreMismatch') throw error;
    const store = await openStore(config.store, { key: to }).catch(() => undefined);
    if (store) return { store, done: true };
    throw error;
  }
}

async function sealAnew({ step }: Context, store: Store, to: SealKey | undefined): Promise<void> {
  await openIssuer(store);
  await step('sealing', (say) => rekey(store, { to, onRows: sayRows(say) }));
}
