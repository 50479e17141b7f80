/** IssuerRegistry: who may act for an issuer, and what an issuer says about its schemas. */
import { expect } from 'chai';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import {
  keccak256,
  parseEventLogs,
  stringToHex,
  zeroAddress,
  zeroHash,
  type Address,
  type Hex,
  type TransactionReceipt,
} from 'viem';
import { issuerRegistryAbi } from '../../src/chain/abis.ts';
import { GOVERNANCE_REASONS } from '../../src/chain/governance.ts';
import { hashText } from '../../src/protocol/hash.ts';
import { startAnvil, type Anvil } from '../support/anvil.ts';
import {
  BECAUSE,
  ROLE,
  by,
  expectRevert,
  makeWorld,
  testContracts,
  type World,
} from '../support/contracts.ts';

const DOCUMENT = '{"eligo":"schema/1"}';
/** The registry's events of a transaction, in order. */
const eventsOf = ({ logs }: TransactionReceipt): readonly [string, Record<string, unknown>][] =>
  parseEventLogs({ abi: issuerRegistryAbi, logs }).map(({ eventName, args }) => [eventName, args]);

const holds = (issuers: World['issuers'], role: keyof typeof ROLE, account: Address) => {
  const { isOwner, isPublisher, isGuardian } = issuers.read;
  return { owner: isOwner, publisher: isPublisher, guardian: isGuardian }[role]([1n, account]);
};

