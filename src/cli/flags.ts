/**
 * What verbs read from their flags beside numbers: choices, flags that exclude each other, spans and times, evidence.
 * @module
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { Hex } from 'viem';
import { invalidInput } from '../errors.ts';
import { isHex } from '../protocol/evm.ts';
import { NEVER, toTime } from '../protocol/field.ts';
import type { Flags } from './verb.ts';

const UNITS: Readonly<Record<string, bigint>> = {
  s: 1n,
  m: 60n,
  h: 3_600n,
  d: 86_400n,
  w: 604_800n,
};

/** Unix seconds now. */
export function clock(): bigint {
  return BigInt(Math.floor(Date.now() / 1000));
}

/**
 * A time that is to come: Unix seconds, or so long from now, such as `30d`.
 * @throws {InvalidInput}
 */
export function deadlineFlag(flags: Flags, flag: string, now: bigint): bigint {
  const text = flags.text(flag);
  const [, count, unit = ''] = /^([1-9][0-9]{0,8})([smhdw])$/.exec(text) ?? [];
  const seconds = UNITS[unit];
  const deadline =
    count === undefined || seconds === undefined
      ? readTime(text, flag)
      : toTime(now + BigInt(count) * seconds, flag);
  if (deadline <= now) throw invalidInput(flag, text, 'must be in the future');
  return deadline;
}

/**
 * A span: seconds, or such as `7d`; where it may, `never`.
 * @throws {InvalidInput}
 */
export function spanFlag(
  flags: Flags,
  flag: string,
  { min, never }: { readonly min: bigint; readonly never: boolean },
): bigint {
  const text = flags.text(flag);
  if (never && text === 'never') return NEVER;
  const [, count, unit] = /^(0|[1-9][0-9]{0,12})([smhdw]?)$/.exec(text) ?? [];
  const span = count === undefined ? -1n : BigInt(count) * (UNITS[unit || 's'] ?? 0n);
  if (span >= min && span < NEVER) return span;
  const words = `must be seconds, ${min.toString()} or more and below 2^40-1, or such as 7d or 12h`;
  throw invalidInput(flag, text, never ? `${words}, or never` : words);
}

function readTime(text: string, flag: string): bigint {
  if (/^[0-9]+$/.test(text)) return toTime(text, flag);
  throw invalidInput(
    flag,
    text,
    'must be Unix seconds, or a time from now such as 30d, 12h or 90m',
  );
}

/** What a flag says, of a closed list. @throws {InvalidInput} */
export function choiceFlag<const Choice extends string>(
  flags: Flags,
  flag: string,
  choices: readonly Choice[],
): Choice {
  const text = flags.text(flag);
  const choice = choices.find((known) => known === text);
  if (choice !== undefined) return choice;
  throw invalidInput(flag, text, `must be one of ${choices.join(', ')}`);
}

/** Refuses flags that make no sense beside another. @throws {InvalidInput} */
export function refuseBeside(flags: Flags, flag: string, others: readonly string[]): void {
  const other = others.find((name) => isGiven(flags, name));
  if (other !== undefined) throw invalidInput(other, undefined, `can't go with ${flag}`);
}

/** Refuses flags that make no sense without another. @throws {InvalidInput} */
export function refuseWithout(flags: Flags, flag: string, others: readonly string[]): void {
  const other = others.find((name) => isGiven(flags, name));
  if (other !== undefined) throw invalidInput(other, undefined, `goes with ${flag}`);
}

function isGiven(flags: Flags, name: string): boolean {
  return flags.find(name) !== undefined || flags.on(name);
}

/** The one of these flags that was given. @throws {InvalidInput} if none was, or several were */
export function oneOf<const Flag extends string>(flags: Flags, choices: readonly Flag[]): Flag {
  const [first, second] = choices.filter((flag) => isGiven(flags, flag));
  if (first === undefined)
    throw invalidInput(choices[0] ?? '', 'missing', `one of ${choices.join(', ')} is needed`);
  if (second !== undefined) throw invalidInput(second, undefined, `can't go with ${first}`);
  return first;
}

/**
 * Evidence: a file, by its sha256, or 0x and that hash itself.
 * @returns undefined if the flag wasn't given
 * @throws {InvalidInput}
 */
export async function evidenceFlag(flags: Flags, flag: string): Promise<Hex | undefined> {
  const text = flags.find(flag);
  if (text?.startsWith('0x') !== true)
    return text === undefined ? undefined : hashFile(flags, flag);
  if (isHex(text) && text.length === 66 && BigInt(text) > 0n) return text.toLowerCase() as Hex;
  const rule = 'must be a file, or its sha256: 0x and 64 hex digits, not all 0';
  throw invalidInput(flag, text, rule);
}

/** The sha256 of a file of any length. @throws {InvalidInput} if it can't be read */
export async function hashFile(flags: Flags, flag: string): Promise<Hex> {
  const path = flags.text(flag);
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
    throw invalidInput(flag, path, `must be a file that can be read (${code})`);
  }
  return `0x${hash.digest('hex')}`;
}
