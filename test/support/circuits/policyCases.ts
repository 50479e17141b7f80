/**
 * Random claims for the differential test. Each stands on the edge: every clause, window and note holds by 0 or 1, or,
 * in about half of the cases, one of them is missed by 1. So a comparison that is off by one anywhere is met often.
 * @module
 */
import type { Attestation } from '../../../src/protocol/attestation.ts';
import { MAX_VALUE, NEVER, type Field } from '../../../src/protocol/field.ts';
import { hashCommitment } from '../../../src/protocol/hash.ts';
import type { MerklePath } from '../../../src/protocol/merklePath.ts';
import { definePolicy, type Policy, type PolicyDocument } from '../../../src/protocol/policy.ts';
import { defineSchema, type Schema, type SchemaField } from '../../../src/protocol/schema.ts';
import { decodeValue, encodeValue } from '../../../src/protocol/value.ts';
import { makeRandom, type Random } from './random.ts';
import { makeSiblings } from './statement.ts';

/** What is missed by 1; `nothing` in a claim that holds. */
export type Missed =
  | 'nothing'
  | 'schema'
  | 'tree'
  | 'issuedAt'
  | 'expiresAt'
  | 'issued.after'
  | 'issued.before'
  | 'where'
  | 'note';

/** A claim, all of it drawn from the seed. */
export type PolicyCase = {
  readonly missed: Missed;
  readonly policy: Policy;
  readonly attestation: Attestation;
  readonly secret: Field;
  readonly path: MerklePath;
  /** The path leads to another root than the one claimed. */
  readonly foreignRoot: boolean;
  readonly scope: Field;
  readonly context: Field;
  readonly checkedAt: bigint;
  readonly claimIndex: bigint;
};

type ClauseDocument = PolicyDocument['where'][number];
type Four = [bigint, bigint, bigint, bigint];

const field = (name: string, type: string, more: object = {}) => ({
  name,
  type,
  description: name,
  ...more,
});
const labels = (count: number) => Array.from({ length: count }, (_, i) => `label ${i}`);

/** Every field type, every slot, with and without a set and a meter. */
const SCHEMAS: readonly [Schema, ...Schema[]] = [
  schemaOf([
    field('country', 'country', { set: true }),
    field('tier', 'enum', { labels: labels(5) }),
    field('birth', 'date'),
    field('allocation', 'amount', { decimals: '18', meter: true }),
  ]),
  schemaOf([
    field('group', 'enum', { labels: labels(256), set: true }),
    field('score', 'uint'),
    field('joined', 'datetime'),
    field('points', 'uint', { meter: true }),
  ]),
  schemaOf([
    field('member', 'bool', { set: true }),
    field('handle', 'tag'),
    field('home', 'country'),
    field('balance', 'amount', { decimals: '0' }),
  ]),
  schemaOf([field('first', 'uint'), field('second', 'uint'), field('third', 'bool')]),
  schemaOf([field('only', 'amount', { decimals: '6', meter: true })]),
];

function schemaOf(fields: readonly object[]): Schema {
  return defineSchema({ eligo: 'schema/1', name: 'Test', version: '1', description: '', fields });
}

/** Draws a claim. */
export function drawPolicyCase(seed: number): PolicyCase {
  const random = makeRandom(seed);
  const schema = random.pick(SCHEMAS);
  const metered = schema.fields.some(({ meter }) => meter) && random.percent(40);
  const missed = drawMissed(random, schema, metered);
  const { clauses, values, claimIndex, note } = drawClauses(random, schema, metered, missed);
  const times = drawTimes(random, missed);
  const disclosed = schema.fields[random.below(schema.fields.length)];
  const disclose = !metered && random.percent(50) ? disclosed?.name : undefined;
  const policy = definePolicy(
    {
      eligo: 'policy/1',
      schema: schema.id.toString(),
      issued: times.issued,
      where: clauses,
      ...(disclose === undefined ? {} : { disclose }),
      ...(note === undefined ? {} : { note: note.toString() }),
    },
    schema,
  );
  const secret = (random.bits(250) + 1n) as Field;
  return {
    missed,
    policy,
    attestation: {
      schemaId: (schema.id + (missed === 'schema' ? 1n : 0n)) as Field,
      commitment: hashCommitment(secret),
      issuedAt: times.issuedAt,
      expiresAt: times.expiresAt,
      salt: random.bits(250) as Field,
      values,
    },
    secret,
    path: {
      position: random.bits(32),
      siblings: makeSiblings(16) as MerklePath['siblings'],
    },
    foreignRoot: missed === 'tree',
    scope: random.bits(248) as Field,
    context: random.bits(248) as Field,
    checkedAt: times.checkedAt,
    claimIndex,
  };
}

