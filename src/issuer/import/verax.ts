/**
 * Verax: only an id is in its events, so all attestations of the registry are read, and those of other schemas are left
 * out. They are numbered without gaps: a node that leaves one out gives itself away.
 *
 * Who replaces an attestation makes the new one, revokes the old one, and says which replaced which, all in one
 * transaction: here the old one is revoked first, so that nobody holds two of them in between, and once.
 *
 * Facts: github.com/Consensys/linea-attestation-registry, `AttestationRegistry`, `SchemaRegistry`, `types/Structs`.
 * @module
 */
import {
  decodeEventLog,
  encodeEventTopics,
  keccak256,
  parseAbi,
  stringToBytes,
  zeroHash,
  type ContractFunctionReturnType,
  type Hex,
} from 'viem';
import { readContract } from 'viem/actions';
import { lower, unavailable } from '../../chain/asker.ts';
import type { ChainLog } from '../../chain/eventScan.ts';
import { readMany } from '../../chain/readMany.ts';
import { invalidInput } from '../../errors.ts';
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

/** What is used of Verax' attestation registry. */
export const veraxAbi = parseAbi([
  'event AttestationRegistered(bytes32 indexed attestationId)',
  'event AttestationRevoked(bytes32 attestationId)',
  'event AttestationReplaced(bytes32 attestationId, bytes32 replacedBy)',
  'struct Attestation { bytes32 attestationId; bytes32 schemaId; bytes32 replacedBy; address attester; address portal; uint64 attestedDate; uint64 expirationDate; uint64 revocationDate; uint16 version; bool revoked; bytes subject; bytes attestationData; }',
  'function getAttestation(bytes32 attestationId) view returns (Attestation)',
  'function router() view returns (address)',
]);

/** What is used of its router and of its schema registry. */
export const veraxSchemasAbi = parseAbi([
  'function getSchemaRegistry() view returns (address)',
  'struct Schema { string name; string description; string context; string schema; }',
  'function getSchema(bytes32 schemaId) view returns (Schema)',
]);

type Attestation = ContractFunctionReturnType<typeof veraxAbi, 'view', 'getAttestation'>;

/** The lowest bits of an id count; what stands above names the chain. */
const COUNTER_BITS = 32;

/**
 * Opens a schema of a registry.
 * @throws {InvalidInput} if there is no such schema @throws {ChainUnavailable} also if the node gives another one
 */
export async function openVerax(parameters: SystemParameters): Promise<SystemReader> {
  const { asker, contract, sourceSchema } = parameters;
  if (!/^0x[0-9a-fA-F]{64}$/.test(sourceSchema))
    throw invalidInput('sourceSchema', sourceSchema, 'must be 0x and 64 hex digits');
  const schemaId = lower(sourceSchema as Hex);
  const fields = parseFields(await readSchema(parameters, schemaId));
  const names = ['AttestationRegistered', 'AttestationRevoked', 'AttestationReplaced'] as const;
  const topics = names.flatMap((eventName) => encodeEventTopics({ abi: veraxAbi, eventName }));
  return {
    ...{ system: 'verax', schemaId, fields },
    ...{ tuples: true, readsRevoked: true, copies: false },
    filter: { address: contract, topics: [topics as Hex[]] },
    eventsOf,
    hold: async (ids, block) => {
      const question = { address: contract, abi: veraxAbi, functionName: 'getAttestation', block };
      const lists = ids.map((id) => [id]);
      const answers = await readMany(asker, question, lists);
      return holdings(ids, answers as readonly (Attestation | undefined)[], (answer, id) =>
        lower(answer.attestationId) === id ? toHeld(answer) : undefined,
      );
    },
  };
}

/** A schema's id is the hash of what it says, so that no node can give another one. */
async function readSchema({ asker, contract }: SystemParameters, schemaId: Hex): Promise<string> {
  const { client } = asker;
  const { schema } = await askForSchema(asker, async () => {
    const router = await readContract(client, {
      ...{ address: contract, abi: veraxAbi, functionName: 'router' },
    });
    const abi = veraxSchemasAbi;
    const address = await readContract(client, {
      ...{ address: router, abi, functionName: 'getSchemaRegistry' },
    });
    return readContract(client, { address, abi, functionName: 'getSchema', args: [schemaId] });
  });
  if (keccak256(stringToBytes(schema)) === schemaId) return schema;
  throw unavailable(`gives another schema than ${schemaId}`);
}

type Told = { readonly name: string; readonly id: Hex; readonly by?: Hex; readonly log: ChainLog };

function eventsOf(logs: readonly ChainLog[]): readonly SourceEvent[] {
  const told = logs.map(decode);
  /** An attestation within its transaction. */
  const key = (id: Hex, { transaction }: ChainLog): string => `${transaction}/${id}`;
  const replaced = new Map<string, Told>();
  for (const one of told) if (one.by !== undefined) replaced.set(key(one.by, one.log), one);
  const revoked = new Set<string>();
  const revoke = ({ id, log }: Told): readonly SourceEvent[] => {
    if (revoked.has(key(id, log))) return [];
    revoked.add(key(id, log));
    return [{ kind: 'revoke', nativeId: id, log }];
  };
  return told.flatMap((one) => {
    if (one.name !== 'AttestationRegistered') return revoke(one);
    const old = replaced.get(key(one.id, one.log));
    const counter = BigInt.asUintN(COUNTER_BITS, BigInt(one.id));
    const made: SourceEvent = { kind: 'attest', nativeId: one.id, counter, log: one.log };
    return old === undefined ? [made] : [...revoke(old), made];
  });
}

function decode(log: ChainLog): Told {
  try {
    const { eventName, args } = decodeEventLog({
      ...{ abi: veraxAbi, topics: log.topics as [Hex, ...Hex[]], data: log.data },
    });
    const by = 'replacedBy' in args ? { by: lower(args.replacedBy) } : {};
    return { name: eventName, id: lower(args.attestationId), ...by, log };
  } catch (error) {
    throw badEvent(log, error);
  }
}

function toHeld(attestation: Attestation): Held {
  const { schemaId, replacedBy, attester, subject, attestationData } = attestation;
  const { expirationDate, revoked, revocationDate } = attestation;
  return {
    schemaId: lower(schemaId),
    attester,
    expiresAt: expirationDate,
    revoked,
    revokedAt: revocationDate,
    recipients: [subject],
    data: attestationData,
    link: replacedBy === zeroHash ? undefined : `replaced by ${lower(replacedBy)}`,
  };
}
