// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

// A refusal is the error that a check would revert with, encoded; empty where the check passes. A single claim reverts
// with it, a batch skips the claim and emits it: one rule, two ways to say no.

/// @dev Reverts with the refusal, unless it is empty.
function raise(bytes memory refusal) pure {
    if (refusal.length == 0) return;
    assembly ("memory-safe") {
        revert(add(refusal, 0x20), mload(refusal))
    }
}
