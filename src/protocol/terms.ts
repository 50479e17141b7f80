/**
 * The terms: what a policy compiles to, fifteen field elements under one hash (PROTOCOL.md section 2, "Policy").
 * A feature that is off is a neutral value under the hash, never a switch the prover holds.
 * @module
 */
import { invalidInput } from '../errors.ts';
import { MAX_VALUE, toField, toTime, toUint } from './field.ts';
import type { Field, IntegerInput } from './field.ts';
import { hashPolicy, hashTerms } from './hash.ts';
import { SET_SIZE, type Clause, type Policy } from './policy.ts';
import { SET_SLOT } from './schema.ts';

type Four = readonly [bigint, bigint, bigint, bigint];

/** Canonical: `lo <= hi < 2^96`, `step < 2^96`, times `< 2^40`, map halves `< 2^128`. */
export type Terms = {
  readonly schemaId: Field;
  /** Unix seconds; 0 = off. */
  readonly issuedAfter: bigint;
  /** Unix seconds; `NEVER` = off. */
  readonly issuedBefore: bigint;
  /** `disclose + 8·setOn`, `disclose` 0 (nothing) or 1..4. */
  readonly mode: bigint;
  /** Bits 0..127 of the set's map. */
  readonly setLow: bigint;
  /** Bits 128..255. */
  readonly setHigh: bigint;
  /** What one claim takes from slot 3; 0 = off. */
  readonly step: bigint;
  readonly lo: Four;
  readonly hi: Four;
};

/** Fifteen field elements. */
export type TermsFields = readonly bigint[] & { readonly length: 15 };

const SET_ON = 8n;
const FULL_MAP = 2n ** SET_SIZE - 1n;

/**
 * Compiles a policy.
 * @throws {InvalidInput} if no value can meet its clauses
 */
export function compileTerms(policy: Policy): Terms {
  const ranges = ([0, 1, 2, 3] as const).map((slot) => rangeOf(policy, slot));
  const map = setMap(policy.clauses);
  const [r0, r1, r2, r3] = ranges as [Range, Range, Range, Range];
  if (map !== undefined && (map & maskOf(r0)) === 0n) {
    throw invalidInput(
      'policy.where',
      policy.document.where,
      'no value of the set field can meet all clauses on it',
    );
  }
  if (policy.note > 0n && r3.lo + policy.note > r3.hi) {
    throw invalidInput(
      'policy.note',
      policy.note,
      'leaves no value of the meter field that a claim could meet',
    );
  }
  return {
    schemaId: policy.schema.id,
    issuedAfter: policy.issuedAfter,
    issuedBefore: policy.issuedBefore,
    mode:
      BigInt(policy.disclose ? policy.disclose.slot + 1 : 0) + (map === undefined ? 0n : SET_ON),
    setLow: (map ?? 0n) & (2n ** 128n - 1n),
    setHigh: (map ?? 0n) >> 128n,
    step: policy.note,
    lo: [r0.lo, r1.lo, r2.lo, r3.lo],
    hi: [r0.hi, r1.hi, r2.hi, r3.hi],
  };
}

/** The fifteen in the order of the hash and of the events. */
export function termsToFields(terms: Terms): TermsFields {
  const { lo, hi } = terms;
  return [
    terms.schemaId,
    terms.issuedAfter,
    terms.issuedBefore,
    terms.mode,
    terms.setLow,
    terms.setHigh,
    terms.step,
    lo[0],
    hi[0],
    lo[1],
    hi[1],
    lo[2],
    hi[2],
    lo[3],
    hi[3],
  ];
}

/**
 * Reads the fifteen, as an event gives them.
 * @throws {InvalidInput} if they are not canonical
 */
