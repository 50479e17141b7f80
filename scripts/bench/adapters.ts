/**
 * What a claim costs inside other systems: the whole transaction by which somebody attests or is paid, through the doubles
 * of the hosts that the tests have, and how much of it the adapter is: the same call, with the same bytes, to a host that
 * has none. From receipts, for real proofs; the first of four runs doesn't count.
 * @module
 */
import { resolve } from 'node:path';
import { zeroAddress, type Address, type Hex } from 'viem';
import {
  adapterContext,
  adapterScope,
  easAction,
  encodeAdapterClaims,
  signProtocolAction,
  tokenTableAction,
  veraxAction,
  type AdapterAction,
} from '../../src/chain/adapters.ts';
import { getChainTime } from '../../src/chain/client.ts';
import { read, send } from '../../src/chain/send.ts';
import { NEVER } from '../../src/protocol/field.ts';
import { compileTerms, computeTermsHash } from '../../src/protocol/terms.ts';
import { prove } from '../../src/prover/prove.ts';
import { buildContracts } from '../contracts.ts';
import type { Cast } from '../demo/issuer.ts';
import { freshAddress, pathOf, type World } from '../demo/world.ts';
import { deployCompiled, type Deployed } from './contracts.ts';
import { measure, type Measure } from './report.ts';

const RUNS = 4;
const MANY = 10;
const HOSTS = ['SignProtocolHost', 'EasHost', 'UnlockerHost', 'VeraxHost', 'PortalHost'];

/** What the four measurements share. */
type Bench = {
  /** Who attests, and is paid. */
  readonly me: Address;
  readonly putHost: (name: string, args?: readonly unknown[]) => Promise<Deployed>;
  /** An adapter under one rule, by its name, its host, and what stands between host and rule. */
  readonly putAdapter: (
    name: string,
    host: Deployed,
    more?: readonly unknown[],
  ) => Promise<Deployed>;
  /** A claim of another index each time, as the adapter takes it. */
  readonly claim: (adapter: Deployed, action: AdapterAction) => Promise<Hex>;
  /** Gas of a transaction. */
  readonly gasOf: (on: Deployed, functionName: string, args: readonly unknown[]) => Promise<number>;
  readonly ask: (on: Deployed, functionName: string, args: readonly unknown[]) => Promise<unknown>;
};

/** Measures, on the issuer's tree. */
export async function measureAdapters(
  world: World,
  cast: Cast,
  poseidonT3: Address,
): Promise<Record<string, Measure>> {
  const bench = await makeBench(world, cast, poseidonT3);
  return {
    ...(await measureSign(bench)),
    ...(await measureEas(bench)),
    ...(await measureTokenTable(bench)),
    ...(await measureVerax(bench)),
  };
}

async function makeBench(world: World, cast: Cast, poseidonT3: Address): Promise<Bench> {
  const { submitter, deployment, artifacts } = world;
  const { issuer, policy, holders } = cast;
  const folder = await buildContracts({
    out: resolve(import.meta.dirname, '../../build/bench-contracts'),
    entries: HOSTS.map((name) => `test/contracts/doubles/${name}.sol`),
  });
  const rule = [computeTermsHash(compileTerms(policy)), acceptanceOf(issuer.treeId)];
  const { chainId } = deployment;
  let claimIndex = 0n;
  return {
    me: submitter.account.address,
    putHost: (name, args = []) => deployCompiled(submitter, { name, args, poseidonT3, folder }),
    putAdapter: (name, host, more = []) => {
      const args = [deployment.contracts.RootRegistry, host.address, ...more, ...rule];
      return deployCompiled(submitter, { name, args, poseidonT3 });
    },
    claim: async ({ address: adapter }, action) => {
      const proven = await prove({
        artifacts,
        identity: holders.claimant.person.identity,
        attestation: holders.claimant.attestation,
        ...(await pathOf(issuer.tree, holders.claimant.attestation)),
        policy,
        scope: adapterScope({ chainId, adapter }),
        context: adapterContext({ chainId, adapter, action }),
        checkedAt: await getChainTime(submitter),
        claimIndex: claimIndex++,
      });
      return encodeAdapterClaims([proven]);
    },
    gasOf: async (on, functionName, args) =>
      Number((await send(submitter, { ...on, functionName, args })).gasUsed),
    ask: (on, functionName, args) => read(submitter, { ...on, functionName, args }),
  };
}

const acceptanceOf = (source: bigint) => ({
  source,
  maxStaleness: 0,
  maxSilence: Number(NEVER),
  proofLifetime: 3_600,
  indexKind: 0,
  periodStart: 0,
  indexLimit: 1_000,
});

/** A host's call with the adapter, and the same call without. */
type Pair = { readonly withIt: number; readonly without: number };

/** Both, and the difference: of the runs but the first. */
async function comparison(
  name: string,
  run: () => Promise<Pair>,
): Promise<Record<string, Measure>> {
  const pairs: Pair[] = [];
  for (let i = 0; i < RUNS; i += 1) pairs.push(await run());
  return measurePairs(name, 'gas', pairs.slice(1));
}

