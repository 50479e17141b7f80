/**
 * Making the proving keys: deterministic ones for development, or a ceremony's over a published Powers-of-Tau file.
 * @module
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { copyFile, mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { zKey } from 'snarkjs';
import { EligoError, invalidInput } from '../errors.ts';
import { platformRandom } from '../protocol/field.ts';
import {
  ARTIFACTS,
  ARTIFACT_FILES,
  MANIFEST_VERSION,
  type ArtifactName,
  type Manifest,
} from './artifacts.ts';
import { packKey } from './packKey.ts';
import { readPlan } from './packedPlan.ts';
import { PUBLISHED_POWERS_OF_TAU } from './powersOfTau.ts';
import { sha256 } from './sha256.ts';
import { renderVerifyingKey } from './solidityKey.ts';
import { refuseForgeableKey, type VerifyingKey } from './verifyingKey.ts';

/** Called when a step begins. */
export type OnStep = (step: string) => void;

/** 2^10 hash iterations over the beacon's value. */
const BEACON_ITERATIONS = 10;

/** The beacon of development keys: public on purpose, so that everybody makes the same, insecure, keys. */
export const DEVELOPMENT_BEACON = createHash('sha256')
  .update('eligo development keys, insecure')
  .digest('hex');

/** What a set-up starts from. */
export type SetupFiles = {
  readonly r1cs: string;
  /** The r1cs's witness plan. */
  readonly plan: string;
  /** The witness program that circom made. */
  readonly reference: string;
  /** Powers of Tau, prepared for phase 2. */
  readonly powersOfTau: string;
  /** The folder that the set of artifacts is written to. */
  readonly out: string;
  /** The number of constraints, for the manifest. */
  readonly constraints: number;
};

/**
 * Makes the development keys: the same bytes from the same inputs, everywhere. Anybody can compute their trapdoor.
 * @throws {EligoError}
 */
export async function makeDevelopmentKeys(files: SetupFiles, onStep: OnStep): Promise<void> {
  await mkdir(files.out, { recursive: true });
  const initial = join(files.out, 'initial.zkey');
  const final = join(files.out, ARTIFACT_FILES.zkey);
  onStep('making the proving key (phase 2)');
  await newKey(files, initial);
  onStep('applying the public beacon');
  await zKey.beacon(initial, final, 'INSECURE-DEV', DEVELOPMENT_BEACON, BEACON_ITERATIONS);
  await rm(initial);
  await writeSet(files, {
    security: 'INSECURE-DEV',
    setup: {
      powersOfTau: await blake2b(files.powersOfTau),
      beacon: DEVELOPMENT_BEACON,
      contributions: '0',
    },
  });
}

/**
 * Runs phase 2 over a Powers-of-Tau file whose hash is known: one contribution from the platform's CSPRNG, a beacon, and a
 * verification of the whole. Whoever runs it must be trusted to have
 * kept nothing of the contribution; this process keeps nothing.
 * @param options.beacon         32 bytes in hex that nobody could predict when the contribution was made; random if left out
 * @param options.acceptedHashes blake2b-512 of the files to accept; the published ones if left out
 * @throws {InvalidInput} if the file's hash is not accepted @throws {InsecureKey}
 */
export async function runCeremony(
  files: SetupFiles,
  options: { readonly beacon?: string; readonly acceptedHashes?: readonly string[] },
  onStep: OnStep,
): Promise<void> {
  const beacon = options.beacon ?? Buffer.from(platformRandom(32)).toString('hex');
  if (!/^[0-9a-f]{64}$/.test(beacon))
    throw invalidInput('beacon', beacon, 'must be 32 bytes in hex');
  onStep('hashing the Powers-of-Tau file');
  const accepted = options.acceptedHashes ?? Object.values(PUBLISHED_POWERS_OF_TAU);
  const hash = await blake2b(files.powersOfTau);
  if (!accepted.includes(hash)) {
    throw invalidInput(
      'ptau',
      files.powersOfTau,
      `its blake2b-512 is ${hash}, which is none of the published files'`,
    );
  }
  await mkdir(files.out, { recursive: true });
  const [initial, contributed] = [
    join(files.out, 'initial.zkey'),
    join(files.out, 'contributed.zkey'),
  ];
  const final = join(files.out, ARTIFACT_FILES.zkey);
  onStep('making the proving key (phase 2)');
  await newKey(files, initial);
  onStep('contributing');
  await zKey.contribute(
    initial,
    contributed,
    'contribution 1',
    Buffer.from(platformRandom(64)).toString('hex'),
  );
  onStep('applying the beacon');
  await zKey.beacon(contributed, final, 'beacon', beacon, BEACON_ITERATIONS);
  onStep('verifying the key against circuit and Powers of Tau');
  if (!(await zKey.verifyFromR1cs(files.r1cs, files.powersOfTau, final))) {
    throw new EligoError(
      'ArtifactMismatch',
      'the key that was made does not verify against the circuit',
    );
  }
  await Promise.all([rm(initial), rm(contributed)]);
  await writeSet(files, {
    security: 'CEREMONY',
    setup: { powersOfTau: hash, beacon, contributions: '1' },
  });
}

