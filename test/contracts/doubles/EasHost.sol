// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IEasResolver} from "../../../contracts/adapters/interfaces/IEasResolver.sol";

/// @notice EAS with its schema registry, as far as a resolver can tell: attestations are stored first, then the resolver is
/// asked, once for one and once for many; what it doesn't confirm is undone. Coins are passed on
/// only to a resolver that takes them.
contract EasHost {
    struct Record {
        IEasResolver resolver;
        bool revocable;
    }

    mapping(bytes32 uid => Record) public schemas;
    mapping(bytes32 uid => IEasResolver.Attestation) private _attestations;
    uint256 public count;

    error InvalidAttestation();
    error InvalidRevocation();
    error NotPayable();

    function register(string calldata schema, address resolver, bool revocable) external returns (bytes32 uid) {
        uid = keccak256(abi.encodePacked(schema, resolver, revocable));
        schemas[uid] = Record(IEasResolver(resolver), revocable);
    }

    function attest(bytes32 schema, address recipient, bytes calldata data) external payable returns (bytes32) {
        return _attest(schema, msg.sender, recipient, data);
    }

    /// @dev With the attester's signature, which is taken for granted here.
    function attestFor(address attester, bytes32 schema, address recipient, bytes calldata data) external payable {
        _attest(schema, attester, recipient, data);
    }

    function multiAttest(bytes32 schema, address[] calldata recipients, bytes[] calldata data) external {
        IEasResolver.Attestation[] memory made = new IEasResolver.Attestation[](data.length);
        for (uint256 i = 0; i < data.length; ++i) made[i] = _store(schema, msg.sender, recipients[i], data[i]);
        IEasResolver resolver = schemas[schema].resolver;
        if (address(resolver) == address(0)) return;
        if (!resolver.multiAttest(made, new uint256[](data.length))) revert InvalidAttestation();
    }

    function revoke(bytes32 uid) external payable {
        IEasResolver.Attestation memory attestation = _revoke(uid);
        _checkValue(attestation.schema);
        if (!schemas[attestation.schema].resolver.revoke(attestation)) revert InvalidRevocation();
    }

    /// @dev The resolver gets so little gas.
    function revokeWithGas(bytes32 uid, uint256 gasLimit) external {
        IEasResolver.Attestation memory attestation = _revoke(uid);
        bool valid = schemas[attestation.schema].resolver.revoke{gas: gasLimit}(attestation);
        if (!valid) revert InvalidRevocation();
    }

    function multiRevoke(bytes32[] calldata uids) external {
        IEasResolver.Attestation[] memory revoked = new IEasResolver.Attestation[](uids.length);
        for (uint256 i = 0; i < uids.length; ++i) revoked[i] = _revoke(uids[i]);
        bool valid = schemas[revoked[0].schema].resolver.multiRevoke(revoked, new uint256[](uids.length));
        if (!valid) revert InvalidRevocation();
    }

    function getAttestation(bytes32 uid) external view returns (IEasResolver.Attestation memory) {
        return _attestations[uid];
    }

    function _attest(
        bytes32 schema,
        address attester,
        address recipient,
        bytes calldata data
    ) private returns (bytes32) {
        IEasResolver.Attestation memory made = _store(schema, attester, recipient, data);
        _checkValue(schema);
        IEasResolver resolver = schemas[schema].resolver;
        if (address(resolver) != address(0) && !resolver.attest(made)) revert InvalidAttestation();
        return made.uid;
    }

    function _checkValue(bytes32 schema) private view {
        if (msg.value != 0 && !schemas[schema].resolver.isPayable()) revert NotPayable();
    }

    function _store(
        bytes32 schema,
        address attester,
        address recipient,
        bytes calldata data
    ) private returns (IEasResolver.Attestation memory made) {
        bytes32 uid = keccak256(abi.encode(schema, attester, recipient, data, ++count));
        uint64 time = uint64(block.timestamp);
        made = IEasResolver.Attestation(uid, schema, time, 0, 0, 0, recipient, attester, true, data);
        _attestations[uid] = made;
    }

    function _revoke(bytes32 uid) private returns (IEasResolver.Attestation memory) {
        IEasResolver.Attestation storage attestation = _attestations[uid];
        require(attestation.attester == msg.sender, "attester");
        require(attestation.revocationTime == 0, "revoked");
        attestation.revocationTime = uint64(block.timestamp);
        return attestation;
    }
}
