pragma circom 2.2.0;

include "circomlib/circuits/poseidon.circom";
include "range.circom";

/// @title Merkle tree: quaternary, fixed depth, one hash a level (PROTOCOL.md section 2, "Tree")

/// @title Parent
/// Proves: `parent` is the hash of four children, of which `child` is the one that the two place bits name.
/// @input child         the node below
/// @input placeInPair   a bit: second of its pair
/// @input pair          a bit: in the pair {2,3}
/// @input siblings[3]   the neighbour in the pair, then the other pair in order
/// @requires            both bits are bits (`MerkleRoot` takes them from a checked decomposition)
/// @output parent       H_4(child0, child1, child2, child3)
/// @constraints 300
template Parent() {
    signal input child;
    signal input placeInPair;
    signal input pair;
    signal input siblings[3];

    // 1. The pair that holds the child, in order.
    signal toSwap <== placeInPair * (siblings[0] - child);
    signal own[2] <== [child + toSwap, siblings[0] - toSwap];

    // 2. Both pairs, in order. Each move is one product.
    signal toMove[2];
    for (var i = 0; i < 2; i++) {
        toMove[i] <== pair * (siblings[1 + i] - own[i]);
    }

    signal output parent <== Poseidon(4)([
        own[0] + toMove[0], own[1] + toMove[1], siblings[1] - toMove[0], siblings[2] - toMove[1]
    ]);
}

/// @title MerkleRoot
/// Proves: `leaf` stands at `position` in the tree with this `root`.
/// @param DEPTH             levels, 1..126
/// @input leaf              a field element
/// @input position          u(2·DEPTH); two bits a level, lowest level first
/// @input siblings[DEPTH][3]  see `Parent`, lowest level first
/// @output root
/// @constraints 302 a level
template MerkleRoot(DEPTH) {
    assert(DEPTH >= 1 && DEPTH <= 126);
    signal input leaf;
    signal input position;
    signal input siblings[DEPTH][3];

    signal positionBits[2 * DEPTH] <== Uint(2 * DEPTH)(position);

    signal nodes[DEPTH + 1];
    nodes[0] <== leaf;
    for (var level = 0; level < DEPTH; level++) {
        nodes[level + 1] <== Parent()(
            nodes[level], positionBits[2 * level], positionBits[2 * level + 1], siblings[level]
        );
    }
    signal output root <== nodes[DEPTH];
}
