import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { keccak256 } from 'viem';
import { FIELD_ORDER, NEVER, type Field } from '../../src/protocol/field.ts';
import {
  EMPTY_HEAD,
  MAX_LINE_LENGTH,
  REINSTATEMENT_REASONS,
  REVOCATION_REASONS,
  nextHead,
  readLogEntry,
  writeLogEntry,
  type LogEntry,
} from '../../src/protocol/log.ts';
import { fc, thrown, uint } from '../support/world.ts';

const EVIDENCE = `0x${'0a'.repeat(32)}` as const;

/** One entry of each kind, and its line as a person would write it down. */
const CASES: Readonly<Record<string, readonly [LogEntry, string]>> = {
  attest: [
    { seq: 1n, at: 1_767_225_600n, kind: 'attest', position: 0, leaf: 11n as Field },
    '{"at":"1767225600","kind":"attest","leaf":"11","position":"0","seq":"1"}',
  ],
  'attest in place of another': [
    { seq: 4n, at: 1_767_225_601n, kind: 'attest', position: 2, leaf: 12n as Field, replaces: 1 },
    '{"at":"1767225601","kind":"attest","leaf":"12","position":"2","replaces":"1","seq":"4"}',
  ],
  revoke: [
    {
      ...{ seq: 5n, at: 1_767_225_602n, kind: 'revoke', position: 1 },
      ...{ reason: 'key-lost', evidence: EVIDENCE },
    },
    `{"at":"1767225602","evidence":"${EVIDENCE}","kind":"revoke","position":"1","reason":"key-lost","seq":"5"}`,
  ],
  reinstate: [
    {
      ...{ seq: 6n, at: 1_767_225_602n, kind: 'reinstate', position: 1, leaf: 10n as Field },
      ...{ reason: 'appeal-granted', evidence: EVIDENCE },
    },
    `{"at":"1767225602","evidence":"${EVIDENCE}","kind":"reinstate","leaf":"10","position":"1","reason":"appeal-granted","seq":"6"}`,
  ],
  publish: [
    { seq: 7n, at: 1_767_225_603n, kind: 'publish', root: 99n as Field, size: 3, revoked: 1n },
    '{"at":"1767225603","kind":"publish","revoked":"1","root":"99","seq":"7","size":"3"}',
  ],
};

const field = fc.bigInt({ min: 0n, max: FIELD_ORDER - 1n }).map((value) => value as Field);
const position = fc.integer({ min: 0, max: 4 ** 14 - 1 });
const common = { seq: uint(64), at: uint(40) };
const hash = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((bytes) => `0x${Buffer.from(bytes).toString('hex')}` as const);

const anyEntry: fc.Arbitrary<LogEntry> = fc.oneof(
  fc.record({ ...common, kind: fc.constant('attest' as const), position, leaf: field }),
  fc.record({
    ...{ ...common, kind: fc.constant('attest' as const), position, leaf: field },
    replaces: position,
  }),
  fc.record({
    ...{ ...common, kind: fc.constant('revoke' as const), position },
    ...{ reason: fc.constantFrom(...REVOCATION_REASONS), evidence: hash },
  }),
  fc.record({
    ...{ ...common, kind: fc.constant('reinstate' as const), position, leaf: field },
    ...{ reason: fc.constantFrom(...REINSTATEMENT_REASONS), evidence: hash },
  }),
  fc.record({
    ...{ ...common, kind: fc.constant('publish' as const), root: field },
    ...{ size: fc.integer({ min: 0, max: 2 ** 32 - 1 }), revoked: uint(64) },
  }),
);

/** PROTOCOL.md, letter by letter: bytes of the head, then bytes of the line. */
function slowHead(lines: readonly string[]): string {
  let head = Buffer.alloc(32);
  for (const line of lines) {
    const bytes = Buffer.concat([head, Buffer.from(line, 'utf8')]);
    head = Buffer.from(keccak256(Uint8Array.from(bytes)).slice(2), 'hex');
  }
  return `0x${head.toString('hex')}`;
}

