// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {FIELD, Statement} from "../../contracts/libraries/Statement.sol";

/// @title Proofs of any statement
/// @dev Whoever knows the key's secrets needs no witness: with alpha = a, beta = b, gamma = 1 and delta = d as multiples of
/// the generators, and L = l · G1, any u gives A = u · G1, B = G2, C = (u - a·b - l) / d · G1. The key is the one of
/// test/support/trapdoor.ts.
library Prover {
    uint256 private constant ALPHA_BETA = 11 * 13;
    /// @dev 1 / 17 mod r.
    uint256 private constant INVERSE_OF_DELTA =
        7725262190060920666675202027737861795958246258970365062481719124673814763159;

    /// @dev The modulus of the coordinates.
    uint256 private constant Q = 21888242871839275222246405745257275088696311157297823662689037894645226208583;

    // G2's generator, imaginary parts first.
    uint256 private constant X1 = 11559732032986387107991004021392285783925812861821192530917403151452391805634;
    uint256 private constant X2 = 10857046999023057135944570762232829481370756359578518086990519993285655852781;
    uint256 private constant Y1 = 4082367875863433681332203403145435568316851327593401208105741076214120093531;
    uint256 private constant Y2 = 8495653923123431417604973247489272438418190587263600148770280649306958101930;

    /// @param u Any: another one gives another proof of the same statement.
    function prove(Statement memory statement, uint256 u) internal view returns (uint256[8] memory proof) {
        u %= FIELD;
        uint256 c = addmod(u, FIELD - addmod(ALPHA_BETA, _combine(statement), FIELD), FIELD);
        (proof[0], proof[1]) = _multiply(u);
        (proof[2], proof[3], proof[4], proof[5]) = (X1, X2, Y1, Y2);
        (proof[6], proof[7]) = _multiply(mulmod(c, INVERSE_OF_DELTA, FIELD));
    }

    /// @dev Another proof of the same, which nobody needs a secret for: e(-A, -B) = e(A, B).
    function negate(uint256[8] memory proof) internal pure {
        (proof[1], proof[4], proof[5]) = (Q - proof[1], Q - proof[4], Q - proof[5]);
    }

    /// @dev l = 19 + sum of signal_j · (23, 29, 31, 37, 41)_j.
    function _combine(Statement memory s) private pure returns (uint256 l) {
        uint256 outcome = s.disclosed + uint256(s.shown) * 2 ** 96 + uint256(s.checkedAt) * 2 ** 128;
        l = addmod(19, mulmod(23, s.nullifier, FIELD), FIELD);
        l = addmod(l, mulmod(29, s.root, FIELD), FIELD);
        l = addmod(l, mulmod(31, s.policy, FIELD), FIELD);
        l = addmod(l, mulmod(37, outcome, FIELD), FIELD);
        l = addmod(l, mulmod(41, s.context, FIELD), FIELD);
    }

    /// @dev A multiple of G1's generator (1, 2).
    function _multiply(uint256 scalar) private view returns (uint256 x, uint256 y) {
        (bool success, bytes memory point) = address(7).staticcall(abi.encode(uint256(1), uint256(2), scalar));
        assert(success);
        return abi.decode(point, (uint256, uint256));
    }
}
