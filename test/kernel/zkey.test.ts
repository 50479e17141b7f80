import { expect } from 'chai';
import { loadKernel } from '../../src/kernel/kernel.ts';
import { createProvingKey, type ProvingKey } from '../../src/kernel/provingKey.ts';
import { FP } from '../../scripts/kernel/numbers.ts';
import { fileOf, patched, sectionsOf, uint32, withSection } from '../support/kernel/files.ts';
import { loadTestKey } from '../support/kernel/keys.ts';
import { R, toBytes } from '../support/kernel/scalars.ts';
import { rejected } from '../support/world.ts';

/** Where the header has its counts, and its points. */
const AT = { q: 4, r: 40, wires: 72, publics: 76, rows: 80, alpha1: 84, delta2: 84 + 448 } as const;

describe('kernel/zkey', () => {
  let zkey: Uint8Array;

  before(async () => {
    ({ zkey } = await loadTestKey('chain', 500));
  });

  const load = async (file: Uint8Array): Promise<ProvingKey> =>
    createProvingKey(await loadKernel('i64'), file);

  it('reads sizes, and takes a key whatever else is in the file', async () => {
    const key = await load(zkey);
    expect(key).to.include({ publics: 2, rows: 512 });
    const without10 = withSection(zkey, 10, () => undefined);
    expect(await load(without10)).to.include({ wires: key.wires });
    const reordered = fileOf(zkey, [...sectionsOf(zkey)].reverse());
    expect(await load(reordered)).to.include({ wires: key.wires });
  });

  /** Changes one thing of the key; says the section that the error must name. */
  const faults: readonly (readonly [
    string,
    number | undefined,
    (file: Uint8Array) => Uint8Array,
  ])[] = [
    ['an empty file', undefined, () => new Uint8Array()],
    ['another kind of file', undefined, (file) => patched(file, 0, Buffer.from('wtns'))],
    ['another version', undefined, (file) => patched(file, 4, uint32(2))],
    ['one section more than there is', undefined, (file) => patched(file, 8, uint32(99))],
    ['bytes behind the last section', undefined, (file) => Buffer.concat([file, uint32(0)])],
    [
      'a section twice',
      9,
      (file) => fileOf(file, [...sectionsOf(file), sectionsOf(file).find(([id]) => id === 9)!]),
    ],
    ['another protocol', 1, (file) => withSection(file, 1, () => uint32(2))],
    ['another base field', 2, (file) => header(file, AT.q, uint32(5))],
    ['another scalar field', 2, (file) => header(file, AT.r, uint32(5))],
    ['primes of another size', 2, (file) => header(file, 0, uint32(48))],
    ['a header cut off', 2, (file) => withSection(file, 2, (content) => content.subarray(0, 70))],
    ['a header too long', 2, (file) => withSection(file, 2, (c) => Buffer.concat([c, uint32(0)]))],
    ['a domain that is no power of two', 2, (file) => header(file, AT.rows, uint32(500))],
    ['no domain', 2, (file) => header(file, AT.rows, uint32(0))],
    ['a domain of one', 2, (file) => header(file, AT.rows, uint32(1))],
    ['a domain too large', 2, (file) => header(file, AT.rows, uint32(2 ** 18))],
    ['more public signals than wires', 2, (file) => header(file, AT.publics, uint32(5_000))],
    ['too many wires', 2, (file) => header(file, AT.wires, uint32(2 ** 20))],
    ['one wire more than points', 5, (file) => header(file, AT.wires, uint32(504))],
    ['one public signal less', 8, (file) => header(file, AT.publics, uint32(1))],
    ['half of its domain', 9, (file) => header(file, AT.rows, uint32(256))],
    [
      'a count of coefficients too high',
      4,
      (file) => withSection(file, 4, (c) => patched(c, 0, uint32(99_999))),
    ],
    [
      'a row outside the domain',
      4,
      (file) => withSection(file, 4, (c) => patched(c, 8, uint32(512))),
    ],
    [
      'a wire that is not there',
      4,
      (file) => withSection(file, 4, (c) => patched(c, 12, uint32(1_000))),
    ],
    ['a third matrix', 4, (file) => withSection(file, 4, (c) => patched(c, 4, uint32(2)))],
    ['a coefficient of r', 4, (file) => withSection(file, 4, (c) => patched(c, 16, toBytes(R)))],
    ['alpha off its curve', 5, (file) => header(file, AT.alpha1, toBytes(1n))],
    ['delta in G2 not canonical', 7, (file) => header(file, AT.delta2, toBytes(FP.modulus))],
  ];
  for (const id of [1, 2, 4, 5, 6, 7, 8, 9])
    it(`refuses a key without section ${id}, and one whose section ends early`, async () => {
      expect((await load(zkey)).rows).to.equal(512);
      for (const file of [
        withSection(zkey, id, () => undefined),
        withSection(zkey, id, (content) => content.subarray(0, content.length - 1)),
      ]) {
        const { code, data } = await rejected(load(file));
        expect(code).to.equal('InvalidInput');
        expect(data).to.include({ file: 'zkey', section: id });
      }
    });

  for (const id of [5, 6, 7, 8, 9])
    it(`refuses a point of section ${id} off its curve, or not canonical`, async () => {
      expect((await load(zkey)).rows).to.equal(512);
      const content = sectionsOf(zkey).find(([other]) => other === id)![1];
      const size = id === 7 ? 128 : 64;
      const last = content.length - size;
      for (const bytes of [toBytes(5n), toBytes(FP.modulus), toBytes(2n ** 256n - 1n)]) {
        const file = withSection(zkey, id, (original) => patched(original, last, bytes));
        const { code, data } = await rejected(load(file));
        expect(code).to.equal('InvalidInput');
        expect(data).to.include({ file: 'zkey', section: id === 9 ? 8 : id });
      }
    });

  for (const [name, section, change] of faults)
    it(`refuses ${name}`, async () => {
      expect((await load(zkey)).rows).to.equal(512);
      const { code, data } = await rejected(load(change(zkey)));
      expect(code).to.equal('InvalidInput');
      expect(data).to.include({ file: 'zkey', section });
    });

  it('refuses a key that is cut off, wherever', async () => {
    const ends = sectionsOf(zkey).flatMap((_, i) => {
      const end = fileOf(zkey, sectionsOf(zkey).slice(0, i + 1)).length;
      return [end - 1, end, end + 5, end + 12];
    });
    for (const length of [3, 8, 11, 12, 20, ...ends].filter((end) => end < zkey.length)) {
      const { code, data } = await rejected(load(zkey.slice(0, length)));
      expect(code, `${length} bytes`).to.equal('InvalidInput');
      expect(data).to.include({ file: 'zkey' });
    }
  });

  function header(file: Uint8Array, at: number, bytes: Uint8Array): Uint8Array {
    return withSection(file, 2, (content) => patched(content, at, bytes));
  }
});
