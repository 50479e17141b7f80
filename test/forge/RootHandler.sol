// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IRootRegistry} from "../../contracts/interfaces/IRootRegistry.sol";
import {Reason} from "../../contracts/interfaces/Reason.sol";
import {Chance, Draw} from "./Chance.sol";
import {GrantHandler} from "./GrantHandler.sol";
import {Ghost, GhostTree, Mark} from "./Model.sol";
import {VM} from "./Vm.sol";

/// @title What issuers do, and what time does
abstract contract RootHandler is GrantHandler {
    using Chance for Draw;

    uint256 private constant TREES = 2;

    constructor() {
        for (uint256 i = 0; i < TREES; ++i) {
            VM.prank(ISSUER);
            trees.push().id = ROOTS.createTree(1);
            _publish(Draw(i), i, false, false);
        }
        VM.recordLogs();
    }

    /// @notice Publishes, also on a frozen tree, and whatever campaign is paused: nothing may stop it.
    function publish(uint256 seed) external acting {
        Draw memory draw = Draw(seed);
        uint256 i = draw.below(trees.length);
        _publish(draw, i, draw.percent(40), draw.percent(8));
        _note(_isPausedSomewhere(i) ? bytes32("published while paused") : bytes32("published"));
        if (trees[i].frozen && draw.percent(50)) _unfreeze(draw, trees[i]);
    }

    /// @notice Freezes a tree now and then; a frozen one is let go soon.
    function freeze(uint256 seed) external acting {
        Draw memory draw = Draw(seed);
        GhostTree storage tree = trees[draw.below(trees.length)];
        if (tree.frozen) return _unfreeze(draw, tree);
        if (draw.percent(90)) return;
        VM.prank(GUARDIAN);
        ROOTS.freeze(tree.id, Reason.KeyStolen, 0);
        tree.frozen = true;
        _voidAll(tree);
        _note("frozen");
    }

    /// @notice Lets time pass: seconds, minutes, hours, seldom days; often until an amendment comes in force.
    function wait(uint256 seed) external acting {
        Draw memory draw = Draw(seed);
        uint256 luck = draw.below(20);
        uint256 change = _nextChange();
        if (change != 0 && draw.percent(40)) clock = change + draw.below(120);
        else if (luck < 9) clock += draw.below(90);
        else if (luck < 18) clock += draw.below(30 minutes);
        else if (luck < 19) clock += draw.below(5 hours);
        else clock += draw.below(6 days);
    }

    function _publish(Draw memory draw, uint256 i, bool endsEpoch, bool voids) private {
        GhostTree storage tree = trees[i];
        IRootRegistry.Publication memory publication = _next(draw, tree.id, endsEpoch, voids);
        VM.prank(PUBLISHER);
        ROOTS.publish(publication);
        if (!tree.frozen) _record(tree, endsEpoch, voids);
    }

    /// @dev When a pending amendment comes in force, of the first campaign that has one; 0 where none has.
    function _nextChange() private view returns (uint256) {
        for (uint256 id = 1; id < ghosts.length; ++id) {
            Ghost storage g = ghosts[id];
            uint256 change = g.versions[g.versions.length - 1].inForceAt;
            if (change > clock) return change;
        }
        return 0;
    }

    function _unfreeze(Draw memory draw, GhostTree storage tree) private {
        IRootRegistry.Publication memory publication = _next(draw, tree.id, false, false);
        VM.prank(ISSUER);
        ROOTS.unfreeze(publication, Reason.Resolved, 0);
        tree.frozen = false;
        _record(tree, false, true);
        _note("unfrozen");
    }

    /// @dev A publication that must be taken; a heartbeat or an earlier root now and then.
    function _next(
        Draw memory draw,
        uint64 treeId,
        bool endsEpoch,
        bool voids
    ) internal view returns (IRootRegistry.Publication memory publication) {
        IRootRegistry.TreeFacts memory facts = ROOTS.getTree(treeId);
        publication.treeId = treeId;
        publication.sequence = facts.sequence + 1;
        publication.previousRoot = facts.root;
        uint256 number = draw.percent(30) ? draw.below(facts.sequence + 1) : facts.sequence + 1;
        publication.root = _hash(abi.encode("root", treeId, number));
        publication.size = facts.size + uint32(draw.below(3));
        publication.revoked = facts.revoked + (endsEpoch ? uint64(draw.below(2)) : 0);
        (publication.endsEpoch, publication.voids) = (endsEpoch, voids);
    }

    /// @dev What the tree's own list must have done with its publication.
    function _record(GhostTree storage tree, bool endsEpoch, bool voids) private {
        if (voids) _voidAll(tree);
        for (uint256 i = 0; endsEpoch && i < tree.marks.length; ++i) {
            Mark storage mark = tree.marks[i];
            if (!mark.ended) (mark.ended, mark.endedAt) = (true, clock);
        }
        tree.marks.push(Mark(ROOTS.getList(tree.id).root, false, 0, false));
        tree.lastPublishedAt = clock;
    }

    function _voidAll(GhostTree storage tree) private {
        for (uint256 i = 0; i < tree.marks.length; ++i) tree.marks[i].voided = true;
    }

    function _isPausedSomewhere(uint256 tree) private view returns (bool) {
        for (uint256 id = 1; id < ghosts.length; ++id) {
            if (ghosts[id].tree == tree && ghosts[id].paused) return true;
        }
        return false;
    }
}
