/**
 * The command line as its users have it: the real binary in a process of its own, and the files that it is given.
 * @module
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect } from 'chai';
import { createAttestation, hashAttestation } from '../../src/protocol/attestation.ts';
import { writeCredential } from '../../src/protocol/credential.ts';
import { createIdentity } from '../../src/protocol/identity.ts';
import { definePolicy } from '../../src/protocol/policy.ts';
import { defineSchema, type Schema } from '../../src/protocol/schema.ts';
import { loadArtifacts } from '../../src/prover/artifacts.ts';

const project = resolve(import.meta.dirname, '../..');

/** What `npm run build` leaves; the package's bin. */
export const BINARY = join(project, 'dist/cli/main.js');

/** What a run left behind. */
export type Run = {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
};

export type RunOptions = {
  readonly stdin?: string | undefined;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
};

/** Runs `eligo` to its end. */
export async function eligo(args: readonly string[], options: RunOptions = {}): Promise<Run> {
  return start(args, options).ended;
}

/** A run that goes on until it is told to stop. */
export type Running = {
  readonly child: ChildProcess;
  readonly ended: Promise<Run>;
  /** The document that it printed with `--json`, as soon as it is whole. Fails if the run ends before. */
  readonly ready: Promise<Record<string, unknown>>;
  /** Waits until it has said this on stderr. Fails if the run ends before. */
  readonly says: (words: RegExp) => Promise<void>;
};

/** Starts `eligo`. */
export function start(args: readonly string[], options: RunOptions = {}): Running {
  const child = spawn(process.execPath, [BINARY, ...args], {
    cwd: options.cwd,
    env: { ...process.env, ELIGO_DEBUG: '', ...options.env },
  });
  const said = { stdout: '', stderr: '' };
  child.stderr.on('data', (chunk: Buffer) => (said.stderr += chunk.toString()));
  const ended = new Promise<Run>((done, failed) => {
    child.once('error', failed);
    child.once('close', (exitCode) => {
      done({ exitCode, ...said });
    });
  });
  const ready = new Promise<Record<string, unknown>>((done, failed) => {
    child.stdout.on('data', (chunk: Buffer) => {
      said.stdout += chunk.toString();
      if (/^\{[^]*\n\}\n$/.test(said.stdout))
        done(JSON.parse(said.stdout) as Record<string, unknown>);
    });
    void ended.then((run) => {
      failed(new Error(`ended with ${String(run.exitCode)}: ${run.stderr}`));
    });
  });
  ready.catch(() => undefined);
  child.stdin.on('error', () => undefined); // a run that was refused reads nothing
  child.stdin.end(options.stdin ?? '');
  const says = (words: RegExp): Promise<void> =>
    new Promise((done, failed) => {
      const look = (): void => {
        if (words.test(said.stderr)) done();
      };
      child.stderr.on('data', look);
      void ended.then(() => {
        failed(new Error(`ended without ${String(words)}: ${said.stderr}`));
      });
      look();
    });
  return { child, ended, ready, says };
}

/** The one document of a run with `--json` that went well. */
export function documentOf(run: Run): Record<string, unknown> {
  expect(run.exitCode, run.stderr).to.equal(0);
  return JSON.parse(run.stdout) as Record<string, unknown>;
}

/** Runs with `--json`, and gives the document. */
export async function ask(
  args: readonly string[],
  options?: RunOptions,
): Promise<Record<string, unknown>> {
  return documentOf(await eligo([...args, '--json'], options));
}

/** A refusal, as a document on stdout with `--json`: its exit code, its code, and words of its message. */
export async function expectRefusal(
  args: readonly string[],
  expected: { readonly exitCode: 1 | 2 | 3; readonly code: string; readonly message: RegExp },
  options?: RunOptions,
): Promise<Run> {
  const run = await eligo([...args, '--json'], options);
  const { error } = JSON.parse(run.stdout) as {
    error: { code: string; message: string; data: unknown };
  };
  expect(error, run.stdout).to.have.all.keys('code', 'message', 'data');
  expect(error.message).to.match(expected.message);
  expect(error.code).to.equal(expected.code);
  expect(run.exitCode).to.equal(expected.exitCode);
  return run;
}

/** Usage errors: exit 2. */
export function expectUsage(
  args: readonly string[],
  message: RegExp,
  options?: RunOptions,
): Promise<Run> {
  return expectRefusal(args, { exitCode: 2, code: 'InvalidInput', message }, options);
}

