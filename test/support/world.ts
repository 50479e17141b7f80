/**
 * A world for the tests of the library: a schema, holders, their tree and trust list, and a policy that they meet. Each
 * test builds its own. Nothing in it is drawn by chance.
 * @module
 */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { EligoError } from '../../src/errors.ts';
import { createAttestation, hashAttestation } from '../../src/protocol/attestation.ts';
import { createIdentity } from '../../src/protocol/identity.ts';
import { definePolicy, type PolicyDocument } from '../../src/protocol/policy.ts';
import { defineSchema } from '../../src/protocol/schema.ts';
import { computeContext, computeScope, hashAction } from '../../src/protocol/statement.ts';
import type { ValueInput } from '../../src/protocol/value.ts';
import { loadArtifacts, type Artifacts } from '../../src/prover/artifacts.ts';
import { prove, type ProveParameters } from '../../src/prover/prove.ts';
import { createTrustList } from '../../src/tree/trustList.ts';
import { createTree } from '../../src/tree/tree.ts';
import type { Circumstances, Gate } from '../../src/verifier/verify.ts';

const DAY = 86_400n;

/** 2026-01-01T00:00:30Z: when claims are made. */
export const NOW = 1_767_225_630n;

/** The minute of `NOW`, which proofs carry. */
export const CHECKED_AT = NOW - 30n;

/** The day that attestations carry. */
export const ISSUED_AT = 20_000n * DAY;

const GATE = '0x5FbDB2315678afecb367f032d93F642f64180aa3';
const RECIPIENT = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8';

/** The document of the schema "Residency": a set field, two others, and a meter. */
export function schemaDocument() {
  return {
    eligo: 'schema/1',
    name: 'Residency',
    version: '1',
    description: 'Where somebody lives, and what is due to them',
    fields: [
      { name: 'country', type: 'country', description: 'Country of residence', set: true },
      {
        name: 'tier',
        type: 'enum',
        description: 'Level of verification',
        labels: ['none', 'basic', 'full'],
      },
      { name: 'born', type: 'date', description: 'Date of birth' },
      {
        name: 'allocation',
        type: 'amount',
        description: 'Allocation',
        decimals: '18',
        meter: true,
      },
    ],
  };
}

/** What holders are attested unless a test wants it otherwise. */
export const someValues: Readonly<Record<string, ValueInput>> = {
  country: 'DE',
  tier: 'basic',
  born: '1969-12-31',
  allocation: '400',
};

/** Builds a world with so many holders, all alike but for their secrets. */
export async function makeWorld(
  options: {
    readonly attestations?: number;
    readonly values?: Readonly<Record<string, ValueInput>>;
    readonly policy?: Partial<PolicyDocument>;
  } = {},
) {
  const schema = defineSchema(schemaDocument());
  const holders = Array.from({ length: options.attestations ?? 3 }, (_, i) => {
    const identity = createIdentity({ secret: 1_000n + BigInt(i) });
    const attestation = createAttestation({
      schema,
      commitment: identity.commitment,
      issuedAt: ISSUED_AT,
      expiresAt: NOW + 365n * DAY,
      values: { ...someValues, ...options.values },
      salt: 7_000n + BigInt(i),
    });
    return { identity, attestation, leaf: hashAttestation(attestation) };
  });
  const tree = await createTree({ leaves: holders.map(({ leaf }) => leaf) });
  const list = await createTrustList({ roots: [tree.root()] });
  const policy = definePolicy(
    {
      eligo: 'policy/1',
      schema: schema.id.toString(),
      issued: { before: (20_100n * DAY - 1n).toString() },
      where: [
        { field: 'country', in: ['DE', 'FR'] },
        { field: 'tier', atLeast: 'basic' },
      ],
      ...options.policy,
    },
    schema,
  );
  const label = `0x${'1'.padStart(64, '0')}` as const;
  const scope = computeScope({ chainId: 31337, gate: GATE, label });
  const action = {
    recipient: RECIPIENT,
    minAmount: 0n,
    fee: 0n,
    feeTo: GATE,
    hookData: '0x',
  } as const;
  const context = computeContext({
    chainId: 31337,
    gate: GATE,
    id: 1n,
    actionHash: hashAction(action),
  });
  return { schema, holders, tree, list, policy, scope, context };
}

/** A world. */
export type World = Awaited<ReturnType<typeof makeWorld>>;

let artifacts: Promise<Artifacts> | undefined;

/** The package's artifacts, read once: nothing writes to them. */
export function sharedArtifacts(): Promise<Artifacts> {
  artifacts ??= loadArtifacts();
  return artifacts;
}

/** What holder number `index` proves with. */
export async function proveParameters(world: World, index = 0): Promise<ProveParameters> {
  const holder = world.holders[index]!;
  return {
    artifacts: await sharedArtifacts(),
    identity: holder.identity,
    attestation: holder.attestation,
    path: world.list.extendPath(0, world.tree.path(index)),
    root: world.list.root,
    policy: world.policy,
    scope: world.scope,
    context: world.context,
    checkedAt: NOW,
  };
}

/** A proof by the first holder, with the gate and the circumstances that accept it. */
export async function makeClaim() {
  const world = await makeWorld();
  const parameters = await proveParameters(world);
  const { statement, proof } = await prove(parameters);
  const gate: Gate = {
    policy: statement.policy,
    index: { kind: 'count', cap: 1n },
    proofLifetime: 600n,
    maxStaleness: 3_600n,
    maxSilence: 86_400n,
  };
  const circumstances: Circumstances = {
    now: NOW,
    context: world.context,
    root: { frozen: false, known: true, current: true, endedAt: 0n, lastPublishedAt: NOW - 600n },
    spent: false,
  };
  const { verifyingKey } = parameters.artifacts;
  return { verifyingKey, statement, proof, gate, circumstances };
}

/** A claim that `verify` accepts. */
export type AcceptedClaim = Awaited<ReturnType<typeof makeClaim>>;

/** The vectors of one file of test/vectors. */
export function readVectors(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../vectors/${name}.json`, import.meta.url), 'utf8'));
}

/** The error that some work throws; anything but an `EligoError` is a failure. */
export function thrown(work: () => unknown): EligoError {
  let result: unknown;
  try {
    result = work();
  } catch (error) {
    if (error instanceof EligoError) return error;
    throw error;
  }
  throw new Error(`nothing was thrown, but ${String(result)} returned`);
}

/** The error that some promise ends with; anything but an `EligoError` is a failure. */
export async function rejected(work: Promise<unknown>): Promise<EligoError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof EligoError) return error;
    throw error;
  }
  throw new Error('the promise was kept');
}

/** The seed of properties: `ELIGO_SEED` brings back a run; a failing property prints the seed with its path. */
fc.configureGlobal({ seed: Number(process.env['ELIGO_SEED'] ?? 20_260_101) });
export { fc };

/** An integer of so many bits, or one beside an edge of that width. */
export function uint(bits: number): fc.Arbitrary<bigint> {
  const max = 2n ** BigInt(bits) - 1n;
  return fc.oneof(fc.bigInt({ min: 0n, max }), fc.constantFrom(0n, 1n, max - 1n, max));
}
