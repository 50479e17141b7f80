/**
 * From events of another system to import records, by PARITY's importer rules: what an attestation says comes from the
 * contract's own state at one block, not from the event.
 *
 * Of contents that anybody can copy (Sign Protocol's delegated signatures can be sent twice): once any copy was revoked, a
 * further one counts only if the attester itself sent the transaction to the contract.
 * @module
 */
import { getAddress, isAddressEqual, keccak256, concat, toHex, type Address, type Hex } from 'viem';
import { getTransaction } from 'viem/actions';
import { answerTo, unavailable, type Asker } from '../../chain/asker.ts';
import { NEVER } from '../../protocol/field.ts';
import { readData, type DataPlan } from './eventData.ts';
import { contentOf, type Held, type SourceEvent, type SystemReader } from './eventSource.ts';
import type { Revocations, Step } from './eventCursor.ts';
import type { ExcludeRecord, ExclusionRule, ImportRecord } from './record.ts';

/** Everything that reading one source takes. */
export type OpenedSource = {
  readonly asker: Asker;
  readonly reader: SystemReader;
  readonly plan: DataPlan;
  readonly contract: Address;
  readonly attester: Address | undefined;
  readonly expires: bigint | undefined;
  /** `system/chain/contract`: what a native id follows to be a source id. */
  readonly prefix: string;
};

/** The block whose state is read. */
export type ReadingBlock = { readonly number: bigint; readonly time: bigint };

/** What an event came to. */
export type Outcome = {
  readonly event: SourceEvent;
  readonly step: Step;
  readonly records: readonly ImportRecord[];
  /** What the contract holds, if it was read. */
  readonly held: Held | undefined;
};

/**
 * Reads what events are about, and makes records of it.
 * @param state.revocations is changed as events tell
 * @throws {ChainUnavailable} if the node's state lacks what its events name
 */
export async function outcomesOf(
  source: OpenedSource,
  events: readonly SourceEvent[],
  state: { readonly at: ReadingBlock; readonly revocations: Revocations },
): Promise<readonly Outcome[]> {
  const { reader } = source;
  const isRead = ({ kind }: SourceEvent): boolean => kind === 'attest' || reader.readsRevoked;
  const ids = new Set(events.filter(isRead).map(({ nativeId }) => nativeId));
  const held = await reader.hold([...ids], state.at.number);
  const outcomes: Outcome[] = [];
  for (const event of events) {
    const { nativeId } = event;
    if (isRead(event) && !held.has(nativeId)) throw lacks(source, nativeId, state.at);
    const one = held.get(nativeId);
    outcomes.push(
      event.kind === 'attest'
        ? await attested(source, event, one, state)
        : revoked(source, event, one, state.revocations),
    );
  }
  return outcomes;
}

function lacks({ prefix }: OpenedSource, nativeId: string, { number }: ReadingBlock) {
  const id = `${prefix}/${nativeId}`;
  return unavailable(`has no ${id} at block ${number.toString()}, though its events name it`);
}

async function attested(
  source: OpenedSource,
  event: SourceEvent,
  held: Held | undefined,
  state: { readonly at: ReadingBlock; readonly revocations: Revocations },
): Promise<Outcome> {
  const place = placeOf(event, held);
  const id = `${source.prefix}/${event.nativeId}`;
  const exclude = (rule: ExclusionRule, detail: string): readonly ImportRecord[] => [
    { kind: 'exclude', place, id, rule, detail },
  ];
  if (held === undefined) {
    const records = exclude('bad-data', 'attestation: must be such that the node can give it');
    const content = keccak256('0x');
    const step: Step = { kind: 'attest', id: event.nativeId, content, records: 0 };
    return { event, step, records, held };
  }
  const records = recordsOf(source, { id, place, held }, state.at);
  const content = contentOf(held);
  const given = records.some(({ kind }) => kind === 'attest');
  const copy = given && source.reader.copies && state.revocations.has(content);
  const done = (kept: readonly ImportRecord[]): Outcome => ({
    ...{ event, held, records: kept },
    step: {
      ...{ kind: 'attest', id: event.nativeId, content },
      records: kept.some(({ kind }) => kind === 'attest') ? held.recipients.length : 0,
    },
  });
  if (!copy) return done(records);
  if (!(await isDirect(source, event, held)))
    return done(exclude('copy', 'content: was revoked, and its attester did not issue it anew'));
  state.revocations.lift(content, event.log.block);
  return done(records);
}

/** Whether the attester itself called the contract. What it signed for others to send, anybody can send again. */
async function isDirect(source: OpenedSource, event: SourceEvent, held: Held): Promise<boolean> {
  const { from, to } = await answerTo(source.asker, () =>
    getTransaction(source.asker.client, { hash: event.log.transaction }),
  );
  return to !== null && isAddressEqual(to, source.contract) && isAddressEqual(from, held.attester);
}

