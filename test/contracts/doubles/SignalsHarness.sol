// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Statement} from "../../../contracts/libraries/Statement.sol";

/// @notice Shows the public signals of a statement.
contract SignalsHarness {
    function toSignals(Statement calldata statement) external pure returns (uint256[5] memory) {
        return statement.toSignals();
    }
}