/** A command line without a flag and its value. */
export function without(args: readonly string[], flag: string): string[] {
  const at = args.indexOf(flag);
  expect(at, flag).to.be.at.least(0);
  return [...args.slice(0, at), ...args.slice(at + 2)];
}

/** A command line with another value for a flag, or with a flag more. */
export function withFlag(args: readonly string[], flag: string, value: string): string[] {
  return [...(args.includes(flag) ? without(args, flag) : args), flag, value];
}

/** A folder of its own for each test, with the names that the help's examples use. */
export type Folder = {
  readonly path: string;
  readonly file: (name: string) => string;
  readonly write: (name: string, content: unknown) => Promise<string>;
  readonly read: (name: string) => Promise<string>;
  readonly json: (name: string) => Promise<Record<string, unknown>>;
  readonly remove: () => Promise<void>;
};

export async function makeFolder(): Promise<Folder> {
  const path = await mkdtemp(join(tmpdir(), 'eligo-cli-'));
  const file = (name: string): string => join(path, name);
  const read = (name: string): Promise<string> => readFile(file(name), 'utf8');
  return {
    path,
    file,
    read,
    json: async (name) => JSON.parse(await read(name)) as Record<string, unknown>,
    write: async (name, content) => {
      const text = typeof content === 'string' ? content : JSON.stringify(content, undefined, 2);
      await writeFile(file(name), text);
      return file(name);
    },
    remove: () => rm(path, { recursive: true }),
  };
}

/** The second of 2026-01-05: what tests off-chain call now. */
export const NOW = 1_767_571_200n;
export const DAY = 86_400n;

export const SCHEMA_DRAFT = {
  eligo: 'schema/1',
  name: 'Membership',
  version: '1',
  description: 'Members and what they are owed',
  fields: [
    { name: 'country', type: 'country', description: 'Country of residence', set: true },
    { name: 'tier', type: 'enum', description: 'Level', labels: ['bronze', 'silver', 'gold'] },
    { name: 'owed', type: 'amount', description: 'Owed', decimals: '18', meter: true },
  ],
} as const;

/** Residents of two countries, silver or better, attested before the day of `now` began. */
export function policyDraft(schema: Schema, now: bigint) {
  return {
    eligo: 'policy/1',
    schema: schema.id.toString(),
    issued: { before: (now - (now % DAY) - 1n).toString() },
    where: [
      { field: 'country', in: ['DE', 'FR'] },
      { field: 'tier', atLeast: 'silver' },
    ],
    disclose: 'tier',
  };
}

/** Where the credential is said to stand. */
export type Place = {
  readonly now?: bigint;
  readonly registry?: string;
  readonly tree?: bigint;
};

/**
 * A holder's files: schema.json, policy.json, their drafts, me.identity.json, me.credential.json and leaves.txt, in which
 * the holder stands at position 2.
 */
export async function writeHolder(folder: Folder, place: Place = {}) {
  const { now = NOW, registry = `0x${'11'.repeat(20)}`, tree = 1n } = place;
  const schema = defineSchema(SCHEMA_DRAFT);
  const policy = definePolicy(policyDraft(schema, now), schema);
  const identity = createIdentity();
  const attestation = createAttestation({
    schema,
    commitment: identity.commitment,
    issuedAt: now - 10n * DAY,
    expiresAt: now + 36_500n * DAY,
    values: { country: 'DE', tier: 'gold', owed: 1_250n },
  });
  const { circuit } = await loadArtifacts();
  const credential = writeCredential({
    circuit,
    chainId: 31_337n,
    registry: registry as `0x${string}`,
    tree,
    position: 2n,
    attestation,
    schema,
    signature: '0x00',
  });
  const leaves = ['11', '0x16', hashAttestation(attestation).toString(), '0', '44'];
  await folder.write('schema.draft.json', schema.document);
  await folder.write('schema.json', schema.document);
  await folder.write('policy.draft.json', policy.document);
  await folder.write('policy.json', policy.document);
  await folder.write('me.identity.json', { eligo: 'identity/1', secret: String(identity.secret) });
  await folder.write('me.credential.json', credential);
  await folder.write('leaves.txt', `${leaves.join('\n')}\n`);
  return { schema, policy, identity, attestation, credential, leaves: leaves.map(BigInt) };
}

/** Nothing listens there. */
export const NO_NODE = 'http://127.0.0.1:1';
