import { expect } from 'chai';
import { groth16 } from 'snarkjs';
import type { Field } from '../../src/protocol/field.ts';
import { toSignals } from '../../src/protocol/statement.ts';
import { prove } from '../../src/prover/prove.ts';
import type { Pay } from '../../src/verifier/amount.ts';
import {
  verifyBatch,
  type Batch,
  type BatchFunds,
  type BatchedClaim,
} from '../../src/verifier/batch.ts';
import { verify } from '../../src/verifier/verify.ts';
import { NOW, makeWorld, proveParameters } from '../support/world.ts';

const HOLDERS = 3;

/** Claims by so many holders on one gate, each of which it accepts. */
async function makeBatch(): Promise<Batch> {
  const world = await makeWorld({ attestations: HOLDERS });
  const { artifacts } = await proveParameters(world);
  const root = {
    ...{ frozen: false, known: true, current: true },
    ...{ endedAt: 0n, lastPublishedAt: NOW - 600n },
  };
  const circumstances = { now: NOW, context: world.context, root, spent: false };
  const claims: BatchedClaim[] = [];
  for (let i = 0; i < HOLDERS; i++)
    claims.push({ ...(await prove(await proveParameters(world, i))), circumstances });
  return {
    verifyingKey: artifacts.verifyingKey,
    gate: {
      policy: claims[0]!.statement.policy,
      index: { kind: 'count', cap: 1n },
      proofLifetime: 600n,
      maxStaleness: 3_600n,
      maxSilence: 86_400n,
    },
    claims,
  };
}

