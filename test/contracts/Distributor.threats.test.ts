/**
 * Attacks that others fell for, on claim and on claimBatch: each is refused, and would get through if the check that
 * stands against it weren't there. The latter is shown on contracts with that bug planted.
 */
import { expect } from 'chai';
import type { Address, Hex } from 'viem';
import { distributorAbi } from '../../src/chain/abis.ts';
import { FIELD_ORDER } from '../../src/protocol/field.ts';
import { hashAction, type Action } from '../../src/protocol/statement.ts';
import { startAnvil, type Anvil } from '../support/anvil.ts';
import {
  batchOf,
  deployMoody,
  deployMoodyToken,
  refusalOf,
  revertOf,
  tryBatch,
  type MadeClaim,
} from '../support/batches.ts';
import {
  createCampaign,
  fund,
  makeClaim,
  openCampaign,
  openTerms,
  policyOf,
  prove,
  sendClaim,
  signalsOf,
  tryClaim,
  type CampaignParams,
  type ContractStatement,
  type OpenCampaign,
} from '../support/campaigns.ts';
import {
  by,
  deploy,
  handle,
  makeWorld,
  plantedDistributor,
  testContracts,
  type Folder,
  type Plant,
  type World,
} from '../support/contracts.ts';
import { simulateProof } from '../support/trapdoor.ts';

const GATE = 'contracts/EligibilityGate.sol';
const DISTRIBUTOR = 'contracts/Distributor.sol';
const STATEMENT = 'contracts/libraries/Statement.sol';
const ROOT_WORD = 'calldataload(add(self, 0x20))';

/** Two sets of bugs, none of which hides another of its set. */
const PLANTS = {
  'first set': [
    {
      file: STATEMENT,
      from: 'let elements := lt(sub(calldataload(self), 1), sub(FIELD, 1))',
      to: 'let elements := gt(calldataload(self), 0)',
    },
    { file: GATE, from: '        _spent[nullifier] = 1;', to: '        _spent[nullifier] = 0;' },
    {
      file: GATE,
      from: 'HOME, address(this), label)',
      to: 'HOME, REGISTRY, label & 0)',
    },
    {
      file: GATE,
      from: 'block.chainid, address(this), id, bytes32(0))',
      to: 'uint256(31337), REGISTRY, id & 0, bytes32(0))',
    },
    {
      file: GATE,
      from: 'if (block.timestamp - checkedAt > rule.proofLifetime)',
      to: 'if (block.timestamp > checkedAt + rule.proofLifetime + 1)',
    },
    { file: GATE, from: 'return checkedAt < changedAt', to: 'return checkedAt <= changedAt' },
    {
      file: DISTRIBUTOR,
      from: 'block.timestamp < opensAt || block.timestamp > closesAt)',
      to: 'block.timestamp + 1 < opensAt || block.timestamp > closesAt + 1)',
    },
    {
      file: DISTRIBUTOR,
      from: 'if (gasleft() < required) revert',
      to: 'if (gasleft() == required) revert',
    },
  ],
  'second set': [
    {
      file: STATEMENT,
      from: 'let elements := lt(sub(calldataload(self), 1), sub(FIELD, 1))',
      to: 'let elements := lt(calldataload(self), FIELD)',
    },
    {
      file: STATEMENT,
      from: `lt(sub(${ROOT_WORD}, 1), sub(FIELD, 1))`,
      to: `lt(${ROOT_WORD}, FIELD)`,
    },
    {
      file: GATE,
      from: 'if (_spent[nullifier] != 0) return',
      to: 'if (_spent[nullifier] > 1) return',
    },
    { file: GATE, from: 'if (statement.context != context) {', to: 'if (context == 0) {' },
  ],
} satisfies Record<string, readonly Plant[]>;

