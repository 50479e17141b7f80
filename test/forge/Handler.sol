// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CampaignId, IDistributor} from "../../contracts/interfaces/IDistributor.sol";
import {IRootRegistry} from "../../contracts/interfaces/IRootRegistry.sol";
import {Reason} from "../../contracts/interfaces/Reason.sol";
import {Chance, Draw} from "./Chance.sol";
import {Comparison} from "./Comparison.sol";
import {Probes} from "./Probes.sol";
import {Broken, VM} from "./Vm.sol";

/// @title Everybody together, and a stranger
contract Handler is Comparison, Probes {
    using Chance for Draw;

    /// @notice A stranger tries everything that isn't his.
    function trespass(uint256 seed) external acting {
        Draw memory draw = Draw(seed);
        (bool found, uint256 id) = _anyCampaign(draw);
        if (!found) return;
        CampaignId campaignId = CampaignId.wrap(id);
        IDistributor.Action memory action;
        action.recipient = STRANGER;
        address distributor = address(DISTRIBUTOR);
        _refuse(distributor, abi.encodeCall(IDistributor.payInBatch, (campaignId, 1, 1, 1, STRANGER, action)));
        _refuse(distributor, abi.encodeCall(IDistributor.clawback, (campaignId, STRANGER)));
        _refuse(distributor, abi.encodeCall(IDistributor.pause, (campaignId, "")));
        _refuse(distributor, abi.encodeCall(IDistributor.unpause, (campaignId, "")));
        _refuse(distributor, abi.encodeCall(IDistributor.amend, (campaignId, _documentOf(id, 0), 1, 1)));
        _refuse(address(ROOTS), abi.encodeCall(IRootRegistry.freeze, (1, Reason.Planned, 0)));
        _refuse(address(ROOTS), abi.encodeCall(IRootRegistry.createTree, (1)));
        _note("trespassed in vain");
    }

    /// @notice Writes what happened how often, a line each: its name, or an error's selector, in hexadecimal.
    function writeTally(string calldata path) external {
        for (uint256 i = 0; i < names.length; ++i) {
            VM.writeLine(path, string.concat(VM.toString(names[i]), " ", VM.toString(tally[names[i]])));
        }
    }

    function _refuse(address target, bytes memory call) private {
        VM.prank(STRANGER);
        (bool success, ) = target.call(call);
        if (success) revert Broken("a stranger was let in", uint32(bytes4(call)), 0);
    }
}
