// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IDistributor} from "../../contracts/interfaces/IDistributor.sol";
import {IEligibilityGate} from "../../contracts/interfaces/IEligibilityGate.sol";
import {IEligibilityVerifier} from "../../contracts/interfaces/IEligibilityVerifier.sol";
import {IRootRegistry} from "../../contracts/interfaces/IRootRegistry.sol";
import {Claim, FIELD, METERED, Statement} from "../../contracts/libraries/Statement.sol";
import {World} from "./World.sol";

/// @dev A policy that a campaign has had, has, or will have.
struct Version {
    uint256 policy;
    uint256 rate;
    uint256 cap;
    uint256 inForceAt;
}

/// @dev A campaign as it must be.
struct Ghost {
    address owner;
    IERC20 asset;
    IDistributor.AmountKind kind;
    bool paused;
    uint256 tree;
    uint256 maxStaleness;
    uint256 maxSilence;
    uint256 proofLifetime;
    uint256 notice;
    uint256 periodStart;
    uint256 periodLength;
    uint256 opensAt;
    uint256 closesAt;
    uint64 planId;
    address hook;
    bool hookIsMandatory;
    uint256 step;
    uint256 lo;
    uint256 funded;
    uint256 paid;
    uint256 takenBack;
    IDistributor.Caps caps;
    uint128[] tiers;
    Version[] versions;
    uint256[] everAnnounced;
    uint256[] changes;
    mapping(uint256 window => uint256) paidInWindow;
    mapping(uint256 period => uint256) paidInPeriod;
    mapping(uint256 holder => uint256) timesPaid;
}

/// @dev A root of a tree's own list as it must be judged.
struct Mark {
    uint256 root;
    bool ended;
    uint256 endedAt;
    bool voided;
}

struct GhostTree {
    uint64 id;
    bool frozen;
    uint256 lastPublishedAt;
    Mark[] marks;
}

/// @dev A claim, on its way or used. `tampered`: the words of the proof aren't a proof of anything.
struct Ticket {
    uint256 campaign;
    uint256 holder;
    bool tampered;
    Claim claim;
    IDistributor.Action action;
}

