/**
 * `eligo campaign`: distributions on-chain. One file a group of verbs; this one names them.
 * @module
 */
import type { Command } from 'commander';
import { addCampaignAmend } from './campaignAmend.ts';
import { addCampaignCheck } from './campaignCheck.ts';
import { addCampaignControl } from './campaignControl.ts';
import { addCampaignCreate } from './campaignCreate.ts';
import { addCampaignFund } from './campaignFund.ts';
import { addCampaignShow } from './campaignShow.ts';
import type { Surroundings } from './verb.ts';

/** Adds the verbs of whoever runs a campaign, and of whoever looks at one. */
export function addCampaign(noun: Command, around: Surroundings): void {
  for (const add of [
    addCampaignCreate,
    addCampaignFund,
    addCampaignShow,
    addCampaignCheck,
    addCampaignAmend,
    addCampaignControl,
  ]) {
    add(noun, around);
  }
}
