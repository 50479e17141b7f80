/**
 * The package's artifacts in build/circuits: the compiled circuit and its keys. Development keys are deterministic and
 * take a minute, so they are kept in the user's cache folder under the hash of what they are made from; every file is
 * checked against the manifest when it is loaded.
 * @module
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EligoError } from '../src/errors.ts';
import { ARTIFACT_FILES, MANIFEST_VERSION, PACKAGE_ARTIFACTS } from '../src/prover/artifacts.ts';
import { stopWorkers } from '../src/prover/snarkjs.ts';
import { checkArtifacts } from '../src/prover/checkArtifacts.ts';
import { PACKED_KEY_VERSION } from '../src/prover/packedKey.ts';
import { renderVerifyingKey } from '../src/prover/solidityKey.ts';
import { DEVELOPMENT_BEACON, makeDevelopmentKeys } from '../src/prover/setup.ts';
import { compileCircuit, readInstances, type CompiledCircuit } from './circuits.ts';
import { makeWitnessPlan } from './witness/plan.ts';

/** Compiled circuits and development keys outlive a clone here. */
export const cacheFolder = join(
  process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'),
  'eligo',
);

/**
 * Fills build/circuits.
 * @param keys a folder with a set made by `eligo setup`; development keys if left out
 */
export async function buildKeys(
  keys: string | undefined,
  say: (detail: string) => void,
): Promise<void> {
  const { eligibility } = await readInstances();
  if (!eligibility)
    throw new EligoError('InvalidInput', 'circuits.json has no instance "eligibility"');
  const circuit = { instance: eligibility, cache: join(cacheFolder, 'circuits'), log: say };
  const compiled = await compileCircuit({ ...circuit, optimization: 2 });
  if (compiled.constraints !== eligibility.constraints) {
    throw new EligoError(
      'ArtifactMismatch',
      `the circuit has ${compiled.constraints} constraints, circuits.json says ${eligibility.constraints}`,
    );
  }
  const plan = await makeWitnessPlan({
    template: eligibility.template,
    whole: await compileCircuit({ ...circuit, optimization: 0 }),
    production: compiled.r1cs,
  });
  const source = keys ?? (await developmentKeys(compiled, plan, say));
  await checkSet(source, compiled, plan);
  await replaceFolder(source, PACKAGE_ARTIFACTS.replace(/\/$/, ''));
}

/** A set's manifest vouches for its files only: what they must be follows from the circuit and the verifying key. */
async function checkSet(
  folder: string,
  compiled: CompiledCircuit,
  plan: Uint8Array,
): Promise<void> {
  const { manifest, verifyingKey, insecureDev } = await checkArtifacts(folder);
  const expected = {
    r1cs: sha256(await readFile(compiled.r1cs)),
    plan: sha256(plan),
    reference: sha256(await readFile(compiled.wasm)),
    solidity: sha256(renderVerifyingKey(verifyingKey, { insecureDev })),
  };
  for (const [name, hash] of Object.entries(expected)) {
    if (manifest.sha256[name as keyof typeof expected] === hash) continue;
    throw new EligoError('ArtifactMismatch', `the ${name} in ${folder} is not this circuit's`, {
      folder,
      name,
    });
  }
  if (!insecureDev && manifest.setup.beacon === DEVELOPMENT_BEACON) {
    throw new EligoError('InsecureKey', `the keys in ${folder} were made with the public beacon`);
  }
}

async function developmentKeys(
  compiled: CompiledCircuit,
  plan: Uint8Array,
  say: (detail: string) => void,
): Promise<string> {
  const powersOfTau = installed('snarkjs-ptau/test/plonk_circuit/powersOfTau15_final.ptau');
  const version = await readFile(installed('snarkjs/package.json'));
  const template = await readFile(new URL('../src/prover/solidityKey.ts', import.meta.url));
  const made = [
    compiled.key,
    version,
    DEVELOPMENT_BEACON,
    sha256(await readFile(powersOfTau)),
    sha256(template),
    sha256(plan),
    `${MANIFEST_VERSION} ${PACKED_KEY_VERSION}`,
  ];
  const folder = join(cacheFolder, 'keys', sha256(made.join(' ')).slice(0, 32));
  if (existsSync(join(folder, 'manifest.json'))) return folder;

  await mkdir(dirname(folder), { recursive: true });
  const out = await mkdtemp(`${folder}.part-`);
  const { r1cs, wasm: reference, constraints } = compiled;
  const planFile = join(out, ARTIFACT_FILES.plan);
  await writeFile(planFile, plan);
  await makeDevelopmentKeys(
    { r1cs, plan: planFile, reference, powersOfTau, out, constraints },
    say,
  );
  await stopWorkers();
  await rm(folder, { recursive: true, force: true });
  await rename(out, folder).catch((error: unknown) => {
    if (!existsSync(join(folder, 'manifest.json'))) throw error; // another process was quicker
  });
  return folder;
}

/** A file of an installed package, whatever its exports say. */
function installed(path: string): string {
  return fileURLToPath(new URL(`../node_modules/${path}`, import.meta.url));
}

/** The same set is left alone; another takes its place whole. */
async function replaceFolder(source: string, target: string): Promise<void> {
  const manifest = (folder: string): Promise<string> =>
    readFile(join(folder, 'manifest.json'), 'utf8').catch(() => '');
  if ((await manifest(source)) === (await manifest(target))) return;
  const unfinished = `${target}.part`;
  await rm(unfinished, { recursive: true, force: true });
  await cp(source, unfinished, { recursive: true });
  await rm(target, { recursive: true, force: true });
  await rename(unfinished, target);
}

function sha256(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}
