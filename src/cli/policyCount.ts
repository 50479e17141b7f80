/**
 * How many of an issuer's live attestations a policy admits, and so how large the crowd is that a claim hides in.
 * @module
 */
import { evaluatePolicy, type Policy } from '../protocol/policy.ts';
import { decodeValue } from '../protocol/value.ts';
import { readAttestations } from '../store/attestations.ts';
import { toBytes32 } from '../store/bytes.ts';
import type { Store } from '../store/store.ts';

/** Below this, a claim hides among few (PROTOCOL.md section 6). */
const CROWD = 100;

const PAGE = 1_024;

/** What was counted. */
export type Counted = {
  /** Live, under the policy's schema. */
  readonly live: number;
  readonly admitted: number;
  /** By the disclosed value, ascending; one entry where the policy discloses nothing. */
  readonly byValue: ReadonlyMap<bigint, number>;
};

/** Counts over the whole store, a page at a time. @param options.checkedAt Unix seconds */
export async function countAdmitted(
  store: Store,
  policy: Policy,
  { checkedAt, say }: { readonly checkedAt: bigint; readonly say: (detail: string) => void },
): Promise<Counted> {
  let [live, admitted] = [0, 0];
  const byValue = new Map<bigint, number>();
  for await (const positions of livePages(store, policy)) {
    for (const { attestation } of await readAttestations(store.db, store.key, positions)) {
      if (!attestation) continue;
      live += 1;
      const evaluation = evaluatePolicy(policy, attestation, { checkedAt, claimIndex: 0n });
      if (!evaluation.eligible) continue;
      admitted += 1;
      const { disclosed } = evaluation.outcome;
      byValue.set(disclosed, (byValue.get(disclosed) ?? 0) + 1);
    }
    say(`${live} attestations`);
  }
  return { live, admitted, byValue };
}

/** The positions of live attestations under the policy's schema, a page at a time: the store may not fit in memory. */
async function* livePages({ db }: Store, { schema }: Policy): AsyncGenerator<readonly number[]> {
  for (let after = -1; ;) {
    const page = await db
      .selectFrom('attestations')
      .select('position')
      .where('position', '>', after)
      .where('live', '=', true)
      .where('schema_id', '=', toBytes32(schema.id))
      .orderBy('position')
      .limit(PAGE)
      .execute();
    const last = page.at(-1);
    if (!last) return;
    yield page.map(({ position }) => position);
    after = last.position;
  }
}

/** The crowds, by what a claim from each would reveal; undefined where it reveals nothing. */
export function crowdsOf(
  { disclose }: Policy,
  { byValue }: Counted,
): readonly { readonly value: string; readonly admitted: number }[] | undefined {
  if (!disclose) return undefined;
  return [...byValue]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([value, admitted]) => ({ value: decodeValue(disclose, value), admitted }));
}

/** What a claimant should know of a crowd that is small. */
export function crowdWarnings(policy: Policy, counted: Counted): readonly string[] {
  const { admitted, byValue } = counted;
  const small = [...byValue.values()].filter((some) => some < CROWD).length;
  return [
    admitted < CROWD
      ? `${admitted} are admitted: below ${CROWD}, a claim hides among few`
      : undefined,
    policy.disclose && small > 0
      ? `${small} of ${byValue.size} values that a claim may reveal have fewer than ${CROWD} people`
      : undefined,
  ].filter((line) => line !== undefined);
}
