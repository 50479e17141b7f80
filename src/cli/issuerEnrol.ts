/**
 * `eligo issuer enrol`: addresses are invited, their holders sign which commitment is theirs, and what they signed is
 * accepted.
 * @module
 */
import type { Command } from 'commander';
import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { getAddress } from 'viem';
import { invalidInput } from '../errors.ts';
import { enrol, invite, listWaiting, type InviteRow } from '../issuer/enrol.ts';
import type { Issued } from '../issuer/issue.ts';
import type { Row } from '../issuer/rows.ts';
import { normaliseSubject } from '../issuer/subject.ts';
import { readEnrolment, writeInvitation, type Invitation } from '../protocol/enrolment.ts';
import { loadHasher } from '../tree/hasher.ts';
import { inline } from '../tree/threads.ts';
import { refuseFilled, unfinishedName, writeNew } from './files.ts';
import { ISSUER_FLAG, atDesk, type Desk } from './issuerConfig.ts';
import { clock, deadlineFlag, oneOf, refuseBeside } from './flags.ts';
import { BATCH_FLAGS, batchRows, keyOf } from './issuerInput.ts';
import { keepingIfMade, tokenDocuments, withLines, type Lines } from './issuerLines.ts';
import { facts } from './output.ts';
import { readSchema } from './schemaInput.ts';
import { addVerb, type Context, type Surroundings } from './verb.ts';

const INVITING = ['--schema', '--deadline', '--renew', '--format'] as const;

/** Adds `issuer enrol`. */
export function addIssuerEnrol(noun: Command, around: Surroundings): void {
  addVerb(noun, around, {
    name: 'enrol',
    summary: 'invite addresses, accept what their holders signed, see who still waits',
    optional: {
      ...BATCH_FLAGS,
      '--schema <file>': 'with --file: what will be attested',
      '--deadline <time>': 'with --file: the last moment, Unix seconds or from now, such as 30d',
      '--out <place>':
        'where invitations go: a file that ends in .ndjson, or a folder for one file each',
      '--renew': 'with --file: invites those anew who wait already; their old invitations are void',
      '--enrolment <file>': 'a signed enrolment, - for standard input',
      '--tokens <file>': 'with --enrolment: draws a one-time token for the credential',
      '--waiting': 'counts those who wait, and writes their invitations again with --out',
      ...ISSUER_FLAG,
    },
    example:
      'issuer enrol --schema schema.json --file people.csv --deadline 30d --out invitations.ndjson',
    act: enrolByFlags,
  });
}

async function enrolByFlags(context: Context): Promise<void> {
  const { flags } = context;
  const mode = oneOf(flags, ['--file', '--enrolment', '--waiting']);
  if (mode !== '--file') refuseBeside(flags, mode, INVITING);
  if (mode !== '--enrolment') refuseBeside(flags, mode, ['--tokens']);
  switch (mode) {
    case '--file':
      return inviteRows(context);
    case '--enrolment':
      return accept(context);
    case '--waiting':
      return showWaiting(context);
  }
}

async function inviteRows(context: Context): Promise<void> {
  const { flags, result, step } = context;
  const out = flags.text('--out');
  const deadline = deadlineFlag(flags, '--deadline', clock());
  const schema = await readSchema(context, '--schema');
  await atDesk(context, async (desk) => {
    const pepper = await desk.pepper();
    const rows = toInviteRows(batchRows(context, { schema, needsCommitment: false }), pepper);
    let done = 0;
    const invited = await step('inviting', (say) =>
      withInvitations(context, out, (write) =>
        invite(desk.issuer, {
          ...{ schema, rows, deadline, renew: flags.on('--renew') },
          onInvited: async (invitations) => {
            await write(invitations);
            done += invitations.length;
            say(`${done} invitations`);
          },
        }),
      ),
    );
    result({ invited, deadline, out }, [
      ...facts({ invited: String(invited), deadline, invitations: out }),
      'What a holder hands back is accepted by: eligo issuer enrol --enrolment',
    ]);
  });
}

