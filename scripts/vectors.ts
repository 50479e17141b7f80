/**
 * Writes test/vectors/*.json, the meeting place of TypeScript, Circom and Solidity (`npm run vectors`, `-- --check`).
 *
 * Nothing here is computed by the code that the vectors judge. src/ hashes with src/protocol/poseidon.ts and the Keccak of
 * src/protocol/evm.ts, and canonicalises with `canonicalize`; this file hashes with circomlibjs and another Keccak, writes
 * words of 32 bytes by hand, takes roots from @zk-kit/incremental-merkle-tree, and states canonical documents, terms and
 * verdicts as they follow from PROTOCOL.md by reading. `source` says where a vector comes from. Inputs are fixed: no clock, no chance.
 *
 * Who reads which file (test/protocol, tree, verifier), and what in contracts/ and circuits/ it is written for:
 * - hash         hash.test.ts. For every Poseidon and `K`
 * - identity     field.test.ts, identity.test.ts. For circuits/identity.circom
 * - schema       schema.test.ts, value.test.ts
 * - attestation  attestation.test.ts, credential.test.ts. For circuits/attestation.circom
 * - policy       policy.test.ts, terms.test.ts. For libraries/Terms.sol and circuits/policy.circom
 * - statement    statement.test.ts. For EligibilityGate.sol (scopes, contexts), Distributor.sol (actions) and
 *                libraries/Statement.sol (outcomes, statements)
 * - tree         merklePath.test.ts, tree.test.ts, trustList.test.ts. For libraries/ListTree.sol and circuits/merkleTree.circom
 * - verdict      verdict.test.ts. For EligibilityGate.sol and RootRegistry.sol
 * - vesting      vesting.test.ts. For libraries/Vesting.sol
 * @module
 */
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { attestationVectors } from './vectors/attestation.ts';
import { hashVectors } from './vectors/hash.ts';
import { identityVectors } from './vectors/identity.ts';
import { policyVectors } from './vectors/policy.ts';
import { referencePoseidon } from './vectors/reference.ts';
import { schemaVectors } from './vectors/schema.ts';
import { statementVectors } from './vectors/statement.ts';
import { treeVectors } from './vectors/tree.ts';
import { verdictVectors } from './vectors/verdict.ts';
import { vestingVectors } from './vectors/vesting.ts';

/** All files by name, as they are written. */
export async function makeVectors(): Promise<Readonly<Record<string, string>>> {
  const poseidon = await referencePoseidon();
  const files = {
    hash: hashVectors(poseidon),
    identity: identityVectors(poseidon),
    schema: schemaVectors(),
    attestation: attestationVectors(poseidon),
    policy: policyVectors(poseidon),
    statement: statementVectors(poseidon),
    tree: treeVectors(poseidon),
    verdict: verdictVectors(),
    vesting: vestingVectors(),
  };
  const style = await resolveConfig(fileURLToPath(import.meta.url));
  const written = Object.entries(files).map(async ([name, content]) => {
    const json = JSON.stringify(content, undefined, 2);
    return [`${name}.json`, await format(json, { ...style, parser: 'json' })] as const;
  });
  return Object.fromEntries(await Promise.all(written));
}

/** The folder of the vectors. */
export const VECTORS = fileURLToPath(new URL('../test/vectors/', import.meta.url));

/** The files in the folder that are not what the generator writes. */
export async function findDifferences(folder: string): Promise<readonly string[]> {
  const different: string[] = [];
  for (const [name, expected] of Object.entries(await makeVectors())) {
    const found = await readFile(`${folder}/${name}`, 'utf8').catch(() => undefined);
    if (found !== expected) different.push(name);
  }
  return different;
}

async function main(): Promise<void> {
  if (!process.argv.includes('--check')) {
    for (const [name, content] of Object.entries(await makeVectors()))
      await writeFile(`${VECTORS}/${name}`, content);
    return;
  }
  const different = await findDifferences(VECTORS);
  for (const name of different)
    console.error(`test/vectors/${name} differs: run \`npm run vectors\``);
  process.exitCode = different.length > 0 ? 1 : 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
