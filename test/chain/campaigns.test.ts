import { setImmediate } from 'node:timers/promises';
import { expect } from 'chai';
import { stringToHex, zeroAddress, type Address } from 'viem';
import { getBalance, getBlockNumber } from 'viem/actions';
import { exampleTokenAbi } from '../../src/chain/abis.ts';
import {
  COIN,
  amend,
  campaignScope,
  claim,
  clawback,
  createCampaign,
  fund,
  getAmendment,
  getCampaign,
  pause,
  unpause,
  type Campaign,
  type CreateCampaignParameters,
} from '../../src/chain/campaigns.ts';
import { mintExampleToken } from '../../src/chain/deployment.ts';
import { read } from '../../src/chain/send.ts';
import { NEVER } from '../../src/protocol/field.ts';
import { compileTerms, computePolicy } from '../../src/protocol/terms.ts';
import { checkCampaign } from '../../src/verifier/campaign.ts';
import { deploy } from '../support/contracts.ts';
import {
  BUDGET,
  DAY,
  deployPermitToken,
  makeClaim,
  makePolicy,
  openCampaign,
  parametersOf,
  startTwinWorld,
  type TwinWorld,
} from '../support/twinWorld.ts';
import { rejected, thrown } from '../support/world.ts';

const REASON = stringToHex('a reason', { size: 32 });
const disclosing = makePolicy({ disclose: 'tier' });

