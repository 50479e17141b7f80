/**
 * Claims on campaigns: one, or many in one transaction; what was spent, and what became of it (PROTOCOL.md section 5).
 * @module
 */
import { isAddressEqual, parseEventLogs, type Address, type Hex, type Log } from 'viem';
import type { TransactionReceipt } from 'viem';
import { getContractEvents, getTransactionReceipt, simulateContract } from 'viem/actions';
import type { ErrorCode, ErrorData, EligoError } from '../errors.ts';
import { toField, type Field } from '../protocol/field.ts';
import { computeContext, hashAction, type Action } from '../protocol/statement.ts';
import { toContractProof, type ProvenStatement } from '../prover/proof.ts';
import { errorsAbi } from './abis.ts';
import type { ReadClient, WriteClient } from './client.ts';
import type { Deployment } from './deployment.ts';
import { distributor, search, timeOf, type OneCampaign } from './distributor.ts';
import { answerOf, fromRefusal } from './reverts.ts';
import { read, send } from './send.ts';

/** A proof, and what it was made to do. */
export type ClaimToSend = ProvenStatement & { readonly action: Action };

/** What a claim was paid, base units. */
export type Payment = {
  /** Before the fee. */
  readonly amount: bigint;
  readonly fee: bigint;
  /** Where the campaign pays by a schedule; undefined otherwise, and where the fee took all. */
  readonly grantId?: bigint | undefined;
};

/** Why a claim of a batch isn't paid: the error that it alone would meet. */
export type Refusal = {
  readonly paid: false;
  readonly refused: ErrorCode;
  readonly message: string;
  readonly data: ErrorData;
};

/** What became of a claim of a batch. */
export type ClaimOutcome = ({ readonly paid: true } & Payment) | Refusal;

/** Claims: sends a proof and what it was made to do. By anyone: the proof says who is paid. @returns what was paid */
export async function claim(
  client: WriteClient,
  parameters: OneCampaign & ClaimToSend,
): Promise<{ readonly receipt: TransactionReceipt } & Payment> {
  const { deployment, statement } = parameters;
  const { address, abi } = distributor(deployment);
  const receipt = await send(client, {
    ...{ address, abi, functionName: 'claim' },
    args: toClaimArguments(parameters),
  });
  const [made] = readClaims(receipt.logs, { deployment, nullifier: statement.nullifier });
  const { amount = 0n, fee = 0n, grantId } = made ?? {};
  return { receipt, amount, fee, grantId };
}

type Batch = OneCampaign & { readonly claims: readonly ClaimToSend[] };

/**
 * Asks what a batch would do now, by a call that changes nothing.
 * @param parameters.submitter who would send it; the client's account if left out
 * @returns for each claim why it would be skipped, undefined if it would be paid
 * @throws {InvalidProof} if any proof doesn't hold: `verifyBatch` says which
 * @throws {EligoError} for what stops all claims: `CampaignPaused`, `CampaignClosed`
 */
export async function simulateBatch(
  client: ReadClient,
  parameters: Batch & { readonly submitter?: Address },
): Promise<readonly (Refusal | undefined)[]> {
  const { deployment, submitter } = parameters;
  const { address, abi } = distributor(deployment);
  const { result } = await answerOf(
    simulateContract(client, {
      address,
      abi: [...abi, ...errorsAbi] as unknown as typeof abi,
      functionName: 'claimBatch',
      args: toBatchArguments(parameters),
      account: submitter ?? client.account?.address,
    }),
  );
  return parameters.claims.map((_, i) => {
    // Where all would be paid, the contract answers with no refusals at all.
    const refusal = result[i] ?? '0x';
    return refusal === '0x' ? undefined : toRefusal(fromRefusal(refusal));
  });
}

/**
 * Pays many claims with one check of all proofs. It asks first, and sends those alone that would be paid: if none is left,
 * nothing. What became of the others between question and transaction, the receipt says.
 * @returns what became of each claim, in their order, and the receipt if there was a transaction
 * @throws {EligoError} as `simulateBatch`
 */
export async function claimBatch(
  client: WriteClient,
  parameters: Batch,
): Promise<{
  readonly outcomes: readonly ClaimOutcome[];
  readonly receipt: TransactionReceipt | undefined;
}> {
  const { deployment, claims } = parameters;
  const refusals = await simulateBatch(client, parameters);
  const payable = claims.filter((_, i) => refusals[i] === undefined);
  if (payable.length === 0)
    return { outcomes: refusals.filter((refusal) => refusal !== undefined), receipt: undefined };
  const { address, abi } = distributor(deployment);
  const receipt = await send(client, {
    ...{ address, abi, functionName: 'claimBatch' },
    args: toBatchArguments({ ...parameters, claims: payable }),
  });
  const outcomes = claims.map(
    ({ statement }, i) =>
      refusals[i] ?? outcomeOf(receipt.logs, { deployment, nullifier: statement.nullifier }),
  );
  return { outcomes, receipt };
}

