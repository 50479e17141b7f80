/**
 * `eligo schema anchor`: an issuer says on-chain that it attests under a schema, and which one it takes the place of.
 * @module
 */
import type { Command } from 'commander';
import { keccak256, stringToHex } from 'viem';
import { anchorSchema } from '../chain/issuers.ts';
import { canonicalJson } from '../protocol/codec.ts';
import { defineSchema } from '../protocol/schema.ts';
import { ACTING_FLAGS, perform, transactionOf } from './governance.ts';
import { OFFICE_FLAGS, atOffice } from './issuerOffice.ts';
import { addVerb, type Context, type Surroundings } from './verb.ts';

/** Adds `schema anchor`. */
export function addSchemaAnchor(noun: Command, around: Surroundings): void {
  addVerb(noun, around, {
    name: 'anchor',
    summary:
      'say on-chain, for good, that an issuer attests under a schema, and what it supersedes',
    required: {
      '--file <file>': 'the schema, - for standard input',
      '--uri <uri>': 'where its canonical document can be read',
    },
    optional: { ...OFFICE_FLAGS, ...ACTING_FLAGS },
    example:
      'schema anchor --file schema.json --uri https://issuer.example/schema.json --issuer issuer.json --dry-run',
    act: anchor,
  });
}

async function anchor(context: Context): Promise<void> {
  const { flags, read } = context;
  const schema = defineSchema(await read(flags.text('--file'), '--file'));
  const uri = flags.text('--uri');
  const { supersedes } = schema.document;
  await atOffice(context, async ({ actor, issuerId }) => {
    const { deployment } = actor;
    await perform(context, actor, {
      name: 'anchoring the schema',
      send: (client) => anchorSchema(client, { deployment, issuerId, schema, uri }),
      deed: { kind: 'roles', issuerId },
      about: {
        ...{ issuer: issuerId, schema: schema.id, supersedes, uri },
        documentHash: keccak256(stringToHex(canonicalJson(schema.document))),
      },
      found: transactionOf,
      notes: supersedes === undefined ? [] : [SUPERSEDED],
    });
  });
}

const SUPERSEDED =
  'Attestations under the older schema stand, and policies over it go on; who attests under the new one meets policies over the new one only.';
