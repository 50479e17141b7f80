// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @title ExampleToken
/// @notice An ERC-20 that anyone may mint, for demonstrations and tests. It is worth nothing.
contract ExampleToken is ERC20 {
    constructor() ERC20("Eligo Example", "EXAMPLE") {}

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }
}
