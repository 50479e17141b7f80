// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {IIssuerRegistry} from "./interfaces/IIssuerRegistry.sol";

/// @title IssuerRegistry
/// @notice See IIssuerRegistry.
/// @dev The roles are OpenZeppelin's. Nobody ever holds DEFAULT_ADMIN_ROLE; each issuer's owner role administers
/// itself and the issuer's two other roles, and none of another issuer.
contract IssuerRegistry is IIssuerRegistry, AccessControl {
    bytes32 private constant OWNER = "eligo/owner";
    bytes32 private constant PUBLISHER = "eligo/publisher";
    bytes32 private constant GUARDIAN = "eligo/guardian";

    /// @inheritdoc IIssuerRegistry
    uint64 public issuerCount;

    mapping(uint64 issuerId => mapping(uint256 schemaId => SchemaRecord)) private _schemas;

    /// @inheritdoc IIssuerRegistry
    function registerIssuer(address owner, string calldata uri) external returns (uint64 issuerId) {
        // Check
        if (owner == address(0)) revert InvalidOwner(owner);

        // Effect
        issuerId = ++issuerCount;
        bytes32 role = ownerRole(issuerId);
        _setRoleAdmin(role, role);
        _setRoleAdmin(publisherRole(issuerId), role);
        _setRoleAdmin(guardianRole(issuerId), role);
        emit IssuerRegistered(issuerId, owner, uri);
        _grantRole(role, owner);
    }

    /// @inheritdoc IIssuerRegistry
    function anchorSchema(
        uint64 issuerId,
        bytes32 documentHash,
        uint256 supersedes,
        string calldata uri
    ) external onlyRole(ownerRole(issuerId)) returns (uint256 schemaId) {
        // Check
        schemaId = uint256(documentHash) >> 8;
        SchemaRecord storage schema = _schemas[issuerId][schemaId];
        if (schema.anchoredAt != 0) revert SchemaAlreadyAnchored(issuerId, schemaId);

        // Effect
        schema.anchoredAt = uint40(block.timestamp);
        if (supersedes != 0) _supersede(issuerId, supersedes, schemaId);
        emit SchemaAnchored(issuerId, schemaId, supersedes, documentHash, uri);
    }

    /// @inheritdoc IIssuerRegistry
    function getSchema(uint64 issuerId, uint256 schemaId) external view returns (SchemaRecord memory) {
        return _schemas[issuerId][schemaId];
    }

    /// @inheritdoc IIssuerRegistry
    function isOwner(uint64 issuerId, address account) external view returns (bool) {
        return hasRole(ownerRole(issuerId), account);
    }

    /// @inheritdoc IIssuerRegistry
    function isPublisher(uint64 issuerId, address account) external view returns (bool) {
        return hasRole(publisherRole(issuerId), account);
    }

    /// @inheritdoc IIssuerRegistry
    function isGuardian(uint64 issuerId, address account) external view returns (bool) {
        return hasRole(guardianRole(issuerId), account);
    }

    /// @inheritdoc IIssuerRegistry
    function ownerRole(uint64 issuerId) public pure returns (bytes32) {
        return OWNER | bytes32(uint256(issuerId));
    }

    /// @inheritdoc IIssuerRegistry
    function publisherRole(uint64 issuerId) public pure returns (bytes32) {
        return PUBLISHER | bytes32(uint256(issuerId));
    }

    /// @inheritdoc IIssuerRegistry
    function guardianRole(uint64 issuerId) public pure returns (bytes32) {
        return GUARDIAN | bytes32(uint256(issuerId));
    }

    /// @dev Links two schemas of one issuer. A schema is superseded once: its successors form a chain, never a tree.
    function _supersede(uint64 issuerId, uint256 older, uint256 newer) private {
        SchemaRecord storage schema = _schemas[issuerId][older];
        if (schema.anchoredAt == 0 || older == newer) revert UnknownSchema(issuerId, older);
        if (schema.supersededBy != 0) revert SchemaSuperseded(issuerId, older, schema.supersededBy);
        schema.supersededBy = newer;
        _schemas[issuerId][newer].supersedes = older;
    }
}
