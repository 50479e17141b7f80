// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {VerifyingKey} from "../generated/VerifyingKey.sol";
import {IEligibilityVerifier} from "../interfaces/IEligibilityVerifier.sol";

/// @title Groth16 over BN254, one proof
/// @dev A proof is eight words: A, B, C. B is written as EIP-197 does, in each coordinate the imaginary part first: of
/// snarkjs' `pi_b` [[x0, x1], [y0, y1]] the words are x1, x0, y1, y0.
///
/// The equation is e(A, B) = e(alpha, beta) · e(L, gamma) · e(C, delta), L = IC0 + sum of signal_i · IC_i.
/// It is checked as e(A, B) · e(alpha, -beta) · e(L, -gamma) · e(C, -delta) = 1: the key's points are negated when this
/// is compiled, and A, B and C reach the precompile as they came. The precompile refuses a coordinate that isn't below
/// the modulus, a point off the curve and a point of G2 outside the subgroup, and so no check of ours is needed.
library Groth16 {
    /// @dev The modulus q of the base field: the coordinates live in it.
    uint256 private constant Q = 21888242871839275222246405745257275088696311157297823662689037894645226208583;

    uint256 private constant EC_ADD = 0x06;
    uint256 private constant EC_MUL = 0x07;
    uint256 private constant EC_PAIRING = 0x08;

    // A precompile that fails burns all the gas it was given, so each gets a limit: twice the price of EIP-1108, for a
    // chain that charges more some day.
    uint256 private constant EC_ADD_GAS = 2 * 150;
    uint256 private constant EC_MUL_GAS = 2 * 6_000;
    uint256 private constant EC_PAIRING_GAS = 2 * (45_000 + 4 * 34_000);

    /// @dev With this much left every limit above can be met in full, EIP-150's sixty-fourth included: a precompile that
    /// fails after that check failed for its input, not for want of gas.
    uint256 private constant GAS_REQUIRED = 5 * (EC_ADD_GAS + EC_MUL_GAS) + (EC_PAIRING_GAS * 64) / 63 + 10_000;

    /// @dev Whether `proof` proves the statement with these signals, all of them below r.
    function verify(uint256[8] calldata proof, uint256[5] memory signals) internal view returns (bool) {
        if (gasleft() < GAS_REQUIRED) revert IEligibilityVerifier.InsufficientGas(GAS_REQUIRED, gasleft());

        // The sum L stands in the first two words; `_addProduct` uses the other three.
        uint256[5] memory sum;
        sum[0] = VerifyingKey.IC0_X;
        sum[1] = VerifyingKey.IC0_Y;
        _addProduct(sum, VerifyingKey.IC1_X, VerifyingKey.IC1_Y, signals[0]);
        _addProduct(sum, VerifyingKey.IC2_X, VerifyingKey.IC2_Y, signals[1]);
        _addProduct(sum, VerifyingKey.IC3_X, VerifyingKey.IC3_Y, signals[2]);
        _addProduct(sum, VerifyingKey.IC4_X, VerifyingKey.IC4_Y, signals[3]);
        _addProduct(sum, VerifyingKey.IC5_X, VerifyingKey.IC5_Y, signals[4]);

        uint256[24] memory pairs;
        assembly ("memory-safe") {
            calldatacopy(pairs, proof, 0xc0) // A and B: the first pair
            calldatacopy(add(pairs, 0x240), add(proof, 0xc0), 0x40) // C: half of the last
        }
        (pairs[6], pairs[7]) = (VerifyingKey.ALPHA_X, VerifyingKey.ALPHA_Y);
        (pairs[8], pairs[9]) = (VerifyingKey.BETA_X1, VerifyingKey.BETA_X2);
        (pairs[10], pairs[11]) = (Q - VerifyingKey.BETA_Y1, Q - VerifyingKey.BETA_Y2);

        (pairs[12], pairs[13]) = (sum[0], sum[1]);
        (pairs[14], pairs[15]) = (VerifyingKey.GAMMA_X1, VerifyingKey.GAMMA_X2);
        (pairs[16], pairs[17]) = (Q - VerifyingKey.GAMMA_Y1, Q - VerifyingKey.GAMMA_Y2);

        (pairs[20], pairs[21]) = (VerifyingKey.DELTA_X1, VerifyingKey.DELTA_X2);
        (pairs[22], pairs[23]) = (Q - VerifyingKey.DELTA_Y1, Q - VerifyingKey.DELTA_Y2);
        return _productIsOne(pairs);
    }

    /// @dev sum += scalar · (x, y). The words of `sum`: the sum, then what the precompiles read and write,
    /// [sumX, sumY, x, y, scalar]: multiplication overwrites (x, y) by the product, addition takes the first four.
    function _addProduct(uint256[5] memory sum, uint256 x, uint256 y, uint256 scalar) private view {
        (sum[2], sum[3], sum[4]) = (x, y, scalar);
        bool success;
        assembly ("memory-safe") {
            let product := add(sum, 0x40)
            success := staticcall(EC_MUL_GAS, EC_MUL, product, 0x60, product, 0x40)
            success := and(success, eq(returndatasize(), 0x40))
            success := and(staticcall(EC_ADD_GAS, EC_ADD, sum, 0x80, sum, 0x40), success)
            success := and(success, eq(returndatasize(), 0x40))
        }
        if (!success) revert IEligibilityVerifier.InvalidProof();
    }

    /// @dev Whether the product of the four pairings is one.
    function _productIsOne(uint256[24] memory pairs) private view returns (bool) {
        bool success;
        uint256 result;
        assembly ("memory-safe") {
            success := staticcall(EC_PAIRING_GAS, EC_PAIRING, pairs, 0x300, 0x00, 0x20)
            success := and(success, eq(returndatasize(), 0x20))
            result := mload(0x00)
        }
        if (!success) revert IEligibilityVerifier.InvalidProof();
        return result == 1;
    }
}
