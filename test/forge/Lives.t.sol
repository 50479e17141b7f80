// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Handler} from "./Handler.sol";

/// @title Random lives of everything together, and what must be true after each act
/// @dev One test, for forge begins each from the same seed: a second one would live the same lives again. What fails says
/// its invariant. The acts are judged by themselves, too: each knows what must come of it, and compares all balances.
contract LivesTest {
    /// @dev As forge wants it.
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    Handler private _handler;

    function setUp() external {
        _handler = new Handler();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    function targetSelectors() external view returns (FuzzSelector[] memory selected) {
        bytes4[16] memory acts = [
            _handler.create.selector,
            _handler.fund.selector,
            _handler.amend.selector,
            _handler.pause.selector,
            _handler.clawback.selector,
            _handler.claim.selector,
            _handler.claimBatch.selector,
            _handler.compareBatch.selector,
            _handler.grant.selector,
            _handler.release.selector,
            _handler.transferGrant.selector,
            _handler.clawbackGrant.selector,
            _handler.publish.selector,
            _handler.freeze.selector,
            _handler.wait.selector,
            _handler.trespass.selector
        ];
        selected = new FuzzSelector[](1);
        selected[0] = FuzzSelector(address(_handler), new bytes4[](acts.length));
        for (uint256 i = 0; i < acts.length; ++i) selected[0].selectors[i] = acts[i];
    }

    function invariant_everythingHolds() external {
        _handler.checkBudgets();
        _handler.checkNullifiers();
        _handler.checkProofs();
        _handler.checkGrants();
        _handler.checkMeters();
        _handler.checkPaused();
        _handler.checkPolicies();
        _handler.checkBalances();
    }

    /// @notice forge calls it at the end of each life.
    function afterInvariant() external {
        _handler.writeTally("build/forge/tally");
    }
}
