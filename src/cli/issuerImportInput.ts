/**
 * What `issuer import` reads and writes: its sources by their flags, the manifest, the tokens.
 * @module
 */
import { open, stat, type FileHandle } from 'node:fs/promises';
import { getAddress, isAddress, type Address } from 'viem';
import { connect, type ReadClient } from '../chain/client.ts';
import { invalidInput } from '../errors.ts';
import type { Issued } from '../issuer/issue.ts';
import { checkUnits, type Units } from '../issuer/import/amount.ts';
import { SOURCE_SYSTEMS, readSourceEvents } from '../issuer/import/events.ts';
import {
  SOURCE_FORMATS,
  amountFields,
  readSourceFile,
  type SourceFormat,
} from '../issuer/import/files.ts';
import type { ImportParameters } from '../issuer/import/import.ts';
import { readMapping, type Mapping } from '../issuer/import/mapping.ts';
import { readExpiry } from '../issuer/text.ts';
import { canonicalJson } from '../protocol/codec.ts';
import { NEVER } from '../protocol/field.ts';
import { CONFLICT_RULES } from '../store/importRounds.ts';
import { putInPlace, unfinishedName } from './files.ts';
import { choiceFlag, clock, deadlineFlag, hashFile, refuseBeside, refuseWithout } from './flags.ts';
import { tokenDocuments } from './issuerLines.ts';
import { readSchema } from './schemaInput.ts';
import { integerFlag, uintFlag, type Context, type Flags } from './verb.ts';

/** Flags that make no sense beside `--from`, and beside `--file`. */
export const FILE_ONLY = ['--format', '--units', '--decimals', '--group'] as const;
export const EVENT_ONLY = [
  ...['--source-rpc', '--contract', '--source-schema', '--attester'],
  ...['--from-block', '--confirmations', '--follow'],
] as const;

const DEFAULT_CONFIRMATIONS = 12n;
const DEFAULT_DEADLINE = 365n * 86_400n;

/** What every source is imported by. */
export type ImportTerms = Pick<ImportParameters, 'schema' | 'sums' | 'onConflict' | 'deadline'> & {
  readonly mapping: Mapping | undefined;
  /** Undefined where neither `--expires` nor `--never` is given. */
  readonly expires: bigint | undefined;
};

/** A source, and how it is read. */
export type SourceTerms = Pick<ImportParameters, 'source' | 'options' | 'records'>;

/** @throws {InvalidInput} */
export async function readTerms(context: Context): Promise<ImportTerms> {
  const { flags, read } = context;
  const now = clock();
  const schema = await readSchema(context, '--schema');
  const mapping =
    flags.find('--mapping') === undefined
      ? undefined
      : readMapping(await read(flags.text('--mapping'), '--mapping'));
  return {
    ...{ schema, mapping, expires: readExpires(flags), sums: amountFields(schema, mapping) },
    onConflict:
      flags.find('--on-conflict') === undefined
        ? 'refuse'
        : choiceFlag(flags, '--on-conflict', CONFLICT_RULES),
    deadline:
      flags.find('--deadline') === undefined
        ? now + DEFAULT_DEADLINE
        : deadlineFlag(flags, '--deadline', now),
  };
}

function readExpires(flags: Flags): bigint | undefined {
  if (flags.on('--never')) {
    refuseBeside(flags, '--never', ['--expires']);
    return NEVER;
  }
  if (flags.find('--expires') === undefined) return undefined;
  try {
    return readExpiry(flags.text('--expires'), NEVER);
  } catch {
    const rule = 'must be Unix seconds or YYYY-MM-DD';
    throw invalidInput('--expires', flags.text('--expires'), rule);
  }
}

/** How something is read, in words: absent stays absent. */
function wordsOf(words: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(words).flatMap(([name, word]) => (word === undefined ? [] : [[name, word]])),
  );
}

function commonWords({ mapping, expires }: ImportTerms) {
  return {
    expires: expires === NEVER ? 'never' : expires?.toString(),
    mapping: mapping && canonicalJson(mapping),
  };
}

/** The list of `--file`. @throws {InvalidInput} */
export async function readFileSource({ flags }: Context, terms: ImportTerms): Promise<SourceTerms> {
  const path = flags.text('--file');
  if (path === '-') throw invalidInput('--file', path, 'must be a file: it is read more than once');
  const { expires, schema, mapping } = terms;
  if (expires === undefined)
    throw invalidInput('--expires', 'missing', '--expires or --never is needed: a list has no end');
  const format = formatOf(flags, path);
  const units = readUnits(flags);
  const group = flags.find('--group');
  const sha256 = await hashFile(flags, '--file');
  const bytes = BigInt((await stat(path)).size);
  return {
    source: { kind: 'file', sha256, bytes },
    options: wordsOf({
      ...{ ...commonWords(terms), format, group, units: units.kind },
      decimals: units.kind === 'decimal' ? units.decimals.toString() : undefined,
    }),
    records: ({ now }) =>
      readSourceFile({
        ...{ input: { path }, format, schema, mapping, units, expiresAt: expires, now, group },
        onDigest: (digest) => {
          if (digest.sha256 !== sha256)
            throw invalidInput('--file', path, 'changed while it was read');
        },
      }),
  };
}

