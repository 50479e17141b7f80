import { existsSync } from 'node:fs';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { makeWitnessPlan } from '../../scripts/witness/plan.ts';
import { PACKAGE_ARTIFACTS } from '../../src/prover/artifacts.ts';
import { checkArtifacts } from '../../src/prover/checkArtifacts.ts';
import { PUBLISHED_POWERS_OF_TAU } from '../../src/prover/powersOfTau.ts';
import {
  DEVELOPMENT_BEACON,
  blake2b,
  makeDevelopmentKeys,
  runCeremony,
  type SetupFiles,
} from '../../src/prover/setup.ts';
import { loadBuild, template } from '../support/circuits/testCircuit.ts';
import { rejected } from '../support/world.ts';

const powersOfTau = new URL(
  '../../node_modules/snarkjs-ptau/test/plonk_circuit/powersOfTau15_final.ptau',
  import.meta.url,
).pathname;
const silent = (): void => undefined;

/** Writes the plan of the small circuit. */
async function smallPlan(folder: string): Promise<string> {
  const [whole, production] = await Promise.all(
    ([0, 2] as const).map((optimization) => loadBuild(small, optimization)),
  );
  const file = join(folder, 'small.plan');
  const { template } = small;
  const builds = { whole: whole!.compiled, production: production!.compiled.r1cs };
  await writeFile(file, await makeWitnessPlan({ template, ...builds }));
  return file;
}

/** A small circuit with as many public signals as the statement has: set-ups of it take seconds. */
const small = template('merkleTree.circom', 'Parent', [], ['child', 'siblings']);

