/**
 * Claims as people hand them in: proof files under one action, or lines that have an action each.
 * @module
 */
import { z } from 'zod';
import { zeroAddress, type Address, type Hex } from 'viem';
import type { ClaimToSend } from '../chain/campaigns.ts';
import type { Deployment } from '../chain/deployment.ts';
import { EligoError, invalidInput } from '../errors.ts';
import { parseJson, readDocument } from '../protocol/codec.ts';
import { toUint } from '../protocol/field.ts';
import { hashAction, type Action } from '../protocol/statement.ts';
import { readProofFile } from '../prover/proof.ts';
import { ACTION_FLAGS, readAction } from './gate.ts';
import { oneOf, refuseBeside } from './flags.ts';
import type { Context } from './verb.ts';

/** The flags that hand claims in. */
export const CLAIM_FLAGS = {
  '--proof <files>': 'a proof as `proof make` wrote it; several with commas between',
  '--file <claims>':
    'instead: JSON lines {"recipient", "minAmount"?, "fee"?, "feeTo"?, "hookData"?, "proof"}',
  ...ACTION_FLAGS,
} as const;

/** The action's flags by name. */
export const ACTION_NAMES = Object.keys(ACTION_FLAGS).map((flag) => flag.split(' ')[0] ?? flag);

/** A claim, and what the one who hands it in calls it. */
export type NamedClaim = ClaimToSend & { readonly name: string };

const lineShape = z.strictObject({
  recipient: z.string(),
  minAmount: z.string().optional(),
  fee: z.string().optional(),
  feeTo: z.string().optional(),
  hookData: z.string().optional(),
  proof: z.record(z.string(), z.unknown()),
});

/** Reads the claims of `--proof` or `--file`. @throws {InvalidInput} @throws {SignalOutOfRange} */
export async function readClaims(
  context: Context,
  { circuit }: Deployment,
): Promise<readonly NamedClaim[]> {
  const { flags } = context;
  const mode = oneOf(flags, ['--proof', '--file']);
  if (mode === '--file') refuseBeside(flags, mode, ACTION_NAMES);
  const claims =
    mode === '--file' ? await readLines(context, circuit) : await readProofs(context, circuit);
  refuseTwice(claims);
  return claims;
}

async function readProofs(context: Context, circuit: string): Promise<readonly NamedClaim[]> {
  const { flags, read } = context;
  const action = readAction(flags);
  hashAction(action);
  const claims: NamedClaim[] = [];
  for (const path of flags.text('--proof').split(',')) {
    const text = await read(path, '--proof');
    claims.push({ name: path, action, ...naming(path, () => readProofFile(text, circuit)) });
  }
  return claims;
}

async function readLines(context: Context, circuit: string): Promise<readonly NamedClaim[]> {
  const path = context.flags.text('--file');
  const claims: NamedClaim[] = [];
  let number = 0;
  for await (const line of context.lines(path, '--file')) {
    number += 1;
    if (line.trim() === '') continue;
    const name = `line ${number}`;
    const { proof, ...written } = readDocument(lineShape, parseJson(line, name), name);
    const action = toAction(written, name);
    claims.push({ name, action, ...naming(name, () => readProofFile(proof, circuit)) });
  }
  if (claims.length === 0) throw invalidInput('--file', path, 'holds no claim');
  return claims;
}

function toAction(written: Omit<z.infer<typeof lineShape>, 'proof'>, name: string): Action {
  const action: Action = {
    recipient: written.recipient as Address,
    minAmount: toUint(written.minAmount ?? '0', `${name}.minAmount`, 256),
    fee: toUint(written.fee ?? '0', `${name}.fee`, 256),
    feeTo: (written.feeTo ?? zeroAddress) as Address,
    hookData: (written.hookData ?? '0x') as Hex,
  };
  // It checks what it hashes.
  naming(name, () => hashAction(action));
  return action;
}

/** Of several files, which one it is. */
function naming<T>(name: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof EligoError)) throw error;
    throw new EligoError(error.code, `${name}: ${error.message}`, error.data, error);
  }
}

function refuseTwice(claims: readonly NamedClaim[]): void {
  const seen = new Map<bigint, string>();
  for (const { name, statement } of claims) {
    const other = seen.get(statement.nullifier);
    if (other !== undefined) throw invalidInput(name, undefined, `is the same claim as ${other}`);
    seen.set(statement.nullifier, name);
  }
}
