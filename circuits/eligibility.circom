pragma circom 2.2.0;

include "attestation.circom";
include "identity.circom";
include "merkleTree.circom";
include "policy.circom";

/// @title Eligibility (PROTOCOL.md section 3)
/// Proves: I know a secret and an attestation to its commitment, valid at `checkedAt`, in the tree with this `root`, that
/// meets the terms of this `policy`; `nullifier` is the one of my secret for its scope and my `claimIndex`; `outcome` is
/// what the policy reveals; all of it for this `context` and no other.
/// @param DEPTH          levels of the tree; 16 = a trust list of 16 trees of depth 14
/// @input context        public: what the claimant agreed to
/// @input secret         the holder's secret
/// @input attestation    what the issuer said; its schema is the terms'
/// @input position       u(2·DEPTH), the leaf's place
/// @input siblings       see merkleTree.circom
/// @input checkedAt      u40, the time that validity is judged at
/// @input claimIndex     u32, the number of the claim or period
/// @input scope          a field element, fixed by the gate
/// @input terms          the policy, opened
/// @output nullifier, root, policy, outcome    public, in this order; `context` follows
/// @constraints 8169 at depth 16
template Eligibility(DEPTH) {
    signal input context;
    signal input secret;
    input Attestation() attestation;
    signal input position;
    signal input siblings[DEPTH][3];
    signal input checkedAt;
    signal input claimIndex;
    signal input scope;
    input Terms() terms;
    signal output nullifier;
    signal output root;
    signal output policy;
    signal output outcome;

    // 1. The attestation was made to my commitment, under the policy's schema.
    signal commitment <== IdentityCommitment()(secret);
    attestation.schemaId === terms.schemaId;
    signal leaf <== AttestationLeaf()(attestation, commitment);

    // 2. It stands in the tree.
    root <== MerkleRoot(DEPTH)(leaf, position, siblings);

    // 3. It was valid when checked.
    ValidAt()(checkedAt, attestation.issuedAt, attestation.expiresAt);

    // 4. It meets the policy.
    policy <== Policy()(terms, scope);
    signal disclosed;
    signal shown;
    (disclosed, shown) <== MeetsTerms()(terms, attestation.issuedAt, attestation.values, claimIndex);

    // 5. What the claim spends, says and is bound to.
    nullifier <== Nullifier()(scope, secret, claimIndex);
    outcome <== Outcome()(disclosed, shown, checkedAt);
    Bind()(context);
}
