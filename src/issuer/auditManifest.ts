/**
 * `audit rebuild --manifest`: does a manifest of an import belong to a publication of the tree, and did the log attest what
 * it says was accepted? A manifest belongs if a publication names its sha256, or if another one that belongs leads back to it.
 * @module
 */
import { createHash } from 'node:crypto';
import { zeroHash, type Hex } from 'viem';
import { z } from 'zod';
import type { TreeEvent } from '../chain/publications.ts';
import { EligoError, invalidInput } from '../errors.ts';
import { bytes32Shape, readDocument } from '../protocol/codec.ts';
import { fieldToBytes, toUint } from '../protocol/field.ts';
import type { LogEntry } from '../protocol/log.ts';
import { TREE_DEPTH } from '../protocol/merklePath.ts';
import type { AuditedPublication } from './auditAlign.ts';
import { MANIFEST_HEAD, MANIFEST_LIST } from './import/manifest.ts';

/** The longest facts that are read; the list after them may have any length. */
const MAX_FACTS = 1_048_576;

/** A manifest as an auditor reads it. */
export type AuditedManifest = {
  /** What errors call it. */
  readonly name: string;
  /** sha256 of the file. */
  readonly hash: Hex;
  readonly previous: Hex | undefined;
  readonly read: bigint;
  readonly accepted: bigint;
  readonly runs: readonly { readonly first: number; readonly count: number }[];
  readonly leaves: Hex;
};

/** What was found of one that is right. */
export type ManifestReport = Pick<AuditedManifest, 'name' | 'hash' | 'read' | 'accepted'> & {
  /** The publication that carries it, or the one that leads back to it. */
  readonly publication: bigint;
};

const count = z.string().regex(/^(0|[1-9][0-9]{0,18})$/, 'must be decimal digits');
const counts = z.record(z.string(), count);

const factsShape = z.looseObject({
  ...{ read: count, accepted: count, merged: count, pending: count, excluded: counts },
  revocations: z.looseObject({ read: count }),
  positions: z.array(z.strictObject({ first: count, count })),
  leaves: bytes32Shape,
  previous: bytes32Shape.optional(),
});

/**
 * Reads a manifest: its facts, and the hash of all of it.
 * @param chunks the file's bytes; it is never whole in memory
 * @throws {InvalidInput} if it is none, or its counts don't add up; a dry run's has no leaves, and is none
 */
export async function readImportManifest(
  chunks: AsyncIterable<Uint8Array>,
  name: string,
): Promise<AuditedManifest> {
  const hash = createHash('sha256');
  const decoder = new TextDecoder();
  let head: string | undefined = '';
  let facts = '';
  for await (const chunk of chunks) {
    hash.update(chunk);
    if (head === undefined) continue;
    head += decoder.decode(chunk, { stream: true });
    const end = head.indexOf(MANIFEST_LIST);
    if (end < 0 && head.length <= MAX_FACTS) continue;
    if (end < 0 || !head.startsWith(MANIFEST_HEAD)) throw notOne(name);
    facts = head.slice(MANIFEST_HEAD.length, end);
    head = undefined;
  }
  if (head !== undefined) throw notOne(name);
  return { name, hash: `0x${hash.digest('hex')}`, ...readFacts(facts, name) };
}

function notOne(name: string): EligoError {
  return invalidInput(name, undefined, 'must be the manifest of an import');
}

function readFacts(text: string, name: string) {
  const facts = readDocument(factsShape, text, name);
  const { read, accepted, merged, pending, excluded, revocations, positions, previous } = facts;
  const parts = [accepted, merged, pending, revocations.read, ...Object.values(excluded)];
  if (parts.reduce((sum, part) => sum + BigInt(part), 0n) !== BigInt(read))
    throw invalidInput(`${name}.read`, read, 'must be what all its parts add up to');
  const runs = positions.map((run) => ({
    first: Number(toUint(run.first, `${name}.positions`, 2 * TREE_DEPTH)),
    count: Number(toUint(run.count, `${name}.positions`, 2 * TREE_DEPTH + 1)),
  }));
  if (runs.reduce((sum, run) => sum + run.count, 0) !== Number(accepted))
    throw invalidInput(`${name}.accepted`, accepted, 'must be the number of its positions');
  if (runs.some(({ first }, i) => i > 0 && first < endOf(runs[i - 1])))
    throw invalidInput(`${name}.positions`, undefined, 'must ascend');
  return {
    ...{ read: BigInt(read), accepted: BigInt(accepted), runs, leaves: facts.leaves as Hex },
    previous: previous as Hex | undefined,
  };
}

