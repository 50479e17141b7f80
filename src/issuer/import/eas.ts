/**
 * The Ethereum Attestation Service: events name the recipient, the attester and the schema in topics, so only what is
 * wanted is ever asked for; what an attestation says is read from the contract.
 *
 * Facts: github.com/ethereum-attestation-service/eas-contracts, `IEAS`, `Common`, `ISchemaRegistry`.
 * @module
 */
import {
  decodeEventLog,
  encodeEventTopics,
  encodePacked,
  keccak256,
  pad,
  parseAbi,
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

/** What is used of EAS. */
export const easAbi = parseAbi([
  'event Attested(address indexed recipient, address indexed attester, bytes32 uid, bytes32 indexed schemaUID)',
  'event Revoked(address indexed recipient, address indexed attester, bytes32 uid, bytes32 indexed schemaUID)',
  'struct Attestation { bytes32 uid; bytes32 schema; uint64 time; uint64 expirationTime; uint64 revocationTime; bytes32 refUID; address recipient; address attester; bool revocable; bytes data; }',
  'function getAttestation(bytes32 uid) view returns (Attestation)',
  'function getSchemaRegistry() view returns (address)',
]);

/** What is used of its schema registry. */
export const easSchemasAbi = parseAbi([
  'struct SchemaRecord { bytes32 uid; address resolver; bool revocable; string schema; }',
  'function getSchema(bytes32 uid) view returns (SchemaRecord)',
]);

type Attestation = ContractFunctionReturnType<typeof easAbi, 'view', 'getAttestation'>;

/**
 * Opens a schema of an EAS contract.
 * @throws {InvalidInput} if there is no such schema @throws {ChainUnavailable} also if the node gives another one
 */
export async function openEas(parameters: SystemParameters): Promise<SystemReader> {
  const { asker, contract, sourceSchema, attester } = parameters;
  const schemaId = checkId(sourceSchema);
  const fields = parseFields(await readSchema(parameters, schemaId));
  const topics = (['Attested', 'Revoked'] as const).flatMap((eventName) =>
    encodeEventTopics({ abi: easAbi, eventName }),
  );
  const by = attester === undefined ? null : pad(lower(attester));
  return {
    ...{ system: 'eas', schemaId, fields },
    ...{ tuples: false, readsRevoked: false, copies: false },
    filter: { address: contract, topics: [topics as Hex[], null, by, schemaId] },
    eventsOf: (logs) => logs.map(eventOf),
    hold: async (ids, block) => {
      const question = { address: contract, abi: easAbi, functionName: 'getAttestation', block };
      const lists = ids.map((id) => [id]);
      const answers = await readMany(asker, question, lists);
      return holdings(ids, answers as readonly (Attestation | undefined)[], (answer, id) =>
        lower(answer.uid) === id ? toHeld(answer) : undefined,
      );
    },
  };
}

function checkId(sourceSchema: string): Hex {
  if (/^0x[0-9a-fA-F]{64}$/.test(sourceSchema)) return lower(sourceSchema as Hex);
  throw invalidInput('sourceSchema', sourceSchema, 'must be 0x and 64 hex digits');
}

/** A schema's id is the hash of what it says, so that no node can give another one. */
async function readSchema({ asker, contract }: SystemParameters, schemaId: Hex): Promise<string> {
  const { client } = asker;
  const { uid, schema, resolver, revocable } = await askForSchema(asker, async () => {
    const address = await readContract(client, {
      ...{ address: contract, abi: easAbi, functionName: 'getSchemaRegistry' },
    });
    return readContract(client, {
      ...{ address, abi: easSchemasAbi, functionName: 'getSchema', args: [schemaId] },
    });
  });
  if (uid === zeroHash) throw invalidInput('sourceSchema', schemaId, 'must be a registered schema');
  const hash = keccak256(
    encodePacked(['string', 'address', 'bool'], [schema, resolver, revocable]),
  );
  if (hash === schemaId) return schema;
  throw unavailable(`gives another schema than ${schemaId}`);
}

function eventOf(log: ChainLog): SourceEvent {
  try {
    const { eventName, args } = decodeEventLog({
      ...{ abi: easAbi, topics: log.topics as [Hex, ...Hex[]], data: log.data },
    });
    const kind = eventName === 'Attested' ? 'attest' : 'revoke';
    return { kind, nativeId: lower(args.uid), log };
  } catch (error) {
    throw badEvent(log, error);
  }
}

function toHeld(attestation: Attestation): Held {
  const { schema, attester, recipient, expirationTime, revocationTime, refUID, data } = attestation;
  return {
    schemaId: lower(schema),
    attester,
    expiresAt: expirationTime,
    revoked: revocationTime !== 0n,
    revokedAt: revocationTime,
    recipients: [recipient],
    data,
    link: refUID === zeroHash ? undefined : `refers to ${lower(refUID)}`,
  };
}
