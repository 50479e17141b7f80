/**
 * The chain's side of an audit without a chain: events as `getTreeEvents` gives them, one a block.
 * @module
 */
import { numberToHex, zeroAddress, zeroHash } from 'viem';
import type { TreeEvent } from '../../src/chain/publications.ts';
import type { Publication } from '../../src/protocol/publication.ts';
import type { BookPublication } from './logs.ts';

/** A chain to which things happen. */
export function makeTreeEvents() {
  const events: TreeEvent[] = [];
  let last: Publication | undefined;
  const moment = () => {
    const block = BigInt(events.length + 10);
    return { block, time: 1_767_300_000n + block, transaction: numberToHex(block, { size: 32 }) };
  };
  return {
    events,
    publish(publication: BookPublication, changes: Partial<Publication> = {}): void {
      last = {
        ...{ treeId: 1n, sequence: (last?.sequence ?? 0n) + 1n, previousRoot: last?.root ?? 0n },
        ...{ endsEpoch: publication.revoked > (last?.revoked ?? 0n), voids: false },
        ...{ manifestHash: zeroHash, ...publication, ...changes },
      };
      const publisher = zeroAddress;
      events.push({ ...moment(), kind: 'published', publication: last, publisher });
    },
    freeze(): void {
      events.push({ ...moment(), kind: 'frozen', by: zeroAddress });
    },
    unfreeze(publication: BookPublication): void {
      events.push({ ...moment(), kind: 'unfrozen', by: zeroAddress });
      this.publish(publication);
    },
  };
}
