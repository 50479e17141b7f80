/**
 * The file a holder keeps: attestation, position and a publisher's signature (PROTOCOL.md section 2, "Credential").
 * @module
 */
import type { Address, Hex, TypedDataDomain } from 'viem';
import { z } from 'zod';
import { invalidInput } from '../errors.ts';
import { checkAttestation, hashAttestation, type Attestation } from './attestation.ts';
import { addressShape, readDocument } from './codec.ts';
import { isHex } from './evm.ts';
import { toUint } from './field.ts';
import { TREE_DEPTH } from './merklePath.ts';
import { defineSchema, type Schema } from './schema.ts';

const credentialShape = z.strictObject({
  eligo: z.literal('credential/1', 'must be "credential/1"'),
  circuit: z.string().regex(/^[0-9a-f]{64}$/, 'must be the sha256 of the r1cs in hex'),
  chainId: z.string(),
  registry: addressShape,
  tree: z.string(),
  position: z.string(),
  attestation: z.strictObject({
    schemaId: z.string(),
    commitment: z.string(),
    issuedAt: z.string(),
    expiresAt: z.string(),
    salt: z.string(),
    values: z.array(z.string()).length(4, 'must be four slots'),
  }),
  schema: z.unknown(),
  signature: z.string().refine((text) => isHex(text), 'must be hex with 0x'),
});

/** A credential, parsed. */
export type Credential = {
  /** sha256 of the r1cs that it was issued for. */
  readonly circuit: string;
  readonly chainId: bigint;
  /** The RootRegistry. */
  readonly registry: Address;
  readonly tree: bigint;
  /** u28 */
  readonly position: bigint;
  readonly attestation: Attestation;
  readonly schema: Schema;
  readonly signature: Hex;
};

/**
 * Reads a credential file.
 * @throws {InvalidInput} naming the path, the value and the rule
 */
export function readCredential(input: unknown): Credential {
  const document = readDocument(credentialShape, input, 'credential');
  const schema = defineSchema(document.schema);
  const attestation = checkAttestation(document.attestation);
  if (attestation.schemaId !== schema.id) {
    throw invalidInput('credential.schema', schema.id, 'must be the schema of the attestation');
  }
  return {
    circuit: document.circuit,
    chainId: toUint(document.chainId, 'credential.chainId', 64),
    registry: document.registry,
    tree: toUint(document.tree, 'credential.tree', 64),
    position: toUint(document.position, 'credential.position', 2 * TREE_DEPTH),
    attestation,
    schema,
    signature: document.signature,
  };
}

/** The credential as the document that goes into a file. Holds personal data. */
export function writeCredential(credential: Credential): z.infer<typeof credentialShape> {
  const { attestation } = credential;
  return {
    eligo: 'credential/1',
    circuit: credential.circuit,
    chainId: credential.chainId.toString(),
    registry: credential.registry,
    tree: credential.tree.toString(),
    position: credential.position.toString(),
    attestation: {
      schemaId: attestation.schemaId.toString(),
      commitment: attestation.commitment.toString(),
      issuedAt: attestation.issuedAt.toString(),
      expiresAt: attestation.expiresAt.toString(),
      salt: attestation.salt.toString(),
      values: attestation.values.map((value) => value.toString()),
    },
    schema: credential.schema.document,
    signature: credential.signature,
  };
}

/** What a publisher signs (EIP-712): this leaf stands at this position of this tree. */
export function credentialTypedData(
  credential: Omit<Credential, 'signature' | 'circuit' | 'schema'>,
): {
  readonly domain: TypedDataDomain;
  readonly types: {
    readonly Credential: readonly { readonly name: string; readonly type: string }[];
  };
  readonly primaryType: 'Credential';
  readonly message: Readonly<Record<string, bigint | number>>;
} {
  return {
    domain: {
      name: 'Eligo',
      version: '1',
      chainId: credential.chainId,
      verifyingContract: credential.registry,
    },
    types: {
      Credential: [
        { name: 'treeId', type: 'uint64' },
        { name: 'position', type: 'uint32' },
        { name: 'leaf', type: 'uint256' },
      ],
    },
    primaryType: 'Credential',
    message: {
      treeId: credential.tree,
      position: Number(credential.position),
      leaf: hashAttestation(credential.attestation),
    },
  };
}