describe('protocol/log', () => {
  describe('writeLogEntry and readLogEntry', () => {
    for (const [name, [entry, line]] of Object.entries(CASES)) {
      it(`write and read ${name}`, () => {
        expect(writeLogEntry(entry)).to.equal(line);
        expect(readLogEntry(line, 'line')).to.deep.equal(entry);
      });
    }

    it('are each the inverse of the other', () => {
      fc.assert(
        fc.property(anyEntry, (entry) => {
          const line = writeLogEntry(entry);
          expect(readLogEntry(line, 'line')).to.deep.equal(entry);
          expect(line.length).to.be.at.most(MAX_LINE_LENGTH);
        }),
      );
    });

    it('leave out what is undefined', () => {
      const [entry, line] = CASES['attest']!;
      expect(writeLogEntry({ ...entry, replaces: undefined } as never)).to.equal(line);
    });

    it('have room for the longest line', () => {
      const longest: LogEntry = {
        ...{ seq: 2n ** 64n - 1n, at: NEVER, kind: 'reinstate', position: 4 ** 14 - 1 },
        ...{ leaf: (FIELD_ORDER - 1n) as Field, evidence: EVIDENCE },
        reason: [...REINSTATEMENT_REASONS].sort((a, b) => b.length - a.length)[0]!,
      };
      const line = writeLogEntry(longest);
      expect(readLogEntry(line, 'line')).to.deep.equal(longest);
      expect(line.length).to.be.at.most(MAX_LINE_LENGTH);
    });
  });

  describe('readLogEntry refuses', () => {
    const attest = CASES['attest']![1];
    const replaced = (from: string, to: string) => (line: string) => line.replace(from, to);
    const faults: Readonly<Record<string, readonly [string, (line: string) => string]>> = {
      'another order of keys': [
        'attest',
        () => '{"kind":"attest","at":"1767225600","leaf":"11","position":"0","seq":"1"}',
      ],
      'a space': ['attest', replaced('"at":', '"at": ')],
      'a space behind': ['attest', (line) => `${line} `],
      'a key twice': ['attest', replaced('{', '{"at":"1767225600",')],
      'an unknown key': ['attest', replaced('"kind"', '"id":"1","kind"')],
      'a key that objects inherit': ['attest', replaced('{', '{"__proto__":{},')],
      'a number that is none': ['attest', replaced('"0"', '0')],
      'a leading zero': ['attest', replaced('"seq":"1"', '"seq":"01"')],
      'an escape that need not be': ['attest', replaced('"attest"', '"\\u0061ttest"')],
      'a leaf of r': ['attest', replaced('"11"', `"${FIELD_ORDER.toString()}"`)],
      'a position beyond the tree': ['attest', replaced('"0"', `"${4 ** 14}"`)],
      'a time beyond 40 bits': ['attest', replaced('1767225600', (NEVER + 1n).toString())],
      'an unknown kind': ['attest', replaced('attest', 'admit')],
      'a reason of the other kind': ['revoke', replaced('key-lost', 'appeal-granted')],
      'a reason that is free text': ['revoke', replaced('key-lost', 'Mr. X moved')],
      'evidence in capitals': ['revoke', replaced('0a0a', '0A0A')],
      'evidence that is too short': ['revoke', replaced('0x0a', '0x')],
      'a revocation with a leaf': ['revoke', replaced('"kind"', '"leaf":"11","kind"')],
      'a publication without a size': ['publish', replaced(',"size":"3"', '')],
      'a size beyond 32 bits': ['publish', replaced('"size":"3"', `"size":"${2 ** 32}"`)],
      'what is no JSON': ['attest', (line) => line.slice(1)],
      'an empty line': ['attest', () => ''],
      'a list': ['attest', (line) => `[${line}]`],
      'a line too long to be one': ['attest', (line) => line + ' '.repeat(MAX_LINE_LENGTH)],
    };
    for (const [fault, [kind, change]] of Object.entries(faults)) {
      it(fault, () => {
        const line = CASES[kind]![1];
        expect(readLogEntry(line, 'line').kind).to.equal(kind);
        const changed = change(line);
        expect(changed).not.to.equal(line);
        const error = thrown(() => readLogEntry(changed, 'line'));
        expect(error.code).to.equal('InvalidInput');
        expect(error.message).to.match(/^line/);
      });
    }

    it('a line with any byte changed, unless the line is another entry', () => {
      for (let i = 0; i < attest.length; i++) {
        const changed = `${attest.slice(0, i)}~${attest.slice(i + 1)}`;
        expect(thrown(() => readLogEntry(changed, 'line')).code).to.equal('InvalidInput');
      }
    });
  });

  describe('nextHead', () => {
    const lines = Object.values(CASES).map(([, line]) => line);

    it('begins with 0', () => {
      expect(EMPTY_HEAD).to.equal(`0x${'0'.repeat(64)}`);
    });

    // Both from a keccak-256 written from FIPS 202 alone, over the lines above.
    it('has this value after one entry', () => {
      expect(nextHead(EMPTY_HEAD, lines[0]!)).to.equal(
        '0xac2332712f7464128ccc74f58d5fa210608265d8e85f8205cb98c2e05b6295c1',
      );
    });

    it('has this value after five', () => {
      expect(lines.reduce(nextHead, EMPTY_HEAD)).to.equal(
        '0xc9639eafa6b220bfdc389db11c0b0dd5a373c1122030cf21d42d9777fde64b58',
      );
    });

    it('is the slow twin on any lines', () => {
      fc.assert(
        fc.property(fc.array(anyEntry, { maxLength: 5 }), (entries) => {
          const written = entries.map(writeLogEntry);
          expect(written.reduce(nextHead, EMPTY_HEAD)).to.equal(slowHead(written));
        }),
      );
    });

    it('depends on the order, and on every byte', () => {
      const swapped = [lines[1]!, lines[0]!, ...lines.slice(2)];
      const heads = [lines, swapped, lines.slice(1), [...lines, lines[0]!]].map((some) =>
        some.reduce(nextHead, EMPTY_HEAD),
      );
      expect(new Set(heads).size).to.equal(heads.length);
    });

    it('is keccak256, not sha3-256', () => {
      const bytes = Buffer.concat([Buffer.alloc(32), Buffer.from(lines[0]!)]);
      const sha3 = `0x${createHash('sha3-256').update(bytes).digest('hex')}`;
      expect(nextHead(EMPTY_HEAD, lines[0]!)).not.to.equal(sha3);
    });
  });

  it('has the reasons that the protocol page lists, in its order', async () => {
    const page = await readFile(new URL('../../circuits/README.md', import.meta.url), 'utf8');
    const listed = (reasons: readonly string[]): string =>
      reasons.map((reason) => `\`${reason}\``).join(', ');
    expect(page).to.include(`Reasons of \`revoke\`: ${listed(REVOCATION_REASONS)};`);
    expect(page).to.include(`of \`reinstate\`: ${listed(REINSTATEMENT_REASONS)}.`);
  });
});
