import { expect } from 'chai';
import { getAddress, toHex, zeroAddress, type Address } from 'viem';
import { getBalance, getTransactionCount } from 'viem/actions';
import {
  COIN,
  claim,
  claimBatch,
  findClaim,
  getCampaign,
  isSpent,
  pause,
  simulateBatch,
  type Campaign,
  type ClaimToSend,
  type CreateCampaignParameters,
} from '../../src/chain/campaigns.ts';
import { getRoot } from '../../src/chain/roots.ts';
import { claimContext } from '../../src/chain/claims.ts';
import type { Field } from '../../src/protocol/field.ts';
import { amountOf } from '../../src/verifier/amount.ts';
import { verifyBatch } from '../../src/verifier/batch.ts';
import { newestRoot, publish } from '../support/campaigns.ts';
import { throughClient } from '../support/issuerChain.ts';
import { trapdoorKey } from '../support/trapdoor.ts';
import {
  BUDGET,
  DAY,
  makeClaim,
  makePolicy,
  openCampaign,
  startTwinWorld,
  type TwinWorld,
} from '../support/twinWorld.ts';
import { fc, rejected } from '../support/world.ts';

let addresses = 0n;
/** An address that has nothing yet. */
const freshAddress = (): Address =>
  getAddress(toHex((0xabcn << 140n) + (addresses += 1n), { size: 20 }));

const FEE_TO = '0x00000000000000000000000000000000000fee00';
const disclosing = makePolicy({ disclose: 'tier' });

