import { expect } from 'chai';
import { decodeFunctionData } from 'viem';
import { rootRegistryAbi } from '../../src/chain/abis.ts';
import { createList, getList, voidList } from '../../src/chain/lists.ts';
import { rehearse } from '../../src/chain/rehearse.ts';
import type { EligoError } from '../../src/errors.ts';
import { openGovernanceWorld, type GovernanceWorld } from '../support/governanceWorld.ts';

describe('chain: an action rehearsed', () => {
  let world: GovernanceWorld;

  before(async () => {
    world = await openGovernanceWorld();
  });
  after(() => world.chain.stop());

  const stateOf = async () => ({
    block: await world.test.getBlockNumber({ cacheTime: 0 }),
    nonce: await world.test.getTransactionCount({ address: world.addressOf('listOwner') }),
  });

  it('gives the call that would be sent, and sends nothing', async () => {
    const { deployment, both: listId, cast } = world;
    const before = await stateOf();
    const from = world.addressOf('listOwner');
    const because = { reason: 'key-stolen' } as const;
    const call = await rehearse(cast.stranger, from, (client) =>
      voidList(client, { deployment, listId, ...because }),
    );
    expect(await stateOf()).to.deep.equal(before);
    expect(call.to.toLowerCase()).to.equal(deployment.contracts.RootRegistry.toLowerCase());
    expect(call.from).to.equal(from);
    const { functionName, args } = decodeFunctionData({ abi: rootRegistryAbi, data: call.data });
    expect({ functionName, id: args[0], reason: args[1] }).to.deep.equal({
      ...{ functionName: 'voidList', id: listId, reason: 2 },
    });
    const { generation } = await getList(cast.stranger, { deployment, listId });
    await voidList(cast.listOwner, { deployment, listId, ...because });
    const after = await getList(cast.stranger, { deployment, listId });
    expect(after.generation).to.equal(generation + 1n);
  });

  it('is refused as the action would be', async () => {
    const { deployment, both: listId, cast } = world;
    const voiding = (as: Parameters<GovernanceWorld['addressOf']>[0]) =>
      rehearse(cast.stranger, world.addressOf(as), (client) =>
        voidList(client, { deployment, listId, reason: 'breach' }),
      ).then(
        () => 'nothing',
        (error: unknown) => (error as EligoError).data['revert'],
      );
    expect(await voiding('stranger')).to.equal('NotListOwner');
    expect(await voiding('listOwner')).to.equal('nothing');
  });

  it('stops at the first transaction, and knows an action without one', async () => {
    const { deployment, cast } = world;
    const terms = { deployment, notice: 0, memberSilence: 1 };
    let reached = false;
    const account = world.addressOf('owner');
    await rehearse(cast.stranger, account, async (client) => {
      await createList(client, terms);
      reached = true;
    });
    expect(reached).to.equal(false);
    const idle = rehearse(cast.stranger, account, () => Promise.resolve());
    const error: unknown = await idle.catch((reason: unknown) => reason);
    expect((error as EligoError).message).to.match(/would send no transaction/);
  });
});
