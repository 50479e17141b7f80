// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {TokenTableHook} from "../adapters/TokenTableHook.sol";
import {ITokenTableUnlocker} from "../adapters/interfaces/ITokenTableHook.sol";
import {IEligibilityGate} from "../interfaces/IEligibilityGate.sol";
import {IRootRegistry} from "../interfaces/IRootRegistry.sol";

/// @notice The last owner of a TokenTable unlocker: once it owns it and `install` was called, only verified recipients are
/// paid, and nobody can take the hook away, cancel a schedule or withdraw the deposit any more.
contract VerifiedUnlocks {
    ITokenTableUnlocker public immutable UNLOCKER;
    TokenTableHook public immutable HOOK;

    constructor(
        ITokenTableUnlocker unlocker,
        IRootRegistry registry,
        uint256 terms,
        IEligibilityGate.Acceptance memory acceptance
    ) {
        UNLOCKER = unlocker;
        HOOK = new TokenTableHook(registry, address(unlocker), terms, acceptance);
    }

    function install() external {
        UNLOCKER.setHook(address(HOOK));
    }
}
