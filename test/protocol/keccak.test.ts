import { expect } from 'chai';
import { keccak256 } from 'viem';
import { referenceKeccak } from '../../scripts/vectors/reference.ts';
import { keccak } from '../../src/protocol/keccak.ts';
import { makeRandom, seedOf } from '../support/circuits/random.ts';

const SEED = seedOf(136);
const RATE = 136;

const hex = (bytes: Uint8Array): string => `0x${Buffer.from(bytes).toString('hex')}`;

describe(`protocol/keccak (seed ${SEED})`, () => {
  it('has the published digests of nothing and of "abc"', () => {
    expect(hex(keccak(new Uint8Array()))).to.equal(
      '0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470',
    );
    expect(hex(keccak(Buffer.from('abc')))).to.equal(
      '0x4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45',
    );
  });

  it('agrees with viem and with the reference for every length around a block, and many between', () => {
    const random = makeRandom(SEED);
    for (let length = 0; length <= 3 * RATE + 2; length++) {
      const message = Uint8Array.from({ length }, () => random.below(256));
      expect(hex(keccak(message)), `${length} bytes`).to.equal(keccak256(message));
      if (length % RATE < 2 || length % RATE > RATE - 3)
        expect(hex(keccak(message)), `${length} bytes`).to.equal(referenceKeccak(message));
    }
  });

  it('agrees with viem where all bytes are alike', () => {
    for (const byte of [0, 1, 0x7f, 0x80, 0xff])
      for (const length of [1, 8, 32, RATE - 1, RATE, RATE + 1, 10 * RATE]) {
        const message = new Uint8Array(length).fill(byte);
        expect(hex(keccak(message)), `${length} times ${byte}`).to.equal(keccak256(message));
      }
  });

  it('reads a part of a buffer, and leaves it as it was', () => {
    const whole = Uint8Array.from({ length: 300 }, (_, i) => i % 251);
    const part = whole.subarray(7, 200);
    const before = part.slice();
    expect(hex(keccak(part))).to.equal(keccak256(part.slice()));
    expect(part).to.deep.equal(before);
  });
});
