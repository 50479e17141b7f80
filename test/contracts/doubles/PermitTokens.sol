// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";

/// @notice A token that takes approvals by signature (ERC-2612), in a domain of version 1.
contract PermitToken is ERC20Permit {
    constructor() ERC20("Permit", "PERMIT") ERC20Permit("Permit") {}

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }
}

/// @notice The same, but what it says of its version isn't what it checks signatures in.
contract MislabelledToken is PermitToken {
    function version() external pure returns (string memory) {
        return "2";
    }
}
