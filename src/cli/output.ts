/**
 * What a command says: with `--json` exactly one document on stdout, else prose; progress and warnings on stderr always.
 * @module
 */
import Table from 'cli-table3';
import { CommanderError } from 'commander';
import ora from 'ora';
import { EligoError, exitCodes, type ErrorData } from '../errors.ts';

/** Where a command's words go. */
export type Output = {
  /** The answer, once: the document with `--json`, else the lines. */
  readonly result: (document: object, lines: readonly string[]) => void;
  /** The answer was given: an error after it must not be a second document. */
  readonly answered: () => boolean;
  /** A line for people, on stderr. */
  readonly note: (line: string) => void;
  /** Runs one named piece of work, and shows on stderr that it runs. */
  readonly step: <T>(
    name: string,
    work: (say: (detail: string) => void) => Promise<T>,
  ) => Promise<T>;
};

/** @param options.json the answer is a document */
export function createOutput(options: { readonly json: boolean }): Output {
  let answered = false;
  return {
    answered: () => answered,
    result: (document, lines) => {
      answered = true;
      process.stdout.write(options.json ? toDocument(document) : toText(lines));
    },
    note: (line) => process.stderr.write(toText([line])),
    step: async (name, work) => {
      const spinner = ora({ text: printable(name), discardStdin: false }).start();
      try {
        const result = await work((detail) => {
          spinner.text = printable(`${name}: ${detail}`);
          // In a log nothing spins: each detail is a line.
          if (!spinner.isEnabled) process.stderr.write(toText([`- ${name}: ${detail}`]));
        });
        spinner.succeed(printable(name));
        return result;
      } catch (error) {
        spinner.fail(printable(name));
        throw error;
      }
    },
  };
}

/** Names and values under each other. */
export function facts(pairs: Readonly<Record<string, string | bigint | undefined>>): string[] {
  const present = Object.entries(pairs).filter(([, value]) => value !== undefined);
  const width = Math.max(...present.map(([name]) => name.length));
  return present.map(([name, value]) => `${name.padEnd(width)}  ${String(value)}`);
}

/** A table without colours: it ends up in files and in terminals alike. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const drawn = new Table({ head: [...head], style: { head: [], border: [] } });
  drawn.push(...rows.map((row) => [...row]));
  return drawn.toString();
}

/** Long numbers, with both ends left: for tables. */
export function shorten(value: bigint | string): string {
  const text = String(value);
  return text.length > 36 ? `${text.slice(0, 16)}…${text.slice(-12)}` : text;
}

/** A Unix time for people. */
export function moment(seconds: bigint): string {
  const date = new Date(Number(seconds) * 1000);
  return Number.isNaN(date.getTime())
    ? seconds.toString()
    : `${seconds.toString()} (${date.toISOString().replace('.000Z', 'Z')})`;
}

/** The keys in use let anybody forge: says so wherever they are used. */
export function warnOfKeys(output: Output, insecureDev: boolean): void {
  if (insecureDev) output.note('INSECURE-DEV keys: anybody can forge; for development only');
}

/** Says what went wrong. @returns the exit code */
export function reportError(error: unknown, options: { readonly json: boolean }): 0 | 1 | 2 | 3 {
  const failure = describe(error);
  if (!failure) return 0;
  const { code, message, data, exitCode } = failure;
  if (options.json) process.stdout.write(toDocument({ error: { code, message, data } }));
  else process.stderr.write(toText([`${code}: ${message}`]));
  if (process.env['ELIGO_DEBUG'] === '1' && error instanceof Error) {
    process.stderr.write(toText([error.stack ?? '']));
  }
  return exitCode;
}

type Failure = {
  readonly code: string;
  readonly message: string;
  readonly data: ErrorData;
  readonly exitCode: 1 | 2 | 3;
};

/** Undefined for what commander throws after it printed a help or a version that was asked for. */
function describe(error: unknown): Failure | undefined {
  if (error instanceof EligoError) {
    const { code, message, data } = error;
    return { code, message, data, exitCode: exitCodes[code] };
  }
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return undefined;
    const message =
      error.code === 'commander.help'
        ? 'a command is missing; --help lists them'
        : error.message.replace(/^error: /, '');
    return { code: 'InvalidInput', message, data: {}, exitCode: exitCodes.InvalidInput };
  }
  return { code: 'Unexpected', message: sentence(error), data: {}, exitCode: 3 };
}

/** The shortest true thing about an error that nobody foresaw. */
function sentence(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const short = (error as { readonly shortMessage?: unknown }).shortMessage;
  const text = typeof short === 'string' ? short : error.message;
  return text.split('\n')[0] ?? error.name;
}

/** Integers are decimal strings, as in every document of the protocol. */
function toDocument(document: object): string {
  const text = JSON.stringify(
    document,
    (_, value: unknown) =>
      typeof value === 'bigint' || typeof value === 'number' ? value.toString() : value,
    2,
  );
  return `${text}\n`;
}

function toText(lines: readonly string[]): string {
  return lines.map((line) => `${printable(line)}\n`).join('');
}

/** Documents come from strangers: their control characters must not steer a terminal. */
function printable(text: string): string {
  return text.replace(/[^\P{Cc}\n]/gu, '\u{fffd}');
}
