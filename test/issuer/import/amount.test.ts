import { expect } from 'chai';
import {
  amountRule,
  checkUnits,
  parseAmount,
  type Units,
} from '../../../src/issuer/import/amount.ts';
import { fc, thrown, uint } from '../../support/world.ts';

const BASE: Units = { kind: 'base' };
const SIX: Units = { kind: 'decimal', decimals: 6 };

describe('issuer/import/amount', () => {
  describe('given base units', () => {
    for (const [text, amount] of [
      ['0', 0n],
      ['1', 1n],
      ['400000000000000000000', 400n * 10n ** 18n],
      [(2n ** 96n - 1n).toString(), 2n ** 96n - 1n],
      [(2n ** 96n).toString(), 2n ** 96n],
    ] as const) {
      it(`reads ${text}`, () => {
        expect(parseAmount(text, BASE, false)).to.equal(amount);
      });
    }

    for (const text of [
      ...['', '-1', '+1', '-0', '1e18', '1E3', '0x10', '0X10', '10n', '1.0', '1.', '.1', '1,000'],
      ...[
        '1_000',
        ' 1',
        '1 ',
        '01',
        '00',
        'NaN',
        'Infinity',
        'ten',
        '١',
        '１',
        '1\n',
        '9'.repeat(79),
      ],
      '9'.repeat(1_000_000),
    ]) {
      it(`refuses ${JSON.stringify(text.slice(0, 80))}`, () => {
        expect(parseAmount('1', BASE, false)).to.equal(1n);
        expect(parseAmount(text, BASE, false)).to.equal(undefined);
      });
    }

    it('reads 0x and hex digits only where the source has them', () => {
      expect(parseAmount('0x15af1d78b58c400000', BASE, true)).to.equal(400n * 10n ** 18n);
      expect(parseAmount('0x00fF', BASE, true)).to.equal(255n);
      expect(parseAmount('0x15af1d78b58c400000', BASE, false)).to.equal(undefined);
      for (const text of ['0x', '0xg', '-0x1', '0X1', `0x${'0'.repeat(65)}`, 'ff'])
        expect(parseAmount(text, BASE, true), text).to.equal(undefined);
    });
  });

  describe('given decimals', () => {
    for (const [text, amount] of [
      ['0', 0n],
      ['1', 1_000_000n],
      ['1.5', 1_500_000n],
      ['0.000001', 1n],
      ['1.000000', 1_000_000n],
      ['79228162514264337593543.950336', 79228162514264337593543950336n],
    ] as const) {
      it(`reads ${text}`, () => {
        expect(parseAmount(text, SIX, false)).to.equal(amount);
      });
    }

    for (const text of [
      ...[
        '',
        '-1.5',
        '+1.5',
        '1.5e3',
        '0x10',
        '1.0000001',
        '1.',
        '.5',
        '1,5',
        '1.5.5',
        '01.5',
        ' 1.5',
      ],
      '1'.repeat(90),
    ]) {
      it(`refuses ${JSON.stringify(text)}`, () => {
        expect(parseAmount('1.5', SIX, false)).to.equal(1_500_000n);
        expect(parseAmount(text, SIX, true)).to.equal(undefined);
      });
    }

    it('reads integers only where there are none', () => {
      expect(parseAmount('5', { kind: 'decimal', decimals: 0 }, false)).to.equal(5n);
      expect(parseAmount('5.0', { kind: 'decimal', decimals: 0 }, false)).to.equal(undefined);
    });

    it('is the inverse of writing, to the base unit', () => {
      fc.assert(
        fc.property(uint(96), fc.integer({ min: 1, max: 77 }), (amount, decimals) => {
          const digits = amount.toString().padStart(decimals + 1, '0');
          const text = `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
          expect(parseAmount(text, { kind: 'decimal', decimals }, false)).to.equal(amount);
        }),
      );
    });

    it('refuses decimals that no amount has', () => {
      expect(checkUnits({ kind: 'decimal', decimals: 77 })).to.deep.include({ decimals: 77 });
      for (const decimals of [-1, 78, 1.5, NaN])
        expect(thrown(() => checkUnits({ kind: 'decimal', decimals })).message).to.match(/0 to 77/);
    });
  });

  it('says what an amount must be', () => {
    expect(amountRule(BASE, false)).to.match(/decimal digits$/);
    expect(amountRule(BASE, true)).to.match(/0x and hex digits$/);
    expect(amountRule(SIX, true)).to.match(/at most 6 digits/);
  });
});
