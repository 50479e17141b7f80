/**
 * A policy: clauses over a schema's fields, known by hash (PROTOCOL.md section 2, "Policy"). This file reads the
 * document and says in plain words whether an attestation meets it; terms.ts compiles it for the circuit. The two are
 * written apart on purpose: a differential test holds them together.
 * @module
 */
import { z } from 'zod';
import { invalidInput } from '../errors.ts';
import { hashAttestation, type Attestation } from './attestation.ts';
import { canonicalJson, readDocument } from './codec.ts';
import { HIDDEN_INDEX, MAX_VALUE, NEVER, toField, toInteger, toTime, toUint } from './field.ts';
import type { Field, IntegerInput } from './field.ts';
import { hashText } from './hash.ts';
import { computeRoot, type MerklePath } from './merklePath.ts';
import { METER_SLOT, fieldOf, type FieldType, type Schema, type SchemaField } from './schema.ts';
import { encodeValue, type ValueInput } from './value.ts';
import type { Outcome } from './statement.ts';

const OPERATORS = ['is', 'atLeast', 'atMost', 'between', 'in', 'notIn'] as const;
type Operator = (typeof OPERATORS)[number];

const ORDERED_TYPES: readonly FieldType[] = ['uint', 'amount', 'date', 'datetime', 'enum'];

/** A slot is looked up in a set only below this. */
export const SET_SIZE = 256n;

const operand = z.union([z.string(), z.boolean()], 'must be text, or true or false for a bool');
const list = z.array(operand).min(1, 'must not be empty');

const clauseShape = z
  .strictObject({
    field: z.string(),
    is: operand.optional(),
    atLeast: operand.optional(),
    atMost: operand.optional(),
    between: z.tuple([operand, operand], 'must be [low, high]').optional(),
    in: list.optional(),
    notIn: list.optional(),
  })
  .refine((clause) => OPERATORS.filter((operator) => clause[operator] !== undefined).length === 1, {
    message: `must have exactly one operator of ${OPERATORS.join(', ')}`,
  });

const policyShape = z.strictObject({
  eligo: z.literal('policy/1', 'must be "policy/1"'),
  schema: z.string(),
  issued: z.strictObject({ after: z.string().optional(), before: z.string().optional() }),
  where: z.array(clauseShape),
  disclose: z.string().optional(),
  note: z.string().optional(),
});

/** The document that a policy is defined by. */
export type PolicyDocument = z.infer<typeof policyShape>;

/** One clause with its operands encoded for the slot. */
export type Clause = {
  readonly field: SchemaField;
  readonly operator: Operator;
  /** u96 each: one for `is`, `atLeast`, `atMost`; two for `between`; any number for `in`, `notIn`. */
  readonly operands: readonly bigint[];
  /** For people, such as `where[0]: country in [DE, FR]`. */
  readonly text: string;
};

/** A checked policy. */
export type Policy = {
  /** `K(JCS(document))` */
  readonly id: Field;
  readonly document: PolicyDocument;
  readonly schema: Schema;
  readonly issuedAfter: bigint;
  readonly issuedBefore: bigint;
  readonly clauses: readonly Clause[];
  /** The field that a claim reveals. */
  readonly disclose: SchemaField | undefined;
  /** What one claim takes from the meter, u96; 0 if the policy is not metered. */
  readonly note: bigint;
};

/**
 * Checks a policy document against its schema.
 * @param document a plain object or JSON text
 * @throws {InvalidInput} naming the path, the value and the rule
 * @example
 * const policy = definePolicy({
 *   eligo: 'policy/1', schema: schema.id.toString(), issued: {},
 *   where: [{ field: 'country', in: ['DE', 'FR'] }],
 * }, schema);
 */
export function definePolicy(document: unknown, schema: Schema): Policy {
  const checked = readDocument(policyShape, document, 'policy');
  if (toField(checked.schema, 'policy.schema') !== schema.id) {
    throw invalidInput(
      'policy.schema',
      checked.schema,
      `must be the id of the schema given (${schema.id.toString()})`,
    );
  }
  const issuedAfter = toTime(checked.issued.after ?? 0n, 'policy.issued.after');
  const issuedBefore = toTime(checked.issued.before ?? NEVER, 'policy.issued.before');
  if (issuedAfter > issuedBefore) {
    throw invalidInput(
      'policy.issued.after',
      issuedAfter,
      `must not be later than before (${issuedBefore.toString()})`,
    );
  }
  const disclose =
    checked.disclose === undefined
      ? undefined
      : fieldOf(schema, checked.disclose, 'policy.disclose');
  const note =
    checked.note === undefined ? 0n : toInteger(checked.note, 'policy.note', MAX_VALUE, 1n);
  if (note > 0n && disclose)
    throw invalidInput('policy.disclose', disclose.name, 'a metered policy discloses nothing');
  if (note > 0n && !schema.fields.some((field) => field.meter)) {
    throw invalidInput('policy.note', note, 'the schema has no meter field');
  }
  const clauses = checked.where.map((clause, i) =>
    readClause(clause, schema, `policy.where[${i}]`),
  );
  return {
    id: hashText(canonicalJson(checked)),
    document: checked,
    schema,
    issuedAfter,
    issuedBefore,
    clauses,
    disclose,
    note,
  };
}

/** What `evaluatePolicy` found: the outcome that a proof would have, or the first clause that isn't met. */
export type Evaluation =
  | { readonly eligible: true; readonly outcome: Outcome }
  | {
      readonly eligible: false;
      /** `tree`, `schema`, `issuedAt`, `expiresAt`, `issued.after`, `issued.before`, `where[i]` or `note`. */
      readonly clause: string;
      /** The clause, and what was found instead. Holds values of the attestation: for its holder's eyes. */
      readonly reason: string;
    };

