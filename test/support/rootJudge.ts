/**
 * Holds what a chain answered to a sequence against what a model says of it.
 * @module
 */
import { take } from './rootActs.ts';
import { beginHistory } from './rootModel.ts';
import { pictureOf, questionOf, type Picture, type Question } from './rootPicture.ts';
import type { Block, Sequence } from './rootSequence.ts';
import type { Step } from './rootSteps.ts';

/** What became of a block: of each step `taken` or the name of the error, and what could be read afterwards. */
export type Answer = { readonly outcomes: readonly string[]; readonly picture: Picture };

/** A sequence as it was played. */
export type Transcript = {
  readonly sequence: Sequence;
  readonly questions: readonly Question[];
  readonly answers: readonly Answer[];
};

/** The model, or one with a bug planted. */
export type Model = {
  readonly beginHistory: typeof beginHistory;
  readonly take: typeof take;
  readonly pictureOf: typeof pictureOf;
};

export const MODEL: Model = { beginHistory, take, pictureOf };

/** What to ask after each block of a sequence: every root that was ever published until then. */
export function questionsOn({ blocks }: Sequence): readonly Question[] {
  const past = beginHistory();
  return blocks.map(({ at, steps }) => {
    for (const step of steps) take(past, step, at);
    return questionOf(past);
  });
}

/** Where the chain and the model part first, in words; undefined if they don't. */
export function findDisagreement(transcript: Transcript, model: Model): string | undefined {
  const { sequence, questions, answers } = transcript;
  const past = model.beginHistory();
  for (const [i, block] of sequence.blocks.entries()) {
    const { outcomes, picture } = answers[i]!;
    const reasons = block.steps.map((step) => model.take(past, step, block.at));
    const odd = reasons.findIndex((names, j) => !agrees(names, outcomes[j]!));
    const where = `block ${i + 1}`;
    if (odd !== -1)
      return `${where}: ${outcomes[odd]!}; the model: ${reasons[odd]!.join(' or ') || 'taken'}\n${tell(block.steps[odd]!)}`;
    const expected = model.pictureOf(past, questions[i]!, block.at);
    for (const [name, facts] of expected)
      if (picture.get(name) !== facts)
        return `${where}: ${name}\n  contracts: ${picture.get(name) ?? 'nothing'}\n  model:     ${facts}`;
    if (picture.size !== expected.size) return `${where}: the contracts were asked for more`;
  }
  return undefined;
}

/** Of several things that are wrong with a step the contracts may name any. */
const agrees = (reasons: readonly string[], outcome: string): boolean =>
  reasons.length === 0 ? outcome === 'taken' : reasons.includes(outcome);

/** A sequence to be replayed by hand: a line for each step, with the block's second. */
export const tellAll = ({ blocks }: Sequence): string => blocks.map(tellBlock).join('\n');

const tellBlock = ({ at, steps }: Block, i: number): string =>
  [`block ${i + 1} at ${at.toString()}`, ...steps.map(tell)].join('\n');

const tell = (step: Step): string =>
  `  ${JSON.stringify(step, (_, value: unknown) => (typeof value === 'bigint' ? `${value.toString()}n` : value))}`;
