// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

/// @title A token, or the chain's own coin
/// @dev Who is paid may be hostile: no call here copies what came back beyond one word.
library Assets {
    using SafeERC20 for IERC20;

    /// @dev The coin's address by ERC-7528.
    address internal constant COIN = 0xEeeeeEeeeEeEeeEeEeEeeEEEeeeeEeeeeeeeEEeE;

    function isCoin(IERC20 asset) internal pure returns (bool) {
        return address(asset) == COIN;
    }

    /// @dev The call succeeded and the answer isn't true: nobody can tell whether the token has paid.
    error UnclearPayment(IERC20 token);

    /// @dev Pays with a call of at most `gasLimit`. False means that the call reverted, and so undid whatever it did. A
    /// token that answers nothing has paid, if there is one; one that answers anything but true, without reverting, may
    /// have paid or not, and so everything around it is undone.
    function trySend(IERC20 asset, address to, uint256 amount, uint256 gasLimit) internal returns (bool success) {
        if (isCoin(asset)) return tryCall(to, amount, gasLimit, "");
        bytes4 selector = IERC20.transfer.selector;
        bool unclear;
        assembly ("memory-safe") {
            let data := mload(0x40)
            mstore(data, selector)
            mstore(add(data, 0x04), to)
            mstore(add(data, 0x24), amount)
            success := call(gasLimit, asset, 0, data, 0x44, 0x00, 0x20)
            if iszero(and(gt(returndatasize(), 0x1f), eq(mload(0x00), 1))) {
                unclear := and(success, or(gt(returndatasize(), 0), iszero(extcodesize(asset))))
            }
        }
        if (unclear) revert UnclearPayment(asset);
    }

    /// @dev Takes `amount` of a token from somebody who allowed it.
    /// @return received What arrived: less where the token takes a fee.
    function receiveFrom(IERC20 token, address from, uint256 amount) internal returns (uint256 received) {
        uint256 before = token.balanceOf(address(this));
        token.safeTransferFrom(from, address(this), amount);
        return token.balanceOf(address(this)) - before;
    }

    /// @dev Calls with at most `gasLimit`, and leaves what comes back where it is.
    function tryCall(
        address target,
        uint256 value,
        uint256 gasLimit,
        bytes memory data
    ) internal returns (bool success) {
        assembly ("memory-safe") {
            success := call(gasLimit, target, value, add(data, 0x20), mload(data), 0x00, 0x00)
        }
    }
}
