import { expect } from 'chai';
import { FIELD_ORDER, type Field } from '../../src/protocol/field.ts';
import { checkNodes, fieldAt, packFields } from '../../src/tree/nodes.ts';
import { packed } from '../support/nodes.ts';
import { fc, thrown, uint } from '../support/world.ts';

describe('tree/nodes', () => {
  it('packs field elements, and gives each back by its index', () => {
    const fields = [0n, 1n, FIELD_ORDER - 1n] as Field[];
    const nodes = packFields(3, (i) => fields[i]!);
    expect(nodes).to.deep.equal(packed(fields));
    expect([0, 1, 2].map((i) => fieldAt(nodes, i))).to.deep.equal(fields);
  });

  describe('checkNodes', () => {
    it('agrees with r on every 256 bits, and those beside it', () => {
      const beside = fc.constantFrom(-(2n ** 248n), -256n, -1n, 0n, 1n, 256n, 2n ** 248n);
      const values = fc.oneof(
        uint(256),
        beside.map((step) => FIELD_ORDER + step),
      );
      fc.assert(
        fc.property(values, (value) => {
          const bytes = Buffer.from(value.toString(16).padStart(64, '0'), 'hex');
          const nodes = Buffer.concat([Buffer.alloc(32), bytes]);
          if (value < FIELD_ORDER) checkNodes(nodes, 'nodes');
          else
            expect(
              thrown(() => {
                checkNodes(nodes, 'nodes');
              }).data['field'],
            ).to.equal('nodes[1]');
        }),
      );
    });

    for (const length of [31, 33, 63]) {
      it(`takes 32 bytes a node, and refuses ${length}`, () => {
        checkNodes(new Uint8Array(64), 'nodes');
        const error = thrown(() => {
          checkNodes(new Uint8Array(length), 'nodes');
        });
        expect([error.code, error.data['field']]).to.deep.equal(['InvalidInput', 'nodes']);
      });
    }
  });
});
