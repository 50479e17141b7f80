import { expect } from 'chai';
import { poseidon1 } from 'poseidon-lite/poseidon1';
import { poseidon3 } from 'poseidon-lite/poseidon3';
import {
  expectAccepted,
  expectAliasIsSame,
  expectCount,
  expectNoLooseWire,
  expectProgramRefuses,
  expectRefusedBy,
  titleOf,
} from '../support/circuits/expectations.ts';
import { R, inverse } from '../../scripts/witness/field.ts';
import { loadBuild, loadCircuit, template } from '../support/circuits/testCircuit.ts';

describe('IdentityCommitment', () => {
  const instance = template('identity.circom', 'IdentityCommitment');

  it('has 214 constraints', () => expectCount(instance, 214));

  for (const secret of [1n, 2n, 2n ** 128n - 1n, 2n ** 128n, 2n ** 253n, R - 2n, R - 1n]) {
    it(`given the secret ${titleOf(secret)}, gives H_1 of it`, async () => {
      const circuit = await loadCircuit(instance);
      await expectAccepted(circuit, { secret });
      expect(circuit.forge({ secret }).at('commitment')).to.equal(poseidon1([secret]));
    });
  }

  it('takes secret + r for the secret: one person, one commitment (S17)', async () => {
    await expectAliasIsSame(await loadCircuit(instance), { secret: 5n }, 'secret');
  });

  describe('given the secret 0', () => {
    const honest = { secret: 1n };
    const inputs = { secret: 0n };

    it('is refused by the witness program', async () => {
      const circuit = await loadCircuit(instance);
      await expectProgramRefuses(circuit, honest, inputs, 'IdentityCommitment');
    });

    it('is refused as r, its alias', async () => {
      const circuit = await loadCircuit(instance);
      await expectProgramRefuses(circuit, honest, { secret: R }, 'IdentityCommitment');
    });

    it('is refused by the rule that it isn’t 0', async () => {
      await expectRefusedBy(await loadCircuit(instance), honest, { inputs }, 'isZero = 0');
    });

    it('is refused where isZero denies it', async () => {
      const wires = { isZero: 0n };
      await expectRefusedBy(
        await loadCircuit(instance),
        honest,
        { inputs, wires },
        'IsZero.out = isZero',
      );
    });

    for (const inverse of [0n, 1n, R - 1n]) {
      it(`is refused where IsZero denies it with the inverse ${titleOf(inverse)}`, async () => {
        const wires = { 'IsZero.out': 0n, 'IsZero.inv': inverse };
        await expectRefusedBy(
          await loadCircuit(instance),
          honest,
          { inputs, wires },
          'IsZero: in * inv = -out + 1',
        );
      });
    }
  });

  it('refuses another commitment', async () => {
    const commitment = poseidon1([6n]);
    await expectRefusedBy(
      await loadCircuit(instance),
      { secret: 5n },
      { wires: { commitment } },
      'Poseidon.out = commitment',
    );
  });

  it('is not satisfied once any wire is changed (S10)', async () => {
    await expectNoLooseWire(await loadCircuit(instance), { secret: 5n });
  });
});

describe('IsZero', () => {
  const instance = template('circomlib/circuits/comparators.circom', 'IsZero');

  for (const value of [1n, 2n, R - 1n]) {
    it(`given ${titleOf(value)}, refuses the answer 1 from the inverse 0`, async () => {
      await expectRefusedBy(
        await loadCircuit(instance),
        { in: value },
        { wires: { inv: 0n } },
        'in * out = 0',
      );
    });

    it(`given ${titleOf(value)}, refuses any answer but 0 and 1`, async () => {
      await expectRefusedBy(
        await loadCircuit(instance),
        { in: value },
        { wires: { inv: inverse(value) + 1n } },
        'in * out = 0',
      );
    });
  }

  it('given 0, refuses the answer 0', async () => {
    await expectRefusedBy(
      await loadCircuit(instance),
      { in: 0n },
      { wires: { out: 0n } },
      'in * inv = -out + 1',
    );
  });

  it('given 0, leaves the inverse free, and the answer is 1 all the same', async () => {
    const circuit = await loadCircuit(instance);
    const forged = circuit.forge({ in: 0n }, { inv: 77n });
    expect(forged.broken).to.deep.equal([]);
    expect(forged.at('out')).to.equal(1n);
  });
});

