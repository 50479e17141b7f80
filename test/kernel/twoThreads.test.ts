import { expect } from 'chai';
import { proveGroth16, type ProofPhase } from '../../src/kernel/groth16.ts';
import { loadKernel } from '../../src/kernel/kernel.ts';
import { createProvingKey } from '../../src/kernel/provingKey.ts';
import { shareProvingKey, type SharedKey } from '../../src/kernel/twoThreads.ts';
import { makeRandom, seedOf } from '../support/circuits/random.ts';
import { patched, withSection } from '../support/kernel/files.ts';
import { loadTestKey } from '../support/kernel/keys.ts';
import { drawing } from '../support/kernel/reference.ts';
import { drawScalar } from '../support/kernel/scalars.ts';
import { rejected } from '../support/world.ts';

const SEED = seedOf(44);

for (const build of ['fma', 'i64'] as const) {
  describe(`kernel/twoThreads, ${build} (seed ${SEED})`, () => {
    const open: SharedKey[] = [];
    afterEach(async () => {
      for (const key of open.splice(0)) await key.close();
    });

    /** A key on two threads, a witness for it, and the proof that one thread makes of both. */
    async function shared(script?: URL) {
      const random = makeRandom(SEED);
      const test = await loadTestKey('hash', 3);
      const witness = await test.witness({ inputs: [1n, 2n, drawScalar(random)] });
      const blinding = [random.bits(253), random.bits(253)] as const;
      const alone = createProvingKey(await loadKernel(build), test.zkey);
      const expected = await proveGroth16(alone, witness, { random: drawing(...blinding) });
      const key = shareProvingKey(await loadKernel(build), test.zkey, script);
      open.push(key);
      return { key, test, witness, expected, again: () => drawing(...blinding) };
    }

    it('make the proof that one makes, each time', async () => {
      const { key, witness, expected, again } = await shared();
      for (let run = 0; run < 3; run++)
        expect(await key.prove(witness, { random: again() })).to.deep.equal(expected);
    });

    it('make proofs that are asked for at once, each its own', async () => {
      const { key, test, witness, expected, again } = await shared();
      const other = await test.witness({ inputs: [5n, 6n, 7n] });
      const made = await Promise.all(
        [witness, other, witness].map((one) => key.prove(one, { random: again() })),
      );
      expect([made[0], made[2]]).to.deep.equal([expected, expected]);
      expect(made[1]).not.to.deep.equal(expected);
    });

    it('stop at a signal, and make the next proof', async () => {
      const { key, witness, expected, again } = await shared();
      const reason = new Error('enough');
      const controller = new AbortController();
      const phases: ProofPhase[] = [];
      const onPhase = (phase: ProofPhase): void => {
        phases.push(phase);
        controller.abort(reason);
      };
      const stopped = key.prove(witness, { signal: controller.signal, onPhase });
      expect(await stopped.catch((error: unknown) => error)).to.equal(reason);
      expect(phases).to.deep.equal(['quotient']);
      expect(await key.prove(witness, { random: again() })).to.deep.equal(expected);
    });

    it('leave the witness as it was', async () => {
      const { key, witness } = await shared();
      const before = witness.slice();
      await key.prove(witness);
      expect(witness).to.deep.equal(before);
    });

    it('start again after the other was ended', async () => {
      const { key, witness, expected, again } = await shared();
      await key.prove(witness);
      await key.close();
      expect(await key.prove(witness, { random: again() })).to.deep.equal(expected);
    });

    it('say that the other ended in the middle, and start another', async () => {
      const test = await loadTestKey('chain', 32_765);
      const witness = await test.witness({ seed: 1n, first: 2n });
      const key = shareProvingKey(await loadKernel(build), test.zkey);
      open.push(key);
      const onPhase = (phase: ProofPhase): void => {
        if (phase === 'quotient') void key.close();
      };
      expect((await rejected(key.prove(witness, { onPhase }))).code).to.equal('ThreadLost');
      expect((await key.prove(witness)).publicSignals).to.have.length(2);
    });

    it("name what is wrong with the other's half of the key", async () => {
      const { test, witness, key } = await shared();
      await key.prove(witness);
      const bad = withSection(test.zkey, 7, (b2) => patched(b2, 0, Uint8Array.of(b2[0]! ^ 1)));
      const broken = shareProvingKey(await loadKernel(build), bad);
      open.push(broken);
      const error = await rejected(broken.prove(witness));
      expect(error.code).to.equal('InvalidInput');
      expect(error.data).to.include({ file: 'zkey', section: 7 });
    });

    it('say that the other could not be started', async () => {
      const nowhere = new URL('nowhere.js', import.meta.url);
      const { key, witness } = await shared(nowhere);
      expect((await rejected(key.prove(witness))).code).to.equal('ThreadLost');
    });
  });
}
