// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title What these tests use of forge's machine
interface Vm {
    struct Log {
        bytes32[] topics;
        bytes data;
        address emitter;
    }

    function warp(uint256 time) external;
    function prank(address sender) external;
    function deal(address account, uint256 balance) external;
    function recordLogs() external;
    function getRecordedLogs() external returns (Log[] memory);
    function snapshotState() external returns (uint256 id);
    function revertToState(uint256 id) external returns (bool success);
    function writeLine(string calldata path, string calldata line) external;
    function toString(uint256 value) external pure returns (string memory);
    function toString(bytes32 value) external pure returns (string memory);
}

Vm constant VM = Vm(0x7109709ECfa91a80626fF3989D68f67F5b1DD12D);

/// @dev Something isn't as it must be.
error Broken(string what, uint256 given, uint256 expected);

function requireEqual(uint256 given, uint256 expected, string memory what) pure {
    if (given != expected) revert Broken(what, given, expected);
}

function requireAtMost(uint256 given, uint256 bound, string memory what) pure {
    if (given > bound) revert Broken(what, given, bound);
}

/// @dev The error in what a call left, 0 where it left nothing.
function selectorOf(bytes memory refusal) pure returns (bytes4 selector) {
    return bytes4(refusal);
}
