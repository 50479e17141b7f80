// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {VerifyingKey} from "./generated/VerifyingKey.sol";
import {IEligibilityVerifier} from "./interfaces/IEligibilityVerifier.sol";
import {Groth16} from "./libraries/Groth16.sol";
import {Statement} from "./libraries/Statement.sol";

/// @title EligibilityVerifier
/// @notice See IEligibilityVerifier. It holds no state and has no owner.
contract EligibilityVerifier is IEligibilityVerifier {
    uint256 private constant ANVIL = 31337;
    uint256 private constant GANACHE = 1337;

    constructor() {
        // Check: with delta equal or opposite to gamma anyone forges; with a development key who knows its beacon does.
        if (_deltaIsPlusOrMinusGamma()) revert InsecureKey();
        if (VerifyingKey.INSECURE_DEV && block.chainid != ANVIL && block.chainid != GANACHE) revert InsecureKey();
    }

    /// @inheritdoc IEligibilityVerifier
    function verify(uint256[8] calldata proof, Statement calldata statement) external view returns (bool valid) {
        statement.check();
        return Groth16.verify(proof, statement.toSignals());
    }

    /// @inheritdoc IEligibilityVerifier
    function verifyingKey() external pure returns (Key memory key) {
        key.alpha = [VerifyingKey.ALPHA_X, VerifyingKey.ALPHA_Y];
        key.beta[0] = [VerifyingKey.BETA_X1, VerifyingKey.BETA_X2];
        key.beta[1] = [VerifyingKey.BETA_Y1, VerifyingKey.BETA_Y2];
        key.gamma[0] = [VerifyingKey.GAMMA_X1, VerifyingKey.GAMMA_X2];
        key.gamma[1] = [VerifyingKey.GAMMA_Y1, VerifyingKey.GAMMA_Y2];
        key.delta[0] = [VerifyingKey.DELTA_X1, VerifyingKey.DELTA_X2];
        key.delta[1] = [VerifyingKey.DELTA_Y1, VerifyingKey.DELTA_Y2];
        key.ic[0] = [VerifyingKey.IC0_X, VerifyingKey.IC0_Y];
        key.ic[1] = [VerifyingKey.IC1_X, VerifyingKey.IC1_Y];
        key.ic[2] = [VerifyingKey.IC2_X, VerifyingKey.IC2_Y];
        key.ic[3] = [VerifyingKey.IC3_X, VerifyingKey.IC3_Y];
        key.ic[4] = [VerifyingKey.IC4_X, VerifyingKey.IC4_Y];
        key.ic[5] = [VerifyingKey.IC5_X, VerifyingKey.IC5_Y];
        key.insecureDev = VerifyingKey.INSECURE_DEV;
    }

    /// @dev A point and its opposite share x, and no others do.
    function _deltaIsPlusOrMinusGamma() private pure returns (bool) {
        return VerifyingKey.DELTA_X1 == VerifyingKey.GAMMA_X1 && VerifyingKey.DELTA_X2 == VerifyingKey.GAMMA_X2;
    }
}
