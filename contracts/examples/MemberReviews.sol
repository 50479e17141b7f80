// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {EasResolver} from "../adapters/EasResolver.sol";
import {IEasSchemaRegistry} from "../adapters/interfaces/IEasResolver.sol";
import {IEligibilityGate} from "../interfaces/IEligibilityGate.sol";
import {IRootRegistry} from "../interfaces/IRootRegistry.sol";

/// @notice A schema of EAS under which whoever meets the policy can review somebody, from any account.
contract MemberReviews {
    string public constant SCHEMA_FIELDS =
        "uint256 nullifier,uint256 root,uint256 policy,uint96 disclosed,uint32 shown,uint40 checkedAt,"
        "uint256 context,uint256[8] proof,string review";

    EasResolver public immutable RESOLVER;
    bytes32 public immutable SCHEMA;

    constructor(
        address eas,
        IEasSchemaRegistry schemaRegistry,
        IRootRegistry registry,
        uint256 terms,
        IEligibilityGate.Acceptance memory acceptance
    ) {
        RESOLVER = new EasResolver(registry, eas, terms, acceptance);
        SCHEMA = schemaRegistry.register(SCHEMA_FIELDS, address(RESOLVER), true);
    }
}