describe('prover/setup', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'eligo-setup-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function makeFiles(changes: Partial<SetupFiles> = {}): Promise<SetupFiles> {
    const { compiled, r1cs } = await loadBuild(small, 2);
    const out = join(folder, 'out');
    return {
      r1cs: compiled.r1cs,
      plan: await smallPlan(folder),
      reference: compiled.wasm,
      powersOfTau,
      out,
      constraints: r1cs.constraints.length,
      ...changes,
    };
  }

  describe('makeDevelopmentKeys', () => {
    it('makes the same bytes twice, marked INSECURE-DEV, with a delta that is not gamma', async () => {
      const files = await makeFiles();
      const again = { ...files, out: join(folder, 'again') };
      const steps: string[] = [];
      await makeDevelopmentKeys(files, (step) => steps.push(step));
      await makeDevelopmentKeys(again, silent);

      const sets = await Promise.all([files.out, again.out].map((out) => checkArtifacts(out)));
      expect(sets[0]!.manifest).to.deep.equal(sets[1]!.manifest);
      expect(sets[0]!.insecureDev).to.equal(true);
      expect(sets[0]!.manifest.setup).to.deep.equal({
        powersOfTau: await blake2b(powersOfTau),
        beacon: DEVELOPMENT_BEACON,
        contributions: '0',
      });
      expect(await readdir(files.out)).to.have.lengthOf(8);
      expect(steps).to.have.lengthOf(2);
    });

    it('refuses a file that is no Powers of Tau, and leaves no manifest', async () => {
      const other = join(folder, 'other.ptau');
      await writeFile(other, 'no powers here');
      const files = await makeFiles({ powersOfTau: other });
      const error = await rejected(makeDevelopmentKeys(files, silent));
      expect(error.code).to.equal('InvalidInput');
      expect(existsSync(join(files.out, 'manifest.json'))).to.equal(false);
    });
  });

  it('refuses the plan of another circuit, and leaves no manifest', async () => {
    const files = await makeFiles({ plan: join(PACKAGE_ARTIFACTS, 'eligibility.plan') });
    const error = await rejected(makeDevelopmentKeys(files, silent));
    expect(error.code).to.equal('ArtifactMismatch');
    expect(error.message).to.include("another circuit's");
    expect(existsSync(join(files.out, 'manifest.json'))).to.equal(false);
  });

  describe('runCeremony', () => {
    const beacon = '0123456789abcdef'.repeat(4);

    it('accepts a file by its injected hash: contributes, applies the beacon, verifies', async () => {
      const files = await makeFiles();
      const hash = await blake2b(powersOfTau);
      await runCeremony(files, { beacon, acceptedHashes: [hash] }, silent);
      const { manifest, insecureDev } = await checkArtifacts(files.out);
      expect(insecureDev).to.equal(false);
      expect(manifest.security).to.equal('CEREMONY');
      expect(manifest.setup).to.deep.equal({ powersOfTau: hash, beacon, contributions: '1' });
      expect(await readFile(join(files.out, 'VerifyingKey.sol'), 'utf8')).to.include(
        'INSECURE_DEV = false',
      );
      expect(await readdir(files.out)).to.have.lengthOf(8);
    });

    it('refuses a file whose hash is not a published one, before anything is written', async () => {
      const files = await makeFiles();
      const error = await rejected(runCeremony(files, { beacon }, silent));
      expect(error.code).to.equal('InvalidInput');
      expect(error.data['field']).to.equal('ptau');
      expect(error.message).to.include(await blake2b(powersOfTau));
      expect(existsSync(files.out)).to.equal(false);
    });

    it('refuses a file with one byte changed', async () => {
      const changed = join(folder, 'changed.ptau');
      const bytes = Uint8Array.from(await readFile(powersOfTau));
      await writeFile(changed, bytes.with(1_000_000, bytes[1_000_000]! ^ 1));
      const files = await makeFiles({ powersOfTau: changed });
      const error = await rejected(
        runCeremony(files, { beacon, acceptedHashes: [await blake2b(powersOfTau)] }, silent),
      );
      expect(error.data['field']).to.equal('ptau');
    });

    it('refuses a file of a known hash that is no Powers of Tau', async () => {
      const other = join(folder, 'other.ptau');
      await writeFile(other, 'no powers here');
      const files = await makeFiles({ powersOfTau: other });
      const error = await rejected(
        runCeremony(files, { beacon, acceptedHashes: [await blake2b(other)] }, silent),
      );
      expect(error.code).to.equal('InvalidInput');
      expect(error.message).to.include('too small for the circuit, or not prepared');
    });

    it('refuses a file that is not there', async () => {
      const files = await makeFiles({ powersOfTau: join(folder, 'nowhere.ptau') });
      const error = await rejected(runCeremony(files, { beacon }, silent));
      expect(error.code).to.equal('InvalidInput');
      expect(error.message).to.include('nowhere.ptau');
    });

    for (const other of ['', 'ab', 'AB'.repeat(32), `0x${'ab'.repeat(31)}`]) {
      it(`refuses the beacon ${JSON.stringify(other)}`, async () => {
        const error = await rejected(runCeremony(await makeFiles(), { beacon: other }, silent));
        expect(error.data['field']).to.equal('beacon');
      });
    }
  });

  describe('the published Powers of Tau', () => {
    it('are as the snarkjs README lists them', async () => {
      const readme = await readFile(
        new URL('../../node_modules/snarkjs/README.md', import.meta.url),
        'utf8',
      );
      for (const [power, hash] of Object.entries(PUBLISHED_POWERS_OF_TAU)) {
        const row = readme
          .split('\n')
          .find((line) => line.includes(`powersOfTau28_hez_final_${power}.ptau`));
        expect(row, power).to.include(hash);
      }
    });
    it("reach from the circuit's domain of 2^13 upward, all different", () => {
      expect(Object.keys(PUBLISHED_POWERS_OF_TAU).map(Number)).to.deep.equal([
        13, 14, 15, 16, 17, 18, 19, 20,
      ]);
      expect(new Set(Object.values(PUBLISHED_POWERS_OF_TAU)).size).to.equal(8);
    });
  });
});
