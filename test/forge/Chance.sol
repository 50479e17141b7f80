// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @dev One test case's luck: all of it follows from the number that the fuzzer chose.
struct Draw {
    uint256 state;
}

/// @title Numbers drawn from one seed
/// @dev The fuzzer likes small and known numbers; hashing makes every choice that hangs on one of them likely.
library Chance {
    function next(Draw memory draw) internal pure returns (uint256) {
        draw.state = uint256(keccak256(abi.encode(draw.state)));
        return draw.state;
    }

    /// @dev From 0, below `bound`.
    function below(Draw memory draw, uint256 bound) internal pure returns (uint256) {
        return next(draw) % bound;
    }

    /// @dev From `low` to `high`.
    function between(Draw memory draw, uint256 low, uint256 high) internal pure returns (uint256) {
        return low + below(draw, high - low + 1);
    }

    /// @dev True in so many of a hundred.
    function percent(Draw memory draw, uint256 share) internal pure returns (bool) {
        return below(draw, 100) < share;
    }
}
