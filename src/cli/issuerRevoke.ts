/**
 * `eligo issuer revoke`, `reinstate` and `erase`.
 * @module
 */
import type { Command } from 'commander';
import { EligoError, invalidInput } from '../errors.ts';
import { erase, positionsOf, reinstate, revoke } from '../issuer/revoke.ts';
import { REINSTATEMENT_REASONS, REVOCATION_REASONS } from '../protocol/log.ts';
import type { Field } from '../protocol/field.ts';
import { ISSUER_FLAG, atDesk, type Desk } from './issuerConfig.ts';
import { choiceFlag, clock, hashFile, oneOf, refuseBeside } from './flags.ts';
import {
  KIND_FLAG,
  keyOf,
  kindFlag,
  positionsFlag,
  readIdentifier,
  readIdentifiers,
  toPosition,
} from './issuerInput.ts';
import { facts } from './output.ts';
import { readSchema } from './schemaInput.ts';
import { addVerb, type Context, type Surroundings, type Verb } from './verb.ts';

const IDENTIFIER_FLAG = {
  '--identifier-file <file>': 'whom it is about, one a line, - for standard input',
} as const;

/** Which attestations: one of position, file and identifiers. */
const WHICH_FLAGS = {
  '--position <numbers>': 'where they stand, separated by commas',
  '--file <file>': 'the same from a file, one a line, - for standard input',
  ...IDENTIFIER_FLAG,
  ...KIND_FLAG,
  '--schema <file>': 'with --identifier-file: under this schema only',
} as const;

/** Adds `issuer revoke`, `issuer reinstate` and `issuer erase`. */
export function addIssuerRevoke(noun: Command, around: Surroundings): void {
  addVerb(noun, around, standingVerb('revoke', REVOCATION_REASONS));
  addVerb(noun, around, standingVerb('reinstate', REINSTATEMENT_REASONS));
  addVerb(noun, around, {
    name: 'erase',
    summary: 'forget a person whose attestations are revoked; leaf and log stay',
    required: {
      '--identifier-file <file>': 'whom, - for standard input',
      ...KIND_FLAG,
    },
    optional: { '--yes': 'says that it is meant: nothing brings the data back', ...ISSUER_FLAG },
    example: 'issuer erase --identifier-file person.txt --kind email --yes',
    act: eraseOne,
  });
}

function standingVerb(name: 'revoke' | 'reinstate', reasons: readonly string[]): Verb {
  const summary = {
    revoke: 'take attestations back, all of them or none',
    reinstate: 'write revoked attestations back, all of them or none',
  }[name];
  return {
    name,
    summary,
    required: {
      '--reason <reason>': reasons.join(', '),
      '--evidence <file>': 'shows why; its sha256 goes into the log',
    },
    optional: { ...WHICH_FLAGS, ...ISSUER_FLAG },
    example: `issuer ${name} --position 7 --reason ${reasons[0] ?? ''} --evidence letter.pdf`,
    act: name === 'revoke' ? revokeAll : reinstateAll,
  };
}

async function revokeAll(context: Context): Promise<void> {
  const { flags } = context;
  const reason = choiceFlag(flags, '--reason', REVOCATION_REASONS);
  const evidence = await hashFile(flags, '--evidence');
  await atDesk(context, async (desk) => {
    const positions = await readPositions(context, desk, true);
    await context.step('revoking', () =>
      revoke(desk.store, { positions, reason, evidence, now: clock() }),
    );
    answer(context, { revoked: positions, reason, evidence }, positions.length);
  });
}

async function reinstateAll(context: Context): Promise<void> {
  const { flags } = context;
  const reason = choiceFlag(flags, '--reason', REINSTATEMENT_REASONS);
  const evidence = await hashFile(flags, '--evidence');
  await atDesk(context, async (desk) => {
    const positions = await readPositions(context, desk, false);
    await context.step('reinstating', () =>
      reinstate(desk.store, { positions, reason, evidence, now: clock() }),
    );
    answer(context, { reinstated: positions, reason, evidence }, positions.length);
  });
}

function answer({ result }: Context, document: object, count: number): void {
  const [what = '', positions] = Object.entries(document)[0] ?? [];
  result(document, [
    ...facts({ [what]: String(count), positions: shown(positions as readonly number[]) }),
    'Nobody knows of it before the next publication: eligo issuer publish',
  ]);
}

/** The first few. */
function shown(positions: readonly number[]): string {
  const some = positions.slice(0, 10).join(', ');
  return positions.length > 10 ? `${some}, …` : some;
}

/** @param live which ones an identifier means */
async function readPositions(
  context: Context,
  desk: Desk,
  live: boolean,
): Promise<readonly number[]> {
  const { flags, lines } = context;
  const which = oneOf(flags, ['--position', '--file', '--identifier-file']);
  if (which !== '--identifier-file') refuseBeside(flags, which, ['--kind', '--schema']);
  if (which === '--position') return positionsFlag(flags, '--position');
  if (which === '--identifier-file') return positionsOfPeople(context, desk, live);
  const positions: number[] = [];
  let number = 0;
  for await (const line of lines(flags.text('--file'), '--file')) {
    number += 1;
    if (line.trim() !== '') positions.push(toPosition(line, `--file line ${number}`));
  }
  return positions;
}

async function positionsOfPeople(
  context: Context,
  desk: Desk,
  live: boolean,
): Promise<readonly number[]> {
  const kind = kindFlag(context.flags);
  const schemaId = await readSchemaId(context);
  const identifiers = await readIdentifiers(context);
  const pepper = await desk.pepper();
  const subjectKeys = identifiers.map((identifier, i) =>
    keyOf({ pepper, kind, identifier }, `--identifier-file line ${i + 1}`),
  );
  const positions = await positionsOf(desk.store, { subjectKeys, live, schemaId });
  // Of several that were revoked one may have replaced the other: which one is meant, nobody can know here.
  if (!live && positions.length > subjectKeys.length) {
    const rule = `must mean one attestation each; these are revoked: ${shown(positions)}. Name them with --position`;
    throw invalidInput('--identifier-file', undefined, rule);
  }
  return positions;
}

async function readSchemaId(context: Context): Promise<Field | undefined> {
  if (context.flags.find('--schema') === undefined) return undefined;
  return (await readSchema(context, '--schema')).id;
}

async function eraseOne(context: Context): Promise<void> {
  const { flags, result } = context;
  if (!flags.on('--yes')) {
    const rule =
      'is needed here: erasing removes commitment, salt, values and enrolments for good; what is erased can be neither reinstated nor handed out again';
    throw invalidInput('--yes', 'missing', rule);
  }
  const kind = kindFlag(flags);
  const identifier = await readIdentifier(context);
  await atDesk(context, async (desk) => {
    const subjectKey = keyOf({ pepper: await desk.pepper(), kind, identifier });
    const { positions, enrolments } = await erase(desk.store, { subjectKey });
    if (positions.length === 0 && enrolments === 0)
      throw new EligoError('UnknownAttestation', 'the store has nothing under this identifier');
    result({ erased: positions, enrolments }, [
      ...facts({
        erased: String(positions.length),
        positions: shown(positions),
        enrolments: String(enrolments),
      }),
      'Backups made before still hold the data.',
    ]);
  });
}
