/** EasResolver, called as EAS calls it: after the attestations are stored, once for one and once for many. */
import { expect } from 'chai';
import {
  concatHex,
  decodeAbiParameters,
  parseAbi,
  parseAbiParameters,
  parseEventLogs,
  zeroHash,
  type Address,
  type Hex,
} from 'viem';
import { easResolverAbi } from '../../../src/chain/abis.ts';
import { EAS_CLAIM_FIELDS, easAction, encodeEasData } from '../../../src/chain/adapters.ts';
import { FIELD_ORDER } from '../../../src/protocol/field.ts';
import { refusesBadClaims } from '../../support/adapterCases.ts';
import {
  adapterChain,
  contextOf,
  freeze,
  provenOf,
  toBytes,
  type Said,
} from '../../support/adapters.ts';
import { by, expectRevert, handle } from '../../support/contracts.ts';

const GARBAGE: Hex = `0x${'f7'.repeat(777)}`;

const HOST_ABI = parseAbi([
  'struct Attestation { bytes32 uid; bytes32 schema; uint64 time; uint64 expirationTime; uint64 revocationTime; bytes32 refUID; address recipient; address attester; bool revocable; bytes data; }',
  'error InvalidAttestation()',
  'error InvalidRevocation()',
  'error NotPayable()',
  'function register(string schema, address resolver, bool revocable) returns (bytes32)',
  'function count() view returns (uint256)',
  'function getAttestation(bytes32 uid) view returns (Attestation)',
  'function attest(bytes32 schema, address recipient, bytes data) payable returns (bytes32)',
  'function attestFor(address attester, bytes32 schema, address recipient, bytes data) payable',
  'function multiAttest(bytes32 schema, address[] recipients, bytes[] data)',
  'function revoke(bytes32 uid) payable',
  'function revokeWithGas(bytes32 uid, uint256 gasLimit)',
  'function multiRevoke(bytes32[] uids)',
]);

/** What EAS calls to revoke, declared as EAS declares it: payable, and no view. */
const REVOKING_ABI = parseAbi([
  'struct Attestation { bytes32 uid; bytes32 schema; uint64 time; uint64 expirationTime; uint64 revocationTime; bytes32 refUID; address recipient; address attester; bool revocable; bytes data; }',
  'function revoke(Attestation attestation) payable returns (bool)',
  'function multiRevoke(Attestation[] attestations, uint256[] values) payable returns (bool)',
]);

const EXAMPLE_ABI = parseAbi([
  'function SCHEMA_FIELDS() view returns (string)',
  'function RESOLVER() view returns (address)',
  'function SCHEMA() view returns (bytes32)',
]);

