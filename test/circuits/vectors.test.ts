/**
 * The circuit's templates give what the shared vectors say, which the TypeScript and the Solidity read, too.
 */
import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import type { Inputs } from '../support/circuits/forge.ts';
import { loadCircuit, template } from '../support/circuits/testCircuit.ts';

async function readVectors<T>(name: string): Promise<T> {
  return JSON.parse(
    await readFile(new URL(`../vectors/${name}.json`, import.meta.url), 'utf8'),
  ) as T;
}

/** A wire of a template's honest witness. */
async function outputOf(
  [file, name, ...params]: readonly [string, string, ...number[]],
  inputs: Inputs,
  output: string,
): Promise<string> {
  const circuit = await loadCircuit(template(file, name, params));
  return (await circuit.calculateWire(inputs, output)).toString();
}

describe('the circuit against the shared vectors', () => {
  it('commits to a secret as hash.json says', async () => {
    const { poseidon } = await readVectors<{
      poseidon: { arity: string; inputs: string[]; output: string }[];
    }>('hash');
    const cases = poseidon.filter(({ arity, inputs }) => arity === '1' && inputs[0] !== '0');
    expect(cases).not.to.be.empty;
    for (const { inputs, output } of cases) {
      const secret = BigInt(inputs[0]!);
      expect(
        await outputOf(['identity.circom', 'IdentityCommitment'], { secret }, 'commitment'),
      ).to.equal(output);
    }
  });

  it('spends the nullifier that hash.json says', async () => {
    const { poseidon } = await readVectors<{
      poseidon: { arity: string; inputs: string[]; output: string }[];
    }>('hash');
    const cases = poseidon.filter(({ arity }) => arity === '3');
    expect(cases).not.to.be.empty;
    for (const { inputs, output } of cases) {
      const [scope, secret, claimIndex] = inputs.map(BigInt) as [bigint, bigint, bigint];
      const found = await outputOf(
        ['identity.circom', 'Nullifier'],
        { scope, secret, claimIndex },
        'nullifier',
      );
      expect(found).to.equal(output);
    }
  });

  it('makes the leaf that attestation.json says', async () => {
    const { attestations } = await readVectors<{
      attestations: { attestation: Record<string, string> & { values: string[] }; leaf: string }[];
    }>('attestation');
    expect(attestations).not.to.be.empty;
    for (const { attestation, leaf } of attestations) {
      const { schemaId, issuedAt, expiresAt, salt, commitment, values } = attestation;
      const inputs = {
        commitment: BigInt(commitment!),
        'attestation.schemaId': BigInt(schemaId!),
        'attestation.issuedAt': BigInt(issuedAt!),
        'attestation.expiresAt': BigInt(expiresAt!),
        'attestation.salt': BigInt(salt!),
        'attestation.values': values.map(BigInt),
      };
      expect(await outputOf(['attestation.circom', 'AttestationLeaf'], inputs, 'leaf')).to.equal(
        leaf,
      );
    }
  });

  it('hashes terms and scope into the policy that policy.json says', async () => {
    const { policies } = await readVectors<{
      policies: { terms: string[]; scope: string; policy: string }[];
    }>('policy');
    expect(policies).not.to.be.empty;
    for (const { terms, scope, policy } of policies) {
      const term = terms.map(BigInt);
      const names = [
        'schemaId',
        'issuedAfter',
        'issuedBefore',
        'mode',
        'setLow',
        'setHigh',
        'step',
      ];
      const inputs = {
        ...Object.fromEntries(names.map((name, i) => [`terms.${name}`, term[i]!])),
        'terms.lo': [7, 9, 11, 13].map((i) => term[i]!),
        'terms.hi': [8, 10, 12, 14].map((i) => term[i]!),
        scope: BigInt(scope),
      };
      expect(await outputOf(['policy.circom', 'Policy'], inputs, 'policy')).to.equal(policy);
    }
  });

  it('leads to the roots that tree.json says, at every position', async () => {
    const { trees } = await readVectors<{
      trees: {
        depth: string;
        root: string;
        paths: { position: string; leaf: string; siblings: string[][] }[];
      }[];
    }>('tree');
    expect(trees).not.to.be.empty;
    for (const { depth, root, paths } of trees) {
      for (const { position, leaf, siblings } of paths) {
        const inputs = {
          position: BigInt(position),
          leaf: BigInt(leaf),
          siblings: siblings.flat().map(BigInt),
        };
        expect(
          await outputOf(['merkleTree.circom', 'MerkleRoot', Number(depth)], inputs, 'root'),
        ).to.equal(root);
      }
    }
  });

  it('packs the outcome as statement.json says', async () => {
    const { outcomes } = await readVectors<{
      outcomes: { disclosed: string; shown: string; checkedAt: string; outcome: string }[];
    }>('statement');
    expect(outcomes).not.to.be.empty;
    for (const { disclosed, shown, checkedAt, outcome } of outcomes) {
      const inputs = {
        disclosed: BigInt(disclosed),
        shown: BigInt(shown),
        checkedAt: BigInt(checkedAt),
      };
      expect(await outputOf(['policy.circom', 'Outcome'], inputs, 'outcome')).to.equal(outcome);
    }
  });
});
