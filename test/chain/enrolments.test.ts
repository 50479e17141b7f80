import { expect } from 'chai';
import { waitForReceipt } from '../../src/chain/transactions.ts';
import {
  concat,
  encodeDeployData,
  encodeFunctionData,
  getContractAddress,
  numberToHex,
  serializeErc6492Signature,
  slice,
  zeroHash,
  type Address,
  type Hex,
} from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { deployContract, getCode } from 'viem/actions';
import { connect, type WriteClient } from '../../src/chain/client.ts';
import { checkEnrolment, signEnrolment } from '../../src/chain/enrolments.ts';
import { LOCAL_KEYS } from '../../src/chain/localChain.ts';
import { SECP256K1_ORDER } from '../../src/protocol/ecdsa.ts';
import {
  createInvitation,
  enrolmentTypedData,
  type Enrolment,
  type Invitation,
} from '../../src/protocol/enrolment.ts';
import { toField } from '../../src/protocol/field.ts';
import { defineSchema } from '../../src/protocol/schema.ts';
import { startAnvil, type Anvil } from '../support/anvil.ts';
import { readArtifact, testContracts } from '../support/contracts.ts';
import { rejected, schemaDocument } from '../support/world.ts';

const REGISTRY = '0x5FbDB2315678afecb367f032d93F642f64180aa3';
const OTHER = '0x00000000000000000000000000000000000000AA';
const DEADLINE = 1_767_225_600n;

const folder = await testContracts();
const artifacts = {
  owned: await readArtifact(folder, 'OwnedWallet'),
  reverting: await readArtifact(folder, 'RevertingWallet'),
  factory: await readArtifact(folder, 'WalletFactory'),
};