describe('chain/claims', () => {
  let twin: TwinWorld;
  before(async () => {
    twin = await startTwinWorld();
  });
  after(() => twin.anvil.stop());

  const at = (campaignId: bigint) => ({ deployment: twin.deployment, campaignId });
  const show = (campaignId: bigint): Promise<Campaign> => getCampaign(twin.relayer, at(campaignId));
  const open = (changes?: Partial<CreateCampaignParameters>): Promise<bigint> =>
    openCampaign(twin, changes);
  const make = (
    campaignId: bigint,
    changes?: Parameters<typeof makeClaim>[2],
  ): Promise<ClaimToSend> => makeClaim(twin, campaignId, changes);

  describe('claim', () => {
    it('says what was paid, and what of it was the fee', async () => {
      const id = await open();
      const action = { fee: 30n, feeTo: FEE_TO } as const;
      const made = await make(id, { action });
      const { amount, fee, grantId, receipt } = await claim(twin.relayer, { ...at(id), ...made });
      expect({ amount, fee, grantId }).to.deep.equal({
        amount: 100n,
        fee: 30n,
        grantId: undefined,
      });
      expect(receipt.from).to.equal(twin.relayer.account.address.toLowerCase());
      expect((await show(id)).budget).to.equal(BUDGET - 100n);
    });

    it('is refused the second time, by name and with the nullifier', async () => {
      const id = await open();
      const made = await make(id);
      const { nullifier } = made.statement;
      expect(await isSpent(twin.relayer, { ...at(id), nullifier })).to.equal(false);
      await claim(twin.relayer, { ...at(id), ...made });
      expect(await isSpent(twin.relayer, { ...at(id), nullifier })).to.equal(true);
      const error = await rejected(claim(twin.relayer, { ...at(id), ...made }));
      expect(error).to.deep.include({ code: 'NullifierSpent', data: { nullifier } });
    });

    const kinds: Readonly<Record<string, Partial<CreateCampaignParameters>>> = {
      disclosed: { amountKind: 'disclosed', policy: disclosing },
      tiered: { amountKind: 'tiered', policy: disclosing, tiers: [0n, 5n, 7n] },
      metered: {
        amountKind: 'metered',
        policy: makePolicy({ note: '7' }),
        index: { kind: 'metered' },
      },
    };
    for (const [kind, changes] of Object.entries(kinds)) {
      it(`pays a ${kind} amount as amountOf has it`, async () => {
        const id = await open(changes);
        const campaign = await show(id);
        const amounts: bigint[] = [];
        for (const disclosed of [0n, 1n, 2n, 3n]) {
          const made = await make(id, { disclosed });
          const { amount } = await claim(twin.relayer, { ...at(id), ...made });
          expect(amount).to.equal(amountOf(campaign, disclosed));
          amounts.push(amount);
        }
        expect(amounts).to.deep.equal(
          {
            disclosed: [0n, 100n, 200n, 300n],
            tiered: [0n, 500n, 700n, 0n],
            metered: [700n, 700n, 700n, 700n],
          }[kind],
        );
      });
    }

    it('pays in the coin', async () => {
      const id = await open({ token: COIN });
      const recipient = freshAddress();
      await claim(twin.relayer, { ...at(id), ...(await make(id, { action: { recipient } })) });
      expect(await getBalance(twin.relayer, { address: recipient })).to.equal(100n);
    });
  });

  describe('findClaim', () => {
    it('finds who was paid how much, by which transaction', async () => {
      const id = await open();
      const made = await make(id, { action: { fee: 1n } });
      const { nullifier, root } = made.statement;
      const question = { deployment: twin.deployment, nullifier };
      expect(await findClaim(twin.stranger, question)).to.equal(undefined);
      const { receipt } = await claim(twin.relayer, { ...at(id), ...made });
      expect(await findClaim(twin.stranger, question)).to.deep.equal({
        ...{ campaignId: id, nullifier, root, amount: 100n, fee: 1n, grantId: undefined },
        recipient: made.action.recipient,
        ...{ block: receipt.blockNumber, transaction: receipt.transactionHash },
        time: await twin.anvil.now(),
      });
      const fromBlock = receipt.blockNumber + 1n;
      expect(await findClaim(twin.stranger, { ...question, fromBlock })).to.equal(undefined);
    });

    it('tells the claims of a batch apart', async () => {
      const id = await open();
      const claims = [
        await make(id, { action: { fee: 1n } }),
        await make(id),
        await make(id, { action: { fee: 3n } }),
      ];
      await claimBatch(twin.relayer, { ...at(id), claims });
      for (const [i, fee] of [1n, 0n, 3n].entries()) {
        const { nullifier } = claims[i]!.statement;
        const found = await findClaim(twin.stranger, { deployment: twin.deployment, nullifier });
        expect(found).to.include({ nullifier, fee, amount: 100n });
      }
    });
  });

  describe('claimBatch', () => {
    /** A claim that is paid, one that was, one on an old root, the first again, one with too high a fee, one more. */
    const mixed = async (id: bigint): Promise<readonly ClaimToSend[]> => {
      const root = (await newestRoot(twin.world, twin.treeId)) as Field;
      await publish(twin.world, twin.treeId, { endsEpoch: true });
      await twin.anvil.goTo((await twin.anvil.now()) + 3_600n);
      const spent = await make(id);
      await claim(twin.relayer, { ...at(id), ...spent });
      const first = await make(id, { action: { fee: 5n } });
      return [
        first,
        spent,
        await make(id, { root }),
        first,
        await make(id, { action: { fee: 101n } }),
        await make(id),
      ];
    };
    const REFUSED = [
      undefined,
      'NullifierSpent',
      'StaleRoot',
      'NullifierSpent',
      'FeeTooHigh',
      undefined,
    ];

    it('pays what can be paid and says of the rest why not, each in its place', async () => {
      const id = await open();
      const claims = await mixed(id);
      const { budget } = await show(id);
      const { outcomes, receipt } = await claimBatch(twin.relayer, { ...at(id), claims });
      expect(outcomes.map((outcome) => (outcome.paid ? undefined : outcome.refused))).to.deep.equal(
        REFUSED,
      );
      expect(outcomes[0]).to.deep.equal({ paid: true, amount: 100n, fee: 5n, grantId: undefined });
      expect(outcomes[1]).to.deep.include({ data: { nullifier: claims[1]!.statement.nullifier } });
      expect(outcomes[4]).to.deep.include({
        data: { fee: 101n, amount: 100n },
        message: 'the contract refuses: FeeTooHigh(fee 101, amount 100)',
      });
      expect(outcomes[5]).to.deep.equal({ paid: true, amount: 100n, fee: 0n, grantId: undefined });
      expect(receipt?.status).to.equal('success');
      expect((await show(id)).budget).to.equal(budget - 200n);
    });

    it('simulateBatch says the same, and changes nothing', async () => {
      const id = await open();
      const claims = await mixed(id);
      const { budget } = await show(id);
      for (const client of [twin.relayer, twin.stranger]) {
        const refusals = await simulateBatch(client, { ...at(id), claims });
        expect(refusals.map((refusal) => refusal?.refused)).to.deep.equal(REFUSED);
      }
      expect((await show(id)).budget).to.equal(budget);
    });

    it('simulateBatch asks as whoever would submit: the fee may be for him', async () => {
      const id = await open({ token: COIN });
      const claims = [await make(id, { action: { fee: 5n } })];
      const ask = (submitter?: Address) =>
        simulateBatch(twin.relayer, { ...at(id), claims, ...(submitter && { submitter }) });
      expect(await ask()).to.deep.equal([undefined]);
      // A contract that takes no coin.
      expect((await ask(twin.token))[0]).to.include({ refused: 'PaymentFailed' });
    });

    it('sends nothing where nothing can be paid', async () => {
      const id = await open();
      const made = await make(id);
      await claim(twin.relayer, { ...at(id), ...made });
      const { address } = twin.relayer.account;
      const count = await getTransactionCount(twin.relayer, { address });
      const batch = { ...at(id), claims: [made, made] };
      const { outcomes, receipt } = await claimBatch(twin.relayer, batch);
      expect(outcomes.map((outcome) => !outcome.paid && outcome.refused)).to.deep.equal([
        ...['NullifierSpent', 'NullifierSpent'],
      ]);
      expect(receipt).to.equal(undefined);
      expect(await claimBatch(twin.relayer, { ...at(id), claims: [] })).to.deep.equal({
        ...{ outcomes: [], receipt: undefined },
      });
      expect(await getTransactionCount(twin.relayer, { address })).to.equal(count);
    });

    it('reads from the receipt what changed after it had asked', async () => {
      const id = await open();
      const claims = [await make(id), await make(id)];
      let overtaken = false;
      const slow = throughClient(twin.relayer, async ({ method }, send) => {
        if (method === 'eth_sendRawTransaction' && !overtaken) {
          overtaken = true;
          await claim(twin.stranger, { ...at(id), ...claims[0]! });
        }
        return send();
      });
      const { outcomes } = await claimBatch(slow, { ...at(id), claims });
      expect(outcomes[0]).to.deep.include({
        ...{ paid: false, refused: 'NullifierSpent' },
        data: { nullifier: claims[0]!.statement.nullifier },
      });
      expect(outcomes[1]).to.deep.include({ paid: true, amount: 100n });
    });

    it('names a payment that fails, and a hook that a claim must pass', async () => {
      const coin = await open({ token: COIN });
      // A contract that takes no coin.
      const action = { recipient: twin.token };
      const claims = [await make(coin, { action }), await make(coin)];
      const failing = await claimBatch(twin.relayer, { ...at(coin), claims });
      expect(failing.outcomes).to.deep.include.members([
        { paid: true, amount: 100n, fee: 0n, grantId: undefined },
      ]);
      expect(failing.outcomes[0]).to.deep.include({
        ...{ paid: false, refused: 'PaymentFailed' },
        data: { to: twin.token, amount: 100n },
      });

      const hook = { target: twin.token, gasLimit: 50_000n, mandatory: true };
      const hooked = await open({ hook });
      const [refusal] = await simulateBatch(twin.relayer, {
        ...at(hooked),
        claims: [await make(hooked)],
      });
      expect(refusal).to.deep.include({
        ...{ refused: 'MandatoryHookFailed', data: { hook: twin.token } },
      });
      const lenient = await open({ hook: { ...hook, mandatory: false } });
      const paid = await simulateBatch(twin.relayer, {
        ...at(lenient),
        claims: [await make(lenient)],
      });
      expect(paid).to.deep.equal([undefined]);
    });

    it('throws what stops all of them', async () => {
      const id = await open();
      const [a, b] = [await make(id), await make(id)];
      const batch = { ...at(id), claims: [a, { ...b, proof: a.proof }] };
      for (const act of [simulateBatch, claimBatch])
        expect((await rejected(act(twin.relayer, batch))).code).to.equal('InvalidProof');
      const good = { ...at(id), claims: [a, b] };
      expect(await simulateBatch(twin.relayer, good)).to.deep.equal([undefined, undefined]);
      await pause(twin.integrator, { ...at(id), reason: `0x${'01'.repeat(32)}` });
      expect((await rejected(simulateBatch(twin.relayer, good))).code).to.equal('CampaignPaused');
    });
  });

  describe('verifyBatch is the twin of claimBatch', () => {
    /** Ways to spoil a claim on a campaign of tiers. */
    const changes = {
      nothing: () => ({}),
      tier0: () => ({ disclosed: 0n }),
      tier2: () => ({ disclosed: 2n }),
      beyond: () => ({ disclosed: 2n ** 96n - 1n }),
      zero: () => ({ nullifier: 0n as Field }),
      policy: () => ({ policy: 5n as Field }),
      future: ({ now }) => ({ checkedAt: now - (now % 60n) + 60n }),
      expired: ({ now }) => ({ checkedAt: now - (now % 60n) - 660n }),
      root: () => ({ root: 7n as Field }),
      stale: ({ stale }) => ({ root: stale }),
      index: () => ({ shown: 2n }),
      second: () => ({ shown: 1n }),
      spent: ({ spent }) => ({ nullifier: spent }),
      fee: () => ({ action: { fee: 501n } }),
      greedy: () => ({ action: { minAmount: 501n } }),
    } satisfies Record<
      string,
      (known: { now: bigint; stale: Field; spent: Field }) => Parameters<typeof makeClaim>[2]
    >;
    const kinds = [
      ...(Object.keys(changes) as (keyof typeof changes)[]),
      'twice',
      'elsewhere',
    ] as const;

    it('answers as the contract does, claim by claim, on random batches', async () => {
      const { anvil, relayer, deployment } = twin;
      const stale = (await newestRoot(twin.world, twin.treeId)) as Field;
      await publish(twin.world, twin.treeId, { endsEpoch: true });
      await anvil.goTo((await anvil.now()) + 3_600n);
      const id = await open({
        ...{ amountKind: 'tiered', policy: disclosing, tiers: [1n, 5n, 10n] },
        index: { kind: 'count', cap: 2n },
        caps: { perWindow: 1_400n, windowLength: DAY },
      });
      const first = await make(id);
      await claim(relayer, { ...at(id), ...first });
      const campaign = await show(id);
      const spent = first.statement.nullifier;
      const seen = new Set<string>();

      await fc.assert(
        fc.asyncProperty(fc.array(fc.constantFrom(...kinds), { maxLength: 8 }), async (names) => {
          const now = await anvil.now();
          const claims: ClaimToSend[] = [];
          for (const name of names)
            claims.push(await spoil(id, name, { now, stale, spent, claims }));
          const judged = await Promise.all(
            claims.map(async (made) => {
              const { nullifier, root } = made.statement;
              const context = claimContext({ ...at(id), action: made.action });
              const facts = await getRoot(relayer, { deployment, source: twin.treeId, root });
              const isUsed = await isSpent(relayer, { deployment, nullifier });
              return { ...made, circumstances: { now, context, root: facts, spent: isUsed } };
            }),
          );
          const verdicts = await verifyBatch({
            verifyingKey: trapdoorKey(),
            gate: campaign,
            claims: judged,
            payment: { pay: campaign, funds: campaign },
          });
          const refusals = await simulateBatch(relayer, { ...at(id), claims });
          const answers = verdicts.map((verdict) => (verdict.ok ? 'paid' : verdict.error));
          expect(answers).to.deep.equal(refusals.map((refusal) => refusal?.refused ?? 'paid'));
          answers.forEach((answer) => seen.add(answer));
        }),
        { numRuns: 40 },
      );
      expect([...seen].sort()).to.deep.equal([
        ...['AmountTooLow', 'BudgetExceeded', 'ClaimIndexClosed', 'FeeTooHigh', 'NullifierSpent'],
        ...['ProofExpired', 'ProofFromFuture', 'SignalOutOfRange', 'StaleRoot', 'UnknownRoot'],
        ...['WrongContext', 'WrongPolicy', 'paid'],
      ]);
    });

    const spoil = async (
      id: bigint,
      name: (typeof kinds)[number],
      known: { now: bigint; stale: Field; spent: Field; claims: readonly ClaimToSend[] },
    ): Promise<ClaimToSend> => {
      if (name === 'twice') return known.claims[0] ?? make(id, { disclosed: 1n });
      if (name !== 'elsewhere') return make(id, { disclosed: 1n, ...changes[name](known) });
      const made = await make(id, { disclosed: 1n });
      return { ...made, action: { ...made.action, recipient: zeroAddress } };
    };
  });
});
