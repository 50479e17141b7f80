// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Claim} from "../libraries/Statement.sol";
import {Tranche} from "../libraries/Vesting.sol";
import {IEligibilityGate} from "./IEligibilityGate.sol";
import {IGrants} from "./IGrants.sol";

/// @notice Campaigns are counted from 1.
type CampaignId is uint256;

/// @title Private distributions of an ERC-20, or of the chain's own coin
/// @notice A campaign pays whoever proves that he meets its policy, once for each claim index, and learns nothing else
/// about him. Its rule stands under the label bytes32(campaignId), and contexts carry the campaign's id.
/// @dev The coin is written 0xEeeeeEeeeEeEeeEeEeEeeEEEeeeeEeeeeeeeEEeE (ERC-7528). A token that takes a fee from transfers
/// is accounted for by what arrives. A token that changes balances by itself (a rebasing one), or takes its fee beside
/// what it moves, must be wrapped first: budgets are numbers that it wouldn't change. A token that neither reverts nor
/// answers true can't be used: `UnclearPayment`.
interface IDistributor is IEligibilityGate {
    /// @notice What a claim pays. Fixed: `unit`. Disclosed: the disclosed value times `unit`. Tiered: what the campaign's
    /// table has at the place of the disclosed value, times `unit`; nothing beyond its end. Metered: the policy's step,
    /// one note, times `unit`.
    enum AmountKind {
        Fixed,
        Disclosed,
        Tiered,
        Metered
    }

    /// @notice The document that claims follow, as the chain knows it.
    /// @param terms The policy's fifteen terms, as emitted; see libraries/Terms.sol for their order.
    /// @param termsHash H_15 of the terms. A contract can't compute it: compare before you claim or fund.
    /// @param documentHash keccak256 of the policy document in JCS.
    /// @param documentURI Where the document can be read.
    struct Policy {
        uint256[15] terms;
        uint256 termsHash;
        bytes32 documentHash;
        string documentURI;
    }

    /// @notice Bounds on what is paid, whatever the budget.
    /// @param perPeriod Base units for all claims of one period together, by its number; 0 = no bound; 0 unless by period.
    /// @param perWindow Base units in each window; 0 = no bound. It limits what a stolen publishing key can cost.
    /// @param windowLength Seconds; windows begin at its multiples. 0 if and only if `perWindow` is.
    struct Caps {
        uint128 perPeriod;
        uint128 perWindow;
        uint40 windowLength;
    }

    /// @notice How a claim is paid: at once where there are no tranches, otherwise as a grant.
    /// @param start Unix seconds at which vesting begins for all; 0 = with each claim.
    /// @param transferable Whether a grant can be handed on.
    /// @param clawbackNotice Seconds for which a grant vests on after a clawback; 2^40-1 = no grant can be clawed back.
    struct Schedule {
        uint40 start;
        bool transferable;
        uint40 clawbackNotice;
        Tranche[] tranches;
    }

    /// @notice What is called after each claim; target 0 = nothing. See IClaimHook.
    /// @param gasLimit What the call gets; at most 1,000,000.
    /// @param mandatory A claim whose hook fails isn't paid. Otherwise it is, and `HookFailed` says so.
    struct Hook {
        address target;
        uint32 gasLimit;
        bool mandatory;
    }