describe('chain/enrolments', () => {
  const schema = defineSchema(schemaDocument());
  const commitment = toField(5n, 'commitment');
  const [ownerKey, strangerKey] = [LOCAL_KEYS[0]!, LOCAL_KEYS[1]!];
  const owner = privateKeyToAccount(ownerKey);
  let anvil: Anvil;
  let client: WriteClient;

  before(async () => {
    anvil = await startAnvil();
    client = await connect({ url: anvil.url, privateKey: ownerKey });
  });

  after(() => anvil.stop());

  const invite = (account: Address = owner.address): Invitation =>
    createInvitation({
      chainId: 31_337n,
      registry: REGISTRY,
      issuerId: 1n,
      schema,
      account,
      deadline: DEADLINE,
    });

  /** An enrolment of any account, signed by the owner's key; contract accounts are asked through their owner. */
  const signAs = async (invitation: Invitation, key: Hex = ownerKey): Promise<Enrolment> => {
    const { schema: invited, ...binding } = invitation;
    const typedData = enrolmentTypedData({ ...binding, commitment });
    const signature = await privateKeyToAccount(key).signTypedData(typedData);
    return { ...binding, schemaId: invited.id, commitment, signature };
  };

  const check = (invitation: Invitation, enrolment: Enrolment, now = DEADLINE): Promise<void> =>
    checkEnrolment(client, { invitation, enrolment, now });

  const deploy = async (
    { abi, bytecode }: typeof artifacts.owned,
    args: readonly unknown[] = [],
  ): Promise<Address> => {
    const { account, chain } = client;
    const hash = await deployContract(client, { abi, bytecode, args, account, chain });
    return (await waitForReceipt(client, hash)).contractAddress!;
  };

  const expectInvalid = async (work: Promise<void>, message: RegExp): Promise<void> => {
    const error = await rejected(work);
    expect(error.message).to.match(message);
    expect(error.code).to.equal('InvalidSignature');
  };

  describe('given an account with a key', () => {
    it('takes what signEnrolment signed', async () => {
      const invitation = invite();
      const enrolment = await signEnrolment(client, { invitation, commitment });
      expect(enrolment).to.deep.equal(await signAs(invitation));
      await check(invitation, enrolment);
    });

    it('asks the chain nothing', async () => {
      const invitation = invite();
      const deaf = { ...client, request: () => Promise.reject(new Error('asked')) } as WriteClient;
      const enrolment = await signAs(invitation);
      await checkEnrolment(deaf, { invitation, enrolment, now: DEADLINE });
    });

    const changes = {
      chainId: 1n,
      registry: OTHER,
      issuerId: 2n,
      schemaId: toField(9n, 'schemaId'),
      account: privateKeyToAccount(strangerKey).address,
      nonce: 7n,
      deadline: DEADLINE + 1n,
    } as const;

    for (const [field, value] of Object.entries(changes)) {
      it(`refuses an enrolment that says another ${field} than the invitation`, async () => {
        const invitation = invite();
        const enrolment = await signAs(invitation);
        await check(invitation, enrolment);
        await expectInvalid(
          check(invitation, { ...enrolment, [field]: value }),
          new RegExp(`the enrolment is for ${field} `),
        );
      });

      it(`refuses an enrolment that was signed for another ${field}`, async () => {
        const invitation = invite();
        const enrolment = await signAs(invitation);
        await check(invitation, enrolment);
        const typedData = enrolmentTypedData({ ...invitation, [field]: value, commitment });
        const signature = await owner.signTypedData(typedData);
        await expectInvalid(check(invitation, { ...enrolment, signature }), /is not signed by/);
      });
    }

    it('refuses another commitment', async () => {
      const invitation = invite();
      const enrolment = await signAs(invitation);
      await check(invitation, enrolment);
      const other = { ...enrolment, commitment: toField(6n, 'commitment') };
      await expectInvalid(check(invitation, other), /is not signed by/);
    });

    it('refuses the signature of somebody else', async () => {
      const invitation = invite();
      await check(invitation, await signAs(invitation));
      await expectInvalid(
        check(invitation, await signAs(invitation, strangerKey)),
        /^the enrolment is not signed by its account$/,
      );
    });

    it('refuses the twin with a high s, v as 0 or 1, and bytes behind', async () => {
      const invitation = invite();
      const enrolment = await signAs(invitation);
      await check(invitation, enrolment);
      const [r, s, v] = [
        slice(enrolment.signature, 0, 32),
        BigInt(slice(enrolment.signature, 32, 64)),
        Number(slice(enrolment.signature, 64)),
      ];
      const join = (otherS: bigint, otherV: number): Hex =>
        concat([r, numberToHex(otherS, { size: 32 }), numberToHex(otherV, { size: 1 })]);
      expect(join(s, v)).to.equal(enrolment.signature);
      for (const [signature, message] of [
        [join(SECP256K1_ORDER - s, 55 - v), /must have a low s/],
        [join(s, v - 27), /27 or 28/],
        [concat([enrolment.signature, '0x00']), /not signed by/],
        [slice(enrolment.signature, 0, 64), /not signed by/],
        [zeroHash, /not signed by/],
      ] as const) {
        await expectInvalid(check(invitation, { ...enrolment, signature }), message);
      }
    });

    it('refuses the zero address, for which the EVM takes any 65 bytes', async () => {
      const invitation = invite();
      await check(invitation, await signAs(invitation));
      const nobody = { ...invitation, account: `0x${'00'.repeat(20)}` } as const;
      const signature = `0x${'00'.repeat(64)}1b` as const;
      const enrolment = { ...(await signAs(nobody)), signature };
      await expectInvalid(check(nobody, enrolment), /not signed by/);
    });
  });

  describe('given the deadline', () => {
    it('counts the deadline itself, and not the second after', async () => {
      const invitation = invite();
      const enrolment = await signAs(invitation);
      await check(invitation, enrolment, DEADLINE);
      await check(invitation, enrolment, 0n);
      const error = await rejected(check(invitation, enrolment, DEADLINE + 1n));
      expect(error.code).to.equal('EnrolmentExpired');
      expect(error.data).to.deep.equal({ deadline: DEADLINE, now: DEADLINE + 1n });
    });
  });

  describe('given a contract account (ERC-1271)', () => {
    it("takes its owner's signature, and refuses anybody else's", async () => {
      const wallet = await deploy(artifacts.owned, [owner.address]);
      const invitation = invite(wallet);
      await check(invitation, await signAs(invitation));
      await expectInvalid(
        check(invitation, await signAs(invitation, strangerKey)),
        /not signed by/,
      );
    });

    it('refuses another commitment', async () => {
      const wallet = await deploy(artifacts.owned, [owner.address]);
      const invitation = invite(wallet);
      const enrolment = await signAs(invitation);
      await check(invitation, enrolment);
      const other = { ...enrolment, commitment: toField(6n, 'commitment') };
      await expectInvalid(check(invitation, other), /is not signed by/);
    });

    it('refuses where the contract reverts', async () => {
      const wallet = await deploy(artifacts.reverting);
      const invitation = invite(wallet);
      await expectInvalid(check(invitation, await signAs(invitation)), /not signed by/);
    });
  });

  describe('given a contract account that is not deployed (ERC-6492)', () => {
    const counterfactual = async (ownedBy: Address) => {
      const factory = await deploy(artifacts.factory);
      const args = [ownedBy, zeroHash] as const;
      const bytecode = encodeDeployData({
        abi: artifacts.owned.abi,
        bytecode: artifacts.owned.bytecode,
        args: [ownedBy],
      });
      const account = getContractAddress({
        from: factory,
        bytecode,
        salt: zeroHash,
        opcode: 'CREATE2',
      });
      const data = encodeFunctionData({ abi: artifacts.factory.abi, functionName: 'deploy', args });
      const wrap = (signature: Hex): Hex =>
        serializeErc6492Signature({ address: factory, data, signature });
      return { account, wrap };
    };

    it("takes its future owner's signature, and deploys nothing", async () => {
      const { account, wrap } = await counterfactual(owner.address);
      const invitation = invite(account);
      const enrolment = await signAs(invitation);
      await check(invitation, { ...enrolment, signature: wrap(enrolment.signature) });
      expect(await getCode(client, { address: account })).to.equal(undefined);
    });

    it("refuses the signature without the wrapping, and anybody else's within it", async () => {
      const { account, wrap } = await counterfactual(owner.address);
      const invitation = invite(account);
      const enrolment = await signAs(invitation);
      await check(invitation, { ...enrolment, signature: wrap(enrolment.signature) });
      await expectInvalid(check(invitation, enrolment), /not signed by/);
      const { signature } = await signAs(invitation, strangerKey);
      await expectInvalid(
        check(invitation, { ...enrolment, signature: wrap(signature) }),
        /not signed/,
      );
    });

    it('refuses a wrapping that deploys the wallet of another address', async () => {
      const { account, wrap } = await counterfactual(owner.address);
      const other = await counterfactual(privateKeyToAccount(strangerKey).address);
      const invitation = invite(account);
      const enrolment = await signAs(invitation);
      await check(invitation, { ...enrolment, signature: wrap(enrolment.signature) });
      const signature = other.wrap(enrolment.signature);
      await expectInvalid(check(invitation, { ...enrolment, signature }), /not signed by/);
    });
  });

  describe('given a chain that is not the one', () => {
    it('says so if the node does not answer, and gives no verdict', async () => {
      const wallet = await deploy(artifacts.owned, [owner.address]);
      const invitation = invite(wallet);
      const enrolment = await signAs(invitation);
      await check(invitation, enrolment);
      const gone = await startAnvil();
      const late = await connect({ url: gone.url });
      await gone.stop();
      const error = await rejected(checkEnrolment(late, { invitation, enrolment, now: DEADLINE }));
      expect(error.code).to.equal('ChainUnavailable');
    });

    it('refuses to ask a client of another chain, or to sign for one', async () => {
      const invitation = invite();
      const elsewhere = { ...client, chain: { ...client.chain, id: 1 } } as WriteClient;
      const enrolment = await signEnrolment(client, { invitation, commitment });
      for (const work of [
        checkEnrolment(elsewhere, { invitation, enrolment, now: DEADLINE }),
        signEnrolment(elsewhere, { invitation, commitment }),
      ]) {
        const error = await rejected(work);
        expect(error.code).to.equal('InvalidInput');
        expect(error.data['field']).to.equal('invitation.chainId');
      }
    });

    it('refuses to sign for an account that is not the client', async () => {
      const error = await rejected(
        signEnrolment(client, { invitation: invite(OTHER), commitment }),
      );
      expect(error.data['field']).to.equal('invitation.account');
    });
  });
});
