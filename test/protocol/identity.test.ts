import { hkdfSync } from 'node:crypto';
import { expect } from 'chai';
import { concat, hexToBytes, numberToHex, slice, type Hex } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { SECP256K1_ORDER } from '../../src/protocol/ecdsa.ts';
import { FIELD_ORDER, reduceWide } from '../../src/protocol/field.ts';
import {
  computeNullifier,
  createIdentity,
  identityTypedData,
  normalisePassphrase,
  restoreIdentity,
} from '../../src/protocol/identity.ts';
import { fc, readVectors, rejected, thrown } from '../support/world.ts';

type Vectors = {
  readonly commitments: readonly { readonly secret: string; readonly commitment: string }[];
  readonly nullifiers: readonly {
    readonly scope: string;
    readonly secret: string;
    readonly claimIndex: string;
    readonly nullifier: string;
  }[];
};

describe('protocol/identity', () => {
  const { commitments, nullifiers } = readVectors('identity') as Vectors;

  describe('createIdentity', () => {
    for (const { secret, commitment } of commitments) {
      it(`takes up the secret ${secret.slice(0, 6)}… with the vectors' commitment`, () => {
        expect(createIdentity({ secret }).commitment.toString()).to.equal(commitment);
      });
    }

    it('S21: every byte of the 64 influences the secret', () => {
      const bytes = Uint8Array.from({ length: 64 }, (_, i) => i + 1);
      const secretOf = (given: Uint8Array): bigint =>
        createIdentity({ random: () => given }).secret;
      const secrets = new Set([secretOf(bytes)]);
      for (let i = 0; i < 64; i++) {
        const changed = bytes.slice();
        changed[i]! ^= 1;
        secrets.add(secretOf(changed));
      }
      expect(secrets.size).to.equal(65);
    });

    it('S21: secrets fill the field: each of its upper bits is seen', () => {
      const drawn = Array.from({ length: 200 }, () => createIdentity().secret);
      expect(new Set(drawn).size).to.equal(200);
      for (let bit = 0n; bit < 253n; bit++) {
        expect(
          drawn.some((secret) => (secret >> bit) & 1n),
          `bit ${bit.toString()}`,
        ).to.equal(true);
      }
    });

    it('draws 0 again, and 0 mod r too', () => {
      const r = FIELD_ORDER.toString(16).padStart(128, '0');
      const draws = [new Uint8Array(64), Buffer.from(r, 'hex'), new Uint8Array(64).fill(1)];
      let next = 0;
      const { secret } = createIdentity({ random: () => draws[next++]! });
      expect(next).to.equal(3);
      expect(secret).to.equal(BigInt(`0x${'01'.repeat(64)}`) % FIELD_ORDER);
    });

    it('refuses 0 and r where it takes 1 and r - 1, and never shows the secret', () => {
      for (const secret of [1n, FIELD_ORDER - 1n])
        expect(createIdentity({ secret }).secret).to.equal(secret);
      for (const secret of [0n, FIELD_ORDER, FIELD_ORDER + 5n]) {
        const error = thrown(() => createIdentity({ secret }));
        expect(error.code).to.equal('InvalidInput');
        expect(JSON.stringify([error.message, String(error.stack)])).not.to.include(
          FIELD_ORDER.toString(),
        );
        expect(error.data['value']).to.equal(undefined);
      }
    });
  });

  describe('computeNullifier', () => {
    for (const { nullifier, ...given } of nullifiers) {
      it(`equals the vector for claim ${given.claimIndex} of secret ${given.secret.slice(0, 6)}…`, () => {
        expect(computeNullifier(given).toString()).to.equal(nullifier);
      });
    }

    it('S17: is one per scope, secret and claim index', () => {
      const base = { scope: 5n, secret: 6n, claimIndex: 0n };
      expect(computeNullifier({ ...base })).to.equal(computeNullifier(base));
      const others = [
        { ...base, scope: 6n },
        { ...base, secret: 5n },
        { ...base, claimIndex: 1n },
      ];
      expect(new Set([base, ...others].map(computeNullifier)).size).to.equal(4);
    });

    const base = { scope: 5n, secret: 6n, claimIndex: 0n };
    const faults = {
      scope: { scope: FIELD_ORDER + 5n },
      secret: { secret: FIELD_ORDER + 6n },
      claimIndex: { claimIndex: 2n ** 32n },
    };
    for (const [field, fault] of Object.entries(faults)) {
      it(`refuses ${field} beyond its range, and takes the rest`, () => {
        expect(computeNullifier({ ...base, claimIndex: 2n ** 32n - 1n })).to.be.a('bigint');
        expect(thrown(() => computeNullifier({ ...base, ...fault })).data['field']).to.equal(field);
      });
    }

    it('S17: refuses a secret of 0 and does not repeat a secret out of range', () => {
      expect(thrown(() => computeNullifier({ ...base, secret: 0n })).data['field']).to.equal(
        'secret',
      );
      const error = thrown(() => computeNullifier({ ...base, secret: FIELD_ORDER + 6n }));
      expect(error.message).not.to.include((FIELD_ORDER + 6n).toString());
    });
  });

  describe('identityTypedData', () => {
    it('is bound to the purpose and the index, and to no chain', () => {
      expect(identityTypedData(7n)).to.deep.equal({
        domain: { name: 'Eligo', version: '1' },
        types: {
          Identity: [
            { name: 'purpose', type: 'string' },
            { name: 'index', type: 'uint32' },
          ],
        },
        primaryType: 'Identity',
        message: {
          purpose: 'Derive my Eligo identity. Sign only on a site you trust.',
          index: 7,
        },
      });
    });

    it('takes an index of 32 bits', () => {
      expect(identityTypedData(2n ** 32n - 1n).message).to.have.property('index', 4_294_967_295);
      expect(thrown(() => identityTypedData(2n ** 32n)).data['field']).to.equal('index');
    });
  });

  describe('restoreIdentity', () => {
    const account = privateKeyToAccount(`0x${'11'.repeat(32)}`);
    const sign = (index: bigint): Promise<Hex> => account.signTypedData(identityTypedData(index));
    /** The slow twin: node's own HKDF over bytes that are put together here. */
    const twin = (signature: Hex, passphrase: string): bigint => {
      const material = hexToBytes(slice(signature, 0, 64));
      const salt = Buffer.from(passphrase.normalize('NFKC'), 'utf8');
      const wide = new Uint8Array(hkdfSync('sha256', material, salt, 'eligo/identity/1', 64));
      return reduceWide(wide);
    };
    const secretOf = async (first: Hex, second: Hex, passphrase = ''): Promise<bigint> =>
      (await restoreIdentity({ signatures: [first, second], passphrase })).secret;

    it("equals node's HKDF, with a passphrase and without", async () => {
      const signature = await sign(0n);
      for (const passphrase of ['', 'correct horse', 'Ünïcode ﬁ']) {
        const { secret, commitment } = await restoreIdentity({
          signatures: [signature, signature],
          passphrase,
        });
        expect(secret).to.equal(twin(signature, passphrase));
        expect(commitment).to.equal(createIdentity({ secret }).commitment);
      }
    });

    it("equals node's HKDF for random signatures", async () => {
      const part = fc.bigInt({ min: 1n, max: SECP256K1_ORDER / 2n });
      await fc.assert(
        fc.asyncProperty(part, part, fc.string({ unit: 'grapheme' }), async (r, s, passphrase) => {
          const signature = concat([
            numberToHex(r, { size: 32 }),
            numberToHex(s, { size: 32 }),
            '0x1b',
          ]);
          expect(await secretOf(signature, signature, passphrase)).to.equal(
            twin(signature, passphrase),
          );
        }),
        { numRuns: 50 },
      );
    });

    it('gives the same again from the same wallet, and another for each index and passphrase', async () => {
      const [zero, one] = [await sign(0n), await sign(1n)];
      expect(await secretOf(zero, await sign(0n))).to.equal(await secretOf(zero, zero));
      const all = [
        await secretOf(zero, zero),
        await secretOf(one, one),
        await secretOf(zero, zero, 'a'),
        await secretOf(zero, zero, 'b'),
      ];
      expect(new Set(all).size).to.equal(4);
    });

    it('takes v as 27 or as 0, and the high s for the low one', async () => {
      const signature = await sign(0n);
      const [r, s, v] = [
        slice(signature, 0, 32),
        BigInt(slice(signature, 32, 64)),
        slice(signature, 64),
      ];
      const otherV = concat([r, numberToHex(s, { size: 32 }), v === '0x1b' ? '0x00' : '0x01']);
      const highS = concat([r, numberToHex(SECP256K1_ORDER - s, { size: 32 }), v]);
      const expected = await secretOf(signature, signature);
      expect(await secretOf(otherV, signature)).to.equal(expected);
      expect(await secretOf(signature, highS)).to.equal(expected);
    });

    it('takes two spellings of a passphrase for one', async () => {
      const signature = await sign(0n);
      expect('ﬁne'.normalize('NFKC')).to.equal('fine');
      expect(await secretOf(signature, signature, 'ﬁne')).to.equal(
        await secretOf(signature, signature, 'fine'),
      );
    });

    it('refuses a wallet whose signatures differ, and shows neither', async () => {
      const [first, other] = [await sign(0n), await sign(1n)];
      expect(await secretOf(first, first)).to.be.a('bigint');
      const error = await rejected(secretOf(first, other));
      expect(error.code).to.equal('InvalidInput');
      expect(error.message).to.match(/^signatures must be the same .*this wallet can't be used/);
      for (const part of [first.slice(2, 66), other.slice(2, 66)]) {
        expect(JSON.stringify([error.message, error.data])).not.to.include(part);
      }
    });

    for (const [what, change] of [
      ['64 bytes', (signature: Hex) => signature.slice(0, -2)],
      ['66 bytes', (signature: Hex) => `${signature}00`],
      ['what is no hex', () => `0x${'zz'.repeat(65)}`],
      ['an r of 0', (signature: Hex) => `0x${'00'.repeat(32)}${signature.slice(66)}`],
    ] as const) {
      it(`refuses ${what} as a signature`, async () => {
        const signature = await sign(0n);
        expect(await secretOf(signature, signature)).to.be.a('bigint');
        const changed = change(signature) as Hex;
        const error = await rejected(secretOf(changed, changed));
        expect(error.code).to.equal('InvalidInput');
        expect(error.message).not.to.include(changed.slice(70));
      });
    }

    it('refuses half of a surrogate pair in a passphrase', async () => {
      const signature = await sign(0n);
      expect(await secretOf(signature, signature, '\u{1f600}')).to.be.a('bigint');
      const error = await rejected(secretOf(signature, signature, '\ud83d'));
      expect(error.data).to.include({ field: 'passphrase', value: undefined });
    });
  });

  describe('normalisePassphrase', () => {
    it('gives NFKC', () => {
      expect(normalisePassphrase('Å\u2126 x')).to.equal('ÅΩ x');
    });
  });
});
