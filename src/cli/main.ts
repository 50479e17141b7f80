#!/usr/bin/env node
/**
 * `eligo <noun> <verb>`: exit 0 ok, 1 refused, 2 usage, 3 environment.
 * @module
 */
import { readFileSync } from 'node:fs';
import { Command, Option } from 'commander';
import { stopWorkers } from '../prover/snarkjs.ts';
import { addAudit } from './audit.ts';
import { addCampaign } from './campaign.ts';
import { addChain } from './chain.ts';
import { addClaim } from './claim.ts';
import { createFiles } from './files.ts';
import { addIdentity } from './identity.ts';
import { addIssuer } from './issuer.ts';
import { addList } from './list.ts';
import { createOutput, reportError } from './output.ts';
import { addPolicy } from './policy.ts';
import { addProof } from './proof.ts';
import { addSchema } from './schema.ts';
import { addSetup } from './setup.ts';
import type { Surroundings } from './verb.ts';

const packageFile = new URL('../../package.json', import.meta.url);

function createProgram(around: Surroundings): Command {
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
  for (const add of [
    addIdentity,
    addSchema,
    addIssuer,
    addPolicy,
    addProof,
    addList,
    addCampaign,
    addClaim,
    addAudit,
    addChain,
    addSetup,
  ]) {
    add(program, around);
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
  await createProgram(around).parseAsync();
} catch (error) {
  process.exitCode = reportError(error, { json: json && !around.answered() });
} finally {
  await stopWorkers();
}
