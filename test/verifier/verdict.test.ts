import { expect } from 'chai';
import type { EligoError } from '../../src/errors.ts';
import { HIDDEN_INDEX } from '../../src/protocol/field.ts';
import type { Statement } from '../../src/protocol/statement.ts';
import {
  checkClaim,
  verify,
  type Circumstances,
  type Gate,
  type IndexRule,
} from '../../src/verifier/verify.ts';
import { readVectors, sharedArtifacts } from '../support/world.ts';

type Row = Readonly<Record<string, string | boolean>>;
type Vectors = {
  readonly base: readonly Row[];
  readonly cases: readonly {
    readonly name: string;
    readonly changes: Row;
    readonly error: string | null;
  }[];
};

const { base, cases } = readVectors('verdict') as Vectors;

/** The claim that a row describes. */
function readRow(row: Row): { statement: Statement; gate: Gate; circumstances: Circumstances } {
  const n = (name: string): bigint => BigInt(row[name] as string);
  const is = (name: string): boolean => row[name] as boolean;
  const numbers = (names: readonly string[]) =>
    Object.fromEntries(names.map((name) => [name, n(name)]));
  const rules: Readonly<Record<string, IndexRule>> = {
    metered: { kind: 'metered' },
    count: { kind: 'count', cap: n('indexLimit') },
    period: { kind: 'period', start: n('periodStart'), length: n('indexLimit') },
  };
  return {
    statement: numbers([
      'nullifier',
      'root',
      'policy',
      'disclosed',
      'shown',
      'checkedAt',
      'context',
    ]) as unknown as Statement,
    gate: {
      ...(numbers(['proofLifetime', 'maxStaleness', 'maxSilence']) as unknown as Gate),
      policy: n('gatePolicy') as Gate['policy'],
      // What is announced doesn't count yet: a gate has no place for it.
      predecessor:
        n('predecessor') === 0n
          ? undefined
          : { policy: n('predecessor') as Gate['policy'], until: n('until') },
      index: rules[row['index'] as string]!,
    },
    circumstances: {
      now: n('now'),
      context: n('gateContext') as Circumstances['context'],
      root: {
        ...{ frozen: is('frozen'), known: is('known'), current: is('current') },
        ...{ endedAt: n('endedAt'), lastPublishedAt: n('lastPublishedAt') },
      },
      spent: is('spent'),
    },
  };
}

describe('verifier: the decisions of the vectors', () => {
  for (const { name, changes, error } of cases) {
    it(`${error ?? 'accepted'}: ${name}`, async () => {
      const { statement, gate, circumstances } = readRow({ ...base[0], ...changes });
      let found: string | null = null;
      try {
        checkClaim(statement, gate, circumstances);
      } catch (thrown) {
        found = (thrown as EligoError).code;
      }
      expect(found).to.equal(error);

      // The same through the front door: only the proof is left to be wrong where all else is right.
      const { verifyingKey } = await sharedArtifacts();
      const verdict = await verify({
        verifyingKey,
        statement,
        proof: {} as never,
        gate,
        circumstances,
      });
      expect(verdict).to.deep.include({ ok: false, error: error ?? 'InvalidProof' });
    });
  }

  it('meet every error that off-chain verification knows', () => {
    const named = new Set(cases.map(({ error }) => error));
    expect([...named].sort()).to.deep.equal(
      [
        null,
        'ClaimIndexClosed',
        'NullifierSpent',
        'ProofExpired',
        'ProofFromFuture',
        'SignalOutOfRange',
        'SilentSource',
        'SourceFrozen',
        'StaleRoot',
        'UnknownRoot',
        'WrongContext',
        'WrongPolicy',
      ].sort(),
    );
  });

  describe('given a gate that no contract would have', () => {
    const check = (changes: Row, gateChanges: Partial<Gate>): string | undefined => {
      const { statement, gate, circumstances } = readRow({ ...base[0], ...changes });
      try {
        checkClaim(statement, { ...gate, ...gateChanges }, circumstances);
        return undefined;
      } catch (error) {
        return (error as EligoError).code;
      }
    };
    it('refuses a hidden number although the cap is beyond it', () => {
      const index = { kind: 'count', cap: HIDDEN_INDEX + 5n } as const;
      expect(check({ shown: (HIDDEN_INDEX - 1n).toString() }, { index })).to.equal(undefined);
      expect(check({ shown: HIDDEN_INDEX.toString() }, { index })).to.equal('ClaimIndexClosed');
    });
    it('refuses every number where a period is shorter than the life of a proof', () => {
      const period = (length: bigint) => ({
        index: { kind: 'period', start: BigInt(base[0]!['checkedAt'] as string), length } as const,
      });
      expect(check({}, period(600n))).to.equal(undefined);
      expect(check({}, period(599n))).to.equal('ClaimIndexClosed');
      expect(check({}, period(0n))).to.equal('ClaimIndexClosed');
    });
  });
});
