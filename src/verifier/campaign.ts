/**
 * Does a campaign do what its policy document says? The contract holds a hash only; whoever claims or funds compiles the
 * document and compares (PROTOCOL.md section 2, "Policy").
 * @module
 */
import type { Hex } from 'viem';
import { EligoError } from '../errors.ts';
import { DAY } from '../protocol/attestation.ts';
import { canonicalJson } from '../protocol/codec.ts';
import { keccak256, stringToBytes } from '../protocol/evm.ts';
import { HIDDEN_INDEX, NEVER } from '../protocol/field.ts';
import type { Field } from '../protocol/field.ts';
import type { Policy } from '../protocol/policy.ts';
import {
  compileTerms,
  computePolicy,
  computeTermsHash,
  disclosedSlot,
  termsToFields,
  type TermsFields,
} from '../protocol/terms.ts';
import type { Pay } from './amount.ts';
import type { IndexRule } from './verify.ts';

/** What the chain says about a campaign that its policy must fit. */
export type CampaignFacts = Pay & {
  readonly scope: Field;
  /** `H_2(scope, termsHash)`, as the gate computed it. */
  readonly policy: Field;
  readonly termsHash: Field;
  /** As emitted. */
  readonly terms: TermsFields;
  /** keccak256 of the policy document's canonical JSON. */
  readonly documentHash: Hex;
  /** Base units of the token. */
  readonly unit: bigint;
  readonly index: IndexRule;
  /** Unix seconds: the block that announced these terms, by creating the campaign or by an amendment. */
  readonly announcedAt: bigint;
  /** Unix seconds from which the campaign pays by these terms. */
  readonly opensAt: bigint;
};

/** keccak256 of a policy document's canonical JSON: what a campaign is created with. */
export function hashPolicyDocument(policy: Policy): Hex {
  return keccak256(stringToBytes(canonicalJson(policy.document)));
}

/**
 * Compares a campaign with the document that it claims to follow.
 * @throws {CampaignMismatch} naming what differs
 */
export function checkCampaign(facts: CampaignFacts, policy: Policy): void {
  const terms = compileTerms(policy);
  const expect = (what: string, found: unknown, expected: unknown): void => {
    if (found !== expected)
      mismatch(what, `is ${String(found)}, the document makes it ${String(expected)}`);
  };
  termsToFields(terms).forEach((term, i) => {
    expect(`term ${i}`, facts.terms[i], term);
  });
  expect('the terms hash', facts.termsHash, computeTermsHash(terms));
  expect('the policy', facts.policy, computePolicy(facts.scope, terms));
  expect('the document hash', facts.documentHash, hashPolicyDocument(policy));

  const metered = terms.step > 0n;
  if (metered !== (facts.amountKind === 'metered'))
    mismatch('the kind of amount', `is ${facts.amountKind}, the note is ${terms.step.toString()}`);
  if (metered !== (facts.index.kind === 'metered'))
    mismatch('the claim index', `is by ${facts.index.kind}, the note is ${terms.step.toString()}`);
  const { amountKind, tiers } = facts;
  const reads = amountKind === 'disclosed' || amountKind === 'tiered';
  if (reads && disclosedSlot(terms) === undefined)
    mismatch('the kind of amount', `is ${amountKind}, the document discloses nothing`);
  if ((amountKind === 'tiered') !== tiers.length > 0)
    mismatch('the table', `has ${tiers.length} entries, the kind of amount is ${amountKind}`);
  if (facts.index.kind === 'count' && (facts.index.cap < 1n || facts.index.cap >= HIDDEN_INDEX))
    mismatch('the cap', `is ${facts.index.cap.toString()}, it must be 1 to 2^32 - 2`);
  expect('the rate', facts.rate, metered ? terms.step * facts.unit : facts.unit);
  checkSnapshot(terms.issuedBefore, facts);
}

/** Whoever is paid was attested before a UTC day ended that was over when the campaign was announced and opened. */
function checkSnapshot(issuedBefore: bigint, { announcedAt, opensAt }: CampaignFacts): void {
  const rule =
    'must be the last second of a UTC day that ended before the campaign was announced and opened';
  if (issuedBefore === NEVER) mismatch('issued.before', `is not set: it ${rule}`);
  const isEndOfDay = issuedBefore % DAY === DAY - 1n;
  if (!isEndOfDay || issuedBefore >= announcedAt || issuedBefore >= opensAt) {
    mismatch('issued.before', `is ${issuedBefore.toString()}: it ${rule}`);
  }
}

function mismatch(what: string, how: string): never {
  throw new EligoError('CampaignMismatch', `${what} ${how}`, { what });
}
