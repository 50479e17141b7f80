/** The reference tree of the tests, whose own types its `exports` hide. */
declare module '@zk-kit/incremental-merkle-tree' {
  export class IncrementalMerkleTree {
    /** Keeps the array of leaves that it is given: pass a copy. */
    constructor(
      hash: (children: bigint[]) => bigint,
      depth: number,
      zero: bigint,
      arity: number,
      leaves?: bigint[],
    );
    readonly root: bigint;
    readonly leaves: bigint[];
    insert(leaf: bigint): void;
    update(position: number, leaf: bigint): void;
    delete(position: number): void;
    /** Siblings ascending by place, level by level; the node itself left out. */
    createProof(position: number): { root: bigint; leaf: bigint; siblings: bigint[][] };
  }
}
