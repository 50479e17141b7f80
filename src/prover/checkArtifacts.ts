/**
 * Checking a whole set of artifacts: for whoever made it, or builds with it.
 * @module
 */
import { EligoError } from '../errors.ts';
import {
  ARTIFACTS,
  ARTIFACT_FILES,
  folderReader,
  loadArtifacts,
  readArtifact,
  type ArtifactReader,
  type Artifacts,
} from './artifacts.ts';
import { withoutContributions } from './packKey.ts';
import { readPlan } from './packedPlan.ts';

/**
 * Loads a set, and checks every hash, that the witness plan is one of this circuit, and that the packed key expands to the zkey:
 * the hashes in plan and key are only their word. What the plan must be, the build knows, which makes it again.
 * @throws {ArtifactMissing} @throws {ArtifactMismatch} @throws {InsecureKey} if gamma equals delta
 */
export async function checkArtifacts(source: string | ArtifactReader): Promise<Artifacts> {
  const read = typeof source === 'string' ? folderReader(source) : source;
  const artifacts = await loadArtifacts(read);
  for (const name of ARTIFACTS) await readArtifact(read, artifacts.manifest, name);
  readPlan(await artifacts.plan(), artifacts.circuit);
  const zkey = await readArtifact(read, artifacts.manifest, 'zkey');
  if (!areEqual(withoutContributions(zkey), await artifacts.zkey())) {
    throw new EligoError(
      'ArtifactMismatch',
      `${ARTIFACT_FILES.pk} expands to another key than ${ARTIFACT_FILES.zkey}`,
      { file: ARTIFACT_FILES.pk },
    );
  }
  return artifacts;
}

function areEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
