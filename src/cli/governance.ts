/**
 * What every verb of governance does: the act is rehearsed first, so that a refusal costs nothing and comes before a word
 * is said; then it is said who is affected; then, without `--dry-run`, it is done.
 * @module
 */
import type { Address, TransactionReceipt } from 'viem';
import { findAffected } from '../chain/affectedFacts.ts';
import type { Deed } from '../chain/affectedLists.ts';
import type { ReadClient, WriteClient } from '../chain/client.ts';
import type { Deployment } from '../chain/deployment.ts';
import { GOVERNANCE_REASONS, type Because, type MaybeBecause } from '../chain/governance.ts';
import { rehearse } from '../chain/rehearse.ts';
import { invalidInput } from '../errors.ts';
import { describeAffected, type KnownAffected } from './affectedWords.ts';
import { addressFlag, connectSigner, readNode, type Node } from './gate.ts';
import { choiceFlag, evidenceFlag, refuseBeside } from './flags.ts';
import { facts, warnOfKeys } from './output.ts';
import type { Context, Flags } from './verb.ts';

/** The flags that name who acts. */
export const ACTING_FLAGS = {
  '--key-file <file>':
    'holds the private key of the account that acts and pays, - for standard input',
  '--dry-run': 'shows who would be affected, and the call; nothing is sent',
  '--as <address>': 'with --dry-run, instead of a key: who would act, such as a timelock',
} as const;

const REASONS = GOVERNANCE_REASONS.join(', ');

/** The flag for an act that always has a cause. */
export const REASON_FLAG = { '--reason <reason>': `why, for everybody: ${REASONS}` } as const;

/** The flag for an act that needs no cause. */
export const MAYBE_REASON_FLAG = {
  '--reason <reason>': `why, for everybody: ${REASONS}; planned if left out`,
} as const;

export const EVIDENCE_FLAG = {
  '--evidence <file>': 'what says more: a file, or its sha256 as 0x and 64 hex digits',
} as const;

/** Why, by the flags. @throws {InvalidInput} */
export async function readBecause({ flags }: Context): Promise<Because> {
  const reason = choiceFlag(flags, '--reason', GOVERNANCE_REASONS);
  const evidence = await evidenceFlag(flags, '--evidence');
  return { reason, ...(evidence && { evidence }) };
}

/** Why, if the flags say so. @throws {InvalidInput} */
export async function readMaybeBecause(context: Context): Promise<MaybeBecause> {
  if (context.flags.find('--reason') !== undefined) return readBecause(context);
  const evidence = await evidenceFlag(context.flags, '--evidence');
  return evidence ? { evidence } : {};
}

/** Who acts. `signer` is there if it is more than a dry run. */
export type Actor = Node & {
  readonly account: Address;
  readonly signer: WriteClient | undefined;
};

/** Connects to the node of the flags as whoever acts. @throws {InvalidInput} @throws {ChainUnavailable} */
export async function connectActor(context: Context): Promise<Actor> {
  const stranger = strangerOf(context.flags);
  if (stranger !== undefined) {
    const { client, deployment } = await readNode(context);
    return { client, deployment, account: stranger, signer: undefined };
  }
  return actorOf(context.flags, await connectSigner(context));
}

/** Who acts, with the key that signs. Beside `--dry-run` it signs nothing. */
export function actorOf(
  flags: Flags,
  { client, deployment }: { readonly client: WriteClient; readonly deployment: Deployment },
): Actor {
  const signer = flags.on('--dry-run') ? undefined : client;
  return { client, deployment, account: client.account.address, signer };
}

/** The account of `--as`. @throws {InvalidInput} if it is more than a dry run, or a key is given, too */
export function strangerOf(flags: Flags): Address | undefined {
  if (flags.find('--as') === undefined) return undefined;
  if (!flags.on('--dry-run'))
    throw invalidInput('--as', undefined, 'goes with --dry-run: nobody signs for an address');
  refuseBeside(flags, '--as', ['--key-file']);
  return addressFlag(flags, '--as');
}

/** An act on-chain, and what is said of it. */
export type Act<T> = {
  /** What is shown while it goes on, such as `freezing the tree`. */
  readonly name: string;
  /** Sends one transaction. */
  readonly send: (client: WriteClient) => Promise<T>;
  /** Sends the same transaction and does nothing else, where `send` does more before it. */
  readonly rehearsal?: (client: WriteClient) => Promise<unknown>;
  /** What it does to others, if anything. */
  readonly deed?: Deed | undefined;
  /** The live attestations of a tree whose store is at hand. */
  readonly live?: Readonly<{ treeId: bigint; live: number }> | undefined;
  /** What the answer says beside, by name; undefined is left out. */
  readonly about: Readonly<Record<string, string | bigint | undefined>>;
  /** What is known only afterwards. */
  readonly found?: (outcome: T) => Readonly<Record<string, string | bigint | undefined>>;
  /** What else there is to know of it, in sentences. */
  readonly notes?: readonly string[];
};

/** What was affected, and what came of an act; nothing came of a dry run. */
export type Performed<T> = { readonly outcome: T | undefined };

/** Rehearses an act, says whom it affects, and does it unless it is a dry run. @throws {EligoError} */
export async function perform<T>(
  context: Context,
  actor: Actor,
  act: Act<T>,
): Promise<Performed<T>> {
  const { note, result, step } = context;
  const { client, deployment, account, signer } = actor;
  const { from, ...call } = await rehearse(client, account, act.rehearsal ?? act.send);
  const affected = await learn(client, deployment, act);
  const words = [...(affected ? describeAffected(affected) : []), ...(act.notes ?? [])];
  const { about, found } = act;
  if (!signer) {
    const lines = [...facts({ ...about, from, ...call }), ...words, 'Nothing was sent.'];
    result({ done: false, ...about, account: from, call, affected, notes: act.notes }, lines);
    return { outcome: undefined };
  }
  warnOfKeys(context, deployment.security === 'INSECURE-DEV');
  for (const line of words) note(line);
  const outcome = await step(act.name, () => act.send(signer));
  const known = { ...about, ...found?.(outcome) };
  result(
    { done: true, ...known, account, affected, notes: act.notes },
    facts({ ...known, account }),
  );
  return { outcome };
}

async function learn<T>(
  client: ReadClient,
  deployment: Deployment,
  { deed, live }: Act<T>,
): Promise<KnownAffected | undefined> {
  if (!deed) return undefined;
  const { holders, ...affected } = await findAffected(client, { deployment, deed });
  return {
    ...affected,
    holders: holders.map((of) => (of.treeId === live?.treeId ? { ...of, live: live.live } : of)),
  };
}

/** What a receipt adds to an answer. */
export function transactionOf({ transactionHash }: TransactionReceipt): {
  readonly transaction: string;
} {
  return { transaction: transactionHash };
}
