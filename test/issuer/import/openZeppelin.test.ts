import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { readSourceFile, type SourceDigest } from '../../../src/issuer/import/files.ts';
import { NEVER } from '../../../src/protocol/field.ts';
import type { AttestRecord, ImportRecord } from '../../../src/issuer/import/record.ts';
import {
  ANN,
  BOB,
  due,
  dumpOf,
  expectExcluded,
  expectRefused,
  listSchema,
  readAll,
  type Reading,
} from '../../support/sourceFiles.ts';
import { NOW, rejected } from '../../support/world.ts';

/** The leaves in the README of OpenZeppelin/merkle-tree. */
const README_LEAVES = [
  ['0x1111111111111111111111111111111111111111', '5000000000000000000'],
  ['0x2222222222222222222222222222222222222222', '2500000000000000000'],
] as const;

describe('issuer/import/openZeppelin', () => {
  const EVE = '0x57E7c6B647C004CFB7A38E08fDDef09Af5Ea55eD';
  const DUMP = dumpOf([
    [ANN, '400'],
    [BOB, '5'],
    [EVE, '7'],
  ]);
  const entry = (number: number, account: string, amount: bigint): AttestRecord => ({
    ...due(`entry ${number}`, account, amount),
    place: `line 1, entry ${number}`,
  });
  const RECORDS = [entry(1, ANN, 400n), entry(2, BOB, 5n), entry(3, EVE, 7n)];

  const read = (document: unknown, options?: Reading): Promise<readonly ImportRecord[]> =>
    readAll(
      'openzeppelin',
      typeof document === 'string' ? document : JSON.stringify(document),
      options,
    );

  type Entry = (typeof DUMP.values)[number];
  const withEntry = (change: (entry: Entry) => unknown) => ({
    ...DUMP,
    values: DUMP.values.map((value, i) => (i === 1 ? change(value) : value)),
  });

  it('knows the tree of the format', () => {
    // The root that the example there gives, as contracts' tests all over the world repeat it.
    expect(dumpOf(README_LEAVES).tree[0]).to.equal(
      '0xd4dee0beab2d53f2cc83e567171bd2820e49898130a22622b10ead383e90bd77',
    );
  });

  it('reads a dump, its keys in any order in which the tree comes first', async () => {
    expect(await read(DUMP)).to.deep.equal(RECORDS);
    const { format, leafEncoding, tree, values } = DUMP;
    expect(await read({ format, tree, values, leafEncoding })).to.deep.equal(RECORDS);
    expect(await read({ tree, values, leafEncoding, format })).to.deep.equal(RECORDS);
    expect(await read(DUMP, { pieces: 7 })).to.deep.equal(RECORDS);
  });

  it('reads amounts as numbers and as hex', async () => {
    for (const amount of [5, '0x5', '0x05'])
      expect(await read(withEntry((value) => ({ ...value, value: [BOB, amount] })))).to.deep.equal(
        RECORDS,
      );
  });

  it('reads a tree of one leaf, and one of many', async () => {
    expect(await read(dumpOf([[ANN, '400']]))).to.deep.equal([RECORDS[0]]);
    const leaves = Array.from(
      { length: 1_000 },
      (_, i) => [`0x${(i + 1).toString(16).padStart(40, '0')}`, String(i)] as const,
    );
    const records = await read(dumpOf(leaves));
    expect(records).to.deep.equal(
      leaves.map(([address, amount], i) => entry(i + 1, address, BigInt(amount))),
    );
  });

  for (const [what, change] of [
    ['another amount', (value: Entry) => ({ ...value, value: [BOB, '6'] })],
    ['another address', (value: Entry) => ({ ...value, value: [ANN.toLowerCase(), '5'] })],
    [
      'the place of another',
      (value: Entry) => ({ ...value, treeIndex: DUMP.values[0]!.treeIndex }),
    ],
    ['the place of a node', (value: Entry) => ({ ...value, treeIndex: 1 })],
    ['a place outside', (value: Entry) => ({ ...value, treeIndex: 5 })],
    ['a place far outside', (value: Entry) => ({ ...value, treeIndex: 4_294_967_299 })],
    ['a negative place', (value: Entry) => ({ ...value, treeIndex: -1 })],
    ['a place that is no integer', (value: Entry) => ({ ...value, treeIndex: 3.5 })],
    ['a place that is text', (value: Entry) => ({ ...value, treeIndex: String(value.treeIndex) })],
    ['no place', ({ value }: Entry) => ({ value })],
  ] as const) {
    it(`excludes a row with ${what} as bad-data`, async () => {
      expect(await read(withEntry((value) => value))).to.deep.equal(RECORDS);
      const records = await read(withEntry(change));
      expect([records[0], records[2]]).to.deep.equal([RECORDS[0], RECORDS[2]]);
      expectExcluded(records[1], 'bad-data', /a leaf of the tree/);
    });
  }

  it('excludes the second row of one leaf as bad-data', async () => {
    const records = await read(withEntry(() => DUMP.values[0]));
    expect(records[0]).to.deep.equal(RECORDS[0]);
    expectExcluded(records[1], 'bad-data', /of its own/);
  });

  for (const [what, change, rule] of [
    ['a negative amount', (value: Entry) => ({ ...value, value: [BOB, '-5'] }), 'bad-amount'],
    ['an exponent', (value: Entry) => ({ ...value, value: [BOB, '5e3'] }), 'bad-amount'],
    [
      'too large an amount',
      (value: Entry) => ({ ...value, value: [BOB, `${2n ** 96n}`] }),
      'bad-amount',
    ],
    [
      'a bad checksum',
      (value: Entry) => ({ ...value, value: [BOB.replace('Fb', 'fb'), '5'] }),
      'bad-checksum',
    ],
    [
      'an address that is a number',
      (value: Entry) => ({ ...value, value: [5, '5'] }),
      'bad-address',
    ],
    ['three values', (value: Entry) => ({ ...value, value: [BOB, '5', '6'] }), 'bad-row'],
    ['one value', (value: Entry) => ({ ...value, value: [BOB] }), 'bad-row'],
    ['no value', ({ treeIndex }: Entry) => ({ treeIndex }), 'bad-row'],
    ['a text for a row', () => 'x', 'bad-row'],
  ] as const) {
    it(`excludes ${what} as ${rule}`, async () => {
      const records = await read(withEntry(change));
      expect([records[0], records[2]]).to.deep.equal([RECORDS[0], RECORDS[2]]);
      expectExcluded(records[1], rule);
    });
  }

  const without = (key: keyof typeof DUMP) => ({ ...DUMP, [key]: undefined });
  for (const [what, document, rule] of [
    ['another format', { ...DUMP, format: 'simple-v1' }, /format must be standard-v1/],
    ['other leaves', { ...DUMP, leafEncoding: ['address', 'uint128'] }, /leafEncoding must be/],
    ['longer leaves', { ...DUMP, leafEncoding: ['address', 'uint256', 'uint256'] }, /leafEncoding/],
    ['leaves of no kind', { ...DUMP, leafEncoding: 'address,uint256' }, /leafEncoding must be/],
    ['no format', without('format'), /format must be given/],
    ['no leaf encoding', without('leafEncoding'), /leafEncoding must be given/],
    ['no values', without('values'), /values must be given/],
    ['an empty list of values', { ...DUMP, values: [] }, /values must be given/],
    ['a tree that is none', { ...DUMP, tree: 5 }, /tree must be a list/],
    ['values that are none', { ...DUMP, values: '' }, /values must be a list/],
    [
      'a node that is none',
      { ...DUMP, tree: [...DUMP.tree.slice(1), '0x5'] },
      /tree must hold 32 bytes/,
    ],
    ['a row left out', { ...DUMP, values: DUMP.values.slice(1) }, /an entry for each leaf/],
    [
      'a row too many',
      { ...DUMP, values: [...DUMP.values, DUMP.values[0]] },
      /an entry for each leaf/,
    ],
    ['a node too many', { ...DUMP, tree: [...DUMP.tree, DUMP.tree[0]] }, /an entry for each leaf/],
    ['an unknown key', { ...DUMP, creator: 'x' }, /creator feeds nothing/],
    [
      'an unknown key in a row',
      withEntry((value) => ({ ...value, note: 'x' })),
      /note feeds nothing/,
    ],
    ['a list', '[]', /must be given/],
    ['a number', '5', /must be an object/],
    ['half of it', JSON.stringify(DUMP).slice(0, -50), /cut short/],
    [
      'a tree that goes on',
      JSON.stringify(DUMP).replace(/\}$/, `,"tree":["${DUMP.tree[0]}"]}`),
      /not go on/,
    ],
  ] as const) {
    it(`refuses ${what}`, async () => {
      expect(await read(DUMP)).to.have.length(3);
      await expectRefused(read(document), 1, rule);
    });
  }

  it('passes over keys that are ignored by name', async () => {
    const document = { creator: 'x', ...withEntry((value) => ({ note: 1, ...value })) };
    const mapping = { ignore: ['creator', 'note'] };
    expect(await read(document, { mapping })).to.deep.equal(RECORDS);
  });

  describe('given the rows before the tree', () => {
    const { format, leafEncoding, tree, values } = DUMP;
    const turned = JSON.stringify({ values, tree, format, leafEncoding });
    let folder = '';
    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'eligo-test-'));
    });
    after(() => rm(folder, { recursive: true }));

    const readPath = async (bytes: string | Uint8Array, options: Reading = {}) => {
      const path = join(folder, 'dump.json');
      await writeFile(path, bytes);
      return readAll('openzeppelin', '', { input: { path }, ...options });
    };

    it('reads a file twice, and hashes it once', async () => {
      for (const bytes of [turned, gzipSync(turned)]) {
        const digests: SourceDigest[] = [];
        const onDigest = (digest: SourceDigest) => void digests.push(digest);
        expect(await readPath(bytes, { onDigest })).to.deep.equal(RECORDS);
        expect(digests.map((digest) => digest.bytes)).to.deep.equal([BigInt(bytes.length)]);
      }
    });

    it('notices there, too, what differs', async () => {
      const changed = turned.replace('"5"', '"6"');
      expectExcluded((await readPath(changed))[1], 'bad-data');
      const short = JSON.stringify({ values: values.slice(1), tree, format, leafEncoding });
      await expectRefused(readPath(short), 1, /an entry for each leaf/);
    });

    it('refuses a stream, which can be read only once', async () => {
      expect(await read(DUMP)).to.deep.equal(RECORDS);
      await expectRefused(read(turned), 1, /values must come after the tree/);
    });

    it('notices a file that changes in between', async () => {
      const path = join(folder, 'dump.json');
      const padded = (space: string): string => turned.replace(/\}$/, `${space.repeat(900_000)}}`);
      await writeFile(path, padded(' '));
      const records = readSourceFile({
        input: { path },
        format: 'openzeppelin',
        schema: listSchema,
        units: { kind: 'base' },
        expiresAt: NEVER,
        now: NOW,
      });
      // The tree was read to the end for the first row; of the rows, the file's beginning.
      expect((await records.next()).value).to.deep.equal(RECORDS[0]);
      await writeFile(path, padded('\n'));
      const work = (async () => {
        for await (const record of records) expect(record.kind).to.equal('attest');
      })();
      expect((await rejected(work)).code).to.equal('FileUnavailable');
    });

    it('leaves no file behind', async () => {
      const { TMPDIR } = process.env;
      const own = await mkdtemp(join(folder, 'tmp-'));
      process.env['TMPDIR'] = own;
      try {
        expect(tmpdir()).to.equal(own);
        await read(DUMP);
        await rejected(read({ ...DUMP, format: 'x' }));
        expect(await readdir(own)).to.deep.equal([]);
      } finally {
        if (TMPDIR === undefined) delete process.env['TMPDIR'];
        else process.env['TMPDIR'] = TMPDIR;
      }
    });
  });
});
