/**
 * What a claim is worth, and whether the campaign still has it: the last checks of PROTOCOL.md section 5 before the proof.
 * @module
 */
import { EligoError } from '../errors.ts';
import type { Action } from '../protocol/statement.ts';

/**
 * What a claim pays: a fixed amount; the disclosed value times a unit; what a table has at the place of the disclosed
 * value, times a unit; or one note, the policy's step times a unit.
 */
export type AmountKind = 'fixed' | 'disclosed' | 'tiered' | 'metered';

/** How a campaign pays. */
export type Pay = {
  readonly amountKind: AmountKind;
  /** Base units: what a claim pays; where a value is disclosed, what each unit of it, or of its tier, pays. */
  readonly rate: bigint;
  /** Tiered: the table, by the disclosed value from 0; otherwise empty. */
  readonly tiers: readonly bigint[];
};

/** What there is to pay from, base units. */
export type Funds = {
  readonly budget: bigint;
  /** Of the cap on the present window; undefined = there is none. */
  readonly leftOfWindow?: bigint | undefined;
  /** Of the cap on the claim's period; undefined = there is none. */
  readonly leftOfPeriod?: bigint | undefined;
};

/**
 * What a claim pays, before the fee; nothing where its value is beyond the table.
 * @param disclosed what the claim discloses, u96
 * @returns base units
 * @example amountOf({ amountKind: 'tiered', rate: 10n, tiers: [0n, 5n] }, 1n) // 50n
 */
export function amountOf({ amountKind, rate, tiers }: Pay, disclosed: bigint): bigint {
  if (amountKind === 'disclosed') return rate * disclosed;
  if (amountKind !== 'tiered') return rate;
  // A place is looked up only where there is one: a u96 has no exact `number`.
  return disclosed < BigInt(tiers.length) ? rate * (tiers[Number(disclosed)] ?? 0n) : 0n;
}

/**
 * What a claim pays, if its action agrees and enough is left.
 * @returns base units, before the fee
 * @throws {FeeTooHigh} @throws {AmountTooLow} @throws {BudgetExceeded} checked in this order
 */
export function checkAmount(parameters: {
  readonly pay: Pay;
  /** What the claim discloses. */
  readonly disclosed: bigint;
  readonly action: Pick<Action, 'fee' | 'minAmount'>;
  readonly funds: Funds;
}): bigint {
  const { fee, minAmount } = parameters.action;
  const amount = amountOf(parameters.pay, parameters.disclosed);
  const left = leastOf(parameters.funds);
  const pays = `the claim pays ${amount.toString()}`;
  if (fee > amount) {
    const message = `${pays}, the fee is ${fee.toString()}`;
    throw new EligoError('FeeTooHigh', message, { fee, amount });
  }
  if (amount < minAmount) {
    const message = `${pays}, it asks for ${minAmount.toString()}`;
    throw new EligoError('AmountTooLow', message, { amount, minAmount });
  }
  if (amount > left) {
    const message = `${pays}, ${left.toString()} are left`;
    throw new EligoError('BudgetExceeded', message, { amount, left });
  }
  return amount;
}

/** Of the budget and of both caps, whichever has less. */
function leastOf({ budget, leftOfWindow = budget, leftOfPeriod = budget }: Funds): bigint {
  return [leftOfWindow, leftOfPeriod].reduce(
    (least, left) => (left < least ? left : least),
    budget,
  );
}
