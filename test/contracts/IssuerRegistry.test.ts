/** IssuerRegistry: who may act for an issuer, and what an issuer says about its schemas. */
import { expect } from 'chai';
import {
  hexToString,
  keccak256,
  parseEventLogs,
  slice,
  stringToHex,
  trim,
  zeroAddress,
  type Hex,
} from 'viem';
import { issuerRegistryAbi } from '../../src/chain/abis.ts';
import { hashText } from '../../src/protocol/hash.ts';
import { startAnvil, type Anvil } from '../support/anvil.ts';
import { by, expectRevert, makeWorld, testContracts, type World } from '../support/contracts.ts';

const DOCUMENT = '{"eligo":"schema/1"}';
const hashOf = (text: string): Hex => keccak256(stringToHex(text));

describe('IssuerRegistry', () => {
  let anvil: Anvil;
  before(async () => {
    anvil = await startAnvil();
  });
  after(() => anvil.stop());

  const world = async (): Promise<World> => makeWorld(anvil, await testContracts());

  describe('registerIssuer', () => {
    it('counts issuers from 1 and gives the owner role to the named account', async () => {
      const { issuers, cast } = await world();
      const { logs } = await anvil.mined(
        issuers.write.registerIssuer([cast.holder, 'ipfs://me'], by(cast.stranger)),
      );
      const [event] = parseEventLogs({
        abi: issuerRegistryAbi,
        logs,
        eventName: 'IssuerRegistered',
      });
      expect(event!.args).to.deep.equal({ issuerId: 2n, owner: cast.holder, uri: 'ipfs://me' });
      expect(await issuers.read.issuerCount()).to.equal(2n);
      expect(await issuers.read.isOwner([2n, cast.holder])).to.equal(true);
      expect(await issuers.read.isOwner([2n, cast.stranger])).to.equal(false);
    });

    it('reverts for no owner', async () => {
      const { issuers, cast } = await world();
      await issuers.simulate.registerIssuer([cast.owner, ''], by(cast.owner));
      const call = issuers.simulate.registerIssuer([zeroAddress, ''], by(cast.owner));
      await expectRevert(call, 'InvalidOwner', [zeroAddress]);
    });
  });

  describe('roles', () => {
    it('are named for people: the role, then the issuer', async () => {
      const { issuers } = await world();
      for (const [role, name] of [
        [await issuers.read.ownerRole([258n]), 'eligo/owner'],
        [await issuers.read.publisherRole([258n]), 'eligo/publisher'],
        [await issuers.read.guardianRole([258n]), 'eligo/guardian'],
      ] as const) {
        expect(hexToString(trim(slice(role, 0, 24), { dir: 'right' }))).to.equal(name);
        expect(BigInt(slice(role, 24))).to.equal(258n);
      }
    });

    it('are handed out and taken back by an owner, the owner role included', async () => {
      const { issuers, cast } = await world();
      const [owner, publisher] = [
        await issuers.read.ownerRole([1n]),
        await issuers.read.publisherRole([1n]),
      ];
      await anvil.mined(issuers.write.grantRole([owner, cast.holder], by(cast.owner)));
      await anvil.mined(issuers.write.revokeRole([owner, cast.owner], by(cast.holder)));
      await anvil.mined(issuers.write.revokeRole([publisher, cast.publisher], by(cast.holder)));
      expect(await issuers.read.isOwner([1n, cast.owner])).to.equal(false);
      expect(await issuers.read.isPublisher([1n, cast.publisher])).to.equal(false);
    });

    for (const [i, role] of ['owner', 'publisher', 'guardian'].entries()) {
      for (const actor of ['publisher', 'guardian', 'stranger', 'listOwner'] as const) {
        it(`cannot be handed out by others: ${role} by the ${actor} (S32)`, async () => {
          const { issuers, cast } = await world();
          const { ownerRole, publisherRole, guardianRole } = issuers.read;
          const owner = await ownerRole([1n]);
          const id = [owner, await publisherRole([1n]), await guardianRole([1n])][i]!;
          await issuers.simulate.grantRole([id, cast.holder], by(cast.owner));
          const call = issuers.simulate.grantRole([id, cast.holder], by(cast[actor]));
          await expectRevert(call, 'AccessControlUnauthorizedAccount', [cast[actor], owner]);
        });
      }
    }

    it("cannot be handed out by another issuer's owner (S32)", async () => {
      const { issuers, cast } = await world();
      await anvil.mined(issuers.write.registerIssuer([cast.holder, ''], by(cast.holder)));
      const role = await issuers.read.publisherRole([1n]);
      const owner = await issuers.read.ownerRole([1n]);
      const call = issuers.simulate.grantRole([role, cast.holder], by(cast.holder));
      await expectRevert(call, 'AccessControlUnauthorizedAccount', [cast.holder, owner]);
    });

    it('of an issuer that does not exist belong to nobody (S32)', async () => {
      const { issuers, cast } = await world();
      const role = await issuers.read.ownerRole([2n]);
      const admin = await issuers.read.DEFAULT_ADMIN_ROLE();
      for (const account of Object.values(cast)) {
        expect(await issuers.read.hasRole([admin, account])).to.equal(false);
        const call = issuers.simulate.grantRole([role, account], by(account));
        await expectRevert(call, 'AccessControlUnauthorizedAccount', [account, admin]);
      }
    });
  });

  describe('anchorSchema', () => {
    it("records the schema under the id of the document's hash", async () => {
      const { issuers, cast } = await world();
      const call = issuers.write.anchorSchema(
        [1n, hashOf(DOCUMENT), 0n, 'ipfs://s'],
        by(cast.owner),
      );
      const { logs } = await anvil.mined(call);
      const schemaId = hashText(DOCUMENT) as bigint;
      const [event] = parseEventLogs({ abi: issuerRegistryAbi, logs, eventName: 'SchemaAnchored' });
      expect(event!.args).to.deep.equal({
        issuerId: 1n,
        schemaId,
        supersedes: 0n,
        documentHash: hashOf(DOCUMENT),
        uri: 'ipfs://s',
      });
      const record = await issuers.read.getSchema([1n, schemaId]);
      expect(record).to.deep.equal({
        anchoredAt: Number(await anvil.now()),
        supersedes: 0n,
        supersededBy: 0n,
      });
      expect((await issuers.read.getSchema([2n, schemaId])).anchoredAt).to.equal(0);
    });

    it('links a schema to the one it supersedes, both ways', async () => {
      const { issuers, cast } = await world();
      const [older, newer] = [hashText('1') as bigint, hashText('2') as bigint];
      await anvil.mined(issuers.write.anchorSchema([1n, hashOf('1'), 0n, ''], by(cast.owner)));
      await anvil.mined(issuers.write.anchorSchema([1n, hashOf('2'), older, ''], by(cast.owner)));
      expect((await issuers.read.getSchema([1n, older])).supersededBy).to.equal(newer);
      expect((await issuers.read.getSchema([1n, newer])).supersedes).to.equal(older);
    });

    it('reverts for a schema that the issuer anchored before', async () => {
      const { issuers, cast } = await world();
      const call = () => issuers.simulate.anchorSchema([1n, hashOf('1'), 0n, ''], by(cast.owner));
      await call();
      await anvil.mined(issuers.write.anchorSchema([1n, hashOf('1'), 0n, ''], by(cast.owner)));
      await expectRevert(call(), 'SchemaAlreadyAnchored', [1n, hashText('1')]);
    });

    it('reverts where it supersedes what the issuer did not anchor, itself included', async () => {
      const { issuers, cast } = await world();
      await issuers.simulate.anchorSchema([1n, hashOf('2'), 0n, ''], by(cast.owner));
      for (const supersedes of [hashText('1') as bigint, hashText('2') as bigint]) {
        const call = issuers.simulate.anchorSchema(
          [1n, hashOf('2'), supersedes, ''],
          by(cast.owner),
        );
        await expectRevert(call, 'UnknownSchema', [1n, supersedes]);
      }
    });

    it('reverts where it supersedes what is superseded', async () => {
      const { issuers, cast } = await world();
      const [first, second] = [hashText('1') as bigint, hashText('2') as bigint];
      await anvil.mined(issuers.write.anchorSchema([1n, hashOf('1'), 0n, ''], by(cast.owner)));
      await issuers.simulate.anchorSchema([1n, hashOf('3'), first, ''], by(cast.owner));
      await anvil.mined(issuers.write.anchorSchema([1n, hashOf('2'), first, ''], by(cast.owner)));
      const call = issuers.simulate.anchorSchema([1n, hashOf('3'), first, ''], by(cast.owner));
      await expectRevert(call, 'SchemaSuperseded', [1n, first, second]);
    });

    for (const actor of ['publisher', 'guardian', 'stranger'] as const) {
      it(`reverts for the ${actor} (S32)`, async () => {
        const { issuers, cast } = await world();
        await issuers.simulate.anchorSchema([1n, hashOf('1'), 0n, ''], by(cast.owner));
        const call = issuers.simulate.anchorSchema([1n, hashOf('1'), 0n, ''], by(cast[actor]));
        const role = await issuers.read.ownerRole([1n]);
        await expectRevert(call, 'AccessControlUnauthorizedAccount', [cast[actor], role]);
      });
    }
  });
});
