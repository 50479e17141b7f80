/**
 * Tells the demonstration: one row a step with what was expected, what happened, the time and the gas.
 * @module
 */
import Table from 'cli-table3';
import ora from 'ora';
import { EligoError, type ErrorCode } from '../../src/errors.ts';

/** What a step says of itself, and what it gives to later ones. */
export type Told<T> = {
  readonly what: string;
  readonly gas?: bigint | undefined;
  readonly result?: T;
};

/** The story so far. */
export type Story = {
  /** Tells a step. A step that throws ends the story. */
  readonly step: <T = undefined>(
    chapter: string,
    title: string,
    work: () => Promise<Told<T>>,
  ) => Promise<T>;
  /** Tells a step that must be refused by that name. */
  readonly refused: (
    chapter: string,
    title: string,
    code: ErrorCode,
    work: () => Promise<unknown>,
  ) => Promise<void>;
  /** The table of all steps. */
  readonly table: () => string;
};

/** Begins a story. Progress goes to stderr. */
export function beginStory(): Story {
  const table = new Table({
    head: ['', 'step', 'what happened', 'time', 'gas'],
    colAligns: ['left', 'left', 'left', 'right', 'right'],
    colWidths: [3, 52, 74, 9, 12],
    chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
    wordWrap: true,
    style: { head: [], border: [] },
  });
  const step: Story['step'] = async (chapter, title, work) => {
    const spinner = ora({ text: title }).start();
    const began = performance.now();
    try {
      const { what, gas, result } = await work();
      const time = `${((performance.now() - began) / 1000).toFixed(2)} s`;
      table.push([
        chapter,
        title,
        what,
        time,
        gas === undefined ? '' : Number(gas).toLocaleString('en'),
      ]);
      spinner.succeed(`${title}: ${what}`);
      return result as never;
    } catch (error) {
      spinner.fail(title);
      throw error;
    }
  };
  return {
    step,
    refused: (chapter, title, code, work) =>
      step(chapter, title, async () => {
        const { message, data } = await refusalOf(code, work);
        return { what: `refused: ${code}${data['clause'] === undefined ? '' : `, ${message}`}` };
      }),
    table: () => table.toString(),
  };
}

/** Runs what must be refused by that name. @throws {Error} if it isn't, or by another */
export async function refusalOf(
  code: ErrorCode,
  work: () => Promise<unknown>,
): Promise<EligoError> {
  try {
    await work();
  } catch (error) {
    if (error instanceof EligoError && error.code === code) return error;
    throw new Error(
      `expected ${code}, found ${error instanceof EligoError ? error.code : String(error)}`,
      { cause: error },
    );
  }
  throw new Error(`expected ${code}, nothing was refused`);
}
