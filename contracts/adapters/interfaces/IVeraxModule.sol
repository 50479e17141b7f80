// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {IAdapter} from "./IAdapter.sol";

/// @notice What is to be attested, as Verax' portals hand it on.
/// @param expirationDate Unix seconds; 0 = never.
/// @param subject Whom or what it is about: an address, a DID, anything.
struct AttestationPayload {
    bytes32 schemaId;
    uint64 expirationDate;
    bytes subject;
    bytes attestationData;
}

/// @title A Verax portal that attests only with the proof of an eligible person
/// @notice A module (version 2) of one portal. An attestation needs, as this module's validation payload, the claim of a
/// person who meets the policy. The claim's context is `computeContext(uint256(schemaId), keccak256(abi.encode(attester,
/// payload)))`: the whole payload, since a portal may have one attester for everybody who calls it, and then nothing else
/// would keep a copier from attesting other data with somebody's proof.
/// @dev A replacement is a new attestation and needs a claim as well. Portals don't run modules to revoke, so nothing here
/// can stand in a revocation's way.
interface IVeraxModule is IAdapter, IERC165 {
    /// @param nullifier Whose claim it was, as far as anybody knows.
    event AttestationAdmitted(bytes32 indexed schemaId, address indexed attester, bytes subject, uint256 nullifier);

    error WrongPortal(address expected, address portal);
    error UnknownOperation(uint8 operationType);

    /// @notice The portal whose attestations are judged.
    function PORTAL() external view returns (address);

    /// @notice Lets an attestation in, or reverts. Only the module registry may call, and only for the portal.
    /// @param initialCaller Who called the portal; anyone may.
    /// @param value The portal's affair: no coin reaches a module.
    /// @param attester Whom the portal gives as the attester.
    /// @param portal Who asked the module registry.
    /// @param operationType 0 attest, 1 attest many, 2 replace, 3 replace many. Another one is refused: nobody knows yet what it does.
    function run(
        AttestationPayload calldata attestationPayload,
        bytes calldata validationPayload,
        address initialCaller,
        uint256 value,
        address attester,
        address portal,
        uint8 operationType
    ) external;
}

/// @title What a portal calls of Verax: the registry that runs its modules
interface IVeraxModuleRegistry {
    function runModulesV2(
        address[] memory modulesAddresses,
        AttestationPayload memory attestationPayload,
        bytes[] memory validationPayloads,
        uint256 value,
        address initialCaller,
        address attester,
        uint8 operationType
    ) external;
}

/// @title What a portal calls of Verax: the registry of attestations
interface IVeraxAttestationRegistry {
    function attest(AttestationPayload calldata attestationPayload, address attester) external;
}
