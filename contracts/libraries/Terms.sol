// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {FIELD} from "./Statement.sol";

/// @title The terms of a policy (PROTOCOL.md section 2, "Policy")
/// @dev Fifteen field elements: schemaId, issuedAfter, issuedBefore, mode, setLow, setHigh, step, then lo and hi of the
/// four slots in turn. This is the only place in Solidity that knows their order. What they hash to, H_15, is beyond a
/// contract: whoever reads the terms from the chain computes it and compares.
library Terms {
    uint256 private constant SCHEMA_ID = 0;
    uint256 private constant ISSUED_AFTER = 1;
    uint256 private constant ISSUED_BEFORE = 2;
    uint256 private constant MODE = 3;
    uint256 private constant SET_LOW = 4;
    uint256 private constant SET_HIGH = 5;
    uint256 private constant STEP = 6;
    uint256 private constant RANGES = 7;

    uint256 private constant MAX_TIME = type(uint40).max;
    uint256 private constant MAX_VALUE = type(uint96).max;
    uint256 private constant MAX_HALF = type(uint128).max;

    /// @dev A term isn't canonical.
    error TermOutOfRange(string term, uint256 value);

    /// @dev Refuses terms that aren't canonical.
    function check(uint256[15] calldata terms) internal pure {
        _checkAtMost("schemaId", terms[SCHEMA_ID], FIELD - 1);
        _checkAtMost("issuedAfter", terms[ISSUED_AFTER], MAX_TIME);
        _checkAtMost("issuedBefore", terms[ISSUED_BEFORE], MAX_TIME);
        if (terms[MODE] >= 16 || disclose(terms) > 4) revert TermOutOfRange("mode", terms[MODE]);
        _checkAtMost("setLow", terms[SET_LOW], MAX_HALF);
        _checkAtMost("setHigh", terms[SET_HIGH], MAX_HALF);
        _checkAtMost("step", terms[STEP], MAX_VALUE);
        for (uint256 i = RANGES; i < terms.length; i += 2) {
            _checkAtMost("hi", terms[i + 1], MAX_VALUE);
            _checkAtMost("lo", terms[i], terms[i + 1]);
        }
    }

    /// @dev Which slot the policy reveals, from 1; 0 = none.
    function disclose(uint256[15] calldata terms) internal pure returns (uint256) {
        return terms[MODE] % 8;
    }

    /// @dev What one claim takes from the meter; 0 = the policy isn't metered.
    function step(uint256[15] calldata terms) internal pure returns (uint256) {
        return terms[STEP];
    }

    function _checkAtMost(string memory term, uint256 value, uint256 max) private pure {
        if (value > max) revert TermOutOfRange(term, value);
    }
}
