// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IRootRegistry} from "./IRootRegistry.sol";

/// @title A gate: acceptance rules, each under a label
/// @notice PROTOCOL.md section 5. A gate has one set of spent nullifiers; a nullifier contains its rule's scope, so the
/// rules don't touch each other. A gate checks proofs itself, and reverts as IEligibilityVerifier says.
interface IEligibilityGate {
    /// @notice Which claim indices a rule admits. Count: those below a cap. Period: the number of the present period.
    /// Metered: the policy hides the index and bounds it by the holder's value.
    enum IndexKind {
        Count,
        Period,
        Metered
    }

    /// @notice What a rule asks beside its policy.
    /// @param source The list whose roots count; a tree's id for the tree's own list.
    /// @param maxStaleness Seconds for which a root outlives its epoch; 0 = none.
    /// @param maxSilence Seconds that the source may be silent, from 1; 2^40-1 = any.
    /// @param proofLifetime Seconds from `checkedAt` for which a proof can be used: 120 to 30 days.
    /// @param periodStart Unix seconds at which period 0 begins; 0 unless the kind is Period.
    /// @param indexLimit Count: the cap, from 1 and below 2^32-1. Period: its length in seconds, not below
    /// proofLifetime. Metered: 0.
    struct Acceptance {
        uint64 source;
        uint40 maxStaleness;
        uint40 maxSilence;
        uint24 proofLifetime;
        IndexKind indexKind;
        uint40 periodStart;
        uint32 indexLimit;
    }

    /// @notice A rule as it is in force. Policy 0 = there is none under the label.
    /// @param policy H_2(scope, terms).
    struct Rule {
        uint256 policy;
        Acceptance acceptance;
    }

    /// @notice What is about to change in a rule, and what has changed last. Times are Unix seconds; 0 = there is none.
    /// @param predecessor The policy before the one in force: taken for proofs with `checkedAt` before `changedAt`.
    /// @param changedAt When the policy in force replaced its predecessor.
    /// @param pending The policy that comes in force at `inForceAt`.
    /// @param pendingLimit The `indexLimit` that comes with it.
    struct Amendment {
        uint256 predecessor;
        uint256 pending;
        uint40 changedAt;
        uint40 inForceAt;
        uint32 pendingLimit;
    }

    event RuleSet(bytes32 indexed label, uint256 scope, uint256 terms, uint256 policy, Acceptance acceptance);
    event RuleAmended(bytes32 indexed label, uint256 terms, uint256 policy, uint32 indexLimit, uint40 inForceAt);

    error InvalidRule(string field, uint256 value);
    error RuleExists(bytes32 label);
    error UnknownRule(bytes32 label);
    /// @param expected The policy in force.
    error WrongPolicy(uint256 expected, uint256 given);
    error WrongContext(uint256 expected, uint256 given);
    error ProofFromFuture(uint40 checkedAt, uint256 time);
    error ProofExpired(uint40 checkedAt, uint24 proofLifetime, uint256 time);
    /// @param bound The cap; or the number of the period, 2^256-1 before the first; or 2^32-1 where metered.
    error ClaimIndexClosed(uint32 shown, uint256 bound);
    error NullifierSpent(uint256 nullifier);

    /// @notice Whose roots count.
    function REGISTRY() external view returns (IRootRegistry);

    /// @notice keccak256 of the verifying key, its coordinates in the order of generated/VerifyingKey.sol, 32 bytes each.
    function verifyingKeyHash() external view returns (bytes32);

    /// @notice Whether the nullifier has been used.
    function isSpent(uint256 nullifier) external view returns (bool);

    /// @notice The rule that is in force under a label; all zero where there is none.
    function getRule(bytes32 label) external view returns (Rule memory);

    /// @notice What is announced, and what came before; all zero where nothing was ever amended.
    function getAmendment(bytes32 label) external view returns (Amendment memory);

    /// @notice What nullifiers under a label are unique within.
    function computeScope(bytes32 label) external view returns (uint256);

    /// @notice What a claimant's proof must be bound to.
    /// @param id What the gate claims on: a campaign, a proposal.
    /// @param actionHash What the claim is to do.
    function computeContext(uint256 id, bytes32 actionHash) external view returns (uint256);
}
