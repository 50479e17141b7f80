// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {IClaimHook} from "../../../contracts/interfaces/IClaimHook.sol";
import {CampaignId} from "../../../contracts/interfaces/IDistributor.sol";

/// @dev What a double does when it is called: as it should; answer no; revert; burn all gas; answer with more than
/// whoever copies it can pay for.
enum Mood {
    Willing,
    Refusing,
    Reverting,
    Burning,
    Bombing
}

/// @dev 400,000 bytes: to make them costs some 340,000 gas, to copy them as much again.
uint256 constant BOMB = 400_000;

/// @dev Where a double is willing it returns, if it has the gas that it asks for.
function act(Mood mood, uint256 needs) view {
    require(gasleft() >= needs, "starved");
    require(mood != Mood.Reverting && mood != Mood.Refusing, "no");
    assembly ("memory-safe") {
        if eq(mood, 3) {
            invalid()
        }
        if eq(mood, 4) {
            revert(0x00, BOMB)
        }
    }
}

/// @notice A token that treats each recipient as it is told to.
contract MoodyToken is ERC20 {
    mapping(address recipient => Mood) private _moods;
    uint256 private _needs;

    constructor() ERC20("Moody", "MOOD") {}

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function treat(address recipient, Mood mood) external {
        _moods[recipient] = mood;
    }

    function ask(uint256 needs) external {
        _needs = needs;
    }

    function transfer(address to, uint256 value) public override returns (bool) {
        Mood mood = _moods[to];
        if (mood == Mood.Refusing) return false;
        act(mood, _needs);
        return super.transfer(to, value);
    }

    function transferFrom(address from, address to, uint256 value) public override returns (bool) {
        act(_moods[to], _needs);
        return super.transferFrom(from, to, value);
    }
}

/// @notice A token that answers a transfer with nothing.
contract SilentToken is ERC20 {
    constructor() ERC20("Silent", "HUSH") {}

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function transfer(address to, uint256 value) public override returns (bool) {
        super.transfer(to, value);
        assembly {
            return(0x00, 0x00)
        }
    }
}

/// @notice A token that makes a call in the middle of each transfer, and remembers what came of it.
contract MeddlingToken is ERC20 {
    bool public succeeded;
    bytes public answer;
    address private _target;
    bytes private _call;

    constructor() ERC20("Meddling", "MEDL") {}

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    /// @dev Once: what the call leads to isn't meddled with. Whom it calls may take of the token's own tokens.
    function meddle(address target, bytes calldata call_) external {
        (_target, _call) = (target, call_);
        _approve(address(this), target, type(uint256).max);
    }

    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        address target = _target;
        if (from == address(0) || target == address(0)) return;
        delete _target;
        (succeeded, answer) = target.call(_call);
    }
}

/// @notice An account that takes the coin, in some mood.
contract MoodyWallet {
    Mood private _mood;
    uint256 private _needs;

    function feel(Mood mood) external {
        _mood = mood;
    }

    function ask(uint256 needs) external {
        _needs = needs;
    }

    receive() external payable {
        act(_mood, _needs);
    }
}

/// @notice A hook that says what it was told, in some mood.
contract MoodyHook is IClaimHook {
    Mood private _mood;
    uint256 private _needs;

    event Called(
        address sender,
        CampaignId campaignId,
        uint256 nullifier,
        address recipient,
        uint256 amount,
        bytes hookData
    );

    function feel(Mood mood) external {
        _mood = mood;
    }

    function ask(uint256 needs) external {
        _needs = needs;
    }

    /// @inheritdoc IClaimHook
    function afterClaim(
        CampaignId campaignId,
        uint256 nullifier,
        address recipient,
        uint256 amount,
        bytes calldata hookData
    ) external {
        act(_mood, _needs);
        emit Called(msg.sender, campaignId, nullifier, recipient, amount, hookData);
    }
}

/// @notice A hook that calls the distributor back, and remembers what came of it.
contract MeddlingHook is IClaimHook {
    address private immutable DISTRIBUTOR;
    bool public succeeded;
    bytes public answer;
    bytes private _call;

    constructor(address distributor) {
        DISTRIBUTOR = distributor;
    }

    function meddle(bytes calldata call_) external {
        _call = call_;
    }

    /// @inheritdoc IClaimHook
    function afterClaim(CampaignId, uint256, address, uint256, bytes calldata) external {
        if (answer.length == 0) (succeeded, answer) = DISTRIBUTOR.call(_call);
    }
}
