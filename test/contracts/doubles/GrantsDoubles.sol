// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {IGrants} from "../../../contracts/interfaces/IGrants.sol";
import {Tranche, Vesting} from "../../../contracts/libraries/Vesting.sol";

/// @notice The library, laid open; many moments in one call.
contract VestingHarness {
    function check(Tranche[] calldata tranches) external pure {
        Vesting.check(tranches);
    }

    function vestedAt(
        uint256 total,
        Tranche[] calldata tranches,
        uint256[] calldata moments
    ) external pure returns (uint256[] memory amounts) {
        amounts = new uint256[](moments.length);
        for (uint256 i = 0; i < moments.length; ++i) amounts[i] = Vesting.vestedAt(total, tranches, moments[i]);
    }

    function repack(Tranche calldata tranche) external pure returns (uint128 packed, Tranche memory unpacked) {
        packed = Vesting.pack(tranche);
        unpacked = Vesting.unpack(packed);
    }
}

/// @notice A maker that is called while it pays for a grant, and then tries to make another with the same money.
contract GreedyMaker {
    IGrants private immutable GRANTS;
    uint64 private _planId;
    bool private _asked;

    constructor(IGrants grants) {
        GRANTS = grants;
    }

    function createPlan(IGrants.PlanParams calldata params) external {
        params.token.approve(address(GRANTS), type(uint256).max);
        _planId = GRANTS.createPlan(params);
    }

    function makeGrant() external returns (uint64) {
        return GRANTS.grant(_planId, msg.sender, 100);
    }

    function makeAnother() external {
        if (_asked) return;
        _asked = true;
        GRANTS.grant(_planId, msg.sender, 100);
    }
}

/// @notice A recipient of the coin that asks for its release again while it is paid.
contract GreedyRecipient {
    IGrants private immutable GRANTS;
    /// @notice The error that the second release ended with.
    bytes public refusal;

    constructor(IGrants grants) {
        GRANTS = grants;
    }

    receive() external payable {
        try GRANTS.release(GRANTS.grantCount()) {} catch (bytes memory reason) {
            refusal = reason;
        }
    }
}

/// @notice A token that says that everybody has all of it, and moves nothing.
contract LyingToken is ERC20 {
    uint256 private _said;

    constructor() ERC20("Lie", "LIE") {}

    function balanceOf(address) public view override returns (uint256) {
        return _said;
    }

    function transferFrom(address, address, uint256 value) public override returns (bool) {
        _said += value;
        return true;
    }

    function transfer(address, uint256) public pure override returns (bool) {
        return true;
    }
}

/// @notice A token that is out of service whenever it is told to be.
contract StoppingToken is ERC20 {
    bool public stopped;

    constructor() ERC20("Stop", "STOP") {}

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function stop(bool stopped_) external {
        stopped = stopped_;
    }

    function transfer(address to, uint256 value) public override returns (bool) {
        return !stopped && super.transfer(to, value);
    }
}
