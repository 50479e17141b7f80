// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IEligibilityVerifier} from "../interfaces/IEligibilityVerifier.sol";
import {raise} from "./Refusal.sol";

/// @notice What a proof says (PROTOCOL.md section 3), in typed fields. A claim carries these; nobody hands in raw signals.
/// @param nullifier The spent mark: H_3(scope, secret, claimIndex).
/// @param root The root of the depth-16 tree that holds the attestation.
/// @param policy H_2(scope, terms).
/// @param disclosed The value that the policy reveals, 0 where it reveals none.
/// @param shown The claim index, or 2^32-1 where the policy is metered and hides it.
/// @param checkedAt The moment at which validity was judged, in Unix seconds, a multiple of 60.
/// @param context What the claimant agreed to.
struct Statement {
    uint256 nullifier;
    uint256 root;
    uint256 policy;
    uint96 disclosed;
    uint32 shown;
    uint40 checkedAt;
    uint256 context;
}

/// @notice A claim: what the proof says, and the proof.
/// @param proof A, B, C of Groth16, as libraries/Groth16.sol orders their words.
struct Claim {
    Statement statement;
    uint256[8] proof;
}

using {check, findFault, isCanonical, toSignals} for Statement global;

/// @dev The order r of the scalar field of BN254: a signal is smaller, or it has an alias.
uint256 constant FIELD = 21888242871839275222246405745257275088548364400416034343698204186575808495617;

/// @dev What `shown` is where the policy is metered, and the one value that no cap admits.
uint32 constant METERED = type(uint32).max;

/// @dev `checkedAt` comes in steps of so many seconds, so that it singles nobody out.
uint40 constant CHECKED_AT_STEP = 60;

/// @dev Refuses a statement that has a second reading.
function check(Statement calldata self) pure {
    if (!self.isCanonical()) raise(self.findFault());
}

/// @dev Whether a statement has one reading: every signal is below r, none is a zero that stands for "nothing", and the
/// moment is a whole minute. The outcome needs no look: its three fields fill 168 bits. Without a jump: nearly every
/// statement is sound, and pays for being asked.
function isCanonical(Statement calldata self) pure returns (bool canonical) {
    assembly ("memory-safe") {
        let elements := lt(sub(calldataload(self), 1), sub(FIELD, 1))
        elements := and(elements, lt(sub(calldataload(add(self, 0x20)), 1), sub(FIELD, 1)))
        elements := and(elements, lt(sub(calldataload(add(self, 0x40)), 1), sub(FIELD, 1)))
        let context := lt(calldataload(add(self, 0xc0)), FIELD)
        let minute := iszero(mod(calldataload(add(self, 0xa0)), CHECKED_AT_STEP))
        canonical := and(elements, and(context, minute))
    }
}

/// @dev What is wrong with a statement that isn't canonical.
/// @return refusal See libraries/Refusal.sol.
function findFault(Statement calldata self) pure returns (bytes memory refusal) {
    if (!_isElement(self.nullifier)) return _outOfRange("nullifier", self.nullifier);
    if (!_isElement(self.root)) return _outOfRange("root", self.root);
    if (!_isElement(self.policy)) return _outOfRange("policy", self.policy);
    if (self.context >= FIELD) return _outOfRange("context", self.context);
    return _outOfRange("checkedAt", self.checkedAt);
}

/// @dev The five public signals. This is the only place in Solidity that knows their order.
function toSignals(Statement calldata self) pure returns (uint256[5] memory signals) {
    signals[0] = self.nullifier;
    signals[1] = self.root;
    signals[2] = self.policy;
    signals[3] = uint256(self.disclosed) | (uint256(self.shown) << 96) | (uint256(self.checkedAt) << 128);
    signals[4] = self.context;
}

/// @dev Below r, and not 0.
function _isElement(uint256 value) pure returns (bool) {
    return value != 0 && value < FIELD;
}

function _outOfRange(string memory signal, uint256 value) pure returns (bytes memory) {
    return abi.encodeWithSelector(IEligibilityVerifier.SignalOutOfRange.selector, signal, value);
}
