import { createCipheriv, scryptSync } from 'node:crypto';
import { expect } from 'chai';
import { hexToBytes, type Hex } from 'viem';
import {
  exportIdentity,
  importIdentity,
  type IdentityExport,
} from '../../src/claimant/keystore.ts';
import { canonicalJson } from '../../src/protocol/codec.ts';
import { FIELD_ORDER } from '../../src/protocol/field.ts';
import { createIdentity } from '../../src/protocol/identity.ts';
import { rejected } from '../support/world.ts';

const PASSPHRASE = 'correct horse';

describe('claimant/keystore', () => {
  const identity = createIdentity({ secret: FIELD_ORDER - 2n });
  let copy: IdentityExport;

  before(async () => {
    copy = await exportIdentity({ identity, passphrase: PASSPHRASE });
  });

  const open = (input: unknown, passphrase = PASSPHRASE) => importIdentity({ input, passphrase });

  describe('exportIdentity', () => {
    it('writes a document that holds the commitment, and the secret in no form', () => {
      expect(copy).to.have.all.keys('eligo', 'kdf', 'cipher', 'commitment', 'data');
      expect(copy.commitment).to.equal(identity.commitment.toString());
      const { salt, ...kdf } = copy.kdf;
      expect(kdf).to.deep.equal({ name: 'scrypt', n: '131072', r: '8', p: '1' });
      expect([salt.length, copy.cipher.nonce.length, copy.data.length]).to.deep.equal([66, 26, 98]);
      const text = JSON.stringify(copy);
      expect(text).not.to.include(identity.secret.toString());
      expect(text).not.to.include(identity.secret.toString(16));
    });

    it('draws salt and nonce anew for each copy', async () => {
      const other = await exportIdentity({ identity, passphrase: PASSPHRASE });
      expect(other.kdf.salt).not.to.equal(copy.kdf.salt);
      expect(other.cipher.nonce).not.to.equal(copy.cipher.nonce);
      expect(other.data).not.to.equal(copy.data);
    });

    it("is what node's synchronous scrypt and the cipher give, put together here", () => {
      const { data, ...head } = copy;
      const salt = hexToBytes(head.kdf.salt as Hex);
      const options = { N: 131_072, r: 8, p: 1, maxmem: 2 ** 28 };
      const key = scryptSync(PASSPHRASE, salt, 32, options);
      const cipher = createCipheriv('aes-256-gcm', key, hexToBytes(head.cipher.nonce as Hex));
      cipher.setAAD(Buffer.from(canonicalJson(head)));
      const secret = Buffer.from(identity.secret.toString(16).padStart(64, '0'), 'hex');
      const sealed = Buffer.concat([cipher.update(secret), cipher.final(), cipher.getAuthTag()]);
      expect(`0x${sealed.toString('hex')}`).to.equal(data);
    });

    it('takes a passphrase of 8 characters, and refuses 7 without showing them', async () => {
      expect(await exportIdentity({ identity, passphrase: '1234567😀' })).to.have.property('data');
      const error = await rejected(exportIdentity({ identity, passphrase: 'secret7' }));
      expect(error.code).to.equal('InvalidInput');
      expect(error.message).to.equal('passphrase must be at least 8 characters long');
    });

    it('refuses a source that gives fewer bytes', async () => {
      const random = (length: number): Uint8Array => new Uint8Array(length - 1);
      const error = await rejected(exportIdentity({ identity, passphrase: PASSPHRASE, random }));
      expect(error.data['field']).to.equal('random');
    });
  });

  describe('importIdentity', () => {
    it('gives the identity back, of an object and of text', async () => {
      expect(await open(copy)).to.deep.equal(identity);
      expect(await open(JSON.stringify(copy, undefined, 2))).to.deep.equal(identity);
    });

    it('takes two spellings of a passphrase for one', async () => {
      const ligature = await exportIdentity({ identity, passphrase: 'ﬁne and dandy' });
      expect(await open(ligature, 'fine and dandy')).to.deep.equal(identity);
    });

    it('refuses another passphrase, and repeats neither', async () => {
      expect(await open(copy)).to.deep.equal(identity);
      const error = await rejected(open(copy, 'incorrect horse'));
      expect(error.code).to.equal('InvalidInput');
      expect(error.message).to.equal('passphrase does not open this file, or the file was changed');
      expect(JSON.stringify(error.data)).not.to.include('horse');
    });

    const flip = (hex: string): string => hex.slice(0, -1) + (hex.endsWith('0') ? '1' : '0');
    const changed: Readonly<Record<string, (copy: IdentityExport) => object>> = {
      salt: ({ kdf }) => ({ kdf: { ...kdf, salt: flip(kdf.salt) } }),
      n: ({ kdf }) => ({ kdf: { ...kdf, n: '262144' } }),
      nonce: ({ cipher }) => ({ cipher: { ...cipher, nonce: flip(cipher.nonce) } }),
      commitment: () => ({ commitment: '5' }),
      tag: ({ data }) => ({ data: flip(data) }),
      ciphertext: ({ data }) => ({ data: `${flip(data.slice(0, 10))}${data.slice(10)}` }),
    };
    for (const [what, change] of Object.entries(changed)) {
      it(`notices another ${what}`, async () => {
        expect(await open(copy)).to.deep.equal(identity);
        const error = await rejected(open({ ...copy, ...change(copy) }));
        expect(error.message).to.match(/does not open this file, or the file was changed/);
      });
    }

    const malformed: Readonly<Record<string, readonly [string, (copy: IdentityExport) => object]>> =
      {
        'another kind': ['export.eligo', () => ({ eligo: 'identity/1' })],
        'a key more': ['export', () => ({ secret: '5' })],
        'less than the cost': ['export.kdf.n', ({ kdf }) => ({ kdf: { ...kdf, n: '65536' } })],
        '2 GiB of memory': ['export.kdf.n', ({ kdf }) => ({ kdf: { ...kdf, n: '2097152' } })],
        '100 GB of memory': ['export.kdf.n', ({ kdf }) => ({ kdf: { ...kdf, n: '134217728' } })],
        'a cost between powers of two': [
          'export.kdf.n',
          ({ kdf }) => ({ kdf: { ...kdf, n: '131073' } }),
        ],
        'other blocks': ['export.kdf.r', ({ kdf }) => ({ kdf: { ...kdf, r: '1024' } })],
        'more lanes': ['export.kdf.p', ({ kdf }) => ({ kdf: { ...kdf, p: '64' } })],
        'another kdf': ['export.kdf.name', ({ kdf }) => ({ kdf: { ...kdf, name: 'pbkdf2' } })],
        'another cipher': [
          'export.cipher.name',
          ({ cipher }) => ({ cipher: { ...cipher, name: 'aes-128-gcm' } }),
        ],
        'a short salt': ['export.kdf.salt', ({ kdf }) => ({ kdf: { ...kdf, salt: '0x00' } })],
        'a longer nonce': [
          'export.cipher.nonce',
          ({ cipher }) => ({ cipher: { ...cipher, nonce: `${cipher.nonce}00` } }),
        ],
        'a cut tag': ['export.data', ({ data }) => ({ data: data.slice(0, -2) })],
        'a commitment that is none': ['export.commitment', () => ({ commitment: '-1' })],
      };
    for (const [what, [field, change]] of Object.entries(malformed)) {
      it(`refuses ${what} before it derives a key`, async () => {
        expect(await open(copy)).to.deep.equal(identity);
        const error = await rejected(open({ ...copy, ...change(copy) }));
        expect(error.code).to.equal('InvalidInput');
        expect(error.data['field']).to.equal(field);
      });
    }

    it('refuses a copy whose commitment is not that of its secret, though it opens', async () => {
      const other = { ...identity, commitment: createIdentity({ secret: 5n }).commitment };
      const forged = await exportIdentity({ identity: other, passphrase: PASSPHRASE });
      const error = await rejected(open(forged));
      expect(error.data['field']).to.equal('export.commitment');
      expect(error.message).not.to.include(identity.secret.toString());
    });
  });
});
