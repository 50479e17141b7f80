import { expect } from 'chai';
import { NEVER } from '../../src/protocol/field.ts';
import { readRows, type Row, type RowFormat } from '../../src/issuer/rows.ts';
import { defineSchema } from '../../src/protocol/schema.ts';
import { encodeValues } from '../../src/protocol/value.ts';
import { fc, rejected, schemaDocument } from '../support/world.ts';

const MIB = 1_048_576;

async function* chunksOf(...texts: readonly string[]): AsyncGenerator<string> {
  for (const text of texts) yield await Promise.resolve(text);
}

describe('issuer/rows', () => {
  const schema = defineSchema(schemaDocument());
  const values = encodeValues(schema, {
    country: 'DE',
    tier: 'basic',
    born: '1969-12-31',
    allocation: '400',
  });

  const readAll = async (
    format: RowFormat,
    texts: string | readonly string[],
    options: { readonly needsCommitment?: boolean; readonly schema?: typeof schema } = {},
  ): Promise<Row[]> => {
    const rows: Row[] = [];
    const chunks = chunksOf(...(typeof texts === 'string' ? [texts] : texts));
    const { needsCommitment = true } = options;
    const reader = readRows({ format, chunks, needsCommitment, schema: options.schema ?? schema });
    for await (const row of reader) rows.push(row);
    return rows;
  };

  const expectFault = async (
    work: Promise<unknown>,
    line: number,
    field: string | undefined,
    rule: RegExp,
  ): Promise<void> => {
    const error = await rejected(work);
    expect(error.code).to.equal('InvalidInput');
    expect(error.message).to.match(rule);
    expect([error.data['line'], error.data['field']]).to.deep.equal([line, field]);
    const where = field === undefined ? '' : `, ${field}`;
    expect(error.message.startsWith(`line ${line}${where} `), error.message).to.equal(true);
    expect(JSON.stringify([error.message, error.data])).not.to.include('ann@example');
    expect(error.cause).to.equal(undefined);
  };

  const HEADER = 'identifier,commitment,expiresAt,country,tier,born,allocation';
  const LINE = 'ann@example.org,5,,DE,basic,1969-12-31,400';
  const ROW = { line: 2, identifier: 'ann@example.org', commitment: 5n, expiresAt: NEVER, values };

  describe('given CSV', () => {
    const csv = (...lines: readonly string[]): string => `${lines.join('\n')}\n`;
    const base = csv(HEADER, LINE);

    it('reads a row', async () => {
      expect(await readAll('csv', base)).to.deep.equal([ROW]);
    });

    it('reads columns in any order, and none for expiresAt', async () => {
      const text = csv(
        'allocation,born,tier,country,commitment,identifier',
        '400,1969-12-31,basic,DE,5,ann@example.org',
      );
      expect(await readAll('csv', text)).to.deep.equal([ROW]);
    });

    it('reads a byte order mark, CRLF, empty lines, and a last line without an end', async () => {
      const text = `\ufeff${HEADER}\r\n\r\n${LINE}\r\n${LINE}`;
      const rows = await readAll('csv', text);
      expect(rows).to.deep.equal([
        { ...ROW, line: 3 },
        { ...ROW, line: 4 },
      ]);
    });

    it('reads quotes: commas, quotes and line feeds inside, and counts lines by their beginning', async () => {
      const text = csv(HEADER, `"Lee, ""Ann""\nthe second",5,"",DE,"basic",1969-12-31,400`, LINE);
      const rows = await readAll('csv', text);
      expect(rows.map(({ line }) => line)).to.deep.equal([2, 4]);
      expect(rows[0]!.identifier).to.equal('Lee, "Ann"\nthe second');
    });

    it('reads a file with a header alone as no rows', async () => {
      expect(await readAll('csv', csv(HEADER))).to.deep.equal([]);
    });

    it('takes no commitment where the batch needs none', async () => {
      const text = csv(HEADER, LINE).replaceAll(',commitment', '').replaceAll(',5,', ',');
      const { commitment, ...row } = ROW;
      expect(commitment).to.equal(5n);
      expect(await readAll('csv', text, { needsCommitment: false })).to.deep.equal([row]);
      const fault = /must be one of identifier, country, tier, born, allocation, expiresAt/;
      await expectFault(readAll('csv', base, { needsCommitment: false }), 1, 'column 2', fault);
    });

    it('takes labels in another normal form for the same', async () => {
      const [country, tier, born, allocation] = schemaDocument().fields;
      const labels = ['none', 'Café'];
      const other = defineSchema({
        ...schemaDocument(),
        fields: [country, { ...tier, labels }, born, allocation],
      });
      const text = base.replace('basic', 'Cafe\u0301');
      const [row] = await readAll('csv', text, { schema: other });
      expect(row!.values[1]).to.equal(1n);
    });

    const line = (...changes: readonly (readonly [string, string])[]): string =>
      changes.reduce((text, [from, to]) => text.replace(from, to), LINE);

    for (const [what, text, at, field, rule] of [
      ['no line at all', '', 1, undefined, /must be a header/],
      ['no header, whose first row it does not show', csv(LINE), 1, 'column 1', /must be one of/],
      ['a missing column', csv(HEADER.replace(',tier', ''), LINE), 1, 'tier', /must be a column/],
      [
        'no identifier column',
        csv(HEADER.replace('identifier,', '')),
        1,
        'identifier',
        /must be a column/,
      ],
      [
        'no commitment column',
        csv(HEADER.replace(',commitment', '')),
        1,
        'commitment',
        /must be a column/,
      ],
      ['an extra column', csv(`${HEADER},note`, `${LINE},x`), 1, 'column 8', /must be one of/],
      [
        'a column twice',
        csv(`${HEADER},tier`, `${LINE},basic`),
        1,
        'tier',
        /must not be a column twice/,
      ],
      [
        'a column in other letters',
        csv(HEADER.replace('tier', 'Tier'), LINE),
        1,
        'column 5',
        /must be one of/,
      ],
      [
        'a cell too few',
        csv(HEADER, LINE, line([',400', ''])),
        3,
        undefined,
        /must have 7 columns .* not 6/,
      ],
      ['a cell too many', csv(HEADER, `${LINE},x`), 2, undefined, /must have 7 columns .* not 8/],
      [
        'an empty identifier',
        csv(HEADER, line(['ann@example.org', ' '])),
        2,
        'identifier',
        /must not be empty/,
      ],
      [
        'an empty value',
        csv(HEADER, line(['DE', ''])),
        2,
        'values.country',
        /every field needs a value/,
      ],
      [
        'a bad value',
        csv(HEADER, LINE, line(['DE', 'ann@example.org'])),
        3,
        'values.country',
        /ISO 3166/,
      ],
      [
        'a value out of range',
        csv(HEADER, line(['400', (2n ** 96n).toString()])),
        2,
        'values.allocation',
        /2\^96 - 1/,
      ],
      [
        'an empty commitment',
        csv(HEADER, line([',5,', ',,'])),
        2,
        'commitment',
        /must be an integer/,
      ],
      [
        'a commitment that is no field element',
        csv(HEADER, line([',5,', `,${(2n ** 254n).toString()},`])),
        2,
        'commitment',
        /r - 1/,
      ],
      [
        'a quote inside a value',
        csv(HEADER, LINE, line(['ann', 'an"n'])),
        3,
        undefined,
        /quotes around whole values/,
      ],
      [
        'text behind a quote',
        csv(HEADER, line(['ann@example.org', '"ann@example.org"x'])),
        2,
        undefined,
        /after|between a closing quote/,
      ],
      ['an open quote', csv(HEADER, line(['ann', '"ann'])), 2, undefined, /quote is still open/],
      ['a NUL byte', csv(HEADER, line(['basic', 'ba\0sic'])), 2, undefined, /without NUL/],
      [
        'bytes that were no UTF-8',
        csv(HEADER, line(['ann', '\ufffd'])),
        2,
        undefined,
        /must be UTF-8/,
      ],
      [
        'a line of more than 1 MiB',
        csv(HEADER, line(['basic', 'b'.repeat(MIB)])),
        2,
        undefined,
        /1 MiB/,
      ],
      [
        'a record of more than 1 MiB over many lines',
        csv(HEADER, line(['basic', `"${'b\n'.repeat(MIB)}"`])),
        undefined,
        undefined,
        /1 MiB/,
      ],
    ] as const) {
      it(`refuses ${what}`, async () => {
        expect(await readAll('csv', base)).to.have.length(1);
        if (at !== undefined) await expectFault(readAll('csv', text), at, field, rule);
        else expect((await rejected(readAll('csv', text))).message).to.match(rule);
      });
    }

    it('refuses a schema whose field is named like a column of every batch', async () => {
      const [country, ...fields] = schemaDocument().fields;
      const other = defineSchema({
        ...schemaDocument(),
        fields: [{ ...country, name: 'commitment' }, ...fields],
      });
      const fault = /use JSON lines/;
      await expectFault(
        readAll('csv', base, { schema: other }),
        1,
        'the field commitment of the schema',
        fault,
      );
    });

    it('gives the rows before a fault', async () => {
      const chunks = chunksOf(csv(HEADER, LINE, `${LINE},x`));
      const rows = readRows({ format: 'csv', chunks, schema, needsCommitment: true });
      expect((await rows.next()).value).to.deep.equal(ROW);
      await expectFault(rows.next(), 3, undefined, /must have 7 columns/);
    });
  });

  describe('given JSON lines', () => {
    const DOCUMENT = {
      identifier: 'ann@example.org',
      commitment: '5',
      values: { country: 'DE', tier: 'basic', born: '1969-12-31', allocation: '400' },
    };
    const row = { ...ROW, line: 1 };
    const json = (...documents: readonly unknown[]): string =>
      documents.map((document) => `${JSON.stringify(document)}\n`).join('');

    it('reads a row', async () => {
      expect(await readAll('jsonl', json(DOCUMENT))).to.deep.equal([row]);
    });

    it('reads a byte order mark, CRLF, empty lines, and a last line without an end', async () => {
      const line = JSON.stringify(DOCUMENT);
      expect(await readAll('jsonl', `\ufeff${line}\r\n\r\n${line}`)).to.deep.equal([
        row,
        { ...row, line: 3 },
      ]);
    });

    it('reads an empty file as no rows', async () => {
      expect(await readAll('jsonl', '')).to.deep.equal([]);
    });

    it('reads true and false as such', async () => {
      const other = defineSchema({
        ...schemaDocument(),
        fields: [{ name: 'member', type: 'bool', description: 'Member' }],
      });
      const text = json(
        { ...DOCUMENT, values: { member: true } },
        { ...DOCUMENT, values: { member: 'false' } },
      );
      const rows = await readAll('jsonl', text, { schema: other });
      expect(rows.map((found) => found.values[0])).to.deep.equal([1n, 0n]);
    });

    it('takes no commitment where the batch needs none', async () => {
      const { commitment, ...document } = DOCUMENT;
      expect(commitment).to.equal('5');
      const options = { needsCommitment: false };
      expect(await readAll('jsonl', json(document), options)).to.have.length(1);
      const work = readAll('jsonl', json(DOCUMENT), options);
      await expectFault(work, 1, 'commitment', /must be absent/);
    });

    const { values: given } = DOCUMENT;
    const { country, ...withoutCountry } = given;
    for (const [what, text, at, field, rule] of [
      ['no JSON', '{"identifier": ann@example.org}\n', 1, undefined, /must be valid JSON/],
      ['no object', json(DOCUMENT, [country]), 2, undefined, /must be an object of identifier/],
      [
        'a key more',
        json({ ...DOCUMENT, 'ann@example.org': '1' }),
        1,
        undefined,
        /and nothing else/,
      ],
      [
        'a key twice',
        `{"identifier":"ann@example.org",${JSON.stringify(DOCUMENT).slice(1)}`,
        1,
        undefined,
        /the same key twice/,
      ],
      [
        'a key twice within',
        JSON.stringify(DOCUMENT).replace('"country"', '"country":"FR","country"'),
        1,
        undefined,
        /the same key twice/,
      ],
      [
        'no identifier',
        json({ ...DOCUMENT, identifier: undefined }),
        1,
        'identifier',
        /must be text/,
      ],
      [
        'an identifier as a number',
        json({ ...DOCUMENT, identifier: 5 }),
        1,
        'identifier',
        /must be text/,
      ],
      [
        'no commitment',
        json({ ...DOCUMENT, commitment: undefined }),
        1,
        'commitment',
        /must be an integer/,
      ],
      [
        'a commitment as a number',
        json({ ...DOCUMENT, commitment: 5 }),
        1,
        'commitment',
        /must be text/,
      ],
      [
        'no values',
        json({ ...DOCUMENT, values: undefined }),
        1,
        'values',
        /an object with a value/,
      ],
      [
        'a value as a number',
        json({ ...DOCUMENT, values: { ...given, allocation: 400 } }),
        1,
        'values.allocation',
        /must be text, or true/,
      ],
      [
        'a missing value',
        json({ ...DOCUMENT, values: withoutCountry }),
        1,
        'values.country',
        /every field needs a value/,
      ],
      [
        'an empty value',
        json({ ...DOCUMENT, values: { ...given, tier: '' } }),
        1,
        'values.tier',
        /every field needs a value/,
      ],
      [
        'a value more',
        json({ ...DOCUMENT, values: { ...given, 'ann@example.org': '1' } }),
        1,
        'values',
        /and nothing else/,
      ],
      [
        'a value named __proto__',
        JSON.stringify(DOCUMENT).replace('"country"', '"__proto__":"FR","country"'),
        1,
        'values',
        /and nothing else/,
      ],
      [
        'a bad value',
        json(DOCUMENT, { ...DOCUMENT, values: { ...given, country: 'ann@example.org' } }),
        2,
        'values.country',
        /ISO 3166/,
      ],
      ['a NUL byte', json(DOCUMENT).replace('basic', 'ba\0sic'), 1, undefined, /without NUL/],
      [
        'a line of more than 1 MiB',
        json(DOCUMENT).replace('basic', 'b'.repeat(MIB)),
        1,
        undefined,
        /1 MiB/,
      ],
    ] as const) {
      it(`refuses ${what}`, async () => {
        expect(await readAll('jsonl', json(DOCUMENT))).to.have.length(1);
        await expectFault(readAll('jsonl', text), at, field, rule);
      });
    }
  });

  describe('expiresAt', () => {
    const read = async (expiresAt: string): Promise<bigint> => {
      const [row] = await readAll(
        'csv',
        `${HEADER}\n${LINE.replace(',5,,', `,5,${expiresAt},`)}\n`,
      );
      return row!.expiresAt;
    };

    for (const [text, seconds] of [
      ['', NEVER],
      ['0', 0n],
      ['1767225600', 1_767_225_600n],
      [NEVER.toString(), NEVER],
      ['1970-01-01', 86_399n],
      ['2026-01-01', 1_767_225_600n + 86_399n],
      ['2024-02-29', BigInt(Date.UTC(2024, 1, 29, 23, 59, 59)) / 1000n],
      ['9999-12-31', BigInt(Date.UTC(9999, 11, 31, 23, 59, 59)) / 1000n],
    ] as const) {
      it(`reads "${text}"`, async () => {
        expect(await read(text)).to.equal(seconds);
      });
    }

    for (const text of [
      '-1',
      (NEVER + 1n).toString(),
      '1969-12-31',
      '2025-02-29',
      '2026-1-1',
      '2026-01-01T00:00:00Z',
      '01',
      'never',
    ]) {
      it(`refuses "${text}"`, async () => {
        expect(await read('')).to.equal(NEVER);
        await expectFault(read(text), 2, 'expiresAt', /must be/);
      });
    }
  });

  describe('the chunks', () => {
    const document = `{"identifier":"Jürgen 😀","commitment":"5","values":{"country":"DE","tier":"basic","born":"1969-12-31","allocation":"400"}}`;
    const texts = {
      csv: `\ufeff${HEADER}\r\n"Jürgen 😀\r\n, ""the"" first",5,,DE,basic,1969-12-31,400\r\n${LINE}\r\n`,
      jsonl: `\ufeff${document}\r\n${document}\r\n`,
    };

    for (const format of ['csv', 'jsonl'] as const) {
      it(`${format}: are cut anywhere, even within a character`, async () => {
        const text = texts[format];
        const whole = await readAll(format, text);
        expect(whole).to.have.length(2);
        expect(whole[0]!.identifier).to.match(/^Jürgen 😀/);
        const cuts = fc.array(fc.nat(text.length), { maxLength: 30 });
        await fc.assert(
          fc.asyncProperty(cuts, async (places) => {
            const sorted = [0, ...places.toSorted((a, b) => a - b), text.length];
            const pieces = sorted.slice(1).map((end, i) => text.slice(sorted[i], end));
            expect(await readAll(format, pieces)).to.deep.equal(whole);
          }),
          { numRuns: 200 },
        );
        expect(await readAll(format, text.split(''))).to.deep.equal(whole);
      });

      it(`${format}: are asked for as rows are taken, and no further once the reader leaves`, async () => {
        let given = 0;
        let leave = (): void => undefined;
        const left = new Promise<void>((resolve) => (leave = resolve));
        const line = format === 'csv' ? LINE : document;
        const endless = async function* (): AsyncGenerator<string> {
          try {
            if (format === 'csv') yield `${HEADER}\n`;
            for (;;) {
              given += 1;
              yield await Promise.resolve(`${line}\n`);
            }
          } finally {
            leave();
          }
        };
        let taken = 0;
        for await (const row of readRows({
          format,
          chunks: endless(),
          schema,
          needsCommitment: true,
        })) {
          expect(row.commitment).to.equal(5n);
          taken += 1;
          if (taken === 5_000) break;
        }
        expect(given - taken).to.be.below(1_500);
        await left;
      });

      it(`${format}: pass on what their source throws`, async () => {
        const failing = async function* (): AsyncGenerator<string> {
          yield await Promise.resolve(texts[format]);
          throw new Error('the disk is gone');
        };
        const rows = readRows({ format, chunks: failing(), schema, needsCommitment: true });
        const work = (async () => {
          let count = 0;
          for await (const row of rows) count += row.line;
          return count;
        })();
        const error = await work.then(
          () => undefined,
          (reason: unknown) => reason,
        );
        expect(error).to.be.an('error').with.property('message', 'the disk is gone');
      });
    }
  });
});
