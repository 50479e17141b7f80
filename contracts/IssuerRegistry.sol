// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IIssuerRegistry} from "./interfaces/IIssuerRegistry.sol";
import {Reason} from "./interfaces/Reason.sol";

/// @title IssuerRegistry
/// @notice See IIssuerRegistry.
contract IssuerRegistry is IIssuerRegistry {
    /// @inheritdoc IIssuerRegistry
    uint64 public issuerCount;

    /// @inheritdoc IIssuerRegistry
    mapping(uint64 issuerId => uint64) public ownerCount;

    /// @dev A bit for each role, at the role's number.
    mapping(uint64 issuerId => mapping(address account => uint256 roles)) private _roles;
    mapping(uint64 issuerId => Offer) private _offers;
    mapping(uint64 issuerId => mapping(uint256 schemaId => SchemaRecord)) private _schemas;

    modifier onlyOwner(uint64 issuerId) {
        // An issuer that doesn't exist has no owner.
        if (!_holds(issuerId, Role.Owner, msg.sender)) revert NotOwner(issuerId, msg.sender);
        _;
    }

    /// @inheritdoc IIssuerRegistry
    function registerIssuer(address owner, string calldata uri) external returns (uint64 issuerId) {
        issuerId = ++issuerCount;
        emit IssuerRegistered(issuerId, owner, uri);
        _grant(issuerId, Role.Owner, owner, msg.sender, Reason.Planned, 0);
    }

    /// @inheritdoc IIssuerRegistry
    function grantRole(
        uint64 issuerId,
        Role role,
        address account,
        Reason reason,
        bytes32 evidence
    ) external onlyOwner(issuerId) {
        // Check
        if (role == Role.Owner) revert OwnerMustAccept(issuerId, account);

        // Effect
        _grant(issuerId, role, account, msg.sender, reason, evidence);
    }

    /// @inheritdoc IIssuerRegistry
    function revokeRole(
        uint64 issuerId,
        Role role,
        address account,
        Reason reason,
        bytes32 evidence
    ) external onlyOwner(issuerId) {
        _revoke(issuerId, role, account, msg.sender, reason, evidence);
    }

    /// @inheritdoc IIssuerRegistry
    function renounceRole(uint64 issuerId, Role role, Reason reason, bytes32 evidence) external {
        _revoke(issuerId, role, msg.sender, msg.sender, reason, evidence);
    }

    /// @inheritdoc IIssuerRegistry
    function rotateKey(
        uint64 issuerId,
        Role role,
        address from,
        address to,
        Reason reason,
        bytes32 evidence
    ) external onlyOwner(issuerId) {
        // Check
        if (role == Role.Owner) revert OwnerMustAccept(issuerId, to);
        if (!_holds(issuerId, role, from)) revert NotHeld(issuerId, role, from);

        // Effect: the new key first, so that one can't take its own place.
        _grant(issuerId, role, to, msg.sender, reason, evidence);
        _revoke(issuerId, role, from, msg.sender, reason, evidence);
    }

    /// @inheritdoc IIssuerRegistry
    function offerOwnership(
        uint64 issuerId,
        address account,
        bool replaces,
        Reason reason,
        bytes32 evidence
    ) external onlyOwner(issuerId) {
        // Check
        if (_holds(issuerId, Role.Owner, account)) revert AlreadyHeld(issuerId, Role.Owner, account);

        // Effect
        if (account == address(0)) delete _offers[issuerId];
        else _offers[issuerId] = Offer(account, replaces, reason, msg.sender, evidence);
        emit OwnershipOffered(issuerId, account, msg.sender, replaces, reason, evidence);
    }

    /// @inheritdoc IIssuerRegistry
    function acceptOwnership(uint64 issuerId) external {
        // Check
        Offer memory offer = _offers[issuerId];
        if (offer.account != msg.sender) revert NotOffered(issuerId, msg.sender);

        // Effect
        delete _offers[issuerId];
        emit OwnershipAccepted(issuerId, msg.sender, offer.by);
        _grant(issuerId, Role.Owner, msg.sender, offer.by, offer.reason, offer.evidence);
        if (offer.replaces) _revoke(issuerId, Role.Owner, offer.by, offer.by, offer.reason, offer.evidence);
    }

    /// @inheritdoc IIssuerRegistry
    function anchorSchema(
        uint64 issuerId,
        bytes32 documentHash,
        uint256 supersedes,
        string calldata uri
    ) external onlyOwner(issuerId) returns (uint256 schemaId) {
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
    function getOffer(uint64 issuerId) external view returns (Offer memory) {
        return _offers[issuerId];
    }

    /// @inheritdoc IIssuerRegistry
    function getSchema(uint64 issuerId, uint256 schemaId) external view returns (SchemaRecord memory) {
        return _schemas[issuerId][schemaId];
    }

    /// @inheritdoc IIssuerRegistry
    function isOwner(uint64 issuerId, address account) external view returns (bool) {
        return _holds(issuerId, Role.Owner, account);
    }

    /// @inheritdoc IIssuerRegistry
    function isPublisher(uint64 issuerId, address account) external view returns (bool) {
        return _holds(issuerId, Role.Publisher, account);
    }

    /// @inheritdoc IIssuerRegistry
    function isGuardian(uint64 issuerId, address account) external view returns (bool) {
        return _holds(issuerId, Role.Guardian, account);
    }

    function _grant(uint64 issuerId, Role role, address account, address by, Reason reason, bytes32 evidence) private {
        // Check
        if (account == address(0)) revert InvalidAccount(account);
        if (_holds(issuerId, role, account)) revert AlreadyHeld(issuerId, role, account);

        // Effect
        _roles[issuerId][account] |= _bitOf(role);
        if (role == Role.Owner) ++ownerCount[issuerId];
        emit RoleGranted(issuerId, role, account, by, reason, evidence);
    }

    function _revoke(uint64 issuerId, Role role, address account, address by, Reason reason, bytes32 evidence) private {
        // Check
        if (!_holds(issuerId, role, account)) revert NotHeld(issuerId, role, account);
        if (role == Role.Owner && ownerCount[issuerId] == 1) revert LastOwner(issuerId, account);

        // Effect
        _roles[issuerId][account] &= ~_bitOf(role);
        emit RoleRevoked(issuerId, role, account, by, reason, evidence);
        if (role != Role.Owner) return;
        --ownerCount[issuerId];
        // A thief's offer must not outlive the thief's ownership.
        if (_offers[issuerId].by != account) return;
        delete _offers[issuerId];
        emit OwnershipOffered(issuerId, address(0), by, false, reason, evidence);
    }

    /// @dev Links two schemas of one issuer. A schema is superseded once: its successors form a chain, never a tree.
    function _supersede(uint64 issuerId, uint256 older, uint256 newer) private {
        SchemaRecord storage schema = _schemas[issuerId][older];
        if (schema.anchoredAt == 0 || older == newer) revert UnknownSchema(issuerId, older);
        if (schema.supersededBy != 0) revert SchemaSuperseded(issuerId, older, schema.supersededBy);
        schema.supersededBy = newer;
        _schemas[issuerId][newer].supersedes = older;
    }

    function _holds(uint64 issuerId, Role role, address account) private view returns (bool) {
        return _roles[issuerId][account] & _bitOf(role) != 0;
    }

    function _bitOf(Role role) private pure returns (uint256) {
        return 1 << uint256(role);
    }
}
