/**
 * `eligo identity`: the holder's secret in a file, and the commitment that may be shown.
 * @module
 */
import type { Command } from 'commander';
import { z } from 'zod';
import { exportIdentity, importIdentity } from '../claimant/keystore.ts';
import { EligoError, invalidInput } from '../errors.ts';
import { parseJson } from '../protocol/codec.ts';
import { createIdentity, type Identity } from '../protocol/identity.ts';
import { refuseExisting, writeNew } from './files.ts';
import { facts } from './output.ts';
import { FORCE, addVerb, type Context, type Surroundings, type Verb } from './verb.ts';

const identityShape = z.strictObject({ eligo: z.literal('identity/1'), secret: z.string() });

const PASSPHRASE = {
  '--passphrase-file <file>': 'the passphrase on one line, - for standard input',
} as const;

const EXPORT: Verb = {
  name: 'export',
  summary: 'write an encrypted copy of the identity, which a passphrase opens',
  required: {
    '--identity <file>': 'the identity, - for standard input',
    '--out <file>': 'where the copy goes',
    ...PASSPHRASE,
  },
  optional: FORCE,
  example:
    'identity export --identity me.identity.json --out me.backup.json --passphrase-file passphrase.txt',
  act: writeExport,
};

const IMPORT: Verb = {
  name: 'import',
  summary: 'take an identity up again from its encrypted copy',
  required: {
    '--file <file>': 'the copy, - for standard input',
    '--out <file>': 'where the secret goes, readable by you only',
    ...PASSPHRASE,
  },
  optional: FORCE,
  example:
    'identity import --file me.backup.json --out me.identity.json --passphrase-file passphrase.txt',
  act: readExport,
};

/** Adds `identity new`, `show`, `export` and `import`. */
export function addIdentity(noun: Command, around: Surroundings): void {
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
  addVerb(noun, around, EXPORT);
  addVerb(noun, around, IMPORT);
}

async function createNew(context: Context): Promise<void> {
  const { secret, commitment } = createIdentity();
  const out = await writeIdentity(context, secret);
  context.result({ commitment, out }, facts({ commitment }));
}

async function writeExport(context: Context): Promise<void> {
  const { flags, result, note } = context;
  const out = flags.text('--out');
  const options = { flag: '--out', force: flags.on('--force'), secret: true };
  await refuseExisting(out, options);
  const identity = await readIdentity(context);
  const passphrase = await readPassphrase(context);
  const document = await exportIdentity({ identity, passphrase });
  await writeNew(out, `${JSON.stringify(document, undefined, 2)}\n`, options);
  note(`The copy in ${out} is of no use without the passphrase: keep both, and apart.`);
  const { commitment } = identity;
  result({ commitment, out }, facts({ commitment }));
}

async function readExport(context: Context): Promise<void> {
  const { flags, read, result } = context;
  await refuseExisting(flags.text('--out'), { flag: '--out', force: flags.on('--force') });
  const input = await read(flags.text('--file'), '--file');
  const passphrase = await readPassphrase(context);
  const { secret, commitment } = await importIdentity({ input, passphrase });
  const out = await writeIdentity(context, secret);
  result({ commitment, out }, facts({ commitment }));
}

/** Writes the secret's file that `--out` names. @returns its path */
async function writeIdentity({ flags, note }: Context, secret: bigint): Promise<string> {
  const out = flags.text('--out');
  const document = { eligo: 'identity/1', secret: secret.toString() };
  await writeNew(out, `${JSON.stringify(document, undefined, 2)}\n`, {
    flag: '--out',
    force: flags.on('--force'),
    secret: true,
  });
  note(
    `The secret is in ${out}: whoever has the file can claim in your name, and nobody can replace it.`,
  );
  return out;
}

/**
 * Reads the passphrase: a line, without its end. The flag's value is never repeated: it may be the passphrase itself.
 * @throws {InvalidInput}
 */
async function readPassphrase({ flags, read }: Context): Promise<string> {
  const flag = '--passphrase-file';
  let text: string;
  try {
    text = await read(flags.text(flag), flag);
  } catch (error) {
    const rule = error instanceof EligoError ? error.data['rule'] : undefined;
    throw typeof rule === 'string' ? invalidInput(flag, undefined, rule) : error;
  }
  const passphrase = text.replace(/\r?\n$/, '');
  if (/[\r\n]/.test(passphrase)) throw invalidInput(flag, undefined, 'must hold one line only');
  return passphrase;
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
