/**
 * A campaign document that the world of campaignWorld.ts takes, and one with everything in it.
 * @module
 */
import { DAY, NOW } from './cli.ts';

/** 100 base units a claim, three claims a person, an hour of notice, open for a day. */
export const CAMPAIGN_DRAFT = {
  eligo: 'campaign/1',
  token: 'coin',
  amount: { kind: 'fixed', unit: '100' },
  source: '1',
  freshness: { maxStaleness: '0', maxSilence: 'never' },
  proofLifetime: '600',
  notice: '3600',
  index: { cap: '3' },
  opens: '2026-01-05T00:00:00Z',
  closes: (NOW + DAY).toString(),
  documentURI: 'https://campaign.example/policy.json',
} as const;

/** A tenth at once, the rest over a thousand seconds. */
export const SCHEDULE_DRAFT = {
  transferable: true,
  clawbackNotice: '60',
  tranches: [
    { start: '0', end: '0', bips: '1000' },
    { start: '0', end: '1000', bips: '9000', steps: '10' },
  ],
} as const;

/** The same as TokenTable writes it. */
export const PRESET_DRAFT = {
  linearStartTimestampsRelative: ['0', '0'],
  linearEndTimestampRelative: '1000',
  linearBips: ['1000', '9000'],
  numOfUnlocksForEachLinear: ['1', '10'],
} as const;
