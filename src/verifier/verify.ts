/**
 * Verification off-chain: the checks of PROTOCOL.md section 5 in their order, with the names that contracts revert with.
 * @module
 */
import { EligoError, type ErrorCode } from '../errors.ts';
import { HIDDEN_INDEX } from '../protocol/field.ts';
import type { Field } from '../protocol/field.ts';
import { checkStatement, type Statement } from '../protocol/statement.ts';
import { checkProofs } from '../prover/checkProofs.ts';
import type { Proof } from '../prover/proof.ts';
import type { VerifyingKey } from '../prover/verifyingKey.ts';
import { checkRoot, type Freshness, type RootFacts } from './rootRule.ts';

/** Which claim numbers a gate takes. */
export type IndexRule =
  /** The number stays hidden. */
  | { readonly kind: 'metered' }
  /** Numbers below `cap`, itself below 2^32 - 1. */
  | { readonly kind: 'count'; readonly cap: bigint }
  /** The number of the period that `checkedAt` lies in; Unix seconds, seconds. */
  | { readonly kind: 'period'; readonly start: bigint; readonly length: bigint };

/** The policy before the one in force: taken for proofs with `checkedAt` before `until`, Unix seconds. */
export type Predecessor = { readonly policy: Field; readonly until: bigint };

/** What a verifier accepts. */
export type Gate = Freshness & {
  /** `computePolicy(scope, terms)`: the one in force. */
  readonly policy: Field;
  /** Where the policy was amended: the one that was in force before. One that is only announced has no place here. */
  readonly predecessor?: Predecessor | undefined;
  readonly index: IndexRule;
  /** Seconds from `checkedAt` for which a proof can be used, 120 to 2,592,000. */
  readonly proofLifetime: bigint;
};

/** What a verifier knows at the moment. */
export type Circumstances = {
  /** Unix seconds. */
  readonly now: bigint;
  /** The context that this verifier computes itself. */
  readonly context: Field;
  /** What the source says about the statement's root. */
  readonly root: RootFacts;
  /** The nullifier was spent before. */
  readonly spent: boolean;
};

/** Yes, or the first check that failed. */
export type Verdict =
  | { readonly ok: true }
  | { readonly ok: false; readonly error: ErrorCode; readonly message: string };

/**
 * Verifies a proof against a gate. It answers and doesn't throw, whatever it is given. The caller marks the nullifier as
 * spent, in the same transaction in which it acts on a yes.
 * @example
 * const verdict = await verify({ verifyingKey, statement, proof, gate, circumstances });
 * if (!verdict.ok) return refuse(verdict.error);
 */
export async function verify(parameters: {
  readonly verifyingKey: VerifyingKey;
  readonly statement: Statement;
  readonly proof: Proof;
  readonly gate: Gate;
  readonly circumstances: Circumstances;
}): Promise<Verdict> {
  return verdictOf(async () => {
    const { verifyingKey, statement, proof, gate, circumstances } = parameters;
    checkClaim(statement, gate, circumstances);
    await checkGroth16(verifyingKey, statement, proof);
  });
}

/** Yes, or what a check threw. */
export async function verdictOf(check: () => void | Promise<void>): Promise<Verdict> {
  try {
    await check();
    return { ok: true };
  } catch (error) {
    if (error instanceof EligoError) return refusal(error);
    return { ok: false, error: 'InvalidProof', message: 'the proof could not be read' };
  }
}

/** No, and why. */
export function refusal({ code, message }: EligoError): Verdict {
  return { ok: false, error: code, message };
}

/**
 * All checks but the proof itself.
 * @throws {EligoError} with the name of the first check that failed
 */
export function checkClaim(statement: Statement, gate: Gate, circumstances: Circumstances): void {
  const { now, context, root, spent } = circumstances;
  checkStatement(statement);
  checkPolicy(statement, gate);
  if (statement.context !== context)
    throw new EligoError('WrongContext', 'the proof is bound to another action');
  checkTime(statement.checkedAt, gate.proofLifetime, now);
  checkRoot(root, gate, now);
  checkIndex(statement, gate);
  if (spent)
    throw new EligoError('NullifierSpent', 'this claim was made before', {
      nullifier: statement.nullifier,
    });
}

/**
 * The proof alone, against a statement.
 * @throws {InvalidProof} saying why @throws {InsecureKey} if gamma equals delta
 */
export async function checkGroth16(
  key: VerifyingKey,
  statement: Statement,
  proof: Proof,
): Promise<void> {
  const [error] = await checkProofs(key, [{ statement, proof }]);
  if (error) throw error;
}

/** The gate's policy in force, or its predecessor for what was judged before the change. */
function checkPolicy({ policy, checkedAt }: Statement, gate: Gate): void {
  const { predecessor } = gate;
  if (policy === gate.policy) return;
  if (policy !== predecessor?.policy)
    throw new EligoError('WrongPolicy', "the proof is for another policy than the gate's");
  if (checkedAt < predecessor.until) return;
  throw new EligoError(
    'WrongPolicy',
    `the proof is for a policy that was in force until ${predecessor.until.toString()}`,
    { checkedAt, until: predecessor.until },
  );
}

/** `checkedAt <= now <= checkedAt + proofLifetime` */
function checkTime(checkedAt: bigint, proofLifetime: bigint, now: bigint): void {
  if (checkedAt > now) {
    throw new EligoError(
      'ProofFromFuture',
      `checked at ${checkedAt.toString()}, it is ${now.toString()}`,
      { checkedAt, now },
    );
  }
  if (now > checkedAt + proofLifetime) {
    throw new EligoError(
      'ProofExpired',
      `checked at ${checkedAt.toString()}, usable for ${proofLifetime.toString()} s`,
      {
        checkedAt,
        proofLifetime,
        now,
      },
    );
  }
}

function checkIndex({ shown, checkedAt }: Statement, { index, proofLifetime }: Gate): void {
  const refuse = (rule: string): never => {
    throw new EligoError(
      'ClaimIndexClosed',
      `the claim shows number ${shown.toString()}: ${rule}`,
      { shown },
    );
  };
  if (index.kind === 'metered') {
    if (shown !== HIDDEN_INDEX) refuse('a metered gate takes hidden numbers only');
  } else if (shown === HIDDEN_INDEX) {
    refuse('only a metered gate takes hidden numbers');
  } else if (index.kind === 'count') {
    if (shown >= index.cap) refuse(`must be below ${index.cap.toString()}`);
  } else if (proofLifetime > index.length) {
    refuse('a period must be at least as long as a proof can be used');
  } else if (checkedAt < index.start) {
    refuse('the first period has not begun');
  } else {
    const period = (checkedAt - index.start) / index.length;
    if (shown !== period) refuse(`must be the period's, ${period.toString()}`);
  }
}
