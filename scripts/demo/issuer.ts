/**
 * Chapter 1: an issuer defines a schema, attests 1,000 people, and publishes nothing but a root.
 * @module
 */
import { getChainTime } from '../../src/chain/client.ts';
import { anchorSchema, grantRole, registerIssuer } from '../../src/chain/issuers.ts';
import { registerTree } from '../../src/chain/roots.ts';
import { hashAttestation, type Attestation } from '../../src/protocol/attestation.ts';
import { definePolicy, type Policy } from '../../src/protocol/policy.ts';
import { createTree } from '../../src/tree/tree.ts';
import { attest, readPeople, schema, type Person } from './people.ts';
import type { Story } from './story.ts';
import {
  TOKEN,
  gasSpent,
  publishTree,
  short,
  type Holder,
  type Issuer,
  type World,
} from './world.ts';

const DAY = 86_400n;
const ATTESTED = 1_000;
const ALLOWED = ['DE', 'FR', 'IT', 'ES', 'NL', 'JP', 'BR', 'KE'];
const ROLES = ['claimant', 'early', 'expired', 'late', 'revoked', 'frozen', 'metered'] as const;

/** Everybody the story needs. */
export type Cast = {
  readonly issuer: Issuer;
  /** All of them meet the policy but `expired`, `late` (attested after the snapshot) and `abroad`. */
  readonly holders: Readonly<Record<(typeof ROLES)[number] | 'abroad', Holder>>;
  /** Attested later in the story. */
  readonly newcomers: readonly Attestation[];
  readonly policy: Policy;
  readonly meteredPolicy: Policy;
};

/** Tells the chapter. */
export async function theIssuer(story: Pick<Story, 'step'>, world: World): Promise<Cast> {
  const { owner } = world;
  const now = await getChainTime(owner);
  const today = now - (now % DAY);
  const people = await readPeople();
  const first = people.slice(0, ATTESTED);
  const persons = choose(first);
  const attestations = first.map((person) => attest(person, timesOf(person, persons, today)));
  const tree = await createTree();

  const treeId = await story.step(
    '1',
    'an issuer registers and anchors its schema: country, tier, amount',
    async () => {
      const before = await gasSpent(world);
      const id = await register(world);
      return {
        what: `schema ${short(schema.id)}, tree ${id.toString()}`,
        gas: (await gasSpent(world)) - before,
        result: id,
      };
    },
  );
  await story.step('1', 'it attests 1,000 people and publishes the root', async () => {
    tree.append(attestations.map(hashAttestation));
    const gas = await publishTree(world, { treeId, tree });
    return { what: `root ${short(tree.root())}; nothing else leaves the issuer`, gas };
  });

  const holder = (person: Person): Holder => ({
    person,
    attestation: attestations[first.indexOf(person)] ?? attest(person, { issuedAt: today }),
  });
  const { policy, meteredPolicy } = policies(today);
  return {
    issuer: { treeId, tree },
    holders: {
      claimant: holder(persons.claimant),
      early: holder(persons.early),
      expired: holder(persons.expired),
      late: holder(persons.late),
      revoked: holder(persons.revoked),
      frozen: holder(persons.frozen),
      metered: holder(persons.metered),
      abroad: holder(persons.abroad),
    },
    newcomers: people.slice(ATTESTED).map((person) => attest(person, { issuedAt: today })),
    policy,
    meteredPolicy,
  };
}

async function register(world: World): Promise<bigint> {
  const { owner, deployment } = world;
  const issuerId = await registerIssuer(owner, { deployment, uri: 'file:issuer.json' });
  for (const role of ['publisher', 'guardian'] as const) {
    await grantRole(owner, { deployment, issuerId, role, account: owner.account.address });
  }
  await anchorSchema(owner, { deployment, issuerId, schema, uri: 'file:schema.json' });
  return registerTree(owner, { deployment, issuerId });
}

type Persons = Readonly<Record<(typeof ROLES)[number] | 'abroad', Person>>;

/** Different people: seven whose country and tier fit and who are entitled to exactly 400 tokens, and one from elsewhere. */
function choose(people: readonly Person[]): Persons {
  const entitled = people.filter(
    ({ tier, amount }) => tier !== 'bronze' && amount === 400n * TOKEN,
  );
  const fit = entitled.filter(({ country }) => ALLOWED.includes(country));
  const chosen = ROLES.map((role, i) => [role, fit[i]] as const);
  const abroad = entitled.find(({ country }) => !ALLOWED.includes(country));
  return Object.fromEntries([...chosen, ['abroad', abroad]]) as Persons;
}

function timesOf(
  person: Person,
  persons: Persons,
  today: bigint,
): { issuedAt: bigint; expiresAt: bigint } {
  if (person === persons.expired) return { issuedAt: today - 30n * DAY, expiresAt: today - DAY };
  const issuedAt = person === persons.late ? today : today - 2n * DAY;
  return { issuedAt, expiresAt: today + 365n * DAY };
}

/** The snapshot is the last second of yesterday (UTC). */
function policies(today: bigint): { policy: Policy; meteredPolicy: Policy } {
  const document = {
    eligo: 'policy/1',
    schema: schema.id.toString(),
    issued: { before: (today - 1n).toString() },
    where: [
      { field: 'country', in: ALLOWED },
      { field: 'tier', atLeast: 'silver' },
    ],
  };
  return {
    policy: definePolicy(document, schema),
    meteredPolicy: definePolicy({ ...document, note: (100n * TOKEN).toString() }, schema),
  };
}
