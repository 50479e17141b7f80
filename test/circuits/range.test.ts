import { expect } from 'chai';
import { compileCircuit } from '../../scripts/circuits.ts';
import { expectRejection } from '../support/circuits/errors.ts';
import {
  bitWires,
  expectAccepted,
  expectAliasIsSame,
  expectCount,
  expectNoLooseWire,
  expectProgramRefuses,
  expectRefusedBy,
  titleOf,
} from '../support/circuits/expectations.ts';
import { R } from '../../scripts/witness/field.ts';
import { cache, loadCircuit, template } from '../support/circuits/testCircuit.ts';

const uint = (width: number) => template('range.circom', 'Uint', [width]);
const atMost = (width: number) => template('range.circom', 'AtMost', [width]);
const num2Bits = (width: number) =>
  template('circomlib/circuits/bitify.circom', 'Num2Bits', [width]);

/** The check that the bits add up, for a width. */
const sum = (width: number, path = 'Num2Bits') =>
  `${path}: out[0] + 2·out[1] + … + 2^${width - 1}·out[${width - 1}] = in`;

describe('Uint', () => {
  for (const width of [8, 96, 252]) {
    describe(`given ${width} bits`, () => {
      const top = 2n ** BigInt(width);

      it(`has ${width} constraints`, () => expectCount(uint(width), width));

      for (const value of [0n, 1n, top - 2n, top - 1n]) {
        it(`gives the bits of ${titleOf(value)}`, async () => {
          const circuit = await loadCircuit(uint(width));
          await expectAccepted(circuit, { in: value });
          const { at } = circuit.forge({ in: value });
          const bits = Array.from({ length: width }, (_, i) => at(`bits[${i}]`));
          expect(bits).to.deep.equal(Object.values(bitWires('', value, width)));
        });
      }

      for (const value of [top, top + 1n, R - 1n, R - top]) {
        it(`refuses ${titleOf(value)} (S6)`, async () => {
          const circuit = await loadCircuit(uint(width));
          await expectProgramRefuses(circuit, { in: top - 1n }, { in: value }, 'Num2Bits');
          await expectRefusedBy(circuit, { in: top - 1n }, { inputs: { in: value } }, sum(width));
        });
      }

      it('takes x + r for x', async () => {
        await expectAliasIsSame(await loadCircuit(uint(width)), { in: top - 1n }, 'in');
      });
    });
  }

  it('refuses a bit that is 2, although the sum is right (S8)', async () => {
    const wires = { 'Num2Bits.out[0]': 2n, 'Num2Bits.out[1]': 0n };
    await expectRefusedBy(
      await loadCircuit(uint(8)),
      { in: 2n },
      { wires },
      'Num2Bits: (out[0] - 1) * out[0] = 0',
    );
  });

  it('refuses every other bit that is 2, although the sum is right (S8)', async () => {
    for (let i = 1; i < 7; i++) {
      const wires = { [`Num2Bits.out[${i}]`]: 2n, [`Num2Bits.out[${i + 1}]`]: 0n };
      await expectRefusedBy(
        await loadCircuit(uint(8)),
        { in: 2n ** BigInt(i + 1) },
        { wires },
        `Num2Bits: (out[${i}] - 1) * out[${i}] = 0`,
      );
    }
  });

  it('refuses one bit that carries the whole value (S8)', async () => {
    const wires = { ...bitWires('Num2Bits.out', 0n, 8), 'Num2Bits.out[0]': R - 1n };
    await expectRefusedBy(
      await loadCircuit(uint(8)),
      { in: 7n },
      { inputs: { in: R - 1n }, wires },
      'Num2Bits: (out[0] - 1) * out[0] = 0',
    );
  });

  it('refuses bits of another value', async () => {
    await expectRefusedBy(
      await loadCircuit(uint(8)),
      { in: 5n },
      { wires: bitWires('Num2Bits.out', 6n, 8) },
      sum(8),
    );
  });

  it('refuses bits that are not those of the decomposition', async () => {
    await expectRefusedBy(
      await loadCircuit(uint(8)),
      { in: 5n },
      { wires: { 'bits[0]': 0n } },
      'Num2Bits.out[0] = bits[0]',
    );
  });

  it('is not satisfied once any wire is changed', async () => {
    await expectNoLooseWire(await loadCircuit(uint(8)), { in: 0xa5n });
  });

  describe('when the bits of x + r fit (S7)', () => {
    it('at 254 bits, circomlib’s Num2Bits accepts them', async () => {
      const circuit = await loadCircuit(num2Bits(254));
      await expectAccepted(circuit, { in: 5n });
      const alias = circuit.forge({ in: 5n }, bitWires('out', 5n + R, 254));
      expect(alias.broken).to.deep.equal([]);
    });

    it('at 252 bits, the widest here, they don’t fit, and what is left of them is refused', async () => {
      await expectRefusedBy(
        await loadCircuit(uint(252)),
        { in: 5n },
        { wires: bitWires('Num2Bits.out', 5n + R, 252) },
        sum(252),
      );
    });

    for (const width of [0, 253, 254]) {
      it(`Uint(${width}) doesn’t compile`, async () => {
        await expectRejection(
          compileCircuit({ instance: uint(width), cache, optimization: 0 }),
          'InvalidInput',
          /False assert reached/,
        );
      });
    }
  });
});

