/**
 * Where the reading of a chain stands, as plain JSON: what has been read, what of it a reorganisation could still undo, and
 * which contents were revoked.
 * @module
 */
import { z } from 'zod';
import type { Hex } from 'viem';
import { EligoError, invalidInput } from '../../errors.ts';

/** Blocks whose events are kept: a reorganisation that goes deeper can't be undone. */
export const KEPT_BLOCKS = 256n;

const hash = z.templateLiteral(['0x', z.string().regex(/^[0-9a-f]{64}$/)]);
const integer = z.string().regex(/^(0|[1-9][0-9]{0,77})$/);

const stepShape = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('attest'),
    id: z.string(),
    /** What it said. */
    content: hash,
    /** Records that were given for it. */
    records: z.number().int().min(0),
  }),
  z.strictObject({ kind: z.literal('revoke'), id: z.string() }),
]);

const markShape = z.strictObject({
  block: integer,
  hash,
  /** Of the last attestation, where they are numbered without gaps. */
  counter: integer.nullable(),
  steps: z.array(stepShape),
});

const cursorShape = z.strictObject({
  /** System, chain, contract, schema, attester: a cursor is good for nothing else. */
  source: z.string(),
  /** The first block that isn't read yet. */
  next: integer,
  /** The block whose state is read, while not all blocks up to it are. */
  target: markShape.nullable(),
  /** Blocks that were read, ascending: the newest, and those of the last `KEPT_BLOCKS` that had events. */
  marks: z.array(markShape).min(1),
  /** Contents that were revoked: since which block, and the block in which the attester issued them anew. */
  revoked: z.array(z.tuple([hash, integer, integer.nullable()])),
});

/** What happened to an attestation in a block. */
export type Step = Readonly<z.infer<typeof stepShape>>;

/** A block that was read, and what happened in it, or between the one before and it. */
export type Mark = Readonly<Omit<z.infer<typeof markShape>, 'steps'>> & {
  readonly steps: readonly Step[];
};

/** Where reading goes on: plain JSON, to be kept as it is. */
export type Cursor = Readonly<Pick<z.infer<typeof cursorShape>, 'source' | 'next' | 'revoked'>> & {
  readonly target: Mark | null;
  readonly marks: readonly Mark[];
};

/**
 * Takes up a cursor that was kept.
 * @throws {InvalidInput} if it isn't one, or one of another source
 */
export function readCursor(json: unknown, source: string): Cursor {
  const read = cursorShape.safeParse(json);
  if (!read.success)
    throw new EligoError('InvalidInput', 'the cursor is not one that was given', {}, read.error);
  if (read.data.source !== source)
    throw invalidInput('cursor', read.data.source, `must be of the same source, ${source}`);
  return read.data;
}

/** The newest block that was read. */
export function lastMark({ marks }: Cursor): Mark {
  const last = marks.at(-1);
  if (last === undefined) throw invalidInput('cursor.marks', '[]', 'must not be empty');
  return last;
}

/** The cursor after more blocks: old marks lose their steps, but the newest of them stays to compare with. */
export function advance(cursor: Cursor, more: readonly Mark[]): Cursor {
  const marks = [...cursor.marks, ...more];
  const last = BigInt(marks.at(-1)?.block ?? 0);
  const old = marks.filter(({ block }) => BigInt(block) <= last - KEPT_BLOCKS).slice(-1);
  const young = marks.filter(({ block }) => BigInt(block) > last - KEPT_BLOCKS);
  return {
    ...cursor,
    next: (last + 1n).toString(),
    marks: [...old.map((mark) => ({ ...mark, steps: [] })), ...young],
    revoked: cursor.revoked.filter(
      ([, , lifted]) => lifted === null || BigInt(lifted) > last - KEPT_BLOCKS,
    ),
  };
}

/** The cursor as it was at one of its marks. */
export function rewind(cursor: Cursor, mark: Mark): Cursor {
  const last = BigInt(mark.block);
  return {
    ...cursor,
    next: (last + 1n).toString(),
    target: null,
    marks: cursor.marks.filter(({ block }) => BigInt(block) <= last),
    revoked: cursor.revoked
      .filter(([, block]) => BigInt(block) <= last)
      .map(([content, block, lifted]) => [
        content,
        block,
        lifted !== null && BigInt(lifted) > last ? null : lifted,
      ]),
  };
}

/** Which contents are revoked, as events come in. */
export type Revocations = {
  readonly has: (content: Hex) => boolean;
  readonly revoke: (content: Hex, block: bigint) => void;
  readonly lift: (content: Hex, block: bigint) => void;
  readonly list: () => Cursor['revoked'];
};

/** Opens a cursor's list of revoked contents for changes; the cursor stays as it is. */
export function openRevocations(cursor: Cursor): Revocations {
  const held = new Map(cursor.revoked.map((entry) => [entry[0], entry]));
  const has = (content: Hex): boolean => held.get(content)?.[2] === null;
  return {
    has,
    revoke: (content, block) => {
      if (!has(content)) held.set(content, [content, block.toString(), null]);
    },
    lift: (content, block) => {
      const entry = held.get(content);
      if (entry) held.set(content, [content, entry[1], block.toString()]);
    },
    list: () => [...held.values()],
  };
}
