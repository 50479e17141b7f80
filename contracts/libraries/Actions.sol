// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IDistributor} from "../interfaces/IDistributor.sol";

/// @title What a claimant agreed to, by hash
library Actions {
    /// @dev keccak256(abi.encode(action)), which solc's own encoder makes for four times the gas. The encoding: 0x20, where
    /// the tuple begins; its four plain words; 0xa0, where the bytes begin in it; their length; the bytes, filled up with
    /// zeros. An address with more than 160 bits is refused where it is read.
    function hash(IDistributor.Action calldata action) internal pure returns (bytes32 result) {
        bytes calldata hookData = action.hookData;
        assembly ("memory-safe") {
            let preimage := mload(0x40)
            let length := hookData.length
            let padded := and(add(length, 0x1f), not(0x1f))
            mstore(add(preimage, add(0xc0, padded)), 0) // What the bytes leave of their last word.
            mstore(preimage, 0x20)
            calldatacopy(add(preimage, 0x20), action, 0x80)
            mstore(add(preimage, 0xa0), 0xa0)
            mstore(add(preimage, 0xc0), length)
            calldatacopy(add(preimage, 0xe0), hookData.offset, length)
            result := keccak256(preimage, add(0xe0, padded))
        }
    }
}
