pragma circom 2.2.0;

include "circomlib/circuits/bitify.circom";

/// @title Range: the only place where a number gets bounds
/// Every order in this project is a range check of a *difference*. circomlib's comparators answer nonsense for
/// operands outside their width, so none is used here: `IsZero` and `Num2Bits` only.

/// @title Uint
/// Proves: `in` is an integer of N bits.
/// @param N        width, 1..252 (r has 254 bits: at that width a second decomposition, of `in + r`, would fit)
/// @input in       the value
/// @output bits    its N bits, least significant first
/// @constraints    N, and one linear
template Uint(N) {
    assert(N >= 1 && N <= 252);
    signal input in;
    signal output bits[N] <== Num2Bits(N)(in);
}

/// @title AtMost
/// Proves: `low <= high`, and that they are less than 2^N apart.
/// @param N        width of the difference, 1..252
/// @input low, high
/// @requires       one of the two is already known to be an integer well below r - 2^N; then the other is one too
/// @constraints    N, and one linear
template AtMost(N) {
    signal input low;
    signal input high;
    _ <== Uint(N)(high - low);
}
