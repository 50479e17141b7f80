/**
 * What the chain charges, from the receipts of a fresh chain, never from an estimate, for real proofs. The claims measured
 * have every check in: one member's list, policy, freshness, nullifier, event, a fixed amount of an ERC-20 paid to a new
 * holder; none is the campaign's first, and no slot is warm before its transaction.
 * @module
 */
import { encodeAbiParameters, keccak256, stringToHex, type Address } from 'viem';
import { writeContract } from 'viem/actions';
import { claimBatch } from '../../src/chain/claims.ts';
import { getChainTime } from '../../src/chain/client.ts';
import { nextPublication, publish } from '../../src/chain/roots.ts';
import { waitForReceipt } from '../../src/chain/transactions.ts';
import { hashAttestation } from '../../src/protocol/attestation.ts';
import { NEVER } from '../../src/protocol/field.ts';
import { computeContext, computeScope } from '../../src/protocol/statement.ts';
import { compileTerms, computeTermsHash } from '../../src/protocol/terms.ts';
import { loadArtifacts } from '../../src/prover/artifacts.ts';
import { stopWorkers } from '../../src/prover/snarkjs.ts';
import { toContractProof } from '../../src/prover/proof.ts';
import { prove } from '../../src/prover/prove.ts';
import { EMPTY_LEAF } from '../../src/tree/tree.ts';
import { theIssuer, type Cast } from '../demo/issuer.ts';
import type { Story } from '../demo/story.ts';
import {
  TOKEN,
  openCampaign,
  openWorld,
  pathOf,
  proveClaim,
  publishTree,
  sendClaim,
  type ReadyClaim,
  type World,
} from '../demo/world.ts';
import { measureAdapters } from './adapters.ts';
import { deployCompiled } from './contracts.ts';
import { measureGovernance } from './governance.ts';
import { makeReport, measure, type Measure, type Report } from './report.ts';

/** What others publish or were measured at (their receipts, not this run's). */
const QUOTED = {
  'peer.semaphoreV4.validateProof': 285_267,
  'peer.uniswap.merkleClaim': 95_629,
  'peer.tokenTable.claim': 101_777,
  'peer.tokenTable.delegateClaimToNewHolder': 121_498,
} as const;

/** Prices of EIP-1108. */
const EC_ADD = 150;
const EC_MUL = 6_000;
const PAIRING = 45_000;
const PAIR = 34_000;

/** What the precompiles alone charge for n claims of one policy in one check, for each. */
function floorOf(n: number): number {
  // One product and one sum for each signal but the policy's; in a batch R · alpha, R · base, and two products a proof.
  const signals = 4 * (EC_MUL + EC_ADD);
  const batch = n === 1 ? 0 : 2 * EC_MUL + (n - 1) * (2 * EC_MUL + EC_ADD);
  return (PAIRING + (n + 3) * PAIR + signals + batch) / n;
}

/** The demonstration's steps, told to nobody. */
const silent: Pick<Story, 'step'> = {
  step: async (_chapter, _title, work) => (await work()).result as never,
};

/** Measures. */
export async function benchGas(): Promise<Report> {
  const deployed = new Map<string, { readonly address: Address; readonly gas: number }>();
  const world = await openWorld(await loadArtifacts(), ({ name, address, gas }) => {
    deployed.set(name, { address, gas: Number(gas) });
  });
  try {
    const cast = await theIssuer(silent, world);
    const publications = await measurePublications(world, cast);
    const claims = await measureClaims(world, cast);
    const poseidonT3 = deployed.get('PoseidonT3')?.address ?? '0x';
    const votes = await measureVotes(world, cast, poseidonT3);
    const adapters = await measureAdapters(world, cast, poseidonT3);
    const governance = await measureGovernance(world, cast.issuer);
    const floors = [1, 16, 64].map((n): [string, Measure] => [
      `gas.floor.${n === 1 ? 'single' : `batch${n}`}`,
      measure('gas, precompiles', [floorOf(n)]),
    ]);
    return makeReport('gas', {
      ...claims,
      'gas.claim.single.withoutPayment': votes,
      ...adapters,
      ...Object.fromEntries(floors),
      ...publications,
      ...governance,
      ...gasOf('gas.deploy', deployed),
      ...Object.fromEntries(
        Object.entries(QUOTED).map(([key, gas]) => [key, measure('gas, quoted', [gas])]),
      ),
    });
  } finally {
    await world.chain.stop();
    await stopWorkers();
  }
}

