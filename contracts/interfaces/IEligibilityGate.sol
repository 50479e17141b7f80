// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Statement} from "../libraries/Statement.sol";
import {IEligibilityVerifier} from "./IEligibilityVerifier.sol";
import {IRootRegistry} from "./IRootRegistry.sol";

/// @title A gate: acceptance rules, each under a label
/// @notice PROTOCOL.md section 5. A gate has one set of spent nullifiers; a nullifier contains its rule's scope, so the
/// rules don't touch each other.
interface IEligibilityGate {
    /// @notice Which claim indices a rule admits. Count: those below a cap. Period: the number of the present period.
    /// Metered: the policy hides the index and bounds it by the holder's value.
    enum IndexKind {
        Count,
        Period,
        Metered
    }

    /// @notice What a rule asks beside its policy. One slot.
    /// @param source The list whose roots count; a tree's id for the tree's own list.
    /// @param maxStaleness Seconds for which a root outlives its epoch; 0 = none.
    /// @param maxSilence Seconds that the source may be silent; 2^40-1 = any.
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
        uint40 indexLimit;
    }

    /// @notice A rule. Policy 0 = there is none under the label.
    /// @param policy H_2(scope, terms).
    struct Rule {
        uint256 policy;
        Acceptance acceptance;
    }

    /// @notice A claim: what the proof says, and the proof, as IEligibilityVerifier takes them.
    struct Claim {
        Statement statement;
        uint256[8] proof;
    }

    event RuleSet(bytes32 indexed label, uint256 scope, uint256 terms, uint256 policy, Acceptance acceptance);

    error InvalidRule(string field, uint256 value);
    error RuleExists(bytes32 label);
    error WrongPolicy(uint256 expected, uint256 given);
    error WrongContext(uint256 expected, uint256 given);
    error ProofFromFuture(uint40 checkedAt, uint256 time);
    error ProofExpired(uint40 checkedAt, uint24 proofLifetime, uint256 time);
    /// @param bound The cap; or the number of the period, 2^256-1 before the first; or 2^32-1 where metered.
    error ClaimIndexClosed(uint32 shown, uint256 bound);
    error NullifierSpent(uint256 nullifier);

    /// @notice Whose roots count.
    function REGISTRY() external view returns (IRootRegistry);

    /// @notice Who checks proofs.
    function VERIFIER() external view returns (IEligibilityVerifier);

    /// @notice Whether the nullifier has been used.
    function isSpent(uint256 nullifier) external view returns (bool);

    /// @notice The rule under a label; all zero where there is none.
    function getRule(bytes32 label) external view returns (Rule memory);

    /// @notice What nullifiers under a label are unique within.
    function computeScope(bytes32 label) external view returns (uint256);

    /// @notice What a claimant's proof must be bound to.
    /// @param id What the gate claims on: a campaign, a proposal.
    /// @param actionHash What the claim is to do.
    function computeContext(uint256 id, bytes32 actionHash) external view returns (uint256);
}
