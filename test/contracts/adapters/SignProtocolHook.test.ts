/**
 * SignProtocolHook, called as Sign Protocol calls it: last, with the attester on record, one extra data for a batch.
 */
import { expect } from 'chai';
import { parseAbi, parseEventLogs, zeroAddress, type Address, type Hex } from 'viem';
import { signProtocolHookAbi } from '../../../src/chain/abis.ts';
import { signProtocolAction } from '../../../src/chain/adapters.ts';
import { refusesBadClaims } from '../../support/adapterCases.ts';
import {
  CLAIM_BYTES,
  adapterChain,
  contextOf,
  freeze,
  toBytes,
  type Said,
} from '../../support/adapters.ts';
import { by, expectRevert, handle } from '../../support/contracts.ts';

const TOKEN: Address = '0x00000000000000000000000000000000000000A1';
const GARBAGE: Hex = `0x${'f7'.repeat(777)}`;

const HOST_ABI = parseAbi([
  'struct Schema { address registrant; bool revocable; uint8 dataLocation; uint64 maxValidFor; address hook; uint64 timestamp; string data; }',
  'function register(Schema schema, bytes delegateSignature) returns (uint64)',
  'function schemaCounter() view returns (uint64)',
  'function attestationCounter() view returns (uint64)',
  'function records(uint64 id) view returns (uint64 schemaId, address attester, bool revoked)',
  'function attest(uint64 schemaId, uint256 fee, bytes extraData) payable',
  'function attestFor(address attester, uint64 schemaId, bytes extraData)',
  'function attestWithToken(uint64 schemaId, address token, uint256 amount, bytes extraData)',
  'function attestBatch(uint64[] schemaIds, bytes extraData)',
  'function revoke(uint64 id, uint256 fee, bytes extraData) payable',
  'function revokeWithToken(uint64 id, address token, uint256 amount, bytes extraData)',
  'function revokeWithGas(uint64 id, uint256 gasLimit, bytes extraData)',
]);

const EXAMPLE_ABI = parseAbi([
  'function HOOK() view returns (address)',
  'function SCHEMA_ID() view returns (uint64)',
]);