    /// @notice Everything that is fixed when a campaign is created. The sender becomes its owner.
    /// @param token An ERC-20 that doesn't rebase, or the coin.
    /// @param amountKind See AmountKind.
    /// @param unit Base units of the token, see AmountKind; not 0.
    /// @param tiers Tiered: the table, from 1 to 256 entries; otherwise empty.
    /// @param source The list whose attestations count; a tree's id for the tree's own list.
    /// @param maxStaleness Seconds for which a root outlives its epoch; 0 = none.
    /// @param maxSilence Seconds that the source may be silent, from 1; 2^40-1 = any.
    /// @param proofLifetime Seconds from `checkedAt` for which a proof can be used: 120 to 30 days.
    /// @param notice Seconds between the announcement of an amendment and its coming in force, not below `proofLifetime`;
    /// 0 = nothing can be amended, and so where metered.
    /// @param cap Claims a person, below 2^32-1; 0 where metered or by period.
    /// @param periodStart Unix seconds at which period 0 begins; 0 unless by period.
    /// @param periodLength Seconds, not below `proofLifetime`: one claim a person in each period; 0 = not by period.
    /// @param opensAt The first second at which it pays, Unix seconds.
    /// @param closesAt The last second at which it pays, Unix seconds, below 2^40-1: what nobody claims can be taken back.
    /// @param guardian May pause beside the owner; 0 = nobody.
    struct CampaignParams {
        IERC20 token;
        AmountKind amountKind;
        uint120 unit;
        uint128[] tiers;
        uint64 source;
        uint40 maxStaleness;
        uint40 maxSilence;
        uint24 proofLifetime;
        uint24 notice;
        uint32 cap;
        uint40 periodStart;
        uint32 periodLength;
        uint40 opensAt;
        uint40 closesAt;
        address guardian;
        Caps caps;
        Schedule schedule;
        Hook hook;
        Policy policy;
    }

    /// @notice A campaign as it stands.
    /// @param rate Base units: what a claim pays; where the amount is disclosed, what each disclosed unit pays.
    /// @param budget Base units that are left.
    /// @param planId The plan of its grants; 0 = it pays at once.
    /// @param pendingRate The rate that comes with the pending amendment, 0 = none.
    /// @param window The number of the window in which the last claim was paid, where there is a cap for windows.
    /// @param paidInWindow Base units paid in it.
    struct Campaign {
        IERC20 token;
        uint40 opensAt;
        uint40 closesAt;
        AmountKind amountKind;
        bool paused;
        uint120 rate;
        uint128 budget;
        address owner;
        address guardian;
        uint24 notice;
        uint64 planId;
        uint120 pendingRate;
        Caps caps;
        uint40 window;
        uint128 paidInWindow;
        Hook hook;
    }

    /// @notice What a claimant agrees to; its hash is bound into the proof.
    /// @param minAmount Base units; compared with the amount before the fee.
    /// @param fee Base units, taken out of the amount and paid at once, whatever the schedule.
    /// @param feeTo 0 = whoever submits.
    /// @param hookData What the campaign's hook is told; empty where there is none.
    struct Action {
        address recipient;
        uint256 minAmount;
        uint256 fee;
        address feeTo;
        bytes hookData;
    }

    /// @notice `RuleSet` in the same transaction has the policy.
    event CampaignCreated(
        CampaignId indexed campaignId,
        address indexed owner,
        IERC20 indexed token,
        uint64 planId,
        CampaignParams params
    );
    event Funded(CampaignId indexed campaignId, address indexed from, uint256 amount);
    /// @param amount Base units before the fee.
    event Claimed(
        CampaignId indexed campaignId,
        uint256 indexed nullifier,
        address indexed recipient,
        uint256 amount,
        uint256 root
    );
    event FeePaid(CampaignId indexed campaignId, uint256 indexed nullifier, address indexed to, uint256 fee);
    event GrantMade(CampaignId indexed campaignId, uint256 indexed nullifier, uint64 indexed grantId);
    /// @notice A claim of a batch that wasn't paid this time. Nothing of it was proved if a check refused it: what became
    /// of a nullifier only `Claimed` says.
    /// @param refusal The error of the check that refused it, or of its payment, encoded.
    event ClaimSkipped(CampaignId indexed campaignId, uint256 indexed nullifier, bytes refusal);
    event HookFailed(CampaignId indexed campaignId, uint256 indexed nullifier);
    /// @notice `RuleAmended` in the same transaction has the policy.
    /// @param inForceAt Unix seconds.
    event CampaignAmended(CampaignId indexed campaignId, uint120 unit, uint32 cap, uint40 inForceAt, Policy document);
    event Paused(CampaignId indexed campaignId, address indexed by, bytes32 reason);
    event Unpaused(CampaignId indexed campaignId, address indexed by, bytes32 reason);
    event ClawedBack(CampaignId indexed campaignId, address indexed to, uint256 amount);

