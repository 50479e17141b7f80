import { expect } from 'chai';
import { groth16 } from 'snarkjs';
import {
  BACKENDS,
  kernelBackend,
  snarkjsBackend,
  toBackend,
  type Backend,
} from '../../src/prover/backend.ts';
import { createKernelBackend } from '../../src/prover/kernelBackend.ts';
import { holderWitness } from '../support/holderWitness.ts';
import { patched, withSection } from '../support/kernel/files.ts';
import { rejected, sharedArtifacts, thrown } from '../support/world.ts';

describe('prover/backend', () => {
  it('knows each name, takes a function as it is, and refuses other names', () => {
    for (const name of BACKENDS) expect(toBackend(name)).to.be.a('function');
    expect(toBackend('kernel')).to.equal(kernelBackend);
    expect(toBackend('snarkjs')).to.equal(snarkjsBackend);
    const own: Backend = () => Promise.reject(new Error('never called'));
    expect(toBackend(own)).to.equal(own);
    for (const name of ['', 'Kernel', 'toString', undefined]) {
      const { code, data } = thrown(() => toBackend(name as never));
      expect(code).to.equal('InvalidInput');
      expect(data['field']).to.equal('backend');
    }
  });

  for (const [name, backend] of [
    ['snarkjs', snarkjsBackend],
    ['kernel', kernelBackend],
    ['kernel, fma', createKernelBackend({ build: 'fma' })],
    ['kernel, i64', createKernelBackend({ build: 'i64' })],
    ['kernel, on two threads', createKernelBackend({ threads: 2 })],
    ['kernel, with the flags of the engine', createKernelBackend({ engineFlags: true })],
  ] as const) {
    describe(name, () => {
      it("proves several holders' statements, and snarkjs verifies", async () => {
        const artifacts = await sharedArtifacts();
        for (const index of name === 'snarkjs' ? [0] : [0, 1, 2]) {
          const witness = await holderWitness(index);
          const { proof, signals } = await backend(artifacts, witness);
          const valid = await groth16.verify(artifacts.verifyingKey, [...signals], proof);
          expect(valid, `holder ${index}`).to.be.true;
        }
      });

      it('refuses a signal that is given already, with its reason', async () => {
        const artifacts = await sharedArtifacts();
        const reason = new Error('enough');
        const made = backend(artifacts, await holderWitness(), {
          signal: AbortSignal.abort(reason),
        });
        expect(await made.catch((error: unknown) => error)).to.equal(reason);
      });
    });
  }

  describe('the kernel', () => {
    it('says its progress, from 0 to 1', async () => {
      const shares: number[] = [];
      const onProgress = (share: number): unknown => shares.push(share);
      await kernelBackend(await sharedArtifacts(), await holderWitness(), { onProgress });
      expect(shares[0]).to.equal(0);
      expect(shares.at(-1)).to.equal(1);
      expect([...shares].sort((a, b) => a - b)).to.deep.equal(shares);
    });

    it('reads the key of a set of artifacts once, and tries again if it could not', async () => {
      const artifacts = await sharedArtifacts();
      const backend = createKernelBackend();
      let reads = 0;
      let broken = true;
      const zkey = async (): Promise<Uint8Array> => {
        reads++;
        if (broken) throw new Error('not now');
        return artifacts.zkey();
      };
      const set = { ...artifacts, zkey };
      const witness = await holderWitness();
      const refused: unknown = await backend(set, witness).catch((error: unknown) => error);
      expect(refused).to.have.property('message', 'not now');
      broken = false;
      await Promise.all([backend(set, witness), backend(set, witness)]);
      await backend(set, witness);
      expect(reads).to.equal(2);
    });

    it('names the section of a key that is damaged', async () => {
      const artifacts = await sharedArtifacts();
      const good = await artifacts.zkey();
      const witness = await holderWitness();
      const last = 8_192 * 64 - 1;
      const bad = withSection(good, 9, (c) => patched(c, last, Uint8Array.of(c[last]! ^ 1)));
      const backend = createKernelBackend();
      const error = await rejected(
        backend({ ...artifacts, zkey: () => Promise.resolve(bad) }, witness),
      );
      expect(error.code).to.equal('InvalidInput');
      expect(error.data).to.include({ file: 'zkey', section: 8 });
      expect((await backend(artifacts, witness)).signals).to.have.length(5);
    });

    it("refuses another circuit's witness", async () => {
      const artifacts = await sharedArtifacts();
      const witness = await holderWitness();
      const short = withSection(witness, 2, (content) => content.subarray(32));
      const error = await rejected(kernelBackend(artifacts, short));
      expect(error.data).to.include({ file: 'witness', section: 2 });
    });
  });
});