describe('chain/campaigns', () => {
  let twin: TwinWorld;
  before(async () => {
    twin = await startTwinWorld();
  });
  after(() => twin.anvil.stop());

  const at = (campaignId: bigint) => ({ deployment: twin.deployment, campaignId });
  const show = (campaignId: bigint): Promise<Campaign> =>
    getCampaign(twin.stranger, at(campaignId));
  const create = async (changes: Partial<CreateCampaignParameters> = {}): Promise<bigint> =>
    createCampaign(twin.integrator, { ...(await parametersOf(twin)), ...changes });
  const balanceOf = (token: Address, owner: Address): Promise<bigint> =>
    read(twin.stranger, {
      ...{ address: token, abi: exampleTokenAbi },
      ...{ functionName: 'balanceOf', args: [owner] },
    });

  describe('createCampaign and getCampaign', () => {
    it('give back what a plain campaign was created with, announced by its block, as its document has it', async () => {
      const parameters = await parametersOf(twin);
      const id = await createCampaign(twin.integrator, parameters);
      const campaign = await show(id);
      const { policy, deployment, ...given } = parameters;
      expect(campaign).to.deep.include(given);
      const block = await getBlockNumber(twin.stranger, { cacheTime: 0 });
      expect(campaign).to.deep.include({
        id,
        owner: twin.integrator.account.address,
        guardian: zeroAddress,
        scope: campaignScope({ deployment, campaignId: id }),
        policy: computePolicy(campaign.scope, compileTerms(policy)),
        ...{ rate: 100n, tiers: [], budget: 0n, paused: false, notice: 0n },
        caps: { perPeriod: 0n, perWindow: 0n, windowLength: 0n },
        leftOfWindow: undefined,
        ...{ planId: undefined, schedule: undefined, hook: undefined },
        ...{ predecessor: undefined, pending: undefined },
        announcedAt: await twin.anvil.now(),
        createdIn: block,
      });
      checkCampaign(campaign, policy);
    });

    const kinds: Readonly<Record<string, Partial<CreateCampaignParameters>>> = {
      'a disclosed amount': { amountKind: 'disclosed', policy: disclosing },
      'a table of tiers': { amountKind: 'tiered', policy: disclosing, tiers: [0n, 5n, 2n ** 100n] },
      'a period': { index: { kind: 'period', start: 5n, length: 86_400n } },
      'a guardian': { guardian: '0x70997970C51812dc3A010C7d01b50e0d17dc79C8' },
      'a notice': { notice: 86_400n },
      'the coin': { token: COIN },
      'caps on periods and windows': {
        index: { kind: 'period', start: 0n, length: 3_600n },
        caps: { perPeriod: 700n, perWindow: 900n, windowLength: 60n },
      },
      'a schedule': {
        schedule: {
          ...{ start: 0n, transferable: true, clawbackNotice: NEVER },
          tranches: [
            { start: 0n, end: 0n, bips: 2_500n, steps: 0n },
            { start: 0n, end: 4n * DAY, bips: 7_500n, steps: 4n },
          ],
        },
      },
    };
    for (const [what, changes] of Object.entries(kinds)) {
      it(`give back ${what}`, async () => {
        const { policy, ...given } = changes;
        const campaign = await show(await create(changes));
        expect(campaign).to.deep.include(given);
        checkCampaign(campaign, policy ?? makePolicy());
      });
    }

    it('give back a hook', async () => {
      const hook = { target: twin.token, gasLimit: 50_000n, mandatory: true };
      expect((await show(await create({ hook }))).hook).to.deep.equal(hook);
    });

    it('give back a meter: its rate is one note', async () => {
      const policy = makePolicy({ note: '7' });
      const id = await create({ policy, amountKind: 'metered', index: { kind: 'metered' } });
      const campaign = await show(id);
      expect(campaign).to.deep.include({ rate: 700n, unit: 100n, index: { kind: 'metered' } });
      checkCampaign(campaign, policy);
    });

    it('number the plan of a schedule, and give each campaign its own', async () => {
      const { schedule } = kinds['a schedule'] as {
        schedule: CreateCampaignParameters['schedule'];
      };
      const [first, second] = [await create({ schedule }), await create({ schedule })];
      const plans = [(await show(first)).planId, (await show(second)).planId];
      expect(plans[1]).to.equal((plans[0] ?? 0n) + 1n);
    });

    it('refuse what contradicts itself, by the name of the field', async () => {
      const error = await rejected(create({ unit: 0n }));
      expect(error).to.deep.include({
        code: 'InvalidCampaign',
        data: { field: 'unit', value: 0n },
      });
      expect(
        (await rejected(create({ amountKind: 'tiered', policy: disclosing }))).data,
      ).to.include({
        field: 'tiers',
      });
      const table = { amountKind: 'tiered', tiers: [1n] } as const;
      expect((await rejected(create(table))).code).to.equal('CampaignMismatch');
      expect((await rejected(create({ proofLifetime: 119n }))).code).to.equal('InvalidRule');
      const tranches = [{ start: 0n, end: 0n, bips: 9_999n, steps: 0n }];
      const schedule = { start: 0n, transferable: false, clawbackNotice: NEVER, tranches };
      expect((await rejected(create({ schedule }))).code).to.equal('InvalidSchedule');
    });

    it('do not know a campaign that nobody created', async () => {
      expect((await rejected(show(9_999n))).code).to.equal('UnknownCampaign');
    });

    it("read no event from before the deployment's block, and say so if it is too late", async () => {
      const campaignId = await create();
      const { createdIn } = await show(campaignId);
      const from = (block: bigint) =>
        getCampaign(twin.stranger, {
          deployment: { ...twin.deployment, block: block.toString() },
          campaignId,
        });
      expect((await from(createdIn)).id).to.equal(campaignId);
      const error = await rejected(from(createdIn + 1n));
      expect(error.code).to.equal('ChainUnavailable');
      expect(error.message).to.include(`the creation of campaign ${campaignId.toString()}`);
    });
  });

  describe('fund', () => {
    it('adds what is transferred after an approval', async () => {
      const campaignId = await create();
      const { integrator: client, token } = twin;
      await mintExampleToken(client, { token, to: client.account.address, amount: 700n });
      const before = await balanceOf(token, client.account.address);
      const { received, receipt } = await fund(client, { ...at(campaignId), token, amount: 700n });
      expect(received).to.equal(700n);
      expect(receipt.status).to.equal('success');
      expect(await balanceOf(token, client.account.address)).to.equal(before - 700n);
      expect((await show(campaignId)).budget).to.equal(700n);
    });

    it('says what arrived of a token that takes a fee', async () => {
      const token = await deploy(twin.anvil, twin.world.folder, 'TollToken');
      const campaignId = await create({ token });
      const { integrator: client } = twin;
      await mintExampleToken(client, { token, to: client.account.address, amount: 1_000n });
      const { received } = await fund(client, { ...at(campaignId), token, amount: 1_000n });
      expect(received).to.equal(900n);
      expect((await show(campaignId)).budget).to.equal(900n);
    });

    it('sends the coin with the call', async () => {
      const campaignId = await create({ token: COIN });
      const { received } = await fund(twin.stranger, {
        ...at(campaignId),
        ...{ token: COIN, amount: 5_000n },
      });
      expect(received).to.equal(5_000n);
      expect((await show(campaignId)).budget).to.equal(5_000n);
      const { Distributor } = twin.deployment.contracts;
      expect(await getBalance(twin.stranger, { address: Distributor })).to.equal(5_000n);
    });

    it('refuses the coin for a campaign in a token', async () => {
      const [inCoin, inToken] = [await create({ token: COIN }), await create()];
      const coin = { token: COIN, amount: 5n };
      expect((await fund(twin.stranger, { ...at(inCoin), ...coin })).received).to.equal(5n);
      const error = await rejected(fund(twin.stranger, { ...at(inToken), ...coin }));
      expect(error).to.deep.include({ code: 'WrongValue', data: { value: 5n, expected: 0n } });
    });

    describe('given a permit', () => {
      const funding = async (token: Address, permit: boolean) => {
        const campaignId = await create({ token });
        const { integrator: client } = twin;
        await mintExampleToken(client, { token, to: client.account.address, amount: 300n });
        const sent = await client.request({
          method: 'eth_getTransactionCount',
          params: [client.account.address, 'latest'],
        });
        const funded = await fund(client, { ...at(campaignId), token, amount: 300n, permit });
        const { nonce } = await twin.anvil.client.getTransaction({
          hash: funded.receipt.transactionHash,
        });
        return { ...funded, transactions: nonce - Number(sent) + 1, campaignId };
      };

      it('approves by a signature: one transaction, and no allowance left over', async () => {
        const token = await deployPermitToken(twin, 'PermitToken');
        expect(await funding(token, true)).to.include({ received: 300n, transactions: 1 });
        expect(await funding(token, true)).to.include({ received: 300n, transactions: 1 });
        expect(await funding(token, false)).to.include({ received: 300n, transactions: 2 });
        const allowance = await read(twin.stranger, {
          ...{ address: token, abi: exampleTokenAbi, functionName: 'allowance' },
          args: [twin.integrator.account.address, twin.deployment.contracts.Distributor],
        });
        expect(allowance).to.equal(0n);
      });

      it('refuses a token that takes none, or not in the domain that it names', async () => {
        const none = await rejected(funding(twin.token, true));
        expect(none).to.include({ code: 'InvalidInput' });
        expect(none.message).to.include('takes no approval by signature');
        const odd = await deployPermitToken(twin, 'MislabelledToken');
        expect((await funding(odd, false)).received).to.equal(300n);
        expect((await rejected(funding(odd, true))).data).to.include({ field: 'token' });
      });
    });
  });

  describe('amend', () => {
    const NOTICE = 3_600n;
    const next = makePolicy({ where: [{ field: 'tier', is: 'full' }] });
    const documentURI = 'https://campaign.example/next.json';
    const announce = (campaignId: bigint, changes: Partial<Parameters<typeof amend>[1]> = {}) =>
      amend(twin.integrator, {
        ...at(campaignId),
        ...{ policy: next, documentURI, unit: 250n, cap: 2n, ...changes },
      });

    it('announces: what is pending stands beside what is in force, and fits its own document', async () => {
      const id = await openCampaign(twin, { notice: NOTICE });
      const before = await show(id);
      const { inForceAt } = await announce(id);
      const now = await twin.anvil.now();
      expect(inForceAt).to.equal(now + NOTICE);

      const { pending, ...inForce } = await show(id);
      expect({ ...inForce, pending: undefined }).to.deep.equal(before);
      expect(pending).to.deep.include({
        ...{ unit: 250n, rate: 250n, documentURI, inForceAt, announcedAt: now },
        ...{ index: { kind: 'count', cap: 2n }, opensAt: inForceAt },
        policy: computePolicy(before.scope, compileTerms(next)),
      });
      checkCampaign(pending!, next);
      const other = thrown(() => {
        checkCampaign(pending!, makePolicy());
      });
      expect(other.code).to.equal('CampaignMismatch');
      expect(await getAmendment(twin.stranger, at(id))).to.deep.equal({
        predecessor: undefined,
        pending: { policy: pending!.policy, inForceAt, indexLimit: 2n },
      });
    });

    it('comes in force without a transaction; its predecessor is taken for what was judged before', async () => {
      const id = await openCampaign(twin, { notice: NOTICE });
      const before = await show(id);
      const { inForceAt } = await announce(id);
      await twin.anvil.goTo(inForceAt - 1n);
      expect((await show(id)).policy).to.equal(before.policy);
      await twin.anvil.goTo(inForceAt);
      const campaign = await show(id);
      expect(campaign).to.deep.include({
        ...{ unit: 250n, rate: 250n, documentURI, pending: undefined },
        ...{ index: { kind: 'count', cap: 2n }, opensAt: inForceAt },
        predecessor: { policy: before.policy, until: inForceAt },
      });
      checkCampaign(campaign, next);

      const { anvil } = twin;
      const early = { checkedAt: inForceAt - (inForceAt % 60n) - 60n, policy: before.policy };
      const paid = await claim(twin.relayer, { ...at(id), ...(await makeClaim(twin, id, early)) });
      expect(paid.amount).to.equal(250n);
      expect(
        (await claim(twin.relayer, { ...at(id), ...(await makeClaim(twin, id)) })).amount,
      ).to.equal(250n);
      await anvil.goTo(inForceAt + 60n);
      const late = await makeClaim(twin, id, { policy: before.policy });
      const error = await rejected(claim(twin.relayer, { ...at(id), ...late }));
      expect(error.code).to.equal('WrongPolicy');
    });

    it('shows the one that replaced another, and then its own successor', async () => {
      const id = await openCampaign(twin, { notice: NOTICE });
      await announce(id, { unit: 111n });
      const { inForceAt } = await announce(id, { unit: 222n });
      expect((await show(id)).pending).to.include({ unit: 222n, inForceAt });
      await twin.anvil.goTo(inForceAt);
      const third = await announce(id, { unit: 333n, policy: makePolicy() });
      const campaign = await show(id);
      expect(campaign).to.include({ unit: 222n, rate: 222n });
      expect(campaign.pending).to.include({ unit: 333n, rate: 333n, inForceAt: third.inForceAt });
      checkCampaign(campaign, next);
      checkCampaign(campaign.pending!, makePolicy());
      await twin.anvil.goTo(third.inForceAt);
      const last = await show(id);
      expect(last).to.include({ unit: 333n, rate: 333n });
      expect(last.predecessor).to.deep.equal({ policy: campaign.policy, until: third.inForceAt });
    });

    it('shows the later of two announcements of one block', async () => {
      const id = await openCampaign(twin, { notice: NOTICE });
      const { anvil } = twin;
      const pooled = async (count: number): Promise<void> => {
        while ((await anvil.client.getTxpoolStatus()).pending < count) await setImmediate();
      };
      await anvil.client.setAutomine(false);
      try {
        const first = announce(id, { unit: 111n });
        await pooled(1);
        const second = announce(id, { unit: 222n });
        await pooled(2);
        await anvil.client.mine({ blocks: 1 });
        const [one, other] = await Promise.all([first, second]);
        expect(one.inForceAt).to.equal(other.inForceAt);
      } finally {
        await anvil.client.setAutomine(true);
      }
      expect((await show(id)).pending).to.include({ unit: 222n });
    });

    it('keeps the cap where none is given, and has none by periods', async () => {
      const id = await openCampaign(twin, { notice: NOTICE, index: { kind: 'count', cap: 7n } });
      await announce(id, { cap: undefined });
      expect((await show(id)).pending?.index).to.deep.equal({ kind: 'count', cap: 7n });
      const index = { kind: 'period', start: 0n, length: DAY } as const;
      const periodic = await openCampaign(twin, { notice: NOTICE, index });
      await announce(periodic, { cap: undefined });
      expect((await show(periodic)).pending?.index).to.deep.equal(index);
    });

    it('is refused without a notice, and to anybody but the owner', async () => {
      const [fixed, free] = [
        await openCampaign(twin),
        await openCampaign(twin, { notice: NOTICE }),
      ];
      const unamendable = await rejected(announce(fixed));
      expect(unamendable).to.deep.include({ code: 'NotAmendable', data: { campaignId: fixed } });
      const call = { ...at(free), policy: next, documentURI, unit: 250n, cap: 2n };
      expect((await rejected(amend(twin.stranger, call))).code).to.equal('NotCampaignOwner');
      await amend(twin.integrator, call);
    });
  });

  describe('pause and unpause', () => {
    it('stop claims and let them go on, by the owner or the guardian', async () => {
      const guardian = twin.holder.account.address;
      const id = await openCampaign(twin, { guardian });
      const made = await makeClaim(twin, id);
      await pause(twin.holder, { ...at(id), reason: REASON });
      expect((await show(id)).paused).to.equal(true);
      const error = await rejected(claim(twin.relayer, { ...at(id), ...made }));
      expect(error.code).to.equal('CampaignPaused');
      await unpause(twin.integrator, { ...at(id), reason: REASON });
      expect((await show(id)).paused).to.equal(false);
      expect((await claim(twin.relayer, { ...at(id), ...made })).amount).to.equal(100n);
    });

    it('are refused to anybody else', async () => {
      const id = await openCampaign(twin);
      for (const act of [pause, unpause])
        expect((await rejected(act(twin.stranger, { ...at(id), reason: REASON }))).data).to.include(
          {
            account: twin.stranger.account.address,
          },
        );
      await pause(twin.integrator, { ...at(id), reason: REASON });
    });
  });

  describe('clawback', () => {
    it('takes back what is left, after closing, to whom the owner says', async () => {
      const now = await twin.anvil.now();
      const id = await openCampaign(twin, { closesAt: now + 1_000n });
      const to = twin.deployment.contracts.IssuerRegistry;
      const call = { ...at(id), to };
      const early = await rejected(clawback(twin.integrator, call));
      expect(early.code).to.equal('CampaignNotOver');
      await twin.anvil.goTo(now + 1_001n);
      expect((await rejected(clawback(twin.stranger, call))).code).to.equal('NotCampaignOwner');
      const before = await balanceOf(twin.token, to);
      expect((await clawback(twin.integrator, call)).amount).to.equal(BUDGET);
      expect(await balanceOf(twin.token, to)).to.equal(before + BUDGET);
      expect((await show(id)).budget).to.equal(0n);
    });
  });

  describe('the cap on a window', () => {
    it('shows what is left of it, and all of it again in the next one', async () => {
      const length = 3_600n;
      const id = await openCampaign(twin, { caps: { perWindow: 250n, windowLength: length } });
      const { anvil } = twin;
      await anvil.goTo(((await anvil.now()) / length + 1n) * length);
      expect((await show(id)).leftOfWindow).to.equal(250n);
      await claim(twin.relayer, { ...at(id), ...(await makeClaim(twin, id)) });
      expect((await show(id)).leftOfWindow).to.equal(150n);
      await anvil.goTo(((await anvil.now()) / length + 1n) * length - 1n);
      expect((await show(id)).leftOfWindow).to.equal(150n);
      await anvil.goTo(((await anvil.now()) / length + 1n) * length);
      expect((await show(id)).leftOfWindow).to.equal(250n);
    });
  });
});
