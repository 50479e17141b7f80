// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IRootRegistry} from "../interfaces/IRootRegistry.sol";
import {ClaimBytes} from "../libraries/ClaimBytes.sol";
import {Claim} from "../libraries/Statement.sol";
import {Adapter} from "./Adapter.sol";
import {ISignProtocolHook} from "./interfaces/ISignProtocolHook.sol";

/// @title SignProtocolHook
/// @notice See ISignProtocolHook.
contract SignProtocolHook is ISignProtocolHook, Adapter {
    using ClaimBytes for bytes;

    /// @inheritdoc ISignProtocolHook
    mapping(address attester => uint256) public refundOf;

    constructor(
        IRootRegistry registry,
        address signProtocol,
        uint256 terms,
        Acceptance memory acceptance
    ) Adapter(registry, signProtocol, terms, acceptance) {}

    /// @inheritdoc ISignProtocolHook
    function didReceiveAttestation(
        address attester,
        uint64 schemaId,
        uint64 attestationId,
        bytes calldata extraData
    ) external payable {
        if (msg.value != 0) revert FeeRefused(address(0), msg.value);
        _admitAttestation(attester, schemaId, attestationId, extraData);
    }

    /// @inheritdoc ISignProtocolHook
    function didReceiveAttestation(
        address attester,
        uint64 schemaId,
        uint64 attestationId,
        IERC20 resolverFeeERC20Token,
        uint256 resolverFeeERC20Amount,
        bytes calldata extraData
    ) external {
        if (resolverFeeERC20Amount != 0) revert FeeRefused(address(resolverFeeERC20Token), resolverFeeERC20Amount);
        _admitAttestation(attester, schemaId, attestationId, extraData);
    }

    /// @inheritdoc ISignProtocolHook
    /// @dev Paying back at once would call the attester, who could make the revocation fail.
    function didReceiveRevocation(address attester, uint64, uint64, bytes calldata) external payable {
        if (msg.value == 0) return;
        refundOf[attester] += msg.value;
        emit RefundDue(attester, msg.value);
    }

    /// @inheritdoc ISignProtocolHook
    function didReceiveRevocation(address, uint64, uint64, IERC20, uint256, bytes calldata) external {}

    /// @inheritdoc ISignProtocolHook
    function withdrawRefund(address recipient) external {
        // Check
        uint256 amount = refundOf[msg.sender];
        if (amount == 0) revert NoRefund(msg.sender);

        // Effect
        refundOf[msg.sender] = 0;
        emit RefundPaid(msg.sender, recipient, amount);

        // Interaction
        (bool paid, ) = recipient.call{value: amount}("");
        if (!paid) revert RefundFailed(recipient, amount);
    }

    function _admitAttestation(
        address attester,
        uint64 schemaId,
        uint64 attestationId,
        bytes calldata extraData
    ) private {
        // Check
        _checkCaller();
        Claim calldata claim = _next(extraData);

        // Effect
        _accept(LABEL, schemaId, keccak256(abi.encode(attester)), claim);
        emit AttestationAdmitted(schemaId, attestationId, attester, claim.statement.nullifier);
    }

    /// @dev The first claim that isn't spent, or the last, which then says so.
    function _next(bytes calldata extraData) private view returns (Claim calldata claim) {
        uint256 last = extraData.count() - 1;
        uint256 i = 0;
        while (i < last && _spent[extraData.claimAt(i).statement.nullifier] != 0) ++i;
        return extraData.claimAt(i);
    }
}
