// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {VerifyingKey} from "./generated/VerifyingKey.sol";
import {IEligibilityVerifier} from "./interfaces/IEligibilityVerifier.sol";
import {Groth16} from "./libraries/Groth16.sol";
import {KeyGuard} from "./libraries/KeyGuard.sol";
import {Claim, Statement} from "./libraries/Statement.sol";

/// @title EligibilityVerifier
/// @notice See IEligibilityVerifier. It holds no state and has no owner.
contract EligibilityVerifier is IEligibilityVerifier {
    constructor() {
        KeyGuard.check();
    }

    /// @inheritdoc IEligibilityVerifier
    function verify(uint256[8] calldata proof, Statement calldata statement) external view returns (bool valid) {
        statement.check();
        return Groth16.verify(Groth16.noBase(), proof, statement.toSignals());
    }

    /// @inheritdoc IEligibilityVerifier
    function verifyBatch(Claim[] calldata claims) external view returns (bool valid) {
        // Check
        uint256 count = claims.length;
        uint256 expected = 4 + 0x40 + count * 0x1e0;
        if (msg.data.length > expected) revert TrailingBytes(expected, msg.data.length);

        uint256[] memory all = new uint256[](count);
        for (uint256 i = 0; i < count; ++i) {
            claims[i].statement.check();
            all[i] = i;
        }
        return Groth16.verifyBatch(Groth16.noBase(), claims, all);
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
}
