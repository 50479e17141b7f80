/**
 * `eligo identity`: the holder's secret in a file, and the commitment that may be shown.
 * @module
 */
import type { Command } from 'commander';
import { z } from 'zod';
import { invalidInput } from '../errors.ts';
import { parseJson } from '../protocol/codec.ts';
import { createIdentity, type Identity } from '../protocol/identity.ts';
import { writeNew } from './files.ts';
import { facts } from './output.ts';
import { FORCE, addVerb, type Context, type Surroundings } from './verb.ts';

const identityShape = z.strictObject({ eligo: z.literal('identity/1'), secret: z.string() });

/** Adds `identity new` and `identity show`. */
export function addIdentity(program: Command, around: Surroundings): void {
  const noun = program.command('identity').description("the holder's secret and its commitment");
  addVerb(noun, around, {
    name: 'new',
    summary: 'draw a secret, write it to a file, show its commitment',
    required: { '--out <file>': 'where the secret goes, readable by you only; keep a copy' },
    optional: FORCE,
    example: 'identity new --out me.identity.json',
    act: createNew,
  });
  addVerb(noun, around, {
    name: 'show',
    summary: 'show the commitment: what an issuer is given',
    required: { '--identity <file>': 'the identity, - for standard input' },
    example: 'identity show --identity me.identity.json',
    act: async (context) => {
      const { commitment } = await readIdentity(context);
      context.result({ commitment }, facts({ commitment }));
    },
  });
}

async function createNew({ flags, result, note }: Context): Promise<void> {
  const out = flags.text('--out');
  const { secret, commitment } = createIdentity();
  const document = { eligo: 'identity/1', secret: secret.toString() };
  await writeNew(out, `${JSON.stringify(document, undefined, 2)}\n`, {
    flag: '--out',
    force: flags.on('--force'),
    secret: true,
  });
  note(
    `The secret is in ${out}: whoever has the file can claim in your name, and nobody can replace it.`,
  );
  result({ commitment, out }, facts({ commitment }));
}

/**
 * Reads the identity that `--identity` names. No message repeats what the file holds.
 * @throws {InvalidInput}
 */
export async function readIdentity({ flags, read }: Context): Promise<Identity> {
  const text = await read(flags.text('--identity'), '--identity');
  const document = identityShape.safeParse(parseJson(text, 'identity'));
  if (!document.success) {
    const rule = 'must be {"eligo": "identity/1", "secret": decimal digits} and nothing else';
    throw invalidInput('identity', undefined, rule);
  }
  return createIdentity({ secret: document.data.secret });
}