/**
 * Says whether an attestation meets a policy in a claim at that time, exactly as the circuit does.
 * @param parameters.checkedAt  Unix seconds, u40
 * @param parameters.claimIndex u32; the number of the note if the policy is metered
 * @param parameters.membership the path and the root it must lead to; the tree is not looked at if left out
 * @throws {InvalidInput} if a number is out of range
 */
export function evaluatePolicy(
  policy: Policy,
  attestation: Attestation,
  parameters: {
    readonly checkedAt: IntegerInput;
    readonly claimIndex: IntegerInput;
    readonly membership?: { readonly path: MerklePath; readonly root: Field };
  },
): Evaluation {
  const checkedAt = toTime(parameters.checkedAt, 'checkedAt');
  const claimIndex = toUint(parameters.claimIndex, 'claimIndex', 32);
  const { membership } = parameters;
  const { issuedAt, expiresAt, values } = attestation;
  const refuse = (clause: string, reason: string): Evaluation => ({
    eligible: false,
    clause,
    reason,
  });

  if (
    membership &&
    computeRoot(hashAttestation(attestation), membership.path) !== membership.root
  ) {
    return refuse('tree', 'the attestation does not stand in the tree with this root');
  }
  if (attestation.schemaId !== policy.schema.id)
    return refuse('schema', 'made under another schema');
  if (checkedAt < issuedAt)
    return refuse(
      'issuedAt',
      `valid from ${issuedAt.toString()}, checked at ${checkedAt.toString()}`,
    );
  if (checkedAt > expiresAt) {
    return refuse(
      'expiresAt',
      `expired at ${expiresAt.toString()}, checked at ${checkedAt.toString()}`,
    );
  }
  if (issuedAt < policy.issuedAfter) {
    return refuse(
      'issued.after',
      `issued at ${issuedAt.toString()}, before ${policy.issuedAfter.toString()}`,
    );
  }
  if (issuedAt > policy.issuedBefore) {
    return refuse(
      'issued.before',
      `issued at ${issuedAt.toString()}, after the snapshot ${policy.issuedBefore.toString()}`,
    );
  }
  const unmet = policy.clauses.findIndex((clause) => !meets(clause, values[clause.field.slot]));
  if (unmet >= 0) return refuse(`where[${unmet}]`, policy.clauses[unmet]?.text ?? '');

  const metered = policy.note > 0n;
  if (metered && values[METER_SLOT] < meterFloor(policy) + policy.note * (claimIndex + 1n)) {
    return refuse(
      'note',
      `note ${claimIndex.toString()} of ${policy.note.toString()} is beyond what was attested`,
    );
  }
  const disclosed = policy.disclose ? values[policy.disclose.slot] : 0n;
  return {
    eligible: true,
    outcome: { disclosed, shown: metered ? HIDDEN_INDEX : claimIndex, checkedAt },
  };
}

/** Does the value meet the clause? */
function meets(clause: Clause, value: bigint): boolean {
  const [first = 0n, second = 0n] = clause.operands;
  switch (clause.operator) {
    case 'is':
      return value === first;
    case 'atLeast':
      return value >= first;
    case 'atMost':
      return value <= first;
    case 'between':
      return value >= first && value <= second;
    case 'in':
      return clause.operands.includes(value);
    case 'notIn':
      return value < SET_SIZE && !clause.operands.includes(value);
  }
}

/** A lower bound on the metered field is kept back: notes come out of what is above it. */
function meterFloor(policy: Policy): bigint {
  const bounds = policy.clauses
    .filter((clause) => clause.field.slot === METER_SLOT && clause.operator !== 'atMost')
    .map((clause) => clause.operands.reduce((low, value) => (value < low ? value : low)));
  return bounds.reduce((high, value) => (value > high ? value : high), 0n);
}

function readClause(clause: PolicyDocument['where'][number], schema: Schema, path: string): Clause {
  const field = fieldOf(schema, clause.field, `${path}.field`);
  const operator = OPERATORS.find((candidate) => clause[candidate] !== undefined) ?? 'is';
  const given = clause[operator] ?? [];
  const inputs: readonly ValueInput[] = Array.isArray(given) ? given : [given];
  const at = `${path}.${operator}`;

  if (['atLeast', 'atMost', 'between'].includes(operator) && !ORDERED_TYPES.includes(field.type)) {
    throw invalidInput(at, field.type, `needs a field with an order (${ORDERED_TYPES.join(', ')})`);
  }
  if (operator === 'notIn' && !field.set)
    throw invalidInput(at, field.name, 'only the set field knows "notIn"');
  const operands = inputs.map((input, i) =>
    encodeValue(field, input, inputs.length > 1 ? `${at}[${i}]` : at),
  );
  if (operator === 'between' && (operands[0] ?? 0n) > (operands[1] ?? 0n)) {
    throw invalidInput(at, inputs, 'the low end must not be above the high end');
  }
  if (operator === 'in' && !field.set && hasGap(operands)) {
    throw invalidInput(
      at,
      inputs,
      'on a field other than the set field the values must follow one another without a gap',
    );
  }
  const shown =
    inputs.length > 1 || operator === 'in' || operator === 'notIn'
      ? `[${inputs.join(', ')}]`
      : String(inputs[0]);
  return {
    field,
    operator,
    operands,
    text: `${path.replace('policy.', '')}: ${field.name} ${operator} ${shown}`,
  };
}

function hasGap(values: readonly bigint[]): boolean {
  const distinct = new Set(values);
  const sorted = [...distinct].sort((a, b) => (a < b ? -1 : 1));
  const [lowest = 0n] = sorted;
  return sorted.some((value, i) => value !== lowest + BigInt(i));
}
