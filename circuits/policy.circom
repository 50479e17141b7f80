pragma circom 2.2.0;

include "circomlib/circuits/comparators.circom";
include "circomlib/circuits/poseidon.circom";
include "range.circom";

/// @title Policy: what an attestation must meet, by hash (PROTOCOL.md section 2, "Policy")
/// The terms are public and canonical (`lo <= hi < 2^96`, `step < 2^96`, times below 2^40): who sets a policy checks that.
/// Everything the prover holds is checked here. A clause that is off is a neutral value under the hash, never a switch.
bus Terms() {
    signal schemaId;
    signal issuedAfter;  // u40
    signal issuedBefore; // u40
    signal mode;         // disclose + 8·setOn
    signal setLow;       // u128, bits 0..127 of the map
    signal setHigh;      // u128, bits 128..255
    signal step;         // u96, 0 = not metered
    signal lo[4];        // u96 each
    signal hi[4];        // u96 each
}

/// @title Policy
/// Proves: `policy` is the hash of these terms in this scope.
/// @output policy   H_2(scope, H_15(terms))
/// @constraints 813
template Policy() {
    input Terms() terms;
    signal input scope;

    signal termsHash <== Poseidon(15)([
        terms.schemaId, terms.issuedAfter, terms.issuedBefore, terms.mode, terms.setLow, terms.setHigh, terms.step,
        terms.lo[0], terms.hi[0], terms.lo[1], terms.hi[1], terms.lo[2], terms.hi[2], terms.lo[3], terms.hi[3]
    ]);
    signal output policy <== Poseidon(2)([scope, termsHash]);
}

/// @title Mode
/// Proves: `mode = disclose + 8·setOn` with `disclose <= 4` and `setOn` a bit, so that a mode opens in one way only.
/// @input mode                  from the terms
/// @output discloseBits[3]      `disclose`, least significant bit first
/// @output setOn                a bit
/// @constraints 5
template Mode() {
    signal input mode;
    signal bits[4] <== Uint(4)(mode);
    bits[2] * (bits[0] + bits[1]) === 0; // 5, 6 and 7 name no slot

    signal output discloseBits[3] <== [bits[0], bits[1], bits[2]];
    signal output setOn <== bits[3];
}

/// @title SetMember
/// Proves: if `setOn`, then `value < 256` and that bit of the 256-bit map is 1. If not, nothing about the value.
/// @input value            slot 0
/// @input setOn            a bit
/// @input setLow, setHigh  the halves of the map, 128 bits each
/// @constraints 521
template SetMember() {
    signal input value;
    signal input setOn;
    signal input setLow;
    signal input setHigh;

    // 1. The map, bit by bit.
    signal low[128] <== Uint(128)(setLow);
    signal high[128] <== Uint(128)(setHigh);

    // 2. The place to look at: 0 if the set is off.
    signal place <== value * setOn;
    signal placeBits[8] <== Uint(8)(place);

    // 3. Choose it by a binary tree: the map is its bottom row, node n has the children 2n+1 and 2n+2, and the rows
    //    are chosen from by the place's bits, the highest at the top.
    signal nodes[511];
    for (var i = 0; i < 128; i++) {
        nodes[255 + i] <== low[i];
        nodes[255 + 128 + i] <== high[i];
    }
    for (var row = 7; row >= 0; row--) {
        for (var n = (1 << row) - 1; n < (2 << row) - 1; n++) {
            nodes[n] <== nodes[2 * n + 1] + placeBits[7 - row] * (nodes[2 * n + 2] - nodes[2 * n + 1]);
        }
    }

    // 4. It is 1, unless the set is off.
    setOn * (1 - nodes[0]) === 0;
}

/// @title Meter
/// Gives the lower bound of slot 3 and what the claim shows of its number. With `step` = 0 the bound is `lo` and the
/// number is shown; else claim number n demands `lo + step·(n + 1) <= v3`, and the number stays hidden.
/// @input claimIndex   u32, its range is checked here
/// @input step, lo     from the terms
/// @output bound       `lo + step·(claimIndex + 1)`, below 2^129
/// @output shown       `claimIndex`, or 2^32 - 1 if metered
/// @constraints 36
template Meter() {
    signal input claimIndex;
    signal input step;
    signal input lo;

    _ <== Uint(32)(claimIndex);
    signal output bound <== lo + step * (claimIndex + 1);

    signal notMetered <== IsZero()(step);
    var HIDDEN = (1 << 32) - 1;
    signal output shown <== HIDDEN + notMetered * (claimIndex - HIDDEN);
}

/// @title Disclose
/// Chooses what the claim reveals: nothing (0) or one slot.
/// @input bits[3]       `disclose`, at most 4, from `Mode`
/// @input values[4]     the slots
/// @output disclosed    u96, its range is checked here
/// @constraints 101
template Disclose() {
    signal input bits[3];
    signal input values[4];

    signal both <== bits[0] * bits[1];
    signal isSlot[4] <== [bits[0] - both, bits[1] - both, both, bits[2]];

    signal chosen[4];
    for (var i = 0; i < 4; i++) {
        chosen[i] <== isSlot[i] * values[i];
    }
    signal output disclosed <== chosen[0] + chosen[1] + chosen[2] + chosen[3];
    _ <== Uint(96)(disclosed);
}

/// @title MeetsTerms
/// Proves: an attestation with these values, issued then, meets the terms in its claim number `claimIndex`.
/// @output disclosed   u96, see `Disclose`
/// @output shown       u32, see `Meter`
/// @constraints 1511
template MeetsTerms() {
    input Terms() terms;
    signal input issuedAt;
    signal input values[4];
    signal input claimIndex;
    signal output disclosed;
    signal output shown;

    // 1. The snapshot.
    AtMost(40)(terms.issuedAfter, issuedAt);
    AtMost(40)(issuedAt, terms.issuedBefore);

    // 2. A range for each slot; the meter raises the lower bound of slot 3.
    signal bound;
    (bound, shown) <== Meter()(claimIndex, terms.step, terms.lo[3]);
    for (var i = 0; i < 4; i++) {
        AtMost(96)(i == 3 ? bound : terms.lo[i], values[i]);
        AtMost(96)(values[i], terms.hi[i]);
    }

    // 3. The set on slot 0, and what is revealed.
    signal discloseBits[3];
    signal setOn;
    (discloseBits, setOn) <== Mode()(terms.mode);
    SetMember()(values[0], setOn, terms.setLow, terms.setHigh);
    disclosed <== Disclose()(discloseBits, values);
}

/// @title Outcome
/// Packs what the proof says in numbers into one public signal. The three ranges are checked where the values are made.
/// @output outcome   `disclosed + shown·2^96 + checkedAt·2^128`
/// @constraints 0
template Outcome() {
    signal input disclosed;
    signal input shown;
    signal input checkedAt;
    signal output outcome <== disclosed + shown * (1 << 96) + checkedAt * (1 << 128);
}
