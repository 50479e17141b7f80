pragma circom 2.2.0;

include "circomlib/circuits/comparators.circom";
include "circomlib/circuits/poseidon.circom";

/// @title Identity: the holder's secret, and what may be seen of it (PROTOCOL.md sections 1 and 2)

/// @title IdentityCommitment
/// Proves: I know the secret behind `commitment`, and it is not 0.
/// @input secret        private, a field element; 0 is refused
/// @output commitment   H_1(secret)
/// @constraints 214
template IdentityCommitment() {
    signal input secret;
    signal output commitment <== Poseidon(1)([secret]);

    signal isZero <== IsZero()(secret);
    isZero === 0;
}

/// @title Nullifier
/// Proves: `nullifier` is the one of this secret, in this scope, for this claim. It depends on nothing else, so another
/// attestation, another issuer or a renewed one can't make a second.
/// @input scope        a field element, fixed by the gate
/// @input secret       the holder's secret
/// @input claimIndex   u32, its range is checked by `Meter` in policy.circom
/// @output nullifier   H_3(scope, secret, claimIndex)
/// @constraints 261
template Nullifier() {
    signal input scope;
    signal input secret;
    signal input claimIndex;
    signal output nullifier <== Poseidon(3)([scope, secret, claimIndex]);
}

/// @title Bind
/// Puts a public input that nothing else uses into a constraint: an unused one can be swapped in a finished proof
/// (Groth16 malleability), a squared one can't.
/// @input in   the claim's context, opaque to the circuit
/// @constraints 1
template Bind() {
    signal input in;
    signal square <== in * in;
}
