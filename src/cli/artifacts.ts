/**
 * The artifacts that a command proves, verifies or deploys with.
 * @module
 */
import { EligoError } from '../errors.ts';
import { loadArtifacts, type Artifacts } from '../prover/artifacts.ts';
import { warnOfKeys } from './output.ts';
import type { Context } from './verb.ts';

/** Added to each verb that proves, verifies or deploys. */
export const ARTIFACT_FLAGS = {
  '--artifacts <folder>': "a set of artifacts made by `eligo setup`; the package's own if left out",
} as const;

/** Loads the set of `--artifacts`, and says on stderr if its keys are insecure. @throws {ArtifactMissing} @throws {ArtifactMismatch} */
export async function readArtifacts(context: Context): Promise<Artifacts> {
  const artifacts = await loadArtifacts(context.flags.find('--artifacts'));
  warnOfKeys(context, artifacts.insecureDev);
  return artifacts;
}

/**
 * What somebody else made must be for the circuit in use.
 * @param what names the document
 * @throws {ArtifactMismatch}
 */
export function refuseOtherCircuit(what: string, circuit: string, artifacts: Artifacts): void {
  if (circuit === artifacts.circuit) return;
  throw new EligoError(
    'ArtifactMismatch',
    `the ${what} is for the circuit ${circuit}, the artifacts are of ${artifacts.circuit}`,
    { found: circuit, expected: artifacts.circuit },
  );
}
