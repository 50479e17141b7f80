import { expect } from 'chai';
import { FIELD_ORDER } from '../../src/protocol/field.ts';
import { computeNullifier, createIdentity } from '../../src/protocol/identity.ts';
import { readVectors, thrown } from '../support/world.ts';

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
});
