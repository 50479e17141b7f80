/** contracts/adapters/README.md shows the examples that are compiled, and contracts/README.md names who may call what (S32). */
import { expect } from 'chai';
import { readFile, readdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { adapterContracts } from '../../support/adapters.ts';
import { readArtifact } from '../../support/contracts.ts';

const folder = resolve(import.meta.dirname, '../../../contracts');
const EXAMPLES = ['MemberStatements', 'MemberReviews', 'VerifiedUnlocks', 'MembersPortal'];
const INVENTORY = ['Adapter.sol', 'README.md', 'interfaces'];

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

describe('contracts/README.md: roles and powers of the adapters', () => {
  before(async function () {
    this.timeout(600_000);
    await adapterContracts();
  });

  it('names every function that changes something, and no other', async () => {
    const readme = await readFile(resolve(folder, 'README.md'), 'utf8');
    const files = (await readdir(resolve(folder, 'adapters'))).filter(
      (file) => !INVENTORY.includes(file),
    );
    expect(files).to.have.length(4);
    for (const name of files.map((file) => file.replace('.sol', ''))) {
      const rows = readme.split('\n').filter((line) => line.startsWith(`| ${name} |`));
      const named = rows.flatMap((row) =>
        [...row.split('|')[2]!.matchAll(/`(\w+)`/g)].map(([, verb]) => verb),
      );
      const { abi } = await readArtifact(await adapterContracts(), name);
      const changing = abi.flatMap((item) =>
        item.type === 'function' && !['view', 'pure'].includes(item.stateMutability)
          ? [item.name]
          : [],
      );
      expect(named.sort(), name).to.deep.equal([...new Set(changing)].sort());
    }
  });
});
