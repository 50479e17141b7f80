/**
 * The statement of PROTOCOL.md section 3 in plain TypeScript, for the tests of the circuits: what the prover knows, and
 * the five public signals that follow from it. Written apart from src/ on purpose: circuits and library are each held
 * against the page, and only the vectors and the differential test hold them against each other.
 * @module
 */
import { poseidon1 } from 'poseidon-lite/poseidon1';
import { poseidon15 } from 'poseidon-lite/poseidon15';
import { poseidon2 } from 'poseidon-lite/poseidon2';
import { poseidon3 } from 'poseidon-lite/poseidon3';
import { poseidon4 } from 'poseidon-lite/poseidon4';
import { poseidon9 } from 'poseidon-lite/poseidon9';
import type { Inputs } from './forge.ts';
import { makeRandom } from './random.ts';

export const DEPTH = 16;
export const NEVER = 2n ** 40n - 1n;
export const MAX_VALUE = 2n ** 96n - 1n;
export const HIDDEN = 2n ** 32n - 1n;

type Four = readonly [bigint, bigint, bigint, bigint];

export type Attestation = {
  readonly schemaId: bigint;
  readonly issuedAt: bigint;
  readonly expiresAt: bigint;
  readonly salt: bigint;
  readonly values: Four;
};

export type Terms = {
  readonly schemaId: bigint;
  readonly issuedAfter: bigint;
  readonly issuedBefore: bigint;
  readonly mode: bigint;
  readonly setLow: bigint;
  readonly setHigh: bigint;
  readonly step: bigint;
  readonly lo: Four;
  readonly hi: Four;
};

/** One level of a path, as the circuit takes it: the neighbour in the pair, then the other pair. */
export type Siblings = readonly [bigint, bigint, bigint];

/** Everything that the circuit is given. */
export type Statement = {
  readonly context: bigint;
  readonly secret: bigint;
  readonly attestation: Attestation;
  readonly position: bigint;
  readonly siblings: readonly Siblings[];
  readonly checkedAt: bigint;
  readonly claimIndex: bigint;
  readonly scope: bigint;
  readonly terms: Terms;
};

/** Terms in which nothing is demanded. */
export function noTerms(schemaId: bigint): Terms {
  return {
    schemaId,
    issuedAfter: 0n,
    issuedBefore: NEVER,
    mode: 0n,
    setLow: 0n,
    setHigh: 0n,
    step: 0n,
    lo: [0n, 0n, 0n, 0n],
    hi: [MAX_VALUE, MAX_VALUE, MAX_VALUE, MAX_VALUE],
  };
}

/** A path whose siblings are all different. */
export function makeSiblings(depth: number): readonly Siblings[] {
  const random = makeRandom(depth);
  const draw = (): bigint => random.bits(250);
  return Array.from({ length: depth }, () => [draw(), draw(), draw()]);
}

/**
 * A statement that holds, with every clause at work and every number different: the set, the snapshot, four ranges, a
 * disclosed tier. Fresh at each call.
 */
export function makeStatement(): Statement {
  const schemaId = 0x5c4e3an;
  return {
    context: 0xc047e87n,
    secret: 0x5ec2e7n,
    attestation: {
      schemaId,
      issuedAt: 1_700_000_000n,
      expiresAt: 1_800_000_000n,
      salt: 0x5a17n,
      values: [130n, 21n, 3n, 1_250n],
    },
    position: 0b11_00_10_01_11_10_00_01_00_01_10_11_01_11_00_10n,
    siblings: makeSiblings(DEPTH),
    checkedAt: 1_750_000_020n,
    claimIndex: 7n,
    scope: 0x5c09en,
    terms: {
      schemaId,
      issuedAfter: 1_690_000_000n,
      issuedBefore: 1_710_000_000n,
      mode: 8n + 3n,
      setLow: 1n << 40n,
      setHigh: 0b101n,
      step: 0n,
      lo: [100n, 18n, 1n, 1_000n],
      hi: [200n, 99n, 5n, 2_000n],
    },
  };
}

