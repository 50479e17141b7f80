/** contracts/adapters/README.md shows the examples that are compiled, and TypeScript that runs. */
import { expect } from 'chai';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';

const folder = resolve(import.meta.dirname, '../../../contracts');
const EXAMPLES = ['MemberStatements', 'MemberReviews', 'VerifiedUnlocks', 'MembersPortal'];

describe('contracts/adapters/README.md', () => {
  it('shows the examples that are compiled here, word for word', async () => {
    const readme = await readFile(resolve(folder, 'adapters/README.md'), 'utf8');
    const blocks = [...readme.matchAll(/```solidity\n([\s\S]*?)```/g)].map(([, text]) => text);
    const sources = EXAMPLES.map((name) =>
      readFile(resolve(folder, `examples/${name}.sol`), 'utf8'),
    );
    expect(blocks).to.deep.equal(await Promise.all(sources));
  });
});
