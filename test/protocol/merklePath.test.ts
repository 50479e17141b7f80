import { expect } from 'chai';
import type { Field } from '../../src/protocol/field.ts';
import { hashNode, type Children } from '../../src/protocol/hash.ts';
import {
  LIST_DEPTH,
  STATEMENT_DEPTH,
  TREE_DEPTH,
  computeRoot,
  siblingsOf,
  type Siblings,
} from '../../src/protocol/merklePath.ts';
import { readVectors, thrown } from '../support/world.ts';

type Vectors = {
  readonly trees: readonly {
    readonly depth: string;
    readonly root: string;
    readonly paths: readonly {
      readonly position: string;
      readonly leaf: string;
      readonly siblings: readonly string[][];
    }[];
  }[];
};

const field = (value: number | string): Field => BigInt(value) as Field;
const children: Children = [field(10), field(11), field(12), field(13)];

describe('protocol/merklePath', () => {
  it('has the depths of the page', () => {
    expect([TREE_DEPTH, LIST_DEPTH, STATEMENT_DEPTH]).to.deep.equal([14, 2, 16]);
  });

  describe('siblingsOf', () => {
    const expected = [
      [11n, 12n, 13n],
      [10n, 12n, 13n],
      [13n, 10n, 11n],
      [12n, 10n, 11n],
    ];
    expected.forEach((siblings, place) => {
      it(`gives the neighbour, then the other pair in order, at place ${place}`, () => {
        expect(siblingsOf(children, place)).to.deep.equal(siblings);
      });
      it(`is undone by computeRoot at place ${place}`, () => {
        const path = { position: BigInt(place), siblings: [siblingsOf(children, place)] };
        expect(computeRoot(children[place]!, path)).to.equal(hashNode(children));
      });
    });
    for (const place of [-1, 4, 1.5]) {
      it(`knows no place ${place}`, () => {
        expect(thrown(() => siblingsOf(children, place)).data['field']).to.equal('place');
      });
    }
  });

  describe('computeRoot', () => {
    for (const { depth, root, paths } of (readVectors('tree') as Vectors).trees) {
      for (const { position, leaf, siblings } of paths) {
        it(`leads from position ${position} to the root of the vector of depth ${depth}`, () => {
          const path = {
            position: BigInt(position),
            siblings: siblings.map((level) => level.map(field) as unknown as Siblings),
          };
          expect(computeRoot(field(leaf), path).toString()).to.equal(root);
          expect(computeRoot(field(99), path).toString()).not.to.equal(root);
          expect(
            computeRoot(field(leaf), { ...path, position: path.position ^ 1n }).toString(),
          ).not.to.equal(root);
        });
      }
    }

    it('refuses a position that does not fit the number of levels', () => {
      const siblings = Array.from({ length: 2 }, (): Siblings => [field(1), field(2), field(3)]);
      expect(computeRoot(field(1), { position: 15n, siblings })).to.be.a('bigint');
      expect(
        thrown(() => computeRoot(field(1), { position: 16n, siblings })).data['field'],
      ).to.equal('position');
      expect(
        thrown(() => computeRoot(field(1), { position: -1n, siblings })).data['field'],
      ).to.equal('position');
    });

    it('S11: an empty path leads from a leaf to itself, which is why prove asks for all sixteen levels', () => {
      expect(computeRoot(field(7), { position: 0n, siblings: [] })).to.equal(7n);
    });
  });
});