describe('AtMost', () => {
  for (const width of [40, 96]) {
    describe(`given ${width} bits`, () => {
      const top = 2n ** BigInt(width);
      const refusal = sum(width, 'Uint.Num2Bits');

      it(`has ${width} constraints`, () => expectCount(atMost(width), width));

      for (const [low, high] of [
        [0n, 0n],
        [0n, 1n],
        [5n, 5n],
        [0n, top - 1n],
        [top - 1n, top - 1n],
        [top, 2n * top - 1n],
      ] as const) {
        it(`accepts ${titleOf(low)} <= ${titleOf(high)}`, async () => {
          await expectAccepted(await loadCircuit(atMost(width)), { low, high });
        });
      }

      for (const [low, high, honest] of [
        [1n, 0n, { low: 0n, high: 0n }],
        [6n, 5n, { low: 5n, high: 5n }],
        [top - 1n, 0n, { low: 0n, high: 0n }],
        [top, 0n, { low: 0n, high: 0n }],
        [0n, top, { low: 0n, high: top - 1n }],
        [0n, R - 1n, { low: 0n, high: top - 1n }],
        [0n, R - top, { low: 0n, high: top - 1n }],
        [R - top, 0n, { low: 0n, high: 0n }],
      ] as const) {
        it(`refuses ${titleOf(low)} <= ${titleOf(high)} (S6)`, async () => {
          const circuit = await loadCircuit(atMost(width));
          await expectProgramRefuses(circuit, honest, { low, high }, 'Num2Bits');
          await expectRefusedBy(circuit, honest, { inputs: { low, high } }, refusal);
        });
      }

      it('refuses a difference of -1 as a bit of -1 (S8)', async () => {
        const wires = {
          ...bitWires('Uint.Num2Bits.out', 0n, width),
          'Uint.Num2Bits.out[0]': R - 1n,
        };
        await expectRefusedBy(
          await loadCircuit(atMost(width)),
          { low: 5n, high: 5n },
          { inputs: { low: 6n }, wires },
          'Uint.Num2Bits: (out[0] - 1) * out[0] = 0',
        );
      });

      for (const name of ['low', 'high']) {
        it(`takes x + r for x in ${name}`, async () => {
          await expectAliasIsSame(await loadCircuit(atMost(width)), { low: 3n, high: 4n }, name);
        });
      }
    });
  }

  it('compares a difference, so that one operand must be held elsewhere: -1 <= 0 is true', async () => {
    await expectAccepted(await loadCircuit(atMost(40)), { low: R - 1n, high: 0n });
  });

  it('is not satisfied once any wire is changed', async () => {
    await expectNoLooseWire(await loadCircuit(atMost(40)), { low: 1_000n, high: 987_654_321n });
  });

  for (const width of [0, 253]) {
    it(`AtMost(${width}) doesn’t compile`, async () => {
      await expectRejection(
        compileCircuit({ instance: atMost(width), cache, optimization: 0 }),
        'InvalidInput',
        /False assert reached/,
      );
    });
  }
});
