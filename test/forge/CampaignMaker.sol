// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {PoseidonT3} from "poseidon-solidity/PoseidonT3.sol";
import {CampaignId, IDistributor} from "../../contracts/interfaces/IDistributor.sol";
import {Chance, Draw} from "./Chance.sol";
import {Ghost, Version} from "./Model.sol";
import {Schedules} from "./Schedules.sol";
import {Tickets} from "./Tickets.sol";
import {VM, requireEqual} from "./Vm.sol";

/// @title Campaigns of every kind, and what the model keeps of them
abstract contract CampaignMaker is Tickets {
    using Chance for Draw;

    /// @dev Which kinds of amount campaigns have in this life, a bit each: now and then one only, that it be seen at length.
    uint256 private _kinds;

    function _chooseCampaign(Draw memory draw) internal returns (IDistributor.CampaignParams memory params) {
        if (_kinds == 0) _kinds = draw.percent(60) ? 15 : 1 << draw.below(4);
        params.token = draw.percent(25) ? COIN : _assetAt(draw.below(3));
        do params.amountKind = IDistributor.AmountKind(draw.below(4)); while (
            _kinds & (1 << uint256(params.amountKind)) == 0
        );
        params.unit = uint120(draw.between(1, 200));
        params.source = trees[draw.below(trees.length)].id;
        params.maxStaleness = uint40(draw.percent(30) ? 0 : draw.below(3_000));
        params.maxSilence = draw.percent(60) ? NEVER : uint40(draw.between(600, 3 hours));
        params.proofLifetime = uint24(60 * draw.between(2, 20));
        params.opensAt = uint40(draw.percent(85) ? clock : clock + draw.below(1 hours));
        params.closesAt = uint40(params.opensAt + draw.between(30 minutes, draw.percent(50) ? 6 hours : 20 days));
        params.guardian = GUARDIAN;
        bool metered = params.amountKind == IDistributor.AmountKind.Metered;
        if (!metered) _chooseIndices(draw, params);
        if (!metered && draw.percent(70)) params.notice = uint24(params.proofLifetime + draw.below(600));
        if (params.amountKind == IDistributor.AmountKind.Tiered) params.tiers = _chooseTiers(draw);
        if (draw.percent(25)) _chooseWindow(draw, params);
        bool plain = draw.percent(45);
        if (!plain && draw.percent(60)) params.schedule = _chooseSchedule(draw);
        if (!plain && draw.percent(50)) _chooseHook(draw, params);
        params.policy.terms = _termsOf(params.amountKind, draw);
        params.policy.termsHash = _hash(abi.encode("terms", ghosts.length, uint256(0)));
    }

    function _create(address owner, IDistributor.CampaignParams memory params) internal returns (uint256 id) {
        id = ghosts.length;
        uint64 plans = GRANTS.planCount();
        VM.prank(owner);
        requireEqual(CampaignId.unwrap(DISTRIBUTOR.createCampaign(params)), id, "campaign id");

        Ghost storage g = ghosts.push();
        (g.owner, g.asset, g.kind) = (owner, params.token, params.amountKind);
        (g.tree, g.maxStaleness, g.maxSilence) = (params.source - 1, params.maxStaleness, params.maxSilence);
        (g.proofLifetime, g.notice) = (params.proofLifetime, params.notice);
        (g.periodStart, g.periodLength) = (params.periodStart, params.periodLength);
        (g.opensAt, g.closesAt, g.caps, g.tiers) = (params.opensAt, params.closesAt, params.caps, params.tiers);
        (g.hook, g.hookIsMandatory) = (params.hook.target, params.hook.mandatory);
        (g.step, g.lo) = (params.policy.terms[6], params.policy.terms[13]);
        if (params.schedule.tranches.length != 0) {
            g.planId = plans + 1;
            _notePlan(address(DISTRIBUTOR), owner, params.token, params.schedule);
        }
        _announce(id, params.policy.termsHash, params.unit, params.cap, 0);
    }

    /// @dev Keeps a policy of which it was said when it will be in force.
    function _announce(uint256 id, uint256 termsHash, uint256 unit, uint256 cap, uint256 inForceAt) internal {
        Ghost storage g = ghosts[id];
        uint256 policy = PoseidonT3.hash([_scopeOf(id), termsHash]);
        uint256 rate = g.kind == IDistributor.AmountKind.Metered ? g.step * unit : unit;
        g.versions.push(Version(policy, rate, cap, inForceAt));
        g.everAnnounced.push(policy);
        if (inForceAt != 0) g.changes.push(inForceAt);
    }

    /// @dev The document of an amendment; each number has terms of its own.
    function _documentOf(uint256 id, uint256 number) internal view returns (IDistributor.Policy memory policy) {
        policy.terms = _termsOf(ghosts[id].kind, Draw(0));
        policy.termsHash = _hash(abi.encode("terms", id, number));
    }

    /// @dev What Grants must know of a plan from now on.
    function _notePlan(
        address maker,
        address owner,
        IERC20 token,
        IDistributor.Schedule memory schedule
    ) internal virtual;

    /// @dev By count, or by period with a bound on each.
    function _chooseIndices(Draw memory draw, IDistributor.CampaignParams memory params) private view {
        if (draw.percent(60)) {
            params.cap = uint32(draw.between(1, 4));
            return;
        }
        params.periodLength = uint32(params.proofLifetime + draw.below(7_200));
        params.periodStart = uint40(clock - draw.below(20_000) + (draw.percent(10) ? 30_000 : 0));
        if (draw.percent(40)) params.caps.perPeriod = uint128(draw.between(100, 5_000));
    }

    function _chooseTiers(Draw memory draw) private pure returns (uint128[] memory tiers) {
        tiers = new uint128[](draw.between(1, 12));
        for (uint256 i = 0; i < tiers.length; ++i) tiers[i] = uint128(draw.below(6));
    }

    function _chooseWindow(Draw memory draw, IDistributor.CampaignParams memory params) private pure {
        params.caps.perWindow = uint128(draw.between(100, 5_000));
        params.caps.windowLength = uint40(draw.between(60, 7_200));
    }

    function _chooseSchedule(Draw memory draw) internal view returns (IDistributor.Schedule memory schedule) {
        schedule.tranches = Schedules.choose(draw, 2 days);
        schedule.transferable = draw.percent(70);
        if (draw.percent(50)) schedule.start = uint40(clock - 1 days + draw.below(2 days));
        if (draw.percent(25)) schedule.clawbackNotice = NEVER;
        else if (draw.percent(70)) schedule.clawbackNotice = uint40(draw.below(2 days));
    }

    function _chooseHook(Draw memory draw, IDistributor.CampaignParams memory params) private view {
        (params.hook.target, params.hook.gasLimit) = (draw.percent(50) ? GOOD_HOOK : BAD_HOOK, 50_000);
        params.hook.mandatory = draw.percent(60);
    }

    /// @dev Terms that ask nothing, but reveal or meter the slot that the kind of amount wants.
    function _termsOf(IDistributor.AmountKind kind, Draw memory draw) private pure returns (uint256[15] memory terms) {
        (terms[0], terms[2]) = (7, NEVER);
        for (uint256 hi = 8; hi < terms.length; hi += 2) terms[hi] = type(uint96).max;
        if (kind == IDistributor.AmountKind.Disclosed || kind == IDistributor.AmountKind.Tiered) terms[3] = 4;
        if (kind == IDistributor.AmountKind.Metered) (terms[6], terms[13]) = (draw.between(1, 4), draw.below(4));
    }
}
