/**
 * A campaign on a chain of its own, for the verbs that ask one.
 * @module
 */
import { createTestClient, http, publicActions } from 'viem';
import { foundry } from 'viem/chains';
import { createCampaign, fund } from '../../src/chain/campaigns.ts';
import { connect } from '../../src/chain/client.ts';
import {
  deployContracts,
  deployExampleToken,
  mintExampleToken,
} from '../../src/chain/deployment.ts';
import { grantRole, registerIssuer } from '../../src/chain/issuers.ts';
import { LOCAL_KEYS, startLocalChain } from '../../src/chain/localChain.ts';
import { nextPublication, publish, registerTree } from '../../src/chain/roots.ts';
import { NEVER } from '../../src/protocol/field.ts';
import { loadArtifacts } from '../../src/prover/artifacts.ts';
import { createTree } from '../../src/tree/tree.ts';
import { DAY, NOW, writeHolder, type Folder } from './cli.ts';

/**
 * A chain that begins at `NOW`, an issuer whose tree is the holder's, and a campaign of 100 units a claim that follows
 * policy.json; deployment.json beside the holder's files.
 */
export async function openCampaignWorld(folder: Folder) {
  const chain = await startLocalChain({ arguments: ['--timestamp', String(NOW)] });
  const owner = await connect({ url: chain.url, privateKey: LOCAL_KEYS[0]! });
  const deployment = await deployContracts(owner, { artifacts: await loadArtifacts() });
  const token = (await deployExampleToken(owner)).address;
  const issuerId = await registerIssuer(owner, { deployment, uri: 'https://issuer.example' });
  const [publisher, account] = ['publisher', owner.account.address] as const;
  await grantRole(owner, { deployment, issuerId, role: publisher, account });
  const treeId = await registerTree(owner, { deployment, issuerId });
  const registry = deployment.contracts.RootRegistry;
  const holder = await writeHolder(folder, { registry, tree: treeId });
  const tree = await createTree({ leaves: holder.leaves });
  const [root, size] = [tree.root(), tree.size()];
  const publication = await nextPublication(owner, { deployment, treeId, root, size, revoked: 0n });
  await publish(owner, { deployment, publication });
  const campaignId = await createCampaign(owner, {
    deployment,
    token,
    policy: holder.policy,
    documentURI: 'https://campaign.example/policy.json',
    amountKind: 'fixed',
    unit: 100n,
    source: treeId,
    index: { kind: 'count', cap: 1n },
    maxStaleness: 0n,
    maxSilence: NEVER,
    proofLifetime: 600n,
    opensAt: NOW,
    closesAt: NOW + DAY,
  });
  await mintExampleToken(owner, { token, to: account, amount: 1_000n });
  await fund(owner, { deployment, campaignId, token, amount: 1_000n });
  await folder.write('deployment.json', deployment);
  const clock = createTestClient({ chain: foundry, mode: 'anvil', transport: http(chain.url) });
  const onChain = [
    ...['--rpc', chain.url, '--deployment', folder.file('deployment.json')],
    ...['--campaign', String(campaignId)],
  ];
  return {
    ...{ chain, owner, deployment, token, treeId, campaignId, holder, tree },
    test: clock.extend(publicActions),
    /** The flags that name the campaign. */
    onChain,
  };
}
