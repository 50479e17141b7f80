// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {IRootRegistry} from "../interfaces/IRootRegistry.sol";
import {ClaimBytes} from "../libraries/ClaimBytes.sol";
import {Claim} from "../libraries/Statement.sol";
import {Adapter} from "./Adapter.sol";
import {ITokenTableHook, ITokenTableUnlocker} from "./interfaces/ITokenTableHook.sol";

/// @title TokenTableHook
/// @notice See ITokenTableHook.
contract TokenTableHook is ITokenTableHook, Adapter {
    using ClaimBytes for bytes;

    // Where a call's arguments name the place of `extraData`.
    uint256 private constant CLAIM_EXTRA_AT = 0x60;
    uint256 private constant DELEGATE_EXTRA_AT = 0x40;

    /// @dev One more than what the claim showed: where the rule is by period, the number of that period.
    mapping(uint256 actualId => mapping(address recipient => uint256)) private _verified;

    constructor(
        IRootRegistry registry,
        address unlocker,
        uint256 terms,
        Acceptance memory acceptance
    ) Adapter(registry, unlocker, terms, acceptance) {
        // Metered, a person of great value could verify a crowd.
        if (acceptance.indexKind == IndexKind.Metered) revert InvalidRule("indexKind", uint256(IndexKind.Metered));
    }

    /// @inheritdoc ITokenTableHook
    function didCall(bytes calldata originalMsgData, address originalMsgSender) external {
        _checkCaller();
        if (originalMsgData.length < 4) revert UnknownCall(bytes4(originalMsgData));
        (bytes4 selector, bytes calldata arguments) = (bytes4(originalMsgData), originalMsgData[4:]);
        if (selector == ITokenTableUnlocker.claim.selector) {
            _judgeClaim(arguments, originalMsgSender);
        } else if (selector == ITokenTableUnlocker.delegateClaim.selector) {
            _judgeDelegateClaim(arguments);
        } else if (!_isOwners(selector)) {
            revert UnknownCall(selector);
        }
    }

    /// @inheritdoc ITokenTableHook
    function isVerified(uint256 actualId, address recipient) external view returns (bool) {
        return _isVerified(_ruleInForce(LABEL), actualId, recipient);
    }

    /// @dev The unlocker has checked that its caller owns every schedule.
    function _judgeClaim(bytes calldata arguments, address caller) private {
        (uint256[] memory actualIds, address[] memory recipients) = abi.decode(arguments, (uint256[], address[]));
        for (uint256 i = 0; i < actualIds.length; ++i) {
            if (recipients[i] == address(0)) recipients[i] = caller;
        }
        _demandVerified(actualIds, recipients, _bytesAt(arguments, CLAIM_EXTRA_AT));
    }

    /// @dev The unlocker has paid the schedules' owners.
    function _judgeDelegateClaim(bytes calldata arguments) private {
        uint256[] memory actualIds = abi.decode(arguments, (uint256[]));
        IERC721 futureToken = IERC721(ITokenTableUnlocker(HOST).futureToken());
        address[] memory recipients = new address[](actualIds.length);
        for (uint256 i = 0; i < actualIds.length; ++i) recipients[i] = futureToken.ownerOf(actualIds[i]);
        _demandVerified(actualIds, recipients, _bytesAt(arguments, DELEGATE_EXTRA_AT));
    }

    /// @dev Each schedule's recipient is verified, or becomes so by the claim at its place.
    function _demandVerified(
        uint256[] memory actualIds,
        address[] memory recipients,
        bytes calldata extraData
    ) private {
        if (extraData.length != 0 && extraData.count() != actualIds.length) revert MalformedClaims(extraData.length);
        RuleInForce memory rule = _ruleInForce(LABEL);
        for (uint256 i = 0; i < actualIds.length; ++i) {
            (uint256 actualId, address recipient) = (actualIds[i], recipients[i]);
            if (_isVerified(rule, actualId, recipient)) continue;
            if (extraData.length == 0) revert NotVerified(actualId, recipient);
            Claim calldata claim = extraData.claimAt(i);
            _accept(LABEL, actualId, keccak256(abi.encode(recipient)), claim);
            _verified[actualId][recipient] = uint256(claim.statement.shown) + 1;
            emit RecipientVerified(actualId, recipient, claim.statement.nullifier);
        }
    }

    function _isVerified(RuleInForce memory rule, uint256 actualId, address recipient) private view returns (bool) {
        uint256 mark = _verified[actualId][recipient];
        if (mark == 0 || rule.indexKind == IndexKind.Count) return mark != 0;
        return mark == (block.timestamp - rule.periodStart) / rule.indexLimit + 1;
    }

    /// @dev The bytes whose place, as the encoder of a call writes it, stands at a place. Every slice is checked.
    function _bytesAt(bytes calldata arguments, uint256 place) private pure returns (bytes calldata) {
        uint256 start = uint256(bytes32(arguments[place:place + 0x20])) + 0x20;
        uint256 length = uint256(bytes32(arguments[start - 0x20:start]));
        return arguments[start:start + length];
    }

    /// @dev Whether only the unlocker's owner can make this call. None of them claims.
    function _isOwners(bytes4 selector) private pure returns (bool) {
        return
            selector == ITokenTableUnlocker.createPresets.selector ||
            selector == ITokenTableUnlocker.createActuals.selector ||
            selector == ITokenTableUnlocker.withdrawDeposit.selector ||
            selector == ITokenTableUnlocker.cancel.selector ||
            selector == ITokenTableUnlocker.setHook.selector ||
            selector == ITokenTableUnlocker.disableCancel.selector ||
            selector == ITokenTableUnlocker.disableHook.selector ||
            selector == ITokenTableUnlocker.disableWithdraw.selector;
    }
}
