/**
 * The dump of OpenZeppelin's StandardMerkleTree: `{format: "standard-v1", leafEncoding: ["address", "uint256"], tree: [hash],
 * values: [{value: [address, amount], treeIndex}]}`, its keys in any order. To a mapping a row's keys are `address` and
 * `amount`.
 *
 * Each row is held against the tree: `keccak256(keccak256(abi.encode(address, amount)))` must stand at its `treeIndex`, at
 * which no other row stands, and each leaf must have its row: a row that was changed, added or left out is noticed. The
 * nodes above the leaves aren't computed again. The hashes are kept in a temporary file, whatever the tree's size; where
 * the rows come before the tree, the file is read twice, and a stream, which can't be, is refused.
 * @module
 */
import { keccak256 } from 'viem';
import { badRow } from '../text.ts';
import { parseAmount } from './amount.ts';
import { isObject, textOf } from './jsonCells.ts';
import { readItems, type Item, type Json } from './jsonItems.ts';
import type { Mapping } from './mapping.ts';
import { openNodeFile, type NodeFile } from './nodeFile.ts';
import type { ImportRecord } from './record.ts';
import { exclude, feedsNothing, type RowReader, type SourceRow } from './row.ts';

/** The text of a dump, from its beginning. */
type Text = AsyncIterable<string>;

/** What was seen of the dump so far. */
type Seen = {
  readonly nodes: NodeFile;
  /** Whether its nodes come before the rows, are all there, or were read for themselves and are passed over. */
  tree: 'open' | 'closed' | 'apart';
  /** One bit for each node that has its row. */
  taken: Uint8Array;
  entries: number;
  readonly keys: Set<string>;
  line: number;
};

const FORMAT = 'standard-v1';
const LEAF_ENCODING = ['address', 'uint256'];
const KEYS = ['format', 'leafEncoding', 'tree', 'values'];
const ENTRY_KEYS = ['value', 'treeIndex'];

/**
 * Reads a dump.
 * @param again gives the text a second time; undefined if it can't be had
 * @throws {InvalidInput} naming the line
 */
export async function* readOpenZeppelin(
  text: Text,
  again: (() => Text) | undefined,
  reader: RowReader,
  mapping: Mapping,
): AsyncGenerator<ImportRecord> {
  const nodes = openNodeFile();
  const seen: Seen = {
    nodes,
    tree: 'open',
    taken: new Uint8Array(),
    entries: 0,
    keys: new Set(),
    line: 1,
  };
  try {
    for await (const item of readDump(text)) {
      const [key = '', ...inner] = item.path;
      seen.keys.add(key);
      seen.line = item.line;
      if (inner.length === 0) checkKey(item, mapping);
      else if (key === 'tree') addNode(item, seen);
      else {
        if (seen.entries === 0) await startValues(item, seen, again);
        seen.entries += 1;
        yield readEntry(item, seen, reader, mapping);
      }
    }
    checkWhole(seen);
  } finally {
    nodes.close();
  }
}

function readDump(text: Text): AsyncGenerator<Item> {
  return readItems(
    text,
    ([key, ...inner]) => inner.length === 0 && (key === 'tree' || key === 'values'),
  );
}

/** Checks what is neither a node nor a row. */
function checkKey({ path, line, value }: Item, mapping: Mapping): void {
  const [key] = path;
  if (key === undefined) throw badRow(line, undefined, 'must be an object');
  if (key === 'format') {
    if (value !== FORMAT) throw badRow(line, key, `must be ${FORMAT}`);
  } else if (key === 'leafEncoding') {
    const types = Array.isArray(value) ? (value as readonly Json[]) : [];
    const isKnown =
      types.length === LEAF_ENCODING.length && types.every((type, i) => type === LEAF_ENCODING[i]);
    if (!isKnown) throw badRow(line, key, `must be ${LEAF_ENCODING.join(', ')}`);
  } else if (KEYS.includes(key)) throw badRow(line, key, 'must be a list');
  else if (!mapping.ignore.includes(key)) throw feedsNothing(line, key, [key]);
}