function outcomeOf(logs: readonly Log[], spent: Spent): ClaimOutcome {
  const [made] = readClaims(logs, spent);
  if (made) {
    const { amount, fee, grantId } = made;
    return { paid: true, amount, fee, grantId };
  }
  const skipped = ownLogs(logs, spent.deployment).find(
    (log) => log.eventName === 'ClaimSkipped' && log.args.nullifier === spent.nullifier,
  );
  const refusal = skipped?.eventName === 'ClaimSkipped' ? skipped.args.refusal : '0x';
  return toRefusal(fromRefusal(refusal));
}

function toRefusal({ code, message, data }: EligoError): Refusal {
  return { paid: false, refused: code, message, data };
}

/** A claim that was paid, and where. */
export type MadeClaim = Payment & {
  readonly campaignId: bigint;
  readonly nullifier: Field;
  readonly recipient: Address;
  readonly root: Field;
  readonly block: bigint;
  /** The block's, Unix seconds. */
  readonly time: bigint;
  readonly transaction: Hex;
};

type Spent = { readonly deployment: Deployment; readonly nullifier: Field };

/**
 * Finds the claim that spent a nullifier, in the events.
 * @param parameters.fromBlock where to begin; the deployment's own block if left out
 */
export async function findClaim(
  client: ReadClient,
  parameters: Spent & { readonly fromBlock?: bigint },
): Promise<MadeClaim | undefined> {
  const { deployment, nullifier, fromBlock } = parameters;
  const question = { ...distributor(deployment), args: { nullifier }, strict: true } as const;
  const ask = (range: { readonly fromBlock: bigint; readonly toBlock: bigint }) =>
    getContractEvents(client, { ...question, ...range, eventName: 'Claimed' });
  const [event] = await search(client, deployment, ask, fromBlock);
  if (!event) return undefined;
  const { transactionHash: transaction, blockNumber: block } = event;
  const { logs } = await answerOf(getTransactionReceipt(client, { hash: transaction }));
  const [made] = readClaims(logs, parameters);
  return made && { ...made, block, time: await timeOf(client, block), transaction };
}

/** The claim of a nullifier in the logs of a transaction: what was paid, the fee, the grant. */
function readClaims(
  logs: readonly Log[],
  { deployment, nullifier }: Spent,
): readonly Omit<MadeClaim, 'block' | 'time' | 'transaction'>[] {
  const own = ownLogs(logs, deployment);
  let [fee, grantId]: [bigint, bigint | undefined] = [0n, undefined];
  for (const log of own) {
    if (log.eventName === 'FeePaid' && log.args.nullifier === nullifier) fee = log.args.fee;
    if (log.eventName === 'GrantMade' && log.args.nullifier === nullifier)
      grantId = log.args.grantId;
  }
  return own.flatMap((log) => {
    if (log.eventName !== 'Claimed' || log.args.nullifier !== nullifier) return [];
    const { campaignId, recipient, amount } = log.args;
    const root = toField(log.args.root, 'root');
    return [{ campaignId, nullifier, recipient, amount, root, fee, grantId }];
  });
}

/** The distributor's events on claims. A token or a hook may emit others under the same names. */
function ownLogs(logs: readonly Log[], deployment: Deployment) {
  const { address, abi } = distributor(deployment);
  return parseEventLogs({
    abi,
    eventName: ['Claimed', 'FeePaid', 'GrantMade', 'ClaimSkipped'],
    logs: logs.filter((log) => isAddressEqual(log.address, address)),
  });
}

/** What a claim's proof is bound to. */
export function claimContext(parameters: OneCampaign & { readonly action: Action }): Field {
  const { deployment, campaignId, action } = parameters;
  return computeContext({
    chainId: deployment.chainId,
    gate: deployment.contracts.Distributor,
    id: campaignId,
    actionHash: hashAction(action),
  });
}

/** Whether a nullifier was used at the distributor. */
export async function isSpent(
  client: ReadClient,
  parameters: { readonly deployment: Deployment; readonly nullifier: Field },
): Promise<boolean> {
  return read(client, {
    ...distributor(parameters.deployment),
    functionName: 'isSpent',
    args: [parameters.nullifier],
  });
}

/** The arguments of the contract's `claim`. */
export function toClaimArguments(parameters: ClaimToSend & { readonly campaignId: bigint }) {
  return [parameters.campaignId, toContractClaim(parameters), parameters.action] as const;
}

/** A proof with what it says, as every gate's functions take it. */
export function toContractClaim({ statement, proof }: ProvenStatement) {
  const { nullifier, root, policy, disclosed, shown, checkedAt, context } = statement;
  const fields = {
    ...{ nullifier, root, policy, disclosed, context },
    shown: Number(shown),
    checkedAt: Number(checkedAt),
  };
  return { statement: fields, proof: toContractProof(proof) };
}

function toBatchArguments({ campaignId, claims }: Batch) {
  return [campaignId, claims.map(toContractClaim), claims.map(({ action }) => action)] as const;
}
