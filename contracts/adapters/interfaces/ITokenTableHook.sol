// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAdapter} from "./IAdapter.sol";

/// @title A TokenTable unlocker that pays only verified recipients
/// @notice The hook of an unlocker. `claim` and `delegateClaim` pass if, for each schedule (an "actual"), a person who meets
/// the policy has agreed that its tokens go to this recipient. The first time that takes a claim in `extraData`: its context
/// is `computeContext(actualId, keccak256(abi.encode(recipient)))`. Then the hook remembers it: for good where the rule
/// counts claims, until the period ends where it has one a period. Metered rules are refused.
/// The recipient is who gets the tokens: the one named in `claimTos`, or else the owner of the schedule's FutureToken.
/// @dev `extraData` is empty where all are verified already, or has a claim for each schedule, one after the other in the
/// order of `actualIds`; that of a verified one isn't looked at, so that being overtaken by a delegate does no harm.
/// An unlocker's other calls pass: `createPresets`, `createActuals`, `withdrawDeposit`, `cancel`, `setHook`,
/// `disableCancel`, `disableHook` and `disableWithdraw`, as version 2.5.5 has them. A call that the hook doesn't know is
/// refused: a version that claims by another signature must not pass because nobody looked.
interface ITokenTableHook is IAdapter {
    /// @param nullifier Whose claim it was, as far as anybody knows.
    event RecipientVerified(uint256 indexed actualId, address indexed recipient, uint256 nullifier);

    error NotVerified(uint256 actualId, address recipient);
    error UnknownCall(bytes4 selector);

    /// @notice Judges a call that the unlocker has carried out; reverting undoes it. Only the unlocker may call.
    /// @param originalMsgData The unlocker's own calldata.
    /// @param originalMsgSender Who called the unlocker.
    function didCall(bytes calldata originalMsgData, address originalMsgSender) external;

    /// @notice Whether tokens of this schedule may go to this recipient without another claim.
    function isVerified(uint256 actualId, address recipient) external view returns (bool);
}

/// @title What hook and integrator call of a TokenTable unlocker, version 2.5.5
interface ITokenTableUnlocker {
    struct Preset {
        uint256[] linearStartTimestampsRelative;
        uint256 linearEndTimestampRelative;
        uint256[] linearBips;
        uint256[] numOfUnlocksForEachLinear;
        bool stream;
    }

    struct Actual {
        bytes32 presetId;
        uint256 startTimestampAbsolute;
        uint256 amountClaimed;
        uint256 totalAmount;
    }

    function claim(
        uint256[] calldata actualIds,
        address[] calldata claimTos,
        uint256 batchId,
        bytes calldata extraData
    ) external;

    function delegateClaim(uint256[] calldata actualIds, uint256 batchId, bytes calldata extraData) external;

    function createPresets(
        bytes32[] calldata presetIds,
        Preset[] calldata presets,
        uint256 batchId,
        bytes calldata extraData
    ) external;

    function createActuals(
        address[] calldata recipients,
        Actual[] calldata actuals,
        uint256[] calldata recipientIds,
        uint256 batchId,
        bytes calldata extraData
    ) external;

    function withdrawDeposit(uint256 amount, bytes calldata extraData) external;

    function cancel(
        uint256[] calldata actualIds,
        bool[] calldata shouldWipeClaimableBalance,
        uint256 batchId,
        bytes calldata extraData
    ) external returns (uint256[] memory pendingAmountClaimables);

    function setHook(address hook) external;

    function disableCancel() external;

    function disableHook() external;

    function disableWithdraw() external;

    /// @notice The ERC-721 whose token `actualId` belongs to whom the schedule pays.
    function futureToken() external view returns (address);
}
