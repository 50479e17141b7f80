import { inspect } from 'node:util';
import { expect } from 'chai';
import {
  FIELD_ORDER,
  HIDDEN_INDEX,
  MAX_VALUE,
  NEVER,
  bytesToField,
  fieldToBytes,
  platformRandom,
  randomBytes,
  randomField,
  reduceWide,
  toField,
  toInteger,
  toSecretField,
  toTime,
  toUint,
} from '../../src/protocol/field.ts';
import { fc, readVectors, thrown, uint } from '../support/world.ts';

const r = FIELD_ORDER;

type Reductions = {
  readonly reductions: readonly { readonly bytes: string; readonly reduced: string }[];
};

describe('protocol/field', () => {
  it('holds the constants of the page', () => {
    expect(r).to.equal(
      21888242871839275222246405745257275088548364400416034343698204186575808495617n,
    );
    expect(NEVER).to.equal(1_099_511_627_775n);
    expect(MAX_VALUE).to.equal(79_228_162_514_264_337_593_543_950_335n);
    expect(HIDDEN_INDEX).to.equal(4_294_967_295n);
  });

  describe('toField', () => {
    for (const edge of [0n, 1n, 2n ** 248n, r - 1n]) {
      it(`takes ${edge.toString()}, as a number and as text`, () => {
        expect(toField(edge, 'x')).to.equal(edge);
        expect(toField(edge.toString(), 'x')).to.equal(edge);
      });
    }
    for (const edge of [r, r + 1n, 2n * r - 1n, 2n ** 254n, 2n ** 256n - 1n, -1n]) {
      it(`refuses ${edge.toString()}`, () => {
        expect(thrown(() => toField(edge, 'x')).code).to.equal('InvalidInput');
        expect(thrown(() => toField(edge.toString(), 'x')).code).to.equal('InvalidInput');
      });
    }

    it('refuses the aliases x + r and x + 2r of everything it takes', () => {
      fc.assert(
        fc.property(fc.bigInt({ min: 0n, max: r - 1n }), (x) => {
          expect(toField(x, 'x')).to.equal(x);
          expect(thrown(() => toField(x + r, 'x')).data['field']).to.equal('x');
          expect(thrown(() => toField((x + 2n * r).toString(), 'x')).code).to.equal('InvalidInput');
        }),
      );
    });
  });

  describe('toUint', () => {
    for (const bits of [8, 32, 40, 96, 128, 168, 256]) {
      const max = 2n ** BigInt(bits) - 1n;
      it(`takes 0, 1 and 2^${bits} - 1, and refuses 2^${bits}`, () => {
        for (const edge of [0n, 1n, max]) expect(toUint(edge, 'n', bits)).to.equal(edge);
        const error = thrown(() => toUint(max + 1n, 'n', bits));
        expect(error.message).to.equal(
          `n is ${(max + 1n).toString()}: must be an integer from 0 to 2^${bits} - 1, as a bigint or decimal digits`,
        );
      });
    }

    it('takes a time up to NEVER', () => {
      expect(toTime(NEVER, 't')).to.equal(NEVER);
      expect(thrown(() => toTime(NEVER + 1n, 't')).data['field']).to.equal('t');
    });

    it('takes what an integer reads as, and nothing that reads like one', () => {
      expect(toUint('7', 'n', 8)).to.equal(7n);
      const others = [
        '',
        ' 7',
        '7 ',
        '07',
        '+7',
        '-7',
        '7.0',
        '7e0',
        '0x7',
        '7n',
        '٧',
        '1_0',
        7,
        7.5,
        NaN,
        true,
        null,
        undefined,
        [7n],
        {},
      ];
      for (const other of others) {
        expect(thrown(() => toUint(other, 'n', 8)).code, typeof other).to.equal('InvalidInput');
      }
    });

    it('reads no text longer than the digits of 2^256 - 1', () => {
      expect(toUint('9'.repeat(77), 'n', 256)).to.equal(10n ** 77n - 1n);
      expect(thrown(() => toUint('1'.repeat(1_000_000), 'n', 256)).message.length).to.be.below(300);
    });

    it('takes every integer of its width', () => {
      fc.assert(
        fc.property(
          fc.integer({ min: 1, max: 256 }).chain((bits) => fc.tuple(fc.constant(bits), uint(bits))),
          ([bits, n]) => {
            expect(toUint(n.toString(), 'n', bits)).to.equal(n);
          },
        ),
      );
    });

    it('knows a lower bound', () => {
      expect(toInteger(1n, 'n', 9n, 1n)).to.equal(1n);
      expect(thrown(() => toInteger(0n, 'n', 9n, 1n)).message).to.include('from 1 to 9');
    });
  });

  describe('toSecretField', () => {
    it('takes 1 and r - 1', () => {
      expect(toSecretField(1n, 'secret')).to.equal(1n);
      expect(toSecretField((r - 1n).toString(), 'secret')).to.equal(r - 1n);
    });

    for (const secret of [
      0n,
      r,
      r + 123_456_789n,
      -123_456_789n,
      '0123456789',
      '0x123456789',
      123_456_789,
      {},
    ]) {
      it(`refuses ${inspect(secret)} and doesn't repeat it`, () => {
        const error = thrown(() => toSecretField(secret, 'secret'));
        expect(error.code).to.equal('InvalidInput');
        expect(error.message).to.equal(
          'secret must be a field element from 1 to r - 1, as a bigint or decimal digits',
        );
        expect(error.data['value']).to.equal(undefined);
        expect(error.cause).to.equal(undefined);
      });
    }
  });

  describe('fieldToBytes and bytesToField', () => {
    const hexOf = (value: bigint): string => value.toString(16).padStart(64, '0');
    const bytesOf = (value: bigint): Uint8Array => Buffer.from(hexOf(value), 'hex');

    for (const edge of [0n, 1n, 2n ** 64n - 1n, 2n ** 64n, 2n ** 128n, 2n ** 248n, r - 1n]) {
      it(`write ${edge.toString()} as 32 bytes, big-endian, and read it back`, () => {
        const bytes = fieldToBytes(toField(edge, 'x'));
        expect(Buffer.from(bytes).toString('hex')).to.equal(hexOf(edge));
        expect(bytesToField(bytes, 'x')).to.equal(edge);
      });
    }

    it('write and read every field element, wherever its bytes stand in their buffer', () => {
      fc.assert(
        fc.property(fc.bigInt({ min: 0n, max: r - 1n }), fc.nat(9), (x, offset) => {
          const bytes = fieldToBytes(toField(x, 'x'));
          expect(Buffer.from(bytes).toString('hex')).to.equal(hexOf(x));
          const inside = new Uint8Array(offset + 40).fill(0xff);
          inside.set(bytes, offset);
          expect(bytesToField(inside.subarray(offset, offset + 32), 'x')).to.equal(x);
        }),
      );
    });

    for (const alias of [r, r + 1n, 2n * r, 2n ** 256n - 1n]) {
      it(`refuse ${alias.toString()}, and don't repeat it`, () => {
        expect(bytesToField(bytesOf(r - 1n), 'x')).to.equal(r - 1n);
        const error = thrown(() => bytesToField(bytesOf(alias), 'x'));
        expect(error.message).to.equal(
          'x must be a field element below r, as 32 bytes, big-endian',
        );
      });
    }

    for (const length of [0, 31, 33, 64]) {
      it(`refuse ${length} bytes`, () => {
        expect(bytesToField(new Uint8Array(32), 'x')).to.equal(0n);
        const error = thrown(() => bytesToField(new Uint8Array(length), 'x'));
        expect([error.code, error.data['field']]).to.deep.equal(['InvalidInput', 'x']);
      });
    }
  });

  describe('reduceWide', () => {
    for (const { bytes, reduced } of (readVectors('identity') as Reductions).reductions) {
      it(`reduces ${bytes.slice(0, 12)}…${bytes.slice(-8)} as the vectors say`, () => {
        expect(reduceWide(Buffer.from(bytes.slice(2), 'hex')).toString()).to.equal(reduced);
      });
    }
  });

  describe('randomBytes', () => {
    it('gives what the source gives, and refuses fewer bytes or more', () => {
      const source = (given: number) => () => new Uint8Array(given).fill(9);
      expect(randomBytes(source(32), 32)).to.deep.equal(new Uint8Array(32).fill(9));
      for (const given of [0, 31, 33]) {
        const error = thrown(() => randomBytes(source(given), 32));
        expect(error.message).to.equal(`random is ${given}: must give 32 bytes`);
      }
    });
  });

  describe('randomField', () => {
    it('asks for 64 bytes', () => {
      const asked: number[] = [];
      randomField((length) => {
        asked.push(length);
        return new Uint8Array(length);
      });
      expect(asked).to.deep.equal([64]);
    });

    it('refuses a source that gives fewer bytes than it was asked for', () => {
      expect(randomField((length) => new Uint8Array(length).fill(9)) > 2n ** 200n).to.equal(true);
      expect(thrown(() => randomField(() => new Uint8Array(8).fill(9))).data['field']).to.equal(
        'random',
      );
    });

    it("draws from the platform's source, which doesn't repeat itself", () => {
      const drawn = new Set(Array.from({ length: 100 }, () => randomField()));
      expect(drawn.size).to.equal(100);
      expect(platformRandom(64)).to.have.lengthOf(64);
    });
  });
});
