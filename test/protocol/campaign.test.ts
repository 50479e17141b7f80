import { expect } from 'chai';
import { defineCampaign, readCampaignDocument, toMoment } from '../../src/protocol/campaign.ts';
import { NEVER } from '../../src/protocol/field.ts';
import { CAMPAIGN_DRAFT, PRESET_DRAFT, SCHEDULE_DRAFT } from '../support/campaignFile.ts';
import { DAY, NOW } from '../support/cli.ts';

const ADDRESS = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8';

const define = (input: unknown, preset?: unknown) =>
  defineCampaign(readCampaignDocument(input), { preset });

/** The draft with some of its parts replaced. */
const changed = (changes: object): object => ({ ...CAMPAIGN_DRAFT, ...changes });

describe('defineCampaign', () => {
  it('reads what a document says, and off where it says nothing', () => {
    expect(define(CAMPAIGN_DRAFT)).to.deep.equal({
      ...{ token: 'coin', amountKind: 'fixed', unit: 100n, tiers: [], source: 1n },
      ...{ maxStaleness: 0n, maxSilence: NEVER, proofLifetime: 600n, notice: 3_600n },
      index: { kind: 'count', cap: 3n },
      ...{ opensAt: NOW, closesAt: NOW + DAY },
      caps: { perPeriod: 0n, perWindow: 0n, windowLength: 0n },
      documentURI: 'https://campaign.example/policy.json',
    });
    expect(define(JSON.stringify(CAMPAIGN_DRAFT))).to.deep.equal(define(CAMPAIGN_DRAFT));
  });

  it('reads all that a document can say', () => {
    const period = { start: NOW.toString(), length: '86400' };
    const all = define(
      changed({
        ...{ token: ADDRESS.toLowerCase(), guardian: ADDRESS, schedule: SCHEDULE_DRAFT },
        ...{ amount: { kind: 'tiered', unit: '2', tiers: ['0', '5'] }, index: { period } },
        caps: { perPeriod: '7', perWindow: '8', windowLength: '9' },
        hook: { target: ADDRESS, gasLimit: '50000', mandatory: true },
      }),
    );
    expect(all).to.deep.include({
      ...{ token: ADDRESS, guardian: ADDRESS, amountKind: 'tiered', unit: 2n, tiers: [0n, 5n] },
      index: { kind: 'period', start: NOW, length: 86_400n },
      caps: { perPeriod: 7n, perWindow: 8n, windowLength: 9n },
      hook: { target: ADDRESS, gasLimit: 50_000n, mandatory: true },
    });
    expect(all.schedule).to.deep.equal({
      ...{ start: 0n, transferable: true, clawbackNotice: 60n },
      tranches: [
        { start: 0n, end: 0n, bips: 1_000n, steps: 0n },
        { start: 0n, end: 1_000n, bips: 9_000n, steps: 10n },
      ],
    });
  });

  it('reads a TokenTable preset as the schedule that it is, in place or from its file', () => {
    const { tranches, ...rest } = SCHEDULE_DRAFT;
    expect(tranches).to.have.length(2);
    const own = define(changed({ schedule: SCHEDULE_DRAFT })).schedule;
    const inPlace = changed({ schedule: { ...rest, preset: PRESET_DRAFT } });
    expect(define(inPlace).schedule).to.deep.equal(own);
    const named = changed({ schedule: { ...rest, preset: 'preset.json' } });
    expect(define(named, JSON.stringify(PRESET_DRAFT)).schedule).to.deep.equal(own);
    const late = { ...PRESET_DRAFT, linearBips: ['1000', '8000'] };
    expect(() => define(named, late)).to.throw(/tranches\.bips is 9000/);
  });

  it('takes a metered campaign without a count of claims', () => {
    const amount = { kind: 'metered', unit: '1' };
    const metered = { amount, index: {}, notice: '0' };
    expect(define(changed(metered)).index).to.deep.equal({ kind: 'metered' });
    expect(() => define(changed({ ...metered, index: { cap: '1' } }))).to.throw(/must be \{\}/);
    expect(() => define(changed({ ...metered, notice: '3600' }))).to.throw(/metered .* amended/);
  });

  describe('names the field, the value and the rule of what it refuses:', () => {
    const period = { start: '0', length: '599' };
    const tiers = Array.from({ length: 257 }, () => '1');
    const tiered = (...some: string[]): object => ({ kind: 'tiered', unit: '1', tiers: some });
    const scheduled = (changes: object): object => ({
      schedule: { ...SCHEDULE_DRAFT, ...changes },
    });
    const cases: readonly (readonly [string, object, RegExp])[] = [
      ['another document', { eligo: 'policy/1' }, /^campaign\.eligo is "policy\/1"/],
      ['a key that nobody knows', { fees: '1' }, /fees/],
      ['a number that is no text', { source: 1 }, /^campaign\.source is 1/],
      ['a token that is none', { token: 'ETH' }, /^campaign\.token is "ETH"/],
      ['a unit of 0', { amount: { kind: 'fixed', unit: '0' } }, /^campaign\.amount\.unit is 0/],
      ['a unit of 2^120', { amount: { kind: 'fixed', unit: `${2n ** 120n}` } }, /unit is/],
      ['a kind that nobody knows', { amount: { kind: 'random', unit: '1' } }, /amount\.kind is/],
      ['a table without entries', { amount: tiered() }, /amount\.tiers is 0/],
      ['a table of 257 entries', { amount: tiered(...tiers) }, /amount\.tiers is 257/],
      ['a table elsewhere', { amount: { ...CAMPAIGN_DRAFT.amount, tiers: ['1'] } }, /tiered alone/],
      ['an entry of 2^128', { amount: tiered(`${2n ** 128n}`) }, /tiers\[0\] is/],
      ['a proof that lives too short', { proofLifetime: '119' }, /proofLifetime is 119/],
      ['a proof that lives too long', { proofLifetime: '2592001' }, /proofLifetime is 2592001/],
      ['a notice below a proof', { notice: '599' }, /notice is 599: .* proofLifetime \(600\)/],
      ['silence of 0', { freshness: { maxStaleness: '0', maxSilence: '0' } }, /maxSilence is 0/],
      ['no count of claims', { index: {} }, /^campaign\.index is \{\}: must have one/],
      ['two counts', { index: { cap: '1', period } }, /must have one of cap and period/],
      ['a cap of 0', { index: { cap: '0' } }, /index\.cap is 0/],
      ['a cap of 2^32 - 1', { index: { cap: '4294967295' } }, /index\.cap is 4294967295/],
      ['a period below a proof', { index: { period } }, /period\.length is 599/],
      ['a closing before it opens', { closes: (NOW - 1n).toString() }, /^campaign\.closes is/],
      ['a closing that never comes', { closes: NEVER.toString() }, /^campaign\.closes is .* come/],
      ['a time that is none', { opens: 'soon' }, /^campaign\.opens is "soon": must be Unix/],
      ['a cap by period without one', { caps: { perPeriod: '1' } }, /caps\.perPeriod is 1/],
      ['a window without a length', { caps: { perWindow: '1' } }, /caps\.windowLength is 0/],
      ['a length without a window', { caps: { windowLength: '1' } }, /caps\.windowLength is 1/],
      ['a schedule of nothing', scheduled({ tranches: undefined }), /one of tranches and preset/],
      ['two schedules', scheduled({ preset: PRESET_DRAFT }), /one of tranches and preset/],
      ['shares that are not all', scheduled({ tranches: [] }), /tranches is 0/],
      [
        'a hook without gas',
        { hook: { target: ADDRESS, gasLimit: '0', mandatory: false } },
        /gasLimit is 0/,
      ],
      ['a guardian that is none', { guardian: '0x12' }, /^campaign\.guardian is "0x12"/],
      ['a place that is none', { documentURI: 'policy' }, /^campaign\.documentURI is "policy"/],
    ];
    for (const [what, changes, message] of cases) {
      it(what, () => {
        define(CAMPAIGN_DRAFT);
        expect(() => define(changed(changes)))
          .to.throw(message)
          .with.property('code', 'InvalidInput');
      });
    }

    for (const key of Object.keys(CAMPAIGN_DRAFT)) {
      it(`a document without ${key}`, () => {
        expect(() => define(changed({ [key]: undefined }))).to.throw(
          new RegExp(`^campaign\\.${key} is "missing"`),
        );
      });
    }
  });
});