describe('SignProtocolHook', () => {
  const chain = adapterChain();

  /** The example of contracts/examples, on a host; and a claim by which the holder attests under its schema. */
  async function open() {
    const world = await chain.world();
    const hostAt = await world.put('SignProtocolHost');
    const exampleAt = await world.put('MemberStatements', [
      hostAt,
      world.roots.address,
      ...world.rule,
    ]);
    const example = handle(chain.anvil, exampleAt, EXAMPLE_ABI);
    const [hook, host] = [
      handle(chain.anvil, await example.read.HOOK(), signProtocolHookAbi),
      handle(chain.anvil, hostAt, HOST_ABI),
    ];
    const schemaId = await example.read.SCHEMA_ID();
    const { holder } = world.cast;
    const claim = (said: Said = {}, attester = holder, schema = schemaId) =>
      world.claimFor(hook.address, signProtocolAction({ schemaId: schema, attester }), said);
    const ask = (bytes: Hex, attester = holder, schema = schemaId) =>
      host.simulate.attest([schema, 0n, bytes], by(attester));
    const go = async (bytes: Hex) =>
      chain.anvil.mined(host.write.attest([schemaId, 0n, bytes], by(holder)));
    return { world, hook, host, schemaId, claim, ask, go };
  }

  /** A schema of somebody's own that names the hook. */
  async function otherSchema({ host, hook, world }: Awaited<ReturnType<typeof open>>) {
    const registrant = world.cast.stranger;
    const schema = {
      registrant,
      revocable: true,
      dataLocation: 0,
      maxValidFor: 0n,
      hook: hook.address,
      timestamp: 0n,
      data: '',
    };
    const schemaId = await host.read.schemaCounter();
    await chain.anvil.mined(host.write.register([schema, '0x'], by(registrant)));
    return schemaId;
  }

  describe('given a claim for attester and schema', () => {
    it('lets the attestation in, spends the nullifier and says which it was', async () => {
      const { hook, go, claim, schemaId, world } = await open();
      const { logs } = await go(toBytes(claim()));
      const [event] = parseEventLogs({
        abi: signProtocolHookAbi,
        logs,
        eventName: 'AttestationAdmitted',
      });
      const attester = world.cast.holder;
      expect(event!.args).to.deep.equal({ schemaId, attestationId: 1n, attester, nullifier: 77n });
      expect(await hook.read.isSpent([77n])).to.equal(true);
    });

    it('takes it for an attester who signed, whoever sends it', async () => {
      const { host, claim, schemaId, world } = await open();
      const args = [world.cast.holder, schemaId, toBytes(claim())] as const;
      await chain.anvil.mined(host.write.attestFor(args, by(world.cast.relayer)));
      expect((await host.read.records([1n]))[1]).to.equal(world.cast.holder);
    });

    it('takes it where a token is named and no fee offered', async () => {
      const { host, hook, claim, schemaId, world } = await open();
      const args = [schemaId, TOKEN, 0n, toBytes(claim())] as const;
      await chain.anvil.mined(host.write.attestWithToken(args, by(world.cast.holder)));
      expect(await hook.read.isSpent([77n])).to.equal(true);
    });

    it('takes a claim for each attestation of a batch, in their order', async () => {
      const { host, hook, claim, schemaId, world } = await open();
      const people = [77n, 78n, 79n].map((nullifier) => claim({ nullifier }));
      const call = (schemas: number, bytes: Hex) =>
        [Array<bigint>(schemas).fill(schemaId), bytes] as const;
      const from = by(world.cast.holder);
      const short = host.simulate.attestBatch(call(3, toBytes(...people.slice(0, 2))), from);
      await expectRevert(short, 'NullifierSpent', [78n]);
      await chain.anvil.mined(host.write.attestBatch(call(3, toBytes(...people)), from));
      for (const nullifier of [77n, 78n, 79n]) {
        expect(await hook.read.isSpent([nullifier])).to.equal(true);
      }
    });

    it('lets in nothing of a batch in which one has no claim that counts', async () => {
      const { host, hook, claim, schemaId, world } = await open();
      const from = by(world.cast.holder);
      const good = [claim(), claim({ nullifier: 78n })];
      await host.simulate.attestBatch([[schemaId, schemaId], toBytes(...good)], from);
      const bad = [claim(), claim({ nullifier: 78n, root: 1n })];
      const call = host.simulate.attestBatch([[schemaId, schemaId], toBytes(...bad)], from);
      await expectRevert(call, 'UnknownRoot', [world.treeId, 1n]);
      expect(await hook.read.isSpent([77n])).to.equal(false);
    });
  });

  describe('refuses', () => {
    refusesBadClaims(chain, open);

    it('another attester: a copy is worth nothing (S15)', async () => {
      const { world, hook, ask, claim, schemaId } = await open();
      const { holder, stranger } = world.cast;
      await ask(toBytes(claim()));
      const wanted = [stranger, holder].map((who) =>
        contextOf(hook.address, signProtocolAction({ schemaId, attester: who })),
      );
      await expectRevert(ask(toBytes(claim()), stranger), 'WrongContext', wanted);
      await ask(toBytes(claim({}, stranger)), stranger);
    });

    it('another schema, though it names the same hook', async () => {
      const made = await open();
      const { world, hook, ask, claim, schemaId } = made;
      const other = await otherSchema(made);
      const { holder } = world.cast;
      await ask(toBytes(claim()));
      const wanted = [other, schemaId].map((id) =>
        contextOf(hook.address, signProtocolAction({ schemaId: id, attester: holder })),
      );
      await expectRevert(ask(toBytes(claim()), holder, other), 'WrongContext', wanted);
      await ask(toBytes(claim({}, holder, other)), holder, other);
    });

    it('another caller than Sign Protocol, in both overloads', async () => {
      const { world, hook, host, claim, ask, schemaId } = await open();
      const { holder } = world.cast;
      const bytes = toBytes(claim());
      await ask(bytes);
      const direct = by(holder);
      const refused = [host.address, holder];
      const plain = hook.simulate.didReceiveAttestation([holder, schemaId, 1n, bytes], direct);
      await expectRevert(plain, 'WrongCaller', refused);
      const args = [holder, schemaId, 1n, TOKEN, 0n, bytes] as const;
      const overload = hook.simulate.didReceiveAttestation(args, direct);
      await expectRevert(overload, 'WrongCaller', refused);
    });

    it('a fee, in the coin or in a token', async () => {
      const { world, host, claim, schemaId, ask } = await open();
      const bytes = toBytes(claim());
      await ask(bytes);
      const paying = { ...by(world.cast.holder), value: 5n };
      const coin = host.simulate.attest([schemaId, 5n, bytes], paying);
      await expectRevert(coin, 'FeeRefused', [zeroAddress, 5n]);
      const token = (amount: bigint) =>
        host.simulate.attestWithToken([schemaId, TOKEN, amount, bytes], by(world.cast.holder));
      await token(0n);
      await expectRevert(token(1n), 'FeeRefused', [TOKEN, 1n]);
    });

    it('no claim at all', async () => {
      const { ask, claim } = await open();
      await ask(toBytes(claim()));
      await expectRevert(ask('0x'), 'MalformedClaims', [0n]);
    });

    it('a host that is not there', async () => {
      const world = await chain.world();
      const make = (host: Address) =>
        world.put('SignProtocolHook', [world.roots.address, host, ...world.rule]);
      await make(await world.put('SignProtocolHost'));
      let refused = '';
      await make(world.cast.stranger).catch((error: unknown) => (refused = String(error)));
      expect(refused).to.match(/reverted/);
    });
  });

  describe('a revocation passes', () => {
    /** An attestation of the holder's, and a look whether it was revoked. */
    async function attested() {
      const made = await open();
      await made.go(toBytes(made.claim()));
      const isRevoked = async () => (await made.host.read.records([1n]))[2];
      expect(await isRevoked()).to.equal(false);
      return { ...made, isRevoked, from: by(made.world.cast.holder) };
    }

    for (const [name, bytes] of [
      ['without extra data', '0x'],
      ['with garbage', GARBAGE],
      ['with half a claim', `0x${'00'.repeat(CLAIM_BYTES / 2)}`],
    ] as const) {
      it(name, async () => {
        const { host, isRevoked, from } = await attested();
        await chain.anvil.mined(host.write.revoke([1n, 0n, bytes], from));
        expect(await isRevoked()).to.equal(true);
      });
    }

    it('with the spent claim in it, though the tree is frozen', async () => {
      const { host, isRevoked, from, world, claim, ask } = await attested();
      await freeze(world);
      const next = ask(toBytes(claim({ nullifier: 78n })));
      await expectRevert(next, 'SourceFrozen', [world.treeId]);
      await chain.anvil.mined(host.write.revoke([1n, 0n, toBytes(claim())], from));
      expect(await isRevoked()).to.equal(true);
    });

    it('with a fee in a token offered, which nobody takes', async () => {
      const { host, isRevoked, from } = await attested();
      await chain.anvil.mined(host.write.revokeWithToken([1n, TOKEN, 10n ** 30n, GARBAGE], from));
      expect(await isRevoked()).to.equal(true);
    });

    it('with 2,000 gas for the hook', async () => {
      const { host, isRevoked, from } = await attested();
      await chain.anvil.mined(host.write.revokeWithGas([1n, 2_000n, GARBAGE], from));
      expect(await isRevoked()).to.equal(true);
    });

    it('with coins, which are the attester’s to withdraw', async () => {
      const { host, hook, isRevoked, from, world } = await attested();
      const paying = { ...from, value: 5n };
      const { logs } = await chain.anvil.mined(host.write.revoke([1n, 5n, GARBAGE], paying));
      expect(await isRevoked()).to.equal(true);
      const { holder, stranger, relayer } = world.cast;
      const [due] = parseEventLogs({ abi: signProtocolHookAbi, logs, eventName: 'RefundDue' });
      expect(due!.args).to.deep.equal({ attester: holder, amount: 5n });
      const before = await chain.anvil.client.getBalance({ address: relayer });
      const nothing = hook.simulate.withdrawRefund([stranger], by(stranger));
      await expectRevert(nothing, 'NoRefund', [stranger]);
      const refusing = hook.simulate.withdrawRefund([host.address], by(holder));
      await expectRevert(refusing, 'RefundFailed', [host.address, 5n]);
      await chain.anvil.mined(hook.write.withdrawRefund([relayer], by(holder)));
      expect(await chain.anvil.client.getBalance({ address: relayer })).to.equal(before + 5n);
      expect(await chain.anvil.client.getBalance({ address: hook.address })).to.equal(0n);
      const again = hook.simulate.withdrawRefund([relayer], by(holder));
      await expectRevert(again, 'NoRefund', [holder]);
    });

    it('whoever calls: there is nothing to protect', async () => {
      const { hook, world } = await attested();
      const { stranger } = world.cast;
      await hook.simulate.didReceiveRevocation([stranger, 0n, 0n, '0x'], by(stranger));
      expect(await hook.read.isSpent([77n])).to.equal(true);
    });
  });
});
