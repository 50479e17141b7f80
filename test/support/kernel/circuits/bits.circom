pragma circom 2.2.0;

include "circomlib/circuits/bitify.circom";

/**
 * @title Bits
 * @proves the prover knows a number of `count` bits: nothing is public, and almost every wire is 0 or 1.
 * @param count - 1 to 253
 * @input number - below 2^count, private
 */
template Bits(count) {
    signal input number;

    signal bits[count] <== Num2Bits(count)(number);
    signal used <== bits[0] * bits[count - 1];
}
