// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice A part of a schedule: so much of a grant, unlocked between two moments.
/// @dev Where `end` is `start`, all of it unlocks at that second: a cliff.
/// @param start Seconds from the grant's start.
/// @param end Seconds from the grant's start, not below `start`.
/// @param bips Ten-thousandths of the grant, not 0.
/// @param steps Equal unlocks, the k-th at start + k * (end - start) / steps, so that the last is at `end`; 0 = a stream
/// by the second, and so for a cliff.
struct Tranche {
    uint40 start;
    uint40 end;
    uint16 bips;
    uint32 steps;
}

/// @title Schedules of tranches
/// @dev One after the other, with gaps or without; together all of the grant. What cliffs, streams and monthly unlocks
/// are elsewhere is here one or more tranches.
library Vesting {
    uint256 internal constant MAX_TRANCHES = 64;
    uint256 internal constant BIPS = 10_000;

    uint256 private constant START_SHIFT = 88;
    uint256 private constant END_SHIFT = 48;
    uint256 private constant BIPS_SHIFT = 32;

    /// @dev A schedule isn't one.
    /// @param index Of the tranche; the number of tranches where the fault is in no one of them.
    error InvalidSchedule(string field, uint256 index, uint256 value);

    /// @dev Refuses what isn't a schedule.
    function check(Tranche[] memory tranches) internal pure {
        uint256 count = tranches.length;
        if (count == 0 || count > MAX_TRANCHES) revert InvalidSchedule("tranches", count, count);
        (uint256 previousEnd, uint256 sum) = (0, 0);
        for (uint256 i = 0; i < count; ++i) {
            Tranche memory tranche = tranches[i];
            if (tranche.start < previousEnd) revert InvalidSchedule("start", i, tranche.start);
            if (tranche.end < tranche.start) revert InvalidSchedule("end", i, tranche.end);
            if (tranche.bips == 0) revert InvalidSchedule("bips", i, tranche.bips);
            if (tranche.end == tranche.start && tranche.steps != 0) revert InvalidSchedule("steps", i, tranche.steps);
            previousEnd = tranche.end;
            sum += tranche.bips;
        }
        if (sum != BIPS) revert InvalidSchedule("bips", count, sum);
    }

    /// @dev How much of `total` has vested: floor(total * finished / 10,000), where `finished` are the bips of the
    /// tranches that have ended, and of the running one floor(total * bips * k / (10,000 * n)), where k of its n
    /// unlocks, or seconds, are over.
    ///
    /// Never above `total`, exactly that at the end: the bips of a checked schedule are 10,000 together, and floors only
    /// lower a sum.
    /// Monotone: within a tranche k only grows. Where a tranche ends, its floor, with k = n at most, moves under the
    /// floor of the finished, and floor(x) + floor(y) <= floor(x + y).
    /// No overflow for a `total` below 2^128: bips have 14 bits and k at most 40, together 182.
    /// @param elapsed Seconds from the grant's start.
    function vestedAt(uint256 total, Tranche[] memory tranches, uint256 elapsed) internal pure returns (uint256) {
        uint256 finished = 0;
        for (uint256 i = 0; i < tranches.length; ++i) {
            Tranche memory tranche = tranches[i];
            if (elapsed < tranche.end) {
                return (total * finished) / BIPS + _vestedOfRunning(total, tranche, elapsed);
            }
            finished += tranche.bips;
        }
        return (total * finished) / BIPS;
    }

    /// @dev One tranche in half a word, so that storage holds two in each of its own.
    function pack(Tranche memory tranche) internal pure returns (uint128) {
        uint256 times = (uint256(tranche.start) << START_SHIFT) | (uint256(tranche.end) << END_SHIFT);
        return uint128(times | (uint256(tranche.bips) << BIPS_SHIFT) | tranche.steps);
    }

    function unpack(uint128 packed) internal pure returns (Tranche memory) {
        return
            Tranche({
                start: uint40(packed >> START_SHIFT),
                end: uint40(packed >> END_SHIFT),
                bips: uint16(packed >> BIPS_SHIFT),
                steps: uint32(packed)
            });
    }

    /// @dev Of a tranche that hasn't ended; nothing before it begins. It isn't a cliff, for a cliff that has begun has
    /// ended, so nothing is divided by 0.
    function _vestedOfRunning(uint256 total, Tranche memory tranche, uint256 elapsed) private pure returns (uint256) {
        if (elapsed <= tranche.start) return 0;
        (uint256 past, uint256 length) = (elapsed - tranche.start, tranche.end - tranche.start);
        uint256 steps = tranche.steps;
        if (steps == 0) return (total * tranche.bips * past) / (BIPS * length);
        return (total * tranche.bips * ((past * steps) / length)) / (BIPS * steps);
    }
}
