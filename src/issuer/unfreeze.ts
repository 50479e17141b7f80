/**
 * Ending a freeze from the store: the tree of the log is what counts again. It is a publication like any other, written down
 * before it is sent, so that the store stays in step with the chain whatever is interrupted (PROTOCOL.md section 4).
 * @module
 */
import { EligoError, type ErrorData } from '../errors.ts';
import type { WriteClient } from '../chain/client.ts';
import type { Because } from '../chain/governance.ts';
import { holdsRole } from '../chain/issuers.ts';
import { getTree } from '../chain/roots.ts';
import type { StoredPublication } from '../store/publications.ts';
import type { Issuer } from './issuer.ts';
import { PUBLISHING, preparePublication, type PublishOptions } from './publish.ts';
import { settle, type SettleOptions } from './settle.ts';

/**
 * Ends the freeze of an issuer's tree with the tree of its log. What an earlier call began is finished first; where somebody
 * publishes meanwhile, it is done again above that. By an owner of the issuer.
 * @returns the publication that ended it
 * @throws {PublicationPending} if it was not confirmed before `signal` fired: the next call, or `publish`, goes on
 * @throws {ContractReverted} `NotFrozen`, `NotOwner`
 */
export async function unfreeze(
  issuer: Issuer,
  client: WriteClient,
  options: PublishOptions & SettleOptions & { readonly unfreezing: Because },
): Promise<StoredPublication> {
  return issuer.store.alone(PUBLISHING, async () => {
    for (;;) {
      await refuseEarly(issuer, client);
      const next = await preparePublication(issuer, client, options);
      if (!next) throw refusal('NotFrozen', { treeId: issuer.treeId });
      const settled = await settle(issuer, client, next.publication, options);
      if (settled.state !== 'confirmed') continue;
      // What was signed before the freeze may have been published under it: then it didn't count.
      if (!(await getTree(client, issuer)).frozen) return settled;
    }
  });
}

/** Said before anything is written down, which `publish` would take up. */
async function refuseEarly(issuer: Issuer, client: WriteClient): Promise<void> {
  const { issuerId, treeId } = issuer;
  const account = client.account.address;
  if (!(await getTree(client, issuer)).frozen) throw refusal('NotFrozen', { treeId });
  if (await holdsRole(client, { ...issuer, role: 'owner', account })) return;
  throw refusal('NotOwner', { issuerId, account });
}

/** As the contract says it. */
function refusal(revert: string, facts: ErrorData): EligoError {
  const said = Object.entries(facts).map(([name, value]) => `${name} ${String(value)}`);
  const message = `the contract refuses: ${revert}(${said.join(', ')})`;
  return new EligoError('ContractReverted', message, { revert, ...facts });
}
