/**
 * `eligo policy`: who is eligible, as clauses over a schema.
 * @module
 */
import type { Command } from 'commander';
import { EligoError } from '../errors.ts';
import { canonicalJson } from '../protocol/codec.ts';
import { readCredential } from '../protocol/credential.ts';
import { NEVER } from '../protocol/field.ts';
import { definePolicy, evaluatePolicy, type Policy } from '../protocol/policy.ts';
import { compileTerms, computeTermsHash, termsToFields } from '../protocol/terms.ts';
import { writeNew } from './files.ts';
import { ISSUER_FLAG, atDesk } from './issuerConfig.ts';
import { LIST_FLAGS, membershipOf } from './membership.ts';
import { facts, moment, table } from './output.ts';
import { TERM_NAMES, describeClauses, readPolicy } from './policyWords.ts';
import { countAdmitted, crowdWarnings, crowdsOf } from './policyCount.ts';
import { readSchema } from './schemaInput.ts';
import { FORCE, addVerb, timeFlag, uintFlag, type Context, type Surroundings } from './verb.ts';

/** Adds `policy define`, `policy check` and `policy count`. */
export function addPolicy(noun: Command, around: Surroundings): void {
  addVerb(noun, around, {
    name: 'define',
    summary: 'check a draft, show its id, terms and clauses, write it in canonical form',
    required: {
      '--file <draft>': 'the draft, - for standard input',
      '--schema <file>': 'the schema that it is over',
    },
    optional: {
      '--out <file>': 'where the canonical document goes: its bytes are what the id is the hash of',
      ...FORCE,
    },
    example: 'policy define --file policy.draft.json --schema schema.json --out policy.json',
    act: define,
  });
  addCheck(noun, around);
  addVerb(noun, around, {
    name: 'count',
    summary: "count an issuer's live attestations that a policy admits, by what a claim reveals",
    required: {
      '--policy <file>': 'the policy document',
      '--schema <file>': 'the schema that it is over',
    },
    optional: { '--at <time>': 'Unix seconds; now if left out', ...ISSUER_FLAG },
    example: 'policy count --policy policy.json --schema schema.json --issuer issuer.json',
    act: count,
  });
}

function addCheck(noun: Command, around: Surroundings): void {
  addVerb(noun, around, {
    name: 'check',
    summary: 'say whether a credential meets a policy, as the circuit would',
    required: {
      '--policy <file>': 'the policy',
      '--schema <file>': 'the schema that it is over',
      '--credential <file>': 'the credential, - for standard input',
    },
    optional: {
      '--leaves <file>': "the tree's leaves: looks whether the attestation stands there",
      ...LIST_FLAGS,
      '--at <time>': 'Unix seconds; now if left out',
      '--claim-index <number>': 'the number of the claim, the period or the note; 0 if left out',
    },
    example:
      'policy check --policy policy.json --schema schema.json --credential me.credential.json',
    act: check,
  });
}

async function define(context: Context): Promise<void> {
  const { flags, read, result } = context;
  const schema = await readSchema(context, '--schema');
  const policy = definePolicy(await read(flags.text('--file'), '--file'), schema);
  const terms = compileTerms(policy);
  const values = termsToFields(terms);
  const termsHash = computeTermsHash(terms);
  const clauses = describeClauses(policy);
  const out = flags.find('--out');
  if (out !== undefined) {
    const text = canonicalJson(policy.document);
    await writeNew(out, text, { flag: '--out', force: flags.on('--force') });
  }
  result(
    {
      id: policy.id,
      schema: schema.id,
      termsHash,
      terms: Object.fromEntries(TERM_NAMES.map((name, i) => [name, values[i]])),
      clauses,
      out,
    },
    [
      ...facts({ id: policy.id, schema: schema.id, termsHash }),
      table(
        ['term', 'value'],
        TERM_NAMES.map((name, i) => [name, String(values[i])]),
      ),
      ...clauses,
    ],
  );
}

async function check(context: Context): Promise<void> {
  const { flags, read, result, note } = context;
  const policy = await readPolicy(context);
  const credential = readCredential(await read(flags.text('--credential'), '--credential'));
  const { attestation } = credential;
  const checkedAt = timeFlag(flags, '--at');
  const claimIndex = uintFlag(flags, '--claim-index', 32) ?? 0n;
  const warnings = warningsOf(policy, attestation.expiresAt);
  for (const warning of warnings) note(`warning: ${warning}`);
  const membership =
    flags.find('--leaves') === undefined ? undefined : await membershipOf(context, credential);
  const evaluation = evaluatePolicy(policy, attestation, {
    checkedAt,
    claimIndex,
    ...(membership && { membership }),
  });
  if (!evaluation.eligible) {
    const { clause, reason } = evaluation;
    throw new EligoError('PolicyNotMet', `the policy is not met: ${clause} (${reason})`, {
      clause,
      reason,
    });
  }
  const { disclosed } = evaluation.outcome;
  result(
    { eligible: true, checkedAt, claimIndex, disclosed, root: membership?.root, warnings },
    facts({
      eligible: 'yes',
      'checked at': moment(checkedAt),
      'claim index': claimIndex,
      reveals: policy.disclose ? `${policy.disclose.name} = ${disclosed.toString()}` : 'no value',
      root: membership?.root ?? 'not looked at: no --leaves',
    }),
  );
}

function warningsOf(policy: Policy, expiresAt: bigint): string[] {
  return [
    expiresAt === NEVER ? 'the credential has no expiry: only a revocation ends it' : undefined,
    policy.issuedBefore === NEVER
      ? 'the policy sets no issued.before: who is attested later counts too, and a campaign that pays refuses it'
      : undefined,
  ].filter((line) => line !== undefined);
}

async function count(context: Context): Promise<void> {
  const { note, result, step } = context;
  const policy = await readPolicy(context);
  const checkedAt = timeFlag(context.flags, '--at');
  const counted = await atDesk(context, ({ store }) =>
    step('counting', (say) => countAdmitted(store, policy, { checkedAt, say })),
  );
  const { live, admitted } = counted;
  const values = crowdsOf(policy, counted);
  const warnings = crowdWarnings(policy, counted);
  for (const warning of warnings) note(`warning: ${warning}`);
  result({ checkedAt, live, admitted, values, warnings }, [
    ...facts({
      'checked at': moment(checkedAt),
      'live under the schema': String(live),
      admitted: String(admitted),
    }),
    ...(values && values.length > 0
      ? [
          table(
            [policy.disclose?.name ?? 'value', 'admitted'],
            values.map(({ value, admitted: some }) => [value, String(some)]),
          ),
        ]
      : []),
    'Counted in the store: what `issuer publish` has not made known yet counts too.',
  ]);
}
