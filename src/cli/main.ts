#!/usr/bin/env node
/**
 * `eligo <noun> <verb>`: exit 0 ok, 1 refused, 2 usage, 3 environment.
 * @module
 */
import { readFileSync } from 'node:fs';
import { Command, Option } from 'commander';
import { stopWorkers } from '../prover/snarkjs.ts';
import { createFiles } from './files.ts';
import { createOutput, reportError } from './output.ts';
import type { Surroundings } from './verb.ts';

type Noun = {
  readonly summary: string;
  readonly load: () => Promise<(command: Command, around: Surroundings) => void>;
};

/** In the order of the help. Only what a call names is loaded: all of it is a thousand modules, and most of a second. */
const NOUNS: Readonly<Record<string, Noun>> = {
  identity: {
    summary: "the holder's secret and its commitment",
    load: async () => (await import('./identity.ts')).addIdentity,
  },
  schema: {
    summary: 'what attestations say, field by field',
    load: async () => (await import('./schema.ts')).addSchema,
  },
  issuer: {
    summary: 'attesting people, and making it known',
    load: async () => (await import('./issuer.ts')).addIssuer,
  },
  policy: {
    summary: 'who is eligible',
    load: async () => (await import('./policy.ts')).addPolicy,
  },
  proof: {
    summary: 'what a claimant shows, and what it says',
    load: async () => (await import('./proof.ts')).addProof,
  },
  list: {
    summary: 'trust lists: several trees under one root',
    load: async () => (await import('./list.ts')).addList,
  },
  campaign: {
    summary: 'distributions on-chain',
    load: async () => (await import('./campaign.ts')).addCampaign,
  },
  claim: {
    summary: 'using a proof once',
    load: async () => (await import('./claim.ts')).addClaim,
  },
  audit: {
    summary: 'a tree on-chain against its log',
    load: async () => (await import('./audit.ts')).addAudit,
  },
  chain: {
    summary: 'where contracts live',
    load: async () => (await import('./chain.ts')).addChain,
  },
  setup: {
    summary: 'make proving keys: a contribution and a beacon over a Powers-of-Tau file, verified',
    load: async () => (await import('./setup.ts')).addSetup,
  },
};

const packageFile = new URL('../../package.json', import.meta.url);

/** @param words of the command line: the nouns among them work, the others are in the help */
async function createProgram(words: readonly string[], around: Surroundings): Promise<Command> {
  const { version } = JSON.parse(readFileSync(packageFile, 'utf8')) as { readonly version: string };
  const program = new Command('eligo')
    .description('Prove that you are eligible, reveal nothing else.')
    .version(version)
    // Every verb has the flag in its own help; here it is known wherever it stands.
    .addOption(new Option('--json').hideHelp())
    .exitOverride()
    // Errors are reported in one place, `reportError`; a help that was asked for still goes to stdout.
    .configureOutput({ outputError: () => undefined })
    .addHelpText(
      'after',
      '\nExit codes: 0 ok, 1 refused, 2 usage, 3 environment. ELIGO_DEBUG=1 adds stack traces.',
    );
  for (const [name, { summary, load }] of Object.entries(NOUNS)) {
    const command = program.command(name).description(summary);
    if (words.includes(name)) (await load())(command, around);
  }
  return program;
}

const json = process.argv.includes('--json');
const around = { ...createOutput({ json }), ...createFiles() };
// A reader such as `head` may leave early; that is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});
try {
  const program = await createProgram(process.argv.slice(2), around);
  await program.parseAsync();
} catch (error) {
  process.exitCode = reportError(error, { json: json && !around.answered() });
} finally {
  await stopWorkers();
}
