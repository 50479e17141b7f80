// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @dev What an import reads of other systems: their events and structs as published, and whatever a test puts in.

/// @notice Stands in for EAS and, at the same address, for its schema registry.
contract EasDouble {
    struct Attestation {
        bytes32 uid;
        bytes32 schema;
        uint64 time;
        uint64 expirationTime;
        uint64 revocationTime;
        bytes32 refUID;
        address recipient;
        address attester;
        bool revocable;
        bytes data;
    }

    struct SchemaRecord {
        bytes32 uid;
        address resolver;
        bool revocable;
        string schema;
    }

    event Attested(address indexed recipient, address indexed attester, bytes32 uid, bytes32 indexed schemaUID);
    event Revoked(address indexed recipient, address indexed attester, bytes32 uid, bytes32 indexed schemaUID);

    mapping(bytes32 uid => Attestation) private _attestations;
    mapping(bytes32 uid => SchemaRecord) private _schemas;

    function attest(Attestation[] calldata attestations) external {
        for (uint256 i = 0; i < attestations.length; ++i) {
            Attestation calldata made = attestations[i];
            _attestations[made.uid] = made;
            emit Attested(made.recipient, made.attester, made.uid, made.schema);
        }
    }

    function revoke(bytes32 uid) external {
        Attestation storage held = _attestations[uid];
        held.revocationTime = uint64(block.timestamp);
        emit Revoked(held.recipient, held.attester, uid, held.schema);
    }

    function register(string calldata schema, address resolver, bool revocable) external {
        bytes32 uid = keccak256(abi.encodePacked(schema, resolver, revocable));
        _schemas[uid] = SchemaRecord(uid, resolver, revocable, schema);
    }

    function getAttestation(bytes32 uid) external view returns (Attestation memory) {
        return _attestations[uid];
    }

    function getSchemaRegistry() external view returns (address) {
        return address(this);
    }

    function getSchema(bytes32 uid) external view returns (SchemaRecord memory) {
        return _schemas[uid];
    }
}

/// @notice Stands in for Sign Protocol.
contract SignProtocolDouble {
    enum DataLocation {
        ONCHAIN,
        ARWEAVE,
        IPFS,
        CUSTOM
    }

    struct Attestation {
        uint64 schemaId;
        uint64 linkedAttestationId;
        uint64 attestTimestamp;
        uint64 revokeTimestamp;
        address attester;
        uint64 validUntil;
        DataLocation dataLocation;
        bool revoked;
        bytes[] recipients;
        bytes data;
    }

    struct Schema {
        address registrant;
        bool revocable;
        DataLocation dataLocation;
        uint64 maxValidFor;
        address hook;
        uint64 timestamp;
        string data;
    }

    event AttestationMade(uint64 attestationId, string indexingKey);
    event AttestationRevoked(uint64 attestationId, string reason);

    uint64 private _attested;
    uint64 private _registered;
    mapping(uint64 attestationId => Attestation) private _attestations;
    mapping(uint64 schemaId => Schema) private _schemas;

    function attest(Attestation[] calldata attestations, string calldata indexingKey) external {
        for (uint256 i = 0; i < attestations.length; ++i) {
            uint64 id = ++_attested;
            Attestation storage held = _attestations[id];
            Attestation calldata made = attestations[i];
            held.schemaId = made.schemaId;
            held.linkedAttestationId = made.linkedAttestationId;
            held.attestTimestamp = uint64(block.timestamp);
            held.attester = made.attester;
            held.validUntil = made.validUntil;
            held.dataLocation = made.dataLocation;
            held.revoked = made.revoked;
            for (uint256 k = 0; k < made.recipients.length; ++k) {
                held.recipients.push(made.recipients[k]);
            }
            held.data = made.data;
            emit AttestationMade(id, indexingKey);
        }
    }

    function revoke(uint64 attestationId, string calldata reason) external {
        Attestation storage held = _attestations[attestationId];
        held.revoked = true;
        held.revokeTimestamp = uint64(block.timestamp);
        emit AttestationRevoked(attestationId, reason);
    }

    function register(Schema calldata schema) external {
        _schemas[++_registered] = schema;
    }

    function getAttestation(uint64 attestationId) external view returns (Attestation memory) {
        return _attestations[attestationId];
    }

    function getSchema(uint64 schemaId) external view returns (Schema memory) {
        return _schemas[schemaId];
    }
}

/// @notice Stands in for Verax' attestation registry and, at the same address, for its router and its schema registry.
contract VeraxDouble {
    struct Attestation {
        bytes32 attestationId;
        bytes32 schemaId;
        bytes32 replacedBy;
        address attester;
        address portal;
        uint64 attestedDate;
        uint64 expirationDate;
        uint64 revocationDate;
        uint16 version;
        bool revoked;
        bytes subject;
        bytes attestationData;
    }

    struct Schema {
        string name;
        string description;
        string context;
        string schema;
    }

    error AttestationNotAttested();
    error SchemaNotRegistered();

    event AttestationRegistered(bytes32 indexed attestationId);
    event AttestationRevoked(bytes32 attestationId);
    event AttestationReplaced(bytes32 attestationId, bytes32 replacedBy);

    /// @dev What ids on some chains begin with.
    uint256 private immutable _chainPrefix;
    uint32 private _attested;
    mapping(bytes32 attestationId => Attestation) private _attestations;
    mapping(bytes32 schemaId => Schema) private _schemas;

    constructor(uint256 chainPrefix) {
        _chainPrefix = chainPrefix;
    }

    function attest(Attestation[] calldata attestations) external {
        for (uint256 i = 0; i < attestations.length; ++i) _attest(attestations[i]);
    }

    function revoke(bytes32 attestationId) external {
        _revoke(attestationId);
    }

    function replace(bytes32 attestationId, Attestation calldata attestation) external {
        bytes32 replacedBy = _attest(attestation);
        _revoke(attestationId);
        _attestations[attestationId].replacedBy = replacedBy;
        emit AttestationReplaced(attestationId, replacedBy);
    }

    function createSchema(string calldata schema) external {
        _schemas[keccak256(bytes(schema))] = Schema("A schema", "", "", schema);
    }

    function router() external view returns (address) {
        return address(this);
    }

    function getSchemaRegistry() external view returns (address) {
        return address(this);
    }

    function getSchema(bytes32 schemaId) external view returns (Schema memory) {
        if (bytes(_schemas[schemaId].name).length == 0) revert SchemaNotRegistered();
        return _schemas[schemaId];
    }

    function getAttestation(bytes32 attestationId) external view returns (Attestation memory) {
        if (_attestations[attestationId].attestationId == 0) revert AttestationNotAttested();
        return _attestations[attestationId];
    }

    function _attest(Attestation calldata attestation) private returns (bytes32 id) {
        id = bytes32(_chainPrefix + ++_attested);
        _attestations[id] = attestation;
        _attestations[id].attestationId = id;
        emit AttestationRegistered(id);
    }

    function _revoke(bytes32 attestationId) private {
        _attestations[attestationId].revoked = true;
        _attestations[attestationId].revocationDate = uint64(block.timestamp);
        emit AttestationRevoked(attestationId);
    }
}
