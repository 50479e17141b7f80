pragma circom 2.2.0;

include "circomlib/circuits/poseidon.circom";

/**
 * @title Hash
 * @proves the prover knows what hashes to `digest`.
 * @param arity - 1 to 16
 * @input inputs - field elements, private
 * @output digest - public
 */
template Hash(arity) {
    signal input inputs[arity];
    signal output digest;

    digest <== Poseidon(arity)(inputs);
}
