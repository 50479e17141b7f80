// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {PoseidonT3} from "poseidon-solidity/PoseidonT3.sol";
import {IEligibilityGate} from "./interfaces/IEligibilityGate.sol";
import {IEligibilityVerifier} from "./interfaces/IEligibilityVerifier.sol";
import {IRootRegistry} from "./interfaces/IRootRegistry.sol";
import {FIELD, METERED, Statement} from "./libraries/Statement.sol";

/// @title EligibilityGate
/// @notice See IEligibilityGate. An integrator inherits it, sets a rule under a label, and lets a claim in:
/// `_accept` at once, or `_check`, its own checks, then `_verify`.
/// @dev Whoever inherits defines what an action is. Its hash is bound into the proof, so a copied proof can do nothing
/// but what its owner agreed to, whoever sends it.
abstract contract EligibilityGate is IEligibilityGate {
    uint24 internal constant MIN_PROOF_LIFETIME = 120 seconds;
    uint24 internal constant MAX_PROOF_LIFETIME = 30 days;

    /// @inheritdoc IEligibilityGate
    IRootRegistry public immutable REGISTRY;
    /// @inheritdoc IEligibilityGate
    IEligibilityVerifier public immutable VERIFIER;

    /// @inheritdoc IEligibilityGate
    mapping(uint256 nullifier => bool) public isSpent;

    mapping(bytes32 label => Rule) private _rules;

    constructor(IRootRegistry registry, IEligibilityVerifier verifier) {
        REGISTRY = registry;
        VERIFIER = verifier;
    }

    /// @inheritdoc IEligibilityGate
    function getRule(bytes32 label) public view returns (Rule memory) {
        return _rules[label];
    }

    /// @inheritdoc IEligibilityGate
    function computeScope(bytes32 label) public view returns (uint256) {
        return _hash(abi.encode("eligo/scope/1", block.chainid, address(this), label));
    }

    /// @inheritdoc IEligibilityGate
    function computeContext(uint256 id, bytes32 actionHash) public view returns (uint256) {
        return _hash(abi.encode("eligo/context/1", block.chainid, address(this), id, actionHash));
    }

    /// @dev Sets the rule of a label, for good.
    /// @param terms H_15 of the policy's fifteen terms, which the contract can't compute: publish the terms.
    function _setRule(bytes32 label, uint256 terms, Acceptance memory acceptance) internal returns (uint256 policy) {
        // Check
        if (_rules[label].policy != 0) revert RuleExists(label);
        if (terms == 0 || terms >= FIELD) revert InvalidRule("terms", terms);
        _checkAcceptance(acceptance);

        // Effect
        uint256 scope = computeScope(label);
        policy = PoseidonT3.hash([scope, terms]);
        _rules[label] = Rule(policy, acceptance);
        emit RuleSet(label, scope, terms, policy, acceptance);
    }

    /// @dev Lets a claim in, or reverts: every check of PROTOCOL.md section 5, and the nullifier is spent.
    function _accept(bytes32 label, uint256 id, bytes32 actionHash, Claim calldata claim_) internal {
        _check(label, id, actionHash, claim_.statement);
        _verify(claim_);
    }

    /// @dev All checks but the last, in the order of PROTOCOL.md section 5; then marks the nullifier. What stands
    /// between this and `_verify` may revert and must not pay.
    function _check(bytes32 label, uint256 id, bytes32 actionHash, Statement calldata statement) internal {
        // Check
        statement.check();
        Rule storage rule = _rules[label];
        uint256 policy = rule.policy;
        if (statement.policy != policy) revert WrongPolicy(policy, statement.policy);
        uint256 context = computeContext(id, actionHash);
        if (statement.context != context) revert WrongContext(context, statement.context);

        Acceptance memory acceptance = rule.acceptance;
        _checkTime(statement.checkedAt, acceptance.proofLifetime);
        REGISTRY.checkRoot(acceptance.source, statement.root, acceptance.maxStaleness, acceptance.maxSilence);
        _checkIndex(statement.shown, statement.checkedAt, acceptance);
        if (isSpent[statement.nullifier]) revert NullifierSpent(statement.nullifier);

        // Effect
        isSpent[statement.nullifier] = true;
    }

    /// @dev The last check.
    function _verify(Claim calldata claim_) internal view {
        if (!VERIFIER.verify(claim_.proof, claim_.statement)) revert IEligibilityVerifier.InvalidProof();
    }

    function _checkTime(uint40 checkedAt, uint24 proofLifetime) private view {
        if (checkedAt > block.timestamp) revert ProofFromFuture(checkedAt, block.timestamp);
        if (block.timestamp > uint256(checkedAt) + proofLifetime) {
            revert ProofExpired(checkedAt, proofLifetime, block.timestamp);
        }
    }

    function _checkIndex(uint32 shown, uint40 checkedAt, Acceptance memory acceptance) private pure {
        if (acceptance.indexKind == IndexKind.Metered) {
            if (shown != METERED) revert ClaimIndexClosed(shown, METERED);
        } else if (acceptance.indexKind == IndexKind.Count) {
            if (shown >= acceptance.indexLimit) revert ClaimIndexClosed(shown, acceptance.indexLimit);
        } else {
            if (checkedAt < acceptance.periodStart) revert ClaimIndexClosed(shown, type(uint256).max);
            uint256 period = (checkedAt - acceptance.periodStart) / acceptance.indexLimit;
            if (shown != period || shown == METERED) revert ClaimIndexClosed(shown, period);
        }
    }

    function _checkAcceptance(Acceptance memory acceptance) private view {
        uint24 proofLifetime = acceptance.proofLifetime;
        if (proofLifetime < MIN_PROOF_LIFETIME || proofLifetime > MAX_PROOF_LIFETIME) {
            revert InvalidRule("proofLifetime", proofLifetime);
        }
        uint40 limit = acceptance.indexLimit;
        if (acceptance.indexKind == IndexKind.Count && (limit == 0 || limit >= METERED)) {
            revert InvalidRule("indexLimit", limit);
        }
        if (acceptance.indexKind == IndexKind.Period && limit < proofLifetime) revert InvalidRule("indexLimit", limit);
        if (acceptance.indexKind == IndexKind.Metered && limit != 0) revert InvalidRule("indexLimit", limit);
        if (acceptance.indexKind != IndexKind.Period && acceptance.periodStart != 0) {
            revert InvalidRule("periodStart", acceptance.periodStart);
        }
        if (!REGISTRY.isSource(acceptance.source)) revert InvalidRule("source", acceptance.source);
    }

    /// @dev K of PROTOCOL.md: 248 bits, so always below r.
    function _hash(bytes memory preimage) private pure returns (uint256) {
        return uint256(keccak256(preimage)) >> 8;
    }
}
