// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {CampaignId, IDistributor} from "../interfaces/IDistributor.sol";
import {IEligibilityGate} from "../interfaces/IEligibilityGate.sol";
import {IGrants} from "../interfaces/IGrants.sol";
import {Assets} from "./Assets.sol";
import {CampaignRules} from "./CampaignRules.sol";

/// @dev A campaign. A claim that is paid at once, under a campaign that was never amended, reads the first two slots and
/// writes the second; `extras` says what else there is to read.
struct StoredCampaign {
    IERC20 token;
    uint40 opensAt;
    uint40 closesAt;
    IDistributor.AmountKind amountKind;
    bool paused;
    // The second slot.
    uint128 budget;
    uint120 rate;
    uint8 extras;
    // The third.
    address owner;
    uint24 notice;
    uint64 planId;
    // What an amendment brings, and when; 0 = nothing.
    uint120 pendingRate;
    uint40 rateChangesAt;
    address guardian;
    IDistributor.Hook hook;
    IDistributor.Caps caps;
    // What counts against the caps: in the window of that number, and in each period.
    uint40 window;
    uint128 paidInWindow;
    mapping(uint256 period => uint128) paidInPeriod;
    uint128[] tiers;
}

// The bits of `extras`.
uint8 constant AMENDED = 1;
uint8 constant VESTED = 2;
uint8 constant HOOKED = 4;
uint8 constant CAPPED = 8;

/// @title What becomes of a campaign, but its claims
/// @dev A library of its own on the chain, which the distributor calls on its own storage: beside the code of claims
/// there would be no room for it. Sender, address and events are the distributor's.
library Campaigns {
    using Assets for IERC20;
    using SafeERC20 for IERC20;

    /// @notice See IDistributor.createCampaign.
    /// @return acceptance What the gate is to ask beside the policy.
    function create(
        StoredCampaign storage self,
        CampaignId campaignId,
        IGrants grants,
        IDistributor.CampaignParams calldata params
    ) external returns (IEligibilityGate.Acceptance memory acceptance) {
        // Check
        CampaignRules.check(params);

        // Effect
        (self.token, self.opensAt, self.closesAt) = (params.token, params.opensAt, params.closesAt);
        (self.amountKind, self.rate) = (params.amountKind, CampaignRules.rateOf(params));
        (self.owner, self.notice, self.guardian) = (msg.sender, params.notice, params.guardian);
        (self.hook, self.caps, self.tiers) = (params.hook, params.caps, params.tiers);
        self.extras = _extrasOf(params);

        // Interaction: with our own contract, and with a token that may now be spent by it.
        uint64 planId = params.schedule.tranches.length == 0 ? 0 : _makePlan(grants, params);
        self.planId = planId;
        emit IDistributor.CampaignCreated(campaignId, msg.sender, params.token, planId, params);
        return CampaignRules.acceptanceOf(params);
    }

    /// @notice See IDistributor.fund. `value` is what came with the call.
    function fund(StoredCampaign storage self, CampaignId campaignId, uint256 amount, uint256 value) external {
        // Check
        if (block.timestamp > self.closesAt) {
            revert IDistributor.CampaignClosed(campaignId, self.opensAt, self.closesAt, block.timestamp);
        }
        IERC20 token = self.token;
        uint256 expected = token.isCoin() ? amount : 0;
        if (value != expected) revert IDistributor.WrongValue(value, expected);

        // Interaction: before the effect, because only the balance says what a transfer brings; hence the guard.
        uint256 received = token.isCoin() ? amount : token.receiveFrom(msg.sender, amount);

        // Effect
        self.budget += SafeCast.toUint128(received);
        emit IDistributor.Funded(campaignId, msg.sender, received);
    }

    /// @notice See IDistributor.amend. What it says of the policy is the gate's to keep.
    function amend(
        StoredCampaign storage self,
        CampaignId campaignId,
        IDistributor.Policy calldata document,
        uint120 unit,
        uint32 cap,
        uint40 inForceAt
    ) external {
        // Check
        CampaignRules.checkAmendment(document, self.amountKind, unit);

        // Effect
        (self.rate, self.extras) = (rateOf(self), self.extras | AMENDED);
        (self.pendingRate, self.rateChangesAt) = (unit, inForceAt);
        emit IDistributor.CampaignAmended(campaignId, unit, cap, inForceAt, document);
    }

    /// @notice See IDistributor.clawback.
    function clawback(StoredCampaign storage self, CampaignId campaignId, address to) external {
        // Check
        if (block.timestamp <= self.closesAt) {
            revert IDistributor.CampaignNotOver(campaignId, self.closesAt, block.timestamp);
        }
        if (to == address(0) || to == address(this)) revert IDistributor.InvalidRecipient(to);

        // Effect
        uint256 amount = self.budget;
        self.budget = 0;
        emit IDistributor.ClawedBack(campaignId, to, amount);

        // Interaction
        if (!self.token.trySend(to, amount, gasleft())) revert IDistributor.PaymentFailed(to, amount);
    }

    /// @notice See IDistributor.getCampaign.
    function facts(StoredCampaign storage self) external view returns (IDistributor.Campaign memory campaign) {
        (campaign.token, campaign.opensAt, campaign.closesAt) = (self.token, self.opensAt, self.closesAt);
        (campaign.amountKind, campaign.paused) = (self.amountKind, self.paused);
        (campaign.rate, campaign.budget) = (rateOf(self), self.budget);
        (campaign.owner, campaign.guardian, campaign.notice) = (self.owner, self.guardian, self.notice);
        (campaign.planId, campaign.caps, campaign.hook) = (self.planId, self.caps, self.hook);
        (campaign.window, campaign.paidInWindow) = (self.window, self.paidInWindow);
        if (block.timestamp < self.rateChangesAt) campaign.pendingRate = self.pendingRate;
    }

    /// @dev The rate that is in force: an amendment's counts from its moment on, for every proof.
    function rateOf(StoredCampaign storage self) internal view returns (uint120) {
        if (self.extras & AMENDED == 0) return self.rate;
        uint40 changesAt = self.rateChangesAt;
        return block.timestamp >= changesAt ? self.pendingRate : self.rate;
    }

    /// @dev Grants takes each grant's tokens from here, and from nobody who doesn't call it: the allowance is its only use.
    function _makePlan(IGrants grants, IDistributor.CampaignParams calldata params) private returns (uint64) {
        if (!params.token.isCoin()) params.token.forceApprove(address(grants), type(uint256).max);
        return
            grants.createPlan(
                IGrants.PlanParams({
                    token: params.token,
                    owner: msg.sender,
                    start: params.schedule.start,
                    transferable: params.schedule.transferable,
                    clawbackNotice: params.schedule.clawbackNotice,
                    tranches: params.schedule.tranches
                })
            );
    }

    function _extrasOf(IDistributor.CampaignParams calldata params) private pure returns (uint8 extras) {
        if (params.schedule.tranches.length != 0) extras |= VESTED;
        if (params.hook.target != address(0)) extras |= HOOKED;
        if (params.caps.perPeriod != 0 || params.caps.perWindow != 0) extras |= CAPPED;
    }
}
