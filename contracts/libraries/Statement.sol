// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IEligibilityVerifier} from "../interfaces/IEligibilityVerifier.sol";

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

using {check, toSignals} for Statement global;

/// @dev The order r of the scalar field of BN254: a signal is smaller, or it has an alias.
uint256 constant FIELD = 21888242871839275222246405745257275088548364400416034343698204186575808495617;

/// @dev What `shown` is where the policy is metered, and the one value that no cap admits.
uint32 constant METERED = type(uint32).max;

/// @dev `checkedAt` comes in steps of so many seconds, so that it singles nobody out.
uint40 constant CHECKED_AT_STEP = 60;

/// @dev Refuses a statement that has a second reading: a signal that isn't below r, a zero that stands for "nothing",
/// a moment between two minutes. The outcome needs no look: its three fields fill 168 bits.
function check(Statement calldata self) pure {
    if (_isAliasOrZero(self.nullifier)) {
        revert IEligibilityVerifier.SignalOutOfRange("nullifier", self.nullifier);
    }
    if (_isAliasOrZero(self.root)) revert IEligibilityVerifier.SignalOutOfRange("root", self.root);
    if (_isAliasOrZero(self.policy)) revert IEligibilityVerifier.SignalOutOfRange("policy", self.policy);
    if (self.context >= FIELD) revert IEligibilityVerifier.SignalOutOfRange("context", self.context);
    if (self.checkedAt % CHECKED_AT_STEP != 0) {
        revert IEligibilityVerifier.SignalOutOfRange("checkedAt", self.checkedAt);
    }
}

/// @dev The five public signals. This is the only place in Solidity that knows their order.
function toSignals(Statement calldata self) pure returns (uint256[5] memory signals) {
    signals[0] = self.nullifier;
    signals[1] = self.root;
    signals[2] = self.policy;
    signals[3] = uint256(self.disclosed) | (uint256(self.shown) << 96) | (uint256(self.checkedAt) << 128);
    signals[4] = self.context;
}

function _isAliasOrZero(uint256 value) pure returns (bool) {
    return value == 0 || value >= FIELD;
}
