// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ISignProtocol, ISignProtocolHook} from "../../../contracts/adapters/interfaces/ISignProtocolHook.sol";

/// @notice Sign Protocol as far as a hook can tell: it is called last, if the schema names one, with the attester on record,
/// not the sender; a batch hands every attestation the same extra data.
contract SignProtocolHost is ISignProtocol {
    struct Record {
        uint64 schemaId;
        address attester;
        bool revoked;
    }

    mapping(uint64 => Schema) private _schemas;
    mapping(uint64 => Record) public records;
    uint64 public schemaCounter = 1;
    uint64 public attestationCounter = 1;

    function register(Schema memory schema, bytes calldata) external returns (uint64 schemaId) {
        require(schema.registrant == msg.sender, "registrant");
        schemaId = schemaCounter++;
        _schemas[schemaId] = schema;
    }

    function attest(uint64 schemaId, uint256 fee, bytes calldata extraData) external payable {
        (ISignProtocolHook hook, uint64 id) = _record(schemaId, msg.sender);
        if (address(hook) != address(0)) hook.didReceiveAttestation{value: fee}(msg.sender, schemaId, id, extraData);
    }

    /// @dev With the attester's signature, which is taken for granted here.
    function attestFor(address attester, uint64 schemaId, bytes calldata extraData) external {
        (ISignProtocolHook hook, uint64 id) = _record(schemaId, attester);
        hook.didReceiveAttestation(attester, schemaId, id, extraData);
    }

    function attestWithToken(uint64 schemaId, IERC20 token, uint256 amount, bytes calldata extraData) external {
        (ISignProtocolHook hook, uint64 id) = _record(schemaId, msg.sender);
        hook.didReceiveAttestation(msg.sender, schemaId, id, token, amount, extraData);
    }

    function attestBatch(uint64[] calldata schemaIds, bytes calldata extraData) external {
        for (uint256 i = 0; i < schemaIds.length; ++i) {
            (ISignProtocolHook hook, uint64 id) = _record(schemaIds[i], msg.sender);
            hook.didReceiveAttestation(msg.sender, schemaIds[i], id, extraData);
        }
    }

    function revoke(uint64 id, uint256 fee, bytes calldata extraData) external payable {
        (ISignProtocolHook hook, address attester, uint64 schemaId) = _revoke(id);
        hook.didReceiveRevocation{value: fee}(attester, schemaId, id, extraData);
    }

    function revokeWithToken(uint64 id, IERC20 token, uint256 amount, bytes calldata extraData) external {
        (ISignProtocolHook hook, address attester, uint64 schemaId) = _revoke(id);
        hook.didReceiveRevocation(attester, schemaId, id, token, amount, extraData);
    }

    /// @dev The hook gets so little gas.
    function revokeWithGas(uint64 id, uint256 gasLimit, bytes calldata extraData) external {
        (ISignProtocolHook hook, address attester, uint64 schemaId) = _revoke(id);
        hook.didReceiveRevocation{gas: gasLimit}(attester, schemaId, id, extraData);
    }

    function _record(uint64 schemaId, address attester) private returns (ISignProtocolHook hook, uint64 id) {
        id = attestationCounter++;
        records[id] = Record(schemaId, attester, false);
        hook = ISignProtocolHook(_schemas[schemaId].hook);
    }

    function _revoke(uint64 id) private returns (ISignProtocolHook hook, address attester, uint64 schemaId) {
        Record storage record = records[id];
        require(record.attester == msg.sender, "attester");
        require(!record.revoked, "revoked");
        record.revoked = true;
        (attester, schemaId) = (record.attester, record.schemaId);
        hook = ISignProtocolHook(_schemas[schemaId].hook);
    }
}