function measurePairs(name: string, unit: string, pairs: readonly Pair[]): Record<string, Measure> {
  const whole = pairs.map(({ withIt }) => withIt);
  const over = pairs.map(({ withIt, without }) => withIt - without);
  return {
    [`gas.adapter.${name}`]: measure(unit, whole),
    [`gas.adapter.${name}.overHost`]: measure(unit, over),
  };
}

async function measureSign({ me, putHost, putAdapter, claim, gasOf }: Bench) {
  const host = await putHost('SignProtocolHost');
  const hook = await putAdapter('SignProtocolHook', host);
  // Schemas are numbered from 1: the first names the hook, the second none.
  for (const target of [hook.address, zeroAddress]) {
    const schema = { registrant: me, revocable: true, dataLocation: 0, maxValidFor: 0n };
    const rest = { hook: target, timestamp: 0n, data: 'string statement' };
    await gasOf(host, 'register', [{ ...schema, ...rest }, '0x']);
  }
  return comparison('sign', async () => {
    const bytes = await claim(hook, signProtocolAction({ schemaId: 1n, attester: me }));
    return {
      withIt: await gasOf(host, 'attest', [1n, 0n, bytes]),
      without: await gasOf(host, 'attest', [2n, 0n, bytes]),
    };
  });
}

async function measureEas({ me, putHost, putAdapter, claim, gasOf, ask }: Bench) {
  const host = await putHost('EasHost');
  const resolver = await putAdapter('EasResolver', host);
  const [schema, bare] = await Promise.all(
    [resolver.address, zeroAddress].map(
      (target) => ask(host, 'register', ['', target, true]) as Promise<Hex>,
    ),
  );
  for (const target of [resolver.address, zeroAddress])
    await gasOf(host, 'register', ['', target, true]);
  const claimFor = (recipient: Address) =>
    claim(resolver, easAction({ schema: schema as Hex, attester: me, recipient }));
  const one = await comparison('eas', async () => {
    const recipient = freshAddress();
    const bytes = await claimFor(recipient);
    return {
      withIt: await gasOf(host, 'attest', [schema, recipient, bytes]),
      without: await gasOf(host, 'attest', [bare, recipient, bytes]),
    };
  });
  const recipients = Array.from({ length: MANY }, freshAddress);
  const bytes: Hex[] = [];
  for (const recipient of recipients) bytes.push(await claimFor(recipient));
  const many = {
    withIt: (await gasOf(host, 'multiAttest', [schema, recipients, bytes])) / MANY,
    without: (await gasOf(host, 'multiAttest', [bare, recipients, bytes])) / MANY,
  };
  return { ...one, ...measurePairs(`eas.multi${MANY}`, 'gas an attestation', [many]) };
}

async function measureTokenTable({ me, putHost, putAdapter, claim, gasOf }: Bench) {
  const [host, bare] = [await putHost('UnlockerHost'), await putHost('UnlockerHost')];
  const hook = await putAdapter('TokenTableHook', host);
  await gasOf(host, 'setHook', [hook.address]);
  const verified: number[] = [];
  let actualId = 0n;
  const pairs = await comparison('tokenTable', async () => {
    actualId += 1n;
    for (const unlocker of [host, bare]) await gasOf(unlocker, 'mint', [me, actualId]);
    const recipient = freshAddress();
    const bytes = await claim(hook, tokenTableAction({ actualId, recipient }));
    const args = [[actualId], [recipient], 1n, bytes];
    const pair = {
      withIt: await gasOf(host, 'claim', args),
      without: await gasOf(bare, 'claim', args),
    };
    verified.push(await gasOf(host, 'claim', [[actualId], [recipient], 2n, '0x']));
    return pair;
  });
  return { ...pairs, 'gas.adapter.tokenTable.verified': measure('gas', verified.slice(1)) };
}

async function measureVerax({ me, putHost, putAdapter, claim, gasOf }: Bench) {
  const host = await putHost('VeraxHost');
  const [portal, bare] = [
    await putHost('PortalHost', [host.address]),
    await putHost('PortalHost', [host.address]),
  ];
  const module = await putAdapter('VeraxModule', host, [portal.address]);
  await gasOf(host, 'registerModule', [module.address]);
  await gasOf(portal, 'setModule', [module.address]);
  const payload = {
    schemaId: `0x${'5c'.repeat(32)}`,
    expirationDate: 0n,
    subject: me,
    attestationData: `0x${'01'.repeat(32)}`,
  } as const;
  return comparison('verax', async () => {
    const bytes = await claim(module, veraxAction({ attester: me, payload }));
    return {
      withIt: await gasOf(portal, 'attestAs', [payload, [bytes], 0]),
      without: await gasOf(bare, 'attestAs', [payload, [bytes], 0]),
    };
  });
}
