// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Lists of words in memory that grow up to a capacity
library Lists {
    /// @dev An empty list with room for so many words.
    function withCapacity(uint256 capacity) internal pure returns (uint256[] memory list) {
        list = new uint256[](capacity);
        assembly ("memory-safe") {
            mstore(list, 0)
        }
    }

    /// @dev Appends a word. There must be room for it.
    function push(uint256[] memory list, uint256 word) internal pure {
        assembly ("memory-safe") {
            let length := add(mload(list), 1)
            mstore(add(list, shl(5, length)), word)
            mstore(list, length)
        }
    }

    /// @dev A word that is known to be there.
    function get(uint256[] memory list, uint256 i) internal pure returns (uint256 word) {
        assembly ("memory-safe") {
            word := mload(add(list, shl(5, add(i, 1))))
        }
    }
}
