/**
 * `eligo proof`: make one, verify one, see what one says.
 * @module
 */
import type { Command } from 'commander';
import { HIDDEN_INDEX } from '../protocol/field.ts';
import { parseJson } from '../protocol/codec.ts';
import { packOutcome } from '../protocol/statement.ts';
import { readProofFile } from '../prover/proof.ts';
import { ARTIFACT_FLAGS } from './artifacts.ts';
import { BACKEND_FLAGS } from './backend.ts';
import { ACTION_FLAGS, CAMPAIGN_FLAGS } from './gate.ts';
import { LIST_FLAGS, TREE_FLAGS } from './membership.ts';
import { moment, table } from './output.ts';
import { makeProof } from './proofMake.ts';
import { verifyProof } from './proofVerify.ts';
import { statementDocument } from './statement.ts';
import { SERVICE_FLAGS } from './target.ts';
import { FORCE, addVerb, type Context, type Surroundings } from './verb.ts';

/** Adds `proof make`, `proof verify` and `proof inspect`. */
export function addProof(noun: Command, around: Surroundings): void {
  addMake(noun, around);
  addVerify(noun, around);
  addVerb(noun, around, {
    name: 'inspect',
    summary: 'show what a proof says; it is not verified',
    required: { '--proof <file>': 'the proof, - for standard input' },
    example: 'proof inspect --proof me.proof.json',
    act: inspect,
  });
}

function addMake(noun: Command, around: Surroundings): void {
  addVerb(noun, around, {
    name: 'make',
    summary: 'prove eligibility for a campaign on-chain, or for a service off-chain',
    required: {
      '--identity <file>': 'the identity, - for standard input',
      '--credential <file>': 'the credential',
      '--policy <file>': 'the policy document',
      '--out <file>': 'where the proof goes',
    },
    optional: {
      ...TREE_FLAGS,
      '--claim-index <number>': "the number of the claim or note; 0, or the period's, if left out",
      ...CAMPAIGN_FLAGS,
      ...ACTION_FLAGS,
      ...SERVICE_FLAGS,
      '--at <time>': 'off-chain: Unix seconds that validity is judged at; now if left out',
      ...LIST_FLAGS,
      ...ARTIFACT_FLAGS,
      ...BACKEND_FLAGS,
      ...FORCE,
    },
    example: [
      'proof make --identity me.identity.json --credential me.credential.json --policy policy.json',
      '--leaves leaves.txt --rpc http://127.0.0.1:8545 --deployment deployment.json --campaign 1',
      '--recipient 0x70997970C51812dc3A010C7d01b50e0d17dc79C8 --out me.proof.json',
    ].join(' '),
    act: makeProof,
  });
}

function addVerify(noun: Command, around: Surroundings): void {
  addVerb(noun, around, {
    name: 'verify',
    summary: 'verify a proof as a campaign on-chain would, or as a service off-chain does',
    required: {
      '--proof <file>': 'the proof, - for standard input',
      '--policy <file>': 'the policy document',
      '--schema <file>': 'the schema that it is over',
    },
    optional: {
      ...CAMPAIGN_FLAGS,
      ...ACTION_FLAGS,
      ...SERVICE_FLAGS,
      '--root <number>': 'off-chain: the root that is accepted, decimal or 0x-hex',
      '--at <time>': 'off-chain: Unix seconds that it is; now if left out',
      '--proof-lifetime <seconds>': 'off-chain: how long a proof can be used; 600 if left out',
      '--cap <number>': 'off-chain: claim numbers below it count; 1 if left out',
      ...ARTIFACT_FLAGS,
    },
    example: [
      'proof verify --proof me.proof.json --policy policy.json --schema schema.json',
      '--rpc http://127.0.0.1:8545 --deployment deployment.json --campaign 1',
      '--recipient 0x70997970C51812dc3A010C7d01b50e0d17dc79C8',
    ].join(' '),
    act: verifyProof,
  });
}

async function inspect({ flags, read, result }: Context): Promise<void> {
  const document = parseJson(await read(flags.text('--proof'), '--proof'), 'proof file');
  const { circuit } = Object(document) as { readonly circuit?: unknown };
  const { statement } = readProofFile(document, typeof circuit === 'string' ? circuit : '');
  const metered = statement.shown === HIDDEN_INDEX;
  const { nullifier, root, policy, context, disclosed, shown, checkedAt } = statement;
  result({ circuit, ...statementDocument(statement) }, [
    table(
      ['signal', 'value', 'means'],
      [
        ['nullifier', String(nullifier), 'marks this claim as made; says nothing of who made it'],
        ['root', String(root), 'the tree that the attestation stands in, among all others there'],
        ['policy', String(policy), 'hash of the scope and of the terms that are met'],
        ['outcome', String(packOutcome(statement)), 'the next three, packed'],
        ['· disclosed', String(disclosed), 'the value that the policy reveals; 0 if none'],
        ['· shown', String(shown), metered ? 'metered: the number stays hidden' : 'claim number'],
        ['· checkedAt', moment(checkedAt), 'when validity was judged'],
        ['context', String(context), 'hash of the action that the claimant agreed to'],
      ],
    ),
    'Not verified: `eligo proof verify` does that.',
  ]);
}
