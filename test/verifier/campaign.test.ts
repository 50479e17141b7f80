import { expect } from 'chai';
import { HIDDEN_INDEX, NEVER, type Field } from '../../src/protocol/field.ts';
import { definePolicy, type Policy, type PolicyDocument } from '../../src/protocol/policy.ts';
import {
  compileTerms,
  computePolicy,
  computeTermsHash,
  termsToFields,
  type TermsFields,
} from '../../src/protocol/terms.ts';
import {
  checkCampaign,
  hashPolicyDocument,
  type CampaignFacts,
} from '../../src/verifier/campaign.ts';
import { NOW, makeWorld, thrown } from '../support/world.ts';

const DAY = 86_400n;
/** The last second of the day before the campaign was announced. */
const SNAPSHOT = NOW - (NOW % DAY) - 1n;

/** A campaign that does what its document says. */
async function makeCampaign(
  changes: Partial<PolicyDocument> = {},
  facts: Partial<CampaignFacts> = {},
): Promise<{ facts: CampaignFacts; policy: Policy }> {
  const { policy, scope } = await makeWorld({
    attestations: 1,
    policy: { issued: { before: SNAPSHOT.toString() }, ...changes },
  });
  const terms = compileTerms(policy);
  return {
    policy,
    facts: {
      scope,
      policy: computePolicy(scope, terms),
      termsHash: computeTermsHash(terms),
      terms: termsToFields(terms),
      documentHash: hashPolicyDocument(policy),
      amountKind: 'fixed',
      unit: 100n,
      rate: 100n,
      tiers: [],
      index: { kind: 'count', cap: 1n },
      announcedAt: NOW,
      opensAt: NOW + DAY,
      ...facts,
    },
  };
}

