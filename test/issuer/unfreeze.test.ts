import { expect } from 'chai';
import type { WriteClient } from '../../src/chain/client.ts';
import { getTreeEvents } from '../../src/chain/publications.ts';
import {
  freeze,
  getTree,
  nextPublication,
  publish as publishDirectly,
} from '../../src/chain/roots.ts';
import { EligoError } from '../../src/errors.ts';
import type { Issuer } from '../../src/issuer/issuer.ts';
import { planPublication, publish } from '../../src/issuer/publish.ts';
import { unfreeze } from '../../src/issuer/unfreeze.ts';
import { latestPublication } from '../../src/store/publications.ts';
import type { Field } from '../../src/protocol/field.ts';
import { throughClient, useIssuerChain } from '../support/issuerChain.ts';
import { issued, rootOfLog, rowsOf } from '../support/issuers.ts';
import { inFolder, type Stores } from '../support/stores.ts';

const because = { reason: 'resolved' } as const;

describe('issuer/unfreeze', () => {
  const chain = useIssuerChain();

  /** An issuer with three attestations on the chain, and its tree frozen. */
  async function frozenIssuer(stores: Stores): Promise<Issuer> {
    const { newIssuer, owner, publisher, options } = chain();
    const issuer = await newIssuer(await stores.openFresh());
    await issued(issuer.store, rowsOf(3));
    await publish(issuer, publisher, options);
    await freeze(owner, { ...issuer, reason: 'key-stolen' });
    return issuer;
  }

  const unfreezing = () => ({ ...chain().options, unfreezing: because });

  /** What a thief with the publisher's key sends: more than the tree has, whatever it is. */
  async function steal(issuer: Issuer, root: bigint): Promise<void> {
    const { publisher } = chain();
    const publication = await nextPublication(publisher, {
      ...issuer,
      ...{ root: root as Field, size: 4 ** 14, revoked: 2n ** 64n - 1n },
    });
    await publishDirectly(publisher, { ...issuer, publication });
  }

  async function refusalOf(action: Promise<unknown>): Promise<unknown> {
    const error: unknown = await action.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    return error instanceof EligoError ? (error.data['revert'] ?? error.code) : error;
  }

  inFolder((stores) => {
    it('ends the freeze with the tree of the log, whatever was issued or stolen meanwhile', async () => {
      const { owner, publisher, options } = chain();
      const issuer = await frozenIssuer(stores);
      await steal(issuer, 99n);
      await issued(issuer.store, rowsOf(2, 3));
      const { after } = await planPublication(issuer, owner, unfreezing());
      const publication = await unfreeze(issuer, owner, unfreezing());
      const root = await rootOfLog(issuer.store);
      expect(publication).to.include({ root, size: 5, revoked: 0n, sequence: 3n, voids: false });
      expect(after).to.include({ root, size: 5, revoked: 0n, sequence: 3n });
      expect(await getTree(owner, issuer)).to.include({ frozen: false, root, size: 5 });
      expect(await publish(issuer, publisher, options)).to.equal(undefined);
    });

    it('writes nothing down for a tree that is not frozen, or for who is no owner', async () => {
      const { owner, stranger } = chain();
      const issuer = await frozenIssuer(stores);
      const published = await latestPublication(issuer.store.db);
      expect(await refusalOf(unfreeze(issuer, stranger, unfreezing()))).to.equal('NotOwner');
      expect(await latestPublication(issuer.store.db)).to.deep.equal(published);
      await unfreeze(issuer, owner, unfreezing());
      const before = await latestPublication(issuer.store.db);
      expect(await refusalOf(unfreeze(issuer, owner, unfreezing()))).to.equal('NotFrozen');
      expect(await latestPublication(issuer.store.db)).to.deep.equal(before);
    });

    it('does it again above a publication that got ahead of it', async () => {
      const { owner } = chain();
      const issuer = await frozenIssuer(stores);
      let stolen = false;
      const hurried = throughClient(owner, async ({ method }, send) => {
        if (method === 'eth_sendRawTransaction' && !stolen) {
          stolen = true;
          await steal(issuer, 98n);
        }
        return send();
      });
      const publication = await unfreeze(issuer, hurried, unfreezing());
      expect(stolen).to.equal(true);
      expect(publication).to.include({ sequence: 3n, previousRoot: 98n, size: 3 });
      expect((await getTree(owner, issuer)).frozen).to.equal(false);
    });

    it('goes on where it was interrupted, before and after it was mined, and does it once', async () => {
      const { owner, publisher, options } = chain();
      for (const mined of [false, true]) {
        const issuer = await frozenIssuer(stores);
        const cut: WriteClient = throughClient(owner, async ({ method }, send) => {
          if (method !== 'eth_sendRawTransaction') return send();
          if (mined) await send();
          throw new Error('the process died');
        });
        await unfreeze(issuer, cut, unfreezing()).catch(() => undefined);
        expect((await getTree(owner, issuer)).frozen).to.equal(!mined);
        // Mined, it is no freeze any more: publishing notes what the chain has.
        if (mined) await publish(issuer, publisher, options);
        else await unfreeze(issuer, owner, unfreezing());
        const events = await getTreeEvents(owner, issuer);
        expect(events.map(({ kind }) => kind)).to.deep.equal([
          ...['published', 'frozen', 'unfrozen', 'published'],
        ]);
        expect((await latestPublication(issuer.store.db))!.state).to.equal('confirmed');
        expect(await publish(issuer, publisher, options)).to.equal(undefined);
      }
    });
  });
});
