import { expect } from 'chai';
import { waitForReceipt } from '../../src/chain/transactions.ts';
import { LimitExceededRpcError, concat, numberToHex, slice, type Address, type Hex } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { deployContract } from 'viem/actions';
import { connect, type WriteClient } from '../../src/chain/client.ts';
import { checkCredential } from '../../src/chain/credentials.ts';
import { deployContracts, type Deployment } from '../../src/chain/deployment.ts';
import { grantRole, registerIssuer, revokeRole } from '../../src/chain/issuers.ts';
import { LOCAL_KEYS } from '../../src/chain/localChain.ts';
import { registerTree } from '../../src/chain/roots.ts';
import { createAttestation } from '../../src/protocol/attestation.ts';
import { credentialTypedData, type Credential } from '../../src/protocol/credential.ts';
import { SECP256K1_ORDER } from '../../src/protocol/ecdsa.ts';
import { toField } from '../../src/protocol/field.ts';
import { defineSchema } from '../../src/protocol/schema.ts';
import { loadArtifacts } from '../../src/prover/artifacts.ts';
import { startAnvil, type Anvil } from '../support/anvil.ts';
import { readArtifact, testContracts } from '../support/contracts.ts';
import { rejected, schemaDocument, someValues } from '../support/world.ts';

const OTHER = '0x00000000000000000000000000000000000000AA';

const folder = await testContracts();
const wallet = await readArtifact(folder, 'OwnedWallet');

