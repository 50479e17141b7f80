/**
 * The people that the demonstration attests: addresses and amounts from a real list, the rest from a seeded generator.
 * @module
 */
import { readFile } from 'node:fs/promises';
import { createAttestation, type Attestation } from '../../src/protocol/attestation.ts';
import { toUint } from '../../src/protocol/field.ts';
import { createIdentity, type Identity } from '../../src/protocol/identity.ts';
import { defineSchema } from '../../src/protocol/schema.ts';

/** What draws countries and tiers. */
export const SEED = 20_200_916;

const COUNTRIES = ['DE', 'FR', 'IT', 'ES', 'NL', 'JP', 'BR', 'KE', 'US', 'KP'] as const;
const TIERS = ['bronze', 'silver', 'gold'] as const;

/** The schema of the demonstration: a set field, a tier, a meter. */
export const schema = defineSchema({
  eligo: 'schema/1',
  name: 'Early user',
  version: '1',
  description: 'Who used the exchange early, where they live, and what they are entitled to',
  fields: [
    { name: 'country', type: 'country', description: 'Country of residence', set: true },
    { name: 'tier', type: 'enum', description: 'How much they used it', labels: [...TIERS] },
    {
      name: 'amount',
      type: 'amount',
      description: 'What they are entitled to',
      decimals: '18',
      meter: true,
    },
  ],
});

/** Somebody: a holder with what the issuer knows about them. */
export type Person = {
  readonly address: string;
  readonly country: string;
  readonly tier: string;
  /** Base units. */
  readonly amount: bigint;
  readonly identity: Identity;
};

/** Reads the list and draws country and tier for each row. Secrets come from the platform's CSPRNG. */
export async function readPeople(): Promise<readonly Person[]> {
  const text = await readFile(new URL('./people.csv', import.meta.url), 'utf8');
  const draw = generator(SEED);
  return text
    .trim()
    .split('\n')
    .slice(1)
    .map((line, i) => {
      const [address = '', amount = ''] = line.split(',');
      return {
        address,
        amount: toUint(amount, `people.csv line ${i + 2}: amount`, 96),
        country: COUNTRIES[draw(COUNTRIES.length)] ?? 'DE',
        tier: TIERS[draw(TIERS.length)] ?? 'bronze',
        identity: createIdentity(),
      };
    });
}

/** Attests a person. Times are Unix seconds. */
export function attest(
  person: Person,
  times: { readonly issuedAt: bigint; readonly expiresAt?: bigint },
): Attestation {
  const { country, tier, amount, identity } = person;
  return createAttestation({
    schema,
    commitment: identity.commitment,
    ...times,
    values: { country, tier, amount },
  });
}

/** A small generator for made-up data (mulberry32): integers below `limit`. */
function generator(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
}
