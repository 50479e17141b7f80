import { expect } from 'chai';
import { numberToHex, type Hex } from 'viem';
import type { TreeEvent } from '../../src/chain/publications.ts';
import { createAlignment, type PublishEntry } from '../../src/issuer/auditAlign.ts';
import type { Field } from '../../src/protocol/field.ts';
import { makeTreeEvents } from '../support/treeEvents.ts';

const headOf = (i: number): Hex => numberToHex(i + 1, { size: 32 });

const publicationOf = (i: number) => ({ root: BigInt(i) as Field, size: i, revoked: 0n });

const entryOf = (i: number): PublishEntry => ({
  ...{ kind: 'publish', seq: BigInt(i + 1), at: 0n, ...publicationOf(i) },
});

/** A chain with so many publications. */
function chainOf(length: number): readonly TreeEvent[] {
  const chain = makeTreeEvents();
  for (let i = 0; i < length; i++) chain.publish({ ...publicationOf(i), logHead: headOf(i) });
  return chain.events;
}

/** Counts how often something of a publication is read. */
function counted(events: readonly TreeEvent[]) {
  let steps = 0;
  const watched = events.map((event): TreeEvent => {
    if (event.kind !== 'published') return event;
    const publication = new Proxy(event.publication, {
      get: (target, key) => {
        steps += 1;
        return Reflect.get(target, key) as unknown;
      },
    });
    return { ...event, publication };
  });
  return { events: watched, steps: () => steps };
}

describe('issuer/auditAlign', () => {
  it('finds the publication of each entry', () => {
    const alignment = createAlignment(chainOf(3));
    for (let i = 0; i < 3; i++) {
      expect(alignment.match(entryOf(i), headOf(i))?.publication.sequence).to.equal(BigInt(i + 1));
    }
    const { publications, unsent } = alignment.finish({ seq: 3n, head: headOf(3) });
    expect(publications.map(({ logSeq }) => logSeq)).to.deep.equal([1n, 2n, 3n]);
    expect(unsent).to.deep.equal([]);
  });

  describe('takes as many steps as chain and log have publications, and no more for more of them', () => {
    const logs: Readonly<Record<string, (i: number) => Hex>> = {
      'given a log of which the chain has everything': headOf,
      'given a log of which the chain has nothing': (i) => headOf(1_000_000 + i),
    };
    for (const [given, headBefore] of Object.entries(logs)) {
      it(given, () => {
        const stepsFor = (length: number): number => {
          const { events, steps } = counted(chainOf(length));
          const alignment = createAlignment(events);
          for (let i = 0; i < length; i++) alignment.match(entryOf(i), headBefore(i));
          return steps();
        };
        expect(stepsFor(1)).to.be.greaterThan(0);
        // The first publication has none before it to be compared with.
        expect(stepsFor(800)).to.be.at.most(2 * stepsFor(400) + 1);
      });
    }
  });
});
