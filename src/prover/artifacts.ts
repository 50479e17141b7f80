/**
 * The files that proving and verifying need. A manifest names the sha256 of each; a file with another hash is an error,
 * so circuit, keys and contracts can't drift apart (threat class "setup and artifacts"). A file is read when it is needed:
 * who proves needs the packed key, the witness plan and the verifying key; who verifies needs the last.
 * @module
 */
import { z } from 'zod';
import { EligoError } from '../errors.ts';
import { readDocument } from '../protocol/codec.ts';
import { expandKey } from './packedKey.ts';
import { sha256 } from './sha256.ts';
import { refuseForgeableKey, type VerifyingKey } from './verifyingKey.ts';

/** The files a manifest names. */
export const ARTIFACT_FILES = {
  r1cs: 'eligibility.r1cs',
  plan: 'eligibility.plan',
  reference: 'eligibility.wasm',
  zkey: 'eligibility.zkey',
  pk: 'eligibility.pk',
  vkey: 'vkey.json',
  solidity: 'VerifyingKey.sol',
} as const;

/** Short name of an artifact. */
export type ArtifactName = keyof typeof ARTIFACT_FILES;

/** The short names. */
export const ARTIFACTS = Object.keys(ARTIFACT_FILES) as ArtifactName[];

const sha256Shape = z.string().regex(/^[0-9a-f]{64}$/, 'must be a sha256 in hex');

/** Below 10^8: no file of a set is as long, and whoever reads it takes memory for all of it. */
const lengthShape = z.string().regex(/^[1-9][0-9]{0,7}$/, 'must be a number of bytes');

/** The same for each file. */
function forEachFile<Shape extends z.ZodType>(shape: Shape) {
  return z.strictObject({
    r1cs: shape,
    plan: shape,
    reference: shape,
    zkey: shape,
    pk: shape,
    vkey: shape,
    solidity: shape,
  });
}

/** Since 2 a set has a packed key, and its manifest says how long each file is; since 3 it has a witness plan. */
export const MANIFEST_VERSION = 'artifacts/3';

const manifestShape = z.strictObject({
  eligo: z.literal(MANIFEST_VERSION, `must be "${MANIFEST_VERSION}"`),
  /** `INSECURE-DEV`: the trapdoor is public knowledge. `CEREMONY`: contributed to. */
  security: z.enum(['INSECURE-DEV', 'CEREMONY']),
  constraints: z.string(),
  /** How the key was made. */
  setup: z.strictObject({ powersOfTau: z.string(), beacon: z.string(), contributions: z.string() }),
  sha256: forEachFile(sha256Shape),
  /** How long each file is. */
  bytes: forEachFile(lengthShape),
});

/** What a set of artifacts is. */
export type Manifest = z.infer<typeof manifestShape>;

/** A set of artifacts. */
export type Artifacts = {
  readonly manifest: Manifest;
  /** sha256 of the r1cs: the name of the circuit. */
  readonly circuit: string;
  /** The keys are for development: anybody can forge with them. */
  readonly insecureDev: boolean;
  readonly verifyingKey: VerifyingKey;
  /**
   * The witness plan (packedPlan.ts); read and checked at the first call, the same bytes at every one.
   * @throws {ArtifactMissing} @throws {ArtifactMismatch}
   */
  readonly plan: () => Promise<Uint8Array>;
  /**
   * The witness program that circom made, which the plan is compared with; the same bytes at every call. Nothing proves with it.
   * @throws {ArtifactMissing} @throws {ArtifactMismatch}
   */
  readonly reference: () => Promise<Uint8Array>;
  /**
   * The proving key as a zkey, the same bytes at every call: a folder's own file, or, where that isn't there, the packed key
   * expanded, which has no record of contributions.
   * @throws {ArtifactMissing} @throws {ArtifactMismatch}
   */
  readonly zkey: () => Promise<Uint8Array>;
};

/** Gives the bytes of a file of the set. */
export type ArtifactReader = (fileName: string) => Promise<Uint8Array>;

/** Where the package keeps its own set. A path without node:url, for a browser loads this file, too. */
export const PACKAGE_ARTIFACTS = decodeURIComponent(
  new URL('../../build/circuits/', import.meta.url).pathname,
).replace(/^\/([A-Za-z]:)/, '$1');

/**
 * Loads a set: its manifest and its verifying key now, the rest when it is asked for.
 * @param source a folder, or a function that reads a file of the set; the package's own set if left out
 * @throws {ArtifactMissing} @throws {ArtifactMismatch} @throws {InsecureKey} if gamma equals delta
 * @example const artifacts = await loadArtifacts();
 */
export async function loadArtifacts(
  source: string | ArtifactReader = PACKAGE_ARTIFACTS,
): Promise<Artifacts> {
  const read = typeof source === 'string' ? folderReader(source) : source;
  const manifest = readManifest(new TextDecoder().decode(await read('manifest.json')));
  const load = (name: ArtifactName): Promise<Uint8Array> => readArtifact(read, manifest, name);
  const verifyingKey = JSON.parse(new TextDecoder().decode(await load('vkey'))) as VerifyingKey;
  refuseForgeableKey(verifyingKey);
  return {
    manifest,
    circuit: manifest.sha256.r1cs,
    insecureDev: manifest.security === 'INSECURE-DEV',
    verifyingKey,
    plan: once(() => load('plan')),
    reference: once(() => load('reference')),
    zkey: once(async () => {
      const whole = typeof source === 'string' ? await ifThere(load('zkey')) : undefined;
      return whole ?? expandKey(await load('pk'), manifest.sha256.zkey);
    }),
  };
}

/** A file of the set. @throws {ArtifactMissing} @throws {ArtifactMismatch} */
export async function readArtifact(
  read: ArtifactReader,
  manifest: Manifest,
  name: ArtifactName,
): Promise<Uint8Array> {
  const [file, expected] = [ARTIFACT_FILES[name], manifest.sha256[name]];
  const bytes = await read(file);
  const found = await sha256(bytes);
  if (found === expected) return bytes;
  throw new EligoError(
    'ArtifactMismatch',
    `${file} has sha256 ${found}, the manifest says ${expected}: run \`npm run build\``,
    { file, found, expected },
  );
}

/** Nothing for a file that is missing. */
async function ifThere(file: Promise<Uint8Array>): Promise<Uint8Array | undefined> {
  try {
    return await file;
  } catch (error) {
    if (error instanceof EligoError && error.code === 'ArtifactMissing') return undefined;
    throw error;
  }
}

/** The work is done at the first call; again at the next if it failed. */
function once<T>(work: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined;
  return () => {
    result ??= work().catch((error: unknown) => {
      result = undefined;
      throw error;
    });
    return result;
  };
}

/** Reads a manifest. @throws {InvalidInput} */
export function readManifest(text: string): Manifest {
  return readDocument(manifestShape, text, 'manifest');
}

/** Reads the files of a folder. */
export function folderReader(folder: string): ArtifactReader {
  return async (fileName) => {
    const { readFile } = await import('node:fs/promises');
    try {
      return await readFile(`${folder.replace(/\/$/, '')}/${fileName}`);
    } catch (error) {
      throw new EligoError(
        'ArtifactMissing',
        `${fileName} is not in ${folder}: run \`npm run build\`, or name a folder that holds a set of artifacts`,
        { file: fileName, folder },
        error,
      );
    }
  };
}
