/**
 * Artifacts from the web: what a claimant's browser or machine needs to prove is fetched once, checked by its hash, and kept.
 * @module
 */
import { EligoError, invalidInput } from '../errors.ts';
import { platformCache, type ArtifactCache } from './artifactCache.ts';
import {
  ARTIFACTS,
  ARTIFACT_FILES,
  loadArtifacts,
  readManifest,
  type ArtifactName,
  type Artifacts,
  type Manifest,
} from './artifacts.ts';
import { download } from './download.ts';
import { sha256 } from './sha256.ts';
import { checkBase, follow, readShort, reasonOf, under } from './web.ts';

/** What is fetched before the artifacts are given out; the rest is fetched when it is asked for. */
const NEEDED = {
  prove: ['vkey', 'pk', 'plan'],
  verify: ['vkey'],
} as const satisfies Record<string, readonly ArtifactName[]>;

/** Bytes of a manifest at most. */
const MANIFEST_LIMIT = 16_384;

const MANIFEST_TIMEOUT = 30_000;

/** How artifacts are fetched. */
export type FetchOptions = {
  /** What they are for; to prove, if left out. */
  readonly purpose?: keyof typeof NEEDED;
  /** Ends the fetching, of what is asked for later too. What has arrived is kept for the next time. */
  readonly signal?: AbortSignal;
  /**
   * Called with the bytes that there are of those needed: of the files, whatever encoding they travel in. `received` falls
   * where a server sends a file from its beginning again.
   */
  readonly onProgress?: (progress: { readonly received: number; readonly total: number }) => void;
  /** Where files are kept; the platform's place if left out, `NO_CACHE` for none. */
  readonly cache?: ArtifactCache;
  /** Milliseconds without a byte after which a connection is given up; 30 seconds if left out. */
  readonly timeout?: number;
  /** Milliseconds before a try that follows one without a byte, doubled for each more; 500 if left out. */
  readonly retryDelay?: number;
};

/**
 * Fetches artifacts, continues where an earlier call was interrupted, and checks every hash against the manifest. The manifest
 * is the server's word: compare `circuit` with the deployment's, and the verifying key with the chain's (`eligo chain doctor`).
 * @param url of the folder: manifest.json and the files are under it
 * @throws {InvalidInput} if it isn't an http(s) URL, or holds a password; if the manifest isn't one
 * @throws {ArtifactMissing} @throws {ArtifactMismatch} @throws {SourceUnavailable} @throws {InsecureKey}
 * @throws the signal's reason
 * @example const artifacts = await fetchArtifacts('https://claims.example/artifacts/', { onProgress: show });
 */
export async function fetchArtifacts(url: string, options: FetchOptions = {}): Promise<Artifacts> {
  const base = checkBase(url);
  const manifestBytes = await fetchManifest(base, options);
  const manifest = readManifest(new TextDecoder().decode(manifestBytes));
  const cache = options.cache ?? (await platformCache());
  const needed: readonly ArtifactName[] = NEEDED[options.purpose ?? 'prove'];
  const onReceived = countBytes(manifest, needed, options);
  const fetched = await fetchAll(needed, options, (name, signal) =>
    fetchFile({ base, manifest, cache, name, onReceived }, { ...options, signal }),
  );
  // What an earlier set left would never be asked for again; while something of this one was missing, it stayed.
  if ([...fetched.values()].some(({ isNew }) => isNew)) await cache.retain(entriesOf(manifest));
  return loadArtifacts(async (file) => {
    if (file === MANIFEST) return manifestBytes;
    const name = NAMES.get(file);
    if (name === undefined) throw invalidInput('file', file, 'must be one of a set of artifacts');
    const early = fetched.get(name);
    fetched.delete(name); // the artifacts keep what they use
    return (early ?? (await fetchFile({ base, manifest, cache, name }, options))).bytes;
  });
}

const MANIFEST = 'manifest.json';

const NAMES = new Map(ARTIFACTS.map((name) => [ARTIFACT_FILES[name] as string, name]));

/** The cache's names for the files of a set, whole and in part. */
function entriesOf({ sha256 }: Manifest): ReadonlySet<string> {
  return new Set(Object.values(sha256).flatMap((hash) => [hash, partOf(hash)]));
}

