// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AttestationPayload} from "../../../contracts/adapters/interfaces/IVeraxModule.sol";
import {VeraxHost} from "./VeraxHost.sol";

/// @notice A portal that speaks for one attester, whoever calls, with the operations of Verax' portals.
contract PortalHost {
    VeraxHost private immutable VERAX;
    address private immutable ATTESTER = msg.sender;
    address[] private _modules;

    constructor(VeraxHost verax) {
        VERAX = verax;
    }

    /// @dev 0 = none.
    function setModule(address module) external {
        delete _modules;
        if (module != address(0)) _modules.push(module);
    }

    function attestAs(
        AttestationPayload calldata payload,
        bytes[] calldata validationPayloads,
        uint8 operationType
    ) external payable {
        VERAX.runModulesV2(_modules, payload, validationPayloads, msg.value, msg.sender, ATTESTER, operationType);
        VERAX.attest(payload, ATTESTER);
    }

    function bulkAttest(AttestationPayload[] calldata payloads, bytes[][] calldata validationPayloads) external {
        for (uint256 i = 0; i < payloads.length; ++i) {
            VERAX.runModulesV2(_modules, payloads[i], validationPayloads[i], 0, msg.sender, ATTESTER, 1);
        }
        for (uint256 i = 0; i < payloads.length; ++i) VERAX.attest(payloads[i], ATTESTER);
    }

    function revoke(uint256 id) external {
        VERAX.revoke(id);
    }
}
