// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Sixteen times, six to a word
/// @dev 0 = no time. The smallest of all is found with three reads of storage.
library PackedTimes {
    uint256 private constant BITS = 40;
    uint256 private constant PER_WORD = 6;
    uint256 private constant MASK = (1 << BITS) - 1;

    struct Times {
        uint256[3] words;
    }

    function set(Times storage self, uint256 place, uint40 time) internal {
        uint256 shift = (place % PER_WORD) * BITS;
        uint256 word = self.words[place / PER_WORD];
        self.words[place / PER_WORD] = (word & ~(MASK << shift)) | (uint256(time) << shift);
    }

    /// @dev The smallest time, 0 if there is none.
    function min(Times storage self) internal view returns (uint40 least) {
        for (uint256 i = 0; i < self.words.length; ++i) {
            for (uint256 word = self.words[i]; word != 0; word >>= BITS) {
                uint40 time = uint40(word & MASK);
                if (time != 0 && (least == 0 || time < least)) least = time;
            }
        }
    }
}