/// @title The acceptance rule once more
/// @dev PROTOCOL.md section 5 over plain lists: every version, every root, every amount that was ever paid is kept, and each
/// judgement looks them all through. Nothing here is shared with the contracts' code but the names of errors.
abstract contract Model is World {
    Ghost[] internal ghosts;
    GhostTree[] internal trees;

    mapping(uint256 nullifier => bool) internal spent;
    /// @dev The statements that the prover has proved: what a payment must have.
    mapping(bytes32 statement => bool) internal proved;
    /// @dev Whose secret is in a nullifier, from 1.
    mapping(uint256 nullifier => uint256) internal holderOf;

    constructor() {
        // Campaigns are counted from 1.
        ghosts.push();
    }

    /// @dev Why the campaign pays nobody now.
    function _closedNow(Ghost storage g) internal view returns (bytes4) {
        if (g.paused) return IDistributor.CampaignPaused.selector;
        if (clock < g.opensAt || clock > g.closesAt) return IDistributor.CampaignClosed.selector;
        return 0;
    }

    /// @dev Every check but the proof, in order.
    function _judge(Ghost storage g, Ticket memory t) internal view returns (bytes4) {
        Statement memory s = t.claim.statement;
        if (_isAmbiguous(s)) return IEligibilityVerifier.SignalOutOfRange.selector;
        if (!_isLive(g, s.policy, s.checkedAt)) return IEligibilityGate.WrongPolicy.selector;
        if (s.context != _contextOf(t.campaign, t.action)) return IEligibilityGate.WrongContext.selector;
        if (s.checkedAt > clock) return IEligibilityGate.ProofFromFuture.selector;
        if (s.checkedAt + g.proofLifetime < clock) return IEligibilityGate.ProofExpired.selector;
        bytes4 refusal = _judgeRoot(g, s.root);
        if (refusal != 0) return refusal;
        if (!_isOpenIndex(g, s)) return IEligibilityGate.ClaimIndexClosed.selector;
        if (spent[s.nullifier]) return IEligibilityGate.NullifierSpent.selector;
        return _judgeAmount(g, t);
    }

    /// @dev Whether there is a proof of exactly this.
    function _isProved(Ticket memory t) internal view returns (bool) {
        return !t.tampered && proved[keccak256(abi.encode(t.claim.statement))];
    }

    function _amountOf(Ghost storage g, uint256 disclosed) internal view returns (uint256) {
        uint256 rate = g.versions[_versionInForce(g)].rate;
        if (g.kind == IDistributor.AmountKind.Disclosed) return rate * disclosed;
        if (g.kind != IDistributor.AmountKind.Tiered) return rate;
        return disclosed < g.tiers.length ? rate * g.tiers[disclosed] : 0;
    }

    function _budgetOf(Ghost storage g) internal view returns (uint256) {
        return g.funded - g.paid - g.takenBack;
    }

    /// @dev Sets a claim's amount aside: nobody can have it twice.
    function _reserve(Ghost storage g, Ticket memory t, uint256 amount) internal {
        Statement memory s = t.claim.statement;
        spent[s.nullifier] = true;
        g.paid += amount;
        g.paidInPeriod[s.shown] += amount;
        if (g.caps.windowLength != 0) g.paidInWindow[clock / g.caps.windowLength] += amount;
    }

    function _restore(Ghost storage g, Ticket memory t, uint256 amount) internal {
        Statement memory s = t.claim.statement;
        spent[s.nullifier] = false;
        g.paid -= amount;
        g.paidInPeriod[s.shown] -= amount;
        if (g.caps.windowLength != 0) g.paidInWindow[clock / g.caps.windowLength] -= amount;
    }

    /// @dev The version that claims are paid by: the last whose moment has come.
    function _versionInForce(Ghost storage g) internal view returns (uint256 i) {
        i = g.versions.length - 1;
        while (g.versions[i].inForceAt > clock) --i;
    }

    /// @dev Whether a proof under the policy is taken: the one in force, or the one before for what was checked before.
    function _isLive(Ghost storage g, uint256 policy, uint256 checkedAt) internal view returns (bool) {
        uint256 i = _versionInForce(g);
        if (g.versions[i].policy == policy) return true;
        return i != 0 && g.versions[i - 1].policy == policy && checkedAt < g.versions[i].inForceAt;
    }

    function _scopeOf(uint256 id) internal view returns (uint256) {
        return _hash(abi.encode("eligo/scope/1", block.chainid, address(DISTRIBUTOR), bytes32(id)));
    }

    function _contextOf(uint256 id, IDistributor.Action memory action) internal view returns (uint256) {
        bytes32 actionHash = keccak256(abi.encode(action));
        return _hash(abi.encode("eligo/context/1", block.chainid, address(DISTRIBUTOR), id, actionHash));
    }

    function _hash(bytes memory preimage) internal pure returns (uint256) {
        return uint256(keccak256(preimage)) >> 8;
    }

    function _isAmbiguous(Statement memory s) private pure returns (bool) {
        if (s.nullifier == 0 || s.root == 0 || s.policy == 0 || s.checkedAt % 60 != 0) return true;
        return s.nullifier >= FIELD || s.root >= FIELD || s.policy >= FIELD || s.context >= FIELD;
    }

    function _judgeRoot(Ghost storage g, uint256 root) private view returns (bytes4) {
        GhostTree storage tree = trees[g.tree];
        if (tree.frozen) return IRootRegistry.SourceFrozen.selector;
        uint256 i = tree.marks.length;
        while (i != 0 && tree.marks[i - 1].root != root) --i;
        if (i == 0 || tree.marks[i - 1].voided) return IRootRegistry.UnknownRoot.selector;
        Mark storage mark = tree.marks[i - 1];
        if (mark.ended && clock >= mark.endedAt + g.maxStaleness) return IRootRegistry.StaleRoot.selector;
        if (g.maxSilence == NEVER || clock < tree.lastPublishedAt + g.maxSilence) return 0;
        return IRootRegistry.SilentSource.selector;
    }

    function _isOpenIndex(Ghost storage g, Statement memory s) private view returns (bool) {
        if (g.kind == IDistributor.AmountKind.Metered) return s.shown == METERED;
        if (g.periodLength == 0) return s.shown < g.versions[_versionInForce(g)].cap;
        if (s.checkedAt < g.periodStart) return false;
        uint256 begins = g.periodStart + s.shown * g.periodLength;
        return begins <= s.checkedAt && s.checkedAt < begins + g.periodLength;
    }

    function _judgeAmount(Ghost storage g, Ticket memory t) private view returns (bytes4) {
        uint256 amount = _amountOf(g, t.claim.statement.disclosed);
        if (t.action.fee > amount) return IDistributor.FeeTooHigh.selector;
        if (amount < t.action.minAmount) return IDistributor.AmountTooLow.selector;
        bool exceeded = amount > _budgetOf(g);
        IDistributor.Caps storage caps = g.caps;
        if (caps.perPeriod != 0) {
            exceeded = exceeded || g.paidInPeriod[t.claim.statement.shown] + amount > caps.perPeriod;
        }
        if (caps.perWindow != 0) {
            exceeded = exceeded || g.paidInWindow[clock / caps.windowLength] + amount > caps.perWindow;
        }
        return exceeded ? IDistributor.BudgetExceeded.selector : bytes4(0);
    }
}
