pragma circom 2.2.0;

include "circomlib/circuits/poseidon.circom";
include "range.circom";

/// @title Attestation: an issuer's statement about a commitment (PROTOCOL.md section 2)
/// The commitment is not a field of the bus: the circuit computes it from the secret.
bus Attestation() {
    signal schemaId;  // K(schema document)
    signal issuedAt;  // u40, Unix seconds
    signal expiresAt; // u40, Unix seconds, NEVER = 2^40 - 1
    signal salt;      // a random field element: hides the values from whoever knows the commitment
    signal values[4]; // u96 each, the slots
}

/// @title AttestationLeaf
/// Proves: `leaf` is the leaf of this attestation to this commitment.
/// @output leaf   H_9(schemaId, commitment, issuedAt, expiresAt, salt, v0, v1, v2, v3)
/// @constraints 417
template AttestationLeaf() {
    input Attestation() attestation;
    signal input commitment;
    signal output leaf <== Poseidon(9)([
        attestation.schemaId, commitment, attestation.issuedAt, attestation.expiresAt, attestation.salt,
        attestation.values[0], attestation.values[1], attestation.values[2], attestation.values[3]
    ]);
}

/// @title ValidAt
/// Proves: `issuedAt <= checkedAt <= expiresAt`, both ends included.
/// @input checkedAt              u40, its range is checked here and anchors the other two
/// @input issuedAt, expiresAt    from the attestation
/// @constraints 120
template ValidAt() {
    signal input checkedAt;
    signal input issuedAt;
    signal input expiresAt;

    _ <== Uint(40)(checkedAt);
    AtMost(40)(issuedAt, checkedAt);
    AtMost(40)(checkedAt, expiresAt);
}
