/**
 * What a proof is for: a campaign on-chain or a service off-chain. The flags of the two don't mix.
 * @module
 */
import { invalidInput } from '../errors.ts';
import type { Hex } from 'viem';
import { computeContext, computeScope } from '../protocol/statement.ts';
import type { Field } from '../protocol/field.ts';
import { ACTION_FLAGS, CAMPAIGN_FLAGS } from './gate.ts';
import type { Flags } from './verb.ts';

/** The flags that name a service off-chain and its challenge. */
export const SERVICE_FLAGS = {
  '--audience <origin>': 'off-chain: the service, such as https://example.org',
  '--label <hex>': 'off-chain: 32 bytes, what a claim is counted within',
  '--challenge <hex>': "off-chain: the service's 32 random bytes, used once",
} as const;

const CHAIN_ONLY = Object.keys({ ...CAMPAIGN_FLAGS, ...ACTION_FLAGS }).map(flagName);
const SERVICE_ONLY = [
  ...Object.keys(SERVICE_FLAGS).map(flagName),
  '--root',
  '--at',
  '--proof-lifetime',
  '--cap',
];

/** Which of the two is meant. @throws {InvalidInput} if flags of both, or of neither, are given */
export function targetOf(flags: Flags): 'campaign' | 'service' {
  const given = (names: readonly string[]): string | undefined =>
    names.find((name) => flags.find(name) !== undefined);
  const [chain, service] = [given(CHAIN_ONLY), given(SERVICE_ONLY)];
  if (chain !== undefined && service !== undefined)
    throw invalidInput(service, flags.find(service), `is off-chain and can't go with ${chain}`);
  if (chain === undefined && service === undefined) {
    throw invalidInput(
      '--campaign',
      'missing',
      'name a campaign (--rpc, --deployment, --campaign, --recipient) or a service (--audience, --label, --challenge)',
    );
  }
  return chain === undefined ? 'service' : 'campaign';
}

/** What a proof for the service of the flags is bound to. @throws {InvalidInput} */
export function readService(flags: Flags): { readonly scope: Field; readonly context: Field } {
  const audience = flags.text('--audience');
  return {
    scope: computeScope({ audience, label: flags.text('--label') as Hex }),
    context: computeContext({ audience, challenge: flags.text('--challenge') as Hex }),
  };
}

function flagName(declared: string): string {
  return declared.split(' ')[0] ?? declared;
}
