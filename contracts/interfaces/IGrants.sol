// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Tranche} from "../libraries/Vesting.sol";

/// @title Grants: tokens that vest
/// @notice A plan is a schedule with its rules, a grant an amount that vests by it for one recipient. Anyone may make a
/// plan and grant under it; nobody stands above plans, and nobody can stop a release. Plans and grants are counted
/// from 1.
/// @dev The coin is written 0xEeeeeEeeeEeEeeEeEeEeeEEEeeeeEeeeeeeeEEeE (ERC-7528). A token that takes a fee out of what it
/// moves is accounted for by what arrives. A token that changes balances by itself (a rebasing one), or takes its fee
/// beside what it moves, must be wrapped first: grants are numbers that it wouldn't change. A token that lies can only
/// hurt the grants that were made in it.
interface IGrants {
    /// @notice Everything about a plan, fixed when it is made. The sender becomes its maker, who alone grants under it.
    /// @param token An ERC-20 that doesn't rebase, or the coin.
    /// @param owner May claw back, and nothing else; 0 only where nobody can.
    /// @param start Unix seconds at which vesting begins for all its grants; 0 = for each when it is made.
    /// @param transferable Whether a recipient can hand a grant on.
    /// @param clawbackNotice Seconds for which a grant vests on after a clawback; 2^40-1 = no grant can be clawed back.
    /// @param tranches From 1 to 64, see libraries/Vesting.sol.
    struct PlanParams {
        IERC20 token;
        address owner;
        uint40 start;
        bool transferable;
        uint40 clawbackNotice;
        Tranche[] tranches;
    }

    /// @notice A plan without its tranches; PlanParams says what is what.
    struct Plan {
        IERC20 token;
        uint40 start;
        uint40 clawbackNotice;
        bool transferable;
        address maker;
        address owner;
    }

    /// @notice A grant as it stands.
    /// @param planId 56 bits, so that a grant takes two slots.
    /// @param start Unix seconds at which its schedule begins.
    /// @param total Base units: what it pays when all has vested. A clawback lowers it to what vests until `stopsAt`.
    /// @param released Base units that were paid.
    /// @param granted Base units: what `total` was before a clawback, and what the schedule goes on to divide; 0 before.
    /// @param stopsAt Unix seconds after which nothing vests; 0 = it wasn't clawed back.
    struct Grant {
        address recipient;
        uint56 planId;
        uint40 start;
        uint128 total;
        uint128 released;
        uint128 granted;
        uint48 stopsAt;
    }

    event PlanCreated(uint64 indexed planId, address indexed maker, IERC20 indexed token, PlanParams params);
    /// @param start Unix seconds.
    event Granted(
        uint64 indexed grantId,
        uint64 indexed planId,
        address indexed recipient,
        uint128 total,
        uint40 start
    );
    event Released(uint64 indexed grantId, address indexed recipient, uint256 amount);
    event GrantTransferred(uint64 indexed grantId, address indexed from, address indexed to);
    /// @param amount Base units that were taken back.
    /// @param kept Base units: the grant's total from now on.
    /// @param stopsAt Unix seconds after which nothing vests.
    event ClawedBack(
        uint64 indexed grantId,
        uint64 indexed planId,
        address indexed to,
        uint256 amount,
        uint128 kept,
        uint48 stopsAt,
        bytes32 reason
    );

    error InvalidPlan(string field, uint256 value);
    error UnknownPlan(uint64 planId);
    error UnknownGrant(uint64 grantId);
    error NotPlanMaker(uint64 planId, address account);
    error NotPlanOwner(uint64 planId, address account);
    error NotRecipient(uint64 grantId, address account);
    error NotTransferable(uint64 grantId);
    error ClawbackExcluded(uint64 grantId);
    error InvalidRecipient(address recipient);
    /// @param value What came with the call; the coin's plans take exactly the amount, all others nothing.
    error WrongValue(uint256 value, uint256 expected);
    error NothingToRelease(uint64 grantId);
    error NothingToClawBack(uint64 grantId);
    error AlreadyClawedBack(uint64 grantId, uint48 stopsAt);
    error ReasonMissing(uint64 grantId);
    error PaymentFailed(address to, uint256 amount);

    /// @notice Makes a plan. By anyone.
    function createPlan(PlanParams calldata params) external returns (uint64 planId);

    /// @notice Makes a grant out of what arrives of the sender's `amount`, which must be allowed to this contract or, in
    /// the coin, come with the call. By the plan's maker.
    /// @dev Nobody asks the recipient. What has vested at once, under a plan that began before, can be released at once.
    /// @param recipient Not 0. A contract that can't take the coin can't be paid in it, either.
    /// @param amount Base units.
    function grant(uint64 planId, address recipient, uint128 amount) external payable returns (uint64 grantId);

    /// @notice Pays what has vested and wasn't paid yet to the grant's recipient. By anyone.
    /// @return amount Base units.
    function release(uint64 grantId) external returns (uint256 amount);

    /// @notice Hands a grant on, with all that it hasn't paid yet. By its recipient, under a transferable plan.
    function transferGrant(uint64 grantId, address to) external;

    /// @notice Takes back what will not have vested when the plan's notice is over; the grant vests on until then, by the
    /// same schedule, and no further. By the plan's owner, once.
    /// @param to Who gets what is taken back, at once; not 0.
    /// @param reason Why, in a form that the parties know; not 0.
    function clawback(uint64 grantId, address to, bytes32 reason) external;

    /// @notice How many plans there are; ids run from 1 to this number.
    function planCount() external view returns (uint64);

    /// @notice How many grants there are; ids run from 1 to this number.
    function grantCount() external view returns (uint64);

    /// @notice The plan, or `UnknownPlan`.
    function getPlan(uint64 planId) external view returns (Plan memory);

    /// @notice The plan's schedule, or `UnknownPlan`.
    function getTranches(uint64 planId) external view returns (Tranche[] memory);

    /// @notice The grant, or `UnknownGrant`.
    function getGrant(uint64 grantId) external view returns (Grant memory);

    /// @notice Base units of the grant that have vested by now, paid or not.
    function vestedOf(uint64 grantId) external view returns (uint256);

    /// @notice Base units that a release would pay now.
    function releasable(uint64 grantId) external view returns (uint256);
}
