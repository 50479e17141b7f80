/**
 * What the verbs of an issuer read: whom something is about, batches, evidence, times. Identifiers are personal data: no
 * message repeats one.
 * @module
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { isHex, type Hex } from 'viem';
import { EligoError, invalidInput } from '../errors.ts';
import { readRows, type Row, type RowFormat } from '../issuer/rows.ts';
import { SUBJECT_KINDS, subjectKey, type SubjectKind } from '../issuer/subject.ts';
import { NEVER, toTime } from '../protocol/field.ts';
import { TREE_DEPTH } from '../protocol/merklePath.ts';
import type { Schema } from '../protocol/schema.ts';
import { integerFlag, type Context, type Flags } from './verb.ts';

/** How identifiers are given. */
export const KIND_FLAG = {
  '--kind <kind>': `what identifiers are: ${SUBJECT_KINDS.join(', ')}`,
} as const;

/** How a batch is given. */
export const BATCH_FLAGS = {
  '--file <file>': 'a batch: CSV with a header, or JSON lines; - for standard input',
  '--format <format>': "csv or jsonl; by the file's name if left out",
} as const;

const UNITS: Readonly<Record<string, bigint>> = {
  s: 1n,
  m: 60n,
  h: 3_600n,
  d: 86_400n,
  w: 604_800n,
};

/** Unix seconds now. */
export function clock(): bigint {
  return BigInt(Math.floor(Date.now() / 1000));
}

/**
 * A time that is to come: Unix seconds, or so long from now, such as `30d`.
 * @throws {InvalidInput}
 */
export function deadlineFlag(flags: Flags, flag: string, now: bigint): bigint {
  const text = flags.text(flag);
  const [, count, unit = ''] = /^([1-9][0-9]{0,8})([smhdw])$/.exec(text) ?? [];
  const seconds = UNITS[unit];
  const deadline =
    count === undefined || seconds === undefined
      ? readTime(text, flag)
      : toTime(now + BigInt(count) * seconds, flag);
  if (deadline <= now) throw invalidInput(flag, text, 'must be in the future');
  return deadline;
}

/**
 * A span: seconds, or such as `7d`; where it may, `never`.
 * @throws {InvalidInput}
 */
export function spanFlag(
  flags: Flags,
  flag: string,
  { min, never }: { readonly min: bigint; readonly never: boolean },
): bigint {
  const text = flags.text(flag);
  if (never && text === 'never') return NEVER;
  const [, count, unit] = /^(0|[1-9][0-9]{0,12})([smhdw]?)$/.exec(text) ?? [];
  const span = count === undefined ? -1n : BigInt(count) * (UNITS[unit || 's'] ?? 0n);
  if (span >= min && span < NEVER) return span;
  const words = `must be seconds, ${min.toString()} or more and below 2^40-1, or such as 7d or 12h`;
  throw invalidInput(flag, text, never ? `${words}, or never` : words);
}

function readTime(text: string, flag: string): bigint {
  if (/^[0-9]+$/.test(text)) return toTime(text, flag);
  throw invalidInput(
    flag,
    text,
    'must be Unix seconds, or a time from now such as 30d, 12h or 90m',
  );
}

/** What `--kind` says. @throws {InvalidInput} */
export function kindFlag(flags: Flags): SubjectKind {
  const text = flags.text('--kind');
  const kind = SUBJECT_KINDS.find((known) => known === text);
  if (kind) return kind;
  throw invalidInput('--kind', text, `must be one of ${SUBJECT_KINDS.join(', ')}`);
}

/** What a flag says, of a closed list. @throws {InvalidInput} */
export function choiceFlag<const Choice extends string>(
  flags: Flags,
  flag: string,
  choices: readonly Choice[],
): Choice {
  const text = flags.text(flag);
  const choice = choices.find((known) => known === text);
  if (choice !== undefined) return choice;
  throw invalidInput(flag, text, `must be one of ${choices.join(', ')}`);
}

/** Refuses flags that make no sense beside another. @throws {InvalidInput} */
export function refuseBeside(flags: Flags, flag: string, others: readonly string[]): void {
  const other = others.find((name) => isGiven(flags, name));
  if (other !== undefined) throw invalidInput(other, undefined, `can't go with ${flag}`);
}

/** Refuses flags that make no sense without another. @throws {InvalidInput} */
export function refuseWithout(flags: Flags, flag: string, others: readonly string[]): void {
  const other = others.find((name) => isGiven(flags, name));
  if (other !== undefined) throw invalidInput(other, undefined, `goes with ${flag}`);
}

function isGiven(flags: Flags, name: string): boolean {
  return flags.find(name) !== undefined || flags.on(name);
}

