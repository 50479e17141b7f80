/**
 * `eligo issuer rotate`: one key in the place of another, in one transaction; the issuer's file follows.
 * @module
 */
import type { Command } from 'commander';
import { lstat } from 'node:fs/promises';
import { isAddressEqual, type Address } from 'viem';
import { generatePrivateKey, privateKeyToAddress } from 'viem/accounts';
import { holdsRole, rotateKey } from '../chain/issuers.ts';
import { invalidInput } from '../errors.ts';
import { addressFlag } from './gate.ts';
import {
  ACTING_FLAGS,
  EVIDENCE_FLAG,
  REASON_FLAG,
  perform,
  readBecause,
  transactionOf,
} from './governance.ts';
import { readPrivateKey } from './privateKey.ts';
import { configPath, pathFrom, readConfigDocument, writeConfig } from './issuerConfig.ts';
import { readOrMake } from './issuerInit.ts';
import { choiceFlag, oneOf } from './flags.ts';
import { OFFICE_FLAGS, atOffice, liveOf, type Office } from './issuerOffice.ts';
import { PUBLISHER_LEAVES } from './issuerRoles.ts';
import { facts } from './output.ts';
import { addVerb, type Context, type Surroundings } from './verb.ts';

/** Adds `issuer rotate`. */
export function addIssuerRotate(noun: Command, around: Surroundings): void {
  addVerb(noun, around, {
    name: 'rotate',
    summary: 'put a new key in the place of an old one; after a crash the same command goes on',
    required: REASON_FLAG,
    optional: {
      '--new-key-file <file>':
        "holds the new key, made if missing; the issuer's file names it then",
      '--new <address>': 'instead: the account of the new key',
      '--old <address>':
        "the account of the old key; the publisher of the issuer's file if left out",
      '--role <role>': 'publisher or guardian; publisher if left out',
      ...EVIDENCE_FLAG,
      ...OFFICE_FLAGS,
      ...ACTING_FLAGS,
    },
    example:
      'issuer rotate --new-key-file publisher-2.key --reason key-stolen --key-file owner.txt --dry-run',
    act: rotate,
  });
}

async function rotate(context: Context): Promise<void> {
  const { flags, result } = context;
  const role =
    flags.find('--role') === undefined
      ? 'publisher'
      : choiceFlag(flags, '--role', ['publisher', 'guardian']);
  const because = await readBecause(context);
  oneOf(flags, ['--new-key-file', '--new']);
  await atOffice(context, async (office) => {
    const { actor, issuerId } = office;
    const { client, deployment, signer } = actor;
    const own = role === 'publisher' ? await ownPublisher(context, office) : undefined;
    const from =
      flags.find('--old') === undefined ? (own ?? oldIsMissing()) : addressFlag(flags, '--old');
    const next = await newAccount(context);
    if (isAddressEqual(from, next.account))
      throw invalidInput('--new', next.account, "must be another account than the old key's");
    const isOwn = own !== undefined && isAddressEqual(own, from);
    const keep = isOwn ? () => keepKey(context) : () => Promise.resolve();
    const about = { issuer: issuerId, role, old: from, new: next.account, ...because };
    const holds = (account: Address): Promise<boolean> =>
      holdsRole(client, { deployment, issuerId, role, account });
    if (signer && !(await holds(from)) && (await holds(next.account))) {
      // The same command made before, and ended by a crash.
      await keep();
      result({ done: true, ...about, account: actor.account }, [
        ...facts(about),
        "It was rotated before; the issuer's file is in step.",
      ]);
      return;
    }
    await perform(context, actor, {
      name: 'rotating the key',
      rehearsal: (rehearsing) =>
        rotateKey(rehearsing, { deployment, issuerId, role, from, to: next.account, ...because }),
      send: async (sending) => {
        const to = next.account;
        const receipt = await rotateKey(sending, {
          deployment,
          issuerId,
          role,
          from,
          to,
          ...because,
        });
        await keep();
        return receipt;
      },
      deed: { kind: 'roles', issuerId },
      live: await liveOf(office.desk),
      about,
      found: transactionOf,
      notes: [...next.notes, ...(role === 'publisher' ? [PUBLISHER_LEAVES, PAYS] : [])],
    });
  });
}

const PAYS = 'The new account pays for publications: it needs coins.';

function oldIsMissing(): never {
  throw invalidInput('--old', 'missing', "is needed here: no issuer's file names the old key");
}

/** The account whose key the issuer's file names. */
async function ownPublisher(context: Context, { desk }: Office): Promise<Address | undefined> {
  if (!desk) return undefined;
  const text = await context.read(desk.config.keyFile, 'issuer.keyFile');
  return privateKeyToAddress(readPrivateKey(text, 'issuer.keyFile'));
}

type NewAccount = { readonly account: Address; readonly notes: readonly string[] };

/** The key is on the disk before it has a role. A dry run makes none. */
async function newAccount(context: Context): Promise<NewAccount> {
  const { flags } = context;
  const flag = '--new-key-file';
  if (flags.find(flag) === undefined) return { account: addressFlag(flags, '--new'), notes: [] };
  const path = flags.text(flag);
  if (flags.on('--dry-run') && !(await isThere(path))) {
    const notes = [`${path} is not there yet, and would be made: its account stands for another.`];
    return { account: privateKeyToAddress(generatePrivateKey()), notes };
  }
  const text = await readOrMake(context, path, flag, () => `${generatePrivateKey()}\n`);
  return { account: privateKeyToAddress(readPrivateKey(text, flag)), notes: [] };
}

async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

/** Names the new key in the issuer's file, if its file is known. */
async function keepKey(context: Context): Promise<void> {
  const { flags, note } = context;
  const path = configPath(flags);
  if (flags.find('--new-key-file') === undefined) {
    note(`${path} still names the old key's file: put the new key's file there.`);
    return;
  }
  const document = await readConfigDocument(context);
  const keyFile = pathFrom(path, flags.text('--new-key-file'));
  await writeConfig(path, { ...document, keyFile }, { flag: '--issuer', force: true });
  note(`${path} names ${keyFile} now; ${document.keyFile} is not used by it any more.`);
}