function drawMissed(random: Random, schema: Schema, metered: boolean): Missed {
  if (random.percent(50)) return 'nothing';
  // Of a schema that is all meter, no clause can be missed but by the note.
  const where = metered && schema.fields.length === 1 ? 'note' : 'where';
  return random.pick<Missed>([
    where,
    where,
    where,
    where,
    metered ? 'note' : where,
    metered ? 'note' : where,
    'issuedAt',
    'expiresAt',
    'issued.after',
    'issued.before',
    'schema',
    'tree',
  ]);
}

/** A window around the time, every end of it 0 or 1 away. */
function drawTimes(random: Random, missed: Missed) {
  const slack = (): bigint => random.pick([0n, 1n]);
  const off = (name: Missed): boolean => missed === name;
  const issuedAt = 2n + random.pick([0n, 1n, random.bits(31), NEVER - 10n]);
  const checkedAt = off('issuedAt') ? issuedAt - 1n : issuedAt + slack();
  const expiresAt = off('expiresAt') ? checkedAt - 1n : random.pick([checkedAt + slack(), NEVER]);
  const after = off('issued.after') ? issuedAt + 1n : issuedAt - slack();
  const before = off('issued.before') ? issuedAt - 1n : issuedAt + slack();
  const withAfter = off('issued.after') || (!off('issued.before') && random.percent(50));
  const withBefore = off('issued.before') || (!off('issued.after') && random.percent(50));
  return {
    issuedAt,
    checkedAt,
    expiresAt,
    issued: {
      ...(withAfter ? { after: after.toString() } : {}),
      ...(withBefore ? { before: before.toString() } : {}),
    },
  };
}

function drawClauses(random: Random, schema: Schema, metered: boolean, missed: Missed) {
  const values: Four = [0n, 0n, 0n, 0n];
  const clauses: ClauseDocument[] = [];
  const notMeter = schema.fields.filter(({ meter }) => !(metered && meter));
  const unmet = missed === 'where' ? notMeter[random.below(notMeter.length)] : undefined;
  for (const one of notMeter) {
    const value = drawValue(random, one);
    values[one.slot] = value;
    const count = one === unmet ? 1 : random.below(3);
    for (let i = 0; i < count; i++) {
      clauses.push({ field: one.name, ...drawClause(random, one, value, one !== unmet) });
    }
  }
  if (unmet?.set === true && unmet.labels?.length === 256 && random.percent(30)) {
    values[unmet.slot] = 256n; // just above the largest member; the clauses about it are 0 or 1 away from 255
    clauses.splice(0, clauses.length, {
      field: unmet.name,
      ...random.pick<object>([
        { in: ['label 255'] },
        { notIn: ['label 0'] },
        { notIn: ['label 255'] },
      ]),
    });
  }
  const meter = metered ? schema.fields.find((one) => one.meter) : undefined;
  if (!meter) return { clauses, values, claimIndex: drawIndex(random), note: undefined };
  const drawn = drawNote(random, missed);
  values[meter.slot] = drawn.value;
  if (drawn.floor > 0n) clauses.push({ field: meter.name, atLeast: drawn.floor.toString() });
  if (drawn.value < MAX_VALUE && random.percent(50)) {
    // Where the note is missed by one, the range above the floor must still hold one for somebody.
    const room = missed === 'note' ? 1n : random.pick([0n, 1n]);
    clauses.push({ field: meter.name, atMost: (drawn.value + room).toString() });
  }
  return { clauses, values, claimIndex: drawn.claimIndex, note: drawn.note };
}