/** The one of these flags that was given. @throws {InvalidInput} if none was, or several were */
export function oneOf<const Flag extends string>(flags: Flags, choices: readonly Flag[]): Flag {
  const [first, second] = choices.filter((flag) => isGiven(flags, flag));
  if (first === undefined)
    throw invalidInput(choices[0] ?? '', 'missing', `one of ${choices.join(', ')} is needed`);
  if (second !== undefined) throw invalidInput(second, undefined, `can't go with ${first}`);
  return first;
}

/**
 * Evidence: a file, by its sha256, or 0x and that hash itself.
 * @returns undefined if the flag wasn't given
 * @throws {InvalidInput}
 */
export async function evidenceFlag(flags: Flags, flag: string): Promise<Hex | undefined> {
  const text = flags.find(flag);
  if (text?.startsWith('0x') !== true)
    return text === undefined ? undefined : hashFile(flags, flag);
  if (isHex(text) && text.length === 66 && BigInt(text) > 0n) return text.toLowerCase() as Hex;
  const rule = 'must be a file, or its sha256: 0x and 64 hex digits, not all 0';
  throw invalidInput(flag, text, rule);
}

/** The sha256 of a file of any length. @throws {InvalidInput} if it can't be read */
export async function hashFile(flags: Flags, flag: string): Promise<Hex> {
  const path = flags.text(flag);
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
    throw invalidInput(flag, path, `must be a file that can be read (${code})`);
  }
  return `0x${hash.digest('hex')}`;
}

/** The identifiers in the file of `--identifier-file`, one a line. @throws {InvalidInput} */
export async function readIdentifiers(context: Context): Promise<readonly string[]> {
  const flag = '--identifier-file';
  const text = await quietly(flag, () => context.read(context.flags.text(flag), flag));
  const identifiers = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  if (identifiers.length > 0) return identifiers;
  throw invalidInput(flag, undefined, 'must hold an identifier, one a line');
}

/** The one identifier in the file of `--identifier-file`. @throws {InvalidInput} */
export async function readIdentifier(context: Context): Promise<string> {
  const [identifier = '', ...more] = await readIdentifiers(context);
  if (more.length === 0) return identifier;
  throw invalidInput('--identifier-file', undefined, 'must hold one identifier');
}

/** Whoever writes an identifier in place of a file's name must not read it in a log. */
async function quietly<T>(flag: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const rule = error instanceof EligoError ? error.data['rule'] : undefined;
    throw typeof rule === 'string' ? invalidInput(flag, undefined, rule) : error;
  }
}

/**
 * The subject key of an identifier, or what is wrong with it.
 * @param name what the error calls the row; the identifier isn't shown, whatever its kind
 * @throws {InvalidInput}
 */
export function keyOf(
  subject: { readonly pepper: Uint8Array; readonly kind: SubjectKind; readonly identifier: string },
  name?: string,
): Uint8Array {
  try {
    return subjectKey(subject);
  } catch (error) {
    const rule = error instanceof EligoError ? error.data['rule'] : undefined;
    if (typeof rule !== 'string') throw error;
    const field = `identifier of kind ${subject.kind}`;
    throw invalidInput(name === undefined ? field : `${name}, ${field}`, undefined, rule);
  }
}

/** The rows of the batch that `--file` names, as they are asked for. @throws {InvalidInput} naming the line */
export function batchRows(
  { flags, lines }: Context,
  batch: { readonly schema: Schema; readonly needsCommitment: boolean },
): AsyncGenerator<Row> {
  const path = flags.text('--file');
  const format = formatOf(flags, path);
  return readRows({ ...batch, format, chunks: withEnds(lines(path, '--file')) });
}

function formatOf(flags: Flags, path: string): RowFormat {
  if (flags.find('--format') !== undefined) return choiceFlag(flags, '--format', ['csv', 'jsonl']);
  if (/\.csv$/i.test(path)) return 'csv';
  if (/\.(jsonl|ndjson)$/i.test(path)) return 'jsonl';
  throw invalidInput('--format', 'missing', 'is needed here: csv or jsonl');
}

async function* withEnds(lines: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const line of lines) yield `${line}\n`;
}

/** The positions of a flag, separated by commas. @throws {InvalidInput} */
export function positionsFlag(flags: Flags, flag: string): readonly number[] {
  return flags
    .text(flag)
    .split(',')
    .map((text) => toPosition(text, flag));
}

/** The one position of `--position`. @throws {InvalidInput} */
export function positionFlag(flags: Flags): number {
  const position = integerFlag(flags, '--position', {
    min: 0n,
    max: 4n ** BigInt(TREE_DEPTH) - 1n,
  });
  return Number(position ?? flags.text('--position'));
}

/** A position as people write it. @throws {InvalidInput} */
export function toPosition(text: string, name: string): number {
  const trimmed = text.trim();
  if (/^(0|[1-9][0-9]{0,8})$/.test(trimmed) && Number(trimmed) < 4 ** TREE_DEPTH)
    return Number(trimmed);
  throw invalidInput(name, text, 'must be a position, an integer below 4^14');
}
