// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {EligibilityGate} from "./EligibilityGate.sol";
import {CampaignId, IDistributor} from "./interfaces/IDistributor.sol";
import {IEligibilityVerifier} from "./interfaces/IEligibilityVerifier.sol";
import {IRootRegistry} from "./interfaces/IRootRegistry.sol";
import {Terms} from "./libraries/Terms.sol";

/// @title Distributor
/// @notice See IDistributor.
contract Distributor is IDistributor, EligibilityGate, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;
    using Terms for uint256[15];

    /// @inheritdoc IDistributor
    uint256 public campaignCount;

    mapping(CampaignId campaignId => Campaign) private _campaigns;

    constructor(IRootRegistry registry, IEligibilityVerifier verifier) EligibilityGate(registry, verifier) {}

    /// @inheritdoc IDistributor
    function createCampaign(CampaignParams calldata params) external returns (CampaignId campaignId) {
        // Check
        _checkCampaign(params);
        params.terms.check();
        _checkFits(params);

        // Effect
        campaignId = CampaignId.wrap(++campaignCount);
        Campaign storage campaign = _campaigns[campaignId];
        (campaign.token, campaign.opensAt, campaign.closesAt) = (params.token, params.opensAt, params.closesAt);
        (campaign.amountKind, campaign.rate) = (params.amountKind, _rateOf(params));
        (campaign.owner, campaign.guardian) = (msg.sender, params.guardian);
        uint256 policy = _setRule(_labelOf(campaignId), params.termsHash, _acceptanceOf(params));
        emit CampaignCreated(campaignId, msg.sender, params.token, policy, params);
    }

    /// @inheritdoc IDistributor
    function fund(CampaignId campaignId, uint256 amount) external nonReentrant {
        // Check
        Campaign storage campaign = _known(campaignId);
        if (block.timestamp > campaign.closesAt) {
            revert CampaignClosed(campaignId, campaign.opensAt, campaign.closesAt, block.timestamp);
        }

        // Interaction: before the effect, because only the balance says what a transfer brings; hence the guard.
        IERC20 token = campaign.token;
        uint256 before = token.balanceOf(address(this));
        token.safeTransferFrom(msg.sender, address(this), amount);
        uint256 received = token.balanceOf(address(this)) - before;

        // Effect
        campaign.budget += SafeCast.toUint128(received);
        emit Funded(campaignId, msg.sender, received);
    }

    /// @inheritdoc IDistributor
    function claim(CampaignId campaignId, Claim calldata claim_, Action calldata action) external {
        // Check
        Campaign storage campaign = _open(campaignId);
        bytes32 actionHash = keccak256(abi.encode(action));

        // Check, Effect: the nullifier is spent before anything is paid.
        _check(_labelOf(campaignId), CampaignId.unwrap(campaignId), actionHash, claim_.statement);

        // Check
        (uint256 amount, uint256 budget) = (campaign.rate, campaign.budget);
        if (campaign.amountKind == AmountKind.Disclosed) amount *= claim_.statement.disclosed;
        if (action.fee > amount) revert FeeTooHigh(action.fee, amount);
        if (amount < action.minAmount) revert AmountTooLow(amount, action.minAmount);
        if (amount > budget) revert BudgetExceeded(amount, budget);
        _verify(claim_);

        // Effect
        campaign.budget = uint128(budget - amount);
        address feeTo = action.feeTo == address(0) ? msg.sender : action.feeTo;
        (uint256 nullifier, uint256 root) = (claim_.statement.nullifier, claim_.statement.root);
        emit Claimed(campaignId, nullifier, action.recipient, amount, action.fee, feeTo, root);

        // Interaction: last, so that no guard is needed.
        campaign.token.safeTransfer(action.recipient, amount - action.fee);
        if (action.fee != 0) campaign.token.safeTransfer(feeTo, action.fee);
    }

    /// @inheritdoc IDistributor
    function pause(CampaignId campaignId, bytes32 reason) external {
        _setPaused(campaignId, true);
        emit Paused(campaignId, msg.sender, reason);
    }

    /// @inheritdoc IDistributor
    function unpause(CampaignId campaignId, bytes32 reason) external {
        _setPaused(campaignId, false);
        emit Unpaused(campaignId, msg.sender, reason);
    }

    /// @inheritdoc IDistributor
    function withdraw(CampaignId campaignId, address to) external {
        // Check
        Campaign storage campaign = _known(campaignId);
        if (msg.sender != campaign.owner) revert NotCampaignOwner(campaignId, msg.sender);
        if (block.timestamp <= campaign.closesAt) {
            revert CampaignNotOver(campaignId, campaign.closesAt, block.timestamp);
        }

        // Effect
        uint256 amount = campaign.budget;
        campaign.budget = 0;
        emit Withdrawn(campaignId, to, amount);

        // Interaction
        campaign.token.safeTransfer(to, amount);
    }

    /// @inheritdoc IDistributor
    function getCampaign(CampaignId campaignId) external view returns (Campaign memory) {
        return _known(campaignId);
    }

    function _setPaused(CampaignId campaignId, bool paused) private {
        // Check
        Campaign storage campaign = _known(campaignId);
        if (msg.sender != campaign.owner && msg.sender != campaign.guardian) {
            revert NotCampaignGuardian(campaignId, msg.sender);
        }

        // Effect
        campaign.paused = paused;
    }

    /// @dev The campaign, if it pays now: the first line of PROTOCOL.md section 5.
    function _open(CampaignId campaignId) private view returns (Campaign storage campaign) {
        campaign = _known(campaignId);
        if (campaign.paused) revert CampaignPaused(campaignId);
        if (block.timestamp < campaign.opensAt || block.timestamp > campaign.closesAt) {
            revert CampaignClosed(campaignId, campaign.opensAt, campaign.closesAt, block.timestamp);
        }
    }

    function _known(CampaignId campaignId) private view returns (Campaign storage campaign) {
        campaign = _campaigns[campaignId];
        if (address(campaign.token) == address(0)) revert UnknownCampaign(campaignId);
    }

    function _checkCampaign(CampaignParams calldata params) private view {
        if (address(params.token).code.length == 0) {
            revert InvalidCampaign("token", uint160(address(params.token)));
        }
        if (params.unit == 0) revert InvalidCampaign("unit", params.unit);
        if (params.closesAt < params.opensAt || params.closesAt < block.timestamp) {
            revert InvalidCampaign("closesAt", params.closesAt);
        }
        if (params.periodLength == 0 && params.periodStart != 0) {
            revert InvalidCampaign("periodStart", params.periodStart);
        }
    }

    /// @dev Terms and campaign must agree on whether there is a meter, and on what is revealed and counted.
    function _checkFits(CampaignParams calldata params) private pure {
        (uint256 disclose, uint256 step) = (params.terms.disclose(), params.terms.step());
        bool metered = params.amountKind == AmountKind.Metered;
        if (metered != (step != 0)) revert CampaignMismatch("step", step);
        if (metered && disclose != 0) revert CampaignMismatch("disclose", disclose);
        if (params.amountKind == AmountKind.Disclosed && disclose == 0) revert CampaignMismatch("disclose", disclose);
        if (metered && params.periodLength != 0) revert CampaignMismatch("periodLength", params.periodLength);
        bool counted = !metered && params.periodLength == 0;
        if (!counted && params.cap != 0) revert CampaignMismatch("cap", params.cap);
    }

    function _rateOf(CampaignParams calldata params) private pure returns (uint128) {
        if (params.amountKind != AmountKind.Metered) return params.unit;
        uint256 note = params.terms.step() * params.unit;
        if (note > type(uint128).max) revert InvalidCampaign("unit", params.unit);
        return uint128(note);
    }

    function _acceptanceOf(CampaignParams calldata params) private pure returns (Acceptance memory acceptance) {
        acceptance.source = params.source;
        acceptance.maxStaleness = params.maxStaleness;
        acceptance.maxSilence = params.maxSilence;
        acceptance.proofLifetime = params.proofLifetime;
        if (params.amountKind == AmountKind.Metered) {
            acceptance.indexKind = IndexKind.Metered;
        } else if (params.periodLength == 0) {
            (acceptance.indexKind, acceptance.indexLimit) = (IndexKind.Count, params.cap);
        } else {
            acceptance.indexKind = IndexKind.Period;
            (acceptance.periodStart, acceptance.indexLimit) = (params.periodStart, params.periodLength);
        }
    }

    function _labelOf(CampaignId campaignId) private pure returns (bytes32) {
        return bytes32(CampaignId.unwrap(campaignId));
    }
}