describe('chain/credentials', () => {
  const [ownerKey, publisherKey, strangerKey] = [LOCAL_KEYS[0]!, LOCAL_KEYS[1]!, LOCAL_KEYS[2]!];
  const publisher = privateKeyToAccount(publisherKey).address;
  let anvil: Anvil;
  let owner: WriteClient;
  let deployment: Deployment;

  before(async () => {
    anvil = await startAnvil();
    owner = await connect({ url: anvil.url, privateKey: ownerKey });
    deployment = await deployContracts(owner, { artifacts: await loadArtifacts() });
  });

  after(() => anvil.stop());

  /** An issuer of its own for each test: a publisher with a key, a tree, and a credential that is still to be signed. */
  const makeIssuer = async (account: Address = publisher) => {
    const issuerId = await registerIssuer(owner, { deployment, uri: 'https://issuer.example' });
    await grantRole(owner, { deployment, issuerId, role: 'publisher', account });
    const tree = await registerTree(owner, { deployment, issuerId });
    const schema = defineSchema(schemaDocument());
    const attestation = createAttestation({
      schema,
      commitment: 5n,
      issuedAt: 1_767_225_600n,
      values: someValues,
      salt: 7n,
    });
    const credential: Credential = {
      circuit: deployment.circuit,
      chainId: 31_337n,
      registry: deployment.contracts.RootRegistry,
      tree,
      position: 2n,
      attestation,
      schema,
      signature: '0x',
    };
    return { issuerId, credential };
  };

  const sign = async (credential: Credential, key: Hex = publisherKey): Promise<Credential> => ({
    ...credential,
    signature: await privateKeyToAccount(key).signTypedData(credentialTypedData(credential)),
  });

  const check = (credential: Credential) => checkCredential(owner, { deployment, credential });

  const expectInvalid = async (credential: Credential, message: RegExp): Promise<void> => {
    const error = await rejected(check(credential));
    expect(error.message).to.match(message);
    expect(error.code).to.equal('InvalidSignature');
  };

  const takeRole = async (issuerId: bigint, account: Address): Promise<void> => {
    const [role, reason] = ['publisher', 'departure'] as const;
    await revokeRole(owner, { deployment, issuerId, role, account, reason });
  };

  describe('given a publisher with a key', () => {
    it('names the publisher', async () => {
      const { credential } = await makeIssuer();
      expect(await check(await sign(credential))).to.deep.equal({ publisher });
    });

    const changes: Readonly<Record<string, (credential: Credential) => Partial<Credential>>> = {
      'another position': () => ({ position: 3n }),
      'another expiry': ({ attestation }) => ({
        attestation: { ...attestation, expiresAt: 2n ** 39n },
      }),
      'another commitment': ({ attestation }) => ({
        attestation: { ...attestation, commitment: toField(6n, 'commitment') },
      }),
      'no signature': () => ({ signature: '0x' }),
      'another chain': () => ({ chainId: 1n }),
      'another registry': () => ({ registry: OTHER }),
    };
    for (const [what, change] of Object.entries(changes)) {
      it(`refuses ${what}`, async () => {
        const credential = await sign((await makeIssuer()).credential);
        expect(await check(credential)).to.deep.equal({ publisher });
        await expectInvalid({ ...credential, ...change(credential) }, /the credential is (not|of)/);
      });
    }

    it('refuses what is signed for another chain or registry, though it says so', async () => {
      const { credential } = await makeIssuer();
      expect(await check(await sign(credential))).to.deep.equal({ publisher });
      await expectInvalid(await sign({ ...credential, chainId: 1n }), /on chain 1, not of/);
      await expectInvalid(await sign({ ...credential, registry: OTHER }), /of the registry 0x0+AA/);
    });

    it('refuses a signature of somebody who publishes nothing', async () => {
      const { credential } = await makeIssuer();
      expect(await check(await sign(credential))).to.deep.equal({ publisher });
      await expectInvalid(
        await sign(credential, strangerKey),
        /not signed by a publisher of issuer/,
      );
    });

    it("refuses a publisher of another issuer's", async () => {
      const ours = await makeIssuer();
      const theirs = await makeIssuer(privateKeyToAccount(strangerKey).address);
      expect(await check(await sign(ours.credential))).to.deep.equal({ publisher });
      await expectInvalid(await sign(theirs.credential), /not signed by a publisher/);
    });

    it('refuses a publisher whose role was taken away', async () => {
      const { issuerId, credential } = await makeIssuer();
      const signed = await sign(credential);
      expect(await check(signed)).to.deep.equal({ publisher });
      await takeRole(issuerId, publisher);
      await expectInvalid(signed, /not signed by a publisher/);
    });

    it('refuses the twin with a high s', async () => {
      const credential = await sign((await makeIssuer()).credential);
      expect(await check(credential)).to.deep.equal({ publisher });
      const s = SECP256K1_ORDER - BigInt(slice(credential.signature, 32, 64));
      const v = numberToHex(55 - Number(slice(credential.signature, 64)), { size: 1 });
      const r = slice(credential.signature, 0, 32);
      const signature = concat([r, numberToHex(s, { size: 32 }), v]);
      await expectInvalid({ ...credential, signature }, /must have a low s/);
    });

    it('refuses a tree that is none', async () => {
      const { credential } = await makeIssuer();
      const error = await rejected(check(await sign({ ...credential, tree: 1_000n })));
      expect(error.message).to.match(/UnknownTree/);
    });
  });

  describe('given a publisher that is a contract', () => {
    const deployWallet = async (): Promise<Address> => {
      const { abi, bytecode } = wallet;
      const args = [privateKeyToAccount(strangerKey).address];
      const { account, chain } = owner;
      const hash = await deployContract(owner, { abi, bytecode, args, account, chain });
      return (await waitForReceipt(owner, hash)).contractAddress!;
    };

    it("finds it among those who were given the role, and takes its owner's signature only", async () => {
      const account = await deployWallet();
      const { credential } = await makeIssuer(account);
      const found = await check(await sign(credential, strangerKey));
      expect(found.publisher.toLowerCase()).to.equal(account.toLowerCase());
      await expectInvalid(await sign(credential, publisherKey), /not signed by a publisher/);
    });

    it('finds it with a node that lets few blocks through at once', async () => {
      const account = await deployWallet();
      const signed = await sign((await makeIssuer(account)).credential, strangerKey);
      const asked: bigint[] = [];
      const request = (question: { method: string; params?: unknown }): Promise<unknown> => {
        if (question.method === 'eth_getLogs') {
          const [{ fromBlock, toBlock }] = question.params as [{ fromBlock: Hex; toBlock?: Hex }];
          const width = toBlock === undefined ? 10_000n : BigInt(toBlock) - BigInt(fromBlock) + 1n;
          asked.push(width);
          if (width > 5n) throw new LimitExceededRpcError(new Error('too many blocks'));
        }
        return owner.request(question as never);
      };
      const node = { ...owner, request } as unknown as WriteClient;
      const found = await checkCredential(node, { deployment, credential: signed });
      expect(found).to.deep.equal(await check(signed));
      expect(asked.some((width) => width > 5n)).to.equal(true);
    });

    it('refuses it once its role was taken away', async () => {
      const account = await deployWallet();
      const { issuerId, credential } = await makeIssuer(account);
      const signed = await sign(credential, strangerKey);
      await check(signed);
      await takeRole(issuerId, account);
      await expectInvalid(signed, /not signed by a publisher/);
    });
  });
});
