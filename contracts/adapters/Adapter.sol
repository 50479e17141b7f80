// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {EligibilityGate} from "../EligibilityGate.sol";
import {IRootRegistry} from "../interfaces/IRootRegistry.sol";
import {IAdapter} from "./interfaces/IAdapter.sol";

/// @title What all adapters are: a gate with one rule and one host
abstract contract Adapter is IAdapter, EligibilityGate {
    /// @inheritdoc IAdapter
    bytes32 public constant LABEL = "adapter";

    /// @inheritdoc IAdapter
    address public immutable HOST;

    /// @param host The other system's contract, which must be there: a mistyped address would close the gate for good.
    /// @param terms H_15 of the policy's fifteen terms; publish the document.
    constructor(
        IRootRegistry registry,
        address host,
        uint256 terms,
        Acceptance memory acceptance
    ) EligibilityGate(registry) {
        if (host.code.length == 0) revert NoHost(host);
        HOST = host;
        _setRule(LABEL, terms, acceptance);
    }

    /// @dev Refuses a call that isn't the host's: anybody else could spend a holder's nullifier for nothing.
    function _checkCaller() internal view {
        if (msg.sender != HOST) revert WrongCaller(HOST, msg.sender);
    }
}
