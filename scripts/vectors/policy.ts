/**
 * Policies by their canonical text and by their terms, which are written down by hand.
 * @module
 */
import {
  DAY,
  MAX_VALUE,
  NEVER,
  file,
  k,
  keccakText,
  type Json,
  type Poseidon,
} from './reference.ts';
import { ISSUED, SCHEMA_ID, SCOPE, dayNumber } from './inputs.ts';

type Clauses = readonly Record<string, Json>[];

/** A policy over the schema "Residency": the canonical text of its clauses, and its terms without the schema, by hand. */
function policyVector(
  poseidon: Poseidon,
  about: string,
  document: { issued: Record<string, string>; where: Clauses; disclose?: string; note?: string },
  terms: readonly bigint[],
) {
  const id = SCHEMA_ID.toString();
  const full = { eligo: 'policy/1', schema: id, ...document };
  const sorted = (value: Json): Json =>
    Array.isArray(value)
      ? value.map(sorted)
      : typeof value === 'object' && value !== null
        ? Object.fromEntries(
            Object.entries(value)
              .sort(([a], [b]) => (a < b ? -1 : 1))
              .map(([key, v]) => [key, sorted(v)]),
          )
        : value;
  const canonical = JSON.stringify(sorted(full)); // ASCII keys and text: RFC 8785 asks no more
  const fields = [SCHEMA_ID, ...terms];
  const termsHash = poseidon(fields);
  return {
    source: `PROTOCOL.md section 2, Policy: ${about}; terms by hand, hashes by circomlibjs`,
    document: full,
    canonical,
    policyId: k(keccakText(canonical)),
    terms: fields,
    termsHash,
    scope: SCOPE,
    policy: poseidon([SCOPE, termsHash]),
  };
}

/** Policies over the schema "Residency". */
export function policyVectors(poseidon: Poseidon): Json {
  const open = [0n, MAX_VALUE];
  const full = 2n ** 256n - 1n;
  const low = (map: bigint): bigint => map & (2n ** 128n - 1n);
  const deFr = (1n << 56n) | (1n << 74n); // DE is 56, FR 74
  const butUs = full ^ (1n << 232n); // US is 232
  const snapshot = 20_100n * DAY - 1n;
  const note = 100n * 10n ** 18n;
  const vector = policyVector.bind(undefined, poseidon);
  return file({
    policies: [
      vector('everything off', { issued: {}, where: [] }, [
        0n,
        NEVER,
        0n,
        0n,
        0n,
        0n,
        ...open,
        ...open,
        ...open,
        ...open,
      ]),
      vector(
        'a set, two ranges, a snapshot, the tier disclosed (slot 1, so 2)',
        {
          issued: { after: ISSUED.toString(), before: snapshot.toString() },
          where: [
            { field: 'country', in: ['DE', 'FR'] },
            { field: 'tier', atLeast: 'basic' },
            { field: 'born', atMost: '2007-12-31' },
          ],
          disclose: 'tier',
        },
        [
          ISSUED,
          snapshot,
          8n + 2n,
          low(deFr),
          0n,
          0n,
          ...open,
          1n,
          MAX_VALUE,
          0n,
          dayNumber('2007-12-31'),
          ...open,
        ],
      ),
      vector(
        'a complement over 256 bits and a meter that keeps a floor',
        {
          issued: {},
          where: [
            { field: 'country', notIn: ['US'] },
            { field: 'allocation', atLeast: '5' },
          ],
          note: note.toString(),
        },
        [0n, NEVER, 8n, low(butUs), butUs >> 128n, note, ...open, ...open, ...open, 5n, MAX_VALUE],
      ),
      vector(
        'clauses on one field intersect; a contiguous `in` outside the set field is a range',
        {
          issued: {},
          where: [
            { field: 'country', is: 'DE' },
            { field: 'country', notIn: ['US', 'FR'] },
            { field: 'country', in: ['DE', 'US'] },
            { field: 'tier', in: ['full', 'basic'] },
            { field: 'born', between: ['1970-01-01', '2000-02-29'] },
            { field: 'born', atLeast: '1969-12-31' },
          ],
          disclose: 'allocation',
        },
        [
          0n,
          NEVER,
          8n + 4n,
          1n << 56n,
          0n,
          0n,
          56n,
          56n,
          1n,
          2n,
          dayNumber('1970-01-01'),
          dayNumber('2000-02-29'),
          ...open,
        ],
      ),
    ],
  });
}
