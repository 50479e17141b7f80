// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IRootRegistry} from "../interfaces/IRootRegistry.sol";
import {ITrustLists} from "../interfaces/ITrustLists.sol";

/// @title The roots of one source, and which of them count
/// @dev A root is marked with the generation and the epoch in which it was last published. To void every root is to
/// begin a generation, to make them stale is to begin an epoch: neither touches the roots, and to accept a current one
/// takes two reads of storage.
library RootHistory {
    /// @dev 2^40-1: a limit that is off.
    uint40 internal constant NEVER = type(uint40).max;

    /// @dev One slot. The first generation is 1, so a source that doesn't exist has generation 0.
    struct State {
        uint48 epoch;
        uint48 generation;
        uint40 lastPublishedAt;
        bool frozen;
    }

    /// @dev One slot.
    struct Mark {
        uint48 epoch;
        uint48 generation;
        uint40 publishedAt;
    }

    struct Source {
        State state;
        uint256 newest;
        mapping(uint256 root => Mark) marks;
        mapping(uint48 epoch => uint40) endedAt;
    }

    function create(Source storage self) internal {
        self.state.generation = 1;
    }

    function exists(Source storage self) internal view returns (bool) {
        return self.state.generation != 0;
    }

    /// @dev Marks `root` as published now, and again if it was published before: its latest publication counts.
    function record(Source storage self, uint64 id, uint256 root, uint40 lastPublishedAt) internal {
        State memory state = self.state;
        self.state.lastPublishedAt = lastPublishedAt;
        self.newest = root;
        self.marks[root] = Mark(state.epoch, state.generation, uint40(block.timestamp));
        emit ITrustLists.RootRecorded(id, root, state.epoch, state.generation);
    }

    /// @dev Earlier roots are stale from this transaction on.
    function endEpoch(Source storage self, uint64 id) internal {
        uint48 epoch = self.state.epoch;
        self.endedAt[epoch] = uint40(block.timestamp);
        self.state.epoch = epoch + 1;
        emit ITrustLists.EpochEnded(id, epoch + 1);
    }

    /// @dev Earlier roots are refused from this transaction on, unless they are published again.
    function voidAll(Source storage self, uint64 id) internal {
        uint48 generation = self.state.generation + 1;
        self.state.generation = generation;
        self.newest = 0;
        emit ITrustLists.RootsVoided(id, generation);
    }

    /// @dev The rule of PROTOCOL.md section 4. Sums are widened: a limit near 2^40 must not wrap.
    function check(Source storage self, uint64 id, uint256 root, uint40 maxStaleness, uint40 maxSilence) internal view {
        State storage state = self.state;
        Mark storage mark = self.marks[root];
        if (state.frozen) revert IRootRegistry.SourceFrozen(id);
        if (!_counts(mark, state)) revert IRootRegistry.UnknownRoot(id, root);
        if (mark.epoch != state.epoch) {
            uint40 endedAt = self.endedAt[mark.epoch];
            if (block.timestamp >= uint256(endedAt) + maxStaleness) {
                revert IRootRegistry.StaleRoot(root, endedAt, maxStaleness);
            }
        }
        if (maxSilence == NEVER) return;
        uint40 spoke = state.lastPublishedAt;
        if (spoke == 0 || block.timestamp >= uint256(spoke) + maxSilence) {
            revert IRootRegistry.SilentSource(id, spoke, maxSilence);
        }
    }

    /// @dev What `check` judges by.
    function facts(Source storage self, uint256 root) internal view returns (IRootRegistry.RootFacts memory result) {
        State storage state = self.state;
        Mark storage mark = self.marks[root];
        result.frozen = state.frozen;
        result.lastPublishedAt = state.lastPublishedAt;
        if (!_counts(mark, state)) return result;
        result.known = true;
        result.current = mark.epoch == state.epoch;
        result.publishedAt = mark.publishedAt;
        result.endedAt = self.endedAt[mark.epoch];
    }

    function _counts(Mark storage mark, State storage state) private view returns (bool) {
        return mark.publishedAt != 0 && mark.generation == state.generation;
    }
}
