// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Reason} from "./Reason.sol";

/// @title Issuers, who acts for them, and the schemas they attest under
/// @notice Anyone may register an issuer. Nobody stands above an issuer: its owners alone hand out its roles. An owner
/// may be a person, a multisig or a timelock.
///
/// | role | may |
/// |---|---|
/// | owner | hand out the issuer's roles, anchor schemas, create trees, join and leave lists, freeze and unfreeze |
/// | publisher | publish roots |
/// | guardian | freeze a tree |
///
/// @dev These are not the roles of OpenZeppelin's AccessControl: its three functions take no reason, give the owner role
/// to whoever is named, and let the last owner go. Here ownership is offered and accepted, so that an offer to a wrong
/// address does nothing; and an issuer that has an owner keeps one.
interface IIssuerRegistry {
    enum Role {
        Owner,
        Publisher,
        Guardian
    }

    /// @notice Ownership that waits to be accepted; all zero = none does.
    /// @param account Who may accept.
    /// @param replaces Whether who offers is an owner no longer once it is accepted.
    /// @param by Who offers.
    struct Offer {
        address account;
        bool replaces;
        Reason reason;
        address by;
        bytes32 evidence;
    }

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
    /// @param by Whose decision it is: who offered, where ownership was accepted.
    event RoleGranted(
        uint64 indexed issuerId,
        Role indexed role,
        address indexed account,
        address by,
        Reason reason,
        bytes32 evidence
    );
    /// @param by See RoleGranted; the account itself where it renounced.
    event RoleRevoked(
        uint64 indexed issuerId,
        Role indexed role,
        address indexed account,
        address by,
        Reason reason,
        bytes32 evidence
    );
    /// @notice Whatever was offered before is not any more. An offer to 0 is none.
    event OwnershipOffered(
        uint64 indexed issuerId,
        address indexed account,
        address indexed by,
        bool replaces,
        Reason reason,
        bytes32 evidence
    );
    event OwnershipAccepted(uint64 indexed issuerId, address indexed account, address indexed from);
    event SchemaAnchored(
        uint64 indexed issuerId,
        uint256 indexed schemaId,
        uint256 indexed supersedes,
        bytes32 documentHash,
        string uri
    );

    error NotOwner(uint64 issuerId, address account);
    error InvalidAccount(address account);
    error AlreadyHeld(uint64 issuerId, Role role, address account);
    error NotHeld(uint64 issuerId, Role role, address account);
    /// @notice Ownership can't be given, only offered.
    error OwnerMustAccept(uint64 issuerId, address account);
    error NotOffered(uint64 issuerId, address account);
    error LastOwner(uint64 issuerId, address account);
    error UnknownSchema(uint64 issuerId, uint256 schemaId);
    error SchemaAlreadyAnchored(uint64 issuerId, uint256 schemaId);
    error SchemaSuperseded(uint64 issuerId, uint256 schemaId, uint256 supersededBy);

    /// @notice Registers an issuer with one owner.
    /// @param owner A person, a multisig or a timelock.
    /// @param uri Where the issuer describes itself.
    /// @return issuerId Counted from 1.
    function registerIssuer(address owner, string calldata uri) external returns (uint64 issuerId);

    /// @notice Makes an account a publisher or a guardian. By an owner.
    function grantRole(uint64 issuerId, Role role, address account, Reason reason, bytes32 evidence) external;

    /// @notice Takes a role from an account, the owner role too, but not from the last owner. By an owner.
    /// @dev What a publisher published stands: only a freeze or a correction voids it. What somebody offered who is an
    /// owner no longer can't be accepted.
    function revokeRole(uint64 issuerId, Role role, address account, Reason reason, bytes32 evidence) external;

    /// @notice Gives up a role of one's own, but not as the last owner. By whoever has it.
    function renounceRole(uint64 issuerId, Role role, Reason reason, bytes32 evidence) external;

    /// @notice Puts one key in the place of another, of a publisher or a guardian. By an owner.
    function rotateKey(uint64 issuerId, Role role, address from, address to, Reason reason, bytes32 evidence) external;

    /// @notice Offers ownership; nothing changes until the account accepts. A later offer, by any owner, takes the place
    /// of an earlier one, and one to 0 withdraws it. By an owner.
    /// @param replaces Whether the sender hands its own ownership over, or shares it.
    function offerOwnership(uint64 issuerId, address account, bool replaces, Reason reason, bytes32 evidence) external;

    /// @notice Becomes an owner. By the account to which ownership is offered.
    function acceptOwnership(uint64 issuerId) external;

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

    /// @notice How many owners an issuer has; 0 only where there is no such issuer.
    function ownerCount(uint64 issuerId) external view returns (uint64);

    /// @notice The ownership that waits to be accepted.
    function getOffer(uint64 issuerId) external view returns (Offer memory);

    /// @notice What is known of an issuer's schema; all zero where it didn't anchor it.
    function getSchema(uint64 issuerId, uint256 schemaId) external view returns (SchemaRecord memory);

    function isOwner(uint64 issuerId, address account) external view returns (bool);

    function isPublisher(uint64 issuerId, address account) external view returns (bool);

    function isGuardian(uint64 issuerId, address account) external view returns (bool);
}
