// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Tranche, Vesting} from "../../contracts/libraries/Vesting.sol";
import {Chance, Draw} from "./Chance.sol";
import {Schedules} from "./Schedules.sol";
import {SlowVesting} from "./SlowVesting.sol";
import {Broken, requireAtMost, requireEqual, selectorOf} from "./Vm.sol";

/// @title libraries/Vesting.sol against a slow loop
contract VestingTest {
    using Chance for Draw;

    uint256 private constant SPAN = 40;
    uint256 private constant LONG_SPAN = 400 days;

    /// @notice Every second of a short schedule, with each second of a stream counted as an unlock.
    function testFuzz_everySecondIsAsTheLoopFindsIt(uint256 seed, uint128 total) external pure {
        Tranche[] memory tranches = Schedules.choose(Draw(seed), SPAN);
        Tranche[] memory counted = _count(tranches);
        uint256 end = tranches[tranches.length - 1].end;
        for (uint256 elapsed = 0; elapsed <= end + 1; ++elapsed) {
            uint256 vested = Vesting.vestedAt(total, tranches, elapsed);
            requireEqual(vested, SlowVesting.vestedAt(total, counted, elapsed), "vested");
        }
    }

    /// @notice Any second of a schedule of years.
    function testFuzz_anySecondIsAsTheLoopFindsIt(uint256 seed, uint128 total, uint40 elapsed) external pure {
        Draw memory draw = Draw(seed);
        Tranche[] memory tranches = Schedules.choose(draw, LONG_SPAN);
        uint256 end = tranches[tranches.length - 1].end;
        uint256[3] memory moments = [elapsed, draw.below(end + 2), tranches[draw.below(tranches.length)].end];
        for (uint256 i = 0; i < moments.length; ++i) {
            uint256 vested = Vesting.vestedAt(total, tranches, moments[i]);
            requireEqual(vested, SlowVesting.vestedAt(total, tranches, moments[i]), "vested");
        }
    }

    /// @notice Never less later, never more than all of it, all of it at the end.
    function testFuzz_growsToTheTotal(uint256 seed, uint128 total, uint40 one, uint40 other) external pure {
        Tranche[] memory tranches = Schedules.choose(Draw(seed), LONG_SPAN);
        (uint256 early, uint256 late) = one < other ? (one, other) : (other, one);
        uint256 vested = Vesting.vestedAt(total, tranches, late);
        requireAtMost(Vesting.vestedAt(total, tranches, early), vested, "early");
        requireAtMost(vested, total, "vested");
        requireEqual(Vesting.vestedAt(total, tranches, tranches[tranches.length - 1].end), total, "at the end");
    }

    /// @notice A tranche comes back from storage as it went.
    function testFuzz_packingLosesNothing(Tranche calldata tranche) external pure {
        Tranche memory unpacked = Vesting.unpack(Vesting.pack(tranche));
        requireEqual(uint256(keccak256(abi.encode(unpacked))), uint256(keccak256(abi.encode(tranche))), "unpacked");
    }

    /// @notice A schedule passes, and with one thing wrong it doesn't.
    function testFuzz_refusesWhatIsNoSchedule(uint256 seed) external view {
        Draw memory draw = Draw(seed);
        Tranche[] memory tranches = Schedules.choose(draw, LONG_SPAN);
        this.check(tranches);
        Tranche memory tranche = tranches[draw.below(tranches.length)];
        uint256 luck = draw.below(4);
        if (luck == 0) tranche.bips += 1;
        else if (luck == 1) tranche.bips = 0;
        else if (luck == 2) (tranche.start, tranche.end) = (tranche.end + 1, tranche.start);
        else (tranche.start, tranche.steps) = (tranche.end, tranche.steps + 1);
        try this.check(tranches) {
            revert Broken("a schedule with a fault passed", luck, 0);
        } catch (bytes memory refusal) {
            requireEqual(uint32(selectorOf(refusal)), uint32(Vesting.InvalidSchedule.selector), "refusal");
        }
    }

    function check(Tranche[] calldata tranches) external pure {
        Vesting.check(tranches);
    }

    /// @dev Streams as what they are in the loop's eyes: an unlock each second.
    function _count(Tranche[] memory tranches) private pure returns (Tranche[] memory counted) {
        counted = new Tranche[](tranches.length);
        for (uint256 i = 0; i < tranches.length; ++i) {
            Tranche memory tranche = tranches[i];
            uint32 steps = tranche.steps == 0 ? uint32(tranche.end - tranche.start) : tranche.steps;
            counted[i] = Tranche(tranche.start, tranche.end, tranche.bips, steps);
        }
    }
}