describe('Nullifier', () => {
  const instance = template('identity.circom', 'Nullifier');
  const makeInputs = () => ({ scope: 11n, secret: 22n, claimIndex: 33n });

  it('has 261 constraints', () => expectCount(instance, 261));

  it('is H_3 of scope, secret and claim index, in that order', async () => {
    const circuit = await loadCircuit(instance);
    await expectAccepted(circuit, makeInputs());
    expect(circuit.forge(makeInputs()).at('nullifier')).to.equal(poseidon3([11n, 22n, 33n]));
  });

  it('depends on nothing else: no attestation, no issuer, no time (S17)', async () => {
    const { symbols, r1cs } = await loadBuild(instance, 0);
    const inputs = symbols.byWire.slice(1 + r1cs.outputs, 1 + r1cs.outputs + r1cs.privateInputs);
    expect(inputs).to.deep.equal(['scope', 'secret', 'claimIndex']);
  });

  for (const name of ['scope', 'secret', 'claimIndex'] as const) {
    for (const value of [0n, 1n, 2n ** 32n - 1n, 2n ** 32n, R - 1n]) {
      it(`given ${titleOf(value)} as ${name}, gives H_3`, async () => {
        const circuit = await loadCircuit(instance);
        const inputs = { ...makeInputs(), [name]: value };
        await expectAccepted(circuit, inputs);
        expect(circuit.forge(inputs).at('nullifier')).to.equal(
          poseidon3([inputs.scope, inputs.secret, inputs.claimIndex]),
        );
      });
    }

    it(`takes x + r for x in ${name}: no second nullifier (S17)`, async () => {
      await expectAliasIsSame(await loadCircuit(instance), makeInputs(), name);
    });
  }

  for (const [title, nullifier] of [
    ['0 (S18)', 0n],
    ['that of the next claim', poseidon3([11n, 22n, 34n])],
    ['that of another scope', poseidon3([12n, 22n, 33n])],
    ['that of the same three in another order (S20)', poseidon3([22n, 11n, 33n])],
  ] as const) {
    it(`refuses the nullifier ${title}`, async () => {
      await expectRefusedBy(
        await loadCircuit(instance),
        makeInputs(),
        { wires: { nullifier } },
        'Poseidon.out = nullifier',
      );
    });
  }

  it('refuses a hash of other inputs', async () => {
    await expectRefusedBy(
      await loadCircuit(instance),
      makeInputs(),
      { wires: { 'Poseidon.inputs[1]': 23n } },
      'secret = Poseidon.inputs[1]',
    );
  });

  it('is not satisfied once any wire is changed (S10)', async () => {
    await expectNoLooseWire(await loadCircuit(instance), makeInputs());
  });
});

describe('Bind', () => {
  const instance = template('identity.circom', 'Bind');

  it('has 1 constraint', () => expectCount(instance, 1));

  for (const value of [0n, 1n, 2n ** 248n - 1n, 2n ** 248n, R - 1n]) {
    it(`squares ${titleOf(value)}`, async () => {
      const circuit = await loadCircuit(instance);
      await expectAccepted(circuit, { in: value });
      expect(circuit.forge({ in: value }).at('square')).to.equal((value * value) % R);
    });
  }

  it('takes x + r for x', async () => {
    await expectAliasIsSame(await loadCircuit(instance), { in: 5n }, 'in');
  });

  it('refuses another context under the same square (S4)', async () => {
    await expectRefusedBy(
      await loadCircuit(instance),
      { in: 5n },
      { inputs: { in: 6n }, wires: { square: 25n } },
      'in * in = square',
    );
  });

  it('is not satisfied once any wire is changed (S10)', async () => {
    await expectNoLooseWire(await loadCircuit(instance), { in: 5n });
  });
});
