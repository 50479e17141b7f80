/** VeraxModule, called as Verax calls it: by the module registry, which tells which portal asked. */
import { expect } from 'chai';
import { parseAbi, parseEventLogs, toFunctionSelector, type Address, type Hex } from 'viem';
import { veraxModuleAbi } from '../../../src/chain/abis.ts';
import { veraxAction } from '../../../src/chain/adapters.ts';
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

const SCHEMA: Hex = `0x${'5c'.repeat(32)}`;

/** What is attested: a subject that is a DID, and data. */
const PAYLOAD = {
  schemaId: SCHEMA,
  expirationDate: 0n,
  subject: '0x6469643a6578616d706c65' as Hex,
  attestationData: '0x0123' as Hex,
};
type Payload = typeof PAYLOAD;

const STRUCT =
  'struct AttestationPayload { bytes32 schemaId; uint64 expirationDate; bytes subject; bytes attestationData; }';

const HOST_ABI = parseAbi([
  STRUCT,
  'error ModuleInvalid()',
  'error ModuleNotRegistered()',
  'function registerModule(address module)',
  'function runModulesV2(address[] modules, AttestationPayload payload, bytes[] validationPayloads, uint256 value, address initialCaller, address attester, uint8 operationType)',
  'function count() view returns (uint256)',
  'function isRevoked(uint256 id) view returns (bool)',
]);

const PORTAL_ABI = parseAbi([
  STRUCT,
  'error ModuleNotRegistered()',
  'function setModule(address module)',
  'function attestAs(AttestationPayload payload, bytes[] validationPayloads, uint8 operationType) payable',
  'function bulkAttest(AttestationPayload[] payloads, bytes[][] validationPayloads)',
  'function revoke(uint256 id)',
]);

const EXAMPLE_ABI = parseAbi([
  STRUCT,
  'error ModuleNotRegistered()',
  'function MODULE() view returns (address)',
  'function attest(AttestationPayload payload, bytes[] validationPayloads)',
]);

