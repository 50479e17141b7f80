/**
 * Signing an enrolment as the invited account, and checking it as the issuer (PROTOCOL.md section 2, "Enrolment").
 * @module
 */
import { isAddressEqual } from 'viem';
import { signTypedData } from 'viem/actions';
import { EligoError, invalidInput } from '../errors.ts';
import { enrolmentTypedData } from '../protocol/enrolment.ts';
import type { Enrolment, EnrolmentBinding, Invitation } from '../protocol/enrolment.ts';
import type { Field } from '../protocol/field.ts';
import type { ReadClient, WriteClient } from './client.ts';
import { checkSignature, invalidSignature } from './signatures.ts';

/**
 * Answers an invitation: binds the client's account to a commitment.
 * @throws {InvalidInput} if the invitation is for another account or chain
 */
export async function signEnrolment(
  client: WriteClient,
  parameters: { readonly invitation: Invitation; readonly commitment: Field },
): Promise<Enrolment> {
  const { commitment } = parameters;
  const { schema, ...binding } = parameters.invitation;
  if (!isAddressEqual(client.account.address, binding.account)) {
    const rule = `must be the account that signs, ${client.account.address}`;
    throw invalidInput('invitation.account', binding.account, rule);
  }
  refuseOtherChain(client, binding, 'invitation');
  const typedData = enrolmentTypedData({ ...binding, commitment });
  const signature = await signTypedData(client, { account: client.account, ...typedData });
  return { ...binding, schemaId: schema.id, commitment, signature };
}

/**
 * Checks an enrolment against the invitation that the issuer handed out. That the nonce is used once, and the
 * commitment by one account only, is for the issuer's store to hold.
 * @param parameters.invitation as the issuer kept it: what the enrolment says of itself proves nothing
 * @param parameters.now Unix seconds; the deadline itself is still in time
 * @throws {InvalidSignature} also where the two are bound to different things, naming the first
 * @throws {EnrolmentExpired} @throws {ChainUnavailable}
 * @throws {InvalidInput} if the client is on another chain
 */
export async function checkEnrolment(
  client: ReadClient,
  parameters: {
    readonly invitation: EnrolmentBinding;
    readonly enrolment: Enrolment;
    readonly now: bigint;
  },
): Promise<void> {
  const { invitation, enrolment, now } = parameters;
  refuseOtherChain(client, invitation, 'invitation');
  refuseOtherBinding(invitation, enrolment);
  if (now > invitation.deadline) {
    const deadline = invitation.deadline;
    throw new EligoError(
      'EnrolmentExpired',
      `the enrolment was due until ${deadline.toString()}, and it is ${now.toString()}`,
      { deadline, now },
    );
  }
  await checkSignature(client, {
    account: invitation.account,
    typedData: enrolmentTypedData({ ...invitation, commitment: enrolment.commitment }),
    signature: enrolment.signature,
    what: 'enrolment',
  });
}

const BOUND = [
  'chainId',
  'registry',
  'issuerId',
  'schemaId',
  'account',
  'nonce',
  'deadline',
] as const satisfies readonly (keyof EnrolmentBinding)[];

/** An enrolment that says one thing and is signed for another must not be kept as a record of the former. */
function refuseOtherBinding(invitation: EnrolmentBinding, enrolment: Enrolment): void {
  const textOf = (value: string | bigint): string => value.toString();
  const field = BOUND.find(
    (key) => textOf(invitation[key]).toLowerCase() !== textOf(enrolment[key]).toLowerCase(),
  );
  if (field === undefined) return;
  const [found, expected] = [textOf(enrolment[field]), textOf(invitation[field])];
  throw invalidSignature(
    `the enrolment is for ${field} ${found}, the invitation was for ${expected}`,
    { field, found, expected },
  );
}

/** A contract on another chain may say anything. */
function refuseOtherChain(client: ReadClient, { chainId }: EnrolmentBinding, name: string): void {
  if (BigInt(client.chain.id) === chainId) return;
  throw invalidInput(
    `${name}.chainId`,
    chainId,
    `must be the chain of the client, ${client.chain.id}`,
  );
}
