import { expect } from 'chai';
import { EligoError } from '../../src/errors.ts';
import { createCredentialService } from '../../src/issuer/credentialService.ts';
import { createAttestation } from '../../src/protocol/attestation.ts';
import { writeCredential, type Credential } from '../../src/protocol/credential.ts';
import { NEVER, toField } from '../../src/protocol/field.ts';
import { defineSchema } from '../../src/protocol/schema.ts';
import { ISSUER_SCHEMA } from '../support/issuerWorld.ts';

const TOKEN = 'A'.repeat(43);

function makeCredential(): Credential {
  const schema = defineSchema(ISSUER_SCHEMA);
  return {
    ...{ circuit: 'ab'.repeat(32), chainId: 31_337n, registry: `0x${'11'.repeat(20)}`, tree: 1n },
    ...{ position: 7n, schema, signature: '0x00' },
    attestation: createAttestation({
      ...{ schema, commitment: toField(5n, 'commitment'), issuedAt: 0n, expiresAt: NEVER },
      values: { country: 'DE', vip: true },
    }),
  };
}

/** A service with one token, and what it was asked for. */
function makeService(failure?: Error) {
  const credential = makeCredential();
  const asked: string[] = [];
  const faults: string[] = [];
  const service = createCredentialService({
    redeem: (token) => {
      asked.push(token);
      if (failure) return Promise.reject(failure);
      if (token === TOKEN) return Promise.resolve(credential);
      return Promise.reject(new EligoError('UnknownToken', 'the token is not known'));
    },
    onFault: (code) => faults.push(code),
  });
  const ask = async (options: {
    readonly path?: string;
    readonly method?: string;
    readonly authorization?: string | undefined;
    readonly body?: string;
  }) => {
    const { path = '/credentials', method = 'POST', authorization, body } = options;
    return service.request(path, {
      method,
      ...(authorization !== undefined && { headers: { Authorization: authorization } }),
      ...(body !== undefined && { body }),
    });
  };
  return { credential, asked, faults, ask };
}

const right = { authorization: `Bearer ${TOKEN}` };

async function codeOf(response: Response): Promise<string> {
  const { error } = (await response.json()) as { error: { code: string; message: string } };
  expect(error).to.have.all.keys('code', 'message');
  return error.code;
}

describe('createCredentialService', () => {
  it('gives the credential for its token, and lets nobody keep a copy', async () => {
    const { ask, asked, credential } = makeService();
    const response = await ask(right);
    expect(response.status).to.equal(200);
    expect(await response.json()).to.deep.equal(
      JSON.parse(JSON.stringify(writeCredential(credential))),
    );
    expect(response.headers.get('Cache-Control')).to.equal('no-store');
    expect(asked).to.deep.equal([TOKEN]);
  });

  for (const [title, authorization] of [
    ['no header', undefined],
    ['another scheme', `Basic ${TOKEN}`],
    ['two words', `Bearer ${TOKEN} more`],
    ['no token', 'Bearer '],
    ['a token of 257 characters', `Bearer ${'A'.repeat(257)}`],
  ] as const) {
    it(`says 401 to ${title}, and asks nobody`, async () => {
      const { ask, asked } = makeService();
      const response = await ask({ authorization });
      expect(response.status).to.equal(401);
      expect(response.headers.get('WWW-Authenticate')).to.equal('Bearer');
      expect(await codeOf(response)).to.equal('Unauthorised');
      expect(asked).to.deep.equal([]);
    });
  }

  it('says 404 to a token that it does not know', async () => {
    const { ask, faults } = makeService();
    const response = await ask({ authorization: 'Bearer other' });
    expect(response.status).to.equal(404);
    expect(await codeOf(response)).to.equal('UnknownToken');
    expect(faults).to.deep.equal([]);
  });

  it('says 410 where the attestation is revoked', async () => {
    const { ask } = makeService(new EligoError('AlreadyRevoked', 'is revoked'));
    const response = await ask(right);
    expect([response.status, await codeOf(response)]).to.deep.equal([410, 'AlreadyRevoked']);
  });

  it('keeps what went wrong inside to itself', async () => {
    for (const [failure, status, code] of [
      [new Error(`secret ${TOKEN}`), 500, 'Unexpected'],
      [new EligoError('StoreMismatch', 'secret'), 500, 'StoreMismatch'],
      [new EligoError('StoreUnavailable', 'secret'), 503, 'StoreUnavailable'],
    ] as const) {
      const { ask, faults } = makeService(failure);
      const response = await ask(right);
      const text = await response.text();
      expect(response.status).to.equal(status);
      expect(text).to.include(code).and.not.include('secret');
      expect(faults).to.deep.equal([code]);
    }
  });

  it('says 405 to other methods, 404 to other paths, 413 to a long body', async () => {
    const { ask, asked } = makeService();
    const get = await ask({ ...right, method: 'GET' });
    expect([get.status, get.headers.get('Allow')]).to.deep.equal([405, 'POST']);
    expect((await ask({ ...right, path: '/' })).status).to.equal(404);
    expect((await ask({ ...right, body: 'x'.repeat(1_025) })).status).to.equal(413);
    expect(asked).to.deep.equal([]);
    expect((await ask({ ...right, body: 'x'.repeat(1_024) })).status).to.equal(200);
  });
});