describe('VeraxModule', () => {
  const chain = adapterChain();

  /** Verax with a portal that anybody may call and that speaks for its maker, as portals of issuers do. */
  async function open() {
    const world = await chain.world();
    const veraxAt = await world.put('VeraxHost');
    const portalAt = await world.put('PortalHost', [veraxAt]);
    const args = [world.roots.address, veraxAt, portalAt, ...world.rule];
    const [verax, portal, module] = [
      handle(chain.anvil, veraxAt, HOST_ABI),
      handle(chain.anvil, portalAt, PORTAL_ABI),
      handle(chain.anvil, await world.put('VeraxModule', args), veraxModuleAbi),
    ];
    const { relayer } = world.cast;
    const attester = chain.anvil.accounts[0]!;
    await chain.anvil.mined(verax.write.registerModule([module.address], by(relayer)));
    await chain.anvil.mined(portal.write.setModule([module.address], by(relayer)));
    const claim = (said: Said = {}, payload: Payload = PAYLOAD, who = attester) =>
      world.claimFor(module.address, veraxAction({ attester: who, payload }), said);
    const ask = (bytes: Hex, payload: Payload = PAYLOAD, operation = 0) =>
      portal.simulate.attestAs([payload, [bytes], operation], by(relayer));
    const go = async (bytes: Hex) =>
      chain.anvil.mined(portal.write.attestAs([PAYLOAD, [bytes], 0], by(relayer)));
    return { world, verax, portal, module, attester, claim, ask, go };
  }

  describe('as a module', () => {
    it('has the identifiers that Verax asks for, and no other', async () => {
      const { module, verax, world } = await open();
      const run = 'run((bytes32,uint64,bytes,bytes),bytes,address,uint256,address,address,uint8)';
      const selectors = [run, 'supportsInterface(bytes4)'].map((signature) =>
        BigInt(toFunctionSelector(`function ${signature}`)),
      );
      const id = `0x0${(selectors[0]! ^ selectors[1]!).toString(16)}` as Hex;
      expect(id).to.equal('0x078777fd');
      for (const known of [id, '0x01ffc9a7'] as const) {
        expect(await module.read.supportsInterface([known])).to.equal(true);
      }
      for (const unknown of ['0xffffffff', '0x0678be5a', '0x00000000'] as const) {
        expect(await module.read.supportsInterface([unknown])).to.equal(false);
      }
      const other = verax.simulate.registerModule([world.roots.address], by(world.cast.relayer));
      await expectRevert(other, 'ModuleInvalid');
    });
  });

  describe('given a claim for attester and payload', () => {
    it('lets the attestation in, spends the nullifier and says which it was', async () => {
      const { verax, module, go, claim, attester } = await open();
      const { logs } = await go(toBytes(claim()));
      const [event] = parseEventLogs({
        abi: veraxModuleAbi,
        logs,
        eventName: 'AttestationAdmitted',
      });
      const { schemaId, subject } = PAYLOAD;
      expect(event!.args).to.deep.equal({ schemaId, attester, subject, nullifier: 77n });
      expect(await module.read.isSpent([77n])).to.equal(true);
      expect(await verax.read.count()).to.equal(1n);
    });

    for (const operation of [0, 1, 2, 3]) {
      it(`demands it for operation ${operation}`, async () => {
        const { ask, claim } = await open();
        await ask(toBytes(claim()), PAYLOAD, operation);
        await expectRevert(ask('0x', PAYLOAD, operation), 'MalformedClaims', [0n]);
      });
    }

    it('takes one for each attestation of a bulk, and none if one is wrong', async () => {
      const { verax, portal, claim, world } = await open();
      const payloads = [PAYLOAD, { ...PAYLOAD, subject: '0x02' as Hex }];
      const claims = payloads.map((payload, i) => claim({ nullifier: 77n + BigInt(i) }, payload));
      const [first, second] = claims.map((one) => [toBytes(one)]) as [Hex[], Hex[]];
      const from = by(world.cast.relayer);
      const swapped = portal.simulate.bulkAttest([payloads, [first, first]], from);
      await expectRevert(swapped, 'WrongContext', [
        claims[1]!.statement.context,
        claims[0]!.statement.context,
      ]);
      await chain.anvil.mined(portal.write.bulkAttest([payloads, [first, second]], from));
      expect(await verax.read.count()).to.equal(2n);
    });
  });

  describe('refuses', () => {
    refusesBadClaims(chain, open);

    const others: readonly (readonly [string, Partial<Payload>])[] = [
      ['another schema', { schemaId: `0x${'5d'.repeat(32)}` }],
      ['another subject', { subject: '0x6469643a6578616d706c66' }],
      ['other data: the portal has one attester for all', { attestationData: '0x0124' }],
      ['another expiration', { expirationDate: 1n }],
    ];
    for (const [name, changes] of others) {
      it(`${name} (S15)`, async () => {
        const { module, ask, claim, attester } = await open();
        await ask(toBytes(claim()));
        const payload = { ...PAYLOAD, ...changes };
        const wanted = [payload, PAYLOAD].map((one) =>
          contextOf(module.address, veraxAction({ attester, payload: one })),
        );
        await expectRevert(ask(toBytes(claim()), payload), 'WrongContext', wanted);
        await ask(toBytes(claim({}, payload)), payload);
      });
    }

    it('another attester', async () => {
      const { world, module, ask, claim, attester } = await open();
      const { stranger } = world.cast;
      await ask(toBytes(claim()));
      const wanted = [attester, stranger].map((who) =>
        contextOf(module.address, veraxAction({ attester: who, payload: PAYLOAD })),
      );
      await expectRevert(ask(toBytes(claim({}, PAYLOAD, stranger))), 'WrongContext', wanted);
    });

    it('another caller than the module registry', async () => {
      const { world, verax, portal, module, ask, claim, attester } = await open();
      const { stranger } = world.cast;
      const bytes = toBytes(claim());
      await ask(bytes);
      const args = [PAYLOAD, bytes, stranger, 0n, attester, portal.address, 0] as const;
      const call = module.simulate.run(args, by(stranger));
      await expectRevert(call, 'WrongCaller', [verax.address, stranger]);
    });

    it('another portal, though the module registry asks', async () => {
      const { world, verax, portal, module, ask, claim, attester } = await open();
      const { stranger } = world.cast;
      const bytes = toBytes(claim());
      await ask(bytes);
      const args = [[module.address], PAYLOAD, [bytes], 0n, stranger, attester, 0] as const;
      const call = verax.simulate.runModulesV2(args, by(stranger));
      await expectRevert(call, 'WrongPortal', [portal.address, stranger]);
    });

    it('an operation that nobody knows yet', async () => {
      const { ask, claim } = await open();
      await ask(toBytes(claim()), PAYLOAD, 3);
      await expectRevert(ask(toBytes(claim()), PAYLOAD, 4), 'UnknownOperation', [4]);
    });

    it('two claims for one attestation', async () => {
      const { ask, claim } = await open();
      await ask(toBytes(claim()));
      const two = ask(toBytes(claim(), claim({ nullifier: 78n })));
      await expectRevert(two, 'MalformedClaims', [BigInt(2 * CLAIM_BYTES)]);
    });
  });

  describe('a revocation', () => {
    it('passes though the tree is frozen: no module is run for it', async () => {
      const { world, verax, portal, go, ask, claim } = await open();
      await go(toBytes(claim()));
      await freeze(world);
      const next = ask(toBytes(claim({ nullifier: 78n })));
      await expectRevert(next, 'SourceFrozen', [world.treeId]);
      expect(await verax.read.isRevoked([0n])).to.equal(false);
      await chain.anvil.mined(portal.write.revoke([0n], by(world.cast.relayer)));
      expect(await verax.read.isRevoked([0n])).to.equal(true);
    });
  });

  describe('the example MembersPortal', () => {
    it('makes its module while it is made, and attests for whoever calls', async () => {
      const world = await chain.world();
      const { holder, relayer } = world.cast;
      const veraxAt = await world.put('VeraxHost');
      const args = [veraxAt, veraxAt, world.roots.address, ...world.rule];
      const example = handle(chain.anvil, await world.put('MembersPortal', args), EXAMPLE_ABI);
      const verax = handle(chain.anvil, veraxAt, HOST_ABI);
      const moduleAt = await example.read.MODULE();
      const module = handle(chain.anvil, moduleAt, veraxModuleAbi);
      expect(await module.read.PORTAL()).to.equal(example.address);
      const bytes = toBytes(
        world.claimFor(moduleAt, veraxAction({ attester: holder, payload: PAYLOAD })),
      );
      const ask = (who: Address) => example.simulate.attest([PAYLOAD, [bytes]], by(who));
      await expectRevert(ask(holder), 'ModuleNotRegistered');
      await chain.anvil.mined(verax.write.registerModule([moduleAt], by(relayer)));
      const wanted = [relayer, holder].map((who) =>
        contextOf(moduleAt, veraxAction({ attester: who, payload: PAYLOAD })),
      );
      await expectRevert(ask(relayer), 'WrongContext', wanted);
      await chain.anvil.mined(example.write.attest([PAYLOAD, [bytes]], by(holder)));
      expect(await verax.read.count()).to.equal(1n);
    });
  });
});
