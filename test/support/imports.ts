/**
 * Imports for tests: records as a reader gives them, and what a store made of them.
 * @module
 */
import type { Issuer } from '../../src/issuer/issuer.ts';
import {
  importRecords,
  type ImportMark,
  type ImportParameters,
  type ImportReport,
  type ImportSource,
} from '../../src/issuer/import/import.ts';
import type { AttestRecord, ImportRecord, RevokeRecord } from '../../src/issuer/import/record.ts';
import { NEVER } from '../../src/protocol/field.ts';
import { NOW, PEPPER, cheapLeaves, commitmentOf, schema } from './issuers.ts';

/** The field that test schemas add up. */
export const SUMS = ['allocation'];

export const SEED = new Uint8Array(32).fill(9);

export const FILE: ImportSource = { kind: 'file', sha256: `0x${'f1'.repeat(32)}`, bytes: 1_000n };
export const OTHER_FILE: ImportSource = { ...FILE, sha256: `0x${'f2'.repeat(32)}` };

export const CHAIN: ImportSource = {
  kind: 'events',
  system: 'eas',
  chainId: 31_337n,
  contract: `0x${'ea'.repeat(20)}`,
  schema: `0x${'5c'.repeat(32)}`,
  fromBlock: 3n,
};

/** The account of person number n, from 1. */
export const accountOf = (n: number): `0x${string}` => `0x${n.toString(16).padStart(40, '0')}`;

/** What a file says of person number n on line n: a commitment and 400 + n. */
export const attest = (n: number, changes: Partial<AttestRecord> = {}): AttestRecord => ({
  kind: 'attest',
  ...{ place: `line ${n}`, id: `line ${n}`, account: accountOf(n) },
  ...{
    commitment: commitmentOf(n),
    expiresAt: NEVER,
    values: [3n, 1n, 719_161n, 400n + BigInt(n)],
  },
  ...changes,
});

/** The same without a commitment. */
export const address = (n: number, changes: Partial<AttestRecord> = {}): AttestRecord =>
  attest(n, { commitment: undefined, ...changes });

export const takesBack = (id: string, changes: Partial<RevokeRecord> = {}): RevokeRecord => ({
  kind: 'revoke',
  ...{ place: `the end of ${id}`, id },
  ...changes,
});

export const mark = (block: number): ImportMark => ({
  kind: 'mark',
  ...{ cursor: { block }, block: BigInt(block) },
});

/** Records of so many people. */
export const people = (count: number, from = 1): readonly AttestRecord[] =>
  Array.from({ length: count }, (_, i) => attest(from + i));

/** A reader of these records. */
export const reading = (
  records: readonly (ImportRecord | ImportMark)[],
): ImportParameters['records'] =>
  async function* () {
    yield* await Promise.resolve(records);
  };

/** Imports records from a file, unless told otherwise. */
export function importing(
  issuer: Issuer,
  records: readonly (ImportRecord | ImportMark)[],
  changes: Partial<ImportParameters> = {},
): Promise<ImportReport | undefined> {
  return importRecords(issuer, {
    ...{ source: FILE, options: { format: 'csv' }, records: reading(records), schema, sums: SUMS },
    ...{ onConflict: 'newest', pepper: PEPPER, now: NOW, deadline: NOW + 3_600n, seed: SEED },
    ...{ hashLeaves: cheapLeaves },
    ...changes,
  });
}

/** The text of a manifest, as `onManifest` is given it. */
export function manifestReader() {
  const state = { text: '' };
  return {
    text: () => state.text,
    rows: () => (JSON.parse(state.text) as { rows: Record<string, string>[] }).rows,
    onManifest: async (text: AsyncIterable<string>): Promise<void> => {
      state.text = '';
      for await (const piece of text) state.text += piece;
    },
  };
}

/** What a call ended with, whatever it is. */
export async function ended(work: Promise<unknown>): Promise<Error> {
  try {
    await work;
  } catch (error) {
    if (error instanceof Error) return error;
    throw error;
  }
  throw new Error('it did not end');
}
