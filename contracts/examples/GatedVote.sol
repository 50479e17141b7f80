// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {EligibilityGate} from "../EligibilityGate.sol";
import {IRootRegistry} from "../interfaces/IRootRegistry.sol";
import {Claim} from "../libraries/Statement.sol";

/// @notice One question, one vote for everyone who meets the policy, and nobody learns who voted.
contract GatedVote is EligibilityGate {
    bytes32 private constant LABEL = "vote";
    uint256[2] public votes;

    constructor(IRootRegistry registry, uint256 terms, Acceptance memory acceptance) EligibilityGate(registry) {
        _setRule(LABEL, terms, acceptance);
    }

    function vote(uint8 choice, Claim calldata claim) external {
        _accept(LABEL, 0, keccak256(abi.encode(choice)), claim);
        ++votes[choice];
    }
}