async function* toInviteRows(
  rows: AsyncIterable<Row>,
  pepper: Uint8Array,
): AsyncGenerator<InviteRow> {
  const kind = 'address';
  for await (const { line, identifier, expiresAt, values } of rows) {
    const name = `line ${line}`;
    const subjectKey = keyOf({ pepper, kind, identifier }, name);
    const account = getAddress(normaliseSubject(kind, identifier));
    yield { account, subjectKey, expiresAt, values, name };
  }
}

type Writer = (invitations: readonly Invitation[]) => Promise<void>;

/** Invitations are on the disk before they count, and at their place only afterwards. */
async function withInvitations<T>(
  { note }: Context,
  out: string,
  work: (write: Writer) => Promise<T>,
): Promise<T> {
  if (/\.(ndjson|jsonl)$/i.test(out))
    return withLines({ note }, { path: out, flag: '--out' }, (lines) =>
      work((invitations) => lines.add(invitations.map(writeInvitation))),
    );
  await refuseFilled(out, { flag: '--out', force: false });
  const unfinished = unfinishedName(out);
  await mkdir(unfinished, { mode: 0o700 });
  const result = await keepingIfMade(unfinished, note, () =>
    work(async (invitations) => {
      for (const invitation of invitations) await writeOne(unfinished, invitation);
    }),
  );
  try {
    await rename(unfinished, out);
  } catch {
    throw invalidInput('--out', out, `can't be made; the invitations are in ${unfinished}`);
  }
  return result;
}

async function writeOne(folder: string, invitation: Invitation): Promise<void> {
  const path = join(folder, `${invitation.account}.invitation.json`);
  const text = `${JSON.stringify(writeInvitation(invitation), undefined, 2)}\n`;
  await writeNew(path, text, { flag: '--out', force: false, secret: true });
}

async function accept(context: Context): Promise<void> {
  const { flags, read, result, step } = context;
  refuseBeside(flags, '--enrolment', ['--out']);
  const enrolment = readEnrolment(await read(flags.text('--enrolment'), '--enrolment'));
  const path = flags.find('--tokens');
  await atDesk(context, async (desk) => {
    const client = await desk.client();
    const { hashLeaves } = inline(await loadHasher());
    const run = (lines?: Lines): Promise<Issued> =>
      step('accepting', () =>
        enrol(desk.issuer, client, {
          ...{ enrolment, hashLeaves, now: clock(), tokens: lines !== undefined },
          onIssued: (issued) => lines?.add(tokenDocuments(issued)),
        }),
      );
    const { position } =
      path === undefined ? await run() : await withLines(context, { path, flag: '--tokens' }, run);
    const { account } = enrolment;
    result({ position, account, ...(path !== undefined && { tokens: path }) }, [
      ...facts({ account, position: String(position), tokens: path }),
      'Nobody knows of it before the next publication: eligo issuer publish',
    ]);
  });
}

async function showWaiting(context: Context): Promise<void> {
  const { flags, result } = context;
  const out = flags.find('--out');
  await atDesk(context, async ({ issuer }) => {
    const count = (write?: Writer): Promise<Waiting> => countWaiting(issuer, write);
    const { waiting, expired } =
      out === undefined ? await count() : await withInvitations(context, out, count);
    result({ waiting, expired, ...(out !== undefined && { out }) }, [
      ...facts({ waiting: String(waiting), 'of these too late': String(expired), written: out }),
    ]);
  });
}

/** `expired`: those among them whose deadline has passed. */
type Waiting = { readonly waiting: number; readonly expired: number };

async function countWaiting(issuer: Desk['issuer'], write?: Writer): Promise<Waiting> {
  const now = clock();
  let [waiting, expired] = [0, 0];
  for await (const invitation of listWaiting(issuer)) {
    waiting += 1;
    if (invitation.deadline < now) expired += 1;
    await write?.([invitation]);
  }
  return { waiting, expired };
}
