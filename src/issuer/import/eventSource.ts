/**
 * What a reader of another system's attestations gives, one per system: eas.ts, signProtocol.ts, verax.ts. Everything else
 * (ranges, reorganisations, records) is common to them.
 * @module
 */
import { encodeAbiParameters, keccak256, type AbiParameter, type Address, type Hex } from 'viem';
import { answerTo, unavailable, type Asker } from '../../chain/asker.ts';
import type { ChainLog, LogFilter } from '../../chain/eventScan.ts';
import { EligoError } from '../../errors.ts';

/** The systems that are read. */
export const SOURCE_SYSTEMS = ['eas', 'sign-protocol', 'verax'] as const;

/** One of them. */
export type SourceSystem = (typeof SOURCE_SYSTEMS)[number];

/** An attestation was made, or taken back. */
export type SourceEvent = {
  readonly kind: 'attest' | 'revoke';
  /** The attestation's own name in its system: 32 bytes in hex, or Sign Protocol's number. */
  readonly nativeId: string;
  /** Where the system numbers its attestations without gaps: the number. */
  readonly counter?: bigint | undefined;
  readonly log: ChainLog;
};

/** An attestation as its contract holds it at some block. */
export type Held = {
  /** As `SystemReader.schemaId` writes it. */
  readonly schemaId: string;
  readonly attester: Address;
  /** Unix seconds, 0 for none. */
  readonly expiresAt: bigint;
  readonly revoked: boolean;
  /** Unix seconds, 0 if it isn't. */
  readonly revokedAt: bigint;
  /** As the source writes them; at least one. */
  readonly recipients: readonly Hex[];
  readonly data: Hex;
  /** Why the data isn't in `data`. */
  readonly elsewhere?: string | undefined;
  /** What it refers to, in words. */
  readonly link?: string | undefined;
};

/** One system, one contract of it, one of its schemas. */
export type SystemReader = {
  readonly system: SourceSystem;
  /** As it is compared. */
  readonly schemaId: string;
  readonly filter: LogFilter;
  /** The fields of the source's schema. */
  readonly fields: readonly AbiParameter[];
  /** Whether data may also be the fields as one tuple. */
  readonly tuples: boolean;
  /** Whether a revocation says nothing of whose attestation it is about, so that it must be read. */
  readonly readsRevoked: boolean;
  /** Whether anybody can make copies that only the content shows. */
  readonly copies: boolean;
  /** What the events say, in the order in which it counts. @throws {ChainUnavailable} if they aren't what they say */
  readonly eventsOf: (logs: readonly ChainLog[]) => readonly SourceEvent[];
  /** Attestations as they are at a block: nothing for one that the contract doesn't have, undefined for one it can't give. */
  readonly hold: (
    nativeIds: readonly string[],
    block: bigint,
  ) => Promise<ReadonlyMap<string, Held | undefined>>;
};

/** What a system's reader is opened with. */
export type SystemParameters = {
  readonly asker: Asker;
  readonly contract: Address;
  readonly sourceSchema: string;
  readonly attester?: Address | undefined;
};

/** The content hash of PARITY's rule: two attestations of it say the same of the same people until the same time. */
export function contentOf({ schemaId, attester, expiresAt, recipients, data }: Held): Hex {
  return keccak256(
    encodeAbiParameters(
      [
        { type: 'string' },
        { type: 'address' },
        { type: 'uint64' },
        { type: 'bytes[]' },
        { type: 'bytes' },
      ],
      [schemaId, attester, expiresAt, recipients, data],
    ),
  );
}

/** What `SystemReader.hold` gives. @param toHeld undefined for an answer that is none: the contract has no such attestation */
export function holdings<answer>(
  nativeIds: readonly string[],
  answers: readonly (answer | undefined)[],
  toHeld: (answer: answer, nativeId: string) => Held | undefined,
): ReadonlyMap<string, Held | undefined> {
  const held = new Map<string, Held | undefined>();
  for (const [i, nativeId] of nativeIds.entries()) {
    const answer = answers[i];
    const one = answer === undefined ? undefined : toHeld(answer, nativeId);
    if (answer === undefined || one !== undefined) held.set(nativeId, one);
  }
  return held;
}

/** Asks for a source's schema. @throws {ChainUnavailable} @throws {InvalidInput} if the contract has no answer */
export async function askForSchema<T>(asker: Asker, ask: () => Promise<T>): Promise<T> {
  try {
    return await answerTo(asker, ask);
  } catch (error) {
    const refused = error instanceof EligoError && error.code === 'ContractReverted';
    if (!refused) throw error;
    const message = 'the contract gives no such schema: look at its address, the chain and the id';
    throw new EligoError('InvalidInput', message, { field: 'sourceSchema' }, error);
  }
}

/** An event that has the right topics and doesn't decode. */
export function badEvent({ block, index }: ChainLog, cause?: unknown): EligoError {
  const where = `block ${block.toString()}, log ${index}`;
  return unavailable(`gives an event that does not decode (${where})`, cause);
}
