/**
 * The package's own contracts, with the package's own key, against proofs of the real circuit. The rest of the
 * contracts' tests prove with a trapdoor; these show that it opens the same door.
 */
import { expect } from 'chai';
import { concat, getAddress, keccak256, numberToHex, type Address } from 'viem';
import { compileTerms, termsToFields } from '../../src/protocol/terms.ts';
import { computeContext, computeScope, hashAction } from '../../src/protocol/statement.ts';
import { toContractProof } from '../../src/prover/proof.ts';
import { prove } from '../../src/prover/prove.ts';
import { buildContracts } from '../../scripts/contracts.ts';
import { startAnvil, type Anvil } from '../support/anvil.ts';
import {
  campaignParams,
  createCampaign,
  createTree,
  fund,
  makeAction,
  newestRoot,
  policyOf,
  publish,
  sendClaim,
  tryClaim,
  type OpenCampaign,
} from '../support/campaigns.ts';
import { expectRevert, makeWorld as deployWorld, type World } from '../support/contracts.ts';
import { makeWorld, proveParameters, sharedArtifacts } from '../support/world.ts';

describe('Distributor: claim, with real proofs', () => {
  let anvil: Anvil;
  before(async () => {
    anvil = await startAnvil();
  });
  after(() => anvil.stop());

  /** The library's world, its tree published, a campaign under its policy. */
  async function makeCampaign(): Promise<{
    chain: World;
    campaign: OpenCampaign;
    people: PeopleWorld;
  }> {
    const people = await makeWorld();
    const chain = await deployWorld(anvil, await buildContracts());
    const treeId = await createTree(chain);
    await publish(chain, treeId, { root: people.tree.root(), size: people.holders.length });
    const terms = compileTerms(people.policy);
    const params = {
      ...(await campaignParams(chain, treeId)),
      policy: policyOf(termsToFields(terms) as never),
    };
    const id = await createCampaign(chain, params);
    await fund(chain, id, 1_000n);
    return { chain, campaign: { id, params, treeId }, people };
  }

  /** The first holder's claim, for this recipient. */
  async function proveClaim(
    chain: World,
    campaign: OpenCampaign,
    people: PeopleWorld,
    recipient: Address,
  ) {
    const at = { chainId: 31337, gate: chain.distributor.address };
    const action = makeAction(recipient);
    const proven = await prove({
      ...(await proveParameters(people)),
      root: await newestRoot(chain, campaign.treeId),
      scope: computeScope({ ...at, label: `0x${campaign.id.toString(16).padStart(64, '0')}` }),
      context: computeContext({ ...at, id: campaign.id, actionHash: hashAction(action) }),
      checkedAt: await anvil.now(),
    });
    const { shown, checkedAt, ...rest } = proven.statement;
    const statement = { ...rest, shown: Number(shown), checkedAt: Number(checkedAt) };
    return { claim: { statement, proof: toContractProof(proven.proof) }, action };
  }

  it('pays the prover once; a thief is refused, and so is every changed signal (S4, S15)', async () => {
    const { chain, campaign, people } = await makeCampaign();
    const made = await proveClaim(chain, campaign, people, chain.cast.holder);
    await tryClaim(chain, campaign, made);

    const theft = makeAction(chain.cast.stranger);
    const expected = computeContext({
      chainId: 31337,
      gate: chain.distributor.address,
      id: campaign.id,
      actionHash: hashAction(theft),
    });
    const stolen = tryClaim(chain, campaign, { ...made, action: theft });
    await expectRevert(stolen, 'WrongContext', [expected, made.claim.statement.context]);

    const { statement, proof } = made.claim;
    for (const change of [
      { nullifier: statement.nullifier + 1n },
      { root: statement.root + 1n },
      { policy: statement.policy + 1n },
      { disclosed: 1n },
      { shown: 1 },
      { checkedAt: statement.checkedAt - 60 },
      { context: statement.context + 1n },
    ]) {
      expect(await chain.verifier.read.verify([proof, { ...statement, ...change }])).to.equal(
        false,
      );
    }
    expect(await chain.verifier.read.verify([proof, statement])).to.equal(true);

    await sendClaim(chain, campaign, made);
    expect(await chain.token.read.balanceOf([getAddress(chain.cast.holder)])).to.equal(100n);
    await expectRevert(tryClaim(chain, campaign, made), 'NullifierSpent', [statement.nullifier]);
  });

  it('is checked under the key that the manifest names (S1)', async () => {
    const chain = await deployWorld(anvil, await buildContracts());
    const { verifyingKey } = await sharedArtifacts();
    const key = await chain.verifier.read.verifyingKey();
    const g1 = (point: readonly string[]) => point.slice(0, 2).map(BigInt);
    const g2 = (point: readonly (readonly string[])[]) =>
      point.slice(0, 2).map(([real = '', imaginary = '']) => [BigInt(imaginary), BigInt(real)]);
    expect(key.alpha).to.deep.equal(g1(verifyingKey.vk_alpha_1));
    expect(key.beta).to.deep.equal(g2(verifyingKey.vk_beta_2));
    expect(key.gamma).to.deep.equal(g2(verifyingKey.vk_gamma_2));
    expect(key.delta).to.deep.equal(g2(verifyingKey.vk_delta_2));
    expect(key.ic).to.deep.equal(verifyingKey.IC.map(g1));
    expect(key.gamma).to.not.deep.equal(key.delta);
    const words = [key.alpha, key.beta, key.gamma, key.delta, key.ic].flat(2);
    const hash = keccak256(concat(words.map((word) => numberToHex(word, { size: 32 }))));
    expect(await chain.distributor.read.verifyingKeyHash()).to.equal(hash);
  });
});

type PeopleWorld = Awaited<ReturnType<typeof makeWorld>>;