/** What an attacker tries, where, and how he must be answered. */
type Attempt = {
  readonly world: World;
  readonly campaign: OpenCampaign;
  /** Claims of one batch; by `claim` they are tried one by one. The last one is the attack. */
  readonly made: readonly MadeClaim[];
  readonly refusal: Hex;
  /** Shows that the honest claim is paid, where that is later. */
  readonly afterwards?: () => Promise<unknown>;
};
type Attack = {
  readonly planted: keyof typeof PLANTS;
  readonly changes?: (now: number) => Partial<CampaignParams>;
  /** Prepares the attack, and shows that the honest claim beside it is paid. */
  readonly attempt: (world: World, campaign: OpenCampaign) => Promise<Attempt>;
};

const NOTICE = 900;
const NEXT = policyOf(openTerms({ 7: 1n }));

describe('Distributor: threats', () => {
  let anvil: Anvil;
  const planted: Partial<Record<string, Folder>> = {};
  before(async function () {
    this.timeout(580_000);
    await testContracts();
    for (const [i, [name, plants]] of Object.entries(PLANTS).entries()) {
      planted[name] = await plantedDistributor(String(i + 1), plants);
    }
    anvil = await startAnvil();
  });
  after(() => anvil.stop());
  afterEach(() => setChainId(31337));

  const setChainId = (id: number): Promise<void> =>
    anvil.client.request<never>({ method: 'anvil_setChainId', params: [id] } as never);

  /** A claim that this distributor would pay, by what it says itself of policy and context. */
  async function honestClaim(
    world: World,
    campaign: OpenCampaign,
    said: Partial<ContractStatement> & { action?: Partial<Action> } = {},
  ): Promise<MadeClaim> {
    const { distributor } = world;
    const { action: changes, ...rest } = said;
    const { claim, action } = await makeClaim(world, campaign, changes ? { action: changes } : {});
    const label: Hex = `0x${campaign.id.toString(16).padStart(64, '0')}`;
    const { policy } = await distributor.read.getRule([label]);
    const context = await distributor.read.computeContext([campaign.id, hashAction(action)]);
    return { claim: prove({ ...claim.statement, policy, context, ...rest }), action };
  }

  /** The same claim with other words in its statement, and the proof as it was. */
  const restate = (
    { claim, action }: MadeClaim,
    changes: Partial<ContractStatement>,
  ): MadeClaim => ({
    claim: { ...claim, statement: { ...claim.statement, ...changes } },
    action,
  });

  const nullifierOf = ({ claim }: MadeClaim): bigint => claim.statement.nullifier;
  const minuteOf = (time: number): number => time - (time % 60);

  const attacks: Readonly<Record<string, Attack>> = {
    'S2: a nullifier is spent again as nullifier + r, with the very proof': {
      planted: 'first set',
      attempt: async (world, campaign) => {
        const honest = await honestClaim(world, campaign);
        await sendClaim(world, campaign, honest);
        const nullifier = nullifierOf(honest) + FIELD_ORDER;
        const refusal = refusalOf('SignalOutOfRange', ['nullifier', nullifier]);
        return { world, campaign, made: [restate(honest, { nullifier })], refusal };
      },
    },
    'S3: a proof is changed into another of the same statement, and sent again': {
      planted: 'second set',
      attempt: async (world, campaign) => {
        const honest = await honestClaim(world, campaign);
        await sendClaim(world, campaign, honest);
        const proof = simulateProof(signalsOf(honest.claim.statement), 7n, 9n);
        const again = { ...honest, claim: { ...honest.claim, proof } };
        const refusal = refusalOf('NullifierSpent', [nullifierOf(honest)]);
        return { world, campaign, made: [again], refusal };
      },
    },
    'S3: a person claims again for another recipient': {
      planted: 'second set',
      attempt: async (world, campaign) => {
        const honest = await honestClaim(world, campaign);
        await sendClaim(world, campaign, honest);
        const nullifier = nullifierOf(honest);
        const action = { recipient: world.cast.stranger };
        const again = await honestClaim(world, campaign, { nullifier, action });
        const refusal = refusalOf('NullifierSpent', [nullifier]);
        return { world, campaign, made: [again], refusal };
      },
    },
    'S3: a nullifier stands twice in one batch, or is sent twice': {
      planted: 'first set',
      attempt: async (world, campaign) => {
        const honest = await honestClaim(world, campaign);
        const proof = simulateProof(signalsOf(honest.claim.statement), 7n, 9n);
        const again = { ...honest, claim: { ...honest.claim, proof } };
        const refusal = refusalOf('NullifierSpent', [nullifierOf(honest)]);
        return { world, campaign, made: [honest, again], refusal };
      },
    },
    'S13: a root of 0, which an empty tree would have': {
      planted: 'second set',
      attempt: async (world, campaign) => {
        await tryClaim(world, campaign, await honestClaim(world, campaign));
        const made = [await honestClaim(world, campaign, { root: 0n })];
        return { world, campaign, made, refusal: refusalOf('SignalOutOfRange', ['root', 0n]) };
      },
    },
    'S18: a nullifier of 0, as if there were none': {
      planted: 'second set',
      attempt: async (world, campaign) => {
        await tryClaim(world, campaign, await honestClaim(world, campaign));
        const made = [await honestClaim(world, campaign, { nullifier: 0n })];
        return { world, campaign, made, refusal: refusalOf('SignalOutOfRange', ['nullifier', 0n]) };
      },
    },
    'S15: somebody copies a claim from the mempool, for himself': {
      planted: 'second set',
      attempt: (world, campaign) =>
        actingOtherwise(world, campaign, { recipient: world.cast.stranger }),
    },
    'S25: a relayer raises its fee': {
      planted: 'second set',
      attempt: (world, campaign) => actingOtherwise(world, campaign, { fee: 60n }),
    },
    "S25: a relayer takes another's fee": {
      planted: 'second set',
      attempt: (world, campaign) => actingOtherwise(world, campaign, { feeTo: world.cast.relayer }),
    },
    'S25: somebody lowers what the claimant expects at least': {
      planted: 'second set',
      attempt: (world, campaign) => actingOtherwise(world, campaign, { minAmount: 1n }),
    },
    'S16: a claim is used on another campaign with the same policy': {
      planted: 'first set',
      attempt: async (world, campaign) => {
        const honest = await honestClaim(world, campaign);
        const id = await createCampaign(world, campaign.params);
        await fund(world, id, 1_000n);
        return replayed(world, { ...campaign, id }, honest);
      },
    },
    'S16: a claim is used on another contract with the same campaign': {
      planted: 'first set',
      attempt: async (world, campaign) => {
        const honest = await honestClaim(world, campaign);
        const args = [world.roots.address, world.grants.address];
        const folder = folderOf(world);
        const address = await deploy(anvil, folder, 'Distributor', args, world.libraries);
        const other = { ...world, distributor: handle(anvil, address, distributorAbi) };
        const id = await createCampaign(other, campaign.params);
        expect(id).to.equal(campaign.id);
        await fund(other, id, 1_000n);
        return replayed(other, campaign, honest);
      },
    },
    'S16: a claim is used on a chain that forked off under another id': {
      planted: 'first set',
      attempt: async (world, campaign) => {
        const honest = await honestClaim(world, campaign);
        await setChainId(31338);
        const id = [campaign.id, hashAction(honest.action)] as const;
        const expected = await world.distributor.read.computeContext(id);
        const refusal = refusalOf('WrongContext', [expected, honest.claim.statement.context]);
        return { world, campaign, made: [honest], refusal };
      },
    },
    'S26: a proof is used a second before its time': {
      planted: 'first set',
      attempt: async (world, campaign) => {
        const checkedAt = minuteOf(Number(await anvil.now())) + 120;
        const made = [await honestClaim(world, campaign, { checkedAt })];
        await anvil.goTo(BigInt(checkedAt) - 1n);
        const refusal = refusalOf('ProofFromFuture', [checkedAt, BigInt(checkedAt) - 1n]);
        const afterwards = async () => {
          await anvil.goTo(BigInt(checkedAt));
          await tryClaim(world, campaign, made[0]!);
        };
        return { world, campaign, made, refusal, afterwards };
      },
    },
    'S26: a proof is used a second after its time': {
      planted: 'first set',
      attempt: async (world, campaign) => {
        const honest = await honestClaim(world, campaign);
        const { checkedAt } = honest.claim.statement;
        const late = BigInt(checkedAt) + 601n;
        await anvil.goTo(late - 1n);
        await tryClaim(world, campaign, honest);
        await anvil.goTo(late);
        const refusal = refusalOf('ProofExpired', [checkedAt, 600, late]);
        return { world, campaign, made: [honest], refusal };
      },
    },
    'S26: a claim is sent a second after closing': {
      planted: 'first set',
      changes: (now) => ({ closesAt: now + 300 }),
      attempt: async (world, campaign) => {
        const { opensAt, closesAt } = campaign.params;
        const honest = await honestClaim(world, campaign);
        await anvil.goTo(BigInt(closesAt));
        await tryClaim(world, campaign, honest);
        const late = BigInt(closesAt) + 1n;
        await anvil.goTo(late);
        const refusal = refusalOf('CampaignClosed', [campaign.id, opensAt, closesAt, late]);
        return { world, campaign, made: [honest], refusal };
      },
    },
    'S26: a claim is sent a second before opening': {
      planted: 'first set',
      changes: (now) => ({ opensAt: now + 300 }),
      attempt: async (world, campaign) => {
        const { opensAt, closesAt } = campaign.params;
        const early = BigInt(opensAt) - 1n;
        await anvil.goTo(early);
        const made = [await honestClaim(world, campaign)];
        const refusal = refusalOf('CampaignClosed', [campaign.id, opensAt, closesAt, early]);
        const afterwards = async () => {
          await anvil.goTo(BigInt(opensAt));
          await tryClaim(world, campaign, made[0]!);
        };
        return { world, campaign, made, refusal, afterwards };
      },
    },
    'S26: a proof of the second in which its policy was replaced': {
      planted: 'first set',
      changes: () => ({ notice: NOTICE }),
      attempt: async (world, campaign) => {
        const { distributor, cast } = world;
        const announcedAt = minuteOf(Number(await anvil.now())) + 600;
        const inForceAt = announcedAt + NOTICE;
        const label: Hex = `0x${campaign.id.toString(16).padStart(64, '0')}`;
        const { policy: old } = await distributor.read.getRule([label]);
        await anvil.nextAt(BigInt(announcedAt));
        const args = [campaign.id, NEXT, 100n, 1] as const;
        await anvil.mined(distributor.write.amend(args, by(cast.integrator)));
        await anvil.goTo(BigInt(inForceAt));
        const said = { policy: old, checkedAt: inForceAt - 60 };
        await tryClaim(world, campaign, await honestClaim(world, campaign, said));
        const made = [await honestClaim(world, campaign, { ...said, checkedAt: inForceAt })];
        const { policy } = await distributor.read.getRule([label]);
        return { world, campaign, made, refusal: refusalOf('WrongPolicy', [policy, old]) };
      },
    },
  };

  /** An honest claim with a fee, sent with another action than the one it is bound to. */
  async function actingOtherwise(
    world: World,
    campaign: OpenCampaign,
    changes: Partial<Action>,
  ): Promise<Attempt> {
    const agreed = { fee: 5n, feeTo: world.cast.guardian, minAmount: 100n };
    const honest = await honestClaim(world, campaign, { action: agreed });
    await tryClaim(world, campaign, honest);
    const action = { ...honest.action, ...changes };
    const expected = await world.distributor.read.computeContext([campaign.id, hashAction(action)]);
    const refusal = refusalOf('WrongContext', [expected, honest.claim.statement.context]);
    return { world, campaign, made: [{ ...honest, action }], refusal };
  }

  /** A claim that is honest elsewhere. */
  async function replayed(
    world: World,
    campaign: OpenCampaign,
    honest: MadeClaim,
  ): Promise<Attempt> {
    const own = await honestClaim(world, campaign);
    await tryClaim(world, campaign, own);
    const { policy } = honest.claim.statement;
    const refusal = refusalOf('WrongPolicy', [own.claim.statement.policy, policy]);
    return { world, campaign, made: [honest], refusal };
  }

  /** Where a world's distributor was compiled. */
  const folders = new WeakMap<World['libraries'], Folder>();
  const folderOf = (world: World): Folder => folders.get(world.libraries)!;

  /** A world whose distributor comes from this folder, an open campaign, and an honest claim that it pays. */
  async function attempt({ changes, attempt: make }: Attack, folder: Folder): Promise<Attempt> {
    const world = await makeWorld(anvil, await testContracts(), folder);
    folders.set(world.libraries, folder);
    const campaign = await openCampaign(world, changes?.(Number(await anvil.now())));
    return make(world, campaign);
  }

  /** What the attack is answered, by each door: '0x' = it gets through. */
  async function answersTo({ world, campaign, made }: Attempt): Promise<readonly Hex[]> {
    const batch = await tryBatch(world, campaign, made).then(
      (refusals) => refusals.at(-1) ?? '0x',
      revertOf,
    );
    for (const one of made.slice(0, -1)) await sendClaim(world, campaign, one);
    const alone = await tryClaim(world, campaign, made.at(-1)!).then(() => '0x' as const, revertOf);
    return [alone, batch];
  }

  for (const [name, attack] of Object.entries(attacks)) {
    describe(name, () => {
      it('is refused, by claim and by claimBatch', async () => {
        const tried = await attempt(attack, await testContracts());
        expect(await answersTo(tried)).to.deep.equal([tried.refusal, tried.refusal]);
        await tried.afterwards?.();
      });

      it('would be paid by both, were the check not there', async () => {
        const tried = await attempt(attack, planted[attack.planted]!);
        expect(await answersTo(tried)).to.deep.equal(['0x', '0x']);
      });
    });
  }

  describe('a submitter who gives too little gas', () => {
    const asking = (gas: bigint, account: Address) => ({ account, gas });

    /** Whether some amount of gas makes a payment fail that would go through with plenty. */
    async function canSkip(folder: Folder): Promise<boolean> {
      const world = await makeWorld(anvil, await testContracts(), folder);
      const token = await deployMoodyToken(world);
      const campaign = await openCampaign(world, { token: token.address });
      await anvil.mined(token.write.ask([400_000n], by(world.cast.stranger)));
      const made = [await honestClaim(world, campaign), await honestClaim(world, campaign)];
      expect(await tryBatch(world, campaign, made)).to.deep.equal([]);
      const { claimBatch } = world.distributor.simulate;
      for (let gas = 300_000n; gas < 1_500_000n; gas += 15_000n) {
        const call = claimBatch(batchOf(campaign, made), asking(gas, world.cast.relayer));
        const answer = await call.then(
          ({ result }) => result,
          () => [],
        );
        if (answer.some((refusal) => refusal !== '0x')) return true;
      }
      return false;
    }

    /** Whether some amount of gas makes a hook fail that would work with plenty. */
    async function canStarveHook(folder: Folder): Promise<boolean> {
      const world = await makeWorld(anvil, await testContracts(), folder);
      const hook = await deployMoody(world, 'MoodyHook');
      await anvil.mined(hook.write.ask([150_000n], by(world.cast.stranger)));
      const params = { hook: { target: hook.address, gasLimit: 200_000, mandatory: true } };
      const campaign = await openCampaign(world, params);
      const { claim, action } = await honestClaim(world, campaign);
      await tryClaim(world, campaign, { claim, action });
      for (let gas = 300_000n; gas < 1_000_000n; gas += 15_000n) {
        const call = world.distributor.simulate.claim(
          [campaign.id, claim, action],
          asking(gas, world.cast.relayer),
        );
        const failed = await call.then(
          () => false,
          (error: unknown) => String(error).includes('MandatoryHookFailed'),
        );
        if (failed) return true;
      }
      return false;
    }

    for (const [what, can] of Object.entries({
      'have a claim skipped': canSkip,
      'make a hook fail': canStarveHook,
    })) {
      it(`can't ${what}`, async () => {
        expect(await can(await testContracts())).to.equal(false);
      });

      it(`could ${what}, were the gas not checked`, async () => {
        expect(await can(planted['first set']!)).to.equal(true);
      });
    }
  });
});
