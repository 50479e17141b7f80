/**
 * Rows in CSV (RFC 4180) with a header; the mapping says what its columns feed.
 *
 * TokenTable's rows are `address,group,index,claimableTimestamp,claimableAmount`, one for each unlock: the rows of an
 * account are parts of one attestation, and their amounts are added. The timestamps feed nothing unless the mapping says
 * so, because the schedule is the campaign's. A file of several groups needs the one to read: amounts of different groups
 * are of different lists.
 * @module
 */
import { csvRecords, badRow, readLines } from '../text.ts';
import type { ImportRecord } from './record.ts';
import { exclude, type RowReader, type SourceRow } from './row.ts';

/** Columns of TokenTable's rows that may feed nothing. */
export const TOKEN_TABLE_COLUMNS = ['group', 'index', 'claimableTimestamp'];

/** More groups than these are counted and not named. */
const MAX_NAMED = 8;

type TableRow = SourceRow & { readonly isWhole: boolean };

/** Reads CSV. @throws {InvalidInput} naming the line */
export async function* readCsvRows(
  chunks: AsyncIterable<string>,
  reader: RowReader,
): AsyncGenerator<ImportRecord> {
  for await (const row of tableRows(chunks, reader, [])) yield readRow(row, reader);
}

/**
 * Reads TokenTable's rows.
 * @param group the one to read
 * @throws {InvalidInput} naming the line; also if there are several groups and none was named
 */
export async function* readTokenTable(
  chunks: AsyncIterable<string>,
  reader: RowReader,
  group: string | undefined,
): AsyncGenerator<ImportRecord> {
  const groups = new Map<string, number>();
  for await (const row of tableRows(chunks, reader, ['group', 'index'])) {
    const found = row.cells.get('group') ?? '';
    if (group === undefined && row.isWhole && groups.size <= MAX_NAMED && !groups.has(found))
      groups.set(found, row.line);
    if (groups.size <= 1) yield readUnlock(row, reader, group ?? found);
  }
  if (groups.size > 1) throw severalGroups(groups);
}

function readUnlock(row: TableRow, reader: RowReader, group: string): ImportRecord {
  const found = row.cells.get('group') ?? '';
  const index = row.cells.get('index') ?? '';
  if (row.isWhole && found !== group)
    return exclude(row, {
      rule: 'other-group',
      detail: 'group must be the one that was asked for',
    });
  if (row.isWhole && !/^(0|[1-9][0-9]{0,77})$/.test(index))
    return exclude(row, { rule: 'bad-row', detail: 'index must be an integer' });
  return readRow({ ...row, part: `${group}/${index}` }, reader);
}

function readRow(row: TableRow, reader: RowReader): ImportRecord {
  if (row.isWhole) return reader.read(row);
  const detail = 'the row must have as many columns as the header';
  return exclude(row, { rule: 'bad-row', detail });
}

async function* tableRows(
  chunks: AsyncIterable<string>,
  reader: RowReader,
  required: readonly string[],
): AsyncGenerator<TableRow> {
  let header: readonly string[] | undefined;
  for await (const { line, cells } of csvRecords(readLines(chunks))) {
    if (header === undefined) {
      header = cells.map((name) => name.normalize('NFC'));
      checkHeader(line, header, required, reader);
      continue;
    }
    const named = header.map((name, i) => [name, cells[i]] as const);
    yield { line, cells: new Map(named), isWhole: cells.length === header.length };
  }
  if (header === undefined) throw badRow(1, undefined, 'must be a header that names the columns');
}

function checkHeader(
  line: number,
  header: readonly string[],
  required: readonly string[],
  reader: RowReader,
): void {
  const twice = header.findIndex((name, i) => header.indexOf(name) !== i);
  if (twice >= 0) throw badRow(line, `column ${twice + 1}`, 'must not be named like another');
  reader.header(line, header);
  const missing = required.find((name) => !header.includes(name));
  if (missing !== undefined) throw badRow(line, missing, 'must be a column');
}

/** What stands where a group should may be anything: only what looks like one is repeated. */
function severalGroups(groups: ReadonlyMap<string, number>): Error {
  const names = [...groups.keys()].slice(0, MAX_NAMED).map((name) => {
    const isName = /^(0x[0-9a-fA-F]{64}|[A-Za-z0-9_-]{1,32})$/.test(name);
    return isName ? name : `that of line ${groups.get(name)}`;
  });
  const more = groups.size > MAX_NAMED ? ', …' : '';
  const [, line = 1] = [...groups.values()];
  const rule = `must be of one group, or one must be asked for: ${names.join(', ')}${more}`;
  return badRow(line, 'group', rule);
}
