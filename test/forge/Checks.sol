// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CampaignId, IDistributor} from "../../contracts/interfaces/IDistributor.sol";
import {IGrants} from "../../contracts/interfaces/IGrants.sol";
import {Ghost} from "./Model.sol";
import {RootHandler} from "./RootHandler.sol";
import {VM, requireAtMost, requireEqual} from "./Vm.sol";

/// @title What must be true after every act
abstract contract Checks is RootHandler {
    /// @dev How many of the last claims are looked at after each act; what was paid is always.
    uint256 private constant RECENT = 24;

    /// @notice A campaign pays out of what it was funded with, and the budgets are all that the contract has.
    function checkBudgets() external view {
        uint256[3] memory sums;
        for (uint256 id = 1; id < ghosts.length; ++id) {
            Ghost storage g = ghosts[id];
            IDistributor.Campaign memory campaign = DISTRIBUTOR.getCampaign(CampaignId.wrap(id));
            requireAtMost(g.paid + g.takenBack, g.funded, "paid is at most funded");
            requireEqual(campaign.budget, g.funded - g.paid - g.takenBack, "budget");
            sums[_numberOf(g.asset)] += campaign.budget;
        }
        for (uint256 i = 0; i < 3; ++i) {
            requireEqual(_balanceOf(_assetAt(i), address(DISTRIBUTOR)), sums[i], "sum of budgets");
        }
    }

    /// @notice A nullifier is spent exactly if it was paid, and was paid once.
    function checkNullifiers() external view {
        for (uint256 i = 0; i < paidNullifiers.length; ++i) {
            requireEqual(timesPaid[paidNullifiers[i]], 1, "a nullifier pays once");
        }
        uint256 recent = tickets.length > RECENT ? tickets.length - RECENT : 0;
        for (uint256 i = recent; i < tickets.length; ++i) {
            uint256 nullifier = tickets[i].claim.statement.nullifier;
            uint256 isSpent = DISTRIBUTOR.isSpent(nullifier) ? 1 : 0;
            requireEqual(isSpent, timesPaid[nullifier], "spent if and only if paid");
        }
    }

    /// @notice Nothing was paid but what the prover had proved.
    function checkProofs() external view {
        for (uint256 i = 0; i < paidNullifiers.length; ++i) {
            requireEqual(provedNullifier[paidNullifiers[i]] ? 1 : 0, 1, "a payment has a proof");
        }
    }

    /// @notice released <= vested <= total, as the model has them, and what is yet to be paid is there.
    function checkGrants() external {
        VM.warp(clock);
        uint256[3] memory sums;
        requireEqual(GRANTS.grantCount(), ghostGrants.length - 1, "number of grants");
        for (uint64 id = 1; id < ghostGrants.length; ++id) {
            GhostGrant storage g = ghostGrants[id];
            IGrants.Grant memory grant_ = GRANTS.getGrant(id);
            uint256 vested = GRANTS.vestedOf(id);
            requireAtMost(grant_.released, vested, "released is at most vested");
            requireAtMost(vested, grant_.total, "vested is at most total");
            requireAtMost(grant_.total, g.granted, "total is at most granted");
            requireEqual(vested, _vestedOf(g), "vested");
            requireEqual(grant_.total, g.granted - g.takenBack, "total");
            requireEqual(grant_.released, g.released, "released");
            requireEqual(uint160(grant_.recipient), uint160(g.recipient), "recipient");
            sums[_numberOf(plans[g.planId].asset)] += grant_.total - grant_.released;
        }
        for (uint256 i = 0; i < 3; ++i) {
            requireEqual(_balanceOf(_assetAt(i), address(GRANTS)), sums[i], "sum of grants");
        }
    }

    /// @notice Nobody has what the calls' meaning doesn't say.
    function checkBalances() external view {
        _compareBalances();
    }

    /// @notice Nobody is paid more notes than his value has room for, nor more often than the cap says.
    function checkMeters() external view {
        for (uint256 id = 1; id < ghosts.length; ++id) {
            Ghost storage g = ghosts[id];
            for (uint256 holder = 0; holder < HOLDERS; ++holder) {
                uint256 times = g.timesPaid[holder + 1];
                if (g.step != 0)
                    requireAtMost(times * g.step + (times == 0 ? 0 : g.lo), _valueOf(g.tree, holder), "meter");
                else if (g.periodLength == 0) requireAtMost(times, _highestCap(g), "cap");
            }
        }
    }

    /// @dev Of all caps that have been in force.
    function _highestCap(Ghost storage g) private view returns (uint256 cap) {
        for (uint256 i = 0; i <= _versionInForce(g); ++i) {
            if (g.versions[i].cap > cap) cap = g.versions[i].cap;
        }
    }
}
