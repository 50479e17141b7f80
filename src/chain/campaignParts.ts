/**
 * The parts of a campaign, as the contract has them and as we do.
 * @module
 */
import type { Address, ContractFunctionReturnType } from 'viem';
import type { Tranche } from '../protocol/vesting.ts';
import type { AmountKind } from '../verifier/amount.ts';
import type { IndexRule } from '../verifier/verify.ts';
import type { distributorAbi } from './abis.ts';

/** The kinds of amount in the contract's order. */
export const AMOUNT_KINDS: readonly AmountKind[] = ['fixed', 'disclosed', 'tiered', 'metered'];

/** The kinds of index in the contract's order. */
const INDEX_KINDS: readonly IndexRule['kind'][] = ['count', 'period', 'metered'];

/** Bounds on what is paid, whatever the budget. Base units; 0 = no bound. */
export type Caps = {
  /** For all claims of one period together. */
  readonly perPeriod: bigint;
  /** For all claims of one window together. */
  readonly perWindow: bigint;
  /** Seconds; windows begin at its multiples. */
  readonly windowLength: bigint;
};

/** How claims vest where they are paid as grants. */
export type Schedule = {
  /** Unix seconds at which vesting begins for all; 0 = with each claim. */
  readonly start: bigint;
  /** Whether a grant can be handed on. */
  readonly transferable: boolean;
  /** Seconds for which a grant vests on after a clawback; `NEVER` = no grant can be clawed back. */
  readonly clawbackNotice: bigint;
  readonly tranches: readonly Tranche[];
};

/** What is called after each claim. */
export type Hook = {
  readonly target: Address;
  /** What the call gets, at most 1,000,000. */
  readonly gasLimit: bigint;
  /** A claim whose hook fails isn't paid. */
  readonly mandatory: boolean;
};

/** What the distributor answers. */
export type Answer<name extends 'getCampaign' | 'getRule'> = ContractFunctionReturnType<
  typeof distributorAbi,
  'view',
  name
>;

/** The caps, and what is left of the one on the window that `now` lies in. */
export function readCaps({ caps, window, paidInWindow }: Answer<'getCampaign'>, now: bigint) {
  const { perPeriod, perWindow } = caps;
  const windowLength = BigInt(caps.windowLength);
  const all = { caps: { perPeriod, perWindow, windowLength } };
  if (perWindow === 0n) return { ...all, leftOfWindow: undefined };
  const begun = now / windowLength === BigInt(window);
  return { ...all, leftOfWindow: begun ? perWindow - paidInWindow : perWindow };
}

/** The schedule that a campaign was created with; undefined if it pays at once. */
export function readSchedule(schedule: ContractSchedule): Schedule | undefined {
  if (schedule.tranches.length === 0) return undefined;
  return {
    start: BigInt(schedule.start),
    transferable: schedule.transferable,
    clawbackNotice: BigInt(schedule.clawbackNotice),
    tranches: schedule.tranches.map(readTranche),
  };
}

/** A tranche as the chain has it. */
export function readTranche(tranche: ContractTranche): Tranche {
  const { start, end, bips, steps } = tranche;
  return { start: BigInt(start), end: BigInt(end), bips: BigInt(bips), steps: BigInt(steps) };
}

/** Which claim numbers the chain's rule takes. */
export function readIndex(acceptance: Answer<'getRule'>['acceptance']): IndexRule {
  const kind = INDEX_KINDS[acceptance.indexKind];
  if (kind === 'count') return { kind, cap: BigInt(acceptance.indexLimit) };
  if (kind === 'period')
    return { kind, start: BigInt(acceptance.periodStart), length: BigInt(acceptance.indexLimit) };
  return { kind: 'metered' };
}

type ContractSchedule = {
  readonly start: number;
  readonly transferable: boolean;
  readonly clawbackNotice: number;
  readonly tranches: readonly ContractTranche[];
};

type ContractTranche = Readonly<Record<keyof Tranche, number>>;

/** The schedule as the contract takes it; without tranches where there is none. */
export function toContractSchedule(schedule: Schedule | undefined): ContractSchedule {
  if (!schedule) return { start: 0, transferable: false, clawbackNotice: 0, tranches: [] };
  return {
    start: Number(schedule.start),
    transferable: schedule.transferable,
    clawbackNotice: Number(schedule.clawbackNotice),
    tranches: schedule.tranches.map(({ start, end, bips, steps }) => ({
      ...{ start: Number(start), end: Number(end), bips: Number(bips), steps: Number(steps) },
    })),
  };
}
