/**
 * An issuer as its operator has it: a folder, a chain of its own, and the real binary.
 * @module
 */
import { stat } from 'node:fs/promises';
import { connect } from '../../src/chain/client.ts';
import { deployContracts } from '../../src/chain/deployment.ts';
import { LOCAL_KEYS, startLocalChain } from '../../src/chain/localChain.ts';
import { defineSchema } from '../../src/protocol/schema.ts';
import { loadArtifacts } from '../../src/prover/artifacts.ts';
import { ask, eligo, expectRefusal, makeFolder, start, type Run, type Running } from './cli.ts';

/** What `issuer` verbs must not find in the environment, unless a test puts it there. */
export const CLEAN = { DATABASE_URL: '', ELIGO_SEAL_KEY: '' };

/** Where tests that need PostgreSQL find one, and what their titles say if there is none. */
export const POSTGRES = process.env['ELIGO_TEST_DATABASE'];
export const NEEDS_POSTGRES =
  POSTGRES === undefined ? ' (skipped: ELIGO_TEST_DATABASE names no PostgreSQL)' : '';

export const ISSUER_SCHEMA = {
  eligo: 'schema/1',
  name: 'Residency',
  version: '1',
  description: 'Where people live',
  fields: [
    { name: 'country', type: 'country', description: 'Country of residence', set: true },
    { name: 'vip', type: 'bool', description: 'Knows the doorman' },
  ],
} as const;

type RunOptions = { readonly stdin?: string; readonly env?: Readonly<Record<string, string>> };

/** A command line as people type it; words have no spaces. */
function wordsOf(line: string): string[] {
  return line.split(' ').filter((word) => word !== '');
}

/** A folder with deployment.json, key.txt, schema.json and evidence.txt, and a chain with the contracts. */
export async function openIssuerWorld() {
  const folder = await makeFolder();
  const chain = await startLocalChain();
  const owner = await connect({ url: chain.url, privateKey: LOCAL_KEYS[0]! });
  const deployment = await deployContracts(owner, { artifacts: await loadArtifacts() });
  await folder.write('deployment.json', deployment);
  await folder.write('key.txt', LOCAL_KEYS[0]);
  await folder.write('schema.json', ISSUER_SCHEMA);
  await folder.write('evidence.txt', 'a letter\n');
  const optionsOf = ({ stdin, env }: RunOptions) => ({
    ...{ cwd: folder.path, env: { ...CLEAN, ...env } },
    ...(stdin !== undefined && { stdin }),
  });
  const node = `--rpc ${chain.url} --deployment deployment.json --key-file key.txt`;
  return {
    ...{ folder, chain, owner, deployment, node },
    schema: defineSchema(ISSUER_SCHEMA),
    /** Runs with `--json`, and gives the document. */
    ask: (line: string, options: RunOptions = {}) => ask(wordsOf(line), optionsOf(options)),
    run: (line: string, options: RunOptions = {}): Promise<Run> =>
      eligo(wordsOf(line), optionsOf(options)),
    start: (line: string, options: RunOptions = {}): Running =>
      start(wordsOf(line), optionsOf(options)),
    refused: (
      line: string,
      expected: Parameters<typeof expectRefusal>[1],
      options: RunOptions = {},
    ): Promise<Run> => expectRefusal(wordsOf(line), expected, optionsOf(options)),
    usage: (line: string, message: RegExp, options: RunOptions = {}): Promise<Run> =>
      expectRefusal(
        wordsOf(line),
        { exitCode: 2, code: 'InvalidInput', message },
        optionsOf(options),
      ),
    init: (more = '') =>
      ask(
        wordsOf(`issuer init ${node} --uri https://issuer.example --out issuer.json ${more}`),
        optionsOf({}),
      ),
    /** The permissions of a file. */
    modeOf: async (name: string): Promise<string> =>
      ((await stat(folder.file(name))).mode & 0o777).toString(8),
    close: async (): Promise<void> => {
      await chain.stop();
      await folder.remove();
    },
  };
}

export type IssuerWorld = Awaited<ReturnType<typeof openIssuerWorld>>;

/** NDJSON as documents. */
export function linesOf(text: string): Record<string, unknown>[] {
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}
