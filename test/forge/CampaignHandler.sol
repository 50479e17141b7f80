// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CampaignId, IDistributor} from "../../contracts/interfaces/IDistributor.sol";
import {Chance, Draw} from "./Chance.sol";
import {Ghost} from "./Model.sol";
import {CampaignMaker} from "./CampaignMaker.sol";
import {VM, requireEqual, selectorOf} from "./Vm.sol";

/// @title What owners and guardians of campaigns do
abstract contract CampaignHandler is CampaignMaker {
    using Chance for Draw;

    uint256 private constant MAX_CAMPAIGNS = 8;

    /// @notice Creates a campaign of any kind, and nearly always funds it.
    function create(uint256 seed) external acting {
        Draw memory draw = Draw(seed);
        if (ghosts.length > MAX_CAMPAIGNS) return;
        address owner = owners[draw.below(owners.length)];
        uint256 id = _create(owner, _chooseCampaign(draw));
        _note("created");
        if (draw.percent(90)) _fund(draw, id);
    }

    function fund(uint256 seed) external acting {
        Draw memory draw = Draw(seed);
        (bool found, uint256 id) = _anyCampaign(draw);
        if (found) _fund(draw, id);
    }

    /// @notice Announces other terms, another amount or cap; sometimes the terms of an earlier version.
    function amend(uint256 seed) external acting {
        Draw memory draw = Draw(seed);
        (bool found, uint256 id) = _anyCampaign(draw);
        if (!found) return;
        Ghost storage g = ghosts[id];
        // The terms of an earlier announcement now and then, for they may come back.
        uint256 count = g.everAnnounced.length;
        IDistributor.Policy memory document = _documentOf(id, draw.percent(20) ? draw.below(count) : count);
        uint120 unit = uint120(draw.between(1, 300));
        bool counted = g.kind != IDistributor.AmountKind.Metered && g.periodLength == 0;
        uint32 cap = counted ? uint32(draw.between(1, 4)) : 0;

        bytes4 given;
        VM.prank(g.owner);
        try DISTRIBUTOR.amend(CampaignId.wrap(id), document, unit, cap) returns (uint40 inForceAt) {
            requireEqual(inForceAt, clock + g.notice, "inForceAt");
        } catch (bytes memory refusal) {
            given = selectorOf(refusal);
        }
        bytes4 expected = g.notice == 0 ? IDistributor.NotAmendable.selector : bytes4(0);
        requireEqual(uint32(given), uint32(expected), "amend");
        _noteAnswer(given, "amended");
        if (given != 0) return;
        // What is pending is replaced.
        if (g.versions[g.versions.length - 1].inForceAt > clock) g.versions.pop();
        _announce(id, document.termsHash, unit, cap, clock + g.notice);
    }

    /// @notice Stops the claims on a campaign, or lets them go on.
    function pause(uint256 seed) external acting {
        Draw memory draw = Draw(seed);
        if (ghosts.length == 1) return;
        uint256 id = draw.between(1, ghosts.length - 1);
        // Mostly open: what pays nothing shows nothing.
        if (ghosts[id].paused || draw.percent(30)) _turn(draw, id);
    }

    /// @notice Takes back what is left, also of a paused campaign; before closing it is refused.
    function clawback(uint256 seed) external acting {
        Draw memory draw = Draw(seed);
        (bool found, uint256 id) = _anyClosed(draw);
        if (!found) return;
        Ghost storage g = ghosts[id];
        if (clock <= g.closesAt && draw.percent(70)) return;
        if (draw.percent(40)) _turn(draw, id);
        address to = _anyRecipient(draw, g.asset);
        uint256 left = _budgetOf(g);
        bytes4 expected;
        if (clock <= g.closesAt) expected = IDistributor.CampaignNotOver.selector;
        else if (to == address(0)) expected = IDistributor.InvalidRecipient.selector;
        else if (!_takes(g.asset, to)) expected = IDistributor.PaymentFailed.selector;

        bytes4 given;
        VM.prank(g.owner);
        try DISTRIBUTOR.clawback(CampaignId.wrap(id), to) {} catch (bytes memory refusal) {
            given = selectorOf(refusal);
        }
        requireEqual(uint32(given), uint32(expected), "clawback");
        _noteAnswer(given, g.paused ? bytes32("clawed back while paused") : bytes32("clawed back"));
        if (given != 0) return;
        g.takenBack += left;
        _move(g.asset, address(DISTRIBUTOR), to, left);
    }

    /// @dev Pauses a campaign, or lets it go on.
    function _turn(Draw memory draw, uint256 id) internal {
        Ghost storage g = ghosts[id];
        VM.prank(draw.percent(50) ? g.owner : GUARDIAN);
        if (g.paused) DISTRIBUTOR.unpause(CampaignId.wrap(id), "");
        else DISTRIBUTOR.pause(CampaignId.wrap(id), "");
        g.paused = !g.paused;
        _note(g.paused ? bytes32("paused") : bytes32("unpaused"));
    }

    /// @dev One of all campaigns, mostly one that pays.
    function _anyCampaign(Draw memory draw) internal view returns (bool found, uint256 id) {
        uint256 count = ghosts.length - 1;
        if (count == 0) return (false, 0);
        id = 1 + draw.below(count);
        for (uint256 i = 0; i < 2 && _closedNow(ghosts[id]) != 0; ++i) id = 1 + draw.below(count);
        return (true, id);
    }

    /// @dev One of all campaigns, mostly one that is over.
    function _anyClosed(Draw memory draw) private view returns (bool found, uint256 id) {
        uint256 count = ghosts.length - 1;
        if (count == 0) return (false, 0);
        id = 1 + draw.below(count);
        for (uint256 i = 0; i < 4 && clock <= ghosts[id].closesAt; ++i) id = 1 + draw.below(count);
        return (true, id);
    }

    function _fund(Draw memory draw, uint256 id) private {
        Ghost storage g = ghosts[id];
        uint256 amount = draw.between(1, 20_000);
        bytes4 given;
        VM.prank(g.owner);
        try DISTRIBUTOR.fund{value: _isCoin(g.asset) ? amount : 0}(CampaignId.wrap(id), amount) {} catch (
            bytes memory refusal
        ) {
            given = selectorOf(refusal);
        }
        bytes4 expected = clock > g.closesAt ? IDistributor.CampaignClosed.selector : bytes4(0);
        requireEqual(uint32(given), uint32(expected), "fund");
        _noteAnswer(given, g.paused ? bytes32("funded while paused") : bytes32("funded"));
        if (given != 0) return;
        g.funded += _move(g.asset, g.owner, address(DISTRIBUTOR), amount);
    }
}
