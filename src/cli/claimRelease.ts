/**
 * `eligo claim release`: what a grant has vested is paid, whoever asks for it.
 * @module
 */
import type { Command } from 'commander';
import { getGrant, release, type Grant } from '../chain/grants.ts';
import { invalidInput } from '../errors.ts';
import { describeToken } from './campaignWords.ts';
import { KEY_FLAG, NODE_FLAGS, connectSigner } from './gate.ts';
import { facts, moment } from './output.ts';
import { addVerb, uintFlag, type Context, type Surroundings } from './verb.ts';

/** Adds `claim release`. */
export function addClaimRelease(noun: Command, around: Surroundings): void {
  addVerb(noun, around, {
    name: 'release',
    summary: 'pay what a grant has vested to its recipient',
    required: {
      ...NODE_FLAGS,
      ...KEY_FLAG,
      '--grant <id>': "the grant's number, as `claim submit` or `claim status` say it",
    },
    example:
      'claim release --rpc http://127.0.0.1:8545 --deployment deployment.json --key-file key.txt --grant 1',
    act: releaseVested,
  });
}

async function releaseVested(context: Context): Promise<void> {
  const { flags, result, step } = context;
  const grantId = uintFlag(flags, '--grant', 64);
  if (grantId === undefined) throw invalidInput('--grant', 'missing', 'is needed here');
  const { client, deployment } = await connectSigner(context);
  const { receipt, amount } = await step('releasing', () =>
    release(client, { deployment, grantId }),
  );
  const grant = await getGrant(client, { deployment, grantId });
  const { transactionHash: transaction } = receipt;
  result({ amount, grant: grantDocument(grant), transaction }, [
    ...facts({ paid: amount, transaction }),
    ...describeGrant(grant),
  ]);
}

/** A grant as commands print it. */
export function grantDocument(grant: Grant): object {
  return { ...grant, left: grant.total - grant.released };
}

/** A grant in words. */
export function describeGrant(grant: Grant): readonly string[] {
  const { id, recipient, token, start, total, vested, released, clawedBack } = grant;
  return facts({
    grant: id,
    recipient,
    token: describeToken(token),
    'vests from': moment(start),
    total,
    vested,
    released,
    left: total - released,
    'clawed back': clawedBack && `stops vesting at ${moment(clawedBack.stopsAt)}`,
  });
}
