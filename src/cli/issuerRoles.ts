/**
 * `eligo issuer appoint`, `issuer dismiss`, `issuer offer`, `issuer accept` and `issuer show`: who acts for an issuer.
 * @module
 */
import type { Command } from 'commander';
import { isAddressEqual, type Address } from 'viem';
import { getIssuer } from '../chain/issuerFacts.ts';
import {
  acceptOwnership,
  grantRole,
  offerOwnership,
  renounceRole,
  revokeRole,
  withdrawOwnership,
} from '../chain/issuers.ts';
import { EligoError } from '../errors.ts';
import { addressFlag, readNode } from './gate.ts';
import {
  ACTING_FLAGS,
  EVIDENCE_FLAG,
  MAYBE_REASON_FLAG,
  REASON_FLAG,
  perform,
  readBecause,
  readMaybeBecause,
  transactionOf,
} from './governance.ts';
import { ISSUER_FLAG, atDesk } from './issuerConfig.ts';
import { choiceFlag, oneOf, refuseBeside, refuseWithout } from './flags.ts';
import { OFFICE_FLAGS, atOffice } from './issuerOffice.ts';
import { facts } from './output.ts';
import { addVerb, uintFlag, type Context, type Surroundings } from './verb.ts';

const OPTIONAL = { ...EVIDENCE_FLAG, ...OFFICE_FLAGS, ...ACTING_FLAGS } as const;
const ACCOUNT = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8';

/** What is to be known of a key that may not publish any more. */
export const PUBLISHER_LEAVES =
  'What the old key published stands, unless the tree is frozen. Publications that it signed for others to submit, and credentials that it signed, count no more: hand them out anew (eligo issuer credentials --force).';

/** Adds `issuer appoint`, `issuer dismiss`, `issuer offer`, `issuer accept` and `issuer show`. */
export function addIssuerRoles(noun: Command, around: Surroundings): void {
  addVerb(noun, around, {
    name: 'appoint',
    summary: 'make an account a publisher or a guardian',
    required: {
      '--role <role>': 'publisher or guardian; owners are made by issuer offer',
      '--account <address>': 'whom',
    },
    optional: { ...MAYBE_REASON_FLAG, ...OPTIONAL },
    example: `issuer appoint --role guardian --account ${ACCOUNT} --dry-run`,
    act: appoint,
  });
  addVerb(noun, around, {
    name: 'dismiss',
    summary: "take a role from an account, or give up one's own",
    required: {
      '--role <role>': 'owner, publisher or guardian; the last owner stays',
      '--account <address>': 'from whom; yourself, if it is your own',
      ...REASON_FLAG,
    },
    optional: OPTIONAL,
    example: `issuer dismiss --role publisher --account ${ACCOUNT} --reason departure`,
    act: dismiss,
  });
  addVerb(noun, around, {
    name: 'offer',
    summary: 'offer ownership; nothing changes until it is accepted',
    optional: {
      '--to <address>': 'whom; a later offer takes the place of this one',
      '--replace': 'hands your own ownership over, instead of sharing it',
      '--withdraw': 'instead: offers it to nobody any more; with --reason',
      ...MAYBE_REASON_FLAG,
      ...OPTIONAL,
    },
    example: `issuer offer --to ${ACCOUNT} --replace --dry-run`,
    act: offer,
  });
  addVerb(noun, around, {
    name: 'accept',
    summary: 'become an owner of an issuer, as was offered',
    optional: { ...OFFICE_FLAGS, ...ACTING_FLAGS },
    example:
      'issuer accept --issuer-id 1 --rpc http://127.0.0.1:8545 --deployment deployment.json --key-file key.txt',
    act: accept,
  });
  addVerb(noun, around, {
    name: 'show',
    summary: 'show who owns an issuer, who publishes, who may freeze, and its trees',
    optional: OFFICE_FLAGS,
    example: 'issuer show --issuer-id 1 --rpc http://127.0.0.1:8545 --deployment deployment.json',
    act: show,
  });
}

async function appoint(context: Context): Promise<void> {
  const { flags } = context;
  const role = choiceFlag(flags, '--role', ['publisher', 'guardian']);
  const account = addressFlag(flags, '--account');
  const because = await readMaybeBecause(context);
  await atOffice(context, async ({ actor, issuerId }) => {
    const { deployment } = actor;
    await perform(context, actor, {
      name: 'appointing',
      send: (client) => grantRole(client, { deployment, issuerId, role, account, ...because }),
      deed: { kind: 'roles', issuerId },
      about: { issuer: issuerId, role, appointed: account, ...because },
      found: transactionOf,
      notes: [
        role === 'publisher'
          ? 'A publisher can publish any root for all of these trees, and void earlier ones.'
          : 'A guardian can freeze each of these trees, and only an owner unfreezes.',
      ],
    });
  });
}

