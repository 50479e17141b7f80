/**
 * Grants under any sequence of calls: what they hold is what the library says, nobody is paid twice, and the balance
 * covers what is yet to be paid.
 */
import { expect } from 'chai';
import type { Address } from 'viem';
import { vestedAt, type Tranche } from '../../src/protocol/vesting.ts';
import { GENESIS, startAnvil, type Anvil } from '../support/anvil.ts';
import { makeRandom, seedOf, type Random } from '../support/circuits/random.ts';
import { by, expectRevert, testContracts } from '../support/contracts.ts';
import {
  clawBack,
  makeGrant,
  makeGrantWorld,
  makePlan,
  release,
  type GrantWorld,
} from '../support/grants.ts';
import { randomSchedule } from '../support/schedules.ts';

const SEED = seedOf(20_263);
const STEPS = 150;
const PLANS = 4;

/** A grant as it ought to stand. */
type Expected = {
  readonly id: bigint;
  readonly tranches: readonly Tranche[];
  readonly notice: bigint;
  readonly start: bigint;
  readonly granted: bigint;
  recipient: Address;
  total: bigint;
  released: bigint;
  stopsAt?: bigint;
};

type Plan = Pick<Expected, 'id' | 'tranches' | 'notice'>;

type Run = {
  readonly world: GrantWorld;
  readonly random: Random;
  readonly plans: readonly Plan[];
  readonly grants: Expected[];
  /** What each account was paid. */
  readonly paid: Map<Address, bigint>;
  now: bigint;
};

function vestedBy(grant: Expected, time: bigint): bigint {
  const { granted: total, tranches, start, stopsAt } = grant;
  const until = stopsAt !== undefined && stopsAt < time ? stopsAt : time;
  return vestedAt({ total, tranches, elapsed: until - start });
}

function pay(run: Run, to: Address, amount: bigint): void {
  run.paid.set(to, (run.paid.get(to) ?? 0n) + amount);
}

async function grantSome(run: Run): Promise<void> {
  const { world, random } = run;
  const plan = random.pick(run.plans as [Plan, ...Plan[]]);
  const amount = random.bits(random.below(60));
  const { recipient } = world.cast;
  const id = await makeGrant(world, plan.id, { amount, at: run.now });
  const expected = { ...plan, id, start: run.now, granted: amount, recipient };
  run.grants.push({ ...expected, total: amount, released: 0n });
}

async function releaseOne(run: Run, grant: Expected): Promise<void> {
  const { world } = run;
  const amount = vestedBy(grant, run.now) - grant.released;
  if (amount === 0n) {
    await world.anvil.goTo(run.now);
    const call = world.grants.simulate.release([grant.id], by(world.cast.stranger));
    return expectRevert(call, 'NothingToRelease', [grant.id]);
  }
  await release(world, grant.id, run.now);
  grant.released += amount;
  pay(run, grant.recipient, amount);
}

async function clawBackOne(run: Run, grant: Expected): Promise<void> {
  const { world } = run;
  const stopsAt = run.now + grant.notice;
  const kept = vestedBy(grant, stopsAt);
  const refused =
    grant.stopsAt !== undefined
      ? (['AlreadyClawedBack', [grant.id, Number(grant.stopsAt)]] as const)
      : kept === grant.total && (['NothingToClawBack', [grant.id]] as const);
  if (refused) {
    await world.anvil.goTo(run.now);
    const args = [grant.id, world.cast.other, `0x${'01'.repeat(32)}`] as const;
    const call = world.grants.simulate.clawback(args, by(world.cast.owner));
    const [error, values] = refused;
    return expectRevert(call, error, values);
  }
  await clawBack(world, grant.id, run.now);
  pay(run, world.cast.other, grant.total - kept);
  [grant.total, grant.stopsAt] = [kept, stopsAt];
}

async function handOn(run: Run, grant: Expected): Promise<void> {
  const { anvil, grants, cast } = run.world;
  const to = run.random.pick([cast.recipient, cast.stranger, cast.maker]);
  await anvil.nextAt(run.now);
  await anvil.mined(grants.write.transferGrant([grant.id, to], by(grant.recipient)));
  grant.recipient = to;
}

/** Everything that must hold at every moment. */
async function checkAll(run: Run): Promise<void> {
  const { grants, token } = run.world;
  let owed = 0n;
  for (const expected of run.grants) {
    const found = await grants.read.getGrant([expected.id]);
    const vested = await grants.read.vestedOf([expected.id]);
    const { recipient, total, released } = expected;
    expect(found).to.include({ recipient, total, released });
    expect(vested).to.equal(vestedBy(expected, run.now));
    expect(released <= vested && vested <= total).to.equal(true);
    owed += total - released;
  }
  expect(await token.read.balanceOf([grants.address])).to.equal(owed);
  for (const [account, amount] of run.paid)
    expect(await token.read.balanceOf([account])).to.equal(amount);
}

describe('Grants, under any sequence of calls', () => {
  let anvil: Anvil;
  before(async function () {
    this.timeout(300_000);
    await testContracts();
    anvil = await startAnvil();
  });
  after(() => anvil.stop());

  it(`pays what vests, to whom it belongs, and owes no more than it has, seed ${SEED}`, async () => {
    const random = makeRandom(SEED);
    const world = await makeGrantWorld(anvil);
    const plans: Plan[] = [];
    for (let i = 0; i < PLANS; i += 1) {
      const [tranches, notice] = [randomSchedule(random), BigInt(random.below(20))];
      const written = tranches.map(({ start, end, bips, steps }) => ({
        start: Number(start),
        end: Number(end),
        bips: Number(bips),
        steps: Number(steps),
      }));
      const id = await makePlan(world, { tranches: written, clawbackNotice: Number(notice) });
      plans.push({ id, tranches, notice });
    }
    const run: Run = { world, random, plans, grants: [], paid: new Map(), now: GENESIS + 1_000n };
    for (let step = 0; step < STEPS; step += 1) {
      run.now += BigInt(1 + random.below(8));
      const grant = run.grants[Math.max(0, run.grants.length - 1 - random.below(4))];
      const act = random.below(10);
      if (grant === undefined || act < 3) await grantSome(run);
      else if (act < 7) await releaseOne(run, grant);
      else if (act < 8) await clawBackOne(run, grant);
      else await handOn(run, grant);
      await checkAll(run);
    }
  });
});
