// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Words that are written once, as the code of a contract
/// @dev Code is read whole for the price of one word of storage (EIP-2929: 2,600 gas against 2,100 a word), and nothing
/// can change it. The first byte is STOP, so that a call of it does nothing.
library Frozen {
    error FreezingFailed();

    /// @dev Writes `data`, of fewer than 24,576 bytes, and says where.
    function freeze(bytes memory data) internal returns (address place) {
        // PUSH2 size, DUP1, PUSH1 10, PUSH0, CODECOPY, PUSH0, RETURN: ten bytes that return what follows them.
        bytes memory deploying = abi.encodePacked(hex"61", uint16(data.length + 1), hex"80600a5f395ff300", data);
        assembly ("memory-safe") {
            place := create(0, add(deploying, 0x20), mload(deploying))
        }
        if (place == address(0)) revert FreezingFailed();
    }

    /// @dev Copies the first `words` words to memory at `target`, which must have room for them.
    function read(address place, uint256 target, uint256 words) internal view {
        assembly ("memory-safe") {
            extcodecopy(place, target, 1, mul(words, 0x20))
        }
    }
}
