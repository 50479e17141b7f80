/**
 * Enrolling: an address waits for its holder, who signs which commitment is theirs (PROTOCOL.md section 2, "Enrolment").
 * It is bound once, and attested in the same transaction.
 * @module
 */
import type { Address } from 'viem';
import { EligoError } from '../errors.ts';
import type { ReadClient } from '../chain/client.ts';
import { checkEnrolment } from '../chain/enrolments.ts';
import { createInvitation, type Enrolment, type Invitation } from '../protocol/enrolment.ts';
import type { RandomSource } from '../protocol/field.ts';
import type { Schema } from '../protocol/schema.ts';
import type { Values } from '../protocol/value.ts';
import { findPositions } from '../store/attestations.ts';
import { lockBook } from '../store/book.ts';
import { toHex } from '../store/bytes.ts';
import {
  bindEnrolment,
  dropWaiting,
  findEnrolment,
  findWaiting,
  insertEnrolments,
  readWaiting,
  type StoredEnrolment,
} from '../store/enrolments.ts';
import { keepSchema, readSchema } from '../store/schemas.ts';
import type { Database } from '../store/store.ts';
import { issueWithin, type IssueParameters, type Issued } from './issue.ts';
import type { Issuer } from './issuer.ts';

const BATCH = 1024;

/** Somebody to invite. */
export type InviteRow = {
  readonly account: Address;
  /** What `subjectKey` gives for the account. */
  readonly subjectKey: Uint8Array;
  /** Of the attestation: Unix seconds; `NEVER` for no expiry. */
  readonly expiresAt: bigint;
  readonly values: Values;
  /** What an error calls the row, such as `line 7`. */
  readonly name?: string | undefined;
};

/** How people are invited. */
export type InviteParameters = {
  readonly schema: Schema;
  readonly rows: AsyncIterable<InviteRow> | Iterable<InviteRow>;
  /** Unix seconds, the last at which an enrolment counts. */
  readonly deadline: bigint;
  /** Draws a new nonce for those who wait already, whose invitation is void then. */
  readonly renew?: boolean;
  readonly random?: RandomSource;
  /** Told of each part of the batch before all of it is committed. */
  readonly onInvited: (invitations: readonly Invitation[]) => void | Promise<void>;
};

/**
 * Puts people on the waiting list, all of a batch or nobody, and makes their invitations.
 * @returns how many
 * @throws {AlreadyAttested} for somebody who holds a live attestation of the schema, or waits already
 */
export async function invite(issuer: Issuer, parameters: InviteParameters): Promise<number> {
  const { store } = issuer;
  return store.transaction(async (db) => {
    await lockBook(db, store);
    await keepSchema(db, parameters.schema);
    let invited = 0;
    let batch: InviteRow[] = [];
    const seen = new Set<string>();
    const flush = async (): Promise<void> => {
      refuseTwice(batch, seen);
      await inviteBatch(db, issuer, { ...parameters, rows: batch });
      invited += batch.length;
      batch = [];
    };
    for await (const row of parameters.rows) {
      batch.push(row);
      if (batch.length === BATCH) await flush();
    }
    if (batch.length > 0) await flush();
    return invited;
  });
}

async function inviteBatch(
  db: Database,
  issuer: Issuer,
  parameters: InviteParameters & { readonly rows: readonly InviteRow[] },
): Promise<void> {
  const { schema, rows, renew = false } = parameters;
  const subjectKeys = rows.map((row) => row.subjectKey);
  const held = await findPositions(db, subjectKeys, { live: true, schemaId: schema.id });
  refuseAny(
    rows,
    held.map(({ subjectKey }) => subjectKey),
    'holds a live attestation of this schema',
  );
  if (renew) await dropWaiting(db, schema.id, subjectKeys);
  refuseAny(rows, await findWaiting(db, schema.id, subjectKeys), 'waits already');
  const made = rows.map((row) => ({ row, invitation: makeInvitation(issuer, parameters, row) }));
  await insertEnrolments(
    db,
    issuer.store.key,
    made.map(({ row, invitation: { nonce, deadline } }) => ({
      ...{ nonce, deadline, schemaId: schema.id },
      ...{ subjectKey: row.subjectKey, expiresAt: row.expiresAt },
      ...{ account: row.account, values: row.values },
    })),
  );
  await parameters.onInvited(made.map(({ invitation }) => invitation));
}

