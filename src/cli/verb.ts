/**
 * A verb of the command line: its flags, its example, and how its action reads the flags.
 * @module
 */
import type { Command } from 'commander';
import { invalidInput } from '../errors.ts';
import { toField, toInteger, toTime, toUint, type Field } from '../protocol/field.ts';
import type { Files } from './files.ts';
import type { Output } from './output.ts';

/** What an action has to work with. */
export type Context = Output & Files & { readonly flags: Flags };

/** The flags of one call, by the name that people write, such as `--out`. */
export type Flags = {
  /** @throws {InvalidInput} if it wasn't given, or is empty */
  readonly text: (flag: string) => string;
  readonly find: (flag: string) => string | undefined;
  readonly on: (flag: string) => boolean;
  /** The values of a flag that takes several, such as `--manifest <files...>`. */
  readonly all: (flag: string) => readonly string[];
};

/** A verb. The keys of `required` and `optional` are flags as commander writes them: `--out <file>`. */
export type Verb = {
  readonly name: string;
  readonly summary: string;
  readonly required?: Readonly<Record<string, string>>;
  readonly optional?: Readonly<Record<string, string>>;
  /** What a reader could type next, without the `eligo`. */
  readonly example: string;
  readonly act: (context: Context) => Promise<void>;
};

/** What every verb is given beside its flags. */
export type Surroundings = Output & Files;

/** Adds a verb to its noun. */
export function addVerb(noun: Command, around: Surroundings, verb: Verb): void {
  fillVerb(noun.command(verb.name).description(verb.summary), around, verb);
}

/** Makes a command that has its name and summary do what a verb does. */
export function fillVerb(
  command: Command,
  around: Surroundings,
  verb: Omit<Verb, 'name' | 'summary'>,
): void {
  for (const [flag, meaning] of Object.entries(verb.required ?? {})) {
    command.requiredOption(flag, meaning);
  }
  for (const [flag, meaning] of Object.entries(verb.optional ?? {})) command.option(flag, meaning);
  command.option('--json', 'one document on stdout, all else on stderr');
  command.addHelpText('after', `\nExample:\n  $ eligo ${verb.example}`);
  command.action((values: Readonly<Record<string, unknown>>) =>
    verb.act({ ...around, flags: readFlags(values) }),
  );
}

function readFlags(values: Readonly<Record<string, unknown>>): Flags {
  const find = (flag: string): string | undefined => {
    const value = values[propertyOf(flag)];
    return typeof value === 'string' ? value : undefined;
  };
  return {
    find,
    text: (flag) => {
      const value = find(flag);
      if (value === undefined) throw invalidInput(flag, 'missing', 'is needed here');
      if (value === '') throw invalidInput(flag, value, 'must not be empty');
      return value;
    },
    on: (flag) => values[propertyOf(flag)] === true,
    all: (flag) => {
      const value = values[propertyOf(flag)];
      return Array.isArray(value) ? value.map(String) : [];
    },
  };
}

/** `--claim-index` is kept by commander as `claimIndex`. */
function propertyOf(flag: string): string {
  return flag.replace(/^--/, '').replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** An integer flag of `bits` bits. @throws {InvalidInput} */
export function uintFlag(flags: Flags, flag: string, bits: number): bigint | undefined {
  const text = flags.find(flag);
  return text === undefined ? undefined : toUint(text, flag, bits);
}

/** An integer flag between bounds, both included. @throws {InvalidInput} */
export function integerFlag(
  flags: Flags,
  flag: string,
  bounds: { readonly min: bigint; readonly max: bigint },
): bigint | undefined {
  const text = flags.find(flag);
  return text === undefined ? undefined : toInteger(text, flag, bounds.max, bounds.min);
}

/** A time flag: Unix seconds; now if it wasn't given. @throws {InvalidInput} */
export function timeFlag(flags: Flags, flag: string): bigint {
  return toTime(flags.find(flag) ?? BigInt(Math.floor(Date.now() / 1000)), flag);
}

/** A field element as a flag or a line of a file has it: decimal, or hex with 0x. @throws {InvalidInput} */
export function fieldText(text: string, name: string): Field {
  return toField(/^0x[0-9a-fA-F]{1,64}$/.test(text) ? BigInt(text) : text, name);
}

/** What is added to each verb that writes a file. */
export const FORCE = { '--force': 'replace what is there' } as const;
