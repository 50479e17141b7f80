/**
 * The items of a JSON document of any length: the small parts that a reader asks for, one after the other, each whole and
 * none of them kept. A document may hold the same key twice where its members are items: whoever reads them decides.
 * @module
 */
import { badRow } from '../text.ts';
import { cutShort, notJson, readTokens, type Token } from './json.ts';

/** A value in memory. A number is text still, and is told from a string by its shape. */
export type Json =
  | string
  | boolean
  | null
  | { readonly number: string }
  | readonly Json[]
  | ReadonlyMap<string, Json>;

/** A part of a document. */
export type Item = {
  /** The keys on the way to it; an element of a list has the empty key. */
  readonly path: readonly string[];
  /** The line on which it begins, counted from 1. */
  readonly line: number;
  readonly value: Json;
};

/** The deepest that a document may be nested. */
export const MAX_DEPTH = 64;

/** What one item may hold: characters, and 16 for each value. */
const MAX_ITEM = 1_048_576;
const VALUE_WEIGHT = 16;

/** A list or an object in the making. */
type Container = { readonly key: string; readonly line: number } & (
  | { readonly kind: '['; readonly list: Json[] }
  | { readonly kind: '{'; readonly map: Map<string, Json> }
);

type State = {
  /** The containers that are open; the first `opened` of them are no items and keep nothing. */
  readonly stack: Container[];
  opened: number;
  expected: 'value' | 'valueOrEnd' | 'key' | 'keyOrEnd' | 'colon' | 'commaOrEnd' | 'nothing';
  /** The last key, and where it stands. */
  key: string;
  keyLine: number;
  weight: number;
  readonly opens: (path: readonly string[]) => boolean;
  readonly items: Item[];
};

/**
 * Reads a document part by part.
 * @param opens whether the list or object at this path is to be read part by part; if not, it is an item. The document
 *   itself, at `[]`, always is, if it is a list or an object
 * @throws {InvalidInput} naming the line: no JSON, cut short, nested too deeply, an item that is too large
 */
export async function* readItems(
  chunks: AsyncIterable<string>,
  opens: (path: readonly string[]) => boolean,
): AsyncGenerator<Item> {
  const state: State = {
    stack: [],
    opened: 0,
    expected: 'value',
    key: '',
    keyLine: 0,
    weight: 0,
    opens,
    items: [],
  };
  const tokens = readTokens(chunks);
  let next = await tokens.next();
  for (; next.done !== true; next = await tokens.next()) {
    for (const token of next.value) accept(state, token);
    yield* state.items.splice(0);
  }
  if (state.expected !== 'nothing') throw cutShort(next.value);
}

function accept(state: State, token: Token): void {
  switch (token.kind) {
    case '{':
    case '[':
      open(state, token.kind, token.line);
      return;
    case '}':
    case ']':
      close(state, token);
      return;
    case ':':
      expect(state, token, ['colon']);
      state.expected = 'value';
      return;
    case ',':
      expect(state, token, ['commaOrEnd']);
      state.expected = state.stack.at(-1)?.kind === '{' ? 'key' : 'value';
      return;
    default:
      scalar(state, token);
  }
}

function expect(state: State, { line }: Token, expected: readonly State['expected'][]): void {
  if (!expected.includes(state.expected)) throw notJson(line);
}

function scalar(state: State, token: Token): void {
  const isKey = state.expected === 'key' || state.expected === 'keyOrEnd';
  if (isKey && token.kind === 'string') {
    state.key = token.text;
    state.keyLine = token.line;
    state.expected = 'colon';
    weigh(state, token.text.length, token.line);
    return;
  }
  expect(state, token, ['value', 'valueOrEnd']);
  weigh(state, token.text.length, token.line);
  settle(state, state.key, lineOf(state, token.line), scalarValue(token));
}

function scalarValue({ kind, text }: Token): Json {
  if (kind === 'string') return text;
  if (kind === 'number') return { number: text };
  return text === 'null' ? null : text === 'true';
}

function open(state: State, kind: '{' | '[', line: number): void {
  if (state.expected !== 'value' && state.expected !== 'valueOrEnd') throw notJson(line);
  if (state.stack.length === MAX_DEPTH)
    throw badRow(line, undefined, `must be nested at most ${MAX_DEPTH} deep`);
  const place = { key: state.key, line: lineOf(state, line) };
  const { stack } = state;
  const isInItem = stack.length > state.opened;
  if (!isInItem && (stack.length === 0 || state.opens(pathOf(stack, place.key)))) state.opened += 1;
  stack.push(
    kind === '[' ? { ...place, kind, list: [] } : { ...place, kind, map: new Map<string, Json>() },
  );
  weigh(state, 0, line);
  state.key = '';
  state.expected = kind === '{' ? 'keyOrEnd' : 'valueOrEnd';
}

function close(state: State, token: Token): void {
  const last = state.stack.pop();
  const expected = token.kind === '}' ? 'keyOrEnd' : 'valueOrEnd';
  if (last?.kind !== (token.kind === '}' ? '{' : '[')) throw notJson(token.line);
  expect(state, token, [expected, 'commaOrEnd']);
  if (state.stack.length < state.opened) {
    state.opened -= 1;
    follow(state);
    return;
  }
  settle(state, last.key, last.line, last.kind === '[' ? last.list : last.map);
}

/** A value is whole: it goes into its container, or out as an item. */
function settle(state: State, key: string, line: number, value: Json): void {
  const { stack } = state;
  const parent = stack.at(-1);
  if (parent === undefined || stack.length === state.opened) {
    state.items.push({ path: parent ? pathOf(stack, key) : [], line, value });
    state.weight = 0;
  } else if (parent.kind === '[') parent.list.push(value);
  else if (parent.map.has(key)) throw badRow(line, undefined, 'must not hold the same key twice');
  else parent.map.set(key, value);
  follow(state);
}

function pathOf(stack: readonly Container[], key: string): readonly string[] {
  return [...stack.slice(1).map((container) => container.key), key];
}

/** What comes after a value. */
function follow(state: State): void {
  const parent = state.stack.at(-1);
  state.expected = parent === undefined ? 'nothing' : 'commaOrEnd';
  // An element of a list has no key of its own.
  state.key = '';
}

/** A member begins at its key. */
function lineOf(state: State, line: number): number {
  return state.stack.at(-1)?.kind === '{' ? state.keyLine : line;
}

/** Only what is kept counts: inside an item, or the key of the next one. */
function weigh(state: State, characters: number, line: number): void {
  state.weight += characters + VALUE_WEIGHT;
  if (state.weight > MAX_ITEM)
    throw badRow(line, undefined, 'must be of entries of at most 1 MiB each');
}
