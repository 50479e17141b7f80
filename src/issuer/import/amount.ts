/**
 * Amounts as sources write them, read exactly: no double ever holds one.
 * @module
 */
import { invalidInput } from '../../errors.ts';

/** What an amount of a source counts: base units, or whole tokens with at most so many digits after the point. */
export type Units =
  | { readonly kind: 'base' }
  | { readonly kind: 'decimal'; /** 0 to 77 */ readonly decimals: number };

const MAX_DECIMALS = 77;
const LONGEST_INTEGER = 78; // digits of 2^256 - 1
const INTEGER = /^(0|[1-9][0-9]*)$/;
const DECIMAL = /^(0|[1-9][0-9]*)(?:\.([0-9]+))?$/;
const HEX = /^0x[0-9a-fA-F]{1,64}$/;

/** @throws {InvalidInput} if there can't be so many decimals */
export function checkUnits(units: Units): Units {
  if (units.kind === 'base') return units;
  const { decimals } = units;
  if (Number.isInteger(decimals) && decimals >= 0 && decimals <= MAX_DECIMALS) return units;
  throw invalidInput('decimals', decimals, `must be an integer from 0 to ${MAX_DECIMALS}`);
}

/**
 * An amount in base units, or undefined if the text is none: a sign, an exponent, white space, separators of thousands,
 * leading zeros, or more digits after the point than the units have.
 * @param takesHex whether base units may be hex digits after 0x, as JSON sources have them
 * @example parseAmount('1.5', { kind: 'decimal', decimals: 6 }, false) // 1500000n
 */
export function parseAmount(text: string, units: Units, takesHex: boolean): bigint | undefined {
  if (units.kind === 'base') {
    const isNumber = (text.length <= LONGEST_INTEGER && INTEGER.test(text)) || isHex(text);
    return isNumber && (takesHex || !isHex(text)) ? BigInt(text) : undefined;
  }
  const { decimals } = units;
  if (text.length > LONGEST_INTEGER + 1 + decimals) return undefined;
  const [, whole, fraction = ''] = DECIMAL.exec(text) ?? [];
  if (whole === undefined || fraction.length > decimals) return undefined;
  return BigInt(whole + fraction.padEnd(decimals, '0'));
}

/** What an amount in such units must be, in words. */
export function amountRule(units: Units, takesHex: boolean): string {
  if (units.kind === 'base')
    return `must be an integer of base units, in decimal digits${takesHex ? ' or 0x and hex digits' : ''}`;
  return `must be a decimal number with at most ${units.decimals} digits after its point`;
}

function isHex(text: string): boolean {
  return HEX.test(text);
}
