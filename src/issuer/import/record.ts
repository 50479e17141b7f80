/**
 * What every reader of a foreign source gives, in the source's own order: a file's rows, a chain's events.
 * @module
 */
import type { Hex } from 'viem';
import type { Field } from '../../protocol/field.ts';
import type { Values } from '../../protocol/value.ts';

/** Why something of a source became no attestation. A closed list: the manifest counts by it. */
export const EXCLUSION_RULES = [
  'bad-row',
  'bad-address',
  'bad-checksum',
  'zero-address',
  'bad-amount',
  'bad-commitment',
  'bad-expiry',
  'bad-value',
  'bad-recipient',
  'bad-data',
  'no-expiry',
  'expired',
  'revoked',
  'copy',
  'conflict',
  'commitment-taken',
  'other-group',
  'other-schema',
  'other-attester',
] as const;

export type ExclusionRule = (typeof EXCLUSION_RULES)[number];

/** What somebody holds according to the source. */
export type AttestRecord = {
  readonly kind: 'attest';
  /** Where it stands, for people: `line 7`, `block 12, log 3`. Never what stands there. */
  readonly place: string;
  /** Unique within the source, stable over runs: the line of a file, `system/chain/contract/native id` of an event. */
  readonly id: string;
  /** An address in any case, as `normaliseSubject('address', …)` takes it. */
  readonly account: string;
  /** The holder's; without one the holder waits for enrolment. */
  readonly commitment: Field | undefined;
  /** Unix seconds; `NEVER` for no expiry. */
  readonly expiresAt: bigint;
  readonly values: Values;
  /**
   * Several records of one account are parts of one attestation where each has a part of its own (a schedule's unlocks):
   * the values of `sums` are added, all others must agree.
   */
  readonly part?: string | undefined;
  /** Same content under another id is a copy (Sign Protocol): merged, and revoked together. */
  readonly content?: Hex | undefined;
};

/** What the source took back: every live record with this id or, if given, this content. */
export type RevokeRecord = {
  readonly kind: 'revoke';
  readonly place: string;
  readonly id: string;
  readonly content?: Hex | undefined;
};

/** What the reader left out, and why. */
export type ExcludeRecord = {
  readonly kind: 'exclude';
  readonly place: string;
  readonly id: string;
  readonly rule: ExclusionRule;
  /** The field and the rule it breaks, never the value: rows are personal data. */
  readonly detail: string;
};

export type ImportRecord = AttestRecord | RevokeRecord | ExcludeRecord;
