import { expect } from 'chai';
import { NEVER } from '../../src/protocol/field.ts';
import { checkRoot, type Freshness, type RootFacts } from '../../src/verifier/rootRule.ts';
import { thrown } from '../support/world.ts';

const facts = (changes: Partial<RootFacts> = {}): RootFacts => ({
  frozen: false,
  known: true,
  current: true,
  endedAt: 0n,
  lastPublishedAt: 1_000n,
  ...changes,
});
const freshness = (changes: Partial<Freshness> = {}): Freshness => ({
  maxStaleness: 0n,
  maxSilence: NEVER,
  ...changes,
});

describe('verifier/rootRule', () => {
  it('accepts the current root of a source that speaks', () => {
    checkRoot(facts(), freshness(), 1_000n);
  });

  it('S14: keeps an old root for as long as its reader allows, counted as sums that do not wrap', () => {
    const old = facts({ current: false, endedAt: NEVER });
    checkRoot(old, freshness({ maxStaleness: 1n }), NEVER);
    expect(
      thrown(() => {
        checkRoot(old, freshness({ maxStaleness: 1n }), NEVER + 1n);
      }).code,
    ).to.equal('StaleRoot');
  });

  it('S14: does not look at endedAt while the root is current', () => {
    checkRoot(facts({ endedAt: 5n }), freshness(), 1_000_000n);
  });

  it('S14: a reader that allows 0 is strict, and one that allows 0 seconds of silence hears nobody', () => {
    expect(
      thrown(() => {
        checkRoot(facts({ current: false, endedAt: 1_000n }), freshness(), 1_000n);
      }).code,
    ).to.equal('StaleRoot');
    expect(
      thrown(() => {
        checkRoot(facts(), freshness({ maxSilence: 0n }), 1_000n);
      }).code,
    ).to.equal('SilentSource');
  });

  it('hears nobody in a source that has no member, however long it allows', () => {
    const long = freshness({ maxSilence: NEVER - 1n });
    checkRoot(facts({ lastPublishedAt: 1n }), long, 2n);
    expect(
      thrown(() => {
        checkRoot(facts({ lastPublishedAt: 0n }), long, 2n);
      }).code,
    ).to.equal('SilentSource');
  });

  it('takes NEVER as off for silence, and NEVER - 1 as a number', () => {
    const long = NEVER - 1n;
    checkRoot(facts({ lastPublishedAt: 0n }), freshness(), NEVER);
    expect(
      thrown(() => {
        checkRoot(facts({ lastPublishedAt: 0n }), freshness({ maxSilence: long }), long);
      }).code,
    ).to.equal('SilentSource');
    checkRoot(facts({ lastPublishedAt: 1n }), freshness({ maxSilence: long }), long);
  });

  it('explains itself in data', () => {
    const stale = thrown(() => {
      checkRoot(facts({ current: false, endedAt: 7n }), freshness({ maxStaleness: 3n }), 10n);
    });
    expect(stale.data).to.deep.equal({ endedAt: 7n, maxStaleness: 3n, now: 10n });
    const silent = thrown(() => {
      checkRoot(facts(), freshness({ maxSilence: 3n }), 1_003n);
    });
    expect(silent.data).to.deep.equal({ lastPublishedAt: 1_000n, maxSilence: 3n, now: 1_003n });
  });
});