/** A note, and a value that holds exactly so many of them above the floor, or one unit less. */
function drawNote(random: Random, missed: Missed) {
  const floor = random.pick([0n, 0n, 1n, random.bits(40)]);
  const claimIndex = drawIndex(random);
  const note = 1n + random.pick([0n, 1n, 99n, random.bits(20), random.bits(60)]);
  const spare = missed === 'note' ? -1n : random.pick([0n, 1n]);
  const value = floor + note * (claimIndex + 1n) + spare;
  return { floor, claimIndex, note, value };
}

function drawIndex(random: Random): bigint {
  return random.pick([0n, 1n, 2n, 11n, 2n ** 32n - 2n, 2n ** 32n - 1n, random.bits(32)]);
}

function drawValue(random: Random, one: SchemaField): bigint {
  const largest = largestOf(one);
  const near = random.bits(3);
  if (one.type === 'tag') return encodeValue(one, 'somebody', 'value');
  const draws: [bigint, ...bigint[]] = [near, largest - near, random.bits(96)];
  const value = random.pick(draws);
  return value < 0n ? 0n : value % (largest + 1n);
}

/** The largest value that a document can name. */
function largestOf(one: SchemaField): bigint {
  switch (one.type) {
    case 'bool':
      return 1n;
    case 'enum':
      return BigInt(one.labels?.length ?? 1) - 1n;
    case 'country':
      return 248n;
    case 'date':
      return 3_652_058n;
    case 'datetime':
      return NEVER;
    default:
      return MAX_VALUE;
  }
}

/** A clause that the value meets by 0 or 1, or misses by 1. */
function drawClause(random: Random, one: SchemaField, value: bigint, met: boolean): object {
  const largest = largestOf(one);
  const name = (operand: bigint): string | boolean =>
    one.type === 'bool' ? operand === 1n : decodeValue(one, operand);
  if (one.type === 'tag') return { is: met ? 'somebody' : 'somebody else' };

  const inside = (operand: bigint): bigint =>
    operand < 0n ? 0n : operand > largest ? largest : operand;
  const step = random.pick([0n, 1n]);
  const far = random.pick([0n, 1n, 5n]);
  const up = value < largest && (value === 0n || random.percent(50));
  const neighbour = value + (up ? 1n : -1n);
  const beyond = inside(neighbour + (up ? far : -far));
  const ordered = one.type !== 'bool' && one.type !== 'country';

  const options: object[] = met
    ? [{ is: name(value) }]
    : [{ is: name(neighbour) }, { in: [name(neighbour)] }];
  if (ordered && met) {
    options.push({ atLeast: name(inside(value - step)) }, { atMost: name(inside(value + step)) });
    options.push({ between: [name(inside(value - step)), name(inside(value + far))] });
    options.push({ between: [name(inside(value - far)), name(inside(value + step))] });
  }
  if (ordered && !met) {
    const [low, high] = up ? [neighbour, beyond] : [beyond, neighbour];
    options.push(up ? { atLeast: name(neighbour) } : { atMost: name(neighbour) });
    options.push({ between: [name(low), name(high)] });
  }
  if (one.set) {
    const others = drawMembers(random, largest).filter((member) => member !== value);
    const around = [neighbour, ...others].map(name);
    options.push(met ? { in: [name(value), ...around] } : { in: around });
    options.push(met ? { notIn: around } : { notIn: [name(value), ...around.slice(1)] });
    options.push(met ? { notIn: around } : { notIn: [name(value)] });
  } else if (met) {
    options.push({ in: [value, inside(value + 1n)].map(name) });
  }
  return random.pick(options as [object, ...object[]]);
}

function drawMembers(random: Random, largest: bigint): readonly bigint[] {
  const count = random.below(12);
  const drawn = Array.from({ length: count }, () => random.bits(16) % (largest + 1n));
  return [...new Set(drawn)];
}