    error InvalidCampaign(string field, uint256 value);
    /// @notice The kind of amount, the note or the cap doesn't fit the terms.
    error CampaignMismatch(string field, uint256 value);
    error UnknownCampaign(CampaignId campaignId);
    error CampaignPaused(CampaignId campaignId);
    error CampaignClosed(CampaignId campaignId, uint40 opensAt, uint40 closesAt, uint256 time);
    error CampaignNotOver(CampaignId campaignId, uint40 closesAt, uint256 time);
    error NotAmendable(CampaignId campaignId);
    error FeeTooHigh(uint256 fee, uint256 amount);
    error AmountTooLow(uint256 amount, uint256 minAmount);
    /// @param left Of the budget or of a cap, whichever has less.
    error BudgetExceeded(uint256 amount, uint256 left);
    error PaymentFailed(address to, uint256 amount);
    error MandatoryHookFailed(address hook);
    error LengthMismatch(uint256 claims, uint256 actions);
    /// @param value What came with the call; the coin's campaigns take exactly the amount, all others nothing.
    error WrongValue(uint256 value, uint256 expected);
    error NotCampaignOwner(CampaignId campaignId, address account);
    error NotCampaignGuardian(CampaignId campaignId, address account);
    error NotItself(address account);
    error InvalidRecipient(address recipient);

    /// @notice Creates a campaign, owned by the sender.
    function createCampaign(CampaignParams calldata params) external returns (CampaignId campaignId);

    /// @notice Adds to a campaign's budget what arrives of a transfer from the sender. By anyone, until it closes.
    function fund(CampaignId campaignId, uint256 amount) external payable;

    /// @notice `fund`, with an allowance by signature (ERC-2612). A permit that somebody else has sent before is no
    /// obstacle: the allowance is there.
    function fundWithPermit(
        CampaignId campaignId,
        uint256 amount,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external;

    /// @notice Pays a claim. By anyone: the proof says to whom.
    function claim(CampaignId campaignId, Claim calldata claim_, Action calldata action) external;

    /// @notice Pays many claims with one pairing check. A claim that can't be paid is skipped, with `ClaimSkipped`; a
    /// proof that doesn't hold reverts all of them with `InvalidProof`.
    /// @dev PROTOCOL.md section 5: three passes. Ask by eth_call first: it answers which claims would be skipped.
    /// @return refusals Empty where all were paid. Otherwise for each claim the error that kept it from being paid,
    /// encoded, and nothing for those that were.
    function claimBatch(
        CampaignId campaignId,
        Claim[] calldata claims,
        Action[] calldata actions
    ) external returns (bytes[] memory refusals);

    /// @notice One payment of a batch, in a call of its own. By the distributor itself only.
    function payInBatch(
        CampaignId campaignId,
        uint256 nullifier,
        uint256 root,
        uint256 amount,
        address submitter,
        Action calldata action
    ) external;

    /// @notice Announces other terms, another document, amount or cap. They come in force after the campaign's notice; an
    /// announcement that is still pending is replaced, and the notice starts again. By the campaign's owner.
    /// @param unit As at creation; from then on it is what all claims are paid by.
    /// @param cap As at creation.
    function amend(
        CampaignId campaignId,
        Policy calldata document,
        uint120 unit,
        uint32 cap
    ) external returns (uint40 inForceAt);

    /// @notice Stops claims, and nothing but claims. By the campaign's owner or guardian.
    function pause(CampaignId campaignId, bytes32 reason) external;

    /// @notice Lets claims go on. By the campaign's owner or guardian.
    function unpause(CampaignId campaignId, bytes32 reason) external;

    /// @notice Takes back what nobody claimed, after closing. By the campaign's owner.
    /// @param to Neither 0 nor the distributor.
    function clawback(CampaignId campaignId, address to) external;

    /// @notice Where grants are made.
    function GRANTS() external view returns (IGrants);

    /// @notice How many campaigns there are; ids run from 1 to this number.
    function campaignCount() external view returns (uint256);

    /// @notice The campaign, or `UnknownCampaign`.
    function getCampaign(CampaignId campaignId) external view returns (Campaign memory);

    /// @notice The table of a tiered campaign.
    function getTiers(CampaignId campaignId) external view returns (uint128[] memory);
}
