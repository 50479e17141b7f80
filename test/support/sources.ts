/**
 * Other systems' attestations on a chain of this machine: the doubles deployed, their schema registered, and a client whose
 * node can be made to lie.
 * @module
 */
import {
  createClient,
  custom,
  defineChain,
  encodeAbiParameters,
  pad,
  parseAbiParameters,
  toHex,
  zeroAddress,
  zeroHash,
  type Abi,
  type Address,
  type Hex,
} from 'viem';
import type { ReadClient } from '../../src/chain/client.ts';
import {
  readSourceEvents,
  type CursorMark,
  type EventsParameters,
} from '../../src/issuer/import/events.ts';
import type { ImportRecord } from '../../src/issuer/import/record.ts';
import { NEVER } from '../../src/protocol/field.ts';
import { defineSchema } from '../../src/protocol/schema.ts';
import { accountOf, type Anvil } from './anvil.ts';
import { by, deploy, readArtifact, testContracts } from './contracts.ts';

/** What the sources attest. */
export const SOURCE_SCHEMA = 'uint96 amount, bool kyc';

/** Ours: an amount, and whether somebody is known. */
export const schema = defineSchema({
  eligo: 'schema/1',
  name: 'Allocation',
  version: '1',
  description: 'What is due to whom',
  fields: [
    { name: 'kyc', type: 'bool', description: 'Whether the holder is known' },
    { name: 'amount', type: 'amount', description: 'Due', decimals: '18', meter: true },
  ],
});

/** The schema's values as records hold them: `kyc` in the first free slot, `amount` in the meter's. */
export function valuesOf(amount: bigint, kyc = true): readonly bigint[] {
  return [kyc ? 1n : 0n, 0n, 0n, amount];
}

/** Data under `SOURCE_SCHEMA`. */
export function dataOf(amount: bigint, kyc = true): Hex {
  return encodeAbiParameters(parseAbiParameters(SOURCE_SCHEMA), [amount, kyc]);
}

/** Somebody, by number. */
export function person(index: number): Address {
  return pad(toHex(0xabc000 + index), { size: 20 });
}

export type DoubleName = 'EasDouble' | 'SignProtocolDouble' | 'VeraxDouble';

/** A double on a chain, and how tests act on it. */
export async function deployDouble(anvil: Anvil, name: DoubleName, args: readonly unknown[] = []) {
  const folder = await testContracts();
  const address = await deploy(anvil, folder, name, args);
  const { abi } = await readArtifact(folder, name);
  return { address, ...writing(anvil, address, abi) };
}

function writing(anvil: Anvil, address: Address, abi: Abi) {
  /** Sends a transaction, as the chain's first account or another. */
  const send = (functionName: string, args: readonly unknown[], sender = accountOf(anvil, 0)) =>
    anvil.mined(anvil.client.writeContract({ address, abi, functionName, args, ...by(sender) }));
  return { send };
}

/** An attestation of EAS, all alike but for what a test says. */
export function easAttestation(change: Readonly<Record<string, unknown>> = {}) {
  return {
    ...{ uid: pad('0x01'), schema: zeroHash, time: 0n, expirationTime: 0n, revocationTime: 0n },
    ...{ refUID: zeroHash, recipient: person(1), attester: person(0), revocable: true },
    ...{ data: dataOf(5n), ...change },
  };
}

/** An attestation of Sign Protocol. */
export function signAttestation(change: Readonly<Record<string, unknown>> = {}) {
  return {
    ...{ schemaId: 1n, linkedAttestationId: 0n, attestTimestamp: 0n, revokeTimestamp: 0n },
    ...{ attester: person(0), validUntil: 0n, dataLocation: 0, revoked: false },
    ...{ recipients: [person(1)], data: dataOf(5n), ...change },
  };
}

/** A schema of Sign Protocol, as the makers' kit writes it. */
export function signSchema(change: Readonly<Record<string, unknown>> = {}) {
  const data = [
    { name: 'amount', type: 'uint96' },
    { name: 'kyc', type: 'bool' },
  ];
  return {
    ...{ registrant: person(0), revocable: true, dataLocation: 0, maxValidFor: 0n },
    ...{ hook: zeroAddress, timestamp: 0n, data: JSON.stringify({ name: 'Allocation', data }) },
    ...change,
  };
}

/** An attestation of Verax. */
export function veraxAttestation(change: Readonly<Record<string, unknown>> = {}) {
  return {
    ...{ attestationId: zeroHash, schemaId: zeroHash, replacedBy: zeroHash },
    ...{ attester: person(0), portal: person(9), attestedDate: 0n, expirationDate: 0n },
    ...{ revocationDate: 0n, version: 1, revoked: false, subject: person(1) },
    ...{ attestationData: dataOf(5n), ...change },
  };
}

type Question = { readonly method: string; readonly params?: unknown };

/** A node between a test and the chain: it may answer in its own way, or with the chain's answer. */
export type Node = (question: Question, ask: () => Promise<unknown>) => Promise<unknown>;

/** A client of a node, and what it was asked. */
export function clientOf(anvil: Anvil, node: Node = (_, ask) => ask()) {
  const asked: Question[] = [];
  const request = async (question: Question): Promise<unknown> => {
    asked.push(question);
    const whole = { params: [], ...question };
    return node(whole, () => anvil.client.request(question as never));
  };
  const chain = defineChain({ ...anvil.client.chain });
  const transport = custom({ request }, { retryCount: 0 });
  const client: ReadClient = createClient({ chain, transport, pollingInterval: 1, cacheTime: 0 });
  return { client, asked };
}

/** What a reader gives. */
export type Given = ImportRecord | CursorMark;

/** All that is read, by what most tests say. */
export async function readAll(
  anvil: Anvil,
  parameters: Pick<EventsParameters, 'system' | 'contract' | 'sourceSchema'> &
    Partial<EventsParameters>,
) {
  const given: Given[] = [];
  for await (const one of readSourceEvents({
    ...{ client: clientOf(anvil).client, schema, expires: NEVER, confirmations: 1 },
    ...parameters,
  }))
    given.push(one);
  const marks = given.filter((one): one is CursorMark => one.kind === 'mark');
  return { given, records: recordsOf(given), marks, cursor: marks.at(-1)?.cursor };
}

/** The records without the marks. */
export function recordsOf(given: readonly Given[]): readonly ImportRecord[] {
  return given.filter((one): one is ImportRecord => one.kind !== 'mark');
}

/** Records in few words: `attest 3`, `revoke 3`, `exclude 3 expired`, by the end of their ids. */
export function inShort(records: readonly ImportRecord[]): readonly string[] {
  return records.map((record) => {
    const name = record.id
      .split('/')
      .slice(3)
      .join('/')
      .replace(/^0x0+(?=.)/, '');
    return [record.kind, name, ...(record.kind === 'exclude' ? [record.rule] : [])].join(' ');
  });
}

/** A revert of the chain to how it was; what came after never happened. */
export async function fork(anvil: Anvil): Promise<() => Promise<void>> {
  const id = await anvil.client.snapshot();
  return () => anvil.client.revert({ id });
}
