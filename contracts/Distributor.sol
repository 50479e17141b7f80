// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {EligibilityGate} from "./EligibilityGate.sol";
import {IClaimHook} from "./interfaces/IClaimHook.sol";
import {CampaignId, IDistributor} from "./interfaces/IDistributor.sol";
import {IEligibilityVerifier} from "./interfaces/IEligibilityVerifier.sol";
import {IGrants} from "./interfaces/IGrants.sol";
import {IRootRegistry} from "./interfaces/IRootRegistry.sol";
import {Actions} from "./libraries/Actions.sol";
import {Assets} from "./libraries/Assets.sol";
import {AMENDED, CAPPED, Campaigns, HOOKED, StoredCampaign, VESTED} from "./libraries/Campaigns.sol";
import {Groth16} from "./libraries/Groth16.sol";
import {Lists} from "./libraries/Lists.sol";
import {raise} from "./libraries/Refusal.sol";
import {Claim, Statement} from "./libraries/Statement.sol";

/// @title Distributor
/// @notice See IDistributor.
contract Distributor is IDistributor, EligibilityGate, ReentrancyGuardTransient {
    using Assets for IERC20;
    using Lists for uint256[];
    using Campaigns for StoredCampaign;

    /// @dev What one payment of a batch may use, beside the hook's gas: a token's transfer twice, or a grant.
    uint256 private constant PAYMENT_GAS = 500_000;

    /// @dev The same where it is the coin, at once: whoever is paid may burn what he is given, at the submitter's cost.
    uint256 private constant COIN_GAS = 150_000;

    /// @dev More than a call costs before it begins: a cold account, a value, a new account (EIP-2929, yellow paper).
    uint256 private constant CALL_GAS = 40_000;

    /// @dev For each byte of an action's hook data, which a payment carries with it.
    uint256 private constant HOOK_DATA_GAS = 4;

    /// @dev A campaign as its claims in one transaction see it; `budget` is what is left after those before.
    struct Purse {
        CampaignId campaignId;
        IERC20 token;
        AmountKind amountKind;
        uint256 rate;
        uint256 budget;
        uint256 extras;
    }

    /// @inheritdoc IDistributor
    IGrants public immutable GRANTS;

    /// @inheritdoc IDistributor
    uint256 public campaignCount;

    mapping(CampaignId campaignId => StoredCampaign) private _campaigns;

    constructor(IRootRegistry registry, IGrants grants) EligibilityGate(registry) {
        GRANTS = grants;
    }

    modifier onlyCampaignOwner(CampaignId campaignId) {
        if (msg.sender != _known(campaignId).owner) revert NotCampaignOwner(campaignId, msg.sender);
        _;
    }

    /// @inheritdoc IDistributor
    function createCampaign(CampaignParams calldata params) external returns (CampaignId campaignId) {
        campaignId = CampaignId.wrap(++campaignCount);
        Acceptance memory acceptance = _campaigns[campaignId].create(campaignId, GRANTS, params);
        _setRule(_labelOf(campaignId), params.policy.termsHash, acceptance);
    }

    /// @inheritdoc IDistributor
    function fund(CampaignId campaignId, uint256 amount) external payable nonReentrant {
        _known(campaignId).fund(campaignId, amount, msg.value);
    }

    /// @inheritdoc IDistributor
    function fundWithPermit(
        CampaignId campaignId,
        uint256 amount,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external nonReentrant {
        StoredCampaign storage campaign = _known(campaignId);
        // Whoever sends the permit first makes this one fail, and nothing else: the allowance is there.
        try
            IERC20Permit(address(campaign.token)).permit(msg.sender, address(this), amount, deadline, v, r, s)
        {} catch {}
        campaign.fund(campaignId, amount, 0);
    }

    /// @inheritdoc IDistributor
    function amend(
        CampaignId campaignId,
        Policy calldata document,
        uint120 unit,
        uint32 cap
    ) external onlyCampaignOwner(campaignId) returns (uint40 inForceAt) {
        StoredCampaign storage campaign = _campaigns[campaignId];
        uint24 notice = campaign.notice;
        if (notice == 0) revert NotAmendable(campaignId);
        inForceAt = _amendRule(_labelOf(campaignId), document.termsHash, cap, notice);
        campaign.amend(campaignId, document, unit, cap, inForceAt);
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
    function clawback(CampaignId campaignId, address to) external nonReentrant onlyCampaignOwner(campaignId) {
        _campaigns[campaignId].clawback(campaignId, to);
    }

    /// @inheritdoc IDistributor
    function claim(CampaignId campaignId, Claim calldata claim_, Action calldata action) external {
        // Check
        StoredCampaign storage campaign = _campaigns[campaignId];
        Purse memory purse = _open(campaign, campaignId);
        bytes32 label = _labelOf(campaignId);
        RuleInForce memory rule = _ruleInForce(label);
        Statement calldata statement = claim_.statement;

        // Check, Effect: the nullifier is spent before anything is paid.
        _check(rule, label, CampaignId.unwrap(campaignId), Actions.hash(action), statement);
        (bytes memory refusal, uint256 amount) = _reserve(campaign, purse, statement, action);
        raise(refusal);
        _verify(rule, claim_);
        campaign.budget = uint128(purse.budget);

        // Interaction: last, so that no guard is needed.
        _pay(campaign, purse, statement.nullifier, statement.root, amount, msg.sender, action);
    }

    /// @inheritdoc IDistributor
    function claimBatch(
        CampaignId campaignId,
        Claim[] calldata claims,
        Action[] calldata actions
    ) external nonReentrant returns (bytes[] memory refusals) {
        // Check, Effect: first pass
        if (claims.length != actions.length) revert LengthMismatch(claims.length, actions.length);
        StoredCampaign storage campaign = _campaigns[campaignId];
        Purse memory purse = _open(campaign, campaignId);
        RuleInForce memory rule = _ruleInForce(_labelOf(campaignId));
        uint256[] memory picked;
        uint256[] memory amounts;
        (refusals, picked, amounts) = _reserveAll(campaign, purse, rule, claims, actions);
        campaign.budget = uint128(purse.budget);
        if (picked.length == 0) return refusals;

        // Check: second pass
        if (!Groth16.verifyBatch(_baseOf(rule), claims, picked)) revert IEligibilityVerifier.InvalidProof();

        // Interaction: third pass
        uint256 limit = purse.token.isCoin() && purse.extras & VESTED == 0 ? COIN_GAS : PAYMENT_GAS;
        if (purse.extras & HOOKED != 0) limit += campaign.hook.gasLimit;
        (uint256 required, bool plain) = (_gasFor(limit), purse.extras & (HOOKED | VESTED) == 0);
        for (uint256 i = 0; i < picked.length; ++i) {
            // With less, a payment could fail for want of gas, and its claim be skipped by whoever submits.
            _demandGas(required);
            (uint256 k, uint256 amount) = (picked.get(i), amounts.get(i));
            bytes memory refusal = _payOrRestore(
                campaign,
                purse,
                plain,
                limit,
                _at(claims, k).statement,
                amount,
                _again(actions, k)
            );
            if (refusal.length != 0) refusals = _note(refusals, claims.length, k, refusal);
        }
    }

    /// @inheritdoc IDistributor
    function payInBatch(
        CampaignId campaignId,
        uint256 nullifier,
        uint256 root,
        uint256 amount,
        address submitter,
        Action calldata action
    ) external {
        if (msg.sender != address(this)) revert NotItself(msg.sender);
        StoredCampaign storage campaign = _campaigns[campaignId];
        Purse memory purse;
        (purse.campaignId, purse.token, purse.extras) = (campaignId, campaign.token, campaign.extras);
        _pay(campaign, purse, nullifier, root, amount, submitter, action);
    }

    /// @inheritdoc IDistributor
    function getCampaign(CampaignId campaignId) external view returns (Campaign memory) {
        return _known(campaignId).facts();
    }

    /// @inheritdoc IDistributor
    function getTiers(CampaignId campaignId) external view returns (uint128[] memory) {
        return _known(campaignId).tiers;
    }

    function _setPaused(CampaignId campaignId, bool paused) private {
        // Check
        StoredCampaign storage campaign = _known(campaignId);
        if (msg.sender != campaign.owner && msg.sender != campaign.guardian) {
            revert NotCampaignGuardian(campaignId, msg.sender);
        }

        // Effect
        campaign.paused = paused;
    }

    /// @dev The campaign, if it pays now: the first line of PROTOCOL.md section 5.
    function _open(StoredCampaign storage campaign, CampaignId campaignId) private view returns (Purse memory purse) {
        IERC20 token = campaign.token;
        if (address(token) == address(0)) revert UnknownCampaign(campaignId);
        if (campaign.paused) revert CampaignPaused(campaignId);
        (uint40 opensAt, uint40 closesAt) = (campaign.opensAt, campaign.closesAt);
        if (block.timestamp < opensAt || block.timestamp > closesAt) {
            revert CampaignClosed(campaignId, opensAt, closesAt, block.timestamp);
        }
        (purse.campaignId, purse.token, purse.amountKind) = (campaignId, token, campaign.amountKind);
        (purse.rate, purse.budget, purse.extras) = (campaign.rate, campaign.budget, campaign.extras);
        if (purse.extras & AMENDED != 0) purse.rate = campaign.rateOf();
    }

    /// @dev The first pass of a batch.
    /// @return refusals See `claimBatch`.
    /// @return picked The places of the claims that passed, ascending.
    /// @return amounts What each of these is worth.
    function _reserveAll(
        StoredCampaign storage campaign,
        Purse memory purse,
        RuleInForce memory rule,
        Claim[] calldata claims,
        Action[] calldata actions
    ) private returns (bytes[] memory refusals, uint256[] memory picked, uint256[] memory amounts) {
        (picked, amounts) = (Lists.withCapacity(claims.length), Lists.withCapacity(claims.length));
        bytes32 label = _labelOf(purse.campaignId);
        bytes memory preimage = _contextPreimage(CampaignId.unwrap(purse.campaignId));
        for (uint256 i = 0; i < claims.length; ++i) {
            Statement calldata statement = _at(claims, i).statement;
            Action calldata action = actions[i];
            bytes memory refusal = _admit(rule, label, _contextOf(preimage, Actions.hash(action)), statement);
            if (refusal.length == 0) {
                uint256 amount;
                (refusal, amount) = _reserve(campaign, purse, statement, action);
                if (refusal.length == 0) {
                    picked.push(i);
                    amounts.push(amount);
                    continue;
                }
                _spent[statement.nullifier] = 0;
            }
            refusals = _note(refusals, claims.length, i, refusal);
            emit ClaimSkipped(purse.campaignId, statement.nullifier, refusal);
        }
    }

    /// @dev The checks of a claim's amount; if it passes, it is set aside.
    function _reserve(
        StoredCampaign storage campaign,
        Purse memory purse,
        Statement calldata statement,
        Action calldata action
    ) private returns (bytes memory refusal, uint256 amount) {
        // Check
        amount = purse.rate;
        if (purse.amountKind == AmountKind.Disclosed) amount *= statement.disclosed;
        if (purse.amountKind == AmountKind.Tiered) amount *= _tierOf(campaign, statement.disclosed);
        uint256 left = purse.budget;
        bool capped = purse.extras & CAPPED != 0;
        if (capped) left = _capped(campaign, left, statement.shown);
        if (action.fee > amount || amount < action.minAmount || amount > left) {
            return (_refuseAmount(amount, left, action), amount);
        }

        // Effect
        unchecked {
            purse.budget -= amount;
        }
        if (capped) _count(campaign, amount, statement.shown);
    }

    function _refuseAmount(uint256 amount, uint256 left, Action calldata action) private pure returns (bytes memory) {
        if (action.fee > amount) return abi.encodeWithSelector(FeeTooHigh.selector, action.fee, amount);
        if (amount < action.minAmount) return abi.encodeWithSelector(AmountTooLow.selector, amount, action.minAmount);
        return abi.encodeWithSelector(BudgetExceeded.selector, amount, left);
    }

    /// @dev Nothing, beyond the end of the table.
    function _tierOf(StoredCampaign storage campaign, uint96 disclosed) private view returns (uint256) {
        return disclosed < campaign.tiers.length ? campaign.tiers[disclosed] : 0;
    }

    /// @dev What is left of the budget and of both caps.
    function _capped(StoredCampaign storage campaign, uint256 left, uint32 period) private view returns (uint256) {
        Caps memory caps = campaign.caps;
        if (caps.perPeriod != 0) left = Math.min(left, caps.perPeriod - campaign.paidInPeriod[period]);
        if (caps.perWindow == 0) return left;
        bool begun = campaign.window == block.timestamp / caps.windowLength;
        return Math.min(left, begun ? caps.perWindow - campaign.paidInWindow : caps.perWindow);
    }

    /// @dev Counts an amount against both caps. It was at most what `_capped` said.
    function _count(StoredCampaign storage campaign, uint256 amount, uint32 period) private {
        Caps memory caps = campaign.caps;
        if (caps.perPeriod != 0) campaign.paidInPeriod[period] += uint128(amount);
        if (caps.perWindow == 0) return;
        uint40 window = uint40(block.timestamp / caps.windowLength);
        if (campaign.window != window) (campaign.window, campaign.paidInWindow) = (window, 0);
        campaign.paidInWindow += uint128(amount);
    }

    /// @dev Takes back what `_count` did in this transaction, and so in this window.
    function _uncount(StoredCampaign storage campaign, uint256 amount, uint32 period) private {
        if (campaign.caps.perPeriod != 0) campaign.paidInPeriod[period] -= uint128(amount);
        if (campaign.caps.perWindow != 0) campaign.paidInWindow -= uint128(amount);
    }

    /// @dev The list of refusals with one more; the list is made for the first.
    function _note(
        bytes[] memory refusals,
        uint256 length,
        uint256 i,
        bytes memory refusal
    ) private pure returns (bytes[] memory) {
        if (refusals.length == 0) refusals = new bytes[](length);
        refusals[i] = refusal;
        return refusals;
    }

    /// @dev One payment of the third pass. A call that fails undoes its own effects; what the first pass did is undone
    /// here. Where all there is to a payment is one transfer, that is its call.
    /// @param plain Neither a hook nor a grant.
    function _payOrRestore(
        StoredCampaign storage campaign,
        Purse memory purse,
        bool plain,
        uint256 limit,
        Statement calldata statement,
        uint256 amount,
        Action calldata action
    ) private returns (bytes memory refusal) {
        // Interaction
        (uint256 nullifier, uint256 root, address recipient) = (statement.nullifier, statement.root, action.recipient);
        if (plain && action.fee == 0) {
            if (purse.token.trySend(recipient, amount, limit)) {
                emit Claimed(purse.campaignId, nullifier, recipient, amount, root);
                return refusal;
            }
        } else {
            _checkGas(limit + HOOK_DATA_GAS * action.hookData.length);
            try this.payInBatch{gas: limit}(purse.campaignId, nullifier, root, amount, msg.sender, action) {
                return refusal;
            } catch (bytes memory reason) {
                refusal = reason;
            }
        }
        if (refusal.length == 0) refusal = abi.encodeWithSelector(PaymentFailed.selector, recipient, amount);

        // Effect
        _spent[nullifier] = 0;
        campaign.budget += uint128(amount);
        if (purse.extras & CAPPED != 0) _uncount(campaign, amount, statement.shown);
        emit ClaimSkipped(purse.campaignId, nullifier, refusal);
    }

    /// @dev Pays the fee, then the rest: at once, or as a grant. Nothing is read of the campaign afterwards.
    function _pay(
        StoredCampaign storage campaign,
        Purse memory purse,
        uint256 nullifier,
        uint256 root,
        uint256 amount,
        address submitter,
        Action calldata action
    ) private {
        IERC20 token = purse.token;
        (address recipient, uint256 fee) = (action.recipient, action.fee);
        emit Claimed(purse.campaignId, nullifier, recipient, amount, root);
        if (fee != 0) {
            address feeTo = action.feeTo == address(0) ? submitter : action.feeTo;
            emit FeePaid(purse.campaignId, nullifier, feeTo, fee);
            _send(token, feeTo, fee);
        }
        if (purse.extras & VESTED == 0) _send(token, recipient, amount - fee);
        else if (amount != fee) _grant(campaign, purse, nullifier, recipient, amount - fee);
        if (purse.extras & HOOKED != 0) _callHook(campaign.hook, purse.campaignId, nullifier, amount, action);
    }

    function _send(IERC20 token, address to, uint256 amount) private {
        if (!token.trySend(to, amount, gasleft())) revert PaymentFailed(to, amount);
    }

    function _grant(
        StoredCampaign storage campaign,
        Purse memory purse,
        uint256 nullifier,
        address recipient,
        uint256 amount
    ) private {
        uint256 value = purse.token.isCoin() ? amount : 0;
        try GRANTS.grant{value: value}(campaign.planId, recipient, uint128(amount)) returns (uint64 grantId) {
            emit GrantMade(purse.campaignId, nullifier, grantId);
        } catch {
            revert PaymentFailed(recipient, amount);
        }
    }

    /// @dev The hook gets its gas in full or the claim reverts: whoever submits can't make it fail.
    function _callHook(
        Hook memory hook,
        CampaignId campaignId,
        uint256 nullifier,
        uint256 amount,
        Action calldata action
    ) private {
        bytes memory data = abi.encodeCall(
            IClaimHook.afterClaim,
            (campaignId, nullifier, action.recipient, amount, action.hookData)
        );
        _checkGas(hook.gasLimit);
        bool success = hook.target.code.length != 0 && Assets.tryCall(hook.target, 0, hook.gasLimit, data);
        if (success) return;
        if (hook.mandatory) revert MandatoryHookFailed(hook.target);
        emit HookFailed(campaignId, nullifier);
    }

    /// @dev A call of this limit, made next, gets all of it.
    function _checkGas(uint256 limit) private view {
        _demandGas(_gasFor(limit));
    }

    function _demandGas(uint256 required) private view {
        if (gasleft() < required) revert IEligibilityVerifier.InsufficientGas(required, gasleft());
    }

    /// @dev What must be left for a call of this limit: EIP-150 keeps a sixty-fourth back.
    function _gasFor(uint256 limit) private pure returns (uint256) {
        unchecked {
            return limit + limit / 63 + CALL_GAS;
        }
    }

    /// @dev actions[i], which has been read before.
    function _again(Action[] calldata actions, uint256 i) private pure returns (Action calldata action) {
        assembly ("memory-safe") {
            action := add(actions.offset, calldataload(add(actions.offset, shl(5, i))))
        }
    }

    /// @dev claims[i], for an i that is known to be one.
    function _at(Claim[] calldata claims, uint256 i) private pure returns (Claim calldata claim_) {
        assembly ("memory-safe") {
            claim_ := add(claims.offset, mul(i, 0x1e0))
        }
    }

    function _known(CampaignId campaignId) private view returns (StoredCampaign storage campaign) {
        campaign = _campaigns[campaignId];
        if (address(campaign.token) == address(0)) revert UnknownCampaign(campaignId);
    }

    function _labelOf(CampaignId campaignId) private pure returns (bytes32) {
        return bytes32(CampaignId.unwrap(campaignId));
    }
}
