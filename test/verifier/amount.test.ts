import { expect } from 'chai';
import { MAX_VALUE } from '../../src/protocol/field.ts';
import { amountOf, checkAmount, type Pay } from '../../src/verifier/amount.ts';
import { fc, thrown, uint } from '../support/world.ts';

const pay = (changes: Partial<Pay> = {}): Pay => ({
  amountKind: 'fixed',
  rate: 100n,
  tiers: [],
  ...changes,
});

describe('verifier/amount', () => {
  describe('amountOf', () => {
    it('pays the rate where the amount is fixed, or a note, whatever is disclosed', () => {
      for (const amountKind of ['fixed', 'metered'] as const) {
        expect(amountOf(pay({ amountKind }), 0n)).to.equal(100n);
        expect(amountOf(pay({ amountKind }), MAX_VALUE)).to.equal(100n);
      }
    });

    it('pays the rate for each unit that is disclosed', () => {
      const disclosed = pay({ amountKind: 'disclosed' });
      expect(amountOf(disclosed, 0n)).to.equal(0n);
      expect(amountOf(disclosed, 7n)).to.equal(700n);
      expect(amountOf(disclosed, MAX_VALUE)).to.equal(100n * MAX_VALUE);
    });

    describe('given a table of tiers', () => {
      const tiered = pay({ amountKind: 'tiered', tiers: [0n, 5n, 2n ** 128n - 1n] });
      const amounts: readonly (readonly [bigint, bigint])[] = [
        [0n, 0n],
        [1n, 500n],
        [2n, 100n * (2n ** 128n - 1n)],
        [3n, 0n],
        [2n ** 53n + 1n, 0n],
        [MAX_VALUE, 0n],
      ];
      for (const [value, amount] of amounts) {
        it(`pays ${amount} for the value ${value}`, () => {
          expect(amountOf(tiered, value)).to.equal(amount);
        });
      }
    });
  });

  describe('checkAmount', () => {
    const check = (
      fee: bigint,
      minAmount: bigint,
      funds: Parameters<typeof checkAmount>[0]['funds'] = { budget: 100n },
    ): bigint => checkAmount({ pay: pay(), disclosed: 0n, action: { fee, minAmount }, funds });
    const refusal = (...input: Parameters<typeof check>) => {
      const { code, data } = thrown(() => check(...input));
      return { code, data };
    };

    it('gives the amount before the fee', () => {
      expect(check(0n, 0n)).to.equal(100n);
      expect(check(100n, 100n)).to.equal(100n);
    });

    it('refuses a fee above the amount', () => {
      expect(refusal(101n, 100n)).to.deep.equal({
        code: 'FeeTooHigh',
        data: { fee: 101n, amount: 100n },
      });
    });

    it('refuses less than the action asks for, whatever the fee', () => {
      expect(refusal(100n, 101n)).to.deep.equal({
        code: 'AmountTooLow',
        data: { amount: 100n, minAmount: 101n },
      });
    });

    const bounds = ['budget', 'leftOfWindow', 'leftOfPeriod'] as const;
    for (const bound of bounds) {
      it(`pays what is left by the ${bound}, and no more`, () => {
        const plenty = { budget: 1_000n, leftOfWindow: 1_000n, leftOfPeriod: 1_000n };
        expect(check(0n, 0n, { ...plenty, [bound]: 100n })).to.equal(100n);
        expect(refusal(0n, 0n, { ...plenty, [bound]: 99n })).to.deep.equal({
          code: 'BudgetExceeded',
          data: { amount: 100n, left: 99n },
        });
      });
    }

    it('takes a cap that is used up for one, and none for none', () => {
      expect(refusal(0n, 0n, { budget: 100n, leftOfWindow: 0n }).data).to.include({ left: 0n });
      expect(check(0n, 0n, { budget: 100n, leftOfWindow: undefined })).to.equal(100n);
    });

    it('names the fee before the amount, and the amount before the budget', () => {
      const none = { budget: 0n };
      expect(refusal(101n, 101n, none).code).to.equal('FeeTooHigh');
      expect(refusal(100n, 101n, none).code).to.equal('AmountTooLow');
      expect(refusal(100n, 100n, none).code).to.equal('BudgetExceeded');
    });

    it('never lets a fee or the least of what is left exceed the amount', () => {
      fc.assert(
        fc.property(uint(8), uint(8), uint(8), uint(8), (fee, minAmount, budget, leftOfWindow) => {
          const may = fee <= 100n && minAmount <= 100n && budget >= 100n && leftOfWindow >= 100n;
          let passed = true;
          try {
            check(fee, minAmount, { budget, leftOfWindow });
          } catch {
            passed = false;
          }
          expect(passed).to.equal(may);
        }),
      );
    });
  });
});
