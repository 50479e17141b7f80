import { expect } from 'chai';
import { parseTransaction } from 'viem';
import { getTransactionCount } from 'viem/actions';
import { exampleTokenAbi } from '../../src/chain/abis.ts';
import type { WriteClient } from '../../src/chain/client.ts';
import { connect } from '../../src/chain/client.ts';
import { deployExampleToken } from '../../src/chain/deployment.ts';
import { LOCAL_KEYS } from '../../src/chain/localChain.ts';
import {
  broadcast,
  fateOf,
  senderOf,
  signCall,
  signReplacement,
  waitForReceipt,
  type SignedTransaction,
} from '../../src/chain/transactions.ts';
import { startAnvil, type Anvil } from '../support/anvil.ts';
import { throughClient } from '../support/issuerChain.ts';
import { rejected } from '../support/world.ts';

describe('chain/transactions', () => {
  let anvil: Anvil;
  let client: WriteClient;
  let sign: () => Promise<SignedTransaction>;

  before(async () => {
    anvil = await startAnvil();
    client = await connect({ url: anvil.url, privateKey: LOCAL_KEYS[0]! });
    const { address } = await deployExampleToken(client);
    const to = client.account.address;
    sign = () =>
      signCall(client, { address, abi: exampleTokenAbi, functionName: 'mint', args: [to, 1n] });
  });

  after(() => anvil.stop());

  afterEach(async () => {
    await anvil.client.setAutomine(true);
    await anvil.client.mine({ blocks: 1 });
  });

  const fate = async (transaction: SignedTransaction): Promise<string> =>
    (await fateOf(client, client.account.address, transaction)).state;

  it('signs the next transaction of the account, and sends nothing', async () => {
    const { address } = client.account;
    const count = await getTransactionCount(client, { address });
    const signed = await sign();
    expect(signed.nonce).to.equal(BigInt(count));
    expect(await senderOf(signed)).to.equal(address);
    expect(await getTransactionCount(client, { address, blockTag: 'pending' })).to.equal(count);
    expect(await fate(signed)).to.equal('unknown');
  });

  it('counts what waits when it signs', async () => {
    await anvil.client.setAutomine(false);
    const first = await sign();
    await broadcast(client, first);
    expect(await fate(first)).to.equal('waiting');
    expect((await sign()).nonce).to.equal(first.nonce + 1n);
  });

  it('sends as often as it is asked to: a transaction is mined once', async () => {
    await anvil.client.setAutomine(false);
    const signed = await sign();
    await broadcast(client, signed);
    await broadcast(client, signed);
    await anvil.client.mine({ blocks: 1 });
    await broadcast(client, signed);
    const { state, ...rest } = await fateOf(client, client.account.address, signed);
    expect(state).to.equal('mined');
    expect(rest).to.have.nested.property('receipt.status', 'success');
  });

  it('waits for a receipt that the node shows after the block, though no other block comes', async () => {
    const signed = await sign();
    await broadcast(client, signed);
    const whole = await waitForReceipt(client, signed.hash);
    const block = await anvil.client.getBlockNumber({ cacheTime: 0 });
    let asked = 0;
    const late = throughClient(client, async ({ method }, send) =>
      method === 'eth_getTransactionReceipt' && ++asked < 4 ? null : send(),
    );
    expect(await waitForReceipt(late, signed.hash)).to.deep.equal(whole);
    expect(asked).to.equal(4);
    expect(await anvil.client.getBlockNumber({ cacheTime: 0 })).to.equal(block);
  });

  it('takes it for sent where the answer was lost, and passes on why it was refused', async () => {
    await anvil.client.setAutomine(false);
    const signed = await sign();
    const losing = throughClient(client, async ({ method }, send) => {
      const answer = await send();
      if (method === 'eth_sendRawTransaction') throw new Error('lost');
      return answer;
    });
    await broadcast(losing, signed);
    expect(await fate(signed)).to.equal('waiting');
    const deaf = throughClient(client, ({ method }, send) =>
      method === 'eth_sendRawTransaction' ? Promise.reject(new Error('refused')) : send(),
    );
    const other = await sign();
    expect(await rejected(broadcast(deaf, other))).to.include({ code: 'ContractReverted' });
    await broadcast(client, other);
  });

  it('calls it displaced once another transaction used its nonce', async () => {
    const [first, second] = [await sign(), await sign()];
    expect(first.nonce).to.equal(second.nonce);
    const other = await signReplacement(client, second);
    await broadcast(client, other);
    await anvil.mined(other.hash);
    expect(await fate(first)).to.equal('displaced');
    expect(await fate(other)).to.equal('mined');
  });

  describe('a replacement', () => {
    it('is the same call under the same nonce, for a quarter more at least', async () => {
      const signed = await sign();
      const [before, after] = [signed, await signReplacement(client, signed)].map(({ raw }) =>
        parseTransaction(raw),
      );
      for (const key of ['to', 'data', 'nonce', 'gas', 'chainId'] as const)
        expect(after![key]).to.equal(before![key]);
      for (const key of ['maxFeePerGas', 'maxPriorityFeePerGas'] as const)
        expect(100n * after![key]! > 125n * before![key]!).to.equal(true);
      expect(await senderOf(await signReplacement(client, signed))).to.equal(
        client.account.address,
      );
    });

    it('pays what the chain asks today', async () => {
      const signed = await sign();
      const due = 1_000n * parseTransaction(signed.raw).maxFeePerGas!;
      await anvil.client.setNextBlockBaseFeePerGas({ baseFeePerGas: due });
      await anvil.client.mine({ blocks: 1 });
      expect(await rejected(broadcast(client, signed))).to.include({ code: 'ContractReverted' });
      const replacement = await signReplacement(client, signed);
      await broadcast(client, replacement);
      await anvil.mined(replacement.hash);
    });
  });

  it('says that no node answers where none does', async () => {
    const signed = await sign();
    const gone = await startAnvil();
    const away = await connect({ url: gone.url, privateKey: LOCAL_KEYS[0]! });
    await gone.stop();
    for (const work of [
      () => fateOf(away, away.account.address, signed),
      () => broadcast(away, signed),
      () => signReplacement(away, signed),
    ])
      expect(await rejected(work())).to.include({ code: 'ChainUnavailable' });
  });
});
