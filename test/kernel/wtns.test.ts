import { expect } from 'chai';
import { readWitness } from '../../src/kernel/wtns.ts';
import { writeWitness } from '../support/circuits/wtns.ts';
import { patched, uint32, withSection } from '../support/kernel/files.ts';
import { R, toBytes } from '../support/kernel/scalars.ts';
import { thrown } from '../support/world.ts';

describe('kernel/wtns', () => {
  const witness = writeWitness([1n, 5n, R - 1n, 0n]);

  it('gives the values, as they are in the file', () => {
    const expected = Buffer.concat([1n, 5n, R - 1n, 0n].map(toBytes));
    expect(Buffer.from(readWitness(witness, 4))).to.deep.equal(expected);
    const version1 = patched(witness, 4, uint32(1));
    expect(Buffer.from(readWitness(version1, 4))).to.deep.equal(expected);
  });

  const faults: readonly (readonly [string, number | undefined, Uint8Array])[] = [
    ['an empty file', undefined, new Uint8Array()],
    ['another kind of file', undefined, patched(witness, 0, Buffer.from('zkey'))],
    ['a later version', undefined, patched(witness, 4, uint32(3))],
    ['a file that is cut off', 2, witness.slice(0, -1)],
    ['another field', 1, withSection(witness, 1, (content) => patched(content, 4, uint32(5)))],
    ['numbers of another size', 1, withSection(witness, 1, (c) => patched(c, 0, uint32(48)))],
    ['one value more', 1, writeWitness([1n, 5n, R - 1n, 0n, 3n])],
    ['one value less', 1, writeWitness([1n, 5n, R - 1n])],
    [
      'a header that counts one value more',
      1,
      withSection(witness, 1, (c) => patched(c, 36, uint32(5))),
    ],
    ['values that are cut off', 2, withSection(witness, 2, (content) => content.subarray(0, 96))],
    ['no values', 2, withSection(witness, 2, () => undefined)],
    ['no header', 1, withSection(witness, 1, () => undefined)],
    ['a first value of 0', 2, writeWitness([0n, 5n, R - 1n, 0n])],
    ['a first value of 2', 2, writeWitness([2n, 5n, R - 1n, 0n])],
    ['an alias, r + 1 for 1', 2, writeWitness([R + 1n, 5n, R - 1n, 0n])],
    ['r', 2, writeWitness([1n, 5n, R, 0n])],
    ['an alias, r + 5', 2, writeWitness([1n, R + 5n, R - 1n, 0n])],
    ['2^256 - 1', 2, writeWitness([1n, 5n, R - 1n, 2n ** 256n - 1n])],
  ];
  for (const [name, section, file] of faults)
    it(`refuses ${name}`, () => {
      expect(readWitness(witness, 4)).to.have.length(128);
      const error = thrown(() => readWitness(file, 4));
      expect(error.code).to.equal('InvalidInput');
      expect(error.data).to.include({ file: 'witness', section });
      expect(error.data).not.to.have.property('value');
    });
});
