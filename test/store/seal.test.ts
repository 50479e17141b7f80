import { expect } from 'chai';
import { readSealKey, seal, toSealKey, unseal } from '../../src/store/seal.ts';
import { KEY, OTHER_KEY } from '../support/issuers.ts';
import { fc, thrown } from '../support/world.ts';

const ROW = new Uint8Array(32).fill(3);
const TEXT = Uint8Array.from(Buffer.from('salt and values'));

describe('store/seal', () => {
  it('gives back what was sealed, of any length, with a key and without', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (text, sealed) => {
        const key = sealed ? KEY : undefined;
        expect(unseal(key, seal(key, text, ROW), ROW)).to.deep.equal(text);
      }),
    );
  });

  it('hides the text, and never makes the same twice', () => {
    const [one, two] = [seal(KEY, TEXT, ROW), seal(KEY, TEXT, ROW)];
    expect(Buffer.from(one).includes(Buffer.from(TEXT))).to.equal(false);
    expect(one).to.not.deep.equal(two);
    expect(one.length).to.equal(1 + 8 + 12 + TEXT.length + 16);
    expect(unseal(KEY, one, ROW)).to.deep.equal(unseal(KEY, two, ROW));
  });

  const refuse = (work: () => unknown): void => {
    expect(thrown(work)).to.include({ code: 'StoreMismatch' });
  };

  it('refuses a text with any one bit turned', () => {
    const sealed = seal(KEY, TEXT, ROW);
    expect(unseal(KEY, sealed, ROW)).to.deep.equal(TEXT);
    for (let bit = 0; bit < 8 * sealed.length; bit++) {
      const altered = Uint8Array.from(sealed);
      altered[bit >> 3]! ^= 1 << (bit & 7);
      refuse(() => unseal(KEY, altered, ROW));
    }
  });

  it('refuses a text cut short anywhere, and one with more at its end', () => {
    const sealed = seal(KEY, TEXT, ROW);
    expect(unseal(KEY, sealed, ROW)).to.deep.equal(TEXT);
    for (let end = 0; end < sealed.length; end++)
      refuse(() => unseal(KEY, sealed.subarray(0, end), ROW));
    refuse(() => unseal(KEY, Uint8Array.of(...sealed, 0), ROW));
  });

  it('refuses a text in another row', () => {
    const sealed = seal(KEY, TEXT, ROW);
    expect(unseal(KEY, sealed, ROW)).to.deep.equal(TEXT);
    refuse(() => unseal(KEY, sealed, Uint8Array.from(ROW).fill(4, 31)));
  });

  it('refuses another key, none, and what is plain where there is a key', () => {
    const sealed = seal(KEY, TEXT, ROW);
    expect(unseal(KEY, sealed, ROW)).to.deep.equal(TEXT);
    refuse(() => unseal(OTHER_KEY, sealed, ROW));
    refuse(() => unseal(undefined, sealed, ROW));
    refuse(() => unseal(KEY, seal(undefined, TEXT, ROW), ROW));
  });

  describe('a key', () => {
    const digits = 'ab'.repeat(32);

    it('is read as 0x and 64 hex digits, in either case, with white space around it', () => {
      const key = toSealKey(new Uint8Array(32).fill(0xab));
      expect(readSealKey(`0x${digits}\n`, 'key')).to.deep.equal(key);
      expect(readSealKey(` 0x${digits.toUpperCase()}`, 'key')).to.deep.equal(key);
      expect(key.id).to.have.length(8);
    });

    for (const [name, text] of [
      ['no 0x', digits],
      ['a digit less', `0x${digits.slice(1)}`],
      ['a digit more', `0x${digits}a`],
      ['two keys', `0x${digits}\n0x${digits}`],
    ] as const) {
      it(`is refused with ${name}, and not repeated`, () => {
        const error = thrown(() => readSealKey(text, 'ELIGO_SEAL_KEY'));
        expect(error).to.include({ code: 'InvalidInput' });
        expect(error.message)
          .to.match(/ELIGO_SEAL_KEY/)
          .and.not.match(/abab/);
        expect(JSON.stringify(error.data)).to.not.match(/abab/);
      });
    }

    it('has another id than every other key, which says nothing of the key', () => {
      expect(KEY.id).to.not.deep.equal(OTHER_KEY.id);
      expect(Buffer.from(KEY.bytes).includes(Buffer.from(KEY.id))).to.equal(false);
    });

    it('has 32 bytes', () => {
      expect(thrown(() => toSealKey(new Uint8Array(31)))).to.include({ code: 'InvalidInput' });
    });
  });
});
