// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CampaignId, IDistributor} from "../../contracts/interfaces/IDistributor.sol";
import {IEligibilityGate} from "../../contracts/interfaces/IEligibilityGate.sol";
import {IGrants} from "../../contracts/interfaces/IGrants.sol";
import {IRootRegistry} from "../../contracts/interfaces/IRootRegistry.sol";
import {Claim} from "../../contracts/libraries/Statement.sol";
import {Chance, Draw} from "./Chance.sol";
import {Checks} from "./Checks.sol";
import {Ghost} from "./Model.sol";
import {VM, requireAtMost, requireEqual, selectorOf} from "./Vm.sol";

/// @title What would be accepted now, asked of the contracts themselves and undone
abstract contract Probes is Checks {
    using Chance for Draw;

    error Attempted(bool success);

    /// @notice At most two policies of a campaign are taken at any time, and the one in force is.
    function checkPolicies() external {
        VM.warp(clock);
        for (uint256 id = 1; id < ghosts.length; ++id) {
            Ghost storage g = ghosts[id];
            if (_closedNow(g) != 0) continue;
            uint256 live = 0;
            for (uint256 i = 0; i < g.everAnnounced.length; ++i) {
                if (!_isRepeated(g.everAnnounced, i) && _isTaken(id, g.everAnnounced[i])) ++live;
            }
            requireAtMost(live, 2, "policies taken at once");
            bool taken = _isTaken(id, g.versions[_versionInForce(g)].policy);
            requireEqual(taken ? 1 : 0, 1, "the policy in force is taken");
        }
    }

    /// @notice While a campaign is paused its trees publish, what has vested of its grants is released, and its owner takes
    /// back what the terms allow.
    function checkPaused() external {
        VM.warp(clock);
        for (uint256 id = 1; id < ghosts.length; ++id) {
            Ghost storage g = ghosts[id];
            if (!g.paused) continue;
            IRootRegistry.Publication memory publication = _next(Draw(0), trees[g.tree].id, true, false);
            _mustPass(PUBLISHER, address(ROOTS), abi.encodeCall(IRootRegistry.publish, (publication)), "publish");
            if (clock > g.closesAt) {
                bytes memory call = abi.encodeCall(IDistributor.clawback, (CampaignId.wrap(id), g.owner));
                _mustPass(g.owner, address(DISTRIBUTOR), call, "clawback");
            }
            if (g.planId != 0) _checkPausedGrants(g.planId, g.owner);
        }
    }

    /// @dev Makes a call and undoes it.
    function attempt(address sender, address target, bytes calldata call) external {
        VM.prank(sender);
        (bool success, ) = target.call(call);
        revert Attempted(success);
    }

    function _checkPausedGrants(uint64 planId, address owner) private {
        GhostPlan storage plan = plans[planId];
        for (uint64 grantId = 1; grantId < ghostGrants.length; ++grantId) {
            GhostGrant storage g = ghostGrants[grantId];
            if (g.planId != planId) continue;
            if (_vestedOf(g) != g.released && _takes(plan.asset, g.recipient)) {
                _mustPass(STRANGER, address(GRANTS), abi.encodeCall(IGrants.release, (grantId)), "release");
            }
            if (_foreseeClawback(g, plan, owner, owner, _lossOf(g, plan)) == 0) {
                bytes memory call = abi.encodeCall(IGrants.clawback, (grantId, owner, "left"));
                _mustPass(owner, address(GRANTS), call, "clawback of a grant");
            }
        }
    }

    function _mustPass(address sender, address target, bytes memory call, string memory what) private {
        try this.attempt(sender, target, call) {} catch (bytes memory answer) {
            bytes memory expected = abi.encodeWithSelector(Attempted.selector, true);
            requireEqual(keccak256(answer) == keccak256(expected) ? 1 : 0, 1, string.concat("while paused: ", what));
        }
    }

    /// @dev Whether a proof under the policy that hasn't expired would be taken, by a claim that goes wrong one check later.
    /// What counts is whether it was checked before a change: each change is tried from its last minute before.
    function _isTaken(uint256 id, uint256 policy) private returns (bool) {
        Ghost storage g = ghosts[id];
        if (_isTakenAt(id, policy, clock)) return true;
        for (uint256 i = 0; i < g.changes.length; ++i) {
            uint256 moment = g.changes[i] - 1;
            if (moment > clock || moment + g.proofLifetime < clock) continue;
            if (_isTakenAt(id, policy, moment)) return true;
        }
        return false;
    }

    function _isTakenAt(uint256 id, uint256 policy, uint256 checkedAt) private returns (bool) {
        Claim memory claim_;
        IDistributor.Action memory action;
        (claim_.statement.nullifier, claim_.statement.root, claim_.statement.policy) = (1, 1, policy);
        claim_.statement.checkedAt = uint40(checkedAt - (checkedAt % 60));
        try DISTRIBUTOR.claim(CampaignId.wrap(id), claim_, action) {
            return true;
        } catch (bytes memory refusal) {
            return selectorOf(refusal) == IEligibilityGate.WrongContext.selector;
        }
    }

    function _isRepeated(uint256[] storage policies, uint256 i) private view returns (bool) {
        for (uint256 j = 0; j < i; ++j) if (policies[j] == policies[i]) return true;
        return false;
    }
}