describe('toMoment', () => {
  const at = (text: string): bigint => toMoment(text, 'opens');

  it('reads Unix seconds, and ISO 8601 with its offset', () => {
    expect(at('0')).to.equal(0n);
    expect(at(NOW.toString())).to.equal(NOW);
    for (const text of [
      '2026-01-05T00:00:00Z',
      '2026-01-05T00:00Z',
      '2026-01-05T01:30:00+01:30',
      '2026-01-04T19:00-05:00',
    ]) {
      expect(at(text), text).to.equal(NOW);
    }
    expect(at('2028-02-29T00:00:00Z') - at('2028-02-28T00:00:00Z')).to.equal(DAY);
  });

  it('refuses what leaves the moment open, or never was', () => {
    for (const text of [
      ...['', '-1', '1.5', '2026-01-05', '2026-01-05T00:00:00', '2026-01-05 00:00:00Z', 'now'],
      ...['2026-02-30T00:00:00Z', '2026-13-01T00:00:00Z', '2026-01-05T24:01:00Z'],
      ...['2026-01-05T00:00:60Z', '2026-01-05T00:00:00+99:99', '1969-12-31T23:59:59Z'],
      ...['2026-01-05T00:00:00.5Z', (2n ** 40n).toString()],
    ]) {
      expect(() => at(text), text).to.throw(/^opens/);
    }
  });
});
