/**
 * Verification of many claims on one gate, as a distributor pays a batch: the passes of PROTOCOL.md section 5, off-chain.
 * @module
 */
import { EligoError } from '../errors.ts';
import type { Action, Statement } from '../protocol/statement.ts';
import { checkProofs } from '../prover/checkProofs.ts';
import type { Proof } from '../prover/proof.ts';
import type { VerifyingKey } from '../prover/verifyingKey.ts';
import { checkAmount, type Funds, type Pay } from './amount.ts';
import {
  checkClaim,
  refusal,
  verdictOf,
  type Circumstances,
  type Gate,
  type Verdict,
} from './verify.ts';

/** One claim of a batch. */
export type BatchedClaim = {
  readonly statement: Statement;
  readonly proof: Proof;
  /** What is known before the batch. */
  readonly circumstances: Circumstances;
  /** What bounds the amount, where there is one; nothing does if left out. */
  readonly action?: Pick<Action, 'fee' | 'minAmount'>;
};

/** What a batch is paid from, base units. */
export type BatchFunds = Omit<Funds, 'leftOfPeriod'> & {
  /** Of the cap on each period, by its number; undefined = there is none. */
  readonly leftOfPeriods?: ReadonlyMap<bigint, bigint>;
};

/** A batch of claims on one gate. */
export type Batch = {
  readonly verifyingKey: VerifyingKey;
  readonly gate: Gate;
  /** In the order in which they are judged. */
  readonly claims: readonly BatchedClaim[];
  /** Where claims are worth something: each one sets its amount aside for those after it. */
  readonly payment?: { readonly pay: Pay; readonly funds: BatchFunds };
};

/**
 * Verifies claims against a gate, each as if those before it that passed were made: a nullifier that comes twice is spent
 * the second time, and the budget goes to the first. Then the proofs, all in one pairing check (groth16.ts). It answers and
 * doesn't throw, whatever the claims are.
 *
 * A contract refuses the whole batch for one wrong proof. Here that claim alone is `InvalidProof`; those after it were
 * judged as if it would be paid, so leave it out and ask again.
 * @returns a verdict for each claim, in their order
 * @example
 * const verdicts = await verifyBatch({ verifyingKey, gate, claims });
 * const payable = claims.filter((_, i) => verdicts[i]?.ok);
 */
export async function verifyBatch(batch: Batch): Promise<readonly Verdict[]> {
  const { verifyingKey, gate, claims, payment } = batch;
  const spent = new Set<bigint>();
  let funds = payment?.funds;
  const verdicts: Verdict[] = [];
  for (const claim of claims) {
    const verdict = await verdictOf(() => {
      checkAsNext(claim, gate, spent);
      if (payment && funds) funds = reserve(claim, payment.pay, funds);
      spent.add(claim.statement.nullifier);
    });
    verdicts.push(verdict);
  }
  const passed = claims.filter((_, i) => verdicts[i]?.ok);
  const errors = [...(await checkProofs(verifyingKey, passed))];
  return verdicts.map((verdict) => {
    const error = verdict.ok ? errors.shift() : undefined;
    return error ? refusal(error) : verdict;
  });
}

function checkAsNext(claim: BatchedClaim, gate: Gate, spent: ReadonlySet<bigint>): void {
  const { statement, circumstances } = claim;
  checkClaim(statement, gate, circumstances);
  if (!spent.has(statement.nullifier)) return;
  throw new EligoError('NullifierSpent', 'this claim comes before in the batch', {
    nullifier: statement.nullifier,
  });
}

/** What is left when the claim's amount is set aside. */
function reserve(claim: BatchedClaim, pay: Pay, funds: BatchFunds): BatchFunds {
  const { disclosed, shown } = claim.statement;
  const { budget, leftOfWindow, leftOfPeriods } = funds;
  const leftOfPeriod = leftOfPeriods?.get(shown);
  const action = claim.action ?? { fee: 0n, minAmount: 0n };
  const from: Funds = { budget, leftOfWindow, leftOfPeriod };
  const amount = checkAmount({ pay, disclosed, action, funds: from });
  const left: BatchFunds = {
    budget: budget - amount,
    leftOfWindow: leftOfWindow === undefined ? undefined : leftOfWindow - amount,
  };
  if (leftOfPeriods === undefined) return left;
  const others = new Map(leftOfPeriods);
  if (leftOfPeriod !== undefined) others.set(shown, leftOfPeriod - amount);
  return { ...left, leftOfPeriods: others };
}
