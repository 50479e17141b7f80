/**
 * The files that proving and verifying need. A manifest names the sha256 of each; a file with another hash is an error,
 * so circuit, keys and contracts can't drift apart (threat class "setup and artifacts").
 * @module
 */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { EligoError } from '../errors.ts';
import { readDocument } from '../protocol/codec.ts';
import { refuseForgeableKey, type VerifyingKey } from './verifyingKey.ts';

/** The files a manifest names. */
export const ARTIFACT_FILES = {
  r1cs: 'eligibility.r1cs',
  wasm: 'eligibility.wasm',
  zkey: 'eligibility.zkey',
  vkey: 'vkey.json',
  solidity: 'VerifyingKey.sol',
} as const;

/** Short name of an artifact. */
export type ArtifactName = keyof typeof ARTIFACT_FILES;

const sha256Shape = z.string().regex(/^[0-9a-f]{64}$/, 'must be a sha256 in hex');

const manifestShape = z.strictObject({
  eligo: z.literal('artifacts/1', 'must be "artifacts/1"'),
  /** `INSECURE-DEV`: the trapdoor is public knowledge. `CEREMONY`: contributed to. */
  security: z.enum(['INSECURE-DEV', 'CEREMONY']),
  constraints: z.string(),
  /** How the key was made. */
  setup: z.strictObject({ powersOfTau: z.string(), beacon: z.string(), contributions: z.string() }),
  sha256: z.strictObject({
    r1cs: sha256Shape,
    wasm: sha256Shape,
    zkey: sha256Shape,
    vkey: sha256Shape,
    solidity: sha256Shape,
  }),
});

/** What a set of artifacts is. */
export type Manifest = z.infer<typeof manifestShape>;

/** A checked set of artifacts. */
export type Artifacts = {
  readonly manifest: Manifest;
  /** sha256 of the r1cs: the name of the circuit. */
  readonly circuit: string;
  /** The keys are for development: anybody can forge with them. */
  readonly insecureDev: boolean;
  readonly wasm: Uint8Array;
  readonly zkey: Uint8Array;
  readonly verifyingKey: VerifyingKey;
};

/** Gives the bytes of a file of the set. */
export type ArtifactReader = (fileName: string) => Promise<Uint8Array>;

/** Where the package keeps its own set. */
export const PACKAGE_ARTIFACTS = fileURLToPath(new URL('../../build/circuits/', import.meta.url));

/**
 * Loads the artifacts and checks every hash.
 * @param source a folder, or a function that reads a file of the set; the package's own set if left out
 * @throws {ArtifactMissing} @throws {ArtifactMismatch} @throws {InsecureKey} if gamma equals delta
 * @example const artifacts = await loadArtifacts();
 */
export async function loadArtifacts(
  source: string | ArtifactReader = PACKAGE_ARTIFACTS,
): Promise<Artifacts> {
  const read = typeof source === 'string' ? folderReader(source) : source;
  const manifest = readManifest(new TextDecoder().decode(await read('manifest.json')));
  const load = async (name: ArtifactName): Promise<Uint8Array> => {
    const bytes = await read(ARTIFACT_FILES[name]);
    const found = await sha256(bytes);
    if (found !== manifest.sha256[name]) {
      throw new EligoError(
        'ArtifactMismatch',
        `${ARTIFACT_FILES[name]} has sha256 ${found}, the manifest says ${manifest.sha256[name]}: run \`npm run build\``,
        { file: ARTIFACT_FILES[name], found, expected: manifest.sha256[name] },
      );
    }
    return bytes;
  };
  const [wasm, zkey, vkey] = await Promise.all([
    load('wasm'),
    load('zkey'),
    load('vkey'),
    load('r1cs'),
    load('solidity'),
  ]);
  const verifyingKey = JSON.parse(new TextDecoder().decode(vkey)) as VerifyingKey;
  refuseForgeableKey(verifyingKey);
  return {
    manifest,
    circuit: manifest.sha256.r1cs,
    insecureDev: manifest.security === 'INSECURE-DEV',
    wasm,
    zkey,
    verifyingKey,
  };
}

/** Reads a manifest. @throws {InvalidInput} */
export function readManifest(text: string): Manifest {
  return readDocument(manifestShape, text, 'manifest');
}

/** sha256 in hex. */
export async function sha256(bytes: Uint8Array): Promise<string> {
  const digest = await globalThis.crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function folderReader(folder: string): ArtifactReader {
  return async (fileName) => {
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
