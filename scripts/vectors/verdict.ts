/**
 * The decisions of PROTOCOL.md sections 4 and 5, as a table of one accepted claim and what happens when it changes.
 * @module
 */
import { HIDDEN, NEVER, R, file, type Json } from './reference.ts';

/**
 * What a verifier sees in the base case, which is accepted; a case changes some of it. Policies of 0 are none: the
 * predecessor was in force until `until`, and the announced one will be from `announcedFor` on.
 */
const BASE = {
  nullifier: 11n,
  root: 12n,
  policy: 13n,
  disclosed: 0n,
  shown: 0n,
  checkedAt: 1_767_225_600n,
  context: 14n,
  gatePolicy: 13n,
  predecessor: 0n,
  until: 0n,
  announced: 0n,
  announcedFor: 0n,
  gateContext: 14n,
  now: 1_767_225_630n,
  proofLifetime: 600n,
  maxStaleness: 3600n,
  maxSilence: 86_400n,
  index: 'count',
  indexLimit: 1n,
  periodStart: 0n,
  frozen: false,
  known: true,
  current: true,
  endedAt: 0n,
  lastPublishedAt: 1_767_225_000n,
  spent: false,
};

/** Each rule one before, at and after its edge; then claims that are wrong in several ways. */
export function verdictVectors(): Json {
  const at = BASE.checkedAt;
  const ended = { current: false, endedAt: BASE.now - 3600n };
  const silent = BASE.now - 86_400n;
  const weekly = { index: 'period', indexLimit: 604_800n, periodStart: at - 604_800n, shown: 1n };
  const row = (
    name: string,
    changes: Partial<Record<keyof typeof BASE, bigint | boolean | string>>,
    error: string | null,
  ) => ({
    source: 'PROTOCOL.md sections 4 and 5, read by hand',
    name,
    changes,
    error,
  });
  const range = 'SignalOutOfRange';
  const formerly = { policy: 15n, predecessor: 15n };
  const announced = { announced: 16n, announcedFor: BASE.now + 100n };
  const wrongInAll = {
    gatePolicy: 99n,
    gateContext: 99n,
    now: at - 1n,
    frozen: true,
    known: false,
    current: false,
    lastPublishedAt: 0n,
    shown: 1n,
    spent: true,
  };
  return file({
    base: [{ source: 'PROTOCOL.md section 5: a claim that every check accepts', ...BASE }],
    cases: [
      row('the base case', {}, null),
      ...(['nullifier', 'root', 'policy'] as const).map((name) =>
        row(`${name} 0`, { [name]: 0n }, range),
      ),
      ...(['nullifier', 'root', 'policy', 'context'] as const).map((name) =>
        row(`${name} r`, { [name]: R }, range),
      ),
      row('context 0, as the gate computed it', { context: 0n, gateContext: 0n }, null),
      row('checkedAt one second beside the minute', { checkedAt: at + 1n }, range),
      row('another policy', { gatePolicy: 99n }, 'WrongPolicy'),
      row('the policy before, judged before the change', { ...formerly, until: at + 1n }, null),
      row('the policy before, judged at the change', { ...formerly, until: at }, 'WrongPolicy'),
      row('the policy before, judged later', { ...formerly, until: at - 1n }, 'WrongPolicy'),
      row(
        'the policy before, bound elsewhere',
        { ...formerly, until: at + 1n, gateContext: 99n },
        'WrongContext',
      ),
      row('the policy in force, in its first second', { predecessor: 15n, until: BASE.now }, null),
      row(
        'the policy in force, judged before the change',
        { predecessor: 15n, until: at + 1n },
        null,
      ),
      row(
        'a third policy, judged before the change',
        { policy: 99n, predecessor: 15n, until: at + 1n },
        'WrongPolicy',
      ),
      row('the policy that is announced', { ...announced, policy: 16n }, 'WrongPolicy'),
      row(
        'the policy that is announced, a second too early',
        { policy: 16n, announced: 16n, announcedFor: BASE.now + 1n },
        'WrongPolicy',
      ),
      row('the policy in force while another one is announced', announced, null),
      row(
        'the policy before while another one is announced',
        { ...formerly, until: at + 1n, announced: 16n, announcedFor: at + 601n },
        null,
      ),
      row('another context', { gateContext: 99n }, 'WrongContext'),
      row('one second before checkedAt', { now: at - 1n }, 'ProofFromFuture'),
      row('at checkedAt', { now: at }, null),
      row('at the last second of the lifetime', { now: at + 600n }, null),
      row('one second after the lifetime', { now: at + 601n }, 'ProofExpired'),
      row('the source is frozen', { frozen: true }, 'SourceFrozen'),
      row('a root never published, or voided', { known: false }, 'UnknownRoot'),
      row('an old root in its last second', { ...ended, endedAt: ended.endedAt + 1n }, null),
      row('an old root when its time is up', ended, 'StaleRoot'),
      row('an old root one second later', { ...ended, endedAt: ended.endedAt - 1n }, 'StaleRoot'),
      row(
        'an old root, strictly, in the block that ended its epoch',
        { current: false, endedAt: BASE.now, maxStaleness: 0n },
        'StaleRoot',
      ),
      row('a source in its last second of silence', { lastPublishedAt: silent + 1n }, null),
      row('a source when its silence is too long', { lastPublishedAt: silent }, 'SilentSource'),
      row('a source one second later', { lastPublishedAt: silent - 1n }, 'SilentSource'),
      row('silence for ever where it is off', { lastPublishedAt: 0n, maxSilence: NEVER }, null),
      row(
        'nobody to hear from, however long the silence may be',
        { lastPublishedAt: 0n, maxSilence: NEVER - 1n },
        'SilentSource',
      ),
      row('the number below the cap', { shown: 4n, indexLimit: 5n }, null),
      row('the number at the cap', { shown: 5n, indexLimit: 5n }, 'ClaimIndexClosed'),
      row(
        'a hidden number where numbers count',
        { shown: HIDDEN, indexLimit: HIDDEN - 1n },
        'ClaimIndexClosed',
      ),
      row(
        'a hidden number where claims are metered',
        { shown: HIDDEN, index: 'metered', indexLimit: 0n },
        null,
      ),
      row(
        'a number where claims are metered',
        { shown: HIDDEN - 1n, index: 'metered', indexLimit: 0n },
        'ClaimIndexClosed',
      ),
      row("the period's number", weekly, null),
      row(
        "the period's number in its last minute",
        { ...weekly, periodStart: at - 2n * 604_800n + 60n },
        null,
      ),
      row('the number before', { ...weekly, shown: 0n }, 'ClaimIndexClosed'),
      row('the number after', { ...weekly, shown: 2n }, 'ClaimIndexClosed'),
      row('the first second of the first period', { ...weekly, periodStart: at, shown: 0n }, null),
      row(
        'before the first period',
        { ...weekly, periodStart: at + 60n, shown: 0n },
        'ClaimIndexClosed',
      ),
      row('spent before', { spent: true }, 'NullifierSpent'),
      row('wrong in everything: the range comes first', { ...wrongInAll, nullifier: 0n }, range),
      row('the policy second', wrongInAll, 'WrongPolicy'),
      row('the context third', { ...wrongInAll, gatePolicy: 13n }, 'WrongContext'),
      row(
        'the future fourth',
        { ...wrongInAll, gatePolicy: 13n, gateContext: 14n },
        'ProofFromFuture',
      ),
      row(
        'the lifetime fifth',
        { ...wrongInAll, gatePolicy: 13n, gateContext: 14n, now: at + 601n },
        'ProofExpired',
      ),
      row(
        'the freeze sixth',
        { ...wrongInAll, gatePolicy: 13n, gateContext: 14n, now: at + 600n },
        'SourceFrozen',
      ),
      row(
        'the unknown root seventh',
        { known: false, current: false, lastPublishedAt: 0n, shown: 1n, spent: true },
        'UnknownRoot',
      ),
      row(
        'the stale root eighth',
        { current: false, lastPublishedAt: 0n, shown: 1n, spent: true },
        'StaleRoot',
      ),
      row('the silence ninth', { lastPublishedAt: 0n, shown: 1n, spent: true }, 'SilentSource'),
      row('the number tenth, before the nullifier', { shown: 1n, spent: true }, 'ClaimIndexClosed'),
    ],
  });
}
