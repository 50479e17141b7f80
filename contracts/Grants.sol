// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IGrants} from "./interfaces/IGrants.sol";
import {Assets} from "./libraries/Assets.sol";
import {Tranche, Vesting} from "./libraries/Vesting.sol";

/// @title Grants
/// @notice See IGrants.
/// @dev For every token, what its grants have yet to pay, total - released, is together at most this contract's balance:
/// a grant adds what arrived, a release and a clawback lower it by what they pay, before they pay it.
contract Grants is IGrants, ReentrancyGuardTransient {
    using Assets for IERC20;
    using Vesting for Tranche;
    using Vesting for Tranche[];

    /// @dev 2^40-1: a notice that is never over.
    uint40 private constant NEVER = type(uint40).max;

    // Slot 0 has both counters. Of a plan, the first slot is what a release reads, the second is the maker, the third
    // the owner; its tranches lie two to a slot. Of a grant, the first slot says whose it is and since when, the second
    // what was granted and paid; the third is written by a clawback, and read where one is possible.

    /// @inheritdoc IGrants
    uint64 public planCount;
    /// @inheritdoc IGrants
    uint64 public grantCount;

    mapping(uint64 planId => Plan) private _plans;
    mapping(uint64 planId => uint128[]) private _tranches;
    mapping(uint64 grantId => Grant) private _grants;

    /// @inheritdoc IGrants
    function createPlan(PlanParams calldata params) external returns (uint64 planId) {
        // Check
        IERC20 token = params.token;
        if (!token.isCoin() && address(token).code.length == 0) revert InvalidPlan("token", uint160(address(token)));
        if (params.clawbackNotice != NEVER && params.owner == address(0)) revert InvalidPlan("owner", 0);
        Tranche[] memory tranches = params.tranches;
        tranches.check();

        // Effect
        planId = ++planCount;
        Plan storage plan = _plans[planId];
        (plan.token, plan.start, plan.clawbackNotice) = (token, params.start, params.clawbackNotice);
        (plan.transferable, plan.maker, plan.owner) = (params.transferable, msg.sender, params.owner);
        uint128[] memory packed = new uint128[](tranches.length);
        for (uint256 i = 0; i < packed.length; ++i) packed[i] = tranches[i].pack();
        _tranches[planId] = packed;
        emit PlanCreated(planId, msg.sender, token, params);
    }

    /// @inheritdoc IGrants
    function grant(
        uint64 planId,
        address recipient,
        uint128 amount
    ) external payable nonReentrant returns (uint64 grantId) {
        // Check
        Plan storage plan = _knownPlan(planId);
        if (msg.sender != plan.maker) revert NotPlanMaker(planId, msg.sender);
        if (recipient == address(0)) revert InvalidRecipient(recipient);
        (IERC20 token, uint40 start) = (plan.token, plan.start);
        uint256 expected = token.isCoin() ? amount : 0;
        if (msg.value != expected) revert WrongValue(msg.value, expected);

        // Interaction: before the effect, because only the balance says what a transfer brings; hence the guard.
        uint128 total = token.isCoin() ? amount : SafeCast.toUint128(token.receiveFrom(msg.sender, amount));

        // Effect
        grantId = ++grantCount;
        if (start == 0) start = uint40(block.timestamp);
        Grant storage grant_ = _grants[grantId];
        // Lossless: plans are counted, and nobody counts to 2^56.
        (grant_.recipient, grant_.planId, grant_.start) = (recipient, uint56(planId), start);
        grant_.total = total;
        emit Granted(grantId, planId, recipient, total, start);
    }

    /// @inheritdoc IGrants
    function release(uint64 grantId) external returns (uint256 amount) {
        // Check
        Grant storage grant_ = _knownGrant(grantId);
        uint256 vested = _vestedOf(grant_);
        amount = vested - grant_.released;
        if (amount == 0) revert NothingToRelease(grantId);

        // Effect
        grant_.released = uint128(vested);
        address recipient = grant_.recipient;
        emit Released(grantId, recipient, amount);

        // Interaction
        _pay(_plans[grant_.planId].token, recipient, amount);
    }

    /// @inheritdoc IGrants
    function transferGrant(uint64 grantId, address to) external {
        // Check
        Grant storage grant_ = _knownGrant(grantId);
        if (msg.sender != grant_.recipient) revert NotRecipient(grantId, msg.sender);
        if (!_plans[grant_.planId].transferable) revert NotTransferable(grantId);
        if (to == address(0)) revert InvalidRecipient(to);

        // Effect
        grant_.recipient = to;
        emit GrantTransferred(grantId, msg.sender, to);
    }

    /// @inheritdoc IGrants
    function clawback(uint64 grantId, address to, bytes32 reason) external {
        // Check
        Grant storage grant_ = _knownGrant(grantId);
        uint64 planId = grant_.planId;
        Plan storage plan = _plans[planId];
        if (msg.sender != plan.owner) revert NotPlanOwner(planId, msg.sender);
        if (plan.clawbackNotice == NEVER) revert ClawbackExcluded(grantId);
        if (to == address(0)) revert InvalidRecipient(to);
        if (reason == 0) revert ReasonMissing(grantId);
        if (grant_.stopsAt != 0) revert AlreadyClawedBack(grantId, grant_.stopsAt);
        // 48 bits: the sum of two numbers of 40 must not wrap.
        uint48 stopsAt = uint48(block.timestamp + plan.clawbackNotice);
        uint128 total = grant_.total;
        uint128 kept = uint128(_vestedAt(grant_, total, stopsAt));
        if (kept == total) revert NothingToClawBack(grantId);

        // Effect: what was paid is at most what has vested, and that at most what is kept.
        (grant_.total, grant_.granted, grant_.stopsAt) = (kept, total, stopsAt);
        emit ClawedBack(grantId, planId, to, total - kept, kept, stopsAt, reason);

        // Interaction
        _pay(plan.token, to, total - kept);
    }

    /// @inheritdoc IGrants
    function getPlan(uint64 planId) external view returns (Plan memory) {
        return _knownPlan(planId);
    }

    /// @inheritdoc IGrants
    function getTranches(uint64 planId) external view returns (Tranche[] memory) {
        _knownPlan(planId);
        return _tranchesOf(planId);
    }

    /// @inheritdoc IGrants
    function getGrant(uint64 grantId) external view returns (Grant memory) {
        return _knownGrant(grantId);
    }

    /// @inheritdoc IGrants
    function vestedOf(uint64 grantId) external view returns (uint256) {
        return _vestedOf(_knownGrant(grantId));
    }

    /// @inheritdoc IGrants
    function releasable(uint64 grantId) external view returns (uint256) {
        Grant storage grant_ = _knownGrant(grantId);
        return _vestedOf(grant_) - grant_.released;
    }

    function _pay(IERC20 token, address to, uint256 amount) private {
        if (!token.trySend(to, amount, gasleft())) revert PaymentFailed(to, amount);
    }

    function _vestedOf(Grant storage grant_) private view returns (uint256) {
        bool clawable = _plans[grant_.planId].clawbackNotice != NEVER;
        uint256 stopsAt = clawable ? grant_.stopsAt : 0;
        if (stopsAt == 0) return _vestedAt(grant_, grant_.total, block.timestamp);
        return _vestedAt(grant_, grant_.granted, Math.min(block.timestamp, stopsAt));
    }

    /// @dev What has vested of `granted` at a moment, Unix seconds. Before the start it is nothing, even where a cliff
    /// stands at second 0.
    function _vestedAt(Grant storage grant_, uint256 granted, uint256 time) private view returns (uint256) {
        uint256 start = grant_.start;
        return time < start ? 0 : Vesting.vestedAt(granted, _tranchesOf(grant_.planId), time - start);
    }

    function _tranchesOf(uint64 planId) private view returns (Tranche[] memory tranches) {
        uint128[] memory packed = _tranches[planId];
        tranches = new Tranche[](packed.length);
        for (uint256 i = 0; i < packed.length; ++i) tranches[i] = Vesting.unpack(packed[i]);
    }

    function _knownPlan(uint64 planId) private view returns (Plan storage plan) {
        plan = _plans[planId];
        if (plan.maker == address(0)) revert UnknownPlan(planId);
    }

    function _knownGrant(uint64 grantId) private view returns (Grant storage grant_) {
        grant_ = _grants[grantId];
        if (grant_.recipient == address(0)) revert UnknownGrant(grantId);
    }
}
