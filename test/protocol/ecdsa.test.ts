import { expect } from 'chai';
import { concat, numberToHex, type Hex } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import {
  SECP256K1_ORDER,
  isCanonicalSignature,
  lowS,
  splitSignature,
} from '../../src/protocol/ecdsa.ts';

function join(r: bigint, s: bigint, v: number): Hex {
  return concat([numberToHex(r, { size: 32 }), numberToHex(s, { size: 32 }), numberToHex(v)]);
}

describe('protocol/ecdsa', () => {
  const half = SECP256K1_ORDER / 2n;

  describe('splitSignature', () => {
    it('takes the parts that an account signed, which are canonical', async () => {
      const account = privateKeyToAccount(`0x${'11'.repeat(32)}`);
      const signature = await account.sign({ hash: `0x${'22'.repeat(32)}` });
      const parts = splitSignature(signature)!;
      expect(join(parts.r, parts.s, parts.v)).to.equal(signature);
      expect(isCanonicalSignature(parts)).to.equal(true);
    });

    it('takes r and s from 1 to n - 1, and nothing beyond', () => {
      const last = SECP256K1_ORDER - 1n;
      expect(splitSignature(join(1n, 1n, 27))).to.deep.equal({ r: 1n, s: 1n, v: 27 });
      expect(splitSignature(join(last, last, 27))).to.deep.equal({ r: last, s: last, v: 27 });
      for (const bad of [0n, SECP256K1_ORDER, 2n ** 256n - 1n]) {
        expect(splitSignature(join(bad, 1n, 27))).to.equal(undefined);
        expect(splitSignature(join(1n, bad, 27))).to.equal(undefined);
      }
    });

    it('takes 65 bytes only', () => {
      const signature = join(1n, 1n, 27);
      expect(splitSignature(signature)).not.to.equal(undefined);
      const others = [signature.slice(0, -2), `${signature}00`, `${signature}0`, '0x', 'no hex'];
      for (const other of others) expect(splitSignature(other as Hex)).to.equal(undefined);
    });
  });

  describe('lowS', () => {
    it('keeps the lower half, and turns the upper half over', () => {
      expect([1n, half].map(lowS)).to.deep.equal([1n, half]);
      expect([half + 1n, SECP256K1_ORDER - 1n].map(lowS)).to.deep.equal([half, 1n]);
    });
  });

  describe('isCanonicalSignature', () => {
    it('refuses a high s, and any other v', () => {
      const passing = { r: 5n, s: half, v: 28 };
      expect(isCanonicalSignature(passing)).to.equal(true);
      expect(isCanonicalSignature({ ...passing, s: half + 1n })).to.equal(false);
      for (const v of [0, 1, 26, 29]) {
        expect(isCanonicalSignature({ ...passing, v })).to.equal(false);
      }
    });
  });
});
