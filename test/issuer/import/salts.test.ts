import { hkdfSync } from 'node:crypto';
import { expect } from 'chai';
import { drawSeed, importSalt } from '../../../src/issuer/import/salts.ts';
import { FIELD_ORDER } from '../../../src/protocol/field.ts';

const seed = new Uint8Array(32).fill(5);

describe('issuer/import/salts', () => {
  it('are HKDF-SHA-256 of the seed and the row, 64 bytes reduced mod r', () => {
    const bytes = Buffer.from(hkdfSync('sha256', seed, '', 'eligo/import-salt/1/12', 64));
    expect(importSalt(seed, 12)).to.equal(BigInt(`0x${bytes.toString('hex')}`) % FIELD_ORDER);
  });

  it('differ by row and by seed', () => {
    const salts = new Set([importSalt(seed, 0), importSalt(seed, 1), importSalt(drawSeed(), 0)]);
    expect(salts.size).to.equal(3);
  });

  it('come from seeds of 32 bytes only, and no error shows one', () => {
    expect(drawSeed()).to.have.length(32);
    expect(() => drawSeed(() => new Uint8Array(31))).to.throw(/32 bytes/);
    expect(() => importSalt(new Uint8Array(31).fill(5), 0)).to.throw(/^seed must be 32 bytes$/);
  });
});
