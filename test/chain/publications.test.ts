import { expect } from 'chai';
import { HttpRequestError, LimitExceededRpcError, type Hex } from 'viem';
import { connect, type ReadClient } from '../../src/chain/client.ts';
import type { Deployment } from '../../src/chain/deployment.ts';
import { findPublication, getTreeEvents } from '../../src/chain/publications.ts';
import { GENESIS, startAnvil, type Anvil } from '../support/anvil.ts';
import { createTree, nextPublication, publish } from '../support/campaigns.ts';
import { BECAUSE, by, makeWorld, testContracts } from '../support/contracts.ts';
import { rejected } from '../support/world.ts';

const HEAD: Hex = `0x${'12'.repeat(32)}`;

describe('chain/publications', () => {
  let anvil: Anvil;
  before(async () => {
    anvil = await startAnvil();
  });
  after(() => anvil.stop());

  /** A tree that was published, frozen, published and unfrozen; beside it another tree. */
  async function makeHistory() {
    const world = await makeWorld(anvil, await testContracts());
    const { roots, cast } = world;
    const treeId = await createTree(world);
    const other = await createTree(world);
    await publish(world, treeId, { root: 7n, size: 3, logHead: HEAD });
    await anvil.client.mine({ blocks: 40 });
    await publish(world, other);
    await anvil.mined(roots.write.freeze([treeId, ...BECAUSE], by(cast.guardian)));
    await publish(world, treeId, { root: 666n, size: 9, revoked: 2n, endsEpoch: true });
    const last = await nextPublication(world, treeId, { root: 8n, size: 3, revoked: 0n });
    await anvil.mined(roots.write.unfreeze([last, ...BECAUSE], by(cast.owner)));
    const contracts = { RootRegistry: roots.address };
    const client = await connect({ url: anvil.url });
    return { client, world, treeId, deployment: { contracts } as unknown as Deployment };
  }

  /** A node that answers `eth_getLogs` in its own way, and counts the questions. */
  function withNode(client: ReadClient, answer: (from: bigint, to: bigint) => Error | undefined) {
    const asked: bigint[] = [];
    const request = async (question: { method: string; params?: unknown }): Promise<unknown> => {
      if (question.method === 'eth_getLogs') {
        const [{ fromBlock, toBlock }] = question.params as [{ fromBlock: Hex; toBlock: Hex }];
        const [from, to] = [BigInt(fromBlock), BigInt(toBlock)];
        asked.push(to - from + 1n);
        const refusal = answer(from, to);
        if (refusal) throw refusal;
      }
      return client.request(question as never);
    };
    return { node: { ...client, request } as unknown as ReadClient, asked };
  }

  it('gives all that happened to the tree, in order, with blocks and times', async () => {
    const { client, world, treeId, deployment } = await makeHistory();
    const events = await getTreeEvents(client, { deployment, treeId });
    expect(events.map(({ kind }) => kind)).to.deep.equal([
      ...['published', 'frozen', 'published', 'unfrozen', 'published'],
    ]);
    const [first, frozen, , unfrozen, last] = events;
    expect(first).to.deep.include({ publisher: world.cast.publisher });
    expect(first).to.have.property('publication').that.deep.includes({ root: 7n, logHead: HEAD });
    expect(frozen).to.include({ by: world.cast.guardian });
    expect(unfrozen).to.include({ by: world.cast.owner, transaction: last!.transaction });
    for (const { block, time, transaction } of events) {
      const receipt = await anvil.client.getTransactionReceipt({ hash: transaction });
      expect(receipt.blockNumber).to.equal(block);
      expect((await anvil.client.getBlock({ blockNumber: block })).timestamp).to.equal(time);
      expect(time >= GENESIS).to.equal(true);
    }
  });

  it('gives nothing for a tree that nothing happened to, and refuses one that there is not', async () => {
    const { client, world, deployment } = await makeHistory();
    const treeId = await createTree(world);
    expect(await getTreeEvents(client, { deployment, treeId })).to.deep.equal([]);
    const error = await rejected(getTreeEvents(client, { deployment, treeId: treeId + 1n }));
    expect(error.code).to.equal('ContractReverted');
    expect(error.data['revert']).to.equal('UnknownTree');
  });

  for (const [name, refusal] of Object.entries<Error>({
    'with an error of the protocol': new LimitExceededRpcError(new Error('too many')),
    'with an HTTP status': new HttpRequestError({ url: 'http://node.example', status: 413 }),
  })) {
    it(`asks for fewer blocks where a node refuses many ${name}`, async () => {
      const { client, treeId, deployment } = await makeHistory();
      const parameters = { deployment, treeId };
      const whole = await getTreeEvents(client, parameters);
      const { node, asked } = withNode(client, (from, to) =>
        to - from >= 7n ? refusal : undefined,
      );
      const seen: bigint[] = [];
      const onProgress = (block: bigint): void => void seen.push(block);
      expect(await getTreeEvents(node, { ...parameters, onProgress })).to.deep.equal(whole);
      expect(asked.some((width) => width > 7n)).to.equal(true);
      expect(seen.at(-1)).to.equal(await anvil.client.getBlockNumber());
      expect(seen).to.deep.equal([...seen].sort((a, b) => Number(a - b)));
    });
  }

  it('gives up where a node refuses a single block', async () => {
    const { client, treeId, deployment } = await makeHistory();
    const { node, asked } = withNode(client, () => new LimitExceededRpcError(new Error('no')));
    expect((await rejected(getTreeEvents(node, { deployment, treeId }))).code).to.equal(
      'ContractReverted',
    );
    expect(asked.at(-1)).to.equal(1n);
    expect(asked.length).to.be.below(20);
  });

  for (const [name, status] of [
    ['is gone', undefined],
    ['lets nobody in', 401],
  ] as const) {
    it(`does not ask again where the node ${name}`, async () => {
      const { client, treeId, deployment } = await makeHistory();
      const url = 'http://node.example';
      const { node, asked } = withNode(
        client,
        () => new HttpRequestError(status === undefined ? { url } : { url, status }),
      );
      const error = await rejected(getTreeEvents(node, { deployment, treeId }));
      expect(error.code).to.equal('ChainUnavailable');
      expect(asked.length).to.equal(1);
    });
  }

  it('leaves out what another contract says, though the node adds it', async () => {
    const { client, treeId, deployment } = await makeHistory();
    const { RootRegistry: registry } = deployment.contracts;
    const toBlock = await anvil.client.getBlockNumber();
    const wanted = { deployment, treeId, sequence: 2n, fromBlock: 0n, toBlock };
    const whole = await getTreeEvents(client, { deployment, treeId });
    const found = await findPublication(client, wanted);
    expect(found).to.deep.include({ block: whole[2]!.block, hash: whole[2]!.transaction });
    const adding = (address: string): ReadClient => {
      const request = async (question: { method: string }): Promise<unknown> => {
        const answer: unknown = await client.request(question as never);
        if (question.method !== 'eth_getLogs') return answer;
        const logs = answer as readonly object[];
        const transactionHash = `0x${'99'.repeat(32)}`;
        return [...logs.map((log) => ({ ...log, address, transactionHash })), ...logs];
      };
      return { ...client, request } as unknown as ReadClient;
    };
    const stranger = adding(registry.replace(/.$/, (last) => (last === '0' ? '1' : '0')));
    expect(await getTreeEvents(stranger, { deployment, treeId })).to.deep.equal(whole);
    expect(await findPublication(stranger, wanted)).to.deep.equal(found);
    // The same logs under the registry's own address are taken for true.
    const liar = await findPublication(adding(registry), wanted);
    expect(liar!.hash).not.to.equal(found!.hash);
  });

  describe('finding one publication', () => {
    it('asks for fewer blocks where a node refuses many', async () => {
      const { client, treeId, deployment } = await makeHistory();
      const toBlock = await anvil.client.getBlockNumber();
      const wanted = { deployment, treeId, sequence: 1n, fromBlock: 0n, toBlock };
      const whole = await findPublication(client, wanted);
      expect(whole!.publication).to.include({ sequence: 1n, root: 7n });
      const { node, asked } = withNode(client, (from, to) =>
        to - from >= 7n ? new LimitExceededRpcError(new Error('too many')) : undefined,
      );
      expect(await findPublication(node, wanted)).to.deep.equal(whole);
      expect(asked.some((width) => width > 7n)).to.equal(true);
    });

    it('finds none where there is none, or none in these blocks', async () => {
      const { client, treeId, deployment } = await makeHistory();
      const toBlock = await anvil.client.getBlockNumber();
      const wanted = { deployment, treeId, sequence: 3n, fromBlock: 0n, toBlock };
      const { block } = (await findPublication(client, wanted))!;
      for (const change of [{ sequence: 4n }, { toBlock: block - 1n }, { fromBlock: block + 1n }])
        expect(await findPublication(client, { ...wanted, ...change })).to.equal(undefined);
    });
  });

  describe('refuses a node that leaves publications out', () => {
    for (const [name, from] of [
      ['the first', 1],
      ['the last', -1],
    ] as const) {
      it(name, async () => {
        const { client, treeId, deployment } = await makeHistory();
        const [first] = await getTreeEvents(client, { deployment, treeId });
        if (from === 1) {
          const late = { deployment, treeId, fromBlock: first!.block + 1n };
          const error = await rejected(getTreeEvents(client, late));
          expect(error.code).to.equal('ChainUnavailable');
          expect(error.message).to.match(/lack publication 1 of the tree/);
          await getTreeEvents(client, { ...late, fromBlock: first!.block });
        } else {
          const request = async (question: { method: string }): Promise<unknown> => {
            const answer = await client.request(question as never);
            return question.method === 'eth_getLogs'
              ? (answer as unknown as unknown[]).slice(0, -1)
              : answer;
          };
          const node = { ...client, request } as unknown as ReadClient;
          const error = await rejected(getTreeEvents(node, { deployment, treeId }));
          expect(error.message).to.match(/lack publication 3 of the tree/);
        }
      });
    }
  });
});
