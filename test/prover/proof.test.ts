import { expect } from 'chai';
import { FIELD_ORDER } from '../../src/protocol/field.ts';
import { toSignals } from '../../src/protocol/statement.ts';
import {
  BASE_FIELD_ORDER,
  checkProof,
  readProofFile,
  toContractProof,
  writeProofFile,
  type Proof,
  type ProvenStatement,
} from '../../src/prover/proof.ts';
import { thrown } from '../support/world.ts';

const CIRCUIT = 'ab'.repeat(32);

/** A proof in shape, its coordinates all different. */
function makeProof(): Proof {
  return {
    pi_a: ['1', '2', '1'],
    pi_b: [
      ['3', '4'],
      ['5', '6'],
      ['1', '0'],
    ],
    pi_c: ['7', '8', '1'],
    protocol: 'groth16',
    curve: 'bn128',
  };
}

function makeProven(): ProvenStatement {
  const statement = {
    nullifier: 1n,
    root: 2n,
    policy: 3n,
    disclosed: 4n,
    shown: 5n,
    checkedAt: 60n,
    context: 6n,
  };
  return { statement: statement as ProvenStatement['statement'], proof: makeProof() };
}

describe('prover/proof', () => {
  describe('checkProof', () => {
    it('takes coordinates up to q - 1 and refuses q, wherever they stand', () => {
      const places: readonly ((proof: Proof, value: string) => void)[] = [
        ...[0, 1].map((i) => (proof: Proof, value: string) => (proof.pi_a[i] = value)),
        ...[0, 1, 2, 3].map(
          (i) => (proof: Proof, value: string) => (proof.pi_b[i >> 1]![i & 1] = value),
        ),
        ...[0, 1].map((i) => (proof: Proof, value: string) => (proof.pi_c[i] = value)),
      ];
      for (const put of places) {
        const [edge, beyond] = [makeProof(), makeProof()];
        put(edge, (BASE_FIELD_ORDER - 1n).toString());
        put(beyond, BASE_FIELD_ORDER.toString());
        expect(checkProof(edge)).to.deep.equal(edge);
        expect(thrown(() => checkProof(beyond)).message).to.match(/^proof\.pi_[abc]\[\d\] is /);
      }
    });
    it('takes coordinates beyond r: they are of the base field', () => {
      expect(
        checkProof({ ...makeProof(), pi_a: [FIELD_ORDER.toString(), '2', '1'] }).pi_a[0],
      ).to.equal(FIELD_ORDER.toString());
    });
    it('refuses points that are not affine', () => {
      expect(
        thrown(() => checkProof({ ...makeProof(), pi_a: ['1', '2', '2'] })).data['field'],
      ).to.equal('proof.pi_a[2]');
      expect(
        thrown(() =>
          checkProof({
            ...makeProof(),
            pi_b: [
              ['3', '4'],
              ['5', '6'],
              ['1', '1'],
            ],
          }),
        ).data['field'],
      ).to.equal('proof.pi_b[2][1]');
    });
    it('refuses keys that it does not know', () => {
      expect(thrown(() => checkProof({ ...makeProof(), note: '' })).data['field']).to.equal(
        'proof',
      );
    });
  });

  it('gives contracts the parts of B in the order of EIP-197: imaginary first', () => {
    expect(toContractProof(makeProof())).to.deep.equal([1n, 2n, 4n, 3n, 6n, 5n, 7n, 8n]);
  });

  describe('a proof file', () => {
    it('survives being written and read', () => {
      const proven = makeProven();
      const file = writeProofFile(CIRCUIT, proven);
      expect(file.signals).to.deep.equal(toSignals(proven.statement).map(String));
      expect(readProofFile(file, CIRCUIT)).to.deep.equal(proven);
      expect(readProofFile(JSON.stringify(file), CIRCUIT)).to.deep.equal(proven);
    });
    type Loose = Record<string, unknown> & { signals: string[] };
    const faults: readonly (readonly [string, (file: Loose) => void, string, string])[] = [
      ['another kind', (f) => (f['eligo'] = 'proof/2'), 'InvalidInput', 'field'],
      ['another circuit', (f) => (f['circuit'] = 'cd'.repeat(32)), 'InvalidInput', 'field'],
      ['four signals', (f) => f.signals.pop(), 'InvalidInput', 'field'],
      [
        'an alias of a signal',
        (f) => (f.signals[0] = (1n + FIELD_ORDER).toString()),
        'SignalOutOfRange',
        'signal',
      ],
      ['an unknown key', (f) => (f['note'] = ''), 'InvalidInput', 'field'],
    ];
    for (const [name, change, code, names] of faults) {
      it(`is refused with ${name}`, () => {
        const file = structuredClone(writeProofFile(CIRCUIT, makeProven())) as unknown as Loose;
        change(file);
        const error = thrown(() => readProofFile(file, CIRCUIT));
        expect(error.code).to.equal(code);
        expect(error.data).to.have.property(names);
      });
    }
  });
});
