/**
 * Sign Protocol: nothing in its events is indexed, so all attestations of the instance are read, and those of other schemas
 * are left out. Its attestations are numbered without gaps: a node that leaves one out gives itself away.
 *
 * A signature for a delegated attestation can be sent again by anybody, hence `copies` (eventRecords.ts). `revoked` can be
 * true from the beginning: such an attestation was never valid, and says nothing of its copies.
 *
 * Facts: github.com/EthSign/sign-protocol-evm, `ISP`, `models/Attestation`, `models/Schema`, version 1.1.
 * @module
 */
import {
  decodeEventLog,
  encodeEventTopics,
  parseAbi,
  zeroAddress,
  type AbiParameter,
  type ContractFunctionReturnType,
  type Hex,
} from 'viem';
import { readContract } from 'viem/actions';
import { z } from 'zod';
import type { ChainLog } from '../../chain/eventScan.ts';
import { readMany } from '../../chain/readMany.ts';
import { EligoError, invalidInput } from '../../errors.ts';
import { parseJson } from '../../protocol/codec.ts';
import { parseFields } from './eventData.ts';
import {
  askForSchema,
  badEvent,
  holdings,
  type Held,
  type SourceEvent,
  type SystemParameters,
  type SystemReader,
} from './eventSource.ts';

/** What is used of Sign Protocol. */
export const signProtocolAbi = parseAbi([
  'event AttestationMade(uint64 attestationId, string indexingKey)',
  'event AttestationRevoked(uint64 attestationId, string reason)',
  'struct Attestation { uint64 schemaId; uint64 linkedAttestationId; uint64 attestTimestamp; uint64 revokeTimestamp; address attester; uint64 validUntil; uint8 dataLocation; bool revoked; bytes[] recipients; bytes data; }',
  'function getAttestation(uint64 attestationId) view returns (Attestation)',
  'struct Schema { address registrant; bool revocable; uint8 dataLocation; uint64 maxValidFor; address hook; uint64 timestamp; string data; }',
  'function getSchema(uint64 schemaId) view returns (Schema)',
]);

type Attestation = ContractFunctionReturnType<typeof signProtocolAbi, 'view', 'getAttestation'>;

/** Where data can be; 0 is the chain. */
const LOCATIONS = ['the chain', 'Arweave', 'IPFS', 'a place of its own'];

/**
 * Opens a schema of an instance.
 * @throws {InvalidInput} if there is no such schema, or what it says isn't on the chain @throws {ChainUnavailable}
 */
export async function openSignProtocol(parameters: SystemParameters): Promise<SystemReader> {
  const { asker, contract } = parameters;
  const schemaId = checkId(parameters.sourceSchema);
  const fields = await readFields(parameters, schemaId);
  const topics = (['AttestationMade', 'AttestationRevoked'] as const).flatMap((eventName) =>
    encodeEventTopics({ abi: signProtocolAbi, eventName }),
  );
  return {
    ...{ system: 'sign-protocol', schemaId: schemaId.toString(), fields },
    ...{ tuples: true, readsRevoked: true, copies: true },
    filter: { address: contract, topics: [topics as Hex[]] },
    eventsOf: (logs) => logs.map(eventOf),
    hold: async (ids, block) => {
      const abi = signProtocolAbi;
      const question = { address: contract, abi, functionName: 'getAttestation', block };
      const lists = ids.map((id) => [BigInt(id)]);
      const answers = await readMany(asker, question, lists);
      return holdings(ids, answers as readonly (Attestation | undefined)[], (answer) =>
        answer.attester !== zeroAddress ? toHeld(answer) : undefined,
      );
    },
  };
}

/** Schemas are shown in hex, and counted in decimals. */
function checkId(sourceSchema: string): bigint {
  const written = /^(0x[0-9a-fA-F]{1,16}|0|[1-9][0-9]{0,19})$/.test(sourceSchema);
  if (written && BigInt(sourceSchema) < 2n ** 64n) return BigInt(sourceSchema);
  throw invalidInput('sourceSchema', sourceSchema, 'must be a number less than 2^64');
}

const namedField = z.object({ name: z.string().min(1), type: z.string().min(1) });
const schemaShape = z.union([
  z.object({ data: z.array(namedField) }).transform(({ data }) => data),
  z.array(namedField),
]);

async function readFields(
  { asker, contract }: SystemParameters,
  schemaId: bigint,
): Promise<readonly AbiParameter[]> {
  const { registrant, dataLocation, data } = await askForSchema(asker, () =>
    readContract(asker.client, {
      ...{ address: contract, abi: signProtocolAbi, functionName: 'getSchema', args: [schemaId] },
    }),
  );
  if (registrant === zeroAddress)
    throw invalidInput('sourceSchema', schemaId, 'must be a registered schema');
  if (dataLocation !== 0)
    throw invalidInput('sourceSchema', schemaId, 'must be kept on the chain itself');
  return readSchemaText(data);
}

/** A schema as the makers' kit writes it, JSON with a list of names and types; or as Solidity's parameters. */
export function readSchemaText(text: string): readonly AbiParameter[] {
  if (!/^\s*[[{]/.test(text)) return parseFields(text);
  const read = schemaShape.safeParse(parseJson(text, 'sourceSchema'));
  if (!read.success) {
    const message = 'the source schema is not a list of names and types';
    throw new EligoError('InvalidInput', message, { field: 'sourceSchema' }, read.error);
  }
  return read.data.flatMap(({ name, type }) => parseFields(`${type} ${name}`));
}

function eventOf(log: ChainLog): SourceEvent {
  try {
    const { eventName, args } = decodeEventLog({
      ...{ abi: signProtocolAbi, topics: log.topics as [Hex, ...Hex[]], data: log.data },
    });
    const nativeId = args.attestationId.toString();
    if (eventName === 'AttestationRevoked') return { kind: 'revoke', nativeId, log };
    return { kind: 'attest', nativeId, counter: args.attestationId, log };
  } catch (error) {
    throw badEvent(log, error);
  }
}

function toHeld(attestation: Attestation): Held {
  const { schemaId, linkedAttestationId, dataLocation } = attestation;
  const { attester, validUntil, revoked, revokeTimestamp, recipients, data } = attestation;
  const where = LOCATIONS[dataLocation] ?? `place ${dataLocation}`;
  return {
    schemaId: schemaId.toString(),
    attester,
    expiresAt: validUntil,
    revoked,
    revokedAt: revokeTimestamp,
    // For none there is still one record: that it has none.
    recipients: recipients.length === 0 ? ['0x'] : recipients,
    data,
    elsewhere: dataLocation === 0 ? undefined : `data: must be on the chain, not on ${where}`,
    link: linkedAttestationId === 0n ? undefined : `refers to ${linkedAttestationId.toString()}`,
  };
}
