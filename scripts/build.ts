/**
 * `npm run build`: kernel, circuit, keys, contracts and library, from source. What hasn't changed isn't built again.
 * `--keys DIR` takes a set that `eligo setup` made; without it the keys are for development.
 * `--keep-keys` takes the set that is in build/circuits: what is packed is what was built.
 * `--check` only compares the generated files that the repository holds with what they are generated from.
 * @module
 */
import { execFile } from 'node:child_process';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { EligoError } from '../src/errors.ts';
import { ARTIFACT_FILES, PACKAGE_ARTIFACTS } from '../src/prover/artifacts.ts';
import { buildContracts, checkAbis, writeAbis } from './contracts.ts';
import { buildKernel } from './kernel/build.ts';
import { buildKeys } from './keys.ts';
import { buildConstants } from './poseidon/build.ts';
import { step } from './progress.ts';

const project = resolve(import.meta.dirname, '..');
const generatedKey = join(project, 'contracts/generated/VerifyingKey.sol');

const { values } = parseArgs({
  options: {
    keys: { type: 'string' },
    'keep-keys': { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
  },
});

await step('constants', () => buildConstants({ check: values.check }));
// The kernel before the keys, which are packed, and expanded, by it.
await step('kernel', () => buildKernel({ check: values.check }));
const keys = values['keep-keys'] ? PACKAGE_ARTIFACTS : values.keys;
await step('circuit and keys', (say) => buildKeys(keys, say));
const keySource = await readFile(join(PACKAGE_ARTIFACTS, ARTIFACT_FILES.solidity), 'utf8');
const contracts = (): Promise<string> =>
  step('contracts', (say) => buildContracts({ verifyingKeySource: keySource, log: say }));

if (values.check) {
  await refuseOther(generatedKey, keySource);
  await contracts();
  await checkAbis();
} else {
  if (keys === undefined) await writeIfOther(generatedKey, keySource);
  await contracts();
  await writeAbis();
  await step('library', async () => {
    await promisify(execFile)(
      process.execPath,
      ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'],
      {
        cwd: project,
      },
    );
    await chmod(join(project, 'dist/cli/main.js'), 0o755);
  });
}

async function refuseOther(file: string, text: string): Promise<void> {
  if ((await readFile(file, 'utf8').catch(() => '')) !== text) {
    throw new EligoError(
      'ArtifactMismatch',
      `${file} is not what the development keys give: run \`npm run build\``,
    );
  }
}

/** The repository holds the key of the development set: a ceremony's goes into the compiled contracts only. */
async function writeIfOther(file: string, text: string): Promise<void> {
  await mkdir(join(file, '..'), { recursive: true });
  const found = await readFile(file, 'utf8').catch(() => '');
  if (found !== text) await writeFile(file, text);
}
