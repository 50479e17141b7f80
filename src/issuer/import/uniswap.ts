/**
 * The JSON of Merkle distributors in Uniswap's manner, as it goes in and as it comes out:
 *
 * | shape | |
 * |---|---|
 * | `{address: amount}` | what a tree is made from |
 * | `[{address, earnings, reasons}]` | the same, with reasons |
 * | `{merkleRoot, tokenTotal, claims: {address: {index, amount, proof}}}` | what is published; `tokenTotal` must be the sum of the amounts |
 * | `{address: {index, amount, proof, flags}}` | the same, cut into files |
 *
 * Amounts are 0x and hex digits, or decimal digits. A generator of the first shape takes text without 0x for hex digits,
 * others don't: where some of it can't be decimal, the mapping has to say `"numerals": "hex"`. `index`, `proof`, `flags`,
 * `reasons` and `numDrops` may feed nothing; `merkleRoot` isn't computed again.
 * @module
 */
import { badRow } from '../text.ts';
import { parseAmount, type Units } from './amount.ts';
import { cellsOf, isObject, textOf, type Members } from './jsonCells.ts';
import { readItems, type Item, type Json } from './jsonItems.ts';
import type { Mapping } from './mapping.ts';
import type { ImportRecord } from './record.ts';
import { exclude, feedsNothing, type RowReader, type SourceRow } from './row.ts';

/** Keys of a row that may feed nothing. */
export const UNISWAP_KEYS = ['index', 'proof', 'flags', 'reasons'];

const DOCUMENT_KEYS = ['merkleRoot', 'tokenTotal', 'numDrops'];
const AMOUNT_KEYS = ['amount', 'earnings'];

type Facts = {
  readonly mapping: Mapping;
  readonly units: Units;
};

/** What was seen of the document as a whole: the lines on which each kind of thing came first. */
type Seen = {
  entries: number;
  plain: number | undefined;
  claims: number | undefined;
  documentKey: number | undefined;
  total: { readonly line: number; readonly text: string | undefined } | undefined;
  /** Of the claims; undefined once one had no amount. */
  sum: bigint | undefined;
};

/** Reads any of the shapes. @throws {InvalidInput} naming the line */
export async function* readUniswap(
  chunks: AsyncIterable<string>,
  reader: RowReader,
  facts: Facts,
): AsyncGenerator<ImportRecord> {
  const seen: Seen = {
    entries: 0,
    plain: undefined,
    claims: undefined,
    documentKey: undefined,
    total: undefined,
    sum: 0n,
  };
  for await (const item of readItems(chunks, ([key, ...inner]) => key === 'claims' && !inner[0])) {
    if (noteDocumentKey(item, seen, facts)) continue;
    seen.entries += 1;
    const row = rowOf(item, seen.entries, facts.mapping);
    noteShape(item, row, seen, facts);
    yield row ? reader.read(row) : notARow(item, seen.entries);
  }
  checkTotal(seen, facts);
}

/** Whether an item is about the document and no row. */
function noteDocumentKey({ path, line, value }: Item, seen: Seen, { mapping }: Facts): boolean {
  const [key, ...inner] = path;
  if (key === undefined) throw badRow(line, undefined, 'must be an object or a list');
  if (inner.length > 0) return false;
  if (key === 'claims') throw badRow(line, 'claims', 'must be an object of claims');
  if (!DOCUMENT_KEYS.includes(key)) {
    if (mapping.ignore.includes(key)) return true;
    const isPublished = seen.documentKey !== undefined || seen.claims !== undefined;
    if (isPublished) throw feedsNothing(line, key, [key]);
    return false;
  }
  seen.documentKey ??= line;
  if (key === 'tokenTotal') {
    if (seen.total) throw badRow(line, key, 'must not be given twice');
    seen.total = { line, text: textOf(value) };
  }
  return true;
}

function noteShape({ path, line }: Item, row: SourceRow | undefined, seen: Seen, facts: Facts) {
  if (path.length === 1) {
    seen.plain ??= line;
    return;
  }
  if (seen.plain !== undefined)
    throw badRow(line, 'claims', 'must not stand beside rows of another shape');
  seen.claims ??= line;
  const amount = parseAmount(row?.cells.get('amount') ?? '', facts.units, true);
  seen.sum = seen.sum === undefined || amount === undefined ? undefined : seen.sum + amount;
}

/** The sum is checked over all claims, those too that are excluded as rows. */
function checkTotal({ total, sum, claims, documentKey }: Seen, { units }: Facts): void {
  if (documentKey !== undefined && claims === undefined)
    throw badRow(documentKey, undefined, 'must be in a document with claims');
  if (total === undefined) return;
  const stated = total.text === undefined ? undefined : parseAmount(total.text, units, true);
  if (sum === undefined || stated !== sum)
    throw badRow(total.line, 'tokenTotal', "must be the sum of the claims' amounts");
}

/** An element of a list names its address, a member's is its key. */
function rowOf(
  { path, line, value }: Item,
  entry: number,
  mapping: Mapping,
): SourceRow | undefined {
  const key = path.at(-1) ?? '';
  const isElement = key === '';
  if (Array.isArray(value) || (!isObject(value) && (isElement || path.length > 1)))
    return undefined;
  const members: Members = isObject(value)
    ? value
    : new Map([['amount', checkNumerals(value, line, mapping)]]);
  if (isElement) return { line, entry, cells: cellsOf(withPrefixes(members, mapping), line) };
  if (members.has('address')) throw badRow(line, 'address', 'must not be given twice');
  const whole: Members = new Map([['address', key], ...withPrefixes(members, mapping)]);
  return { line, entry, cells: cellsOf(whole, line) };
}

function notARow({ line }: Item, entry: number): ImportRecord {
  const detail = 'the entry must be an object, or an amount beside its address';
  return exclude({ line, entry }, { rule: 'bad-row', detail });
}

/** Hex digits without 0x among what looks decimal: all of it would be hex. An exponent is no hex digit. */
function checkNumerals(value: Json, line: number, { numerals }: Mapping): Json {
  const isHex =
    typeof value === 'string' &&
    /^[0-9]*[a-f][0-9a-f]*$/i.test(value) &&
    !/^[0-9]+e[0-9]+$/i.test(value);
  if (!isHex || numerals === 'hex') return value;
  const rule = 'must have 0x before hex digits, or the mapping must say that its numerals are hex';
  throw badRow(line, 'amount', rule);
}

function withPrefixes(members: Members, { numerals }: Mapping): Members {
  if (numerals !== 'hex') return members;
  const prefix = (key: string, value: Json): Json =>
    AMOUNT_KEYS.includes(key) && typeof value === 'string' && /^[0-9a-f]+$/i.test(value)
      ? `0x${value}`
      : value;
  return new Map([...members].map(([key, value]) => [key, prefix(key, value)]));
}
