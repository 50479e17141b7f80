import { IncrementalMerkleTree } from '@zk-kit/incremental-merkle-tree';
import { expect } from 'chai';
import { poseidon4 } from 'poseidon-lite/poseidon4';
import { compileCircuit } from '../../scripts/circuits.ts';
import { expectRejection } from '../support/circuits/errors.ts';
import {
  bitWires,
  expectAccepted,
  expectAliasIsSame,
  expectCount,
  expectNoLooseWire,
  expectProgramRefuses,
  expectRefusedBy,
  titleOf,
} from '../support/circuits/expectations.ts';
import { R, inverse, mod } from '../../scripts/witness/field.ts';
import { makeSiblings, nodesAbove } from '../support/circuits/statement.ts';
import { cache, loadCircuit, template } from '../support/circuits/testCircuit.ts';

describe('Parent', () => {
  const instance = template('merkleTree.circom', 'Parent');
  const makeInputs = (place = 0n) => ({
    child: 1n,
    placeInPair: place % 2n,
    pair: place / 2n,
    siblings: [2n, 3n, 4n],
  });

  it('has 300 constraints', () => expectCount(instance, 300));

  for (const [place, children] of [
    [0n, [1n, 2n, 3n, 4n]],
    [1n, [2n, 1n, 3n, 4n]],
    [2n, [3n, 4n, 1n, 2n]],
    [3n, [3n, 4n, 2n, 1n]],
  ] as const) {
    it(`hashes the child at place ${place} with its siblings, all in order`, async () => {
      const circuit = await loadCircuit(instance);
      await expectAccepted(circuit, makeInputs(place));
      const { at } = circuit.forge(makeInputs(place));
      expect(at('parent')).to.equal(poseidon4([...children]));
    });

    it(`is not satisfied once any wire is changed, at place ${place} (S10)`, async () => {
      await expectNoLooseWire(await loadCircuit(instance), makeInputs(place));
    });
  }

  for (const name of ['child', 'siblings'] as const) {
    for (const value of [0n, 1n, R - 1n]) {
      it(`given ${titleOf(value)} in ${name}, gives H_4`, async () => {
        const circuit = await loadCircuit(instance);
        const inputs = { ...makeInputs(), [name]: name === 'child' ? value : [value, 3n, 4n] };
        await expectAccepted(circuit, inputs);
        const { at } = circuit.forge(inputs);
        expect(at('parent')).to.equal(poseidon4([inputs.child, ...inputs.siblings]));
      });
    }
  }

  for (const name of ['child', 'siblings', 'placeInPair', 'pair']) {
    it(`takes x + r for x in ${name}`, async () => {
      await expectAliasIsSame(await loadCircuit(instance), makeInputs(3n), name);
    });
  }

  for (const [wire, value, constraint] of [
    ['toSwap', 5n, '(child - siblings[0]) * placeInPair = -toSwap'],
    ['own[0]', 9n, 'child + toSwap = own[0]'],
    ['own[1]', 9n, 'toSwap + own[1] = siblings[0]'],
    ['toMove[0]', 9n, '(-siblings[1] + own[0]) * pair = -toMove[0]'],
    ['toMove[1]', 9n, '(-siblings[2] + own[1]) * pair = -toMove[1]'],
    ['parent', 9n, 'Poseidon.out = parent'],
  ] as const) {
    it(`refuses another ${wire}`, async () => {
      await expectRefusedBy(
        await loadCircuit(instance),
        makeInputs(2n),
        { wires: { [wire]: value } },
        constraint,
      );
    });
  }
});

/** A path for any leaf to a real parent, through selectors that aren't bits. */
type SelectorForgery = {
  readonly siblings: readonly [bigint, bigint, bigint];
  readonly placeInPair: bigint;
  readonly pair: bigint;
};

