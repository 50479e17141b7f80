// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {EligibilityGate} from "../EligibilityGate.sol";
import {IRootRegistry} from "../interfaces/IRootRegistry.sol";
import {Claim} from "../libraries/Statement.sol";

/// @notice A membership token for everyone who meets the policy: one a person, and nobody learns whose is whose.
contract GatedMint is ERC721, EligibilityGate {
    bytes32 private constant LABEL = "mint";
    uint256 public minted;

    constructor(
        IRootRegistry registry,
        uint256 terms,
        Acceptance memory acceptance
    ) ERC721("Eligo Membership", "MEMBER") EligibilityGate(registry) {
        (acceptance.indexKind, acceptance.indexLimit) = (IndexKind.Count, 1);
        _setRule(LABEL, terms, acceptance);
    }

    /// @dev By anyone: the recipient is in the proof, so that a member needs no account of his own that has gas.
    function mint(address recipient, Claim calldata claim) external {
        _accept(LABEL, 0, keccak256(abi.encode(recipient)), claim);
        _mint(recipient, ++minted);
    }
}
