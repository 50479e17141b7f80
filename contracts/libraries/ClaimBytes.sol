// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAdapter} from "../adapters/interfaces/IAdapter.sol";
import {Claim} from "./Statement.sol";

/// @title Claims in bytes that another system hands through
/// @dev A claim has no part of variable length, so its encoding is its fifteen words, and claims are read where they lie.
library ClaimBytes {
    /// @dev abi.encode(claim).length
    uint256 internal constant SIZE = 0x1e0;

    /// @dev How many claims the bytes are, at least one.
    function count(bytes calldata data) internal pure returns (uint256) {
        if (data.length == 0 || data.length % SIZE != 0) revert IAdapter.MalformedClaims(data.length);
        return data.length / SIZE;
    }

    /// @dev The claim at an index; what stands after it is no matter. A word too large for its field reverts as it does
    /// wherever Solidity reads it.
    function claimAt(bytes calldata data, uint256 index) internal pure returns (Claim calldata claim) {
        if (data.length / SIZE <= index) revert IAdapter.MalformedClaims(data.length);
        assembly ("memory-safe") {
            claim := add(data.offset, mul(index, SIZE))
        }
    }
}
