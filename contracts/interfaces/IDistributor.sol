// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IEligibilityGate} from "./IEligibilityGate.sol";

/// @notice Campaigns are counted from 1.
type CampaignId is uint256;

/// @title Private distributions of an ERC-20
/// @notice A campaign pays whoever proves that he meets its policy, once for each claim index, and learns nothing else
/// about him. Its rule stands under the label bytes32(campaignId), and contexts carry the campaign's id.
/// @dev A token that takes a fee from transfers is accounted for by what arrives. A token that changes balances by
/// itself (a rebasing one) must be wrapped first: budgets are numbers that it wouldn't change.
interface IDistributor is IEligibilityGate {
    /// @notice What a claim pays. Fixed: `unit`. Disclosed: the disclosed value times `unit`. Metered: the policy's
    /// step, one note, times `unit`.
    enum AmountKind {
        Fixed,
        Disclosed,
        Metered
    }

    /// @notice Everything that is fixed when a campaign is created. The sender becomes its owner.
    /// @param token An ERC-20 that doesn't rebase.
    /// @param amountKind See AmountKind.
    /// @param unit Base units of the token, see AmountKind; not 0.
    /// @param source The list whose attestations count; a tree's id for the tree's own list.
    /// @param maxStaleness Seconds for which a root outlives its epoch; 0 = none.
    /// @param maxSilence Seconds that the source may be silent; 2^40-1 = any.
    /// @param proofLifetime Seconds from `checkedAt` for which a proof can be used: 120 to 30 days.
    /// @param cap Claims a person, below 2^32-1; 0 where metered or by period.
    /// @param periodStart Unix seconds at which period 0 begins; 0 unless by period.
    /// @param periodLength Seconds, not below `proofLifetime`: one claim a person in each period; 0 = not by period.
    /// @param opensAt The first second at which it pays, Unix seconds.
    /// @param closesAt The last second at which it pays, Unix seconds.
    /// @param guardian May pause beside the owner; 0 = nobody.
    /// @param terms The policy's fifteen terms, as emitted; see libraries/Terms.sol for their order.
    /// @param termsHash H_15 of the terms. A contract can't compute it: compare before you claim or fund.
    /// @param documentHash keccak256 of the policy document in JCS.
    /// @param documentURI Where the document can be read.
    struct CampaignParams {
        IERC20 token;
        AmountKind amountKind;
        uint128 unit;
        uint64 source;
        uint40 maxStaleness;
        uint40 maxSilence;
        uint24 proofLifetime;
        uint32 cap;
        uint40 periodStart;
        uint40 periodLength;
        uint40 opensAt;
        uint40 closesAt;
        address guardian;
        uint256[15] terms;
        uint256 termsHash;
        bytes32 documentHash;
        string documentURI;
    }

    /// @notice A campaign as it stands.
    /// @param rate Base units: what a claim pays; where the amount is disclosed, what each disclosed unit pays.
    /// @param budget Base units that are left.
    struct Campaign {
        IERC20 token;
        uint40 opensAt;
        uint40 closesAt;
        AmountKind amountKind;
        bool paused;
        uint128 rate;
        uint128 budget;
        address owner;
        address guardian;
    }

    /// @notice What a claimant agrees to; its hash is bound into the proof.
    /// @param minAmount Base units; compared with the amount before the fee.
    /// @param fee Base units, taken out of the amount.
    /// @param feeTo 0 = whoever submits.
    /// @param hookData Bound and otherwise unused: no campaign has a hook.
    struct Action {
        address recipient;
        uint256 minAmount;
        uint256 fee;
        address feeTo;
        bytes hookData;
    }

    event CampaignCreated(
        CampaignId indexed campaignId,
        address indexed owner,
        IERC20 indexed token,
        uint256 policy,
        CampaignParams params
    );
    event Funded(CampaignId indexed campaignId, address indexed from, uint256 amount);
    /// @param amount Base units before the fee.
    event Claimed(
        CampaignId indexed campaignId,
        uint256 indexed nullifier,
        address indexed recipient,
        uint256 amount,
        uint256 fee,
        address feeTo,
        uint256 root
    );
    event Paused(CampaignId indexed campaignId, address indexed by, bytes32 reason);
    event Unpaused(CampaignId indexed campaignId, address indexed by, bytes32 reason);
    event Withdrawn(CampaignId indexed campaignId, address indexed to, uint256 amount);

    error InvalidCampaign(string field, uint256 value);
    /// @notice The kind of amount, the note or the cap doesn't fit the terms.
    error CampaignMismatch(string field, uint256 value);
    error UnknownCampaign(CampaignId campaignId);
    error CampaignPaused(CampaignId campaignId);
    error CampaignClosed(CampaignId campaignId, uint40 opensAt, uint40 closesAt, uint256 time);
    error CampaignNotOver(CampaignId campaignId, uint40 closesAt, uint256 time);
    error FeeTooHigh(uint256 fee, uint256 amount);
    error AmountTooLow(uint256 amount, uint256 minAmount);
    error BudgetExceeded(uint256 amount, uint256 budget);
    error NotCampaignOwner(CampaignId campaignId, address account);
    error NotCampaignGuardian(CampaignId campaignId, address account);

    /// @notice Creates a campaign, owned by the sender. Nothing of it can be changed afterwards.
    function createCampaign(CampaignParams calldata params) external returns (CampaignId campaignId);

    /// @notice Adds to a campaign's budget what arrives of a transfer from the sender. By anyone, until it closes.
    function fund(CampaignId campaignId, uint256 amount) external;

    /// @notice Pays a claim. By anyone: the proof says to whom.
    function claim(CampaignId campaignId, Claim calldata claim_, Action calldata action) external;

    /// @notice Stops claims, and nothing but claims. By the campaign's owner or guardian.
    function pause(CampaignId campaignId, bytes32 reason) external;

    /// @notice Lets claims go on. By the campaign's owner or guardian.
    function unpause(CampaignId campaignId, bytes32 reason) external;

    /// @notice Takes back what nobody claimed, after closing. By the campaign's owner.
    function withdraw(CampaignId campaignId, address to) external;

    /// @notice How many campaigns there are; ids run from 1 to this number.
    function campaignCount() external view returns (uint256);

    /// @notice The campaign, or `UnknownCampaign`.
    function getCampaign(CampaignId campaignId) external view returns (Campaign memory);
}