const simulate = (issuers: World['issuers'], act: 'grantRole' | 'revokeRole') =>
  act === 'grantRole' ? issuers.simulate.grantRole : issuers.simulate.revokeRole;

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
      await expectRevert(call, 'InvalidAccount', [zeroAddress]);
    });
  });

  describe('grantRole and revokeRole', () => {
    for (const role of ['publisher', 'guardian'] as const) {
      it(`give and take the role, saying why: ${role}`, async () => {
        const { issuers, cast } = await world();
        const args = [1n, ROLE[role], cast.holder, ...BECAUSE] as const;
        const said = { issuerId: 1n, role: ROLE[role], account: cast.holder, by: cast.owner };
        const why = { reason: BECAUSE[0], evidence: BECAUSE[1] };
        const granted = await anvil.mined(issuers.write.grantRole(args, by(cast.owner)));
        expect(eventsOf(granted)).to.deep.equal([['RoleGranted', { ...said, ...why }]]);
        expect(await holds(issuers, role, cast.holder)).to.equal(true);
        const revoked = await anvil.mined(issuers.write.revokeRole(args, by(cast.owner)));
        expect(eventsOf(revoked)).to.deep.equal([['RoleRevoked', { ...said, ...why }]]);
        expect(await holds(issuers, role, cast.holder)).to.equal(false);
      });
    }

    it('touch one role of an account and leave it the others', async () => {
      const { issuers, cast } = await world();
      const guarding = [1n, ROLE.guardian, cast.publisher, ...BECAUSE] as const;
      await anvil.mined(issuers.write.grantRole(guarding, by(cast.owner)));
      await anvil.mined(issuers.write.revokeRole(guarding, by(cast.owner)));
      expect(await holds(issuers, 'publisher', cast.publisher)).to.equal(true);
      expect(await holds(issuers, 'guardian', cast.publisher)).to.equal(false);
    });

    it('revert for what would change nothing: a mistyped address is no success', async () => {
      const { issuers, cast } = await world();
      const { publisher, holder, owner } = cast;
      const change = (act: 'grantRole' | 'revokeRole', account: Address) =>
        simulate(issuers, act)([1n, ROLE.publisher, account, ...BECAUSE], by(owner));
      await change('grantRole', holder);
      await expectRevert(change('grantRole', publisher), 'AlreadyHeld', [1n, 1, publisher]);
      await change('revokeRole', publisher);
      await expectRevert(change('revokeRole', holder), 'NotHeld', [1n, 1, holder]);
      await expectRevert(change('grantRole', zeroAddress), 'InvalidAccount', [zeroAddress]);
    });

    it('never give ownership, which is accepted', async () => {
      const { issuers, cast } = await world();
      const call = issuers.simulate.grantRole(
        [1n, ROLE.owner, cast.holder, ...BECAUSE],
        by(cast.owner),
      );
      await expectRevert(call, 'OwnerMustAccept', [1n, cast.holder]);
    });

    it('revert for a reason that is not in the list', async () => {
      const { issuers, cast } = await world();
      const appoint = (reason: number) =>
        issuers.simulate.grantRole([1n, 1, cast.holder, reason, zeroHash], by(cast.owner));
      await appoint(GOVERNANCE_REASONS.length - 1);
      const error: unknown = await appoint(GOVERNANCE_REASONS.length).catch((e: unknown) => e);
      expect(error).to.be.instanceOf(Error);
    });

    for (const act of ['grantRole', 'revokeRole'] as const) {
      for (const role of ['publisher', 'guardian'] as const) {
        for (const actor of ['publisher', 'guardian', 'stranger', 'listOwner'] as const) {
          it(`${act} of a ${role} reverts for the ${actor} (S32)`, async () => {
            const { issuers, cast } = await world();
            const account = act === 'grantRole' ? cast.holder : cast[role];
            const args = [1n, ROLE[role], account, ...BECAUSE] as const;
            await simulate(issuers, act)(args, by(cast.owner));
            const call = simulate(issuers, act)(args, by(cast[actor]));
            await expectRevert(call, 'NotOwner', [1n, cast[actor]]);
          });
        }
      }
    }

    it("revert for another issuer's owner (S32)", async () => {
      const { issuers, cast } = await world();
      await anvil.mined(issuers.write.registerIssuer([cast.stranger, ''], by(cast.stranger)));
      const appoint = (issuerId: bigint) =>
        issuers.simulate.grantRole([issuerId, 1, cast.holder, ...BECAUSE], by(cast.stranger));
      await appoint(2n);
      await expectRevert(appoint(1n), 'NotOwner', [1n, cast.stranger]);
    });

    it('revert for an issuer that does not exist, whoever asks (S32)', async () => {
      const { issuers, cast } = await world();
      for (const account of Object.values(cast)) {
        for (const issuerId of [0n, 2n]) {
          const args = [issuerId, ROLE.guardian, account, ...BECAUSE] as const;
          const call = issuers.simulate.grantRole(args, by(account));
          await expectRevert(call, 'NotOwner', [issuerId, account]);
        }
      }
    });
  });

  describe('renounceRole', () => {
    it('gives up what one has, and says so', async () => {
      const { issuers, cast } = await world();
      const call = issuers.write.renounceRole([1n, 1, ...BECAUSE], by(cast.publisher));
      const [account, evidence] = [cast.publisher, BECAUSE[1]];
      expect(eventsOf(await anvil.mined(call))).to.deep.equal([
        [
          'RoleRevoked',
          { issuerId: 1n, role: 1, account, by: account, reason: BECAUSE[0], evidence },
        ],
      ]);
      expect(await holds(issuers, 'publisher', cast.publisher)).to.equal(false);
    });

    it('reverts for a role of somebody else', async () => {
      const { issuers, cast } = await world();
      const renounce = (role: number) =>
        issuers.simulate.renounceRole([1n, role, ...BECAUSE], by(cast.guardian));
      await renounce(ROLE.guardian);
      for (const role of [ROLE.owner, ROLE.publisher]) {
        await expectRevert(renounce(role), 'NotHeld', [1n, role, cast.guardian]);
      }
    });
  });

  describe('rotateKey', () => {
    for (const role of ['publisher', 'guardian'] as const) {
      it(`puts one key in the place of another in one transaction: ${role}`, async () => {
        const { issuers, cast } = await world();
        const [from, to] = [cast[role], cast.holder];
        const args = [1n, ROLE[role], from, to, ...BECAUSE] as const;
        const receipt = await anvil.mined(issuers.write.rotateKey(args, by(cast.owner)));
        const rest = { by: cast.owner, reason: BECAUSE[0], evidence: BECAUSE[1] };
        expect(eventsOf(receipt)).to.deep.equal([
          ['RoleGranted', { issuerId: 1n, role: ROLE[role], account: to, ...rest }],
          ['RoleRevoked', { issuerId: 1n, role: ROLE[role], account: from, ...rest }],
        ]);
        expect(await holds(issuers, role, from)).to.equal(false);
        expect(await holds(issuers, role, to)).to.equal(true);
      });
    }

    it('reverts for a key that has no role, one that has it already, the same one, and 0', async () => {
      const { issuers, cast } = await world();
      const { owner, publisher, holder, stranger } = cast;
      const rotate = (from: Address, to: Address) =>
        issuers.simulate.rotateKey([1n, ROLE.publisher, from, to, ...BECAUSE], by(owner));
      await rotate(publisher, holder);
      await expectRevert(rotate(stranger, holder), 'NotHeld', [1n, 1, stranger]);
      await expectRevert(rotate(stranger, stranger), 'NotHeld', [1n, 1, stranger]);
      await expectRevert(rotate(publisher, publisher), 'AlreadyHeld', [1n, 1, publisher]);
      await expectRevert(rotate(publisher, zeroAddress), 'InvalidAccount', [zeroAddress]);
    });

    it('reverts for ownership', async () => {
      const { issuers, cast } = await world();
      const { owner, holder } = cast;
      const rotate = (role: number, from: Address) =>
        issuers.simulate.rotateKey([1n, role, from, holder, ...BECAUSE], by(owner));
      await rotate(ROLE.guardian, cast.guardian);
      await expectRevert(rotate(ROLE.owner, owner), 'OwnerMustAccept', [1n, holder]);
    });

    for (const actor of ['publisher', 'guardian', 'stranger'] as const) {
      it(`reverts for the ${actor}, who may be the thief (S32)`, async () => {
        const { issuers, cast } = await world();
        const args = [1n, ROLE.publisher, cast.publisher, cast.holder, ...BECAUSE] as const;
        await issuers.simulate.rotateKey(args, by(cast.owner));
        const call = issuers.simulate.rotateKey(args, by(cast[actor]));
        await expectRevert(call, 'NotOwner', [1n, cast[actor]]);
      });
    }
  });

  describe('ownership', () => {
    const offer = (
      { issuers, cast }: World,
      account: Address,
      { replaces = false, from = cast.owner } = {},
    ) => anvil.mined(issuers.write.offerOwnership([1n, account, replaces, ...BECAUSE], by(from)));
    const accept = ({ issuers }: World, account: Address) =>
      anvil.mined(issuers.write.acceptOwnership([1n], by(account)));
    const tryAccept = ({ issuers }: World, account: Address) =>
      issuers.simulate.acceptOwnership([1n], by(account));
    const why = { reason: BECAUSE[0], evidence: BECAUSE[1] };

    it('is shared by an offer and its acceptance, each an event', async () => {
      const made = await world();
      const { issuers, cast } = made;
      const { owner, holder } = cast;
      const issuerId = 1n;
      expect(eventsOf(await offer(made, holder))).to.deep.equal([
        ['OwnershipOffered', { issuerId, account: holder, by: owner, replaces: false, ...why }],
      ]);
      expect(await holds(issuers, 'owner', holder)).to.equal(false);
      expect(eventsOf(await accept(made, holder))).to.deep.equal([
        ['OwnershipAccepted', { issuerId, account: holder, from: owner }],
        ['RoleGranted', { issuerId, role: ROLE.owner, account: holder, by: owner, ...why }],
      ]);
      expect(await holds(issuers, 'owner', owner)).to.equal(true);
      expect(await issuers.read.ownerCount([1n])).to.equal(2n);
    });

    it('is handed over by an offer that replaces who made it', async () => {
      const made = await world();
      const { issuers, cast } = made;
      const { owner, holder } = cast;
      await offer(made, holder, { replaces: true });
      expect(await holds(issuers, 'owner', owner)).to.equal(true);
      const accepted = eventsOf(await accept(made, holder));
      expect(accepted.map(([name]) => name)).to.deep.equal([
        'OwnershipAccepted',
        'RoleGranted',
        'RoleRevoked',
      ]);
      expect(accepted[2]![1]).to.deep.include({ account: owner, by: owner, role: ROLE.owner });
      expect(await holds(issuers, 'owner', owner)).to.equal(false);
      expect(await holds(issuers, 'owner', holder)).to.equal(true);
      expect(await issuers.read.ownerCount([1n])).to.equal(1n);
    });

    it('offered to a wrong address changes nothing, and is offered again', async () => {
      const made = await world();
      const { issuers, cast } = made;
      const nobody = '0x000000000000000000000000000000000000dEaD';
      await offer(made, nobody, { replaces: true });
      const appointment = [1n, ROLE.guardian, cast.holder, ...BECAUSE] as const;
      await anvil.mined(issuers.write.grantRole(appointment, by(cast.owner)));
      await offer(made, cast.holder, { replaces: true });
      await expectRevert(tryAccept(made, nobody), 'NotOffered', [1n, nobody]);
      await accept(made, cast.holder);
      expect(await holds(issuers, 'owner', cast.holder)).to.equal(true);
    });

    it('is accepted by whom it was offered to, once (S32)', async () => {
      const made = await world();
      const { cast } = made;
      await expectRevert(tryAccept(made, cast.holder), 'NotOffered', [1n, cast.holder]);
      await offer(made, cast.holder);
      const others = [cast.owner, cast.publisher, cast.guardian, cast.stranger];
      for (const account of others) {
        await expectRevert(tryAccept(made, account), 'NotOffered', [1n, account]);
      }
      await accept(made, cast.holder);
      await expectRevert(tryAccept(made, cast.holder), 'NotOffered', [1n, cast.holder]);
    });

    it('is withdrawn by an offer to nobody', async () => {
      const made = await world();
      const { issuers, cast } = made;
      await offer(made, cast.holder);
      await tryAccept(made, cast.holder);
      const [[name, args] = []] = eventsOf(await offer(made, zeroAddress));
      expect([name, args!['account']]).to.deep.equal(['OwnershipOffered', zeroAddress]);
      await expectRevert(tryAccept(made, cast.holder), 'NotOffered', [1n, cast.holder]);
      expect((await issuers.read.getOffer([1n])).by).to.equal(zeroAddress);
    });

    it('that an owner offered who is none any more cannot be accepted: no thief outlives the key', async () => {
      const made = await world();
      const { issuers, cast } = made;
      const { owner, holder: thief, stranger: friend } = cast;
      await offer(made, thief);
      await accept(made, thief);
      await offer(made, friend, { from: thief });
      await tryAccept(made, friend);
      const dismissal = [1n, ROLE.owner, thief, ...BECAUSE] as const;
      const receipt = await anvil.mined(issuers.write.revokeRole(dismissal, by(owner)));
      expect(eventsOf(receipt).map(([name]) => name)).to.deep.equal([
        'RoleRevoked',
        'OwnershipOffered',
      ]);
      await expectRevert(tryAccept(made, friend), 'NotOffered', [1n, friend]);
    });

    it('that another owner offered stands when an owner goes', async () => {
      const made = await world();
      const { issuers, cast } = made;
      await offer(made, cast.holder);
      await accept(made, cast.holder);
      await offer(made, cast.stranger);
      const leaving = [1n, ROLE.owner, ...BECAUSE] as const;
      await anvil.mined(issuers.write.renounceRole(leaving, by(cast.holder)));
      await accept(made, cast.stranger);
      expect(await issuers.read.ownerCount([1n])).to.equal(2n);
    });

    it('of the last owner can be neither renounced nor revoked', async () => {
      const made = await world();
      const { issuers, cast } = made;
      const { owner, holder } = cast;
      const renounce = () => issuers.simulate.renounceRole([1n, 0, ...BECAUSE], by(owner));
      const revoke = () => issuers.simulate.revokeRole([1n, 0, owner, ...BECAUSE], by(owner));
      for (const lose of [renounce, revoke]) {
        await expectRevert(lose(), 'LastOwner', [1n, owner]);
      }
      await offer(made, holder);
      for (const lose of [renounce, revoke]) await expectRevert(lose(), 'LastOwner', [1n, owner]);
      await accept(made, holder);
      for (const lose of [renounce, revoke]) await lose();
      await anvil.mined(issuers.write.renounceRole([1n, 0, ...BECAUSE], by(owner)));
      const last = issuers.simulate.renounceRole([1n, 0, ...BECAUSE], by(holder));
      await expectRevert(last, 'LastOwner', [1n, holder]);
    });

    it('cannot be offered to who has it', async () => {
      const { issuers, cast } = await world();
      const { owner, holder } = cast;
      const offerTo = (account: Address) =>
        issuers.simulate.offerOwnership([1n, account, true, ...BECAUSE], by(owner));
      await offerTo(holder);
      await expectRevert(offerTo(owner), 'AlreadyHeld', [1n, ROLE.owner, owner]);
    });

    for (const actor of ['publisher', 'guardian', 'stranger'] as const) {
      it(`cannot be offered by the ${actor} (S32)`, async () => {
        const { issuers, cast } = await world();
        const args = [1n, cast.holder, true, ...BECAUSE] as const;
        await issuers.simulate.offerOwnership(args, by(cast.owner));
        const call = issuers.simulate.offerOwnership(args, by(cast[actor]));
        await expectRevert(call, 'NotOwner', [1n, cast[actor]]);
      });
    }
  });

  describe('reasons', () => {
    it('are the same in the library, in their order', async () => {
      const file = resolve(import.meta.dirname, '../../contracts/interfaces/Reason.sol');
      const source = await readFile(file, 'utf8');
      const names = /enum Reason \{([^}]*)\}/.exec(source)![1]!.match(/\w+/g)!;
      const rows = [...source.matchAll(/^\/\/\/ \| (\d+) \| (\w+) \|/gm)];
      expect(rows.map(([, number, name]) => [Number(number), name])).to.deep.equal([
        ...names.entries(),
      ]);
      const kebab = names.map((name) =>
        name.replaceAll(/(?<=.)[A-Z]/g, (letter) => `-${letter}`).toLowerCase(),
      );
      expect(kebab).to.deep.equal(GOVERNANCE_REASONS);
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
        await expectRevert(call, 'NotOwner', [1n, cast[actor]]);
      });
    }
  });
});