function formatOf(flags: Flags, path: string): SourceFormat {
  if (flags.find('--format') !== undefined) return choiceFlag(flags, '--format', SOURCE_FORMATS);
  if (/\.csv(\.gz)?$/i.test(path)) return 'csv';
  throw invalidInput('--format', 'missing', `is needed here: ${SOURCE_FORMATS.join(', ')}`);
}

function readUnits(flags: Flags): Units {
  const kind = choiceFlag(flags, '--units', ['base', 'decimal']);
  if (kind === 'base') {
    refuseWithout(flags, '--units decimal', ['--decimals']);
    return { kind };
  }
  const decimals = integerFlag(flags, '--decimals', { min: 0n, max: 77n });
  return checkUnits({ kind, decimals: Number(decimals ?? flags.text('--decimals')) });
}

/** A source on another chain, with its client and how deep blocks must be. */
export type EventTerms = SourceTerms & {
  readonly client: ReadClient;
  readonly confirmations: number;
};

/** The events of `--from`. @throws {InvalidInput} @throws {ChainUnavailable} */
export async function readEventSource(
  { flags }: Context,
  terms: ImportTerms,
  signal?: AbortSignal,
): Promise<EventTerms> {
  const system = choiceFlag(flags, '--from', SOURCE_SYSTEMS);
  const contract = addressFlag(flags, '--contract');
  const sourceSchema = flags.text('--source-schema').toLowerCase();
  // Anybody may attest under a schema of EAS: to trust them all is a decision, never a default.
  const attester =
    flags.text('--attester') === 'anyone' ? undefined : addressFlag(flags, '--attester');
  const fromBlock = uintFlag(flags, '--from-block', 64) ?? 0n;
  const bounds = { min: 1n, max: 100_000n };
  const confirmations = Number(
    integerFlag(flags, '--confirmations', bounds) ?? DEFAULT_CONFIRMATIONS,
  );
  const client = await connect({ url: sourceUrl(flags) });
  const { schema, mapping, expires } = terms;
  const chainId = BigInt(client.chain.id);
  return {
    ...{ client, confirmations },
    source: {
      kind: 'events',
      system,
      chainId,
      contract,
      schema: sourceSchema,
      attester,
      fromBlock,
    },
    options: wordsOf(commonWords(terms)),
    records: ({ cursor }) =>
      readSourceEvents({
        ...{ client, system, contract, sourceSchema, attester, schema, mapping, expires },
        ...{ fromBlock, cursor, confirmations, signal },
      }),
  };
}

function addressFlag(flags: Flags, flag: string): Address {
  const text = flags.text(flag);
  if (isAddress(text)) return getAddress(text);
  throw invalidInput(flag, text, 'must be an address, with a right checksum if it has one');
}

/** The URL may hold a key: it isn't repeated. */
function sourceUrl(flags: Flags): string {
  const url = flags.text('--source-rpc');
  if (/^https?:\/\//.test(url) && URL.canParse(url)) return url;
  throw invalidInput('--source-rpc', undefined, 'must be an http(s) URL');
}

/** Writes a manifest at once, and never whole in memory. @throws {InvalidInput} if there is one and `force` is off */
export async function writeManifestFile(
  path: string,
  text: AsyncIterable<string>,
  force: boolean,
): Promise<void> {
  const unfinished = unfinishedName(path);
  const file = await openNew(unfinished);
  try {
    for await (const piece of text) await file.write(piece);
    await file.sync();
  } finally {
    await file.close();
  }
  await putInPlace(unfinished, path, { flag: '--manifest', force });
}

async function openNew(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'w');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
    throw invalidInput('--manifest', path, `must be a file that can be written (${code})`);
  }
}

/** Where the tokens of an import go. */
export type TokenFile = {
  /** Puts tokens on the disk, and comes back when they are there. */
  readonly add: (issued: readonly Issued[]) => Promise<void>;
  readonly close: () => Promise<void>;
};

/**
 * The file of `--tokens`, readable by its owner only. An import commits a batch at a time: each adds its lines before it is
 * committed, and what is there stays. A line of a batch that was not committed is followed by another for its position.
 */
export async function importTokens(path: string | undefined): Promise<TokenFile | undefined> {
  if (path === undefined) return undefined;
  let file: FileHandle;
  try {
    file = await open(path, 'a', 0o600);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
    throw invalidInput('--tokens', path, `must be a file that can be written (${code})`);
  }
  return {
    add: async (issued) => {
      const lines = tokenDocuments(issued).map((document) => `${JSON.stringify(document)}\n`);
      await file.writeFile(lines.join(''));
      await file.sync();
    },
    close: () => file.close(),
  };
}