describe('verifier/batch', () => {
  let made: Batch;
  /** The batch that is proved once: a copy for each test. */
  const batch = (): Batch => structuredClone(made);
  before(async () => {
    made = await makeBatch();
  });

  /** `ok`, or the error, for each claim. */
  const answers = async (input: Batch): Promise<readonly string[]> =>
    (await verifyBatch(input)).map((verdict) => (verdict.ok ? 'ok' : verdict.error));
  const withClaims = (
    change: (claims: readonly BatchedClaim[]) => readonly BatchedClaim[],
  ): Batch => {
    const copy = batch();
    return { ...copy, claims: change(copy.claims) };
  };
  /** The claim with other circumstances, or a statement that says something else. */
  const altered = (
    claim: BatchedClaim,
    changes: {
      statement?: Partial<BatchedClaim['statement']>;
      circumstances?: Partial<BatchedClaim['circumstances']>;
    },
  ): BatchedClaim => ({
    ...claim,
    statement: { ...claim.statement, ...changes.statement },
    circumstances: { ...claim.circumstances, ...changes.circumstances },
  });

  it('accepts what it would accept one by one, in the order given', async () => {
    expect(await answers(batch())).to.deep.equal(['ok', 'ok', 'ok']);
    const { verifyingKey, gate, claims } = batch();
    for (const claim of claims)
      expect(await verify({ verifyingKey, gate, ...claim })).to.deep.equal({ ok: true });
  });

  it('answers nothing to nothing', async () => {
    expect(await verifyBatch({ ...batch(), claims: [] })).to.deep.equal([]);
  });

  it('refuses one claim and keeps the others', async () => {
    const spent = withClaims(([a, b, c]) => [
      a!,
      altered(b!, { circumstances: { spent: true } }),
      c!,
    ]);
    expect(await answers(spent)).to.deep.equal(['ok', 'NullifierSpent', 'ok']);
    const stale = withClaims(([a, b, c]) => [
      altered(a!, {
        circumstances: {
          root: { ...a!.circumstances.root, current: false, endedAt: NOW - 3_600n },
        },
      }),
      ...[b!, c!],
    ]);
    expect(await answers(stale)).to.deep.equal(['StaleRoot', 'ok', 'ok']);
  });

  it('gives each claim the verdict that it alone would get, with its words', async () => {
    const { verifyingKey, gate, claims } = withClaims(([a, b, c]) => [
      altered(a!, { statement: { nullifier: 0n as Field } }),
      altered(b!, { circumstances: { context: 1n as Field } }),
      altered(c!, { circumstances: { now: NOW + 601n } }),
    ]);
    const verdicts = await verifyBatch({ verifyingKey, gate, claims });
    expect(verdicts.map((verdict) => !verdict.ok && verdict.error)).to.deep.equal([
      ...['SignalOutOfRange', 'WrongContext', 'ProofExpired'],
    ]);
    for (const [i, claim] of claims.entries())
      expect(verdicts[i]).to.deep.equal(await verify({ verifyingKey, gate, ...claim }));
  });

  describe('given a nullifier twice', () => {
    it('takes it the first time', async () => {
      const twice = withClaims(([a, b]) => [a!, b!, a!]);
      expect(await answers(twice)).to.deep.equal(['ok', 'ok', 'NullifierSpent']);
    });
    it('takes it the second time where the first was refused', async () => {
      const late = { circumstances: { now: NOW + 601n } };
      const retried = withClaims(([a, b]) => [altered(a!, late), b!, a!]);
      expect(await answers(retried)).to.deep.equal(['ProofExpired', 'ok', 'ok']);
    });
  });

  describe('given a proof that does not hold', () => {
    it('names it, and keeps the others', async () => {
      const mixed = withClaims(([a, b, c]) => [a!, { ...b!, proof: c!.proof }, c!]);
      expect(await answers(mixed)).to.deep.equal(['ok', 'InvalidProof', 'ok']);
    });
    it('agrees with snarkjs about each', async () => {
      const mixed = withClaims(([a, b, c]) => [a!, { ...b!, proof: a!.proof }, c!]);
      const verdicts = await verifyBatch(mixed);
      const one = ({ statement, proof }: BatchedClaim): Promise<boolean> =>
        groth16.verify(mixed.verifyingKey, toSignals(statement).map(String), proof);
      for (const [i, claim] of mixed.claims.entries())
        expect(verdicts[i]!.ok, `${i}`).to.equal(await one(claim));
    });
    it('judges those after it as if it would be made', async () => {
      const [good, bad] = [batch(), withClaims(([a, b]) => [{ ...a!, proof: b!.proof }, a!])];
      expect(await answers({ ...good, claims: [good.claims[0]!] })).to.deep.equal(['ok']);
      expect(await answers(bad)).to.deep.equal(['InvalidProof', 'NullifierSpent']);
    });
    it('reads no proof of a claim that is refused before', async () => {
      const unread = withClaims(([a, b]) => [
        { ...altered(a!, { circumstances: { spent: true } }), proof: {} as never },
        { ...b!, proof: {} as never },
      ]);
      expect(await answers(unread)).to.deep.equal(['NullifierSpent', 'InvalidProof']);
    });
  });

  it('answers what is no claim at all', async () => {
    const odd = withClaims(([a]) => [null as never, { statement: null } as never, a!]);
    expect(await answers(odd)).to.deep.equal(['InvalidProof', 'InvalidProof', 'ok']);
  });

  it('refuses every claim under a key that anybody can forge with', async () => {
    const { verifyingKey, ...rest } = batch();
    const forged = { ...verifyingKey, vk_delta_2: verifyingKey.vk_gamma_2 };
    expect(await answers({ ...rest, verifyingKey: forged })).to.deep.equal(
      Array.from({ length: HOLDERS }, () => 'InsecureKey'),
    );
  });

  describe('given a budget', () => {
    const pay: Pay = { amountKind: 'fixed', rate: 100n, tiers: [] };
    const paid = (funds: BatchFunds, changes: Partial<Batch> = {}): Promise<readonly string[]> =>
      answers({ ...batch(), payment: { pay, funds }, ...changes });

    it('sets amounts aside in order', async () => {
      expect(await paid({ budget: 300n })).to.deep.equal(['ok', 'ok', 'ok']);
      expect(await paid({ budget: 299n })).to.deep.equal(['ok', 'ok', 'BudgetExceeded']);
      expect(await paid({ budget: 0n })).to.deep.equal(
        Array.from({ length: HOLDERS }, () => 'BudgetExceeded'),
      );
    });

    it('does so for the cap on the window, and on each period', async () => {
      const budget = 1_000n;
      expect(await paid({ budget, leftOfWindow: 200n })).to.deep.equal([
        ...['ok', 'ok', 'BudgetExceeded'],
      ]);
      expect(await paid({ budget, leftOfPeriods: new Map([[0n, 100n]]) })).to.deep.equal([
        ...['ok', 'BudgetExceeded', 'BudgetExceeded'],
      ]);
      expect(await paid({ budget, leftOfPeriods: new Map([[1n, 0n]]) })).to.deep.equal([
        ...['ok', 'ok', 'ok'],
      ]);
    });

    it('sets nothing aside for a claim that is refused', async () => {
      const { claims } = withClaims(([a, b, c]) => [
        altered(a!, { circumstances: { spent: true } }),
        ...[b!, c!],
      ]);
      expect(await paid({ budget: 200n }, { claims })).to.deep.equal([
        'NullifierSpent',
        'ok',
        'ok',
      ]);
      const { claims: greedy } = withClaims(([a, b, c]) => [
        { ...a!, action: { fee: 101n, minAmount: 0n } },
        { ...b!, action: { fee: 0n, minAmount: 101n } },
        { ...c!, action: { fee: 100n, minAmount: 100n } },
      ]);
      expect(await paid({ budget: 100n }, { claims: greedy })).to.deep.equal([
        ...['FeeTooHigh', 'AmountTooLow', 'ok'],
      ]);
    });

    it('leaves what it was given as it was', async () => {
      const leftOfPeriods = new Map([[0n, 300n]]);
      const funds = { budget: 300n, leftOfWindow: 300n, leftOfPeriods };
      await paid(funds);
      expect(funds).to.deep.equal({
        ...{ budget: 300n, leftOfWindow: 300n },
        leftOfPeriods: new Map([[0n, 300n]]),
      });
    });
  });
});
