import { expect } from 'chai';
import { LimitExceededRpcError, zeroHash, type Hex } from 'viem';
import { getTransactionCount } from 'viem/actions';
import { grantRole, holdsRole, revokeRole } from '../../src/chain/issuers.ts';
import { publishBySignature, signPublication } from '../../src/chain/roots.ts';
import type { WriteClient } from '../../src/chain/client.ts';
import type { Issuer } from '../../src/issuer/issuer.ts';
import { preparePublication, publish } from '../../src/issuer/publish.ts';
import { toPublication, type SettleOptions } from '../../src/issuer/settle.ts';
import {
  latestPublication,
  readPublication,
  setConfirmed,
  setSigned,
  setState,
} from '../../src/store/publications.ts';
import { throughClient, useIssuerChain } from '../support/issuerChain.ts';
import { issued, rowsOf } from '../support/issuers.ts';
import { forEachStore, inFolder } from '../support/stores.ts';
import { rejected } from '../support/world.ts';

describe('issuer/settle', () => {
  const chain = useIssuerChain();

  afterEach(async () => {
    const { anvil } = chain();
    await anvil.client.setAutomine(true);
    await anvil.client.mine({ blocks: 1 });
  });

  /** One step towards the chain, by the publisher unless told otherwise, and the error that it ends with. */
  const step = (issuer: Issuer, options: SettleOptions = {}, client?: WriteClient) => {
    const { publisher, options: publishing } = chain();
    const signal = AbortSignal.abort();
    return rejected(publish(issuer, client ?? publisher, { ...publishing, ...options, signal }));
  };

  const finish = (issuer: Issuer, options: SettleOptions = {}) =>
    publish(issuer, chain().publisher, { ...chain().options, ...options });

  const latest = async ({ store }: Issuer) => (await latestPublication(store.db))!;

  const expectOne = async (issuer: Issuer): Promise<void> => {
    const sequences = (await chain().published(issuer)).map(({ sequence }) => sequence);
    expect(sequences).to.deep.equal([1n]);
  };

  forEachStore((stores) => {
    const open = async (): Promise<Issuer> => {
      const issuer = await chain().newIssuer(await stores.openFresh());
      await issued(issuer.store, rowsOf(2));
      return issuer;
    };

    it('signs and keeps, then sends, then waits; each step goes on from the one before', async () => {
      const { anvil, publisher } = chain();
      const issuer = await open();
      await anvil.client.setAutomine(false);
      const pending = await step(issuer);
      expect(pending).to.include({ code: 'PublicationPending' });
      const { transaction, state } = await latest(issuer);
      expect(pending.data).to.deep.equal({ sequence: 1n, transaction: transaction!.hash });
      expect(state).to.equal('signed');
      const { address } = publisher.account;
      const waiting = () => getTransactionCount(publisher, { address, blockTag: 'pending' });
      expect(BigInt(await waiting())).to.equal(transaction!.nonce);
      const steps: string[] = [];
      const onStep = (what: string): void => {
        steps.push(what);
      };
      for (let i = 0; i < 2; i++)
        expect(await step(issuer, { onStep })).to.include({ code: 'PublicationPending' });
      expect(steps).to.deep.equal([
        `sending ${transaction!.hash}`,
        `waiting for ${transaction!.hash}`,
      ]);
      expect(BigInt(await waiting())).to.equal(transaction!.nonce + 1n);
      await anvil.client.mine({ blocks: 1 });
      const settled = await finish(issuer);
      expect(settled).to.deep.include({ state: 'confirmed', transaction });
      const block = await anvil.client.getBlock({ blockNumber: settled!.mined!.block });
      expect(settled!.mined).to.deep.equal({
        ...{ hash: transaction!.hash, block: block.number, time: block.timestamp },
      });
      await expectOne(issuer);
    });

    it('sends a stuck transaction again for more, under the same nonce', async () => {
      const { anvil } = chain();
      const issuer = await open();
      await anvil.client.setAutomine(false);
      await step(issuer);
      await step(issuer);
      const { transaction: first } = await latest(issuer);
      await step(issuer, { bump: true });
      const { transaction: second } = await latest(issuer);
      expect(second!.nonce).to.equal(first!.nonce);
      expect(second!.hash).to.not.equal(first!.hash);
      await anvil.client.mine({ blocks: 1 });
      expect((await finish(issuer))!.mined!.hash).to.equal(second!.hash);
      await expectOne(issuer);
    });

    it('finds what was mined of two that were sent, the first as well', async () => {
      const { anvil, publisher } = chain();
      const issuer = await open();
      await anvil.client.setAutomine(false);
      await step(issuer);
      await step(issuer);
      const { transaction: first } = await latest(issuer);
      const deaf = throughClient(publisher, (request, pass) =>
        request.method === 'eth_sendRawTransaction' ? Promise.reject(new Error('lost')) : pass(),
      );
      expect(await step(issuer, { bump: true }, deaf)).to.include({ code: 'ContractReverted' });
      expect((await latest(issuer)).transaction!.hash).to.not.equal(first!.hash);
      await anvil.client.mine({ blocks: 1 });
      const settled = await finish(issuer);
      expect(settled!.mined!.hash).to.equal(first!.hash);
      await expectOne(issuer);
    });

    it('signs anew where the account used the nonce for something else', async () => {
      const { anvil, publisher } = chain();
      const issuer = await open();
      await step(issuer);
      const { transaction: first } = await latest(issuer);
      const { address } = publisher.account;
      await anvil.mined(anvil.client.sendTransaction({ account: address, to: address, value: 1n }));
      const settled = await finish(issuer);
      expect(settled!.transaction!.nonce).to.equal(first!.nonce + 1n);
      await expectOne(issuer);
    });

    it('counts when somebody else submitted it', async () => {
      const { owner, publisher, stranger, deployment, options } = chain();
      const issuer = await open();
      const prepared = await preparePublication(issuer, publisher, options);
      const publication = toPublication(issuer, prepared!.publication);
      const deadline = Number(await chain().anvil.now()) + 3_600;
      const signature = await signPublication(publisher, { deployment, publication, deadline });
      await setState(issuer.store.db, 1n, 'handed');
      const account = publisher.account.address;
      const before = await getTransactionCount(owner, { address: account });
      const receipt = await publishBySignature(stranger, {
        ...{ deployment, publication, deadline, publisher: account, signature },
      });
      const settled = await finish(issuer);
      expect(settled).to.include({ state: 'confirmed', transaction: undefined });
      expect(settled!.mined).to.include({ hash: receipt.transactionHash });
      expect(await getTransactionCount(owner, { address: account })).to.equal(before);
      await expectOne(issuer);
    });

    it('goes on with another account, whatever the first had signed', async () => {
      const { anvil, owner, publisher, stranger, deployment, options } = chain();
      const issuer = await open();
      const [first, second] = [publisher.account.address, stranger.account.address];
      const { issuerId } = issuer;
      // The other store's test may have given it already: the chain is the same.
      const role = { deployment, issuerId, role: 'publisher', account: second } as const;
      if (!(await holdsRole(owner, role))) await grantRole(owner, role);
      // The nonce that the first signed under is one that the second has still far to go to.
      const count = await getTransactionCount(publisher, { address: second });
      while ((await getTransactionCount(publisher, { address: first })) < count + 3)
        await anvil.mined(anvil.client.sendTransaction({ account: first, to: first }));
      await step(issuer);
      const { transaction } = await latest(issuer);
      const settled = await publish(issuer, stranger, { ...options, bump: true });
      const mined = await anvil.client.getTransaction({ hash: settled!.mined!.hash });
      expect(mined.from).to.equal(second.toLowerCase());
      expect(settled!.transaction!.hash).to.not.equal(transaction!.hash);
      await expectOne(issuer);
    });

    describe('given a publisher that lost its role', () => {
      const setRole = async (issuer: Issuer, role: 'grant' | 'revoke'): Promise<void> => {
        const { owner, publisher, deployment } = chain();
        const account = publisher.account.address;
        const { issuerId } = issuer;
        if (role === 'grant')
          await grantRole(owner, { deployment, issuerId, role: 'publisher', account });
        else
          await revokeRole(owner, {
            ...{ deployment, issuerId, role: 'publisher', account },
            reason: 'departure',
          });
      };

      it('says so without sending anything, keeps the publication, and works once it has the role', async () => {
        const { publisher } = chain();
        const issuer = await open();
        await setRole(issuer, 'revoke');
        const error = await rejected(finish(issuer));
        expect(error).to.include({ code: 'ContractReverted' });
        expect(error.data).to.deep.equal({
          ...{ revert: 'NotPublisher', issuerId: issuer.issuerId },
          account: publisher.account.address,
        });
        expect(await latest(issuer)).to.include({ state: 'prepared', transaction: undefined });
        await setRole(issuer, 'grant');
        expect(await finish(issuer)).to.include({ state: 'confirmed', sequence: 1n });
        await expectOne(issuer);
      });

      it('says so of a transaction that was mined and reverted, and signs a new one once it has the role', async () => {
        const { anvil } = chain();
        const issuer = await open();
        await step(issuer);
        const { transaction: first } = await latest(issuer);
        await setRole(issuer, 'revoke');
        await anvil.client.setAutomine(false);
        await step(issuer);
        await anvil.client.mine({ blocks: 1 });
        await anvil.client.setAutomine(true);
        expect(await anvil.client.getTransactionReceipt({ hash: first!.hash })).to.include({
          status: 'reverted',
        });
        const error = await rejected(finish(issuer));
        expect(error.data).to.include({ revert: 'NotPublisher' });
        expect(await latest(issuer)).to.include({ state: 'prepared', transaction: undefined });
        await setRole(issuer, 'grant');
        const settled = await finish(issuer);
        expect(settled!.transaction!.nonce).to.equal(first!.nonce + 1n);
        await expectOne(issuer);
      });
    });

    describe('given a reorganisation', () => {
      it('sends the same transaction again where it was not deep enough yet', async () => {
        const { anvil } = chain();
        const issuer = await open();
        const deep: SettleOptions = { confirmations: 3 };
        await step(issuer, deep);
        const { transaction } = await latest(issuer);
        const id = await anvil.client.snapshot();
        await anvil.client.setAutomine(false);
        await step(issuer, deep);
        await anvil.client.mine({ blocks: 1 });
        const steps: string[] = [];
        await step(issuer, { ...deep, onStep: (what) => steps.push(what) });
        expect(steps).to.deep.equal(['1 of 3 confirmations']);
        expect(await latest(issuer)).to.include({ state: 'signed' });
        await anvil.client.revert({ id });
        expect(await chain().published(issuer)).to.deep.equal([]);

        await step(issuer, deep);
        await anvil.client.mine({ blocks: 1 });
        await expectOne(issuer);
        await anvil.client.mine({ blocks: 2 });
        expect(await finish(issuer, deep)).to.deep.include({ state: 'confirmed', transaction });
        await expectOne(issuer);
      });

      it('finds it in a block before the one at which it was prepared', async () => {
        const { anvil } = chain();
        const issuer = await open();
        const id = await anvil.client.snapshot();
        await anvil.client.mine({ blocks: 20 });
        await step(issuer);
        const { preparedBlock } = await latest(issuer);
        await anvil.client.revert({ id });
        const settled = await finish(issuer);
        expect(settled).to.include({ state: 'confirmed' });
        expect(settled!.mined!.block < preparedBlock).to.equal(true);
        await expectOne(issuer);
      });

      it('publishes again what was confirmed and is gone', async () => {
        const { anvil } = chain();
        const issuer = await open();
        const id = await anvil.client.snapshot();
        const first = await finish(issuer);
        expect(await finish(issuer)).to.equal(undefined);
        await anvil.client.revert({ id });
        expect(await chain().published(issuer)).to.deep.equal([]);
        const again = await finish(issuer);
        expect(toPublication(issuer, again!)).to.deep.equal(toPublication(issuer, first!));
        expect(again).to.deep.include({ state: 'confirmed', transaction: first!.transaction });
        await expectOne(issuer);
        expect(await finish(issuer)).to.equal(undefined);
      });

      it('publishes again what was confirmed and is gone, before what was prepared above it', async () => {
        const { anvil, publisher, options } = chain();
        const issuer = await open();
        const id = await anvil.client.snapshot();
        const first = await finish(issuer);
        await issued(issuer.store, rowsOf(2, 2));
        const second = await preparePublication(issuer, publisher, options);
        expect(second).to.deep.include({ isNew: true });
        await anvil.client.revert({ id });
        const last = await finish(issuer);
        const own = [first!, second!.publication].map((row) => toPublication(issuer, row));
        expect(await chain().published(issuer)).to.deep.equal(own);
        expect(last).to.include({ sequence: 2n, state: 'confirmed' });
        const states = await issuer.store.db.selectFrom('publications').select('state').execute();
        expect(states).to.deep.equal([{ state: 'confirmed' }, { state: 'confirmed' }]);
        expect(await finish(issuer)).to.equal(undefined);
      });

      it('signs anew what was confirmed, is gone, and lost its nonce', async () => {
        const { anvil, publisher, options } = chain();
        const issuer = await open();
        const id = await anvil.client.snapshot();
        const first = await finish(issuer);
        await issued(issuer.store, rowsOf(2, 2));
        await preparePublication(issuer, publisher, options);
        await anvil.client.revert({ id });
        const { address } = publisher.account;
        await anvil.mined(anvil.client.sendTransaction({ account: address, to: address }));
        expect(await finish(issuer)).to.include({ sequence: 2n, state: 'confirmed' });
        const again = await readPublication(issuer.store.db, 1n);
        expect(toPublication(issuer, again!)).to.deep.equal(toPublication(issuer, first!));
        expect(again!.transaction!.nonce).to.equal(first!.transaction!.nonce + 1n);
        expect(await chain().published(issuer)).to.have.length(2);
      });
    });

    it('asks for few blocks at each look after the first, and for fewer where the node refuses', async () => {
      const { anvil, publisher, options } = chain();
      const issuer = await open();
      await preparePublication(issuer, publisher, options);
      await anvil.client.mine({ blocks: 400 });
      await anvil.client.setAutomine(false);
      const widths: bigint[] = [];
      const onlyFew = throughClient(publisher, (request, pass) => {
        if (request.method !== 'eth_getLogs') return pass();
        const { params } = request as unknown as {
          params: [{ fromBlock: Hex; toBlock?: Hex }];
        };
        const [{ fromBlock, toBlock }] = params;
        const width = toBlock === undefined ? 10_000n : BigInt(toBlock) - BigInt(fromBlock) + 1n;
        widths.push(width);
        return width > 300n
          ? Promise.reject(new LimitExceededRpcError(new Error('too many blocks')))
          : pass();
      });
      const waiting = new AbortController();
      const looks: (readonly bigint[])[] = [];
      const onStep = (): void => {
        looks.push(widths.splice(0));
        if (looks.length === 4) waiting.abort();
      };
      const { signal } = waiting;
      const error = await rejected(publish(issuer, onlyFew, { ...options, onStep, signal }));
      expect(error).to.include({ code: 'PublicationPending' });
      // The first look goes back to where it was prepared; each later one is a single question.
      expect(looks[0]!.some((width) => width > 400n)).to.equal(true);
      for (const look of looks.slice(1)) expect(look).to.deep.equal([257n]);
      await anvil.client.mine({ blocks: 1 });
      await anvil.client.setAutomine(true);
      expect(await publish(issuer, onlyFew, options)).to.include({ state: 'confirmed' });
      await expectOne(issuer);
    });
  });

  describe('a row of the table', () => {
    inFolder((stores) => {
      it('is left alone by whoever looked before it was at its end', async () => {
        const issuer = await chain().newIssuer(await stores.openFresh());
        const { db } = issuer.store;
        await issued(issuer.store, rowsOf(2));
        const { publisher, options } = chain();
        const prepared = await preparePublication(issuer, publisher, options);
        expect(await setState(db, 1n, 'handed')).to.include({ state: 'handed' });
        expect(await setState(db, 1n, 'prepared')).to.deep.equal(prepared!.publication);
        const first = await finish(issuer);
        await issued(issuer.store, rowsOf(2, 2));
        await finish(issuer);
        const mined = { hash: zeroHash, block: 1n, time: 1n };
        const changes = [
          () => setState(db, 1n, 'prepared'),
          () => setState(db, 1n, 'overtaken'),
          () => setSigned(db, 1n, { nonce: 9n, raw: '0x99', hash: zeroHash }),
          () => setConfirmed(db, 1n, mined),
        ];
        for (const change of changes) expect(await change()).to.deep.equal(first);
      });
    });
  });
});
