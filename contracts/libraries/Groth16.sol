// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {VerifyingKey} from "../generated/VerifyingKey.sol";
import {IEligibilityVerifier} from "../interfaces/IEligibilityVerifier.sol";
import {Claim, FIELD} from "./Statement.sol";

/// @title Groth16 over BN254: one proof, or many in one pairing check
/// @dev A proof is eight words: A, B, C. B is written as EIP-197 does, in each coordinate the imaginary part first: of
/// snarkjs' `pi_b` [[x0, x1], [y0, y1]] the words are x1, x0, y1, y0.
///
/// One proof. The equation is e(A, B) = e(alpha, beta) · e(L, gamma) · e(C, delta), L = IC0 + sum of signal_j · IC_j.
/// It is checked as e(alpha, -beta) · e(L, -gamma) · e(C, -delta) · e(A, B) = 1: the key's points are negated when this
/// is compiled, and A, B and C reach the precompiles as they came. Those refuse a coordinate that isn't below the
/// modulus and a point off the curve, and the pairing a point of G2 outside the subgroup: no check of ours is needed.
/// alpha · beta stays a pairing. A key that published P = (alpha · beta) / delta in G1, to be added to C for one pair less,
/// would let anybody prove anything: A = L, B = gamma, C = -P.
///
/// Many proofs. With coefficients r_i the N equations are multiplied, each to the power r_i:
/// e(R · alpha, -beta) · e(sum r_i · L_i, -gamma) · e(sum r_i · C_i, -delta) · product of e(r_i · A_i, B_i) = 1, R = sum r_i.
/// - e is bilinear, so what meets one and the same point of the key is summed before it is paired: C_i in G1; of L_i only
///   scalars mod r, R for IC0 and sum over i of r_i · signal_ij for IC_j, since G1 has r elements. B_i differ, so each
///   keeps its pair, and r_i goes to A_i: G2 has no precompile that multiplies.
/// - Soundness. The target group has prime order r, so proof i is off by g^d_i, with d_i = 0 mod r exactly if it is
///   valid, and the check asks whether the sum of r_i · d_i is 0. Say one d_i isn't. If it is only d_0, the sum isn't 0,
///   as r_0 = 1. Otherwise take an i > 0 with d_i not 0: whatever the others are, at most one of the 2^128 values of r_i
///   makes the sum 0, because two differ by less than r, which is prime. So a batch with a wrong proof passes with
///   probability 2^-128 a try, as far as keccak is random; that r has 254 bits is no matter, only how many values r_i may
///   take is. r_i = 0, which would leave proof i unlooked at, is one of those values, and is counted.
/// - Points. Every element of the curve G1 but infinity has order r: A_i and C_i have no part that a coefficient could
///   kill. G2's curve has such parts; the pairing precompile refuses them, and B_i reaches it as it came.
/// - The seed is the hash of all words of the claims that are verified, in their order, and of no other claim. Whoever
///   changes a word has new coefficients. Were skipped claims hashed too, and the choice of the skipped left to somebody
///   who knows the coefficients (by a nullifier spent in between, say), he would look for a subset in which r_i · d_i sum
///   to 0, and a generalised birthday search finds one in far fewer than 2^128 steps.
///
/// Gas. A precompile that fails burns what it was given, so each gets a limit: 3/2 of its price in EIP-1108 and more for
/// an addition, for a chain that charges more some day. Before the first one enough must be left to meet all limits in full, EIP-150's sixty-fourth
/// included, and the code between: a precompile that fails after that check failed for its input, not for want of gas. The
/// memory has all been touched by then.
///
/// A precompile that fails returns nothing, and so does an address at which a chain has none. So the size of what came
/// back says whether a point is there, and the sizes of all calls are joined by `and`: POINT where all succeeded.
///
/// The memory map, from `pairs`: the key's three pairs, then one for each proof, each G1 point (0x40), G2 point (0x80):
/// 0x000 R · alpha, -beta
/// 0x0c0 L, -gamma
/// 0x180 sum of r_i · C_i, -delta
/// 0x240 r_0 · A_0, B_0; 0x300 r_1 · A_1, B_1; ...
/// The G2 points of the key come last: until then their places hold what the precompiles read and write, after a sum
/// (x, y) the words [x', y', scalar]. Multiplication overwrites (x', y') by the product, addition takes both points.
library Groth16 {
    /// @dev The modulus q of the base field: the coordinates live in it.
    uint256 private constant Q = 21888242871839275222246405745257275088696311157297823662689037894645226208583;

    uint256 private constant EC_ADD = 0x06;
    uint256 private constant EC_MUL = 0x07;
    uint256 private constant EC_PAIRING = 0x08;

    uint256 private constant EC_ADD_GAS = 2_000; // of 150: cheap enough to be generous, and EIP-7904 would double it
    uint256 private constant EC_MUL_GAS = 9_000; // 3/2 of 6,000
    uint256 private constant EC_PAIRING_GAS = 67_500; // 3/2 of 45,000
    uint256 private constant EC_PAIR_GAS = 51_000; // 3/2 of 34,000

    /// @dev All limits of one proof, and 3,000 for the code, which takes 2,300.
    uint256 private constant ONE_GAS =
        3_000 + 5 * (EC_MUL_GAS + EC_ADD_GAS) + ((EC_PAIRING_GAS + 4 * EC_PAIR_GAS) * 64) / 63;

    /// @dev All limits of a batch: what it takes at any size, and what each proof adds; 4,000 and 1,200 for the
    /// code, which takes 2,900 and 1,050.
    uint256 private constant BATCH_GAS =
        4_000 + 7 * EC_MUL_GAS + 5 * EC_ADD_GAS + ((EC_PAIRING_GAS + 3 * EC_PAIR_GAS) * 64) / 63;
    uint256 private constant BATCH_PROOF_GAS = 1_200 + 2 * EC_MUL_GAS + EC_ADD_GAS + (EC_PAIR_GAS * 64) / 63;

    /// @dev The limits of `baseOf`, and 1,000 for the code.
    uint256 private constant BASE_GAS = 1_000 + EC_MUL_GAS + EC_ADD_GAS;

    /// @dev The place of the policy among the signals.
    uint256 private constant POLICY = 2;

    // Sizes: of a point of G1, of a pair, of a claim; and the places of the memory map.
    uint256 private constant POINT = 0x40;
    uint256 private constant PAIR = 0xc0;
    uint256 private constant CLAIM = 0x1e0;
    uint256 private constant L_AT = 0x0c0;
    uint256 private constant C_AT = 0x180;
    uint256 private constant PROOFS_AT = 0x240;

    /// @dev A policy p and IC0 + p · IC3: what L is begun with. Statements under p need no product for their policy, which
    /// saves each of them a multiplication; under another policy they add what is missing, (policy - p) · IC3.
    struct Base {
        uint256 policy;
        uint256 x;
        uint256 y;
    }

    /// @dev The base of no policy: p = 0.
    function noBase() internal pure returns (Base memory) {
        return Base(0, VerifyingKey.IC0_X, VerifyingKey.IC0_Y);
    }

    /// @dev The base of a policy, which is below r.
    function baseOf(uint256 policy) internal view returns (Base memory base) {
        uint256 sum;
        assembly ("memory-safe") {
            sum := mload(0x40)
            mstore(0x40, add(sum, 0xa0))
        }
        _checkGas(BASE_GAS);
        _write(sum, VerifyingKey.IC0_X, VerifyingKey.IC0_Y);
        if (_addPolicy(sum, policy) != POINT) revert IEligibilityVerifier.InvalidProof();
        base.policy = policy;
        assembly ("memory-safe") {
            mcopy(add(base, 0x20), sum, POINT)
        }
    }

    /// @dev Whether `proof` proves the statement with these signals, all of them below r.
    function verify(
        Base memory base,
        uint256[8] calldata proof,
        uint256[5] memory signals
    ) internal view returns (bool) {
        uint256 pairs;
        assembly ("memory-safe") {
            pairs := mload(0x40)
            mstore(0x40, add(pairs, 0x300))
            calldatacopy(add(pairs, PROOFS_AT), proof, PAIR)
            calldatacopy(add(pairs, C_AT), add(proof, PAIR), POINT)
            mcopy(add(pairs, L_AT), add(base, 0x20), POINT)
        }
        _checkGas(ONE_GAS);
        _write(pairs, VerifyingKey.ALPHA_X, VerifyingKey.ALPHA_Y);
        return _check(pairs, 1, _addSignals(pairs, 1, base.policy, signals));
    }

    /// @dev Whether the claims at the indices `picked` are all proved, and no others are looked at. Their statements are
    /// canonical (`check`); a word too large for its field reverts as it does wherever Solidity reads it.
    function verifyBatch(
        Base memory base,
        Claim[] calldata claims,
        uint256[] memory picked
    ) internal view returns (bool) {
        uint256 count = picked.length;
        if (count == 0) revert IEligibilityVerifier.EmptyBatch();
        uint256 pairs = _copy(claims, picked);
        _checkGas(BATCH_GAS + count * BATCH_PROOF_GAS);

        (uint256 total, uint256[5] memory signals) = _combineStatements(pairs, count);
        uint256 size = _combineProofs(pairs, count) & _multiplyKey(pairs, total, base);
        return _check(pairs, count, size & _addSignals(pairs, total, base.policy, signals));
    }

    /// @dev Copies the picked claims one after the other to where the proofs' pairs will be, and leaves a word after them
    /// for `_combineProofs`. An index that names no claim reverts.
    function _copy(Claim[] calldata claims, uint256[] memory picked) private pure returns (uint256 pairs) {
        assembly ("memory-safe") {
            pairs := mload(0x40)
            let place := add(pairs, PROOFS_AT)
            let end := add(place, mul(mload(picked), CLAIM))
            mstore(end, 0)
            mstore(0x40, add(end, 0x20))

            let outside := 0
            for {
                let next := add(picked, 0x20)
            } lt(place, end) {
                next := add(next, 0x20)
            } {
                let index := mload(next)
                outside := or(outside, iszero(lt(index, claims.length)))
                calldatacopy(place, add(claims.offset, mul(index, CLAIM)), CLAIM)
                place := add(place, CLAIM)
            }
            if outside {
                revert(0x00, 0x00)
            }
        }
    }

    /// @dev The sum of the coefficients, and for each signal the sum of r_i · signal_ij mod r. Writes r_i over the last
    /// word of statement i. The order of the words is that of Claim, the order of the signals that of `toSignals`.
    function _combineStatements(
        uint256 pairs,
        uint256 count
    ) private pure returns (uint256 total, uint256[5] memory signals) {
        assembly ("memory-safe") {
            let claim := add(pairs, PROOFS_AT)
            let end := add(claim, mul(count, CLAIM))
            mstore(0x00, keccak256(claim, mul(count, CLAIM))) // the seed
            mstore(0x20, 0) // i
            let excess := 0
            let s0 := 0
            let s1 := 0
            let s2 := 0
            let s3 := 0
            let s4 := 0
            for {
                let coefficient := 1
            } lt(claim, end) {
                claim := add(claim, CLAIM)
            } {
                total := add(total, coefficient)
                s0 := addmod(s0, mulmod(coefficient, mload(claim), FIELD), FIELD)
                s1 := addmod(s1, mulmod(coefficient, mload(add(claim, 0x20)), FIELD), FIELD)
                s2 := addmod(s2, mulmod(coefficient, mload(add(claim, 0x40)), FIELD), FIELD)
                let outcome := mload(add(claim, 0x60))
                let shown := mload(add(claim, 0x80))
                let checkedAt := mload(add(claim, 0xa0))
                excess := or(excess, or(shr(96, outcome), or(shr(32, shown), shr(40, checkedAt))))
                outcome := or(outcome, or(shl(96, shown), shl(128, checkedAt)))
                s3 := addmod(s3, mulmod(coefficient, outcome, FIELD), FIELD)
                s4 := addmod(s4, mulmod(coefficient, mload(add(claim, 0xc0)), FIELD), FIELD)

                mstore(add(claim, 0xc0), coefficient)
                mstore(0x20, add(mload(0x20), 1))
                coefficient := shr(128, keccak256(0x00, 0x40))
            }
            if excess {
                revert(0x00, 0x00)
            }
            mstore(signals, s0)
            mstore(add(signals, 0x20), s1)
            mstore(add(signals, 0x40), s2)
            mstore(add(signals, 0x60), s3)
            mstore(add(signals, 0x80), s4)
        }
    }

    /// @dev Writes the pairs (r_i · A_i, B_i) and the sum of r_i · C_i. Claim i begins at or after the end of pair i - 1, and
    /// its statement has been read: pairs overwrite nothing that is still needed, and r_i stands where the precompile
    /// wants it, behind A_i once B_i is copied, and behind C_i, where the next statement began.
    function _combineProofs(uint256 pairs, uint256 count) private view returns (uint256 size) {
        assembly ("memory-safe") {
            let pair := add(pairs, PROOFS_AT)
            let claim := pair
            let end := add(claim, mul(count, CLAIM))
            let sum := add(pairs, C_AT)
            let product := add(sum, POINT)
            size := POINT
            // r_0 = 1
            mcopy(sum, add(claim, 0x1a0), POINT)
            mcopy(pair, add(claim, 0xe0), PAIR)
            for {} 1 {} {
                claim := add(claim, CLAIM)
                if iszero(lt(claim, end)) {
                    break
                }
                pair := add(pair, PAIR)
                let coefficient := mload(add(claim, 0xc0))

                mcopy(add(pair, POINT), add(claim, 0x120), 0x80)
                mstore(add(claim, 0x120), coefficient)
                pop(staticcall(EC_MUL_GAS, EC_MUL, add(claim, 0xe0), 0x60, pair, POINT))
                size := and(size, returndatasize())

                mstore(add(claim, CLAIM), coefficient)
                pop(staticcall(EC_MUL_GAS, EC_MUL, add(claim, 0x1a0), 0x60, product, POINT))
                size := and(size, returndatasize())
                pop(staticcall(EC_ADD_GAS, EC_ADD, sum, 0x80, sum, POINT))
                size := and(size, returndatasize())
            }
        }
    }

    /// @dev Writes R · alpha and R · base to their places.
    function _multiplyKey(uint256 pairs, uint256 total, Base memory base) private view returns (uint256 size) {
        _write(pairs, VerifyingKey.ALPHA_X, VerifyingKey.ALPHA_Y);
        assembly ("memory-safe") {
            mstore(add(pairs, POINT), total)
            pop(staticcall(EC_MUL_GAS, EC_MUL, pairs, 0x60, pairs, POINT))
            size := returndatasize()
            let sum := add(pairs, L_AT)
            mcopy(sum, add(base, 0x20), POINT)
            mstore(add(sum, POINT), total)
            pop(staticcall(EC_MUL_GAS, EC_MUL, sum, 0x60, sum, POINT))
            size := and(size, returndatasize())
        }
    }

    /// @dev L += sum of signal_j · IC_j, where R · p of the policy's is in the base.
    function _addSignals(
        uint256 pairs,
        uint256 total,
        uint256 basePolicy,
        uint256[5] memory signals
    ) private view returns (uint256 size) {
        unchecked {
            uint256 product = pairs + L_AT + POINT;
            _write(product, VerifyingKey.IC1_X, VerifyingKey.IC1_Y);
            size = _addProduct(product, signals[0]);
            _write(product, VerifyingKey.IC2_X, VerifyingKey.IC2_Y);
            size &= _addProduct(product, signals[1]);
            _write(product, VerifyingKey.IC4_X, VerifyingKey.IC4_Y);
            size &= _addProduct(product, signals[3]);
            _write(product, VerifyingKey.IC5_X, VerifyingKey.IC5_Y);
            size &= _addProduct(product, signals[4]);
            uint256 missing = addmod(signals[POLICY], FIELD - mulmod(total, basePolicy, FIELD), FIELD);
            if (missing != 0) size &= _addPolicy(pairs + L_AT, missing);
        }
    }

    /// @dev Adds policy · IC3 to the point at `sum`.
    function _addPolicy(uint256 sum, uint256 policy) private view returns (uint256 size) {
        unchecked {
            _write(sum + POINT, VerifyingKey.IC3_X, VerifyingKey.IC3_Y);
            return _addProduct(sum + POINT, policy);
        }
    }

    /// @dev Adds scalar · the point at `product` to the point before it.
    function _addProduct(uint256 product, uint256 scalar) private view returns (uint256 size) {
        assembly ("memory-safe") {
            mstore(add(product, POINT), scalar)
            pop(staticcall(EC_MUL_GAS, EC_MUL, product, 0x60, product, POINT))
            size := returndatasize()
            let sum := sub(product, POINT)
            pop(staticcall(EC_ADD_GAS, EC_ADD, sum, 0x80, sum, POINT))
            size := and(size, returndatasize())
        }
    }

    /// @dev Writes the key's points of G2; then whether the product of all pairings is one.
    /// @param size POINT if every call so far gave one.
    function _check(uint256 pairs, uint256 proofs, uint256 size) private view returns (bool valid) {
        if (size != POINT) revert IEligibilityVerifier.InvalidProof();
        unchecked {
            _write(pairs + 0x040, VerifyingKey.BETA_X1, VerifyingKey.BETA_X2);
            _write(pairs + 0x080, Q - VerifyingKey.BETA_Y1, Q - VerifyingKey.BETA_Y2);
            _write(pairs + 0x100, VerifyingKey.GAMMA_X1, VerifyingKey.GAMMA_X2);
            _write(pairs + 0x140, Q - VerifyingKey.GAMMA_Y1, Q - VerifyingKey.GAMMA_Y2);
            _write(pairs + 0x1c0, VerifyingKey.DELTA_X1, VerifyingKey.DELTA_X2);
            _write(pairs + 0x200, Q - VerifyingKey.DELTA_Y1, Q - VerifyingKey.DELTA_Y2);
        }
        assembly ("memory-safe") {
            let count := add(proofs, 3)
            let limit := add(EC_PAIRING_GAS, mul(count, EC_PAIR_GAS))
            pop(staticcall(limit, EC_PAIRING, pairs, mul(count, PAIR), 0x00, 0x20))
            size := returndatasize()
            valid := mload(0x00)
        }
        if (size != 0x20) revert IEligibilityVerifier.InvalidProof();
    }

    function _write(uint256 place, uint256 first, uint256 second) private pure {
        assembly ("memory-safe") {
            mstore(place, first)
            mstore(add(place, 0x20), second)
        }
    }

    function _checkGas(uint256 required) private view {
        if (gasleft() < required) revert IEligibilityVerifier.InsufficientGas(required, gasleft());
    }
}