/** The same person under a metered policy: nothing disclosed, notes of 100 above 50. */
export function makeMeteredStatement(): Statement {
  const statement = makeStatement();
  return {
    ...statement,
    claimIndex: 11n,
    terms: { ...statement.terms, mode: 8n, step: 100n, lo: [100n, 18n, 1n, 50n] },
  };
}

/** The circuit's inputs by name. */
export function toInputs(statement: Statement): Inputs {
  const { attestation, terms, siblings, ...numbers } = statement;
  return {
    ...numbers,
    ...withPrefix('attestation', attestation),
    ...withPrefix('terms', terms),
    siblings: siblings.flat(),
  };
}

/** A bus as inputs: `name.field`. */
export function withPrefix(
  name: string,
  bus: Readonly<Record<string, bigint | readonly bigint[]>>,
): Inputs {
  return Object.fromEntries(
    Object.entries(bus).map(([field, value]) => [`${name}.${field}`, value]),
  );
}

/** `H_9` over an attestation to a commitment. */
export function leafOf(attestation: Attestation, commitment: bigint): bigint {
  const { schemaId, issuedAt, expiresAt, salt, values } = attestation;
  return poseidon9([schemaId, commitment, issuedAt, expiresAt, salt, ...values]);
}

/** The four children in order, given one of them, its place and its siblings. */
export function childrenOf(child: bigint, place: number, siblings: Siblings): Four {
  const [neighbour, first, second] = siblings;
  const arranged: readonly Four[] = [
    [child, neighbour, first, second],
    [neighbour, child, first, second],
    [first, second, child, neighbour],
    [first, second, neighbour, child],
  ];
  return arranged[place]!;
}

/** Every node from the leaf to the root. */
export function nodesAbove(
  leaf: bigint,
  position: bigint,
  siblings: readonly Siblings[],
): readonly bigint[] {
  return siblings.reduce<readonly bigint[]>(
    (nodes, level, i) => {
      const place = Number((position >> BigInt(2 * i)) & 3n);
      return [...nodes, poseidon4([...childrenOf(nodes.at(-1)!, place, level)])];
    },
    [leaf],
  );
}

/** `H_15` over the terms. */
export function termsHashOf(terms: Terms): bigint {
  const { schemaId, issuedAfter, issuedBefore, mode, setLow, setHigh, step, lo, hi } = terms;
  const ranges = [lo[0], hi[0], lo[1], hi[1], lo[2], hi[2], lo[3], hi[3]];
  return poseidon15([schemaId, issuedAfter, issuedBefore, mode, setLow, setHigh, step, ...ranges]);
}

/** `H_2` over scope and terms. */
export function policyOf(terms: Terms, scope: bigint): bigint {
  return poseidon2([scope, termsHashOf(terms)]);
}

/** The five public signals in their order. */
export type PublicSignals = readonly [
  nullifier: bigint,
  root: bigint,
  policy: bigint,
  outcome: bigint,
  context: bigint,
];

/** What a true statement says in public. It isn't checked whether the statement is true. */
export function publicSignals(statement: Statement): PublicSignals {
  const { secret, attestation, terms, scope, claimIndex, checkedAt } = statement;
  const leaf = leafOf(attestation, poseidon1([secret]));
  const disclose = Number(terms.mode % 8n);
  const disclosed = disclose === 0 ? 0n : attestation.values[disclose - 1]!;
  const shown = terms.step === 0n ? claimIndex : HIDDEN;
  return [
    poseidon3([scope, secret, claimIndex]),
    nodesAbove(leaf, statement.position, statement.siblings).at(-1)!,
    policyOf(terms, scope),
    disclosed + (shown << 96n) + (checkedAt << 128n),
    statement.context,
  ];
}
