import { expect } from 'chai';
import { groth16 } from 'snarkjs';
import { proveGroth16, type ProofPhase } from '../../src/kernel/groth16.ts';
import { loadKernel, type KernelBuild } from '../../src/kernel/kernel.ts';
import { createProvingKey, type ProvingKey } from '../../src/kernel/provingKey.ts';
import { makeRandom, seedOf } from '../support/circuits/random.ts';
import type { Inputs } from '../support/circuits/forge.ts';
import { loadTestKey, type TestKey } from '../support/kernel/keys.ts';
import { drawing, proveWith } from '../support/kernel/reference.ts';
import { R, drawScalar, toBytes } from '../support/kernel/scalars.ts';
import { rejected } from '../support/world.ts';

const SEED = seedOf(43);
const PHASES: readonly ProofPhase[] = ['B2', 'A', 'B1', 'quotient', 'C', 'assembly'];

const verifies = async (
  { verifyingKey }: TestKey,
  { publicSignals, proof }: Awaited<ReturnType<typeof proveGroth16>>,
): Promise<boolean> => groth16.verify(verifyingKey, [...publicSignals], proof as never);

for (const build of ['fma', 'i64'] as const) {
  describe(`kernel/groth16, ${build} (seed ${SEED})`, () => {
    const random = makeRandom(SEED);
    const number = (): bigint => drawScalar(random);

    /** A circuit, its key in a kernel, and inputs that it takes. */
    const circuits = {
      'one constraint': ['chain', 1, () => ({ seed: number(), first: number() })],
      'no public signal, and bits': ['bits', 253, () => ({ number: random.bits(253) })],
      'a hash': ['hash', 3, () => ({ inputs: [number(), number(), number()] })],
      'five hundred squares': ['chain', 500, () => ({ seed: number(), first: number() })],
      'a full domain of 2^15': ['chain', 32_765, () => ({ seed: number(), first: number() })],
    } as const satisfies Record<string, readonly ['chain' | 'bits' | 'hash', number, () => Inputs]>;

    for (const [name, [kind, parameter, draw]] of Object.entries(circuits)) {
      it(`proves ${name} as snarkjs does with the same r and s`, async () => {
        const test = await loadTestKey(kind, parameter);
        const key = await keyOf(build, test);
        const isLarge = parameter > 1_000; // snarkjs takes seconds for a proof
        for (let run = 0; run < (isLarge ? 1 : 3); run++) {
          const witness = await test.witness(draw());
          const made = await proveGroth16(key, witness);
          expect(await verifies(test, made), 'verifies').to.be.true;
          const drawn = [random.bits(253), random.bits(253)] as const;
          for (const [r, s] of isLarge ? [drawn] : [drawn, [0n, R - 1n] as const]) {
            const options = { random: drawing(r, s) };
            const expected = await proveWith(test.zkey, witness, [r, s]);
            expect(await proveGroth16(key, witness, options)).to.deep.equal(expected);
          }
        }
      });
    }

    it('proves a hundred witnesses, one proof like no other', async () => {
      const test = await loadTestKey('hash', 3);
      const key = await keyOf(build, test);
      const seen = new Set<string>();
      const witness = await test.witness({ inputs: [1n, 2n, 3n] });
      for (let run = 0; run < 100; run++) {
        const other = await test.witness({ inputs: [number(), number(), number()] });
        const made = await proveGroth16(key, run < 5 ? witness : other);
        expect(await verifies(test, made), `proof ${run}`).to.be.true;
        seen.add(made.proof.pi_a[0]).add(made.proof.pi_c[0]);
      }
      expect(seen.size).to.equal(200);
    });

    it('a witness that does not satisfy the circuit gives a proof that does not verify', async () => {
      const test = await loadTestKey('hash', 3);
      const key = await keyOf(build, test);
      const witness = await test.witness({ inputs: [1n, 2n, 3n] });
      expect(await verifies(test, await proveGroth16(key, witness))).to.be.true;
      const wrong = Uint8Array.from(witness);
      wrong[wrong.length - 32]! ^= 1;
      expect(await verifies(test, await proveGroth16(key, wrong))).to.be.false;
    });

    describe('r and s', () => {
      it('are drawn again where they are not below the order', async () => {
        const test = await loadTestKey('chain', 1);
        const key = await keyOf(build, test);
        const witness = await test.witness({ seed: 1n, first: 2n });
        const expected = await proveWith(test.zkey, witness, [7n, 8n]);
        // Two bits above the order's are dropped: what is left of 2^256 - 1 is above it, too.
        const drawn = drawing(2n ** 256n - 1n, R, 7n, R + 1n, 8n + 2n ** 255n);
        expect(await proveGroth16(key, witness, { random: drawn })).to.deep.equal(expected);
      });

      it('are refused from a source that gives too few bytes', async () => {
        const test = await loadTestKey('chain', 1);
        const key = await keyOf(build, test);
        const witness = await test.witness({ seed: 1n, first: 2n });
        const short = (): Uint8Array => new Uint8Array(31);
        const error = await rejected(proveGroth16(key, witness, { random: short }));
        expect(error.code).to.equal('InvalidInput');
      });
    });

    it('says its phases in their order', async () => {
      const test = await loadTestKey('chain', 1);
      const phases: ProofPhase[] = [];
      const witness = await test.witness({ seed: 1n, first: 2n });
      const onPhase = (phase: ProofPhase): unknown => phases.push(phase);
      await proveGroth16(await keyOf(build, test), witness, { onPhase });
      expect(phases).to.deep.equal(PHASES);
    });

    it('makes the proofs that are asked for at once one after the other', async () => {
      const test = await loadTestKey('hash', 3);
      const key = await keyOf(build, test);
      const witnesses: Uint8Array[] = [];
      for (const first of [1n, 2n, 3n])
        witnesses.push(await test.witness({ inputs: [first, 5n, 6n] }));
      const made = await Promise.all(witnesses.map((witness) => proveGroth16(key, witness)));
      for (const one of made) expect(await verifies(test, one)).to.be.true;
      expect(new Set(made.map(({ publicSignals }) => publicSignals[0])).size).to.equal(3);
    });

    describe('what is left in memory', () => {
      const secret = 0x1234567890abcdef1234567890abcdef1234567890abcdef1234567890abcdefn % R;
      const [r, s] = [0x5555aaaa5555aaaa1111n ** 3n, 0x6666bbbb6666bbbb2222n ** 3n] as const;

      const expectClean = (key: ProvingKey): void => {
        const memory = Buffer.from(key.kernel.exports.memory.buffer);
        for (const [name, value] of Object.entries({ secret, r, s }))
          expect(memory.includes(Buffer.from(toBytes(value))), name).to.be.false;
        expect(memory.subarray(key.end).every((byte) => byte === 0)).to.be.true;
        const room = memory.subarray(key.scalars, key.scalars + 32 * (2 + key.wires + key.rows));
        expect(room.every((byte) => byte === 0)).to.be.true;
      };

      it("is nothing of the witness, r or s, and the witness stays the caller's", async () => {
        const test = await loadTestKey('hash', 3);
        const key = await keyOf(build, test);
        const witness = await test.witness({ inputs: [secret, 2n, 3n] });
        const before = Uint8Array.from(witness);
        let found = false;
        const onPhase = (): void => {
          found ||= Buffer.from(key.kernel.exports.memory.buffer).includes(
            Buffer.from(toBytes(secret)),
          );
        };
        await proveGroth16(key, witness, { random: drawing(r, s), onPhase });
        expect(found, 'was there').to.be.true;
        expectClean(key);
        expect(witness).to.deep.equal(before);
      });

      for (const phase of PHASES) {
        it(`is nothing after an end before ${phase}, and the next proof is right`, async () => {
          const test = await loadTestKey('hash', 3);
          const key = await keyOf(build, test);
          const witness = await test.witness({ inputs: [secret, 2n, 3n] });
          const controller = new AbortController();
          const reason = new Error('enough');
          const seen: ProofPhase[] = [];
          // The signal is asked when the next phase begins; before the first one it is given already.
          const onPhase = (begun: ProofPhase): void => {
            seen.push(begun);
            if (PHASES[PHASES.indexOf(begun) + 1] === phase) controller.abort(reason);
          };
          if (phase === 'B2') controller.abort(reason);
          const { signal } = controller;
          const options = { random: drawing(r, s), signal, onPhase };
          const outcome = await proveGroth16(key, witness, options).catch(
            (error: unknown) => error,
          );
          expect(outcome).to.equal(reason);
          expect(seen).to.deep.equal(PHASES.slice(0, PHASES.indexOf(phase)));
          expectClean(key);
          expect(await verifies(test, await proveGroth16(key, witness))).to.be.true;
        });
      }

      it('is nothing after a listener threw', async () => {
        const test = await loadTestKey('hash', 3);
        const key = await keyOf(build, test);
        const witness = await test.witness({ inputs: [secret, 2n, 3n] });
        const onPhase = (phase: ProofPhase): void => {
          if (phase === 'C') throw new Error('no more');
        };
        const made = proveGroth16(key, witness, { random: drawing(r, s), onPhase });
        expect(await made.catch((error: unknown) => (error as Error).message)).to.equal('no more');
        expectClean(key);
      });
    });
  });
}

const keys = new Map<string, Promise<ProvingKey>>();

/** The key in a kernel of its own, loaded once. */
function keyOf(build: KernelBuild, { zkey }: TestKey): Promise<ProvingKey> {
  const id = `${build}-${zkey.length}`;
  const key = keys.get(id) ?? loadKernel(build).then((kernel) => createProvingKey(kernel, zkey));
  keys.set(id, key);
  return key;
}
