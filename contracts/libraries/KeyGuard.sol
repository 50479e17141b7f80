// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {VerifyingKey} from "../generated/VerifyingKey.sol";
import {IEligibilityVerifier} from "../interfaces/IEligibilityVerifier.sol";

/// @title Which keys may be deployed where
library KeyGuard {
    uint256 private constant ANVIL = 31337;
    uint256 private constant GANACHE = 1337;

    /// @dev Refuses a key under which everybody can forge: with delta equal or opposite to gamma anyone does, with a
    /// development key who knows its beacon.
    function check() internal view {
        if (_deltaIsPlusOrMinusGamma()) revert IEligibilityVerifier.InsecureKey();
        if (VerifyingKey.INSECURE_DEV && block.chainid != ANVIL && block.chainid != GANACHE) {
            revert IEligibilityVerifier.InsecureKey();
        }
    }

    /// @dev A point and its opposite share x, and no others do.
    function _deltaIsPlusOrMinusGamma() private pure returns (bool) {
        return VerifyingKey.DELTA_X1 == VerifyingKey.GAMMA_X1 && VerifyingKey.DELTA_X2 == VerifyingKey.GAMMA_X2;
    }
}
