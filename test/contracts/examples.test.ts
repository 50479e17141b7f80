/** contracts/examples/GatedMint: what an integrator writes for a membership that shows nothing else. */
import { expect } from 'chai';
import { encodeAbiParameters, keccak256, parseAbi, stringToHex, type Address } from 'viem';
import { eligibilityGateAbi } from '../../src/chain/abis.ts';
import { NEVER, toField } from '../../src/protocol/field.ts';
import { hashPolicy } from '../../src/protocol/hash.ts';
import { computeContext, computeScope } from '../../src/protocol/statement.ts';
import { startAnvil, type Anvil } from '../support/anvil.ts';
import { createTree, prove, publish, type Claim } from '../support/campaigns.ts';
import {
  by,
  deploy,
  expectRevert,
  handle,
  makeWorld,
  testContracts,
} from '../support/contracts.ts';

const TERMS = 12_345n;
const CHAIN_ID = 31337;

const MINT_ABI = [
  ...eligibilityGateAbi,
  ...parseAbi([
    'struct Statement { uint256 nullifier; uint256 root; uint256 policy; uint96 disclosed; uint32 shown; uint40 checkedAt; uint256 context; }',
    'struct Claim { Statement statement; uint256[8] proof; }',
    'function mint(address recipient, Claim claim)',
    'function minted() view returns (uint256)',
    'function ownerOf(uint256 tokenId) view returns (address)',
    'function balanceOf(address owner) view returns (uint256)',
  ]),
];

describe('GatedMint', () => {
  let anvil: Anvil;
  before(async function () {
    this.timeout(300_000);
    await testContracts();
    anvil = await startAnvil();
  });
  after(() => anvil.stop());

  async function makeMint() {
    const world = await makeWorld(anvil, await testContracts());
    const treeId = await createTree(world);
    const root = await publish(world, treeId);
    // A cap of 5 that the contract overrules: one a person.
    const acceptance = {
      source: treeId,
      maxStaleness: 100,
      maxSilence: Number(NEVER),
      proofLifetime: 600,
      indexKind: 0,
      periodStart: 0,
      indexLimit: 5,
    };
    const args = [world.roots.address, TERMS, acceptance];
    const gate = await deploy(anvil, world.folder, 'GatedMint', args, world.libraries);
    const now = await anvil.now();
    const label = stringToHex('mint', { size: 32 });
    const policy = hashPolicy(
      computeScope({ chainId: CHAIN_ID, gate, label }),
      toField(TERMS, 'terms'),
    );
    const contextOf = (recipient: Address) =>
      computeContext({
        chainId: CHAIN_ID,
        gate,
        id: 0n,
        actionHash: keccak256(encodeAbiParameters([{ type: 'address' }], [recipient])),
      });
    /** A person's claim, for a recipient. */
    const claimFor = (recipient: Address, nullifier = 77n, shown = 0): Claim =>
      prove({
        nullifier,
        root,
        policy,
        disclosed: 0n,
        shown,
        checkedAt: Number(now - (now % 60n)),
        context: contextOf(recipient),
      });
    return { cast: world.cast, mint: handle(anvil, gate, MINT_ABI), claimFor, contextOf };
  }

  it('mints to the recipient of the proof, whoever sends it', async () => {
    const { cast, mint, claimFor } = await makeMint();
    for (const [recipient, nullifier] of [
      [cast.holder, 77n],
      [cast.stranger, 78n],
    ] as const) {
      const args = [recipient, claimFor(recipient, nullifier)] as const;
      await anvil.mined(mint.write.mint(args, by(cast.relayer)));
    }
    expect(await mint.read.minted()).to.equal(2n);
    expect(await mint.read.ownerOf([1n])).to.equal(cast.holder);
    expect(await mint.read.ownerOf([2n])).to.equal(cast.stranger);
    expect(await mint.read.balanceOf([cast.relayer])).to.equal(0n);
  });

  it('mints to nobody but him', async () => {
    const { cast, mint, claimFor, contextOf } = await makeMint();
    const claim = claimFor(cast.holder);
    const call = (to: Address) => mint.simulate.mint([to, claim], by(cast.relayer));
    await call(cast.holder);
    await expectRevert(call(cast.relayer), 'WrongContext', [
      contextOf(cast.relayer),
      contextOf(cast.holder),
    ]);
  });

  it('mints once a person, whatever cap it was deployed with', async () => {
    const { cast, mint, claimFor } = await makeMint();
    const call = (claim: Claim, to = cast.holder) =>
      mint.simulate.mint([to, claim], by(cast.relayer));
    await call(claimFor(cast.holder));
    await expectRevert(call(claimFor(cast.holder, 77n, 1)), 'ClaimIndexClosed', [1, 1n]);
    const args = [cast.holder, claimFor(cast.holder)] as const;
    await anvil.mined(mint.write.mint(args, by(cast.relayer)));
    const again = call(claimFor(cast.stranger), cast.stranger);
    await expectRevert(again, 'NullifierSpent', [77n]);
    await call(claimFor(cast.stranger, 78n), cast.stranger);
  });

  it('mints nothing for a proof of something else', async () => {
    const { cast, mint, claimFor } = await makeMint();
    const call = (claim: Claim) => mint.simulate.mint([cast.holder, claim], by(cast.relayer));
    const claim = claimFor(cast.holder);
    await call(claim);
    const { proof } = claimFor(cast.holder, 78n);
    await expectRevert(call({ ...claim, proof }), 'InvalidProof');
  });
});
