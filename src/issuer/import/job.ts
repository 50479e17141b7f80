/**
 * What the steps of an import share: what is imported, how, and where its changes go.
 * @module
 */
import { createHash } from 'node:crypto';
import type { Address, Hex } from 'viem';
import { canonicalJson } from '../../protocol/codec.ts';
import type { RandomSource } from '../../protocol/field.ts';
import type { Schema } from '../../protocol/schema.ts';
import type { ConflictRule, StoredRound } from '../../store/importRounds.ts';
import type { StoredImport } from '../../store/imports.ts';
import type { Database } from '../../store/store.ts';
import type { Issued } from '../issue.ts';
import type { Issuer } from '../issuer.ts';
import type { ImportRecord } from './record.ts';

/** Rows that are read, issued and committed at a time. */
export const BATCH = 4096;

/** What is imported. */
export type ImportSource =
  | {
      readonly kind: 'file';
      /** Of the file as it is given. */ readonly sha256: Hex;
      readonly bytes: bigint;
    }
  | {
      readonly kind: 'events';
      readonly system: string;
      readonly chainId: bigint;
      readonly contract: Address;
      /** The source's own schema id. */
      readonly schema: string;
      readonly attester?: Address | undefined;
      readonly fromBlock: bigint;
    };

/** What a reader of events says between records: all before it belongs to blocks that were read whole. */
export type ImportMark = {
  readonly kind: 'mark';
  /** Where the reader goes on: plain JSON. */
  readonly cursor: object;
  readonly block: bigint;
};

/** Where a reader begins. */
export type ImportStart = {
  /** The last mark's, undefined at the very beginning; of events only. */
  readonly cursor: unknown;
  /** Unix seconds: when the round began. What expired before is excluded, in every attempt alike. */
  readonly now: bigint;
};

/** How far an import is. */
export type ImportProgress = {
  readonly step: 'reading' | 'resolving' | 'taking back' | 'issuing';
  readonly rows: number;
};

/** How a source is imported. */
export type ImportParameters = {
  readonly source: ImportSource;
  /** How it is read, in words: what is read otherwise is another import. */
  readonly options: Readonly<Record<string, string>>;
  /**
   * The records in the source's own order. A file's are given from the first on in every attempt; those of events follow
   * the cursor, and count once a mark follows them.
   */
  readonly records: (from: ImportStart) => AsyncIterable<ImportRecord | ImportMark>;
  readonly schema: Schema;
  /** Fields that are added up: where several records are parts of one attestation, and in the manifest. */
  readonly sums: readonly string[];
  readonly onConflict: ConflictRule;
  /** The issuer's. */
  readonly pepper: Uint8Array;
  /** Unix seconds. Attestations are of the day on which their round began. */
  readonly now: bigint;
  /** Unix seconds, the last at which those who wait can enrol. */
  readonly deadline: bigint;
  /** Hashes leaves, nine elements of 32 bytes each. */
  readonly hashLeaves: (preimages: Uint8Array) => Promise<Uint8Array>;
  /** Draws a one-time token for each attestation. */
  readonly tokens?: boolean;
  /** Does it all, and takes it back. */
  readonly dryRun?: boolean;
  /** What salts are derived from, 32 bytes; drawn if left out. An import that goes on keeps its own. */
  readonly seed?: Uint8Array;
  readonly random?: RandomSource;
  /** Told of each batch before it is committed. */
  readonly onIssued?: (issued: readonly Issued[]) => void | Promise<void>;
  /** Given the manifest's text, in pieces, once the import is done; of a dry run before it is taken back. */
  readonly onManifest?: (text: AsyncIterable<string>) => Promise<void>;
  readonly onProgress?: (progress: ImportProgress) => void;
  /** Ends it between two batches; the same call goes on. */
  readonly signal?: AbortSignal | undefined;
};

/** Where the changes of an import go: each committed by itself, or, in a dry run, all into one that is taken back. */
export type Session = {
  readonly db: Database;
  readonly change: <T>(work: (db: Database) => Promise<T>) => Promise<T>;
};

/** An import at work. */
export type Job = Session & {
  readonly issuer: Issuer;
  readonly parameters: ImportParameters;
  readonly stored: StoredImport;
  readonly round: StoredRound;
};

/** Sums over what a round issued, lets wait and took back so far, and the blocks that it covers. */
export type Tally = {
  /** By slot, decimal. */
  readonly totals: readonly [string, string, string, string];
  readonly replaced: number;
  readonly revoked: number;
  readonly cancelled: number;
  readonly fromBlock?: string;
  readonly toBlock?: string;
};

/** The tally of a round. */
export function readTally({ tally }: Pick<StoredRound, 'tally'>): Tally {
  return JSON.parse(tally) as Tally;
}

/** What identifies an import: the same text is the same import. */
export function identityOf({ source, options, schema }: ImportParameters): string {
  return canonicalJson({ source: sourceDocument(source), options, schema: schema.id.toString() });
}

/** A source as a document has it. */
export function sourceDocument(source: ImportSource): Readonly<Record<string, string>> {
  const texts = Object.entries(source)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => [name, String(value)]);
  return Object.fromEntries(texts) as Readonly<Record<string, string>>;
}

/** What a replacement by an import shows for itself: the file's sha256, or that of the source's description. */
export function evidenceOf(source: ImportSource): Hex {
  return source.kind === 'file' ? source.sha256 : sha256Of(canonicalJson(sourceDocument(source)));
}

/** The sha256 of a text. */
export function sha256Of(text: string): Hex {
  return `0x${createHash('sha256').update(text).digest('hex')}`;
}
