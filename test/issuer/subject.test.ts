import { createHmac } from 'node:crypto';
import { expect } from 'chai';
import {
  SUBJECT_KINDS,
  createPepper,
  normaliseSubject,
  pepperCheck,
  readPepper,
  subjectKey,
  writePepper,
  type SubjectKind,
} from '../../src/issuer/subject.ts';
import { fc, thrown } from '../support/world.ts';

const ADDRESS = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8';

describe('issuer/subject', () => {
  describe('normaliseSubject', () => {
    const cases: Readonly<Record<SubjectKind, readonly (readonly [string, string])[]>> = {
      address: [
        [ADDRESS, ADDRESS.toLowerCase()],
        [ADDRESS.toLowerCase(), ADDRESS.toLowerCase()],
        [`0x${ADDRESS.slice(2).toUpperCase()}`, ADDRESS.toLowerCase()],
        [` ${ADDRESS}\n`, ADDRESS.toLowerCase()],
      ],
      email: [
        ['ann@example.org', 'ann@example.org'],
        [' Ann.Lee+news@EXAMPLE.Org\t', 'ann.lee+news@example.org'],
        ['a.n.n@example.org', 'a.n.n@example.org'],
        ['ann@Bücher.example', 'ann@xn--bcher-kva.example'],
        ['ann@XN--BCHER-KVA.example', 'ann@xn--bcher-kva.example'],
        ['ann＠ｅｘａｍｐｌｅ.org', 'ann@example.org'],
        ['JÜRGEN@example.org', 'jürgen@example.org'],
        ['ju\u0308rgen@example.org', 'jürgen@example.org'],
        [`${'a'.repeat(64)}@example.org`, `${'a'.repeat(64)}@example.org`],
      ],
      document: [
        ['DE:L01X00T47', 'DE:L01X00T47'],
        ['de:l01x00t47', 'DE:L01X00T47'],
        [' DE : L01-X00.T/47 ', 'DE:L01X00T47'],
        ['DE:L01–X00\u00a0T47', 'DE:L01X00T47'],
        ['ＤＥ：Ｌ０１Ｘ００Ｔ４７', 'DE:L01X00T47'],
        ['ZW:123', 'ZW:123'],
        [`ZW:${'9'.repeat(64)}`, `ZW:${'9'.repeat(64)}`],
      ],
      free: [
        ['Member 17', 'Member 17'],
        ['  Member \t\n 17 ', 'Member 17'],
        ['Cafe\u0301', 'Café'],
        ['member 17', 'member 17'],
        ['😀'.repeat(256), '😀'.repeat(256)],
        ['ﬁ', 'ﬁ'],
      ],
    };
    for (const kind of SUBJECT_KINDS) {
      describe(kind, () => {
        for (const [text, normal] of cases[kind]) {
          it(`reads ${JSON.stringify(text).slice(0, 50)}`, () => {
            expect(normaliseSubject(kind, text)).to.equal(normal);
          });
        }
      });
    }

    const refusals: Readonly<Record<SubjectKind, readonly string[]>> = {
      address: [
        '',
        ADDRESS.slice(2),
        ADDRESS.slice(0, -1),
        `${ADDRESS}0`,
        ADDRESS.replace('C5', 'c5'),
        ADDRESS.replace('0x', '0X'),
        `${ADDRESS.slice(0, -1)}g`,
      ],
      email: [
        '',
        'ann',
        '@example.org',
        'ann@',
        'ann@lee@example.org',
        'ann lee@example.org',
        '"ann"@example.org',
        'Ann <ann@example.org>',
        'ann\u200b@example.org',
        'ann\u0000@example.org',
        `${'a'.repeat(65)}@example.org`,
        'ann@localhost',
        'ann@example.org.',
        'ann@.example.org',
        'ann@-example.org',
        'ann@exa mple.org',
        'ann@exa%6dple.org',
        'ann@[127.0.0.1]',
        'ann@127.0.0.1',
        'ann@1.1',
        'ann@example.0x7f',
        'ann@xn--a.example',
        `ann@${'a'.repeat(64)}.example`,
        `ann@${'a.'.repeat(126)}example`,
      ],
      document: [
        '',
        'L01X00T47',
        'XX:L01X00T47',
        'DEU:L01X00T47',
        'DE:L0',
        'DE:-1-2-',
        `DE:${'9'.repeat(65)}`,
        'DE:L01:X00',
        'DE:L01X00T4ß',
        'DE:L01X00T4ı',
        'DE:L01_X00',
        'DE:Л01X00',
      ],
      free: ['', ' \t ', 'a\u0000b', 'a\u0007b', 'a\u0085b', 'a\u001b[2J', 'a'.repeat(257)],
    };
    for (const kind of SUBJECT_KINDS) {
      for (const text of refusals[kind]) {
        it(`${kind} refuses ${JSON.stringify(text).slice(0, 50)}`, () => {
          const [passing] = cases[kind][0]!;
          expect(normaliseSubject(kind, passing)).to.be.a('string');
          const error = thrown(() => normaliseSubject(kind, text));
          expect(error.code).to.equal('InvalidInput');
          expect(error.data['field']).to.equal(`identifier of kind ${kind}`);
        });
      }
    }

    it('refuses half of a surrogate pair, of which UTF-8 would make one character', () => {
      for (const kind of SUBJECT_KINDS) {
        const [passing] = cases[kind][0]!;
        expect(normaliseSubject(kind, passing)).to.be.a('string');
        expect(thrown(() => normaliseSubject(kind, `${passing}\ud83d`)).message).to.match(
          /surrogate/,
        );
      }
    });

    it('shows an address, and nothing of any other identifier', () => {
      for (const kind of ['email', 'document', 'free'] as const) {
        const personal = `Personal\u0000Data:1234567:1234@5678@90`;
        const error = thrown(() => normaliseSubject(kind, personal));
        expect(JSON.stringify([error.message, error.data])).not.to.match(/Personal|Data|1234|5678/);
      }
      const wrong = ADDRESS.replace('C5', 'c5');
      expect(thrown(() => normaliseSubject('address', wrong)).message).to.include(wrong);
    });

    for (const kind of SUBJECT_KINDS) {
      it(`${kind}: a normal form is its own normal form`, () => {
        const unit = fc.string({ unit: 'binary', maxLength: 12 });
        const word = fc.string({ minLength: 1, maxLength: 12 });
        const text = {
          address: fc
            .uint8Array({ minLength: 20, maxLength: 20 })
            .map((bytes) => `0x${Buffer.from(bytes).toString('hex')}`),
          email: fc.tuple(fc.oneof(word, unit), fc.domain()).map(([a, b]) => `${a}@${b}`),
          document: fc.tuple(word, unit).map(([a, b]) => `DE:${a}${b}abc`),
          free: fc.string({ unit: 'binary' }),
        }[kind];
        let read = 0;
        fc.assert(
          fc.property(text, (spelling) => {
            let normal: string;
            try {
              normal = normaliseSubject(kind, spelling);
            } catch {
              return;
            }
            read += 1;
            expect(normaliseSubject(kind, normal)).to.equal(normal);
          }),
          { numRuns: 1_000 },
        );
        expect(read).to.be.above(20);
      });
    }
  });

  describe('subjectKey', () => {
    const pepper = new Uint8Array(32).fill(7);
    const keyOf = (kind: SubjectKind, identifier: string, secret = pepper): string =>
      Buffer.from(subjectKey({ pepper: secret, kind, identifier })).toString('hex');

    it('is the HMAC of the parts with their lengths, put together here', () => {
      const mac = createHmac('sha256', pepper);
      const bytes =
        '0000000f656c69676f2f7375626a6563742f31' + '00000005656d61696c' + '00000006614062632e64';
      expect(keyOf('email', 'A@bc.d')).to.equal(
        mac.update(Buffer.from(bytes, 'hex')).digest('hex'),
      );
    });

    it('is one for all spellings, and another for each pepper, kind and subject', () => {
      const key = keyOf('email', 'ann@example.org');
      expect(keyOf('email', ' ANN@Example.org ')).to.equal(key);
      const others = [
        keyOf('email', 'ann@example.org', new Uint8Array(32).fill(8)),
        keyOf('free', 'ann@example.org'),
        keyOf('email', 'bob@example.org'),
        Buffer.from(pepperCheck(pepper)).toString('hex'),
      ];
      expect(new Set([key, ...others]).size).to.equal(5);
    });

    it('takes a pepper of 32 bytes only, and does not show another', () => {
      expect(keyOf('free', 'x')).to.have.length(64);
      for (const length of [0, 31, 33]) {
        const error = thrown(() => keyOf('free', 'x', new Uint8Array(length).fill(7)));
        expect(error.message).to.equal('pepper must be 32 bytes');
      }
    });
  });

  describe('the pepper', () => {
    it('is drawn from the source, and comes back from its file', () => {
      const pepper = createPepper((length) => new Uint8Array(length).fill(171));
      expect(writePepper(pepper)).to.equal(`0x${'ab'.repeat(32)}\n`);
      expect(readPepper(writePepper(pepper))).to.deep.equal(pepper);
      expect(readPepper(`0x${'AB'.repeat(32)}`)).to.deep.equal(pepper);
      expect(createPepper()).not.to.deep.equal(createPepper());
    });

    it('refuses a source that gives fewer bytes', () => {
      expect(thrown(() => createPepper(() => new Uint8Array(31))).data['field']).to.equal('pepper');
    });

    it('refuses any other file, and does not show it', () => {
      const digits = 'ab'.repeat(32);
      expect(readPepper(`0x${digits}`)).to.have.length(32);
      for (const text of [
        '',
        digits,
        `0x${digits}00`,
        `0x${digits.slice(1)}`,
        ` 0x${digits}`,
        `0x${digits}\nx`,
      ]) {
        const error = thrown(() => readPepper(text));
        expect(error.message).to.equal('pepper must be 0x and 64 hex digits');
      }
    });

    it('has a check that another pepper does not have', () => {
      const [one, two] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
      expect(pepperCheck(one)).to.deep.equal(pepperCheck(one.slice()));
      expect(pepperCheck(one)).not.to.deep.equal(pepperCheck(two));
    });
  });
});
