import { expect } from 'chai';
import { MAX_NUMBER, MAX_STRING, readTokens } from '../../../src/issuer/import/json.ts';
import {
  MAX_DEPTH,
  readItems,
  type Item,
  type Json,
} from '../../../src/issuer/import/jsonItems.ts';
import { expectRefused } from '../../support/sourceFiles.ts';
import { fc } from '../../support/world.ts';

async function* texts(...pieces: readonly string[]): AsyncGenerator<string> {
  for (const piece of pieces) yield await Promise.resolve(piece);
}

/** Nothing is opened but the document itself. */
const readOne = async (...pieces: readonly string[]): Promise<readonly Item[]> => {
  const items: Item[] = [];
  for await (const item of readItems(texts(...pieces), () => false)) items.push(item);
  return items;
};

/** What JSON.parse would have made of it. */
function plain(value: Json): unknown {
  if (value instanceof Map)
    return Object.fromEntries(
      [...value].map(([key, inner]: [string, Json]) => [key, plain(inner)]),
    );
  if (Array.isArray(value)) return value.map((inner: Json) => plain(inner));
  if (typeof value === 'object' && value !== null && 'number' in value) return Number(value.number);
  return value;
}

describe('issuer/import/json', () => {
  it('reads whatever JSON.stringify writes, cut anywhere', async () => {
    const document = fc.array(fc.jsonValue({ depthSize: 'small' }), { minLength: 1 });
    await fc.assert(
      fc.asyncProperty(
        document,
        fc.boolean(),
        fc.integer({ min: 1, max: 9 }),
        async (value, isPretty, length) => {
          const text = JSON.stringify(value, null, isPretty ? 1 : 0);
          fc.pre(!/\\u0000|\\ud|\ufffd/i.test(text));
          const pieces = text.match(new RegExp(`[^]{1,${length}}`, 'g')) ?? [];
          const items = await readOne(...pieces);
          expect(items.map((item) => plain(item.value))).to.deep.equal(JSON.parse(text));
        },
      ),
    );
  });

  it('keeps the digits of numbers', async () => {
    const [item] = await readOne('[100000000000000000001]');
    expect(item!.value).to.deep.equal({ number: '100000000000000000001' });
    const [other] = await readOne('[-0.10e+5]');
    expect(other!.value).to.deep.equal({ number: '-0.10e+5' });
  });

  it('names the line of each item: of a member, that of its key', async () => {
    const items = await readOne('{"a":\n\n1,\r\n"b"\n:{\n"c":1}\n}');
    expect(items.map(({ path, line }) => [path, line])).to.deep.equal([
      [['a'], 1],
      [['b'], 4],
    ]);
  });

  it('opens what it is told to, and gives the path', async () => {
    const paths: unknown[] = [];
    const text = '{"a":{"x":1,"x":{"y":[2]}},"b":[[3],{"c":4}]}';
    for await (const { path, value } of readItems(
      texts(text),
      ([key, ...more]) => more.length === 0 && key !== 'c',
    ))
      paths.push([...path, plain(value)]);
    expect(paths).to.deep.equal([
      ['a', 'x', 1],
      ['a', 'x', { y: [2] }],
      ['b', '', [3]],
      ['b', '', { c: 4 }],
    ]);
  });

  it('gives the same key twice as two items, and refuses it inside one', async () => {
    expect(await readOne('{"a":1,"a":2}')).to.have.length(2);
    expect(await readOne('{"a":{"b":1,"c":2}}')).to.have.length(1);
    await expectRefused(readOne('{"a":{"b":1,\n"b":2}}'), 2, /the same key twice/);
  });

  it('takes a key named __proto__ for a key', async () => {
    const [item] = await readOne('[{"__proto__":{"x":1}}]');
    expect([...(item!.value as Map<string, Json>).keys()]).to.deep.equal(['__proto__']);
  });

  for (const text of [
    ...[
      '[1,]',
      '{"a":1,}',
      '[,1]',
      '{,}',
      '{"a"}',
      '{"a" 1}',
      '{"a":}',
      '{1:2}',
      '[1 2]',
      '[1}',
      '{"a":1]',
    ],
    ...[
      "['a']",
      '[a]',
      '[nul]',
      '[True]',
      '[01]',
      '[1.]',
      '[.5]',
      '[+1]',
      '[1e]',
      '[--1]',
      '[0x10]',
      '[NaN]',
    ],
    ...[
      '["\\x"]',
      '["\\u12"]',
      '["\t"]',
      '[1]]',
      '[1] 2',
      '{} {}',
      '// a\n[]',
      '[1/**/]',
      '[nullnull]',
      ']',
      '}',
    ],
  ]) {
    it(`refuses ${JSON.stringify(text)}`, async () => {
      expect(await readOne('[1]')).to.have.length(1);
      await expectRefused(readOne(text), 1, /must be valid JSON/);
      await expectRefused(readOne(...text.split('')), 1, /must be valid JSON/);
    });
  }

  for (const text of [
    '',
    ' ',
    '[',
    '{',
    '[1',
    '[1,',
    '{"a"',
    '{"a":',
    '{"a":1',
    '["a',
    '[tru',
    '["\\',
    '[[1]',
  ]) {
    it(`says that ${JSON.stringify(text)} is cut short, and where`, async () => {
      expect(await readOne('[1]')).to.have.length(1);
      await expectRefused(readOne(`\n${text}`), 2, /cut short/);
    });
  }

  it(`reads a document nested ${MAX_DEPTH} deep, and refuses a bomb at its line, early`, async () => {
    const deep = (depth: number): string => `${'[\n'.repeat(depth)}1${']'.repeat(depth)}`;
    expect(await readOne(deep(MAX_DEPTH))).to.have.length(1);
    await expectRefused(readOne(deep(MAX_DEPTH + 1)), MAX_DEPTH + 1, /at most 64 deep/);
    let given = 0;
    const bomb = async function* (): AsyncGenerator<string> {
      for (;;) {
        given += 1;
        yield await Promise.resolve('{"a":'.repeat(10_000));
      }
    };
    const reading = readItems(bomb(), () => false).next();
    await expectRefused(reading, 1, /at most 64 deep/);
    expect(given).to.equal(1);
  });

  describe('given something that never ends', () => {
    for (const [what, begin, more, rule] of [
      ['a string', '["', 'a'.repeat(1_000), /strings of at most/],
      ['a string of escapes', '["', '\\u0061'.repeat(1_000), /strings of at most/],
      ['a key', '{"', 'a'.repeat(1_000), /strings of at most/],
      ['a number', '[', '1'.repeat(1_000), /numbers of at most/],
      ['a word', '[', 'n'.repeat(1_000), /must be valid JSON/],
      ['white space', '[', ' '.repeat(1_000), /white space/],
      ['an item of many values', '[[', '1,'.repeat(1_000), /entries of at most 1 MiB/],
    ] as const) {
      it(`refuses ${what} early`, async () => {
        let given = 0;
        const endless = async function* (): AsyncGenerator<string> {
          yield await Promise.resolve(begin);
          for (;;) {
            given += more.length;
            yield more;
          }
        };
        await expectRefused(readItems(endless(), () => false).next(), 1, rule);
        expect(given).to.be.below(4 * 1_048_576);
      });
    }
  });

  it('reads a number and a string as long as may be, and refuses one more', async () => {
    expect(await readOne(`[${'1'.repeat(MAX_NUMBER)}]`)).to.have.length(1);
    await expectRefused(readOne(`[${'1'.repeat(MAX_NUMBER + 1)}]`), 1, /numbers of at most/);
    expect(await readOne(`["${'a'.repeat(MAX_STRING - 1)}"]`)).to.have.length(1);
    await expectRefused(readOne(`["${'a'.repeat(MAX_STRING)}"]`), 1, /strings of at most/);
  });

  for (const [what, text] of [
    ['a NUL byte', '[1,\0]'],
    ['a NUL byte in a string', '["a\0"]'],
    ['an escaped NUL byte', '["\\u0000"]'],
    ['bytes that were no UTF-8', '["\ufffd"]'],
    ['half of a surrogate pair', '["\\ud83d"]'],
  ]) {
    it(`refuses ${what}`, async () => {
      expect(await readOne('["a"]')).to.have.length(1);
      await expectRefused(readOne(`\n${text}`), 2, /UTF-8 text without NUL/);
    });
  }

  it('gives tokens with their lines, and the last line at the end', async () => {
    const tokens = readTokens(texts('[\n"a"', ',1]\n\n'));
    const found: unknown[] = [];
    let next = await tokens.next();
    for (; next.done !== true; next = await tokens.next())
      found.push(...next.value.map(({ kind, line }) => `${kind} ${line}`));
    expect(found).to.deep.equal(['[ 1', 'string 2', ', 2', 'number 2', '] 2']);
    expect(next.value).to.equal(4);
  });
});
