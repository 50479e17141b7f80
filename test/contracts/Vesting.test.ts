/** libraries/Vesting.sol: the shared vectors, a walk second by second, and what isn't a schedule. */
import { expect } from 'chai';
import { checkTranches, vestedAt, type Tranche } from '../../src/protocol/vesting.ts';
import { startAnvil, type Anvil } from '../support/anvil.ts';
import { makeRandom, seedOf } from '../support/circuits/random.ts';
import { deploy, expectRevert, readArtifact, testContracts } from '../support/contracts.ts';
import { randomSchedule, randomTotal, walk } from '../support/schedules.ts';
import { readVectors } from '../support/world.ts';

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
};

const vectors = readVectors('vesting') as Vectors;
const SEED = seedOf(20_262);
const ROUNDS = 40;

describe('Vesting', () => {
  let anvil: Anvil;
  let call: (functionName: string, args: readonly unknown[]) => Promise<unknown>;

  before(async function () {
    this.timeout(300_000);
    const folder = await testContracts();
    anvil = await startAnvil();
    const { abi } = await readArtifact(folder, 'VestingHarness');
    const address = await deploy(anvil, folder, 'VestingHarness');
    call = (functionName, args) => anvil.client.readContract({ address, abi, functionName, args });
  });
  after(() => anvil.stop());

  describe('vestedAt', () => {
    for (const { source, tranches, points } of vectors.amounts) {
      it(`is what vesting.json says: ${source}`, async () => {
        await call('check', [tranches]);
        for (const total of new Set(points.map((point) => point.total))) {
          const asked = points.filter((point) => point.total === total);
          const moments = asked.map(({ elapsed }) => elapsed);
          const amounts = (await call('vestedAt', [total, tranches, moments])) as bigint[];
          expect(amounts.map(String)).to.deep.equal(asked.map(({ vested }) => vested));
        }
      });
    }

    it(`is what a walk second by second finds, and the library, seed ${SEED}`, async () => {
      const random = makeRandom(SEED);
      for (let round = 0; round < ROUNDS; round += 1) {
        const [tranches, total] = [randomSchedule(random), randomTotal(random)];
        const walked = walk(total, tranches);
        const moments = walked.map((_, second) => BigInt(second));
        await call('check', [tranches]);
        checkTranches(tranches);
        const amounts = await call('vestedAt', [total, tranches, moments]);
        expect(amounts, `round ${round}`).to.deep.equal(walked);
        const twins = moments.map((elapsed) => vestedAt({ total, tranches, elapsed }));
        expect(twins, `round ${round}`).to.deep.equal(walked);
      }
    });
  });

  describe('check', () => {
    for (const { source, tranches, mended, field, index, value } of vectors.refused) {
      it(`refuses what vesting.json says: ${source}`, async () => {
        await call('check', [mended]);
        const args = [field, BigInt(index), BigInt(value)];
        await expectRevert(call('check', [tranches]), 'InvalidSchedule', args);
      });
    }

    it('takes as many tranches as there may be', async () => {
      const whole = { start: 0n, end: 0n, bips: 1n, steps: 0n };
      const tranches = Array.from({ length: 64 }, () => whole);
      await call('check', [[...tranches.slice(1), { ...whole, bips: 9_937n }]]);
    });
  });

  describe('pack', () => {
    const most: Tranche = {
      start: 2n ** 40n - 1n,
      end: 2n ** 40n - 1n,
      bips: 2n ** 16n - 1n,
      steps: 2n ** 32n - 1n,
    };
    const none: Tranche = { start: 0n, end: 0n, bips: 0n, steps: 0n };

    for (const name of ['start', 'end', 'bips', 'steps'] as const) {
      it(`keeps ${name} apart from the rest, from 0 to the most`, async () => {
        for (const tranche of [
          none,
          { ...none, [name]: most[name] },
          { ...most, [name]: 0n },
          most,
        ]) {
          const [, unpacked] = (await call('repack', [tranche])) as [bigint, object];
          const found = Object.entries(unpacked).map(([key, value]) => [
            key,
            BigInt(value as number),
          ]);
          expect(Object.fromEntries(found)).to.deep.equal(tranche);
        }
      });
    }
  });
});
