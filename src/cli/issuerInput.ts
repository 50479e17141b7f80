/**
 * What the verbs of an issuer read: whom something is about, batches, positions. Identifiers are personal data: no
 * message repeats one.
 * @module
 */
import { EligoError, invalidInput } from '../errors.ts';
import { readRows, type Row, type RowFormat } from '../issuer/rows.ts';
import { SUBJECT_KINDS, subjectKey, type SubjectKind } from '../issuer/subject.ts';
import { TREE_DEPTH } from '../protocol/merklePath.ts';
import type { Schema } from '../protocol/schema.ts';
import { choiceFlag } from './flags.ts';
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

/** What `--kind` says. @throws {InvalidInput} */
export function kindFlag(flags: Flags): SubjectKind {
  const text = flags.text('--kind');
  const kind = SUBJECT_KINDS.find((known) => known === text);
  if (kind) return kind;
  throw invalidInput('--kind', text, `must be one of ${SUBJECT_KINDS.join(', ')}`);
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