async function measureClaims(world: World, cast: Cast): Promise<Record<string, Measure>> {
  const { issuer, policy, holders } = cast;
  const campaignId = await openCampaign(world, {
    policy,
    source: issuer.treeId,
    maxStaleness: 0n,
    budget: 20_000n * TOKEN,
    cap: 1_000n,
  });
  let claimIndex = 0n;
  const next = async (): Promise<ReadyClaim> =>
    proveClaim(world, {
      holder: holders.claimant,
      tree: issuer.tree,
      policy,
      campaignId,
      claimIndex: claimIndex++,
    });
  await sendClaim(world, await next());
  const singles: number[] = [];
  for (let i = 0; i < 3; i += 1) singles.push(Number((await sendClaim(world, await next())).gas));

  const { submitter, deployment } = world;
  const batchOf = async (n: number): Promise<number> => {
    const ready: ReadyClaim[] = [];
    for (let i = 0; i < n; i += 1) ready.push(await next());
    const { outcomes, receipt } = await claimBatch(submitter, {
      deployment,
      campaignId,
      claims: ready,
    });
    if (!receipt || !outcomes.every(({ paid }) => paid)) throw new Error('a claim was not paid');
    return Number(receipt.gasUsed) / n;
  };
  return {
    'gas.claim.single': measure('gas', singles),
    'gas.claim.batch16': measure('gas a claim', [await batchOf(16), await batchOf(16)]),
    'gas.claim.batch64': measure('gas a claim', [await batchOf(64)]),
  };
}

/** A gate that pays nothing: a vote, not the first for its choice. */
async function measureVotes(world: World, cast: Cast, poseidonT3: Address): Promise<Measure> {
  const { submitter, deployment, artifacts } = world;
  const { issuer, policy, holders } = cast;
  const terms = compileTerms(policy);
  const acceptance = {
    source: issuer.treeId,
    maxStaleness: 0,
    maxSilence: Number(NEVER),
    proofLifetime: 3_600,
    indexKind: 0,
    periodStart: 0,
    indexLimit: 100,
  };
  const chain = { account: submitter.account, chain: submitter.chain };
  const args = [deployment.contracts.RootRegistry, computeTermsHash(terms), acceptance];
  const vote = await deployCompiled(submitter, { name: 'GatedVote', args, poseidonT3 });
  const { address: gate, abi } = vote;

  const at = { chainId: deployment.chainId, gate };
  const choice = 1;
  const actionHash = keccak256(encodeAbiParameters([{ type: 'uint8' }], [choice]));
  const votes: number[] = [];
  for (let claimIndex = 0n; claimIndex < 4n; claimIndex += 1n) {
    const { statement, proof } = await prove({
      artifacts,
      identity: holders.claimant.person.identity,
      attestation: holders.claimant.attestation,
      ...(await pathOf(issuer.tree, holders.claimant.attestation)),
      policy,
      scope: computeScope({ ...at, label: stringToHex('vote', { size: 32 }) }),
      context: computeContext({ ...at, id: 0n, actionHash }),
      checkedAt: await getChainTime(submitter),
      claimIndex,
    });
    const claim = { statement, proof: toContractProof(proof) };
    const call = { address: gate, abi, functionName: 'vote', args: [choice, claim], ...chain };
    const hash = await writeContract(submitter, { ...call, gas: 2_000_000n });
    votes.push(Number((await waitForReceipt(submitter, hash)).gasUsed));
  }
  return measure('gas', votes.slice(1));
}

async function measurePublications(world: World, cast: Cast): Promise<Record<string, Measure>> {
  const { owner, deployment } = world;
  const { issuer, newcomers, holders } = cast;
  const { tree, treeId } = issuer;
  const additions: number[] = [];
  for (const newcomer of newcomers.slice(0, 3)) {
    tree.append([hashAttestation(newcomer)]);
    additions.push(Number(await publishTree(world, issuer)));
  }
  const revocations: number[] = [];
  for (const [i, holder] of [holders.revoked, holders.frozen, holders.late].entries()) {
    const position = tree.indexOf(hashAttestation(holder.attestation));
    tree.update([{ position, leaf: EMPTY_LEAF }]);
    const [root, size, revoked] = [tree.root(), tree.size(), BigInt(i + 1)];
    const publication = await nextPublication(owner, { deployment, treeId, root, size, revoked });
    revocations.push(Number((await publish(owner, { deployment, publication })).gasUsed));
  }
  return {
    'gas.publish.add': measure('gas', additions),
    'gas.publish.revoke': measure('gas', revocations),
  };
}

function gasOf(
  prefix: string,
  contracts: ReadonlyMap<string, { readonly gas: number }>,
): Record<string, Measure> {
  const entries = [...contracts].map(([name, { gas }]) => [
    `${prefix}.${name}`,
    measure('gas', [gas]),
  ]);
  return Object.fromEntries(entries) as Record<string, Measure>;
}
