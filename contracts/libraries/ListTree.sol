// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {PoseidonT5} from "poseidon-solidity/PoseidonT5.sol";

/// @title The two levels above sixteen trees
/// @dev A place without a tree holds the root of an empty tree of depth 14. Storage spells that 0, and likewise a group
/// of four such places, so a new list costs nothing.
library ListTree {
    /// @dev Roots of empty quaternary trees: H_4 of four empty ones below, 0 at the bottom. A test derives them.
    uint256 internal constant EMPTY_14 = 10263213503339600742925101484637942948945771652266922481751100499603709320717;
    uint256 internal constant EMPTY_15 = 20734118650853257426634229445255987190193218607444720047392808113569367837624;

    struct Tree {
        uint256[16] places;
        uint256[4] groups;
    }

    /// @dev The root of a list of one: a tree alone in the first place.
    function rootOfOne(uint256 treeRoot) internal pure returns (uint256) {
        uint256 group = PoseidonT5.hash([treeRoot, EMPTY_14, EMPTY_14, EMPTY_14]);
        return PoseidonT5.hash([group, EMPTY_15, EMPTY_15, EMPTY_15]);
    }

    /// @dev Puts a tree's root in a place, 0 to empty it.
    /// @return stale The groups to hash again, as a bit each: none if nothing changed.
    function set(Tree storage self, uint256 place, uint256 treeRoot) internal returns (uint256 stale) {
        if (self.places[place] == treeRoot) return 0;
        self.places[place] = treeRoot;
        return 1 << (place / 4);
    }

    /// @dev Hashes the stale groups and the root above: two hashes where one place changed.
    function rehash(Tree storage self, uint256 stale) internal returns (uint256 root) {
        uint256[4] memory groups;
        for (uint256 i = 0; i < groups.length; ++i) {
            if (stale & (1 << i) != 0) self.groups[i] = _hashGroup(self, i);
            groups[i] = _orEmpty(self.groups[i], EMPTY_15);
        }
        return PoseidonT5.hash(groups);
    }

    function _hashGroup(Tree storage self, uint256 group) private view returns (uint256) {
        uint256[4] memory places;
        for (uint256 i = 0; i < places.length; ++i) places[i] = _orEmpty(self.places[4 * group + i], EMPTY_14);
        return PoseidonT5.hash(places);
    }

    function _orEmpty(uint256 node, uint256 empty) private pure returns (uint256) {
        return node == 0 ? empty : node;
    }
}
