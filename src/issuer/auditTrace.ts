/**
 * `audit trace`: one attestation, or one publication, through log and chain. What the log says is as good as the heads that
 * the chain has of it; that the tree follows from it is for `audit rebuild` to say.
 * @module
 */
import type { Hex } from 'viem';
import type { TreeEvent } from '../chain/publications.ts';
import { EligoError, invalidInput } from '../errors.ts';
import type { Field } from '../protocol/field.ts';
import { EMPTY_HEAD, type LogEntry } from '../protocol/log.ts';
import { createAlignment, type AuditedPublication } from './auditAlign.ts';
import type { HeadedEntry } from './logSource.ts';

/** An attestation, by its position or by its leaf. */
export type AttestationSubject = { readonly position: number } | { readonly leaf: Field };

type AttestEntry = Extract<LogEntry, { readonly kind: 'attest' }>;

/** Where and when a publication got onto the chain. */
export type PublicationPlace = Pick<
  AuditedPublication,
  'sequence' | 'block' | 'time' | 'transaction'
>;

/** Something that the log says of an attestation. */
export type TraceStep = {
  readonly what: 'attested' | 'revoked' | 'reinstated' | 'replaced';
  readonly logSeq: bigint;
  /** Unix seconds at which the log recorded it. */
  readonly at: bigint;
  readonly reason?: string;
  readonly evidence?: Hex;
  /** The other position: that an attestation replaces, or that replaces it. */
  readonly other?: number;
  /** The first publication that has it; none if it isn't published yet. */
  readonly publication?: PublicationPlace;
};

/** The life of an attestation. */
export type AttestationTrace = {
  readonly position: number;
  readonly leaf: Field;
  readonly steps: readonly TraceStep[];
};

/** What a publication brought, and what ended it. */
export type PublicationTrace = AuditedPublication & {
  /** Its entries in the log, the publish entry included; none for a publication that the log doesn't have. */
  readonly entries?: { readonly first: bigint; readonly last: bigint };
  /** Positions. */
  readonly attested: readonly number[];
  readonly revokedPositions: readonly number[];
  readonly reinstated: readonly number[];
  /** The next publication that made it stale. */
  readonly staleFrom?: PublicationPlace;
  /** What voided it: a later publication, a freeze, an unfreezing. */
  readonly voidedBy?: Pick<TreeEvent, 'kind' | 'block' | 'time' | 'transaction'>;
};

/** What each trace reads: the log, and the chain's side of it. */
export type TraceParameters = {
  readonly entries: AsyncIterable<HeadedEntry>;
  readonly events: readonly TreeEvent[];
};

/**
 * Follows an attestation from issuance to publication, to revocation, to the publication that revoked.
 * @throws {UnknownAttestation} if the log has no such position or leaf
 * @throws {AuditFailed} if the chain has a publication that counts and the log doesn't have
 */
export async function traceAttestation(
  parameters: TraceParameters & { readonly subject: AttestationSubject },
): Promise<AttestationTrace> {
  const { subject } = parameters;
  const found: AttestEntry[] = [];
  const steps: TraceStep[] = [];
  const publications = await walk(parameters, (entry) => {
    if (found.length === 0 && isSubject(entry, subject)) found.push(entry);
    const step = found[0] && stepOf(entry, found[0].position);
    if (step) steps.push(step);
  });
  const [attested] = found;
  if (!attested) {
    const [[name, value]] = Object.entries(subject) as [[string, number | bigint]];
    const message = `the log has no attestation with the ${name} ${value.toString()}`;
    throw new EligoError('UnknownAttestation', message, { [name]: value });
  }
  return {
    position: attested.position,
    leaf: attested.leaf,
    steps: withPublications(steps, publications),
  };
}

/** Adds the first publication that has each step. Both are in the log's order, and are gone through once. */
function withPublications(
  steps: readonly TraceStep[],
  publications: readonly AuditedPublication[],
): readonly TraceStep[] {
  let next = 0;
  return steps.map((step) => {
    while (next < publications.length && (publications[next]?.logSeq ?? 0n) <= step.logSeq) next++;
    const first = publications[next];
    return first ? { ...step, publication: placeOf(first) } : step;
  });
}