function partOf(hash: string): string {
  return `${hash}.part`;
}

/** A file, and whether it was not in the cache. */
type Fetched = { readonly bytes: Uint8Array; readonly isNew: boolean };

/** All at the same time. The first that fails ends the others, so that what they have is kept before the error is seen. */
async function fetchAll(
  names: readonly ArtifactName[],
  { signal }: FetchOptions,
  fetchOne: (name: ArtifactName, signal: AbortSignal) => Promise<Fetched>,
): Promise<Map<ArtifactName, Fetched>> {
  const { controller, release } = follow(signal);
  const outcomes = await Promise.allSettled(
    names.map(async (name) => {
      try {
        return [name, await fetchOne(name, controller.signal)] as const;
      } catch (error) {
        controller.abort(error); // nothing if it is aborted already
        throw error;
      }
    }),
  );
  release();
  if (controller.signal.aborted) throw controller.signal.reason;
  return new Map(outcomes.flatMap((outcome) => ('value' in outcome ? [outcome.value] : [])));
}

type FileTask = {
  readonly base: URL;
  readonly manifest: Manifest;
  readonly cache: ArtifactCache;
  readonly name: ArtifactName;
  readonly onReceived?: (name: ArtifactName, received: number) => void;
};

/** A file from the cache, or from the web and then into the cache. An entry with another hash is thrown away. */
async function fetchFile(
  { base, manifest, cache, name, onReceived }: FileTask,
  {
    signal,
    timeout,
    retryDelay,
  }: Omit<FetchOptions, 'signal'> & { signal?: AbortSignal | undefined },
): Promise<Fetched> {
  const hash = manifest.sha256[name];
  const bytes = Number(manifest.bytes[name]);
  const kept = await cache.read(hash);
  if (kept !== undefined && (await sha256(kept)) === hash) {
    onReceived?.(name, bytes);
    return { bytes: kept, isNew: false };
  }
  if (kept !== undefined) await cache.remove(hash);
  const part = partOf(hash);
  const file = ARTIFACT_FILES[name];
  const whole = await download({
    url: under(base, file),
    file,
    bytes,
    sha256: hash,
    start: await cache.read(part),
    signal,
    timeout,
    retryDelay,
    onReceived: (received) => onReceived?.(name, received),
    onPart: (received) => cache.write(part, received),
  });
  await Promise.all([cache.write(hash, whole), cache.remove(part)]);
  return { bytes: whole, isNew: true };
}

/** Adds up what there is of each file. */
function countBytes(
  manifest: Manifest,
  names: readonly ArtifactName[],
  { onProgress }: FetchOptions,
): (name: ArtifactName, received: number) => void {
  const total = names.reduce((sum, name) => sum + Number(manifest.bytes[name]), 0);
  const counts = new Map<ArtifactName, number>();
  return (name, count) => {
    counts.set(name, count);
    onProgress?.({ received: [...counts.values()].reduce((sum, n) => sum + n, 0), total });
  };
}

async function fetchManifest(
  base: URL,
  { signal, timeout = MANIFEST_TIMEOUT }: FetchOptions,
): Promise<Uint8Array> {
  const { controller, release } = follow(signal);
  const timer = setTimeout(() => {
    controller.abort(new Error(`not whole after ${timeout} ms`));
  }, timeout);
  const data = { place: base.host, file: MANIFEST };
  try {
    const response = await fetch(under(base, MANIFEST), {
      signal: controller.signal,
      cache: 'no-cache',
    });
    if (response.status === 404 || response.status === 410)
      throw new EligoError('ArtifactMissing', `${base.host} has no ${MANIFEST}`, data);
    if (!response.ok) throw new Error(`the answer is ${response.status}`);
    return await readShort(response, MANIFEST_LIMIT);
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof EligoError) throw error;
    const message = `${base.host} does not give ${MANIFEST}: ${reasonOf(error)}`;
    throw new EligoError('SourceUnavailable', message, data, error);
  } finally {
    release();
    clearTimeout(timer);
  }
}