/** Mixes a foreign leaf with siblings so that the first pair comes out as it stands in the tree. */
function forgePlaceInPair(leaf: bigint, children: readonly bigint[]): SelectorForgery {
  const [c0, c1, c2, c3] = children as [bigint, bigint, bigint, bigint];
  const neighbour = mod(c0 + c1 - leaf);
  const placeInPair = mod((c0 - leaf) * inverse(mod(neighbour - leaf)));
  return { siblings: [neighbour, c2, c3], placeInPair, pair: 0n };
}

/** The same with the bit that chooses the pair. */
function forgePair(leaf: bigint, children: readonly bigint[]): SelectorForgery {
  const [c0, c1, c2, c3] = children as [bigint, bigint, bigint, bigint];
  const pair = mod((c0 - leaf) * inverse(mod(c0 + c2 - 2n * leaf)));
  const neighbour = mod((c1 - pair * (c1 + c3)) * inverse(mod(1n - 2n * pair)));
  return {
    siblings: [neighbour, mod(c0 + c2 - leaf), mod(c1 + c3 - neighbour)],
    placeInPair: 0n,
    pair,
  };
}

describe('MerkleRoot', () => {
  const instance = (depth: number) => template('merkleTree.circom', 'MerkleRoot', [depth]);
  const makeInputs = (depth = 2) => ({
    leaf: 77n,
    position: 0b10_01n,
    siblings: makeSiblings(depth).flat(),
  });
  const positionIsUint = 'Uint.Num2Bits: out[0] + 2·out[1] + 4·out[2] + 8·out[3] = in';

  for (const depth of [2, 16]) {
    it(`has ${302 * depth} constraints at depth ${depth}`, () =>
      expectCount(instance(depth), 302 * depth));
  }

  it('hashes along the path, at each of the 16 positions of depth 2', async () => {
    const circuit = await loadCircuit(instance(2));
    for (let position = 0n; position < 16n; position++) {
      const root = await circuit.calculateWire({ ...makeInputs(), position }, 'root');
      expect(root).to.equal(nodesAbove(77n, position, makeSiblings(2)).at(-1));
    }
  });

  it('agrees with an independent tree on every path of depth 2', async () => {
    const circuit = await loadCircuit(instance(2));
    const leaves = Array.from({ length: 16 }, (_, i) => BigInt(i + 1) * 1_000n);
    const tree = new IncrementalMerkleTree((nodes) => poseidon4(nodes), 2, 0n, 4, [...leaves]);
    for (const [i, leaf] of leaves.entries()) {
      const siblings = tree.createProof(i).siblings.map((level, depth) => {
        const [a, b, c] = level as [bigint, bigint, bigint];
        return ((i >> (2 * depth)) & 3) < 2 ? [a, b, c] : [c, a, b];
      });
      const inputs = { leaf, position: BigInt(i), siblings: siblings.flat() };
      expect(await circuit.calculateWire(inputs, 'root')).to.equal(tree.root);
    }
  });

  it('hashes sixteen levels', async () => {
    const circuit = await loadCircuit(instance(16));
    const inputs = { ...makeInputs(16), position: 0xd2c61b9en };
    await expectAccepted(circuit, inputs);
    const root = nodesAbove(77n, inputs.position, makeSiblings(16)).at(-1);
    expect(circuit.forge(inputs).at('root')).to.equal(root);
  });

  for (const leaf of [0n, 1n, R - 1n]) {
    it(`given the leaf ${titleOf(leaf)}, gives its root`, async () => {
      const circuit = await loadCircuit(instance(2));
      await expectAccepted(circuit, { ...makeInputs(), leaf });
    });
  }

  for (const position of [0n, 1n, 15n]) {
    it(`accepts the position ${position} of 0..15`, async () => {
      await expectAccepted(await loadCircuit(instance(2)), { ...makeInputs(), position });
    });
  }

  for (const position of [16n, 17n, R - 1n]) {
    it(`refuses the position ${titleOf(position)} of 0..15 (S6, S11)`, async () => {
      const circuit = await loadCircuit(instance(2));
      await expectProgramRefuses(circuit, makeInputs(), { position }, 'Num2Bits');
      await expectRefusedBy(circuit, makeInputs(), { inputs: { position } }, positionIsUint);
    });
  }

  for (const name of ['leaf', 'position', 'siblings']) {
    it(`takes x + r for x in ${name}`, async () => {
      await expectAliasIsSame(await loadCircuit(instance(2)), makeInputs(), name);
    });
  }

  describe('given a leaf that is not in the tree, and selectors that make it so (S8)', () => {
    const LEVEL_BITS = [
      ['placeInPair', forgePlaceInPair, 0],
      ['pair', forgePair, 1],
    ] as const;

    for (const level of [0, 1]) {
      for (const [name, forgery, bit] of LEVEL_BITS) {
        it(`refuses ${name} of level ${level}, which is no bit, though the root is real`, async () => {
          const circuit = await loadCircuit(instance(2));
          // The real tree: `children` stand under the node that the foreign one is to replace.
          const children = [901n, 902n, 903n, 904n];
          const above = makeSiblings(2)[1]!;
          const below = makeSiblings(2)[0]!;
          const real = nodesAbove(children[0]!, 0n, [
            [children[1]!, children[2]!, children[3]!],
            ...(level === 0 ? [above] : []),
          ]).at(-1)!;
          const foreign = level === 0 ? 666n : nodesAbove(666n, 0n, [below]).at(-1)!;
          const { siblings, placeInPair, pair } = forgery(foreign, children);
          const selectors = [placeInPair, pair];
          const first = 2 * level;
          const wires = {
            ...bitWires('Uint.Num2Bits.out', 0n, 4),
            [`Uint.Num2Bits.out[${first}]`]: placeInPair,
            [`Uint.Num2Bits.out[${first + 1}]`]: pair,
          };
          const inputs = {
            leaf: 666n,
            position: mod((placeInPair + 2n * pair) << BigInt(first)),
            siblings: level === 0 ? [...siblings, ...above] : [...below, ...siblings],
          };
          expect(circuit.forge(inputs, wires).at('root')).to.equal(real);
          expect(selectors[bit]! > 1n, 'the selector is no bit').to.equal(true);
          await expectRefusedBy(
            circuit,
            makeInputs(),
            { inputs, wires },
            `Uint.Num2Bits: (out[${first + bit}] - 1) * out[${first + bit}] = 0`,
          );
        });
      }
    }

    it('Parent alone accepts them: it requires bits, as its header says', async () => {
      const circuit = await loadCircuit(template('merkleTree.circom', 'Parent'));
      const children = [901n, 902n, 903n, 904n];
      for (const forgery of [forgePlaceInPair, forgePair]) {
        const forged = circuit.forge({ child: 666n, ...forgery(666n, children) });
        expect(forged.broken).to.deep.equal([]);
        expect(forged.at('parent')).to.equal(poseidon4(children));
      }
    });
  });

  it('refuses bits of another position', async () => {
    await expectRefusedBy(
      await loadCircuit(instance(2)),
      makeInputs(),
      { wires: bitWires('Uint.Num2Bits.out', 0b00_11n, 4) },
      positionIsUint,
    );
  });

  for (const level of [0, 1, 2]) {
    it(`refuses a path that starts at level ${level} from another node (S12)`, async () => {
      await expectRefusedBy(
        await loadCircuit(instance(2)),
        makeInputs(),
        { wires: { [`nodes[${level}]`]: 42n } },
        level === 0 ? 'leaf = nodes[0]' : `Parent[${level - 1}].parent = nodes[${level}]`,
      );
    });
  }

  it('refuses the root 0', async () => {
    await expectRefusedBy(
      await loadCircuit(instance(2)),
      makeInputs(),
      { wires: { root: 0n } },
      'nodes[2] = root',
    );
  });

  it('is not satisfied once any wire is changed (S10)', async () => {
    await expectNoLooseWire(await loadCircuit(instance(2)), makeInputs());
  });

  for (const depth of [0, 127]) {
    it(`doesn’t compile at depth ${depth}`, async () => {
      await expectRejection(
        compileCircuit({ instance: instance(depth), cache, optimization: 0 }),
        'InvalidInput',
        /False assert reached/,
      );
    });
  }
});