/**
 * Says what a publication brought and what became of it.
 * @throws {InvalidInput} if the chain has no publication of that number
 * @throws {AuditFailed} as `traceAttestation`
 */
export async function tracePublication(
  parameters: TraceParameters & { readonly sequence: bigint },
): Promise<PublicationTrace> {
  const { events, sequence } = parameters;
  let since = emptyContents();
  let own = emptyContents();
  const publications = await walk(
    parameters,
    (entry) => {
      since.first ??= entry.seq;
      since.last = entry.seq;
      if (entry.kind !== 'publish') since[entry.kind].push(entry.position);
    },
    (publication) => {
      if (publication === sequence) own = since;
      since = emptyContents();
    },
  );
  const audited = publications.find((publication) => publication.sequence === sequence);
  if (!audited)
    throw invalidInput('sequence', sequence, `must be from 1 to ${publications.length}`);
  const { first, last } = own;
  return {
    ...audited,
    ...(first !== undefined && last !== undefined && { entries: { first, last } }),
    attested: own.attest,
    revokedPositions: own.revoke,
    reinstated: own.reinstate,
    ...endOf(events, sequence),
  };
}

/** What stands in the log since a publication. */
type Contents = Record<Exclude<LogEntry['kind'], 'publish'>, number[]> & {
  first?: bigint;
  last?: bigint;
};

function emptyContents(): Contents {
  return { attest: [], revoke: [], reinstate: [] };
}

/** Goes through the log. @param onPublished told the number of each publication that is reproduced */
async function walk(
  { entries, events }: TraceParameters,
  visit: (entry: LogEntry) => void,
  onPublished?: (sequence: bigint) => void,
): Promise<readonly AuditedPublication[]> {
  const alignment = createAlignment(events);
  let [seq, before] = [0n, EMPTY_HEAD];
  for await (const { entry, head } of entries) {
    visit(entry);
    const publication = entry.kind === 'publish' ? alignment.match(entry, before) : undefined;
    if (publication) onPublished?.(publication.publication.sequence);
    [seq, before] = [entry.seq, head];
  }
  return alignment.finish({ seq, head: before }).publications;
}

function isSubject(entry: LogEntry, subject: AttestationSubject): entry is AttestEntry {
  if (entry.kind !== 'attest') return false;
  return 'leaf' in subject ? entry.leaf === subject.leaf : entry.position === subject.position;
}

const STEP_NAMES = { attest: 'attested', revoke: 'revoked', reinstate: 'reinstated' } as const;

/** What an entry says of the attestation at a position, if anything. */
function stepOf(entry: LogEntry, position: number): TraceStep | undefined {
  if (entry.kind === 'publish') return undefined;
  const { seq: logSeq, at, kind } = entry;
  if (kind === 'attest' && entry.replaces === position)
    return { what: 'replaced', logSeq, at, other: entry.position };
  if (entry.position !== position) return undefined;
  const step = { what: STEP_NAMES[kind], logSeq, at };
  if (entry.kind !== 'attest') return { ...step, reason: entry.reason, evidence: entry.evidence };
  return entry.replaces === undefined ? step : { ...step, other: entry.replaces };
}

function placeOf({ sequence, block, time, transaction }: AuditedPublication): PublicationPlace {
  return { sequence, block, time, transaction };
}

/** The first that made a publication stale, and the first that voided it. */
function endOf(
  events: readonly TreeEvent[],
  sequence: bigint,
): Pick<PublicationTrace, 'staleFrom' | 'voidedBy'> {
  const ends: { -readonly [key in 'staleFrom' | 'voidedBy']?: NonNullable<PublicationTrace[key]> } =
    {};
  let frozen = false;
  let after = false;
  for (const event of events) {
    const { kind, block, time, transaction } = event;
    if (kind !== 'published') frozen = kind === 'frozen';
    const counts = kind !== 'published' || !frozen; // what is published while frozen enters no list
    if (after && counts) {
      if (kind !== 'published' || event.publication.voids)
        ends.voidedBy ??= { kind, block, time, transaction };
      if (kind === 'published' && event.publication.endsEpoch)
        ends.staleFrom ??= { sequence: event.publication.sequence, block, time, transaction };
    }
    if (kind === 'published' && event.publication.sequence === sequence) after = true;
  }
  return ends;
}
