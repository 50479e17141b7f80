// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IDistributor} from "../interfaces/IDistributor.sol";
import {IEligibilityGate} from "../interfaces/IEligibilityGate.sol";
import {Assets} from "./Assets.sol";
import {Terms} from "./Terms.sol";

/// @title What a campaign may be
library CampaignRules {
    using Terms for uint256[15];

    uint256 private constant MAX_TIERS = 256;
    uint32 private constant MAX_HOOK_GAS = 1_000_000;

    /// @dev Refuses a campaign that no claim could be paid from, whose money could be trapped, or whose parts
    /// contradict each other. What the gate checks of a rule is left to it, the schedule to Grants.
    function check(IDistributor.CampaignParams calldata params) internal view {
        if (!Assets.isCoin(params.token) && address(params.token).code.length == 0) {
            revert IDistributor.InvalidCampaign("token", uint160(address(params.token)));
        }
        if (params.unit == 0) revert IDistributor.InvalidCampaign("unit", params.unit);
        if (
            params.closesAt < params.opensAt || params.closesAt < block.timestamp || params.closesAt == type(uint40).max
        ) {
            revert IDistributor.InvalidCampaign("closesAt", params.closesAt);
        }
        if (params.periodLength == 0 && params.periodStart != 0) {
            revert IDistributor.InvalidCampaign("periodStart", params.periodStart);
        }
        if (params.notice != 0 && params.notice < params.proofLifetime) {
            revert IDistributor.InvalidCampaign("notice", params.notice);
        }
        _checkExtras(params);
        params.policy.terms.check();
        _checkFits(params);
        _checkTerms(params.policy, params.amountKind);
    }

    /// @dev Refuses an amendment that would change more than terms, document, amount and cap.
    function checkAmendment(
        IDistributor.Policy calldata policy,
        IDistributor.AmountKind amountKind,
        uint120 unit
    ) internal pure {
        if (unit == 0) revert IDistributor.InvalidCampaign("unit", unit);
        policy.terms.check();
        _checkTerms(policy, amountKind);
    }

    /// @dev What a claim pays, or each unit that it discloses.
    function rateOf(IDistributor.CampaignParams calldata params) internal pure returns (uint120) {
        if (params.amountKind != IDistributor.AmountKind.Metered) return params.unit;
        uint256 note = params.policy.terms.step() * params.unit;
        if (note > type(uint120).max) revert IDistributor.InvalidCampaign("unit", params.unit);
        return uint120(note);
    }

    /// @dev What the gate is to ask beside the policy.
    function acceptanceOf(
        IDistributor.CampaignParams calldata params
    ) internal pure returns (IEligibilityGate.Acceptance memory acceptance) {
        acceptance.source = params.source;
        acceptance.maxStaleness = params.maxStaleness;
        acceptance.maxSilence = params.maxSilence;
        acceptance.proofLifetime = params.proofLifetime;
        if (params.amountKind == IDistributor.AmountKind.Metered) {
            acceptance.indexKind = IEligibilityGate.IndexKind.Metered;
        } else if (params.periodLength == 0) {
            (acceptance.indexKind, acceptance.indexLimit) = (IEligibilityGate.IndexKind.Count, params.cap);
        } else {
            acceptance.indexKind = IEligibilityGate.IndexKind.Period;
            (acceptance.periodStart, acceptance.indexLimit) = (params.periodStart, params.periodLength);
        }
    }

    function _checkExtras(IDistributor.CampaignParams calldata params) private view {
        bool tiered = params.amountKind == IDistributor.AmountKind.Tiered;
        if (tiered != (params.tiers.length != 0) || params.tiers.length > MAX_TIERS) {
            revert IDistributor.InvalidCampaign("tiers", params.tiers.length);
        }
        IDistributor.Caps calldata caps = params.caps;
        if (caps.perPeriod != 0 && params.periodLength == 0) {
            revert IDistributor.InvalidCampaign("caps.perPeriod", caps.perPeriod);
        }
        if ((caps.perWindow == 0) != (caps.windowLength == 0)) {
            revert IDistributor.InvalidCampaign("caps.windowLength", caps.windowLength);
        }
        IDistributor.Hook calldata hook = params.hook;
        if (hook.target == address(0)) {
            if (hook.gasLimit != 0 || hook.mandatory)
                revert IDistributor.InvalidCampaign("hook.gasLimit", hook.gasLimit);
        } else if (hook.target.code.length == 0) {
            revert IDistributor.InvalidCampaign("hook.target", uint160(hook.target));
        } else if (hook.gasLimit == 0 || hook.gasLimit > MAX_HOOK_GAS) {
            revert IDistributor.InvalidCampaign("hook.gasLimit", hook.gasLimit);
        }
        IDistributor.Schedule calldata schedule = params.schedule;
        bool scheduled = schedule.start != 0 || schedule.transferable || schedule.clawbackNotice != 0;
        if (schedule.tranches.length == 0 && scheduled) revert IDistributor.InvalidCampaign("schedule.tranches", 0);
    }

    /// @dev Kind of amount and kind of index must go together.
    function _checkFits(IDistributor.CampaignParams calldata params) private pure {
        bool metered = params.amountKind == IDistributor.AmountKind.Metered;
        if (metered && params.periodLength != 0) {
            revert IDistributor.CampaignMismatch("periodLength", params.periodLength);
        }
        if (metered && params.notice != 0) revert IDistributor.CampaignMismatch("notice", params.notice);
        bool counted = !metered && params.periodLength == 0;
        if (!counted && params.cap != 0) revert IDistributor.CampaignMismatch("cap", params.cap);
    }

    /// @dev Terms and campaign must agree on whether there is a meter, and on what is revealed.
    function _checkTerms(IDistributor.Policy calldata policy, IDistributor.AmountKind amountKind) private pure {
        (uint256 disclose, uint256 step) = (policy.terms.disclose(), policy.terms.step());
        bool metered = amountKind == IDistributor.AmountKind.Metered;
        if (metered != (step != 0)) revert IDistributor.CampaignMismatch("step", step);
        bool discloses = disclose != 0;
        bool reads = amountKind == IDistributor.AmountKind.Disclosed || amountKind == IDistributor.AmountKind.Tiered;
        if ((metered && discloses) || (reads && !discloses)) {
            revert IDistributor.CampaignMismatch("disclose", disclose);
        }
    }
}
