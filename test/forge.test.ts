/**
 * The fuzz tests and invariants of test/forge/, run once by forge. One test here for each there, and one for each thing
 * that must have happened: lives in which every claim is refused prove nothing. ELIGO_SLOW=1 runs many more.
 */
import { expect } from 'chai';
import { readFileSync, readdirSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { hexToString, numberToHex, toFunctionSelector, type Hex } from 'viem';
import { formatAbiItem } from 'viem/utils';
import { TALLY, forgePath, runForge } from '../scripts/forge.ts';
import { errorsAbi } from '../src/chain/abis.ts';
import { seedOf } from './support/circuits/random.ts';

const folder = resolve(import.meta.dirname, 'forge');
const slow = process.env['ELIGO_SLOW'] !== undefined;
const SEED = seedOf(20_264);

/** How much forge tries. A life is one sequence of so many acts. */
const EFFORT: Readonly<Record<string, string>> = slow
  ? { FOUNDRY_FUZZ_RUNS: '20000', FOUNDRY_INVARIANT_RUNS: '1000', FOUNDRY_INVARIANT_DEPTH: '400' }
  : { FOUNDRY_FUZZ_RUNS: '256', FOUNDRY_INVARIANT_RUNS: '40', FOUNDRY_INVARIANT_DEPTH: '200' };

/** What must have come to pass in the lives, as Handler.sol calls it. */
const DEEDS = [
  'created',
  'funded',
  'funded while paused',
  'amended',
  'paused',
  'unpaused',
  'clawed back',
  'clawed back while paused',
  'paid',
  'paid in a batch',
  'paid by a predecessor',
  'paid within a payment',
  'refused within a batch',
  'payment failed in a batch',
  'forged batch, refused',
  'batch compared',
  'payments of a batch compared',
  'granted',
  'released',
  'released while paused',
  'grant handed on',
  'grant clawed back',
  'grant clawed back while paused',
  'published',
  'published while paused',
  'frozen',
  'unfrozen',
  'trespassed in vain',
];

/** The refusals that must have come up: every line of PROTOCOL.md section 5, and what a payment can fail for. */
const REFUSALS = [
  'CampaignPaused',
  'CampaignClosed',
  'SignalOutOfRange',
  'WrongPolicy',
  'WrongContext',
  'ProofFromFuture',
  'ProofExpired',
  'SourceFrozen',
  'UnknownRoot',
  'StaleRoot',
  'SilentSource',
  'ClaimIndexClosed',
  'NullifierSpent',
  'FeeTooHigh',
  'AmountTooLow',
  'BudgetExceeded',
  'InvalidProof',
  'PaymentFailed',
  'MandatoryHookFailed',
];

type Verdict = { readonly status: string; readonly reason: string | null };
type Report = Record<string, { readonly test_results: Record<string, Verdict> }>;

if (forgePath() === undefined) {
  describe('forge', () => {
    it.skip('not run: no forge for this platform, and none named in FORGE_BIN');
  });
} else {
  describe(`forge, ELIGO_SEED=${SEED}`, function () {
    const verdicts = new Map<string, Verdict>();
    const happened = new Map<string, number>();

    before('compile and run', async function () {
      this.timeout(slow ? 0 : 900_000);
      await rm(TALLY, { force: true });
      const args = ['test', '--json', '--fuzz-seed', numberToHex(SEED)];
      const { stdout, stderr } = await runForge(args, { env: EFFORT });
      for (const [name, verdict] of readVerdicts(stdout, stderr)) verdicts.set(name, verdict);
      for (const [what, count] of await readTally()) happened.set(what, count);
    });

    for (const name of testNames()) {
      it(name, () => {
        const { status, reason } = verdicts.get(name) ?? { status: 'not run', reason: null };
        expect(status, reason ?? status).to.equal('Success');
      });
    }

    it('nothing was run that has no name here', () => {
      expect([...verdicts.keys()].sort()).to.deep.equal(testNames().sort());
    });

    for (const what of [...DEEDS, ...REFUSALS]) {
      it(`lives: ${what}`, () => {
        expect(happened.get(what) ?? 0).to.be.greaterThan(0);
      });
    }
  });
}

/** The tests in the sources, as `Contract.function`: a test that forge leaves out is missed. */
function testNames(): string[] {
  const files = readdirSync(folder).filter((file) => file.endsWith('.t.sol'));
  return files.flatMap((file) => {
    const source = readFileSync(join(folder, file), 'utf8');
    const contract = /^contract (\w+)/m.exec(source)?.[1] ?? file;
    return [...source.matchAll(/function ((?:test|invariant)\w*)\(/g)].map(
      ([, name]) => `${contract}.${name ?? ''}`,
    );
  });
}

function readVerdicts(stdout: string, stderr: string): (readonly [string, Verdict])[] {
  // A source that doesn't compile ends forge with words in place of JSON.
  if (!stdout.startsWith('{"test/')) throw new Error(`forge: ${stderr}${stdout.slice(0, 4_000)}`);
  const report = JSON.parse(stdout) as Report;
  return Object.entries(report).flatMap(([suite, { test_results: results }]) =>
    Object.entries(results).map(([signature, verdict]) => {
      const contract = suite.split(':').at(-1) ?? suite;
      return [`${contract}.${signature.split('(')[0] ?? ''}`, verdict] as const;
    }),
  );
}

/** What happened how often, all lives together. Errors are written down as their selectors. */
async function readTally(): Promise<Map<string, number>> {
  const errors = new Map<string, string>(
    errorsAbi.map((error) => [toFunctionSelector(formatAbiItem(error)), error.name]),
  );
  const counts = new Map<string, number>();
  for (const line of (await readFile(TALLY, 'utf8')).trim().split('\n')) {
    const [word = '', count = ''] = line.split(' ');
    const what = errors.get(word.slice(0, 10)) ?? hexToString(word as Hex, { size: 32 });
    counts.set(what, (counts.get(what) ?? 0) + Number(count));
  }
  return counts;
}
