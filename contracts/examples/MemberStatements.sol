// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {SignProtocolHook} from "../adapters/SignProtocolHook.sol";
import {ISignProtocol} from "../adapters/interfaces/ISignProtocolHook.sol";
import {IEligibilityGate} from "../interfaces/IEligibilityGate.sol";
import {IRootRegistry} from "../interfaces/IRootRegistry.sol";

/// @notice A schema of Sign Protocol under which whoever meets the policy can make a statement, from any account.
contract MemberStatements {
    SignProtocolHook public immutable HOOK;
    uint64 public immutable SCHEMA_ID;

    constructor(
        ISignProtocol signProtocol,
        IRootRegistry registry,
        uint256 terms,
        IEligibilityGate.Acceptance memory acceptance
    ) {
        HOOK = new SignProtocolHook(registry, address(signProtocol), terms, acceptance);
        SCHEMA_ID = signProtocol.register(
            ISignProtocol.Schema(address(this), true, 0, 0, address(HOOK), 0, "string statement"),
            ""
        );
    }
}
