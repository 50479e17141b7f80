import { expect } from 'chai';
import * as viem from 'viem';
import type { Hex } from 'viem';
import {
  type AbiArgument,
  bytesToHex,
  concat,
  encodeArguments,
  encodeStruct,
  getAddress,
  hexToBytes,
  isAddress,
  isHex,
  keccak256,
  numberToHex,
  stringToBytes,
} from '../../src/protocol/evm.ts';
import { makeRandom, seedOf, type Random } from '../support/circuits/random.ts';
import { thrown } from '../support/world.ts';

const SEED = seedOf(55);
const ROUNDS = 200;

const TYPES = ['uint256', 'bytes32', 'address', 'bytes', 'string'] as const;
type Type = (typeof TYPES)[number];

const drawBytes = (random: Random, length: number): Uint8Array =>
  Uint8Array.from({ length }, () => random.below(256));

describe(`protocol/evm, beside viem (seed ${SEED})`, () => {
  let random: Random;
  beforeEach(() => {
    random = makeRandom(SEED);
  });

  it('goes between bytes and hex', () => {
    for (let length = 0; length < 70; length++) {
      const bytes = drawBytes(random, length);
      expect(bytesToHex(bytes)).to.equal(viem.bytesToHex(bytes));
      expect(hexToBytes(bytesToHex(bytes))).to.deep.equal(bytes);
      const upper: Hex = `0x${bytesToHex(bytes).slice(2).toUpperCase()}`;
      expect(hexToBytes(upper)).to.deep.equal(bytes);
    }
  });

  for (const text of ['', '0', '0x0', '0x123', '0xgg', '0x 1', '00', ' 0x00', '0x00\n'])
    it(`refuses ${JSON.stringify(text)} as bytes, and does not show it`, () => {
      expect(hexToBytes('0x00')).to.deep.equal(Uint8Array.of(0));
      const { code, data } = thrown(() => hexToBytes(text as Hex));
      expect([code, data['value']]).to.deep.equal(['InvalidInput', undefined]);
    });

  it('tells hex from other things', () => {
    for (const value of ['0x', '0x0', '0xAbC', '0X00', '00', '0xg', '', ' 0x', '0x\n', 5, null, {}])
      expect(isHex(value), JSON.stringify(value)).to.equal(viem.isHex(value));
  });

  it('writes numbers and texts, and joins', () => {
    for (const value of [0n, 1n, 255n, 2n ** 255n, 2n ** 256n - 1n])
      expect(numberToHex(value, { size: 32 })).to.equal(viem.numberToHex(value, { size: 32 }));
    for (const text of ['', 'abc', 'Zoë', '𝄞', '\u0000'])
      expect(stringToBytes(text)).to.deep.equal(viem.stringToBytes(text));
    expect(concat([])).to.equal('0x');
    expect(concat(['0x12', '0x', '0xab'])).to.equal('0x12ab');
  });

  it('hashes bytes, and hex', () => {
    for (const length of [0, 1, 32, 135, 136, 137, 500]) {
      const bytes = drawBytes(random, length);
      expect(keccak256(bytes)).to.equal(viem.keccak256(bytes));
      expect(keccak256(bytesToHex(bytes))).to.equal(viem.keccak256(bytes));
    }
  });

  describe('addresses', () => {
    it('have the checksums of ERC-55', () => {
      for (const address of [
        '0x52908400098527886E0F7030069857D2E4169EE7',
        '0xde709f2102306220921060314715629080e2fb77',
        '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed',
        '0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359',
        '0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb',
      ]) {
        expect(getAddress(address.toLowerCase())).to.equal(address);
        expect(isAddress(address)).to.equal(true);
      }
    });

    it('are taken and written as viem does, in any case', () => {
      for (let i = 0; i < ROUNDS; i++) {
        const lower = bytesToHex(drawBytes(random, 20));
        const mixed = Array.from(lower, (c) => (random.percent(50) ? c.toUpperCase() : c)).join('');
        for (const address of [lower, `0x${mixed.slice(2)}`, `0x${lower.slice(2).toUpperCase()}`]) {
          expect(getAddress(address)).to.equal(viem.getAddress(address));
          expect(isAddress(address), address).to.equal(viem.isAddress(address));
        }
        expect(isAddress(getAddress(lower))).to.equal(true);
      }
    });

    const good = '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed';
    for (const other of [
      '',
      good.slice(2),
      good.slice(0, -1),
      `${good}0`,
      `0X${good.slice(2)}`,
      `${good.slice(0, -1)}g`,
      ` ${good}`,
      `${good}\n`,
    ])
      it(`${JSON.stringify(other)} is none`, () => {
        expect(getAddress(good)).to.equal(good);
        expect([isAddress(other), viem.isAddress(other)]).to.deep.equal([false, false]);
        expect(thrown(() => getAddress(other)).code).to.equal('InvalidInput');
      });
  });

  describe('abi.encode', () => {
    /** A type, and an argument for it as each of the two takes it. */
    const draws: Readonly<Record<Type, () => readonly [AbiArgument, unknown]>> = {
      uint256: () => {
        const value = random.pick([0n, 2n ** 256n - 1n, random.bits(256)]);
        return [value, value];
      },
      bytes32: () => {
        const word = bytesToHex(drawBytes(random, 32));
        return [BigInt(word), word];
      },
      address: () => {
        const address = getAddress(bytesToHex(drawBytes(random, 20)));
        return [BigInt(address), address];
      },
      bytes: () => {
        const bytes = drawBytes(random, random.pick([0, 1, 31, 32, 33, 64, 100]));
        return [bytes, bytesToHex(bytes)];
      },
      string: () => {
        const text = 'é'.repeat(random.below(40));
        return [stringToBytes(text), text];
      },
    };

    it('of any arguments, and of a struct of them', () => {
      for (let i = 0; i < ROUNDS; i++) {
        const types = Array.from({ length: 1 + random.below(6) }, () => random.pick(TYPES));
        const drawn = types.map((type) => draws[type]());
        const [ours, theirs] = [drawn.map(([our]) => our), drawn.map(([, their]) => their)];
        const abi = types.map((type, at) => ({ type, name: `a${at}` }));
        expect(encodeArguments(ours), types.join()).to.equal(viem.encodeAbiParameters(abi, theirs));
        if (!types.some((type) => type === 'bytes' || type === 'string')) continue;
        const struct = [{ type: 'tuple', components: abi }] as const;
        const fields = Object.fromEntries(abi.map(({ name }, at) => [name, theirs[at]]));
        expect(encodeStruct(ours), types.join()).to.equal(
          viem.encodeAbiParameters(struct, [fields as never]),
        );
      }
    });

    it('of nothing', () => {
      expect(encodeArguments([])).to.equal('0x');
    });
  });
});
