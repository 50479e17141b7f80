// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IDistributor} from "../../contracts/interfaces/IDistributor.sol";
import {IGrants} from "../../contracts/interfaces/IGrants.sol";
import {Tranche} from "../../contracts/libraries/Vesting.sol";
import {Chance, Draw} from "./Chance.sol";
import {ClaimHandler} from "./ClaimHandler.sol";
import {SlowVesting} from "./SlowVesting.sol";
import {VM, requireEqual, selectorOf} from "./Vm.sol";

/// @title What makers, recipients and owners of grants do
abstract contract GrantHandler is ClaimHandler {
    using Chance for Draw;

    struct GhostPlan {
        address maker;
        address owner;
        IERC20 asset;
        uint256 start;
        bool transferable;
        uint256 notice;
        Tranche[] tranches;
    }

    /// @dev `granted` is never lowered; `takenBack` is what a clawback took of it.
    struct GhostGrant {
        uint64 planId;
        address recipient;
        uint256 start;
        uint256 granted;
        uint256 takenBack;
        uint256 released;
        uint256 stopsAt;
    }

    // Both are counted from 1.
    GhostPlan[] internal plans;
    GhostGrant[] internal ghostGrants;

    constructor() {
        plans.push();
        ghostGrants.push();
    }

    /// @notice Grants under a plan, a new one now and then; a stranger does so in vain.
    function grant(uint256 seed) external acting {
        Draw memory draw = Draw(seed);
        if (plans.length < 4 || draw.percent(20)) _makePlan(draw);
        uint64 planId = uint64(draw.between(1, plans.length - 1));
        GhostPlan storage plan = plans[planId];
        if (plan.maker == address(DISTRIBUTOR)) return;
        address maker = draw.percent(90) ? plan.maker : STRANGER;
        uint128 amount = uint128(draw.below(2_000));
        address recipient = _anyRecipient(draw, plan.asset);
        bytes4 expected = maker != plan.maker ? IGrants.NotPlanMaker.selector : bytes4(0);
        if (expected == 0 && recipient == address(0)) expected = IGrants.InvalidRecipient.selector;

        bytes4 given;
        VM.prank(maker);
        try GRANTS.grant{value: _isCoin(plan.asset) ? amount : 0}(planId, recipient, amount) {} catch (
            bytes memory refusal
        ) {
            given = selectorOf(refusal);
        }
        requireEqual(uint32(given), uint32(expected), "grant");
        _noteAnswer(given, "granted");
        if (given != 0) return;
        _noteGrant(planId, maker, recipient, amount);
    }

    /// @notice Releases: by anyone, whatever is paused or frozen.
    function release(uint256 seed) external acting {
        Draw memory draw = Draw(seed);
        (bool found, uint64 grantId) = _anyGrant(draw);
        if (!found) return;
        GhostGrant storage g = ghostGrants[grantId];
        IERC20 asset = plans[g.planId].asset;
        uint256 due = _vestedOf(g) - g.released;
        bytes4 expected;
        if (due == 0) expected = IGrants.NothingToRelease.selector;
        else if (!_takes(asset, g.recipient)) expected = IGrants.PaymentFailed.selector;
        // Who is paid in coin asks for it again at once.
        REENTERER.arm(address(GRANTS), abi.encodeCall(IGrants.release, (grantId)));

        bytes4 given;
        VM.prank(STRANGER);
        try GRANTS.release(grantId) returns (uint256 amount) {
            requireEqual(amount, due, "released");
        } catch (bytes memory refusal) {
            given = selectorOf(refusal);
        }
        requireEqual(uint32(given), uint32(expected), "release");
        _noteAnswer(given, _isCampaignPaused(g.planId) ? bytes32("released while paused") : bytes32("released"));
        REENTERER.arm(address(0), "");
        if (given != 0) return;
        g.released += due;
        _move(asset, address(GRANTS), g.recipient, due);
    }

    /// @notice Hands a grant on, or tries to: not every plan allows it, and a stranger may never.
    function transferGrant(uint256 seed) external acting {
        Draw memory draw = Draw(seed);
        (bool found, uint64 grantId) = _anyGrant(draw);
        if (!found) return;
        GhostGrant storage g = ghostGrants[grantId];
        address sender = draw.percent(80) ? g.recipient : STRANGER;
        address to = _anyRecipient(draw, IERC20(address(TOKEN)));
        bytes4 expected;
        if (sender != g.recipient) expected = IGrants.NotRecipient.selector;
        else if (!plans[g.planId].transferable) expected = IGrants.NotTransferable.selector;
        else if (to == address(0)) expected = IGrants.InvalidRecipient.selector;

        bytes4 given;
        VM.prank(sender);
        try GRANTS.transferGrant(grantId, to) {} catch (bytes memory refusal) {
            given = selectorOf(refusal);
        }
        requireEqual(uint32(given), uint32(expected), "transferGrant");
        _noteAnswer(given, "grant handed on");
        if (given != 0) return;
        g.recipient = to;
    }

    /// @notice Takes back what will not have vested, within what the plan's terms allow.
    function clawbackGrant(uint256 seed) external acting {
        Draw memory draw = Draw(seed);
        (bool found, uint64 grantId) = _anyGrant(draw);
        if (!found || draw.percent(30)) return;
        GhostGrant storage g = ghostGrants[grantId];
        GhostPlan storage plan = plans[g.planId];
        address sender = draw.percent(90) ? plan.owner : STRANGER;
        address to = _anyRecipient(draw, plan.asset);
        uint256 lost = _lossOf(g, plan);
        bytes4 expected = _foreseeClawback(g, plan, sender, to, lost);

        bytes4 given;
        VM.prank(sender);
        try GRANTS.clawback(grantId, to, "left") {} catch (bytes memory refusal) {
            given = selectorOf(refusal);
        }
        requireEqual(uint32(given), uint32(expected), "clawback of a grant");
        bool paused = _isCampaignPaused(g.planId);
        _noteAnswer(given, paused ? bytes32("grant clawed back while paused") : bytes32("grant clawed back"));
        if (given != 0) return;
        (g.takenBack, g.stopsAt) = (lost, clock + plan.notice);
        _move(plan.asset, address(GRANTS), to, lost);
    }

    /// @dev What has vested by now, unlock by unlock.
    function _vestedOf(GhostGrant storage g) internal view returns (uint256) {
        return _vestedAt(g, g.stopsAt != 0 && g.stopsAt < clock ? g.stopsAt : clock);
    }

    /// @dev What a clawback would take now.
    function _lossOf(GhostGrant storage g, GhostPlan storage plan) internal view returns (uint256) {
        return g.granted - _vestedAt(g, clock + plan.notice);
    }

    function _notePlan(
        address maker,
        address owner,
        IERC20 asset,
        IDistributor.Schedule memory schedule
    ) internal override {
        GhostPlan storage plan = plans.push();
        (plan.maker, plan.owner, plan.asset, plan.start) = (maker, owner, asset, schedule.start);
        (plan.transferable, plan.notice) = (schedule.transferable, schedule.clawbackNotice);
        for (uint256 i = 0; i < schedule.tranches.length; ++i) plan.tranches.push(schedule.tranches[i]);
    }

    function _noteGrant(uint64 planId, address maker, address recipient, uint256 amount) internal override {
        GhostPlan storage plan = plans[planId];
        GhostGrant storage g = ghostGrants.push();
        (g.planId, g.recipient, g.start) = (planId, recipient, plan.start == 0 ? clock : plan.start);
        g.granted = _move(plan.asset, maker, address(GRANTS), amount);
    }

    function _makePlan(Draw memory draw) private {
        address maker = owners[draw.below(owners.length)];
        IDistributor.Schedule memory schedule = _chooseSchedule(draw);
        IERC20 asset = _assetAt(draw.below(3));
        VM.prank(maker);
        uint64 planId = GRANTS.createPlan(
            IGrants.PlanParams({
                token: asset,
                owner: maker,
                start: schedule.start,
                transferable: schedule.transferable,
                clawbackNotice: schedule.clawbackNotice,
                tranches: schedule.tranches
            })
        );
        requireEqual(planId, plans.length, "plan id");
        _notePlan(maker, maker, asset, schedule);
    }

    /// @dev Any of all grants, mostly one that a claim made; its campaign, if it has one, is paused or let go on now and then.
    function _anyGrant(Draw memory draw) private returns (bool found, uint64 grantId) {
        if (ghostGrants.length == 1) return (false, 0);
        grantId = uint64(draw.between(1, ghostGrants.length - 1));
        uint256 id = _campaignOf(ghostGrants[grantId].planId);
        for (uint256 i = 0; i < 3 && id == 0; ++i) {
            grantId = uint64(draw.between(1, ghostGrants.length - 1));
            id = _campaignOf(ghostGrants[grantId].planId);
        }
        if (id != 0 && draw.percent(40)) _turn(draw, id);
        return (true, grantId);
    }

    function _foreseeClawback(
        GhostGrant storage g,
        GhostPlan storage plan,
        address sender,
        address to,
        uint256 lost
    ) internal view returns (bytes4) {
        if (sender != plan.owner) return IGrants.NotPlanOwner.selector;
        if (plan.notice == NEVER) return IGrants.ClawbackExcluded.selector;
        if (to == address(0)) return IGrants.InvalidRecipient.selector;
        if (g.stopsAt != 0) return IGrants.AlreadyClawedBack.selector;
        if (lost == 0) return IGrants.NothingToClawBack.selector;
        return _takes(plan.asset, to) ? bytes4(0) : IGrants.PaymentFailed.selector;
    }

    function _vestedAt(GhostGrant storage g, uint256 time) private view returns (uint256) {
        if (time < g.start) return 0;
        return SlowVesting.vestedAt(g.granted, plans[g.planId].tranches, time - g.start);
    }

    /// @dev The campaign whose claims are granted under a plan; 0 = none.
    function _campaignOf(uint64 planId) private view returns (uint256 id) {
        for (id = ghosts.length - 1; id != 0 && ghosts[id].planId != planId;) --id;
    }

    function _isCampaignPaused(uint64 planId) private view returns (bool) {
        return ghosts[_campaignOf(planId)].paused;
    }
}
