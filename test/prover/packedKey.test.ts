import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { joinBytes } from '../../src/protocol/codec.ts';
import { PACKAGE_ARTIFACTS } from '../../src/prover/artifacts.ts';
import { packKey, withoutContributions } from '../../src/prover/packKey.ts';
import { expandKey } from '../../src/prover/packedKey.ts';
import { fromHex, sha256 } from '../../src/prover/sha256.ts';
import { makeRandom, seedOf } from '../support/circuits/random.ts';
import { makeZkey, u32 } from '../support/keyPoints.ts';
import { rejected } from '../support/world.ts';

const SEED = seedOf(2_400);

/** Where things are in a packed key of these sizes, which has 3 bits of infinity beyond each section's points. */
const SIZES = { wires: 13, publics: 2, rows: 16 } as const;
const AT = {
  version: 8,
  zkey: 12,
  expanded: 44,
  wires: 76,
  publics: 80,
  rows: 84,
  ic: 664,
} as const;

/** Bytes of a varint that says more than 31 bits. */
const TOO_MUCH = [0xff, 0xff, 0xff, 0xff, 0x0f];

describe(`prover/packedKey (seed ${SEED})`, () => {
  const random = makeRandom(SEED);
  let zkey: Uint8Array;
  let name: string;
  let packed: Uint8Array;
  before(async () => {
    zkey = makeZkey(random, SIZES);
    name = await sha256(zkey);
    packed = await packKey(zkey);
  });

  /** The packed key with other bytes from some place on, and the untouched one's expansion for comparison. */
  async function faultOf(changed: Uint8Array) {
    expect(await expandKey(packed, name)).to.deep.equal(withoutContributions(zkey));
    return rejected(expandKey(changed, name));
  }
  const put = (at: number, bytes: ArrayLike<number>): Uint8Array => {
    const copy = Uint8Array.from(packed);
    copy.set(bytes, at);
    return copy;
  };

  it("packs the package's zkey into at most 2.4 MB, and gives all but its contributions back", async () => {
    const [own, ownPacked] = await Promise.all(
      ['eligibility.zkey', 'eligibility.pk'].map((file) => readFile(join(PACKAGE_ARTIFACTS, file))),
    );
    expect(ownPacked!.length).to.be.below(2_400_000);
    const expanded = Buffer.from(await expandKey(ownPacked!, await sha256(own!)));
    expect(expanded.equals(withoutContributions(own!))).to.equal(true);
    // snarkjs puts the contributions last: the rest is the file's own bytes, but for the number of sections.
    expect(expanded.subarray(12).equals(own!.subarray(12, expanded.length))).to.equal(true);
    expect(expanded.readUInt32LE(8)).to.equal(own!.readUInt32LE(8) - 1);
  });

  it('does not change the zkey, and gives the same bytes again', async () => {
    const own = Buffer.from(zkey);
    expect(Buffer.from(await packKey(own)).equals(packed)).to.equal(true);
    expect(own.equals(zkey)).to.equal(true);
  });

  for (const sizes of [
    { wires: 1, publics: 0, rows: 2 },
    { wires: 2, publics: 1, rows: 2 },
    { wires: 8, publics: 7, rows: 4 },
    { wires: 33, publics: 0, rows: 64 },
  ]) {
    it(`packs and expands ${JSON.stringify(sizes)}`, async () => {
      const other = makeZkey(random, sizes);
      expect(await expandKey(await packKey(other), await sha256(other))).to.deep.equal(
        withoutContributions(other),
      );
    });
  }

  it('packs no zkey with a point that is none, with a number beyond its field, or cut off', async () => {
    const end = zkey.length - 16; // section 10
    for (const changed of [zkey.with(end - 1, 0xff), zkey.with(end - 40, zkey[end - 40]! ^ 1)]) {
      expect((await rejected(packKey(changed))).code).to.equal('ArtifactMismatch');
    }
    expect((await rejected(packKey(zkey.slice(0, -1)))).code).to.equal('InvalidInput');
    expect((await packKey(zkey)).length).to.equal(packed.length);
  });

  describe('when it is asked for another zkey', () => {
    it('says both hashes', async () => {
      const error = await rejected(expandKey(packed, 'ab'.repeat(32)));
      expect(error.code).to.equal('ArtifactMismatch');
      expect(error.data).to.deep.equal({ found: name, expected: 'ab'.repeat(32) });
    });
  });

  describe('given a truncated key', () => {
    it('says where it ends, wherever that is', async () => {
      for (let length = 0; length < packed.length; length += 1 + random.below(9)) {
        const error = await rejected(expandKey(packed.subarray(0, length), name));
        expect(error.code, `${length} bytes`).to.equal('ArtifactMismatch');
        expect(error.data['offset'], `${length} bytes`).to.be.a('number');
        expect(Number(error.data['offset']), `${length} bytes`).to.be.at.most(length);
      }
    });
  });

  describe('given a byte that is another', () => {
    it('is an error, whichever it is', async () => {
      for (let at = 0; at < packed.length; at += 1 + random.below(5)) {
        const flipped = packed.with(at, packed[at]! ^ (1 << random.below(8)));
        const error = await rejected(expandKey(flipped, name));
        expect(error.code, `byte ${at}`).to.equal('ArtifactMismatch');
      }
    });
    it('is an error, whatever the rest of the key is', async () => {
      for (let i = 0; i < 300; i++) {
        const at = random.below(packed.length);
        const noise = Uint8Array.from({ length: packed.length - at }, () => random.below(256));
        const error = await rejected(expandKey(put(at, noise), name));
        expect(error.code, `from byte ${at}`).to.equal('ArtifactMismatch');
      }
    });
  });

  describe('given one thing that it must not say', () => {
    const faults: Readonly<Record<string, readonly [number, readonly number[], RegExp]>> = {
      'another name': [0, [0x7a], /offset 0: it is no packed key/],
      'another version': [AT.version, [2], /offset 8: it has the version 2/],
      'more public signals than wires': [AT.publics, [13], /offset 80: 13 of 13 wires/],
      'wires without end': [AT.wires, [255, 255, 255, 255], /offset 84: it has not as many points/],
      'rows without end': [AT.rows, [255, 255, 255, 255], /offset 84: it has not as many points/],
      'a bit of infinity for no point': [AT.ic, [0x80], /offset 664: section 3 has bits without/],
      'another hash of what it expands to': [AT.expanded, [0, 0], /expands to something else/],
      'ones for a point': [AT.ic + 1, new Array<number>(32).fill(255), /offset 665: section 3/],
    };
    for (const [what, [at, bytes, words]] of Object.entries(faults)) {
      it(`names ${what}`, async () => {
        const error = await faultOf(put(at, bytes));
        expect(error.code).to.equal('ArtifactMismatch');
        expect(error.message).to.match(words);
      });
    }
    it('names bytes after its end', async () => {
      const error = await faultOf(joinBytes([packed, Uint8Array.of(0)]));
      expect(error.message).to.include('1 bytes follow the last section');
    });
  });

  describe('given coefficients that can not be', () => {
    /** A key for one wire and two rows with coefficients as told. */
    function withCoefficients(coefficients: readonly number[]): Uint8Array {
      const head = packed.slice(0, AT.ic);
      head.set(u32(1), AT.wires);
      head.set(u32(0), AT.publics);
      head.set(u32(2), AT.rows);
      // IC, A, B1 and B2 of one infinite point each, no C, H of two.
      const points = [Uint8Array.of(1), Uint8Array.of(1, 1, 1, 3)];
      return joinBytes([head, points[0]!, Uint8Array.from(coefficients), points[1]!]);
    }
    const VALUE = new Array<number>(32).fill(1);
    const GOOD = [
      ...[2, 0, 0, 0],
      ...[1, 0, 0, 0],
      ...VALUE,
      ...[0, 1],
      ...[5, 1],
      ...[0, 0],
      ...[0, 1],
    ];
    const COLUMNS = 40;

    it('takes those that can be, and then compares the hash', async () => {
      const key = withCoefficients(GOOD);
      const error = await rejected(expandKey(key, name));
      expect(error.message).to.include('expands to something else');
      key.set(fromHex(String(error.data['found'])), AT.expanded);
      const expanded = await expandKey(key, name);
      const section = expanded.indexOf(4, 12 + 3 * 12 + 4 + 660 + 64);
      const view = new DataView(expanded.buffer, section + 12);
      const row = (i: number) => [0, 4, 8].map((at) => view.getUint32(4 + 44 * i + at, true));
      expect([row(0), row(1)]).to.deep.equal([
        [0, 0, 0],
        [1, 1, 0],
      ]);
    });

    const change = (at: number, ...bytes: number[]): readonly number[] => [
      ...GOOD.slice(0, at),
      ...bytes,
      ...GOOD.slice(at + bytes.length),
    ];
    const faults: Readonly<Record<string, readonly [readonly number[], RegExp]>> = {
      'more than there is room for': [change(0, 255, 255, 255, 255), /4294967295 coefficients are/],
      'a dictionary without end': [change(4, 255, 255, 255, 255), /ends within the dictionary/],
      'a row beyond the domain': [change(COLUMNS, 8), /there is no row 2/],
      'a row before the first': [change(COLUMNS, 2), /there is no row -1/],
      'an empty run': [change(COLUMNS + 1, 0), /a run of 0 of the 2/],
      'a run that is too long': [change(COLUMNS + 1, 3), /a run of 3 of the 2/],
      'a wire that is not there': [change(COLUMNS + 4, 2), /there is no wire 1/],
      'a value that is not there': [change(COLUMNS + 6, 2), /the dictionary has no place 1/],
      'a value before the first': [change(COLUMNS + 6, 1), /the dictionary has no place -1/],
      'a varint of too many bits': [
        change(COLUMNS, ...TOO_MUCH),
        /no varint of at most 31 bits in the head of a run/,
      ],
      'a varint that is longer than it must be': [
        change(COLUMNS, 0x80, 0),
        /no varint of at most 31 bits in the head/,
      ],
    };
    for (const [what, [coefficients, words]] of Object.entries(faults)) {
      it(`names ${what}`, async () => {
        const error = await rejected(expandKey(withCoefficients(coefficients), name));
        expect(error.code).to.equal('ArtifactMismatch');
        expect(error.message).to.match(words);
        expect(error.data['offset']).to.be.a('number');
      });
    }
  });
});
