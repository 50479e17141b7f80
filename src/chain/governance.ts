/**
 * Why somebody used a power: every act of governance on-chain says so in its event, by a reason out of a closed list and
 * the hash of a document (contracts/interfaces/Reason.sol).
 * @module
 */
import { zeroHash, type Hex } from 'viem';
import { invalidInput } from '../errors.ts';

/** The reasons, at the numbers that the contracts know them by. */
export const GOVERNANCE_REASONS = [
  'planned',
  'key-lost',
  'key-stolen',
  'departure',
  'correction',
  'breach',
  'silence',
  'legal-order',
  'resolved',
] as const;

export type GovernanceReason = (typeof GOVERNANCE_REASONS)[number];

/** Why an act is done that always has a cause. */
export type Because = {
  readonly reason: GovernanceReason;
  /** The sha256 of a file that says more; none if left out. */
  readonly evidence?: Hex;
};

/** Why an act is done that needs no cause: `planned` if nothing is said. */
export type MaybeBecause = Partial<Because>;

/** Reason and evidence as the contracts take them. */
export function toCause({ reason = 'planned', evidence = zeroHash }: MaybeBecause): [number, Hex] {
  return [GOVERNANCE_REASONS.indexOf(reason), evidence];
}

/** The reason of an event. @throws {InvalidInput} for a number that no contract emits */
export function toGovernanceReason(code: number): GovernanceReason {
  const reason = GOVERNANCE_REASONS[code];
  if (reason === undefined) throw invalidInput('reason', code, 'must be a reason of the contracts');
  return reason;
}
