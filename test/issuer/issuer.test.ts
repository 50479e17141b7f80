import { expect } from 'chai';
import { openIssuer, registerIssuerTree, setUpStore } from '../../src/issuer/issuer.ts';
import { publish } from '../../src/issuer/publish.ts';
import { useIssuerChain } from '../support/issuerChain.ts';
import { PEPPER, rowsIn } from '../support/issuers.ts';
import { forEachStore } from '../support/stores.ts';
import { rejected } from '../support/world.ts';

const OTHER_PEPPER = new Uint8Array(32).fill(8);

describe('issuer/issuer', () => {
  const chain = useIssuerChain();

  forEachStore((stores) => {
    it('sets a store up once, and finds whose it is when it is opened again', async () => {
      const { owner, deployment } = chain();
      const url = await stores.fresh();
      const store = await stores.open(url);
      const { issuerId, treeId } = await registerIssuerTree(owner, { deployment, uri: 'x' });
      const parameters = { deployment, treeId, pepper: PEPPER };
      const issuer = await setUpStore(store, owner, parameters);
      expect(issuer).to.deep.equal({ store, deployment, issuerId, treeId });
      const rows = await rowsIn(store);
      expect(await setUpStore(store, owner, parameters)).to.deep.equal(issuer);
      expect(await rowsIn(store)).to.deep.equal(rows);
      await store.close();
      const again = await stores.open(url);
      expect(await openIssuer(again)).to.deep.equal({ ...issuer, store: again });
      expect(await openIssuer(again, PEPPER)).to.deep.equal({ ...issuer, store: again });
      const error = await rejected(openIssuer(again, OTHER_PEPPER));
      expect(error).to.include({ code: 'StoreMismatch' });
      expect(error.message).to.match(/pepper/);
    });

    it('refuses a store that was never set up', async () => {
      const store = await stores.openFresh();
      expect(await rejected(openIssuer(store))).to.include({ code: 'StoreMismatch' });
    });

    it('refuses another tree, another pepper, and a tree that nobody has, and changes nothing', async () => {
      const { owner, deployment, newIssuer } = chain();
      const { store, treeId } = await newIssuer(await stores.openFresh());
      const { treeId: other } = await registerIssuerTree(owner, { deployment, uri: '' });
      const rows = await rowsIn(store);
      const right = { deployment, treeId, pepper: PEPPER };
      for (const [code, changes] of [
        ['StoreMismatch', { treeId: other }],
        ['StoreMismatch', { pepper: OTHER_PEPPER }],
        ['ContractReverted', { treeId: 10_000n }],
      ] as const) {
        const error = await rejected(setUpStore(store, owner, { ...right, ...changes }));
        expect(error).to.include({ code });
      }
      await setUpStore(store, owner, right);
      expect(await rowsIn(store)).to.deep.equal(rows);
    });

    it('refuses a new store for a tree that has publications, and lets its own be set up again', async () => {
      const { owner, publisher, deployment, newIssuer, options } = chain();
      const { store, treeId } = await newIssuer(await stores.openFresh());
      await publish({ store, deployment, issuerId: 0n, treeId }, publisher, {
        ...options,
        heartbeat: true,
      });
      const parameters = { deployment, treeId, pepper: PEPPER };
      const empty = await stores.openFresh();
      const error = await rejected(setUpStore(empty, owner, parameters));
      expect(error).to.include({ code: 'InvalidInput' });
      expect(error.data).to.include({ field: 'tree' });
      expect(await rowsIn(empty)).to.deep.equal([]);
      await setUpStore(store, owner, parameters);
    });
  });
});