describe('EasResolver', () => {
  const chain = adapterChain();

  /** The example of contracts/examples, on a host; and a claim by which the holder attests about the integrator. */
  async function open() {
    const world = await chain.world();
    const hostAt = await world.put('EasHost');
    const args = [hostAt, hostAt, world.roots.address, ...world.rule];
    const example = handle(chain.anvil, await world.put('MemberReviews', args), EXAMPLE_ABI);
    const [resolver, host] = [
      handle(chain.anvil, await example.read.RESOLVER(), easResolverAbi),
      handle(chain.anvil, hostAt, HOST_ABI),
    ];
    const revoking = handle(chain.anvil, resolver.address, REVOKING_ABI);
    const schema = await example.read.SCHEMA();
    const { holder, integrator } = world.cast;
    const claim = (said: Said = {}, attester = holder, recipient = integrator, under = schema) =>
      world.claimFor(resolver.address, easAction({ schema: under, attester, recipient }), said);
    const ask = (data: Hex, attester = holder, recipient = integrator, under = schema) =>
      host.simulate.attest([under, recipient, data], by(attester));
    const go = async (data: Hex) =>
      chain.anvil.mined(host.write.attest([schema, integrator, data], by(holder)));
    return { world, example, resolver, revoking, host, schema, claim, ask, go };
  }

  type Opened = Awaited<ReturnType<typeof open>>;

  /** The attestation that a transaction made. */
  const admittedIn = ({ logs }: Awaited<ReturnType<Opened['go']>>) =>
    parseEventLogs({ abi: easResolverAbi, logs, eventName: 'AttestationAdmitted' });

  describe('given a claim for schema, attester and recipient', () => {
    it('lets the attestation in, spends the nullifier and says which it was', async () => {
      const { resolver, go, claim, schema, world } = await open();
      const [event] = admittedIn(await go(toBytes(claim())));
      const { holder: attester, integrator: recipient } = world.cast;
      const { uid } = event!.args;
      expect(event!.args).to.deep.equal({ schema, uid, recipient, attester, nullifier: 77n });
      expect(await resolver.read.isSpent([77n])).to.equal(true);
    });

    it('leaves what follows the claim to the schema, whose fields decode as EAS writes them', async () => {
      const { example, host, go, claim } = await open();
      const text = await example.read.SCHEMA_FIELDS();
      expect(text).to.equal(`${EAS_CLAIM_FIELDS},string review`);
      const own = { fields: 'string review', values: ['five stars'] };
      const data = encodeEasData({ claim: provenOf(claim()), ...own });
      expect(data.startsWith(toBytes(claim()))).to.equal(true);
      const [event] = admittedIn(await go(data));
      const stored = await host.read.getAttestation([event!.args.uid]);
      const decoded = decodeAbiParameters(parseAbiParameters(text), stored.data);
      expect(decoded[0]).to.equal(77n);
      expect(decoded.at(-1)).to.equal('five stars');
    });

    it('takes it for an attester who signed, whoever sends it', async () => {
      const { host, resolver, claim, schema, world } = await open();
      const { holder, integrator, relayer } = world.cast;
      const args = [holder, schema, integrator, toBytes(claim())] as const;
      await chain.anvil.mined(host.write.attestFor(args, by(relayer)));
      expect(await resolver.read.isSpent([77n])).to.equal(true);
    });

    it('is not payable, and says its version', async () => {
      const { resolver } = await open();
      expect(await resolver.read.isPayable()).to.equal(false);
      expect(await resolver.read.version()).to.match(/^\d+\.\d+\.\d+$/);
    });
  });

  describe('given many', () => {
    const people = ['integrator', 'stranger', 'relayer'] as const;

    /** An attestation about each, with a claim each. */
    async function openMany() {
      const made = await open();
      const { world, claim } = made;
      const recipients = people.map((name) => world.cast[name]);
      const claims = recipients.map((recipient, i) =>
        claim({ nullifier: 77n + BigInt(i) }, world.cast.holder, recipient),
      );
      return { ...made, recipients, claims, from: by(world.cast.holder) };
    }

    it('lets all in', async () => {
      const { host, schema, recipients, claims, from } = await openMany();
      const data = claims.map((claim) => toBytes(claim));
      const hash = host.write.multiAttest([schema, recipients, data], from);
      const events = admittedIn(await chain.anvil.mined(hash));
      expect(events.map(({ args }) => args.recipient)).to.deep.equal(recipients);
      expect(events.map(({ args }) => args.nullifier)).to.deep.equal([77n, 78n, 79n]);
    });

    it('lets none in, if one has no claim that counts', async () => {
      const { host, schema, recipients, claims, from, resolver } = await openMany();
      const data = claims.map((claim) => toBytes(claim));
      await host.simulate.multiAttest([schema, recipients, data], from);
      const call = (last: Hex) =>
        host.simulate.multiAttest([schema, recipients, [...data.slice(0, 2), last]], from);
      await expectRevert(call('0x'), 'MalformedClaims', [0n]);
      const { statement } = claims[2]!;
      const forged = toBytes({ statement, proof: claims[0]!.proof });
      await expectRevert(call(forged), 'InvalidProof');
      expect(await host.read.count()).to.equal(0n);
      expect(await resolver.read.isSpent([77n])).to.equal(false);
    });

    it('are proved only if each of them is, and each is canonical', async () => {
      const { resolver, claims, claim } = await openMany();
      expect(await resolver.read.areProved([claims])).to.equal(true);
      const [first, second] = [claims[0]!, claims[1]!];
      const forged = { statement: first.statement, proof: second.proof };
      expect(await resolver.read.areProved([[forged, second]])).to.equal(false);
      const alias = claim({ nullifier: FIELD_ORDER + 77n });
      await expectRevert(resolver.read.areProved([[second, alias]]), 'SignalOutOfRange', [
        'nullifier',
        FIELD_ORDER + 77n,
      ]);
      await expectRevert(resolver.read.areProved([[]]), 'EmptyBatch');
    });

    it('takes a person once', async () => {
      const { host, schema, recipients, claims, from, claim, world } = await openMany();
      const data = claims.map((one) => toBytes(one));
      await host.simulate.multiAttest([schema, recipients, data], from);
      const twice = toBytes(claim({ nullifier: 77n }, world.cast.holder, recipients[2]));
      const call = host.simulate.multiAttest(
        [schema, recipients, [...data.slice(0, 2), twice]],
        from,
      );
      await expectRevert(call, 'NullifierSpent', [77n]);
    });
  });

  describe('refuses', () => {
    refusesBadClaims(chain, open);

    it('another attester: a copy is worth nothing (S15)', async () => {
      const { world, resolver, ask, claim, schema } = await open();
      const { holder, stranger, integrator } = world.cast;
      await ask(toBytes(claim()));
      const wanted = [stranger, holder].map((who) =>
        contextOf(resolver.address, easAction({ schema, attester: who, recipient: integrator })),
      );
      await expectRevert(ask(toBytes(claim()), stranger), 'WrongContext', wanted);
      await ask(toBytes(claim({}, stranger)), stranger);
    });

    it('another recipient', async () => {
      const { world, resolver, ask, claim, schema } = await open();
      const { holder, stranger, integrator } = world.cast;
      await ask(toBytes(claim()));
      const wanted = [stranger, integrator].map((who) =>
        contextOf(resolver.address, easAction({ schema, attester: holder, recipient: who })),
      );
      await expectRevert(ask(toBytes(claim()), holder, stranger), 'WrongContext', wanted);
      await ask(toBytes(claim({}, holder, stranger)), holder, stranger);
    });

    it('another schema, though it names the same resolver', async () => {
      const { world, host, resolver, ask, claim, schema } = await open();
      const { holder, integrator, stranger } = world.cast;
      const register = ['bool other', resolver.address, true] as const;
      const { result: other } = await host.simulate.register(register, by(stranger));
      await chain.anvil.mined(host.write.register(register, by(stranger)));
      await ask(toBytes(claim()));
      const wanted = [other, schema].map((uid) =>
        contextOf(
          resolver.address,
          easAction({ schema: uid, attester: holder, recipient: integrator }),
        ),
      );
      const call = ask(toBytes(claim()), holder, integrator, other);
      await expectRevert(call, 'WrongContext', wanted);
      await ask(toBytes(claim({}, holder, integrator, other)), holder, integrator, other);
    });

    it('another caller than EAS, for one and for many', async () => {
      const { world, resolver, host, claim, ask, schema } = await open();
      const { holder, integrator } = world.cast;
      await ask(toBytes(claim()));
      const attestation = madeBy(holder, integrator, schema, toBytes(claim()));
      const refused = [host.address, holder];
      const one = resolver.simulate.attest([attestation], by(holder));
      await expectRevert(one, 'WrongCaller', refused);
      const many = resolver.simulate.multiAttest([[attestation], [0n]], by(holder));
      await expectRevert(many, 'WrongCaller', refused);
    });

    it('coins: EAS asks before it sends them, and the contract takes none', async () => {
      const { world, revoking, host, claim, schema, ask } = await open();
      const { holder, integrator } = world.cast;
      await ask(toBytes(claim()));
      const paying = { ...by(holder), value: 1n };
      const args = [schema, integrator, toBytes(claim())] as const;
      await expectRevert(host.simulate.attest(args, paying), 'NotPayable');
      const attestation = madeBy(holder, integrator, schema, toBytes(claim()));
      for (const value of [0n, 1n]) {
        let passed = true;
        const from = { ...by(world.cast.stranger), value };
        await revoking.simulate.revoke([attestation], from).catch(() => (passed = false));
        expect(passed).to.equal(value === 0n);
      }
    });
  });

  const madeBy = (attester: Address, recipient: Address, schema: Hex, data: Hex) => ({
    uid: zeroHash,
    schema,
    time: 0n,
    expirationTime: 0n,
    revocationTime: 0n,
    refUID: zeroHash,
    recipient,
    attester,
    revocable: true,
    data,
  });

  describe('a revocation passes', () => {
    /** Two attestations of the holder's. */
    async function attested() {
      const made = await open();
      const first = await made.go(toBytes(made.claim()));
      const second = await made.go(concatHex([toBytes(made.claim({ nullifier: 78n })), GARBAGE]));
      const uids = [first, second].map((receipt) => admittedIn(receipt)[0]!.args.uid);
      const isRevoked = async (uid: Hex) =>
        (await made.host.read.getAttestation([uid])).revocationTime !== 0n;
      for (const uid of uids) expect(await isRevoked(uid)).to.equal(false);
      return { ...made, uids, isRevoked, from: by(made.world.cast.holder) };
    }

    it('of one', async () => {
      const { host, uids, isRevoked, from } = await attested();
      await chain.anvil.mined(host.write.revoke([uids[1]!], from));
      expect(await isRevoked(uids[1]!)).to.equal(true);
      expect(await isRevoked(uids[0]!)).to.equal(false);
    });

    it('of many, though the tree is frozen', async () => {
      const { host, uids, isRevoked, from, world, ask, claim } = await attested();
      await freeze(world);
      const next = ask(toBytes(claim({ nullifier: 79n })));
      await expectRevert(next, 'SourceFrozen', [world.treeId]);
      await chain.anvil.mined(host.write.multiRevoke([uids], from));
      for (const uid of uids) expect(await isRevoked(uid)).to.equal(true);
    });

    it('with 5,000 gas for the resolver', async () => {
      const { host, uids, isRevoked, from } = await attested();
      await chain.anvil.mined(host.write.revokeWithGas([uids[1]!, 5_000n], from));
      expect(await isRevoked(uids[1]!)).to.equal(true);
    });

    it('with garbage for data, whoever asks', async () => {
      const { revoking, world, schema } = await attested();
      const { stranger } = world.cast;
      const attestation = madeBy(stranger, stranger, schema, GARBAGE);
      const one = await revoking.simulate.revoke([attestation], by(stranger));
      expect(one.result).to.equal(true);
      const many = await revoking.simulate.multiRevoke([[attestation], []], by(stranger));
      expect(many.result).to.equal(true);
    });
  });
});