function makeInvitation(
  { deployment, issuerId }: Issuer,
  { schema, deadline, random }: InviteParameters,
  { account }: InviteRow,
): Invitation {
  return createInvitation({
    chainId: deployment.chainId,
    registry: deployment.contracts.IssuerRegistry,
    ...{ issuerId, schema, account, deadline },
    ...(random && { random }),
  });
}

function refuseAny(rows: readonly InviteRow[], subjects: readonly Uint8Array[], how: string): void {
  const found = new Set(subjects.map(toHex));
  const row = rows.find(({ subjectKey }) => found.has(toHex(subjectKey)));
  if (row) throw refused(row, how);
}

/** Across parts of the batch, too: renewing would void an invitation that was made a moment ago. */
function refuseTwice(rows: readonly InviteRow[], seen: Set<string>): void {
  for (const row of rows) {
    const subject = toHex(row.subjectKey);
    if (seen.has(subject)) throw refused(row, 'is in the batch twice');
    seen.add(subject);
  }
}

/** Who is invited is personal data: only the row is named. */
function refused({ name }: InviteRow, how: string): EligoError {
  const where = name === undefined ? '' : `${name}: `;
  return new EligoError('AlreadyAttested', `${where}the account ${how}`, { row: name });
}

/**
 * Accepts a signed enrolment: the account is bound to the commitment, and attested.
 * @param parameters.now Unix seconds
 * @param parameters.onIssued told of it before it is committed
 * @throws {UnknownEnrolment} if the nonce was never drawn, was renewed, or was accepted before
 * @throws {EnrolmentExpired} @throws {InvalidSignature}
 * @throws {AlreadyAttested} @throws {CommitmentTaken} if the commitment is live under another account
 */
export async function enrol(
  issuer: Issuer,
  client: ReadClient,
  parameters: { readonly enrolment: Enrolment } & Pick<
    IssueParameters,
    'now' | 'tokens' | 'hashLeaves' | 'random' | 'onIssued'
  >,
): Promise<Issued> {
  const { store } = issuer;
  const { enrolment, now } = parameters;
  const waiting = await findWaitingFor(store.db, issuer, enrolment);
  await checkEnrolment(client, { invitation: bindingOf(issuer, waiting), enrolment, now });
  const schema = await readSchema(store.db, waiting.schemaId);
  return store.transaction(async (db) => {
    await lockBook(db, store);
    const { subjectKey, expiresAt, values } = await findWaitingFor(db, issuer, enrolment);
    const { commitment, nonce } = enrolment;
    const issued: Issued[] = [];
    await issueWithin(db, store, {
      ...parameters,
      schema,
      rows: [{ subjectKey, commitment, expiresAt, values }],
      onIssued: async (some) => {
        issued.push(...some);
        await parameters.onIssued?.(some);
      },
    });
    const [first] = issued;
    if (!first) throw new Error('one row gives one attestation');
    await bindEnrolment(db, nonce, first.position);
    return first;
  });
}

async function findWaitingFor(
  db: Database,
  { store }: Issuer,
  { nonce }: Enrolment,
): Promise<StoredEnrolment> {
  const found = await findEnrolment(db, store.key, nonce);
  if (!found)
    throw new EligoError(
      'UnknownEnrolment',
      'nobody waits with this nonce: the invitation was not made here, or was renewed since',
    );
  if (found.position !== undefined)
    throw new EligoError(
      'UnknownEnrolment',
      `the enrolment was accepted before, as the attestation at position ${found.position}`,
      { position: found.position },
    );
  return found;
}

function bindingOf(
  { deployment, issuerId }: Issuer,
  { schemaId, account, nonce, deadline }: StoredEnrolment,
): Omit<Enrolment, 'commitment' | 'signature'> {
  const chainId = BigInt(deployment.chainId);
  const registry = deployment.contracts.IssuerRegistry;
  return { chainId, registry, issuerId, schemaId, account, nonce, deadline };
}

/** Who still waits, as the invitations that they were given. */
export async function* listWaiting(issuer: Issuer): AsyncGenerator<Invitation> {
  const { db, key } = issuer.store;
  const schemas = new Map<bigint, Schema>();
  for await (const waiting of readWaiting(db, key)) {
    const { schemaId } = waiting;
    const schema = schemas.get(schemaId) ?? (await readSchema(db, schemaId));
    schemas.set(schemaId, schema);
    yield { ...bindingOf(issuer, waiting), schema };
  }
}
