/**
 * Campaigns made by the chain actions, and claims on them that are proved with the trapdoor key: what the actions and the
 * verifier are compared on.
 * @module
 */
import { createClient, http, type Address } from 'viem';
import { mnemonicToAccount } from 'viem/accounts';
import { foundry } from 'viem/chains';
import {
  COIN,
  claimContext,
  createCampaign,
  fund,
  getCampaign,
  type CreateCampaignParameters,
} from '../../src/chain/campaigns.ts';
import type { ClaimToSend } from '../../src/chain/claims.ts';
import type { WriteClient } from '../../src/chain/client.ts';
import { mintExampleToken, type Deployment } from '../../src/chain/deployment.ts';
import { NEVER, type Field } from '../../src/protocol/field.ts';
import { definePolicy, type Policy, type PolicyDocument } from '../../src/protocol/policy.ts';
import { defineSchema } from '../../src/protocol/schema.ts';
import { toSignals, type Action, type Statement } from '../../src/protocol/statement.ts';
import type { Proof } from '../../src/prover/proof.ts';
import { GENESIS, startAnvil, type Anvil } from './anvil.ts';
import { createTree, makeAction, newestRoot, publish } from './campaigns.ts';
import { deploy, makeWorld, testContracts, type World } from './contracts.ts';
import { simulateProof, toProof } from './trapdoor.ts';
import { schemaDocument } from './world.ts';

export const DAY = 86_400n;

/** What a test's campaigns have in their budget. */
export const BUDGET = 10_000n;

/** Anvil's own. */
const MNEMONIC = 'test test test test test test test test test test test junk';

const schema = defineSchema(schemaDocument());

/** A policy of the schema "Residency" whose snapshot is the day before the chain began. */
export function makePolicy(changes: Partial<PolicyDocument> = {}): Policy {
  return definePolicy(
    {
      eligo: 'policy/1',
      schema: schema.id.toString(),
      issued: { before: (GENESIS - 1n).toString() },
      where: [{ field: 'tier', atLeast: 'basic' }],
      ...changes,
    },
    schema,
  );
}

/** A client that signs as an account of the chain. */
export function clientOf(anvil: Anvil, addressIndex: number): WriteClient {
  return createClient({
    chain: foundry,
    transport: http(anvil.url),
    pollingInterval: 5,
    account: mnemonicToAccount(MNEMONIC, { addressIndex }),
  });
}

/** A chain with the contracts, and those who act on it. Deployed once for a file: campaigns don't touch each other. */
export type TwinWorld = Awaited<ReturnType<typeof startTwinWorld>>;

export async function startTwinWorld() {
  const anvil = await startAnvil();
  const world = await makeWorld(anvil, await testContracts());
  const treeId = await createTree(world);
  await publish(world, treeId);
  return {
    ...{ anvil, world, treeId, deployment: recordOf(world) },
    integrator: clientOf(anvil, 5),
    holder: clientOf(anvil, 6),
    relayer: clientOf(anvil, 7),
    stranger: clientOf(anvil, 8),
    token: world.token.address,
  };
}

/** The deployment record of a world. */
function recordOf({ issuers, roots, grants, distributor }: World): Deployment {
  return {
    eligo: 'deployment/1',
    chainId: String(foundry.id),
    circuit: 'c'.repeat(64),
    security: 'INSECURE-DEV',
    contracts: {
      IssuerRegistry: issuers.address,
      RootRegistry: roots.address,
      Grants: grants.address,
      Distributor: distributor.address,
    },
    block: '0',
  };
}

/** Deploys one of the tokens of doubles/PermitTokens.sol. */
export async function deployPermitToken(
  { anvil }: TwinWorld,
  name: 'PermitToken' | 'MislabelledToken',
): Promise<Address> {
  return deploy(anvil, await testContracts(), name);
}

/** A fixed campaign of 100 base units a claim, one a person, open for thirty days from now. */
export async function parametersOf(twin: TwinWorld): Promise<CreateCampaignParameters> {
  const now = await twin.anvil.now();
  return {
    deployment: twin.deployment,
    token: twin.token,
    policy: makePolicy(),
    documentURI: 'https://campaign.example/policy.json',
    amountKind: 'fixed',
    unit: 100n,
    source: twin.treeId,
    index: { kind: 'count', cap: 1n },
    maxStaleness: 3_600n,
    maxSilence: NEVER,
    proofLifetime: 600n,
    opensAt: now,
    closesAt: now + 30n * DAY,
  };
}

/** Creates a campaign as the integrator, with a budget. */
export async function openCampaign(
  twin: TwinWorld,
  changes: Partial<CreateCampaignParameters> = {},
): Promise<bigint> {
  const { integrator, deployment } = twin;
  const parameters = { ...(await parametersOf(twin)), ...changes };
  const { token } = parameters;
  const campaignId = await createCampaign(integrator, parameters);
  const to = integrator.account.address;
  if (token !== COIN) await mintExampleToken(integrator, { token, to, amount: BUDGET });
  await fund(integrator, { deployment, campaignId, token, amount: BUDGET });
  return campaignId;
}

let people = 5_000_000n;

/** A claim by a new person that the campaign would pay to the holder now, proved. */
export async function makeClaim(
  twin: TwinWorld,
  campaignId: bigint,
  changes: Partial<Omit<Statement, 'context'>> & { readonly action?: Partial<Action> } = {},
): Promise<ClaimToSend> {
  const { deployment, anvil } = twin;
  const { action: wanted, ...said } = changes;
  const campaign = await getCampaign(twin.relayer, { deployment, campaignId });
  const action = makeAction(twin.holder.account.address, wanted);
  const now = await anvil.now();
  const statement: Statement = {
    nullifier: (people += 1n) as Field,
    root: (await newestRoot(twin.world, campaign.source)) as Field,
    policy: campaign.policy,
    disclosed: 0n,
    shown: campaign.index.kind === 'metered' ? 2n ** 32n - 1n : 0n,
    checkedAt: now - (now % 60n),
    context: claimContext({ deployment, campaignId, action }),
    ...said,
  };
  return { statement, proof: proofOf(statement), action };
}

/** A proof of a statement, whatever it says. */
export function proofOf(statement: Statement): Proof {
  return toProof(simulateProof(toSignals(statement)));
}
