/**
 * RootRegistry under any sequence of steps, compared after each block with the model of test/support/rootModel.ts: every
 * root that any source ever published, for several readers, and all else that can be read. ELIGO_SEED=n plays the one
 * sequence of that seed; ELIGO_SLOW=1 plays 2,000, and then on contracts with bugs planted.
 */
import { expect } from 'chai';
import { seedOf } from '../support/circuits/random.ts';
import { plantedContract, testContracts } from '../support/contracts.ts';
import { startRootChain, type RootChain } from '../support/rootChain.ts';
import { DEEDS, deedsOf } from '../support/rootDeeds.ts';
import {
  MODEL,
  findDisagreement,
  questionsOn,
  tellAll,
  type Transcript,
} from '../support/rootJudge.ts';
import { CONTRACT_PLANTS, MODEL_PLANTS, plantedModel } from '../support/rootPlants.ts';
import { drawSequence } from '../support/rootSequence.ts';

const SLOW = process.env['ELIGO_SLOW'] !== undefined;
const REPLAYED = process.env['ELIGO_SEED'] !== undefined && !SLOW;
const FIRST = seedOf(20_265);

/** How many sequences are played: of the seeds from the first on. */
const COUNT = SLOW ? 2_000 : REPLAYED ? 1 : 300;

/** As many are kept to be held against models with bugs, or played on contracts with bugs: fewer than the default. */
const KEPT = 100;

const play = async (chain: RootChain, seed: number): Promise<Transcript> => {
  const sequence = drawSequence(seed);
  const questions = questionsOn(sequence);
  return { sequence, questions, answers: await chain.play(sequence, questions) };
};

describe(`RootRegistry, under any sequence of steps, ELIGO_SEED=${FIRST}`, () => {
  const kept: Transcript[] = [];
  const deeds = new Map<string, number>();
  let disagreement: string | undefined;
  before(async function () {
    this.timeout(SLOW ? 7_200_000 : 840_000);
    const chain = await startRootChain(await testContracts());
    try {
      for (let seed = FIRST; seed < FIRST + COUNT && disagreement === undefined; seed += 1) {
        const transcript = await play(chain, seed);
        const found = findDisagreement(transcript, MODEL);
        if (found !== undefined)
          disagreement = `ELIGO_SEED=${seed} finds it again. ${found}\n${tellAll(transcript.sequence)}`;
        for (const deed of deedsOf(transcript)) deeds.set(deed, (deeds.get(deed) ?? 0) + 1);
        if (kept.length < KEPT) kept.push(transcript);
      }
    } finally {
      await chain.stop();
    }
  });

  it(`accepts what the model accepts, and says what it says, in ${COUNT} sequences (S14, S24)`, () => {
    if (disagreement !== undefined) expect.fail(disagreement);
  });

  // One sequence holds neither everything nor what shows a bug.
  if (REPLAYED) return;

  it('comes to everything that may happen, and to every refusal', () => {
    const missing = DEEDS.filter((deed) => !deeds.has(deed));
    expect(missing, [...deeds].map(([deed, count]) => `${deed} ${count}`).join(', ')).to.deep.equal(
      [],
    );
  });

  describe('held against a model that says, wrongly, that', () => {
    for (const [i, [what, plant]] of Object.entries(MODEL_PLANTS).entries()) {
      it(`${what}: notices it`, async () => {
        const model = await plantedModel(i + 1, plant);
        const at = kept.findIndex(
          (transcript) => findDisagreement(transcript, model) !== undefined,
        );
        expect(at, `noticed in none of ${kept.length} sequences`).to.not.equal(-1);
      });
    }
  });

  // Compiling takes longer than everything above.
  if (!SLOW) return;

  describe('of a contract in which', () => {
    for (const [i, [what, plant]] of Object.entries(CONTRACT_PLANTS).entries()) {
      it(`${what}: notices it`, async function () {
        this.timeout(600_000);
        const folder = await plantedContract(`roots-${i + 1}`, 'contracts/RootRegistry.sol', [
          plant,
        ]);
        const planted = await startRootChain(await testContracts(), folder);
        try {
          expect(await isNoticed(planted), `noticed in none of ${KEPT} sequences`).to.equal(true);
        } finally {
          await planted.stop();
        }
      });
    }
  });

  async function isNoticed(planted: RootChain): Promise<boolean> {
    for (let seed = FIRST; seed < FIRST + KEPT; seed += 1)
      if (findDisagreement(await play(planted, seed), MODEL) !== undefined) return true;
    return false;
  }
});
