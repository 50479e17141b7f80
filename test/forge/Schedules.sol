// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Tranche} from "../../contracts/libraries/Vesting.sol";
import {Chance, Draw} from "./Chance.sol";

/// @title Schedules drawn by chance: cliffs, streams, unlocks in steps, with pauses and without
library Schedules {
    using Chance for Draw;

    /// @param span Seconds that one tranche, or one pause, takes at most.
    function choose(Draw memory draw, uint256 span) internal pure returns (Tranche[] memory tranches) {
        tranches = new Tranche[](draw.between(1, 5));
        (uint256 time, uint256 left) = (0, 10_000);
        for (uint256 i = 0; i < tranches.length; ++i) {
            uint256 after_ = tranches.length - 1 - i;
            uint256 bips = after_ == 0 ? left : draw.between(1, left - after_);
            if (draw.percent(30)) time += draw.below(span + 1);
            uint256 end = draw.percent(30) ? time : time + draw.between(1, span);
            uint256 steps = end == time || draw.percent(40) ? 0 : draw.between(1, 12);
            tranches[i] = Tranche(uint40(time), uint40(end), uint16(bips), uint32(steps));
            (time, left) = (end, left - bips);
        }
    }
}