function endOf(run: AuditedManifest['runs'][number] | undefined): number {
  return run ? run.first + run.count : 0;
}

/** Holds manifests against a log while it is read, and against the chain. */
export type ManifestCheck = {
  /** Takes the log's entries in order. */
  readonly take: (entry: LogEntry) => void;
  /**
   * After the last entry.
   * @param sides.events       the chain's side, as `getTreeEvents` gives it
   * @param sides.publications what the log reproduces of it: nobody else's publication vouches for anything
   * @throws {AuditFailed} naming the manifest and what differs
   */
  readonly finish: (sides: {
    readonly events: readonly TreeEvent[];
    readonly publications: readonly Pick<AuditedPublication, 'sequence' | 'status'>[];
  }) => readonly ManifestReport[];
};

/** Begins with the first entry. */
export function createManifestCheck(manifests: readonly AuditedManifest[]): ManifestCheck {
  const checks = manifests.map((manifest) => ({ manifest, ...createLeafCheck(manifest) }));
  return {
    take: (entry) => {
      if (entry.kind === 'attest')
        for (const { take } of checks) take(entry.position, fieldToBytes(entry.leaf));
    },
    finish: ({ events, publications }) => {
      const reproduced = publications.filter(({ status }) => status === 'reproduced');
      const own = new Set(reproduced.map(({ sequence }) => sequence));
      const carriers = findCarriers(manifests, events, own);
      return checks.map(({ manifest, digest }) => {
        const { name, hash, read, accepted } = manifest;
        const { sequence } = checkManifest(manifest, digest(), carriers.get(hash));
        return { name, hash, read, accepted, publication: sequence };
      });
    },
  };
}

/** @throws {AuditFailed} */
function checkManifest(
  manifest: AuditedManifest,
  found: Hex,
  carrier: Carrier | undefined,
): Carrier {
  const { hash, leaves, runs } = manifest;
  if (!carrier)
    throw failed(manifest, 'hash', hash, 'no publication names it, nor a manifest that is given');
  const { sequence, size } = carrier;
  const end = endOf(runs.at(-1));
  if (end > size) {
    const rule = `publication ${sequence.toString()}, which vouches for it, has ${size} positions`;
    throw failed(manifest, 'end of its positions', end.toString(), rule);
  }
  if (found !== leaves)
    throw failed(manifest, 'leaves', leaves, `the log's entries at its positions give ${found}`);
  return carrier;
}

/** Hashes the leaves at a manifest's positions as they come. */
function createLeafCheck({ runs }: AuditedManifest) {
  const hash = createHash('sha256');
  let at = 0;
  return {
    take: (position: number, leaf: Uint8Array): void => {
      while (at < runs.length && position >= endOf(runs[at])) at += 1;
      const run = runs[at];
      if (run && position >= run.first) hash.update(leaf);
    },
    digest: (): Hex => `0x${hash.digest('hex')}`,
  };
}

type Carrier = { readonly sequence: bigint; readonly size: number };

/** Which publication vouches for each manifest: the first that names it, or names one that leads back to it. */
function findCarriers(
  manifests: readonly AuditedManifest[],
  events: readonly TreeEvent[],
  own: ReadonlySet<bigint>,
): ReadonlyMap<Hex, Carrier> {
  const byHash = new Map(manifests.map((manifest) => [manifest.hash, manifest]));
  const carriers = new Map<Hex, Carrier>();
  for (const event of events) {
    if (event.kind !== 'published') continue;
    const { manifestHash, sequence, size } = event.publication;
    if (!own.has(sequence)) continue;
    let next: Hex | undefined = manifestHash;
    while (next !== undefined && next !== zeroHash && !carriers.has(next)) {
      carriers.set(next, { sequence, size });
      next = byHash.get(next)?.previous;
    }
  }
  return carriers;
}

function failed(
  { name, hash }: AuditedManifest,
  what: string,
  manifest: string,
  other: string,
): EligoError {
  return new EligoError(
    'AuditFailed',
    `${name}: ${what} is ${manifest} in the manifest, but ${other}`,
    { name, hash, what, manifest, other },
  );
}
