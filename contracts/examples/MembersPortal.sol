// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {VeraxModule} from "../adapters/VeraxModule.sol";
import {
    AttestationPayload,
    IVeraxAttestationRegistry,
    IVeraxModuleRegistry
} from "../adapters/interfaces/IVeraxModule.sol";
import {IEligibilityGate} from "../interfaces/IEligibilityGate.sol";
import {IRootRegistry} from "../interfaces/IRootRegistry.sol";

/// @notice A portal of Verax through which whoever meets the policy can attest, from any account. It is what Verax' own
/// abstract portal does for an attestation; inherit from that, so that Verax takes it into its registry.
contract MembersPortal {
    IVeraxModuleRegistry public immutable MODULES;
    IVeraxAttestationRegistry public immutable ATTESTATIONS;
    VeraxModule public immutable MODULE;

    constructor(
        IVeraxModuleRegistry modules,
        IVeraxAttestationRegistry attestations,
        IRootRegistry registry,
        uint256 terms,
        IEligibilityGate.Acceptance memory acceptance
    ) {
        (MODULES, ATTESTATIONS) = (modules, attestations);
        MODULE = new VeraxModule(registry, address(modules), address(this), terms, acceptance);
    }

    function attest(AttestationPayload calldata payload, bytes[] calldata validationPayloads) external {
        address[] memory modules = new address[](1);
        modules[0] = address(MODULE);
        MODULES.runModulesV2(modules, payload, validationPayloads, 0, msg.sender, msg.sender, 0);
        ATTESTATIONS.attest(payload, msg.sender);
    }
}