function revoked(
  source: OpenedSource,
  event: SourceEvent,
  held: Held | undefined,
  revocations: Revocations,
): Outcome {
  const { reader, prefix } = source;
  const step: Step = { kind: 'revoke', id: event.nativeId };
  if (held !== undefined && otherThan(source, held) !== undefined)
    return { event, step, records: [], held };
  const place = placeOf(event, undefined);
  const id = `${prefix}/${event.nativeId}`;
  if (held === undefined || !reader.copies)
    return { event, step, records: [{ kind: 'revoke', place, id }], held };
  revocations.revoke(contentOf(held), event.log.block);
  const records = held.recipients.map((_, i): ImportRecord => {
    return { kind: 'revoke', place, ...identityOf(reader, id, held, i) };
  });
  return { event, step, records, held };
}

/** What an attestation comes to, at a block: a record for each recipient, or the one reason why not. */
export function recordsOf(
  source: OpenedSource,
  { id, place, held }: { readonly id: string; readonly place: string; readonly held: Held },
  at: ReadingBlock,
): readonly ImportRecord[] {
  const exclude = (rule: ExclusionRule, detail: string): ExcludeRecord => {
    return { kind: 'exclude', place, id, rule, detail };
  };
  const other = otherThan(source, held);
  if (other !== undefined)
    return [exclude(other, 'attestation: is none of those that were asked for')];
  if (held.revoked) return [exclude('revoked', 'attestation: was revoked when it was read')];
  if (held.elsewhere !== undefined) return [exclude('bad-data', held.elsewhere)];
  const expiresAt = held.expiresAt === 0n ? source.expires : held.expiresAt;
  if (expiresAt === undefined) return [exclude('no-expiry', 'expiry: the source has none')];
  if (expiresAt > NEVER) return [exclude('bad-expiry', 'expiry: must be less than 2^40')];
  if (expiresAt <= at.time) return [exclude('expired', 'expiry: was over when it was read')];
  const reading = readData(source.plan, held.data);
  if ('rule' in reading) return [exclude(reading.rule, reading.detail)];
  return held.recipients.map((recipient, i): ImportRecord => {
    const identity = identityOf(source.reader, id, held, i);
    const account = toAccount(recipient);
    const bad = (rule: ExclusionRule, detail: string): ImportRecord => {
      return { ...exclude(rule, `recipient: ${detail}`), id: identity.id };
    };
    if (account === undefined) return bad('bad-recipient', 'must be an address');
    if (BigInt(account) === 0n) return bad('zero-address', 'must not be the zero address');
    return { kind: 'attest', place, ...identity, account, expiresAt, ...reading };
  });
}

/** Of several recipients each is a record of its own, and a content of its own. */
function identityOf(
  { copies }: SystemReader,
  id: string,
  held: Held,
  index: number,
): { readonly id: string; readonly content?: Hex } {
  const several = held.recipients.length > 1;
  const own = several ? `${id}/${index}` : id;
  if (!copies) return { id: own };
  const content = contentOf(held);
  return {
    id: own,
    content: several ? keccak256(concat([content, toHex(index, { size: 32 })])) : content,
  };
}

/** The source ids of an attestation's records. */
export function idsOf(prefix: string, nativeId: string, records: number): readonly string[] {
  const id = `${prefix}/${nativeId}`;
  return records > 1 ? Array.from({ length: records }, (_, i) => `${id}/${i}`) : [id];
}

function otherThan({ reader, attester }: OpenedSource, held: Held): ExclusionRule | undefined {
  if (held.schemaId !== reader.schemaId) return 'other-schema';
  if (attester !== undefined && !isAddressEqual(attester, held.attester)) return 'other-attester';
  return undefined;
}

/**
 * An address in one of the ways in which it is written: 20 bytes, a word of 32, or Solidity's encoding of its hex as text.
 * Undefined for anything else.
 */
export function toAccount(recipient: Hex): Address | undefined {
  const digits = recipient.slice(2).toLowerCase();
  if (digits.length === 40) return getAddress(`0x${digits}`);
  if (/^0{24}[0-9a-f]{40}$/.test(digits)) return getAddress(`0x${digits.slice(24)}`);
  // A text of 42 characters: where it is, how long it is, two words with zeros behind it.
  const text = /^0{62}200{62}2a((?:[0-9a-f]{2}){42})0{44}$/.exec(digits)?.[1];
  const written = text === undefined ? '' : Buffer.from(text, 'hex').toString('latin1');
  if (!/^0x[0-9a-fA-F]{40}$/.test(written)) return undefined;
  const lower = `0x${written.slice(2).toLowerCase()}` as const;
  const oneCase =
    written.slice(2) === lower.slice(2) || written === `0x${lower.slice(2).toUpperCase()}`;
  const checked = getAddress(lower);
  return oneCase || checked === written ? checked : undefined;
}

/** Where an event stands, and what its attestation refers to. */
function placeOf({ log }: SourceEvent, held: Held | undefined): string {
  const link = held?.link === undefined ? '' : `, ${held.link}`;
  return `block ${log.block.toString()}, log ${log.index}${link}`;
}
