// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {IRootRegistry} from "../interfaces/IRootRegistry.sol";
import {ClaimBytes} from "../libraries/ClaimBytes.sol";
import {Claim} from "../libraries/Statement.sol";
import {Adapter} from "./Adapter.sol";
import {AttestationPayload, IVeraxModule} from "./interfaces/IVeraxModule.sol";

/// @title VeraxModule
/// @notice See IVeraxModule.
contract VeraxModule is IVeraxModule, Adapter {
    using ClaimBytes for bytes;

    /// @dev What Verax asks a module for: of its abstract module, which declares both functions, the ERC-165 identifier.
    bytes4 private constant MODULE_ID = IVeraxModule.run.selector ^ IERC165.supportsInterface.selector;

    uint8 private constant LAST_OPERATION = 3;

    /// @inheritdoc IVeraxModule
    address public immutable PORTAL;

    /// @param portal May be yet to come: a portal can make its module while it is made itself.
    constructor(
        IRootRegistry registry,
        address moduleRegistry,
        address portal,
        uint256 terms,
        Acceptance memory acceptance
    ) Adapter(registry, moduleRegistry, terms, acceptance) {
        PORTAL = portal;
    }

    /// @inheritdoc IVeraxModule
    function run(
        AttestationPayload calldata attestationPayload,
        bytes calldata validationPayload,
        address,
        uint256,
        address attester,
        address portal,
        uint8 operationType
    ) external {
        // Check
        _checkCaller();
        if (portal != PORTAL) revert WrongPortal(PORTAL, portal);
        if (operationType > LAST_OPERATION) revert UnknownOperation(operationType);
        if (validationPayload.count() != 1) revert MalformedClaims(validationPayload.length);
        Claim calldata claim = validationPayload.claimAt(0);

        // Effect
        bytes32 schemaId = attestationPayload.schemaId;
        _accept(LABEL, uint256(schemaId), keccak256(abi.encode(attester, attestationPayload)), claim);
        emit AttestationAdmitted(schemaId, attester, attestationPayload.subject, claim.statement.nullifier);
    }

    /// @inheritdoc IERC165
    function supportsInterface(bytes4 interfaceId) external pure returns (bool) {
        return interfaceId == MODULE_ID || interfaceId == type(IERC165).interfaceId;
    }
}
