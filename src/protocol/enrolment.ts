/**
 * Enrolment: an account says, once, which commitment is its holder's (PROTOCOL.md section 2, "Enrolment"). The issuer
 * hands out an invitation; the holder signs it together with a commitment, and hands back the enrolment.
 * @module
 */
import type { Address, Hex, TypedDataDefinition } from 'viem';
import { z } from 'zod';
import { addressShape, readDocument } from './codec.ts';
import { bytesToHex, getAddress, numberToHex } from './evm.ts';
import { platformRandom, randomBytes, toField, toTime, toUint } from './field.ts';
import type { Field, IntegerInput, RandomSource } from './field.ts';
import { defineSchema, type Schema } from './schema.ts';

const address = addressShape.refine((text) => BigInt(text) !== 0n, 'must not be the zero address');

const common = {
  chainId: z.string(),
  registry: address,
  issuerId: z.string(),
  account: address,
  nonce: z.string(),
  deadline: z.string(),
};

const invitationShape = z.strictObject({
  eligo: z.literal('invitation/1', 'must be "invitation/1"'),
  ...common,
  schema: z.unknown(),
});

const enrolmentShape = z.strictObject({
  eligo: z.literal('enrolment/1', 'must be "enrolment/1"'),
  ...common,
  schemaId: z.string(),
  commitment: z.string(),
  signature: z.string().regex(/^0x([0-9a-fA-F]{2})+$/, 'must be whole bytes in hex with 0x'),
});

/** What an enrolment is bound to beside the commitment: the invitation holds it, the signature covers it. */
export type EnrolmentBinding = {
  readonly chainId: bigint;
  /** The IssuerRegistry. */
  readonly registry: Address;
  readonly issuerId: bigint;
  readonly schemaId: Field;
  /** Who is invited: an account with a key, or a contract, deployed or not. */
  readonly account: Address;
  /** Drawn by the issuer for that account, and accepted once; u256. */
  readonly nonce: bigint;
  /** Unix seconds, the last at which the enrolment counts; u40. */
  readonly deadline: bigint;
};

/** What the issuer hands to the holder. */
export type Invitation = EnrolmentBinding & { readonly schema: Schema };

/** What the holder hands back. */
export type Enrolment = EnrolmentBinding & {
  readonly commitment: Field;
  /** Of the account: a key's, ERC-1271 or ERC-6492. */
  readonly signature: Hex;
};

/**
 * Makes an invitation with a nonce of its own.
 * @param parameters.registry the IssuerRegistry
 * @param parameters.deadline Unix seconds, the last at which the enrolment counts
 * @param parameters.random   the source of the nonce; the platform's CSPRNG unless given
 * @throws {InvalidInput}
 */
export function createInvitation(parameters: {
  readonly chainId: IntegerInput;
  readonly registry: Address;
  readonly issuerId: IntegerInput;
  readonly schema: Schema;
  readonly account: Address;
  readonly deadline: IntegerInput;
  readonly random?: RandomSource;
}): Invitation {
  const { schema, random = platformRandom } = parameters;
  return readInvitation({
    eligo: 'invitation/1',
    chainId: parameters.chainId.toString(),
    registry: parameters.registry,
    issuerId: parameters.issuerId.toString(),
    schema: schema.document,
    account: parameters.account,
    nonce: BigInt(bytesToHex(randomBytes(random, 32))).toString(),
    deadline: parameters.deadline.toString(),
  });
}

/**
 * Reads an invitation.
 * @param input a plain object or JSON text
 * @throws {InvalidInput} naming the path, the value and the rule
 */
export function readInvitation(input: unknown): Invitation {
  const document = readDocument(invitationShape, input, 'invitation');
  const schema = defineSchema(document.schema);
  return { ...readCommon(document, 'invitation'), schemaId: schema.id, schema };
}

/** The invitation as the document that goes into a file. */
export function writeInvitation(invitation: Invitation): z.infer<typeof invitationShape> {
  return {
    eligo: 'invitation/1',
    ...writeCommon(invitation),
    schema: invitation.schema.document,
  };
}

/**
 * Reads a signed enrolment. The signature is still to be checked: `checkEnrolment` of chain/enrolments.ts.
 * @param input a plain object or JSON text
 * @throws {InvalidInput} naming the path, the value and the rule
 */
export function readEnrolment(input: unknown): Enrolment {
  const document = readDocument(enrolmentShape, input, 'enrolment');
  return {
    ...readCommon(document, 'enrolment'),
    schemaId: toField(document.schemaId, 'enrolment.schemaId'),
    commitment: toField(document.commitment, 'enrolment.commitment'),
    signature: document.signature as Hex,
  };
}

/** The enrolment as the document that goes into a file. */
export function writeEnrolment(enrolment: Enrolment): z.infer<typeof enrolmentShape> {
  return {
    eligo: 'enrolment/1',
    ...writeCommon(enrolment),
    schemaId: enrolment.schemaId.toString(),
    commitment: enrolment.commitment.toString(),
    signature: enrolment.signature,
  };
}

/** What the account signs (EIP-712); `source` is the schema's id as 32 bytes. */
export function enrolmentTypedData(
  enrolment: EnrolmentBinding & { readonly commitment: Field },
): TypedDataDefinition {
  return {
    domain: {
      name: 'Eligo',
      version: '1',
      chainId: enrolment.chainId,
      verifyingContract: enrolment.registry,
    },
    types: {
      Enrolment: [
        { name: 'account', type: 'address' },
        { name: 'commitment', type: 'uint256' },
        { name: 'issuerId', type: 'uint64' },
        { name: 'source', type: 'bytes32' },
        { name: 'nonce', type: 'uint256' },
        { name: 'deadline', type: 'uint40' },
      ],
    },
    primaryType: 'Enrolment',
    message: {
      account: enrolment.account,
      commitment: enrolment.commitment,
      issuerId: enrolment.issuerId,
      source: numberToHex(enrolment.schemaId, { size: 32 }),
      nonce: enrolment.nonce,
      deadline: enrolment.deadline,
    },
  };
}

type CommonDocument = Omit<z.infer<typeof invitationShape>, 'eligo' | 'schema'>;

function readCommon(document: CommonDocument, name: string): Omit<EnrolmentBinding, 'schemaId'> {
  return {
    chainId: toUint(document.chainId, `${name}.chainId`, 64),
    registry: getAddress(document.registry),
    issuerId: toUint(document.issuerId, `${name}.issuerId`, 64),
    account: getAddress(document.account),
    nonce: toUint(document.nonce, `${name}.nonce`, 256),
    deadline: toTime(document.deadline, `${name}.deadline`),
  };
}

function writeCommon(binding: EnrolmentBinding): CommonDocument {
  return {
    chainId: binding.chainId.toString(),
    registry: binding.registry,
    issuerId: binding.issuerId.toString(),
    account: binding.account,
    nonce: binding.nonce.toString(),
    deadline: binding.deadline.toString(),
  };
}
