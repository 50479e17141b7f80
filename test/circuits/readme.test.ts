/**
 * The protocol page holds: its tables are the code's.
 */
import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { FIELD_ORDER } from '../../src/protocol/field.ts';
import { PARTIAL_ROUNDS } from '../../src/protocol/poseidonConstants.ts';
import { SIGNALS } from '../../src/protocol/statement.ts';
import { readInstances } from '../../scripts/circuits.ts';

const page = await readFile(new URL('../../circuits/README.md', import.meta.url), 'utf8');

/** The cells of every table row that begins with this. */
function rows(begin: RegExp): string[][] {
  return page
    .split('\n')
    .filter((line) => begin.test(line))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

describe('circuits/README.md', () => {
  it('lists the public signals in the order of the code', () => {
    const listed = rows(/^\| [0-4] \|/).map(([, name = '']) => name.replaceAll('`', ''));
    expect(listed).to.deep.equal([...SIGNALS]);
  });

  it('lists one arity for each kind of object, and hash.ts uses exactly those', async () => {
    const listed = rows(/\| \d+ \|$/).map((cells) => Number(cells.at(-1)));
    const code = await readFile(new URL('../../src/protocol/hash.ts', import.meta.url), 'utf8');
    const used = [...code.matchAll(/poseidon\((\d+), /g)].map(([, arity]) => Number(arity));
    expect(listed).to.deep.equal([1, 2, 3, 4, 9, 15]);
    expect(used).to.deep.equal(listed);
    expect(Object.keys(PARTIAL_ROUNDS).map(Number)).to.deep.equal(listed);
  });

  it('gives the order of the field', () => {
    expect(page).to.include(FIELD_ORDER.toString());
  });

  it('gives the number of constraints', async () => {
    const { eligibility } = await readInstances();
    expect(page).to.include(`**${eligibility!.constraints.toLocaleString('en')} constraints**`);
  });
});