describe('verifier/campaign', () => {
  describe('given a fixed amount', () => {
    it('accepts a campaign that follows its document', async () => {
      const { facts, policy } = await makeCampaign();
      checkCampaign(facts, policy);
    });
    it('accepts periods, and the largest cap', async () => {
      for (const index of [
        { kind: 'period', start: 0n, length: DAY } as const,
        { kind: 'count', cap: HIDDEN_INDEX - 1n } as const,
      ]) {
        const { facts, policy } = await makeCampaign({}, { index });
        checkCampaign(facts, policy);
      }
    });

    for (let i = 0; i < 15; i++) {
      it(`refuses a campaign whose term ${i} differs`, async () => {
        const { facts, policy } = await makeCampaign();
        const terms = facts.terms.with(i, facts.terms[i]! ^ 1n) as unknown as TermsFields;
        const error = thrown(() => {
          checkCampaign({ ...facts, terms }, policy);
        });
        expect(error.code).to.equal('CampaignMismatch');
        expect(error.data['what']).to.equal(`term ${i}`);
      });
    }

    const mismatches: readonly (readonly [string, Partial<CampaignFacts>])[] = [
      ['the terms hash', { termsHash: 5n as Field }],
      ['the policy', { policy: 5n as Field }],
      ['the policy', { scope: 5n as Field }],
      ['the document hash', { documentHash: `0x${'00'.repeat(32)}` }],
      ['the kind of amount', { amountKind: 'metered' }],
      ['the kind of amount', { amountKind: 'disclosed' }],
      ['the claim index', { index: { kind: 'metered' } }],
      ['the cap', { index: { kind: 'count', cap: 0n } }],
      ['the cap', { index: { kind: 'count', cap: HIDDEN_INDEX } }],
      ['the rate', { rate: 101n }],
      ['the rate', { unit: 99n }],
    ];
    for (const [what, change] of mismatches) {
      it(`refuses a campaign in which ${what} differs: ${Object.keys(change).join()} changed`, async () => {
        const { facts, policy } = await makeCampaign();
        checkCampaign(facts, policy);
        expect(
          thrown(() => {
            checkCampaign({ ...facts, ...change }, policy);
          }).data['what'],
        ).to.equal(what);
      });
    }

    it('refuses another document with the same terms', async () => {
      const { facts, policy } = await makeCampaign();
      const document = { ...policy.document, where: [...policy.document.where].reverse() };
      const other = definePolicy(document, policy.schema);
      expect(compileTerms(other)).to.deep.equal(compileTerms(policy));
      expect(
        thrown(() => {
          checkCampaign(facts, other);
        }).data['what'],
      ).to.equal('the document hash');
    });
  });

  describe('given a disclosed amount', () => {
    it('accepts it where the document discloses a value', async () => {
      const { facts, policy } = await makeCampaign(
        { disclose: 'allocation' },
        { amountKind: 'disclosed' },
      );
      checkCampaign(facts, policy);
    });
    it('refuses it where the document discloses nothing', async () => {
      const { facts, policy } = await makeCampaign({}, { amountKind: 'disclosed' });
      expect(
        thrown(() => {
          checkCampaign(facts, policy);
        }).message,
      ).to.include('discloses nothing');
    });
  });

  describe('given a table of tiers', () => {
    const tiered = () =>
      makeCampaign({ disclose: 'tier' }, { amountKind: 'tiered', tiers: [0n, 5n, 10n] });
    it('accepts it where the document discloses a value', async () => {
      const { facts, policy } = await tiered();
      checkCampaign(facts, policy);
    });
    it('refuses it where the document discloses nothing', async () => {
      const { facts, policy } = await makeCampaign({}, { amountKind: 'tiered', tiers: [0n, 5n] });
      expect(
        thrown(() => {
          checkCampaign(facts, policy);
        }).message,
      ).to.include('is tiered, the document discloses nothing');
    });
    const mismatches: readonly (readonly [string, Partial<CampaignFacts>])[] = [
      ['the table', { tiers: [] }],
      ['the table', { amountKind: 'disclosed' }],
      ['the kind of amount', { amountKind: 'metered' }],
      ['the rate', { rate: 101n }],
    ];
    for (const [what, change] of mismatches) {
      it(`refuses another ${Object.keys(change).join()}, naming ${what}`, async () => {
        const { facts, policy } = await tiered();
        expect(
          thrown(() => {
            checkCampaign({ ...facts, ...change }, policy);
          }).data['what'],
        ).to.equal(what);
      });
    }
  });

  describe('given a meter', () => {
    const metered = () =>
      makeCampaign(
        { note: '7' },
        { amountKind: 'metered', index: { kind: 'metered' }, rate: 700n },
      );
    it('accepts one note times the unit', async () => {
      const { facts, policy } = await metered();
      checkCampaign(facts, policy);
    });
    const mismatches: readonly (readonly [string, Partial<CampaignFacts>])[] = [
      ['the kind of amount', { amountKind: 'fixed' }],
      ['the claim index', { index: { kind: 'count', cap: 1n } }],
      ['the claim index', { index: { kind: 'period', start: 0n, length: DAY } }],
      ['the rate', { rate: 100n }],
    ];
    for (const [what, change] of mismatches) {
      it(`refuses another ${Object.keys(change).join()}`, async () => {
        const { facts, policy } = await metered();
        expect(
          thrown(() => {
            checkCampaign({ ...facts, ...change }, policy);
          }).data['what'],
        ).to.equal(what);
      });
    }
  });

  describe('the snapshot', () => {
    const check = async (
      before: bigint | undefined,
      facts: Partial<CampaignFacts> = {},
    ): Promise<void> => {
      const campaign = await makeCampaign(
        { issued: before === undefined ? {} : { before: before.toString() } },
        facts,
      );
      checkCampaign(campaign.facts, campaign.policy);
    };
    const refused: readonly (readonly [string, bigint | undefined, Partial<CampaignFacts>])[] = [
      ['none', undefined, {}],
      ['NEVER, written out', NEVER, {}],
      ['one second before the end of a day', SNAPSHOT - 1n, {}],
      ['one second after the end of a day', SNAPSHOT + 1n, {}],
      ['the end of the day of the announcement', SNAPSHOT + DAY, {}],
      [
        'the last second of the day in which it is announced, at that second',
        SNAPSHOT,
        { announcedAt: SNAPSHOT },
      ],
      [
        'the last second of the day in which it opens, at that second',
        SNAPSHOT,
        { opensAt: SNAPSHOT },
      ],
    ];
    it('is taken at the end of the day before, of any day before, and when announced and open at the next midnight', async () => {
      await check(SNAPSHOT);
      await check(SNAPSHOT - 300n * DAY);
      await check(SNAPSHOT, { announcedAt: SNAPSHOT + 1n, opensAt: SNAPSHOT + 1n });
    });
    for (const [name, before, facts] of refused) {
      it(`is refused: ${name}`, async () => {
        const error = await check(before, facts).then(
          () => undefined,
          (thrownError: unknown) => thrownError,
        );
        expect(error).to.deep.include({
          code: 'CampaignMismatch',
          data: { what: 'issued.before' },
        });
      });
    }
  });
});
