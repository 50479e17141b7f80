import { expect } from 'chai';
import { z } from 'zod';
import { EligoError } from '../../src/errors.ts';
import {
  MAX_DOCUMENT_LENGTH,
  canonicalJson,
  checkText,
  joinBytes,
  parseJson,
  readDocument,
} from '../../src/protocol/codec.ts';
import { fc, thrown } from '../support/world.ts';

const shape = z.strictObject({ name: z.string(), list: z.array(z.string()).optional() });
const open = z.strictObject({ name: z.unknown() });

describe('protocol/codec', () => {
  describe('parseJson', () => {
    it('reads what JSON.parse reads', () => {
      fc.assert(
        fc.property(fc.jsonValue(), (value) => {
          const text = JSON.stringify(value);
          expect(parseJson(text, 'document')).to.deep.equal(JSON.parse(text));
        }),
      );
    });

    it('reads every other text as JSON.parse does, or refuses it as malformed', () => {
      const piece = fc.constantFrom(
        '{',
        '}',
        '[',
        ']',
        ',',
        ':',
        '"',
        '"a"',
        '"b"',
        '1',
        '-',
        '.',
        'e',
        '0',
        '\\',
        'u',
        ' ',
        '\n',
        '\ufeff',
        '\u00a0',
        '\u2028',
        '\f',
        '/*',
        '*/',
        '//',
        "'",
        'null',
        'true',
        'NaN',
        '\0',
        '\ud800',
      );
      fc.assert(
        fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
          const text = pieces.join('');
          try {
            expect(parseJson(text, 'document')).to.deep.equal(JSON.parse(text));
          } catch (error) {
            expect(error).to.be.instanceOf(EligoError);
          }
        }),
        { numRuns: 2_000 },
      );
    });

    const twice: Readonly<Record<string, readonly [string, string]>> = {
      'at the top': ['{"a":1,"a":1}', 'document'],
      'deep inside': ['{"a":[{"b":{"c":1,"d":2,"c":3}}]}', 'document.a[0].b'],
      'spelt in two ways': ['{"a":1,"\\u0061":1}', 'document'],
      'as __proto__': ['{"__proto__":1,"__proto__":2}', 'document'],
    };
    for (const [where, [text, path]] of Object.entries(twice)) {
      it(`refuses a key that stands twice ${where}`, () => {
        const error = thrown(() => parseJson(text, 'document'));
        expect(error.message).to.include('must not hold the same key twice');
        expect(error.data['field']).to.equal(path);
      });
    }
    it('takes the same key in two objects', () => {
      expect(parseJson('[{"a":1},{"a":2}]', 'document')).to.deep.equal([{ a: 1 }, { a: 2 }]);
    });

    for (const text of [
      '',
      ' ',
      '{} {}',
      '{"a":1,}',
      '[1,]',
      '// x\n{}',
      '{/**/}',
      "{'a':1}",
      '{a:1}',
      '01',
      '\ufeff{}',
      '"\t"',
      'undefined',
    ]) {
      it(`refuses ${JSON.stringify(text)}`, () => {
        expect(thrown(() => parseJson(text, 'document')).message).to.match(
          /^document must be valid JSON \(/,
        );
      });
    }

    it('refuses depth that exhausts the stack, however deep, and takes some', () => {
      const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
      expect(parseJson(nested(100), 'document')).to.be.an('array');
      for (const depth of [10_000, 100_000, 500_000]) {
        expect(thrown(() => parseJson(nested(depth), 'document')).message).to.equal(
          'document is nested too deeply',
        );
      }
    });

    it('reads up to its limit and not beyond', () => {
      const text = (length: number): string => `"${'a'.repeat(length - 2)}"`;
      expect(parseJson(text(MAX_DOCUMENT_LENGTH), 'document')).to.have.lengthOf(
        MAX_DOCUMENT_LENGTH - 2,
      );
      const error = thrown(() => parseJson(text(MAX_DOCUMENT_LENGTH + 1), 'document'));
      expect(error.message).to.equal(
        'document is 1048577: must be at most 1048576 characters long',
      );
    });
  });

  describe('readDocument', () => {
    it('reads text and objects alike', () => {
      expect(readDocument(shape, { name: 'x' }, 'document')).to.deep.equal({ name: 'x' });
      expect(readDocument(shape, '{"name":"x"}', 'document')).to.deep.equal({ name: 'x' });
    });

    const faults: Readonly<Record<string, readonly [unknown, string]>> = {
      'an unknown key': [{ name: 'x', other: 1 }, 'document'],
      'an unknown key that objects inherit': ['{"name":"x","__proto__":{}}', 'document'],
      'a missing key': [{}, 'document.name'],
      'a number where text stands': [{ name: 1 }, 'document.name'],
      'a wrong entry of a list': [{ name: 'x', list: ['a', 2] }, 'document.list[1]'],
      'text that is not NFC': [{ name: 'e\u0301' }, 'document.name'],
      'an entry that is not NFC': [{ name: 'x', list: ['a', 'e\u0301'] }, 'document.list[1]'],
      'half of a surrogate pair': ['{"name":"\\ud83d"}', 'document.name'],
      null: [null, 'document'],
      'a list': [[], 'document'],
    };
    for (const [fault, [document, field]] of Object.entries(faults)) {
      it(`refuses ${fault}, naming where it stands`, () => {
        const error = thrown(() => readDocument(shape, document, 'document'));
        expect(error.code).to.equal('InvalidInput');
        expect(error.data['field']).to.equal(field);
      });
    }

    it('refuses objects without end', () => {
      const circle: Record<string, unknown> = {};
      circle['circle'] = circle;
      expect(readDocument(open, { name: { circle: {} } }, 'document')).to.be.an('object');
      expect(thrown(() => readDocument(open, { name: circle }, 'document')).message).to.equal(
        'document is nested too deeply',
      );
    });

    it('answers any JSON with a document or an InvalidInput', () => {
      fc.assert(
        fc.property(fc.jsonValue(), (value) => {
          try {
            readDocument(shape, value, 'document');
          } catch (error) {
            expect(error).to.be.instanceOf(EligoError);
          }
        }),
      );
    });
  });

  describe('checkText', () => {
    it('takes NFC and whole pairs', () => {
      for (const text of ['', 'é', '😀', 'a\u0000b', '\uffff'])
        expect(checkText(text, 'x')).to.equal(text);
    });
    for (const text of ['e\u0301', '\u212b', '\ud83d', '\ude00', '\ude00\ud83d', 'a\ud83db']) {
      it(`refuses ${JSON.stringify(text)}`, () => {
        expect(thrown(() => checkText(text, 'x')).data['field']).to.equal('x');
      });
    }
  });

  describe('canonicalJson (RFC 8785)', () => {
    it('sorts keys by UTF-16 units and writes nothing that may be left out', () => {
      const given = {
        '€': 'Euro',
        '\r': 'CR',
        '1': 'One',
        '😀': 'Smiley',
        ö: 'Latin',
        '\ufb33': 'Hebrew',
      };
      expect(canonicalJson(given)).to.equal(
        '{"\\r":"CR","1":"One","ö":"Latin","€":"Euro","😀":"Smiley","\ufb33":"Hebrew"}',
      );
    });
    it('escapes as RFC 8785, 3.2.2.2 says', () => {
      expect(canonicalJson(['\u0000\u001f\b\t\n\f\r"\\/\u007f'])).to.equal(
        '["\\u0000\\u001f\\b\\t\\n\\f\\r\\"\\\\/\u007f"]',
      );
    });
    it('is a fixed point', () => {
      fc.assert(
        fc.property(fc.jsonValue(), (value) => {
          const once = canonicalJson(value);
          expect(canonicalJson(JSON.parse(once))).to.equal(once);
        }),
      );
    });
    it('has none for what is no JSON value', () => {
      expect(canonicalJson({ a: undefined })).to.equal('{}');
      expect(thrown(() => canonicalJson(undefined)).data['field']).to.equal('document');
    });
  });

  describe('joinBytes', () => {
    it('puts one behind the other, into bytes of its own', () => {
      const first = Uint8Array.of(1, 2);
      const joined = joinBytes([first, new Uint8Array(), Uint8Array.of(3)]);
      first[0] = 9;
      expect(joined).to.deep.equal(Uint8Array.of(1, 2, 3));
      expect(joinBytes([])).to.deep.equal(new Uint8Array());
    });
  });
});