/** blake2b-512 of a file in hex, as the published files are named by. @throws {InvalidInput} if it can't be read */
export async function blake2b(file: string): Promise<string> {
  const hash = createHash('blake2b512');
  try {
    for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  } catch (error) {
    throw new EligoError(
      'InvalidInput',
      `ptau is ${JSON.stringify(file)}: the file can't be read`,
      { file },
      error,
    );
  }
  return hash.digest('hex');
}

/** `newZKey` answers -1 where it refuses, and throws on a file that is not what it should be. */
async function newKey(files: SetupFiles, zkey: string): Promise<void> {
  let answer: unknown;
  try {
    if (await isPowersOfTau(files.powersOfTau))
      answer = await zKey.newZKey(files.r1cs, files.powersOfTau, zkey);
  } catch (error) {
    answer = error;
  }
  if (typeof answer !== 'object' || answer instanceof Error) {
    throw new EligoError(
      'InvalidInput',
      `ptau is ${JSON.stringify(files.powersOfTau)}: too small for the circuit, or not prepared`,
    );
  }
}

/** Does the file begin as one of its kind does? snarkjs would leave another one open. */
async function isPowersOfTau(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { buffer } = await file.read(Buffer.alloc(4), 0, 4, 0);
    return buffer.toString('latin1') === 'ptau';
  } finally {
    await file.close();
  }
}

/**
 * Writes packed key, verifying key, Solidity and, last, the manifest: a set without a manifest was never finished.
 * @throws {ArtifactMismatch} if the plan is another circuit's
 */
async function writeSet(
  files: SetupFiles,
  made: Pick<Manifest, 'security' | 'setup'>,
): Promise<void> {
  const path = (name: ArtifactName): string => join(files.out, ARTIFACT_FILES[name]);
  const key = (await zKey.exportVerificationKey(path('zkey'))) as VerifyingKey;
  refuseForgeableKey(key);
  await writeFile(path('pk'), await packKey(await readFile(path('zkey'))));
  await writeFile(path('vkey'), `${JSON.stringify(key, undefined, 2)}\n`);
  await writeFile(
    path('solidity'),
    renderVerifyingKey(key, { insecureDev: made.security === 'INSECURE-DEV' }),
  );
  for (const [name, source] of [
    ['r1cs', files.r1cs],
    ['plan', files.plan],
    ['reference', files.reference],
  ] as const) {
    if (source !== path(name)) await copyFile(source, path(name));
  }
  readPlan(await readFile(path('plan')), await sha256(await readFile(path('r1cs'))));
  const manifest: Manifest = {
    eligo: MANIFEST_VERSION,
    security: made.security,
    constraints: String(files.constraints),
    setup: made.setup,
    sha256: await describeFiles(async (name) => sha256(await readFile(path(name)))),
    bytes: await describeFiles(async (name) => String((await stat(path(name))).size)),
  };
  const unfinished = join(files.out, 'manifest.json.part');
  await writeFile(unfinished, `${JSON.stringify(manifest, undefined, 2)}\n`);
  await rename(unfinished, join(files.out, 'manifest.json'));
}

/** The same of every file. */
async function describeFiles(
  describe: (name: ArtifactName) => Promise<string>,
): Promise<Record<ArtifactName, string>> {
  const entries = await Promise.all(ARTIFACTS.map(async (name) => [name, await describe(name)]));
  return Object.fromEntries(entries) as Record<ArtifactName, string>;
}
