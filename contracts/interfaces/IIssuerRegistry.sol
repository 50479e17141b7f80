// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";

/// @title Issuers, who acts for them, and the schemas they attest under
/// @notice Anyone may register an issuer. Nobody stands above an issuer: its owners alone hand out its roles, by
/// `grantRole` and `revokeRole` of IAccessControl with the role ids below.
///
/// | role | may |
/// |---|---|
/// | owner | hand out the issuer's roles, anchor schemas, create trees, join and leave lists, freeze and unfreeze |
/// | publisher | publish roots |
/// | guardian | freeze a tree |
interface IIssuerRegistry is IAccessControl {
    /// @notice What is known on-chain of a schema that an issuer anchored.
    /// @param anchoredAt Unix seconds; 0 = not anchored.
    /// @param supersedes The schema that this one replaces, 0 = none.
    /// @param supersededBy The schema that replaced this one, 0 = none.
    struct SchemaRecord {
        uint40 anchoredAt;
        uint256 supersedes;
        uint256 supersededBy;
    }

    event IssuerRegistered(uint64 indexed issuerId, address indexed owner, string uri);
    event SchemaAnchored(
        uint64 indexed issuerId,
        uint256 indexed schemaId,
        uint256 indexed supersedes,
        bytes32 documentHash,
        string uri
    );

    error InvalidOwner(address owner);
    error UnknownSchema(uint64 issuerId, uint256 schemaId);
    error SchemaAlreadyAnchored(uint64 issuerId, uint256 schemaId);
    error SchemaSuperseded(uint64 issuerId, uint256 schemaId, uint256 supersededBy);

    /// @notice Registers an issuer with one owner.
    /// @param owner A person, a multisig or a timelock.
    /// @param uri Where the issuer describes itself.
    /// @return issuerId Counted from 1.
    function registerIssuer(address owner, string calldata uri) external returns (uint64 issuerId);

    /// @notice Says, for good, that this issuer attests under a schema. By an owner of the issuer.
    /// @param documentHash keccak256 of the schema document in JCS; the schema's id is its upper 248 bits.
    /// @param supersedes A schema of the same issuer that this one replaces, or 0.
    /// @param uri Where the document can be read.
    function anchorSchema(
        uint64 issuerId,
        bytes32 documentHash,
        uint256 supersedes,
        string calldata uri
    ) external returns (uint256 schemaId);

    /// @notice How many issuers there are; ids run from 1 to this number.
    function issuerCount() external view returns (uint64);

    /// @notice What is known of an issuer's schema; all zero where it didn't anchor it.
    function getSchema(uint64 issuerId, uint256 schemaId) external view returns (SchemaRecord memory);

    function isOwner(uint64 issuerId, address account) external view returns (bool);

    function isPublisher(uint64 issuerId, address account) external view returns (bool);

    function isGuardian(uint64 issuerId, address account) external view returns (bool);

    /// @notice The role's name in ASCII, then the issuer's id in the last eight bytes: readable in any log.
    function ownerRole(uint64 issuerId) external pure returns (bytes32);

    /// @notice See `ownerRole`.
    function publisherRole(uint64 issuerId) external pure returns (bytes32);

    /// @notice See `ownerRole`.
    function guardianRole(uint64 issuerId) external pure returns (bytes32);
}
