/**
 * What an amendment changes, and for whom: two states of a campaign's document, term by term, in words.
 * @module
 */
import { MAX_VALUE, NEVER } from '../protocol/field.ts';
import { SET_SIZE } from '../protocol/policy.ts';
import { SET_SLOT, type Schema, type SchemaField } from '../protocol/schema.ts';
import { disclosedSlot, termsFromFields, type Terms } from '../protocol/terms.ts';
import { decodeValue } from '../protocol/value.ts';
import type { CampaignFacts } from '../verifier/campaign.ts';
import { describeIndex, describePay } from './campaignWords.ts';
import { moment } from './output.ts';

/** One thing that changes. */
export type Change = {
  readonly what: string;
  readonly now: string;
  readonly then: string;
  /** For whom, in a few words. */
  readonly effect: string;
};

/** What is compared: a campaign's facts, and where the document can be read. */
export type Version = CampaignFacts & { readonly documentURI: string };

/**
 * Everything in which two states differ.
 * @param schema the new document's: fields of another schema are named by their slots
 */
export function changesBetween(now: Version, then: Version, schema: Schema): readonly Change[] {
  const pair = { now: sideOf(now, schema), then: sideOf(then, schema) };
  return [
    changeOf('schema', pair, ({ terms }) => String(terms.schemaId), otherSchema),
    issuedChange('attested from', pair, 'issuedAfter'),
    issuedChange('attested until', pair, 'issuedBefore'),
    changeOf(setName(pair), pair, setText, (a, b) => setEffect(a, b)),
    ...([0, 1, 2, 3] as const).map((slot) =>
      changeOf(
        fieldName(pair.then, slot),
        pair,
        (side) => rangeText(side, slot),
        (a, b) => crowd(rangeWithin(b, a, slot), rangeWithin(a, b, slot)),
      ),
    ),
    changeOf('reveals', pair, disclosedText, () => 'every claim from then on says the new'),
    changeOf('pays', pair, ({ version }) => describePay(version), payEffect),
    changeOf('claims', pair, ({ version }) => describeIndex(version.index), indexEffect),
    changeOf(
      'document',
      pair,
      ({ version }) => `${version.documentURI} (${version.documentHash})`,
      () => 'read it',
    ),
  ].filter((change) => change !== undefined);
}

/** One state, its terms by name, and the fields that its slots are. */
type Side = {
  readonly version: Version;
  readonly terms: Terms;
  readonly fields: readonly SchemaField[];
};
type Pair = { readonly now: Side; readonly then: Side };

function sideOf(version: Version, schema: Schema): Side {
  const terms = termsFromFields(version.terms);
  return { version, terms, fields: terms.schemaId === schema.id ? schema.fields : [] };
}

function changeOf(
  what: string,
  { now, then }: Pair,
  say: (side: Side) => string,
  effect: (now: Side, then: Side) => string,
): Change | undefined {
  const [a, b] = [say(now), say(then)];
  return a === b ? undefined : { what, now: a, then: b, effect: effect(now, then) };
}

const otherSchema = (): string => 'other attestations count: none of before does';

/** Whether people are let in, kept out, or both. */
function crowd(isNarrower: boolean, isWider: boolean): string {
  if (isNarrower) return 'fewer people are eligible';
  return isWider ? 'more people are eligible' : 'other people are eligible';
}

function issuedChange(
  what: string,
  pair: Pair,
  key: 'issuedAfter' | 'issuedBefore',
): Change | undefined {
  const off = key === 'issuedAfter' ? 0n : NEVER;
  const say = ({ terms }: Side): string => (terms[key] === off ? 'any time' : moment(terms[key]));
  return changeOf(what, pair, say, (now, then) => {
    const isLater = then.terms[key] > now.terms[key];
    const isNarrower = isLater === (key === 'issuedAfter');
    return crowd(isNarrower, !isNarrower);
  });
}

function fieldOf({ fields }: Side, slot: number): SchemaField | undefined {
  return fields.find((field) => field.slot === slot);
}

function fieldName(side: Side, slot: number): string {
  return fieldOf(side, slot)?.name ?? `slot ${slot}`;
}

function valueText(side: Side, slot: number, value: bigint): string {
  const field = fieldOf(side, slot);
  return field ? decodeValue(field, value) : value.toString();
}

const setName = ({ then }: Pair): string => `${fieldName(then, SET_SLOT)} in`;

/** The 256-bit map; undefined where the terms ask for no set. */
function mapOf({ mode, setLow, setHigh }: Terms): bigint | undefined {
  return mode < 8n ? undefined : (setHigh << 128n) | setLow;
}

function setText(side: Side): string {
  const map = mapOf(side.terms);
  if (map === undefined) return 'any';
  const values: bigint[] = [];
  for (let value = 0n; value < SET_SIZE; value += 1n)
    if (((map >> value) & 1n) === 1n) values.push(value);
  // A map of all but a few is read by what it leaves out.
  if (BigInt(values.length) <= SET_SIZE / 2n)
    return values.map((value) => valueText(side, SET_SLOT, value)).join(', ');
  const missing = Array.from({ length: Number(SET_SIZE) }, (_, i) => BigInt(i)).filter(
    (value) => !values.includes(value) && isNamed(side, value),
  );
  return `all but ${missing.map((value) => valueText(side, SET_SLOT, value)).join(', ')}`;
}

/** Bits beyond a field's last value are nobody's. */
function isNamed(side: Side, value: bigint): boolean {
  return valueText(side, SET_SLOT, value) !== value.toString();
}

function setEffect(now: Side, then: Side): string {
  const [a, b] = [mapOf(now.terms), mapOf(then.terms)];
  if (a === undefined || b === undefined) return crowd(a === undefined, b === undefined);
  return crowd((a & b) === b, (a & b) === a);
}

function rangeText(side: Side, slot: 0 | 1 | 2 | 3): string {
  const [lo, hi] = [side.terms.lo[slot], side.terms.hi[slot]];
  if (lo === 0n && hi === MAX_VALUE) return 'any';
  const from = valueText(side, slot, lo);
  if (lo === hi) return from;
  return hi === MAX_VALUE ? `from ${from}` : `from ${from} to ${valueText(side, slot, hi)}`;
}

/** Whether what `inner` lets in is let in by `outer` too. */
function rangeWithin(inner: Side, outer: Side, slot: 0 | 1 | 2 | 3): boolean {
  const [a, b] = [inner.terms, outer.terms];
  return a.lo[slot] >= b.lo[slot] && a.hi[slot] <= b.hi[slot];
}

function disclosedText(side: Side): string {
  const slot = disclosedSlot(side.terms);
  return slot === undefined ? 'no value' : fieldName(side, slot);
}

function payEffect(now: Side, then: Side): string {
  const more = then.version.rate > now.version.rate ? 'more' : 'less';
  return `every claim pays ${more}, those with an older proof too`;
}

function indexEffect(now: Side, then: Side): string {
  const [a, b] = [now.version.index, then.version.index];
  const isMore = a.kind === 'count' && b.kind === 'count' && b.cap > a.cap;
  return isMore ? 'who claimed already can claim again' : 'claims with higher numbers are refused';
}