async function dismiss(context: Context): Promise<void> {
  const { flags } = context;
  const role = choiceFlag(flags, '--role', ['owner', 'publisher', 'guardian']);
  const account = addressFlag(flags, '--account');
  const because = await readBecause(context);
  await atOffice(context, async ({ actor, issuerId }) => {
    const { deployment } = actor;
    const own = isAddressEqual(account, actor.account);
    await perform(context, actor, {
      name: own ? 'giving the role up' : 'dismissing',
      send: (client) =>
        own
          ? renounceRole(client, { deployment, issuerId, role, ...because })
          : revokeRole(client, { deployment, issuerId, role, account, ...because }),
      deed: { kind: 'roles', issuerId },
      about: { issuer: issuerId, role, dismissed: account, ...because },
      found: transactionOf,
      notes: role === 'publisher' ? [PUBLISHER_LEAVES] : [],
    });
  });
}

async function offer(context: Context): Promise<void> {
  const { flags } = context;
  const withdraws = oneOf(flags, ['--to', '--withdraw']) === '--withdraw';
  if (withdraws) refuseBeside(flags, '--withdraw', ['--replace']);
  const account = withdraws ? undefined : addressFlag(flags, '--to');
  const replaces = flags.on('--replace');
  const { reason = 'planned', ...rest } = withdraws
    ? await readBecause(context)
    : await readMaybeBecause(context);
  const because = { reason, ...rest };
  await atOffice(context, async ({ actor, issuerId }) => {
    const { deployment } = actor;
    await perform(context, actor, {
      name: withdraws ? 'withdrawing the offer' : 'offering ownership',
      send: (client) =>
        account === undefined
          ? withdrawOwnership(client, { deployment, issuerId, ...because })
          : offerOwnership(client, { deployment, issuerId, account, replaces, ...because }),
      deed: { kind: 'roles', issuerId },
      about: { issuer: issuerId, offeredTo: account ?? 'nobody', ...because },
      found: transactionOf,
      notes: account ? [offerNote(account, replaces)] : [],
    });
  });
}

function offerNote(account: Address, replaces: boolean): string {
  const then = replaces ? 'the ownership of whoever offers ends then' : 'both are owners then';
  return `Nothing changes until ${account} accepts; ${then}. An owner can dismiss every other.`;
}

async function accept(context: Context): Promise<void> {
  await atOffice(context, async ({ actor, issuerId }) => {
    const { deployment } = actor;
    await perform(context, actor, {
      name: 'accepting ownership',
      send: (client) => acceptOwnership(client, { deployment, issuerId }),
      deed: { kind: 'roles', issuerId },
      about: { issuer: issuerId, owner: actor.account },
      found: transactionOf,
    });
  });
}

async function show(context: Context): Promise<void> {
  const { flags } = context;
  const issuerId = uintFlag(flags, '--issuer-id', 64);
  if (issuerId !== undefined) {
    refuseBeside(flags, '--issuer-id', Object.keys(ISSUER_FLAG).map(nameOf));
    return showIssuer(context, { ...(await readNode(context)), issuerId });
  }
  refuseWithout(flags, '--issuer-id', ['--rpc', '--deployment']);
  return atDesk(context, async ({ issuer, reader }) =>
    showIssuer(context, { ...issuer, client: await reader() }),
  );
}

const nameOf = (declared: string): string => declared.split(' ')[0] ?? declared;

async function showIssuer(
  context: Context,
  issuer: Parameters<typeof getIssuer>[1] & { readonly client: Parameters<typeof getIssuer>[0] },
): Promise<void> {
  const { client, issuerId } = issuer;
  const found = await getIssuer(client, issuer);
  const { owners, publishers, guardians, offeredTo, treeIds } = found;
  if (owners.length === 0) {
    const message = `there is no issuer ${issuerId.toString()}`;
    throw new EligoError('ContractReverted', message, { issuerId });
  }
  const shown = (accounts: readonly string[]): string => accounts.join(', ') || 'nobody';
  const { issuerId: issuerNumber, ...document } = found;
  context.result({ issuer: issuerNumber, ...document }, [
    ...facts({
      issuer: issuerId,
      owners: shown(owners),
      publishers: shown(publishers),
      guardians: shown(guardians),
      'ownership offered to': offeredTo,
      trees: treeIds.join(', ') || 'none',
    }),
  ]);
}
