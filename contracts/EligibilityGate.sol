// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {PoseidonT3} from "poseidon-solidity/PoseidonT3.sol";
import {VerifyingKey} from "./generated/VerifyingKey.sol";
import {IEligibilityGate} from "./interfaces/IEligibilityGate.sol";
import {IEligibilityVerifier} from "./interfaces/IEligibilityVerifier.sol";
import {IRootRegistry} from "./interfaces/IRootRegistry.sol";
import {Frozen} from "./libraries/Frozen.sol";
import {Groth16} from "./libraries/Groth16.sol";
import {KeyGuard} from "./libraries/KeyGuard.sol";
import {raise} from "./libraries/Refusal.sol";
import {Claim, FIELD, METERED, Statement} from "./libraries/Statement.sol";

/// @title EligibilityGate
/// @notice See IEligibilityGate. An integrator inherits it, sets a rule under a label, and lets a claim in:
/// `_accept` at once, or `_check`, its own checks, then `_verify`.
/// @dev Whoever inherits defines what an action is. Its hash is bound into the proof, so a copied proof can do nothing
/// but what its owner agreed to, whoever sends it.
abstract contract EligibilityGate is IEligibilityGate {
    uint24 internal constant MIN_PROOF_LIFETIME = 120 seconds;
    uint24 internal constant MAX_PROOF_LIFETIME = 30 days;

    /// @dev More than the registry's answer takes.
    uint256 private constant CHECK_ROOT_GAS = 30_000;

    /// @dev The rules that a label has had and will have, each frozen as code: the first ten words of RuleInForce. The
    /// first slot is all that a claim reads on a rule that was never amended.
    struct Succession {
        address current;
        uint40 changedAt;
        uint40 inForceAt;
        address predecessor;
        address pending;
    }

    /// @dev A rule as claims are judged by it; its first three words are the base of its policy, see Groth16. `acceptedRoot` is the last root that the registry accepted for it in this
    /// transaction, so that a batch asks once.
    struct RuleInForce {
        uint256 policy;
        uint256 baseX;
        uint256 baseY;
        uint64 source;
        uint40 maxStaleness;
        uint40 maxSilence;
        uint24 proofLifetime;
        IndexKind indexKind;
        uint40 periodStart;
        uint32 indexLimit;
        // Up to here it is code.
        uint256 acceptedRoot;
    }
    uint256 private constant FROZEN_WORDS = 10;

    /// @inheritdoc IEligibilityGate
    IRootRegistry public immutable REGISTRY;

    /// @dev Scopes keep the chain on which the gate was made: were the chain to split, what was spent stays spent under
    /// later amendments on either side. Contexts have the present one, so a proof is for one side only.
    uint256 private immutable HOME = block.chainid;

    /// @dev Not 0 once it is spent. A whole word, which is written without being read.
    mapping(uint256 nullifier => uint256) internal _spent;

    mapping(bytes32 label => Succession) private _rules;

    constructor(IRootRegistry registry) {
        KeyGuard.check();
        REGISTRY = registry;
    }

    /// @inheritdoc IEligibilityGate
    function verifyingKeyHash() external pure returns (bytes32) {
        return VerifyingKey.HASH;
    }

    /// @inheritdoc IEligibilityGate
    function isSpent(uint256 nullifier) external view returns (bool) {
        return _spent[nullifier] != 0;
    }

    /// @inheritdoc IEligibilityGate
    function getRule(bytes32 label) external view returns (Rule memory) {
        RuleInForce memory rule = _ruleInForce(label);
        return Rule(rule.policy, _acceptanceOf(rule));
    }

    /// @inheritdoc IEligibilityGate
    function getAmendment(bytes32 label) external view returns (Amendment memory amendment) {
        Succession storage rules = _rules[label];
        if (_isInForce(rules.inForceAt)) {
            (amendment.predecessor, amendment.changedAt) = (_policyAt(rules.current), rules.inForceAt);
        } else {
            (amendment.predecessor, amendment.changedAt) = (_policyAt(rules.predecessor), rules.changedAt);
            RuleInForce memory pending;
            _read(rules.pending, pending);
            (amendment.pending, amendment.pendingLimit) = (pending.policy, pending.indexLimit);
            amendment.inForceAt = rules.inForceAt;
        }
    }

    /// @inheritdoc IEligibilityGate
    function computeScope(bytes32 label) public view returns (uint256) {
        return _hash(abi.encode("eligo/scope/1", HOME, address(this), label));
    }

    /// @inheritdoc IEligibilityGate
    function computeContext(uint256 id, bytes32 actionHash) public view returns (uint256) {
        return _contextOf(_contextPreimage(id), actionHash);
    }

    /// @dev Sets the rule of a label.
    /// @param terms H_15 of the policy's fifteen terms, which the contract can't compute: publish the terms.
    function _setRule(bytes32 label, uint256 terms, Acceptance memory acceptance) internal returns (uint256 policy) {
        // Check
        Succession storage rules = _rules[label];
        if (rules.current != address(0)) revert RuleExists(label);
        _checkAcceptance(acceptance);

        // Effect
        uint256 scope = computeScope(label);
        policy = _policyOf(scope, terms);
        rules.current = _freeze(policy, acceptance);
        emit RuleSet(label, scope, terms, policy, acceptance);
    }

    /// @dev Announces other terms, and another cap where indices are counted; the scope stays, and with it what was
    /// spent. An announcement that is still pending is replaced. With a notice that isn't below `proofLifetime` the
    /// predecessor's last proof has expired when the next amendment comes in force: two policies at most are live.
    /// @param indexLimit The new cap; 0 where by period, whose length stays.
    /// @param notice Seconds; whoever inherits keeps it as promised.
    function _amendRule(
        bytes32 label,
        uint256 terms,
        uint32 indexLimit,
        uint24 notice
    ) internal returns (uint40 inForceAt) {
        // Check: a metered rule must not change, a smaller note later would pay twice.
        Succession storage rules = _rules[label];
        if (rules.current == address(0)) revert UnknownRule(label);
        Acceptance memory acceptance = _acceptanceOf(_ruleInForce(label));
        if (acceptance.indexKind == IndexKind.Metered) revert InvalidRule("indexKind", uint256(IndexKind.Metered));
        if (notice < acceptance.proofLifetime) revert InvalidRule("notice", notice);
        if (acceptance.indexKind == IndexKind.Count) {
            _checkCap(indexLimit);
            acceptance.indexLimit = indexLimit;
        } else if (indexLimit != 0) {
            revert InvalidRule("indexLimit", indexLimit);
        }

        // Effect
        if (_isInForce(rules.inForceAt)) {
            (rules.predecessor, rules.changedAt) = (rules.current, rules.inForceAt);
            rules.current = rules.pending;
        }
        uint256 policy = _policyOf(computeScope(label), terms);
        inForceAt = uint40(block.timestamp) + notice;
        (rules.pending, rules.inForceAt) = (_freeze(policy, acceptance), inForceAt);
        emit RuleAmended(label, terms, policy, acceptance.indexLimit, inForceAt);
    }

    /// @dev Lets a claim in, or reverts: every check of PROTOCOL.md section 5, and the nullifier is spent.
    function _accept(bytes32 label, uint256 id, bytes32 actionHash, Claim calldata claim_) internal {
        RuleInForce memory rule = _ruleInForce(label);
        _check(rule, label, id, actionHash, claim_.statement);
        _verify(rule, claim_);
    }

    /// @dev All checks but the last, in the order of PROTOCOL.md section 5; then marks the nullifier. What stands
    /// between this and `_verify` may revert and must not pay.
    function _check(
        RuleInForce memory rule,
        bytes32 label,
        uint256 id,
        bytes32 actionHash,
        Statement calldata statement
    ) internal {
        raise(_admit(rule, label, computeContext(id, actionHash), statement));
    }

    /// @dev The last check.
    function _verify(RuleInForce memory rule, Claim calldata claim_) internal view {
        bool valid = Groth16.verify(_baseOf(rule), claim_.proof, claim_.statement.toSignals());
        if (!valid) revert IEligibilityVerifier.InvalidProof();
    }

    /// @dev The rule that claims are judged by now. An amendment whose moment has come counts without a transaction.
    function _ruleInForce(bytes32 label) internal view returns (RuleInForce memory rule) {
        Succession storage rules = _rules[label];
        _read(_isInForce(rules.inForceAt) ? rules.pending : rules.current, rule);
    }

    /// @dev Every check but the proof, in the order of PROTOCOL.md section 5; marks the nullifier of a claim that passes.
    /// @param context What the claim must be bound to.
    /// @return refusal The first check that fails; see libraries/Refusal.sol.
    function _admit(
        RuleInForce memory rule,
        bytes32 label,
        uint256 context,
        Statement calldata statement
    ) internal returns (bytes memory refusal) {
        // Check
        if (!statement.isCanonical()) return statement.findFault();
        uint40 checkedAt = statement.checkedAt;
        if (statement.policy != rule.policy && !_isPredecessor(label, statement.policy, checkedAt)) {
            return abi.encodeWithSelector(WrongPolicy.selector, rule.policy, statement.policy);
        }
        if (statement.context != context) {
            return abi.encodeWithSelector(WrongContext.selector, context, statement.context);
        }
        unchecked {
            // Before `checkedAt` the difference wraps, and no lifetime is that long.
            if (block.timestamp - checkedAt > rule.proofLifetime) return _refuseTime(checkedAt, rule.proofLifetime);
        }
        if (statement.root != rule.acceptedRoot) {
            refusal = _judgeRoot(rule, statement.root);
            if (refusal.length != 0) return refusal;
        }
        refusal = _judgeIndex(rule, statement.shown, checkedAt);
        if (refusal.length != 0) return refusal;
        uint256 nullifier = statement.nullifier;
        if (_spent[nullifier] != 0) return abi.encodeWithSelector(NullifierSpent.selector, nullifier);

        // Effect
        _spent[nullifier] = 1;
    }

    /// @dev What the pairing's input is begun with under the rule's policy.
    function _baseOf(RuleInForce memory rule) internal pure returns (Groth16.Base memory) {
        return Groth16.Base(rule.policy, rule.baseX, rule.baseY);
    }

    /// @dev What `_contextOf` fills in: the encoding of a context without its action.
    function _contextPreimage(uint256 id) internal view returns (bytes memory) {
        return abi.encode("eligo/context/1", block.chainid, address(this), id, bytes32(0));
    }

    /// @dev The context of PROTOCOL.md section 3; the action's hash is the fifth word of its encoding.
    function _contextOf(bytes memory preimage, bytes32 actionHash) internal pure returns (uint256) {
        assembly ("memory-safe") {
            mstore(add(preimage, 0xa0), actionHash)
        }
        return _hash(preimage);
    }

    /// @dev Whether this is the policy before the one in force, and the proof was made before that came.
    function _isPredecessor(bytes32 label, uint256 policy, uint40 checkedAt) private view returns (bool) {
        Succession storage rules = _rules[label];
        (address predecessor, uint40 changedAt) = _isInForce(rules.inForceAt)
            ? (rules.current, rules.inForceAt)
            : (rules.predecessor, rules.changedAt);
        return checkedAt < changedAt && policy == _policyAt(predecessor);
    }

    function _refuseTime(uint40 checkedAt, uint24 proofLifetime) private view returns (bytes memory) {
        return
            checkedAt > block.timestamp
                ? abi.encodeWithSelector(ProofFromFuture.selector, checkedAt, block.timestamp)
                : abi.encodeWithSelector(ProofExpired.selector, checkedAt, proofLifetime, block.timestamp);
    }

    /// @dev The registry's answer, and its error as it came. An answer without a word is a call that was starved: it must
    /// pass neither for a yes nor for a no.
    function _judgeRoot(RuleInForce memory rule, uint256 root) private view returns (bytes memory refusal) {
        try REGISTRY.checkRoot(rule.source, root, rule.maxStaleness, rule.maxSilence) {
            rule.acceptedRoot = root;
        } catch (bytes memory reason) {
            if (reason.length == 0) revert IEligibilityVerifier.InsufficientGas(CHECK_ROOT_GAS, gasleft());
            return reason;
        }
    }

    function _judgeIndex(
        RuleInForce memory rule,
        uint32 shown,
        uint40 checkedAt
    ) private pure returns (bytes memory refusal) {
        (uint256 bound, IndexKind kind) = (rule.indexLimit, rule.indexKind);
        if (kind == IndexKind.Count) {
            if (shown < bound) return refusal;
        } else if (kind == IndexKind.Metered) {
            if (shown == METERED) return refusal;
            bound = METERED;
        } else if (checkedAt < rule.periodStart) {
            bound = type(uint256).max;
        } else {
            bound = (checkedAt - rule.periodStart) / bound;
            if (shown == bound && shown != METERED) return refusal;
        }
        return abi.encodeWithSelector(ClaimIndexClosed.selector, shown, bound);
    }

    function _checkAcceptance(Acceptance memory acceptance) private view {
        uint24 proofLifetime = acceptance.proofLifetime;
        if (proofLifetime < MIN_PROOF_LIFETIME || proofLifetime > MAX_PROOF_LIFETIME) {
            revert InvalidRule("proofLifetime", proofLifetime);
        }
        uint32 limit = acceptance.indexLimit;
        if (acceptance.indexKind == IndexKind.Count) _checkCap(limit);
        if (acceptance.indexKind == IndexKind.Period && limit < proofLifetime) revert InvalidRule("indexLimit", limit);
        if (acceptance.indexKind == IndexKind.Metered && limit != 0) revert InvalidRule("indexLimit", limit);
        if (acceptance.indexKind != IndexKind.Period && acceptance.periodStart != 0) {
            revert InvalidRule("periodStart", acceptance.periodStart);
        }
        if (acceptance.maxSilence == 0) revert InvalidRule("maxSilence", 0);
        if (!REGISTRY.isSource(acceptance.source)) revert InvalidRule("source", acceptance.source);
    }

    function _checkCap(uint32 cap) private pure {
        if (cap == 0 || cap == METERED) revert InvalidRule("indexLimit", cap);
    }

    function _freeze(uint256 policy, Acceptance memory acceptance) private returns (address) {
        return Frozen.freeze(abi.encode(Groth16.baseOf(policy), acceptance));
    }

    /// @dev Fills in the rule that is frozen there; all zero where nothing is.
    function _read(address place, RuleInForce memory rule) private view {
        uint256 target;
        assembly ("memory-safe") {
            target := rule
        }
        Frozen.read(place, target, FROZEN_WORDS);
    }

    function _policyAt(address place) private view returns (uint256) {
        RuleInForce memory rule;
        _read(place, rule);
        return rule.policy;
    }

    function _acceptanceOf(RuleInForce memory rule) private pure returns (Acceptance memory) {
        return
            Acceptance(
                rule.source,
                rule.maxStaleness,
                rule.maxSilence,
                rule.proofLifetime,
                rule.indexKind,
                rule.periodStart,
                rule.indexLimit
            );
    }

    /// @dev H_2(scope, terms): a contract can compute it, and so nobody's word is needed for the scope.
    function _policyOf(uint256 scope, uint256 terms) private pure returns (uint256) {
        if (terms == 0 || terms >= FIELD) revert InvalidRule("terms", terms);
        return PoseidonT3.hash([scope, terms]);
    }

    function _isInForce(uint40 inForceAt) private view returns (bool) {
        return inForceAt != 0 && block.timestamp >= inForceAt;
    }

    /// @dev K of PROTOCOL.md: 248 bits, so always below r.
    function _hash(bytes memory preimage) private pure returns (uint256) {
        return uint256(keccak256(preimage)) >> 8;
    }
}