function addNode({ line, value }: Item, seen: Seen): void {
  if (seen.tree === 'closed') throw badRow(line, 'tree', 'must not go on after the values');
  if (seen.tree === 'open') seen.nodes.add(readHash(line, value));
}

function readHash(line: number, value: Json): Uint8Array {
  if (typeof value === 'string' && /^0x[0-9a-fA-F]{64}$/.test(value))
    return Buffer.from(value.slice(2), 'hex');
  throw badRow(line, 'tree', 'must hold 32 bytes each, 0x and 64 hex digits');
}

async function startValues(
  { line }: Item,
  seen: Seen,
  again: (() => Text) | undefined,
): Promise<void> {
  if (seen.keys.has('tree')) seen.tree = 'closed';
  else if (again === undefined)
    throw badRow(line, 'values', 'must come after the tree where the input can be read only once');
  else {
    for await (const { path, line: at, value } of readDump(again()))
      if (path[0] === 'tree' && path.length > 1) seen.nodes.add(readHash(at, value));
    seen.tree = 'apart';
  }
  seen.taken = new Uint8Array(Math.ceil(seen.nodes.length() / 8));
}

function readEntry(
  { line, value: entry }: Item,
  seen: Seen,
  reader: RowReader,
  mapping: Mapping,
): ImportRecord {
  const place = { line, entry: seen.entries };
  const members = isObject(entry) ? entry : new Map<string, Json>();
  const keys = [...members.keys()];
  const unknown = keys.find((key) => !ENTRY_KEYS.includes(key) && !mapping.ignore.includes(key));
  if (unknown !== undefined) throw feedsNothing(line, unknown, keys);
  const leaf = members.get('value');
  if (!Array.isArray(leaf) || leaf.length !== LEAF_ENCODING.length)
    return exclude(place, { rule: 'bad-row', detail: 'value must be an address and an amount' });
  const [address = null, amount = null] = leaf as readonly Json[];
  const row: SourceRow = {
    ...place,
    cells: new Map([
      ['address', textOf(address)],
      ['amount', textOf(amount)],
    ]),
  };
  const record = reader.read(row);
  if (record.kind === 'exclude') return record;
  const isIn = isInTree(seen, members.get('treeIndex') ?? null, row);
  if (isIn) return record;
  const detail = 'value must be a leaf of the tree, at a treeIndex of its own';
  return exclude(place, { rule: 'bad-data', detail });
}

function isInTree(seen: Seen, treeIndex: Json, { cells }: SourceRow): boolean {
  const text = typeof treeIndex === 'string' ? '' : (textOf(treeIndex) ?? '');
  const index = /^(0|[1-9][0-9]{0,9})$/.test(text) ? Number(text) : -1;
  const length = seen.nodes.length();
  const amount = parseAmount(cells.get('amount') ?? '', { kind: 'base' }, true);
  if (index < (length - 1) / 2 || index >= length || amount === undefined) return false;
  const bit = 1 << (index % 8);
  const byte = index >> 3;
  const taken = seen.taken[byte] ?? 0;
  if ((taken & bit) !== 0) return false;
  if (!seen.nodes.holds(index, hashLeaf(cells.get('address') ?? '', amount))) return false;
  seen.taken[byte] = taken | bit;
  return true;
}

function hashLeaf(address: string, amount: bigint): Uint8Array {
  const words = address.trim().slice(2).padStart(64, '0') + amount.toString(16).padStart(64, '0');
  return keccak256(keccak256(Buffer.from(words, 'hex'), 'bytes'), 'bytes');
}

function checkWhole({ keys, nodes, entries, line }: Seen): void {
  const missing = KEYS.find((key) => !keys.has(key));
  if (missing !== undefined) throw badRow(line, missing, 'must be given');
  if (nodes.length() !== 2 * entries - 1)
    throw badRow(line, 'values', 'must have an entry for each leaf of the tree, and no more');
}