export function termsFromFields(fields: readonly IntegerInput[]): Terms {
  if (fields.length !== 15) throw invalidInput('terms', fields.length, 'must be fifteen');
  const range = (slot: 0 | 1 | 2 | 3): Range => {
    const lo = toUint(fields[7 + 2 * slot], `terms.lo[${slot}]`, 96);
    const hi = toUint(fields[8 + 2 * slot], `terms.hi[${slot}]`, 96);
    if (lo > hi)
      throw invalidInput(`terms.lo[${slot}]`, lo, `must not be above hi (${hi.toString()})`);
    return { lo, hi };
  };
  const [r0, r1, r2, r3] = [range(0), range(1), range(2), range(3)];
  const mode = toUint(fields[3], 'terms.mode', 4);
  if ((mode & 7n) > 4n) throw invalidInput('terms.mode', mode, 'disclose must be at most 4');
  const step = toUint(fields[6], 'terms.step', 96);
  if (step > 0n && (mode & 7n) !== 0n)
    throw invalidInput('terms.mode', mode, 'metered terms disclose nothing');
  return {
    schemaId: toField(fields[0], 'terms.schemaId'),
    issuedAfter: toTime(fields[1], 'terms.issuedAfter'),
    issuedBefore: toTime(fields[2], 'terms.issuedBefore'),
    mode,
    setLow: toUint(fields[4], 'terms.setLow', 128),
    setHigh: toUint(fields[5], 'terms.setHigh', 128),
    step,
    lo: [r0.lo, r1.lo, r2.lo, r3.lo],
    hi: [r0.hi, r1.hi, r2.hi, r3.hi],
  };
}

/** `H_15(terms)`: what a gate is given. */
export function computeTermsHash(terms: Terms): Field {
  return hashTerms(termsToFields(terms));
}

/** `H_2(scope, H_15(terms))`: the public signal. @throws {InvalidInput} */
export function computePolicy(scope: IntegerInput, terms: Terms): Field {
  return hashPolicy(toField(scope, 'scope'), computeTermsHash(terms));
}

/** Which slot the terms disclose, if any. */
export function disclosedSlot(terms: Terms): number | undefined {
  const disclose = Number(terms.mode & 7n);
  return disclose === 0 ? undefined : disclose - 1;
}

type Range = { readonly lo: bigint; readonly hi: bigint };

/** All clauses on a slot but those on sets, intersected. */
function rangeOf(policy: Policy, slot: 0 | 1 | 2 | 3): Range {
  const clauses = policy.clauses.filter(
    (clause) => clause.field.slot === slot && !isSetClause(clause),
  );
  return clauses.reduce<Range>(
    (range, clause) => {
      const next = clauseRange(clause);
      const lo = range.lo > next.lo ? range.lo : next.lo;
      const hi = range.hi < next.hi ? range.hi : next.hi;
      if (lo > hi)
        throw invalidInput(
          'policy.where',
          clause.text,
          'contradicts the other clauses on this field',
        );
      return { lo, hi };
    },
    { lo: 0n, hi: MAX_VALUE },
  );
}

function clauseRange(clause: Clause): Range {
  const sorted = [...clause.operands].sort((a, b) => (a < b ? -1 : 1));
  const lowest = sorted[0] ?? 0n;
  const highest = sorted.at(-1) ?? MAX_VALUE;
  if (clause.operator === 'atLeast') return { lo: lowest, hi: MAX_VALUE };
  if (clause.operator === 'atMost') return { lo: 0n, hi: highest };
  return { lo: lowest, hi: highest };
}

/** The 256-bit map of all set clauses, intersected; undefined if there is none. */
function setMap(clauses: readonly Clause[]): bigint | undefined {
  const maps = clauses.filter(isSetClause).map((clause) => {
    const members = clause.operands.reduce((map, value) => map | (1n << value), 0n);
    return clause.operator === 'notIn' ? FULL_MAP ^ members : members;
  });
  return maps.length === 0 ? undefined : maps.reduce((all, map) => all & map);
}

function isSetClause(clause: Clause): boolean {
  return (
    clause.field.slot === SET_SLOT &&
    clause.field.set === true &&
    (clause.operator === 'in' || clause.operator === 'notIn')
  );
}

/** The bits of the map that a range on the slot leaves. */
function maskOf(range: Range): bigint {
  if (range.lo >= SET_SIZE) return 0n;
  const top = range.hi < SET_SIZE ? range.hi : SET_SIZE - 1n;
  return ((1n << (top + 1n)) - 1n) ^ ((1n << range.lo) - 1n);
}
