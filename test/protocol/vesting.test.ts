import { expect } from 'chai';
import {
  BIPS,
  MAX_TRANCHES,
  checkTranches,
  readPreset,
  vestedAt,
  type Tranche,
} from '../../src/protocol/vesting.ts';
import { makeRandom, seedOf } from '../support/circuits/random.ts';
import { randomSchedule, randomTotal, walk } from '../support/schedules.ts';
import { fc, readVectors, thrown } from '../support/world.ts';

type Written = Record<keyof Tranche, string>;
type Vectors = {
  amounts: {
    source: string;
    tranches: Written[];
    points: { total: string; elapsed: string; vested: string }[];
  }[];
  refused: {
    source: string;
    tranches: Written[];
    mended: Written[];
    field: string;
    index: string;
    value: string;
  }[];
  presets: { source: string; preset: Record<string, unknown>; tranches: Written[] }[];
};

const vectors = readVectors('vesting') as Vectors;

const toTranches = (written: readonly Written[]): readonly Tranche[] =>
  written.map(({ start, end, bips, steps }) => ({
    start: BigInt(start),
    end: BigInt(end),
    bips: BigInt(bips),
    steps: BigInt(steps),
  }));

const SEED = seedOf(20_261);

describe('protocol/vesting', () => {
  const tranche = (changes: Partial<Tranche> = {}): Tranche => ({
    start: 0n,
    end: 10n,
    bips: BIPS,
    steps: 0n,
    ...changes,
  });

  describe('vestedAt', () => {
    for (const { source, tranches, points } of vectors.amounts) {
      it(`is what vesting.json says: ${source}`, () => {
        const schedule = toTranches(tranches);
        checkTranches(schedule);
        expect(points).not.to.be.empty;
        for (const { total, elapsed, vested } of points) {
          const found = vestedAt({
            total: BigInt(total),
            tranches: schedule,
            elapsed: BigInt(elapsed),
          });
          expect(String(found), `${total} at ${elapsed}`).to.equal(vested);
        }
      });
    }

    it(`is what a walk second by second finds, seed ${SEED}`, () => {
      const random = makeRandom(SEED);
      for (let round = 0; round < 300; round += 1) {
        const [tranches, total] = [randomSchedule(random), randomTotal(random)];
        checkTranches(tranches);
        const found = walk(total, tranches).map((_, second) =>
          vestedAt({ total, tranches, elapsed: BigInt(second) }),
        );
        expect(found, `round ${round}`).to.deep.equal(walk(total, tranches));
      }
    });

    it('never falls, never exceeds the total, and is the total at the end', () => {
      const moment = fc.bigInt({ min: 0n, max: 70n });
      fc.assert(
        fc.property(fc.nat(), moment, moment, (seed, a, b) => {
          const random = makeRandom(seed);
          const [tranches, total] = [randomSchedule(random), randomTotal(random)];
          const at = (elapsed: bigint): bigint => vestedAt({ total, tranches, elapsed });
          const [early, late] = a < b ? [a, b] : [b, a];
          expect(at(early) <= at(late)).to.equal(true);
          expect(at(late) <= total).to.equal(true);
          expect(at(tranches.at(-1)!.end)).to.equal(total);
        }),
      );
    });

    it('is nothing before the start, even of a cliff at second 0', () => {
      const tranches = [tranche({ end: 0n })];
      expect(vestedAt({ total: 5n, tranches, elapsed: 0n })).to.equal(5n);
      expect(vestedAt({ total: 5n, tranches, elapsed: -1n })).to.equal(0n);
    });
  });

  describe('checkTranches', () => {
    for (const { source, tranches, mended, field, index, value } of vectors.refused) {
      it(`refuses what vesting.json says: ${source}`, () => {
        checkTranches(toTranches(mended));
        const schedule = toTranches(tranches);
        const ofOne = Number(index) < schedule.length;
        const { code, data } = thrown(() => {
          checkTranches(schedule);
        });
        expect(code).to.equal('InvalidInput');
        const ofAll = field === 'tranches' ? field : `tranches.${field}`;
        expect(data['field']).to.equal(ofOne ? `tranches[${index}].${field}` : ofAll);
        expect(data['value']).to.equal(value);
      });
    }

    it('takes as many tranches as there may be', () => {
      const last = BIPS - BigInt(MAX_TRANCHES - 1);
      checkTranches(
        Array.from({ length: MAX_TRANCHES }, (_, i) =>
          tranche({ end: 0n, bips: i < MAX_TRANCHES - 1 ? 1n : last }),
        ),
      );
    });

    const wide: readonly (readonly [keyof Tranche, bigint, Partial<Tranche>])[] = [
      ['start', 2n ** 40n, { end: 2n ** 40n - 1n }],
      ['start', -1n, {}],
      ['end', 2n ** 40n, {}],
      ['bips', BIPS + 1n, {}],
      ['steps', 2n ** 32n, {}],
    ];
    for (const [field, value, changes] of wide) {
      it(`refuses ${field} ${value}, out of range`, () => {
        checkTranches([tranche(changes)]);
        const { data } = thrown(() => {
          checkTranches([tranche({ ...changes, [field]: value })]);
        });
        expect(data['field']).to.equal(`tranches[0].${field}`);
      });
    }
  });

  describe('readPreset', () => {
    for (const { source, preset, tranches } of vectors.presets) {
      it(`maps what vesting.json says: ${source}`, () => {
        expect(readPreset(preset)).to.deep.equal(toTranches(tranches));
        expect(readPreset(JSON.stringify(preset))).to.deep.equal(toTranches(tranches));
      });
    }

    const given = () => ({
      linearStartTimestampsRelative: [0n, 100n] as unknown[],
      linearEndTimestampRelative: 400n as unknown,
      linearBips: [2_500n, 7_500n] as unknown[],
      numOfUnlocksForEachLinear: [1n, 3n] as unknown[],
      stream: false,
    });
    const read = [
      { start: 0n, end: 100n, bips: 2_500n, steps: 1n },
      { start: 100n, end: 400n, bips: 7_500n, steps: 3n },
    ];

    it('takes integers as digits, numbers or bigints', () => {
      expect(readPreset(given())).to.deep.equal(read);
      const asText = (kind: (value: bigint) => unknown): string =>
        JSON.stringify(given(), (_, value: unknown) =>
          typeof value === 'bigint' ? kind(value) : value,
        );
      expect(readPreset(asText(String))).to.deep.equal(read);
      expect(readPreset(asText(Number))).to.deep.equal(read);
    });

    it('is in steps where nothing is said of a stream', () => {
      const older: Record<string, unknown> = given();
      delete older['stream'];
      expect(readPreset(older)).to.deep.equal(read);
    });

    it('streams all of it where it is a stream, whatever it counts', () => {
      expect(readPreset({ ...given(), stream: true })).to.deep.equal(
        read.map((tranche) => ({ ...tranche, steps: 0n })),
      );
    });

    it('unlocks at the whole seconds of TokenTable where the count divides the length', () => {
      const tranches = readPreset(given());
      const at = (elapsed: bigint): bigint => vestedAt({ total: 10_000n, tranches, elapsed });
      expect([99n, 100n, 199n, 200n, 300n, 399n, 400n].map(at)).to.deep.equal([
        ...[0n, 2_500n, 2_500n, 5_000n, 7_500n, 7_500n, 10_000n],
      ]);
    });

    const refused: readonly (readonly [string, string, Partial<ReturnType<typeof given>>])[] = [
      ['no segment', 'linearStartTimestampsRelative', { linearStartTimestampsRelative: [] }],
      ['a segment without bips', 'linearBips', { linearBips: [10_000n] }],
      [
        'a segment without a count',
        'numOfUnlocksForEachLinear',
        { numOfUnlocksForEachLinear: [1n] },
      ],
      [
        'starts out of order',
        'linearStartTimestampsRelative[1]',
        { linearStartTimestampsRelative: [101n, 100n] },
      ],
      [
        'an end that isn’t after the last start',
        'linearEndTimestampRelative',
        { linearEndTimestampRelative: 100n },
      ],
      [
        'a time beyond u40',
        'linearEndTimestampRelative',
        { linearEndTimestampRelative: 2n ** 40n },
      ],
      ['a part of a second', 'linearEndTimestampRelative', { linearEndTimestampRelative: 400.5 }],
      [
        'a negative time',
        'linearStartTimestampsRelative[0]',
        { linearStartTimestampsRelative: [-1, 100] },
      ],
      ['bips beyond all', 'linearBips[1]', { linearBips: [0n, 10_001n] }],
      ['no unlock', 'numOfUnlocksForEachLinear[1]', { numOfUnlocksForEachLinear: [1n, 0n] }],
      [
        'more unlocks than seconds',
        'numOfUnlocksForEachLinear[0]',
        { numOfUnlocksForEachLinear: [101n, 3n] },
      ],
    ];
    for (const [what, field, changes] of refused) {
      it(`refuses ${what}`, () => {
        readPreset(given());
        const { code, data } = thrown(() => readPreset({ ...given(), ...changes }));
        expect(code).to.equal('InvalidInput');
        expect(data['field']).to.equal(`preset.${field}`);
      });
    }

    it('refuses bips that are not all of the grant', () => {
      const { data } = thrown(() => readPreset({ ...given(), linearBips: [2_500n, 7_499n] }));
      expect([data['field'], data['value']]).to.deep.equal(['tranches.bips', '9999']);
    });

    it('refuses a key that it doesn’t know', () => {
      expect(thrown(() => readPreset({ ...given(), cliff: 1n })).code).to.equal('InvalidInput');
    });
  });
});
