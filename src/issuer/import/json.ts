/**
 * The tokens of JSON (RFC 8259) text of any length, on any number of lines, never whole in memory. Numbers stay text: as a
 * double an amount of base units would lose its last digits.
 * @module
 */
import { badRow } from '../text.ts';

/** The longest string with its escapes, in UTF-16 units. */
export const MAX_STRING = 65_536;

/** The longest number. */
export const MAX_NUMBER = 128;

/** The longest white space between two tokens: a few kilobytes of gzip could hold gigabytes of it. */
const MAX_SPACE = 1_048_576;

/** A token and the line, counted from 1, on which it stands. */
export type Token = {
  readonly kind: '{' | '}' | '[' | ']' | ':' | ',' | 'string' | 'number' | 'word';
  /** What the string says; the digits of the number; `true`, `false` or `null`. */
  readonly text: string;
  readonly line: number;
};

/** What is left of a piece of text, to be read with the next one. */
type Rest = { readonly text: string; readonly line: number; readonly space: number };

/** The place in a piece of text, moved as it is read. */
type Cursor = {
  readonly text: string;
  readonly isLast: boolean;
  at: number;
  line: number;
  /** White space since the last token. */
  space: number;
};

const PUNCTUATION = '{}[]:,';
const NUMBER = /^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$/;
const NUMBER_CHARACTERS = /[-+.0-9eE]*/y;
const WORD_CHARACTERS = /[a-zA-Z]*/y;
const WORDS = ['true', 'false', 'null'];
const LONGEST_WORD = 5;

/**
 * Cuts text into tokens, as many at a time as a piece of text holds.
 * @throws {InvalidInput} naming the line
 */
export async function* readTokens(
  chunks: AsyncIterable<string>,
): AsyncGenerator<readonly Token[], number> {
  let rest: Rest = { text: '', line: 1, space: 0 };
  for await (const chunk of chunks) {
    const tokens: Token[] = [];
    rest = tokenise({ ...rest, text: rest.text + chunk }, tokens, false);
    yield tokens;
  }
  const tokens: Token[] = [];
  rest = tokenise(rest, tokens, true);
  yield tokens;
  return rest.line;
}

function tokenise(from: Rest, tokens: Token[], isLast: boolean): Rest {
  const cursor: Cursor = { ...from, isLast, at: 0 };
  for (;;) {
    skipSpace(cursor);
    const start = cursor.at;
    if (start === cursor.text.length) break;
    const token = nextToken(cursor);
    if (token === undefined) {
      cursor.at = start;
      break;
    }
    cursor.space = 0;
    tokens.push(token);
  }
  return { text: cursor.text.slice(cursor.at), line: cursor.line, space: cursor.space };
}

function skipSpace(cursor: Cursor): void {
  const { text } = cursor;
  for (; cursor.at < text.length; cursor.at += 1) {
    const code = text.charCodeAt(cursor.at);
    if (code === 10) cursor.line += 1;
    else if (code !== 32 && code !== 13 && code !== 9) return;
    cursor.space += 1;
    if (cursor.space > MAX_SPACE)
      throw badRow(cursor.line, undefined, 'must have at most 1 MiB of white space in a row');
  }
}

/** Undefined if the text ends before the token does, and more is to come. */
function nextToken(cursor: Cursor): Token | undefined {
  const { text, at, line } = cursor;
  const first = text.charAt(at);
  if (PUNCTUATION.includes(first)) {
    cursor.at += 1;
    return { kind: first as Token['kind'], text: first, line };
  }
  if (first === '"') return nextString(cursor);
  if (first === '-' || (first >= '0' && first <= '9')) return nextNumber(cursor);
  if (/[a-z]/.test(first)) return nextWord(cursor);
  throw /[\0\ufffd]/.test(first) ? notText(line) : notJson(line);
}

function nextString(cursor: Cursor): Token | undefined {
  const { text, at, line } = cursor;
  const end = closingQuote(text, at + 1);
  const length = (end ?? text.length) - at;
  if (length > MAX_STRING)
    throw badRow(line, undefined, `must have strings of at most ${MAX_STRING} characters`);
  if (end === undefined) {
    if (!cursor.isLast) return undefined;
    throw cutShort(line);
  }
  cursor.at = end + 1;
  return { kind: 'string', text: readString(text.slice(at, end + 1), line), line };
}

/** Where a string ends: at a quote that no backslash escapes. */
function closingQuote(text: string, from: number): number | undefined {
  for (let at = text.indexOf('"', from); at >= 0; at = text.indexOf('"', at + 1)) {
    let backslashes = 0;
    while (text.charAt(at - 1 - backslashes) === '\\') backslashes += 1;
    if (backslashes % 2 === 0) return at;
  }
  return undefined;
}

function readString(quoted: string, line: number): string {
  let text = quoted.slice(1, -1);
  if (/[\\\u0000-\u001f]/.test(text)) {
    try {
      text = JSON.parse(quoted) as string;
    } catch {
      throw quoted.includes('\0') ? notText(line) : notJson(line);
    }
  }
  // Bytes that are no UTF-8 have become replacement characters: different names would be one.
  if (/[\0\ufffd]|\p{Surrogate}/u.test(text)) throw notText(line);
  return text;
}

function nextNumber(cursor: Cursor): Token | undefined {
  const { line } = cursor;
  const text = run(cursor, NUMBER_CHARACTERS);
  if (text.length > MAX_NUMBER)
    throw badRow(line, undefined, `must have numbers of at most ${MAX_NUMBER} characters`);
  if (isOpen(cursor)) return undefined;
  if (!NUMBER.test(text)) throw faultAt(cursor);
  return { kind: 'number', text, line };
}

function nextWord(cursor: Cursor): Token | undefined {
  const { line } = cursor;
  const text = run(cursor, WORD_CHARACTERS);
  if (text.length <= LONGEST_WORD && isOpen(cursor)) return undefined;
  if (!WORDS.includes(text)) throw faultAt(cursor);
  return { kind: 'word', text, line };
}

function run(cursor: Cursor, characters: RegExp): string {
  characters.lastIndex = cursor.at;
  const [text = ''] = characters.exec(cursor.text) ?? [];
  cursor.at += text.length;
  return text;
}

/** Whether what was read may go on in the next piece. */
function isOpen(cursor: Cursor): boolean {
  return cursor.at === cursor.text.length && !cursor.isLast;
}

/** A number or a word that is none: the end of the text may have cut it. */
function faultAt({ at, text, line, isLast }: Cursor): Error {
  return isLast && at === text.length ? cutShort(line) : notJson(line);
}

/** The error of text that ends before its document does. */
export function cutShort(line: number): Error {
  return badRow(line, undefined, 'must go on: the JSON is cut short here');
}

/** The error of text that breaks the grammar. */
export function notJson(line: number): Error {
  return badRow(line, undefined, 'must be valid JSON');
}

function notText(line: number): Error {
  return badRow(line, undefined, 'must be UTF-8 text without NUL bytes');
}
