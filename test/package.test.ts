/**
 * The package holds what a library user needs to prove and verify, and nothing that isn't for them.
 */
import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';

const project = resolve(import.meta.dirname, '..');

async function packedFiles(): Promise<readonly string[]> {
  const { stdout } = await promisify(execFile)(
    'npm',
    ['pack', '--dry-run', '--json', '--ignore-scripts'],
    {
      cwd: project,
      maxBuffer: 16 * 1024 * 1024,
    },
  );
  const [{ files }] = JSON.parse(stdout) as [{ files: { path: string }[] }];
  return files.map(({ path }) => path);
}

describe('the package', () => {
  it('holds the library, the artifacts with their manifest, the compiled contracts and their sources', async () => {
    const files = await packedFiles();
    expect(files).to.include.members([
      'LICENSE',
      'README.md',
      'dist/index.js',
      'dist/index.d.ts',
      'dist/offchain.js',
      'dist/offchain.d.ts',
      'dist/cli/main.js',
      'build/circuits/manifest.json',
      'build/circuits/eligibility.plan',
      'build/circuits/eligibility.wasm',
      'build/circuits/eligibility.zkey',
      'build/circuits/eligibility.pk',
      'build/circuits/vkey.json',
      'build/contracts/Distributor.json',
      'contracts/EligibilityGate.sol',
      'contracts/interfaces/IEligibilityGate.sol',
      'circuits/eligibility.circom',
    ]);
  });

  it('holds no tests, no scripts and nothing half-made', async () => {
    const strays = (await packedFiles()).filter((path) =>
      /^(test|scripts|src|types|\.ci|build\/(test|cache))|\.part|\.hash$/.test(path),
    );
    expect(strays).to.deep.equal([]);
  });
});
