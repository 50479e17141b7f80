/**
 * Claims at the adapters (contracts/adapters/README.md): what a proof must be bound to, so that Sign Protocol's hook, EAS'
 * resolver, TokenTable's hook or Verax' module lets it in, and the bytes in which it travels through the host's own call.
 * @module
 */
import type { Address, Hex } from 'viem';
import {
  concatHex,
  encodeAbiParameters,
  getAbiItem,
  keccak256,
  parseAbiParameters,
  stringToHex,
} from 'viem/utils';
import { invalidInput } from '../errors.ts';
import { toUint, type Field, type IntegerInput } from '../protocol/field.ts';
import {
  computeContext,
  computeScope,
  toAddress,
  toBytes32,
  toHex,
} from '../protocol/statement.ts';
import type { ProvenStatement } from '../prover/proof.ts';
import { distributorAbi, veraxModuleAbi } from './abis.ts';
import { toContractClaim } from './claims.ts';

const ADDRESS = parseAbiParameters('address');
const ADDRESSES = parseAbiParameters('address, address');

/** Claim and payload in the contracts' own words. */
const CLAIM = getAbiItem({ abi: distributorAbi, name: 'claim' }).inputs[1];
const PAYLOAD = getAbiItem({ abi: veraxModuleAbi, name: 'run' }).inputs[0];

/** The label of the one rule that every adapter has. */
const ADAPTER_LABEL: Hex = stringToHex('adapter', { size: 32 });

/** An adapter: its address, on its chain. */
export type AdapterPlace = { readonly chainId: IntegerInput | number; readonly adapter: Address };

/** What happens in the host, as an adapter counts it; by one of the functions below. */
export type AdapterAction = { readonly id: bigint; readonly actionHash: Hex };

/** What is to be attested, as Verax' portals hand it on. */
export type VeraxPayload = {
  readonly schemaId: Hex;
  /** Unix seconds, 0 = never. */
  readonly expirationDate: bigint;
  readonly subject: Hex;
  readonly attestationData: Hex;
};

/** The scope that `prove` takes for an adapter. @throws {InvalidInput} */
export function adapterScope({ chainId, adapter }: AdapterPlace): Field {
  return computeScope({ chainId, gate: adapter, label: ADAPTER_LABEL });
}

/** The context that `prove` takes for an adapter. @throws {InvalidInput} */
export function adapterContext(
  parameters: AdapterPlace & { readonly action: AdapterAction },
): Field {
  const { chainId, adapter, action } = parameters;
  return computeContext({ chainId, gate: adapter, ...action });
}

/** An attestation under a schema of Sign Protocol. @throws {InvalidInput} */
export function signProtocolAction(parameters: {
  readonly schemaId: IntegerInput;
  /** Who will be on record as its attester. */
  readonly attester: Address;
}): AdapterAction {
  const attester = toAddress(parameters.attester, 'attester');
  return {
    id: toUint(parameters.schemaId, 'schemaId', 64),
    actionHash: keccak256(encodeAbiParameters(ADDRESS, [attester])),
  };
}

/** An attestation under a schema of EAS. @throws {InvalidInput} */
export function easAction(parameters: {
  /** The schema's UID. */
  readonly schema: Hex;
  readonly attester: Address;
  /** Whom it is about. */
  readonly recipient: Address;
}): AdapterAction {
  const attester = toAddress(parameters.attester, 'attester');
  const recipient = toAddress(parameters.recipient, 'recipient');
  return {
    id: BigInt(toBytes32(parameters.schema, 'schema')),
    actionHash: keccak256(encodeAbiParameters(ADDRESSES, [attester, recipient])),
  };
}

/** A claim of a schedule ("actual") of a TokenTable unlocker. @throws {InvalidInput} */
export function tokenTableAction(parameters: {
  readonly actualId: IntegerInput;
  /** Who gets the tokens: named in `claimTos`, or else the owner of the schedule's FutureToken. */
  readonly recipient: Address;
}): AdapterAction {
  const recipient = toAddress(parameters.recipient, 'recipient');
  return {
    id: toUint(parameters.actualId, 'actualId', 256),
    actionHash: keccak256(encodeAbiParameters(ADDRESS, [recipient])),
  };
}

/** An attestation through a portal of Verax. @throws {InvalidInput} */
export function veraxAction(parameters: {
  /** Whom the portal gives as the attester. */
  readonly attester: Address;
  readonly payload: VeraxPayload;
}): AdapterAction {
  const attester = toAddress(parameters.attester, 'attester');
  const { schemaId, expirationDate, subject, attestationData } = parameters.payload;
  const payload = {
    schemaId: toBytes32(schemaId, 'payload.schemaId'),
    expirationDate: toUint(expirationDate, 'payload.expirationDate', 64),
    subject: toHex(subject, 'payload.subject'),
    attestationData: toHex(attestationData, 'payload.attestationData'),
  };
  return {
    id: BigInt(payload.schemaId),
    actionHash: keccak256(encodeAbiParameters([...ADDRESS, PAYLOAD], [attester, payload])),
  };
}

/**
 * Claims as adapters take them, each in 480 bytes, one after the other: Sign Protocol's and TokenTable's `extraData` (one
 * for each attestation or schedule, in their order), the beginning of EAS' `data`, Verax' validation payload (one).
 */
export function encodeAdapterClaims(claims: readonly ProvenStatement[]): Hex {
  return concatHex(claims.map((claim) => encodeAbiParameters([CLAIM], [toContractClaim(claim)])));
}

/** With what the field list of an EAS schema must begin, so that EAS' own encoders write the claim as it is read. */
export const EAS_CLAIM_FIELDS =
  'uint256 nullifier,uint256 root,uint256 policy,uint96 disclosed,uint32 shown,uint40 checkedAt,uint256 context,uint256[8] proof';

/**
 * The `data` of an EAS attestation: the claim's fields, then the schema's own.
 * @param parameters.fields the schema's own fields, as its text has them: `string review`; none if left out
 * @param parameters.values their values
 * @throws {InvalidInput}
 */
export function encodeEasData(parameters: {
  readonly claim: ProvenStatement;
  readonly fields?: string;
  readonly values?: readonly unknown[];
}): Hex {
  const { claim, fields = '', values = [] } = parameters;
  const { statement, proof } = toContractClaim(claim);
  const { nullifier, root, policy, disclosed, shown, checkedAt, context } = statement;
  const said = [nullifier, root, policy, disclosed, shown, checkedAt, context, proof];
  const all = fields === '' ? EAS_CLAIM_FIELDS : `${EAS_CLAIM_FIELDS},${fields}`;
  try {
    return encodeAbiParameters(parseAbiParameters(all), [...said, ...values]);
  } catch {
    throw invalidInput(
      'fields',
      fields,
      'must be fields as EAS writes them, with a value for each',
    );
  }
}
