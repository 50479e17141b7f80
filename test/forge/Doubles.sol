// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {CampaignId} from "../../contracts/interfaces/IDistributor.sol";
import {IClaimHook} from "../../contracts/interfaces/IClaimHook.sol";

/// @notice A token that keeps a tenth of every transfer.
contract TollToken is ERC20 {
    constructor() ERC20("Toll", "TOLL") {}

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function _update(address from, address to, uint256 value) internal override {
        uint256 toll = from == address(0) ? 0 : value / 10;
        super._update(from, to, value - toll);
        if (toll != 0) super._update(from, address(this), toll);
    }
}

/// @notice An account that takes no coin.
contract Refuser {
    error NoThanks();

    receive() external payable {
        revert NoThanks();
    }
}

/// @notice An account that, when it is paid in coin, makes the one call that it was given, and takes whatever comes of it.
contract Reenterer {
    bool private transient _done;
    address private _target;
    bytes private _call;

    /// @dev What was armed is to be disarmed by nobody's address.
    function arm(address target, bytes calldata call_) external {
        (_done, _target, _call) = (false, target, call_);
    }

    receive() external payable {
        if (_done || _target == address(0)) return;
        _done = true;
        (bool success, ) = _target.call(_call);
        success;
    }
}

/// @notice A hook that works, or doesn't.
contract Hooked is IClaimHook {
    bool private immutable WORKS;

    constructor(bool works) {
        WORKS = works;
    }

    function afterClaim(CampaignId, uint256, address, uint256, bytes calldata) external view {
        require(WORKS);
    }
}
