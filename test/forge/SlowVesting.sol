// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Tranche} from "../../contracts/libraries/Vesting.sol";

/// @title What has vested, unlock by unlock
/// @dev It shares no formula with libraries/Vesting.sol: unlocks are counted one by one as they fall due, never divided.
library SlowVesting {
    /// @param elapsed Seconds from the grant's start.
    function vestedAt(uint256 total, Tranche[] memory tranches, uint256 elapsed) internal pure returns (uint256 sum) {
        uint256 bipsOfEnded = 0;
        for (uint256 i = 0; i < tranches.length; ++i) {
            Tranche memory tranche = tranches[i];
            if (tranche.end <= elapsed) {
                bipsOfEnded += tranche.bips;
            } else {
                (uint256 due, uint256 unlocks) = _count(tranche, elapsed);
                sum += (total * tranche.bips * due) / (10_000 * unlocks);
            }
        }
        sum += (total * bipsOfEnded) / 10_000;
    }

    /// @dev How many unlocks of a tranche that hasn't ended are due. A cliff has one; those of a
    /// stream are its seconds, too many for a loop.
    function _count(Tranche memory tranche, uint256 elapsed) private pure returns (uint256 due, uint256 unlocks) {
        (uint256 start, uint256 end) = (tranche.start, tranche.end);
        if (end == start) return (0, 1);
        if (tranche.steps == 0) return (elapsed < start ? 0 : elapsed - start, end - start);
        unlocks = tranche.steps;
        while (due < unlocks && start * unlocks + (due + 1) * (end - start) <= elapsed * unlocks) ++due;
    }
}
