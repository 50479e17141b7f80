/**
 * The contracts give what the shared vectors say, which the TypeScript and the circuits read, too.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { zeroAddress, type Address, type Hex } from 'viem';
import { buildContracts } from '../../scripts/contracts.ts';
import { renderVerifyingKey } from '../../src/prover/solidityKey.ts';
import { startAnvil, type Anvil } from '../support/anvil.ts';
import { deploy, handle, readArtifact, testContracts, type Folder } from '../support/contracts.ts';
import { trapdoorKey } from '../support/trapdoor.ts';

async function readVectors<T>(name: string): Promise<T> {
  return JSON.parse(
    await readFile(new URL(`../vectors/${name}.json`, import.meta.url), 'utf8'),
  ) as T;
}

type StatementVectors = {
  scopes: { chainId: string; gate: Address; label: Hex; scope: string }[];
  contexts: { chainId: string; gate: Address; id: string; actionHash: Hex; context: string }[];
  actions: { action: Record<string, string>; actionHash: Hex }[];
  outcomes: { disclosed: string; shown: string; checkedAt: string; outcome: string }[];
  statements: { statement: Record<string, string>; signals: string[] }[];
};

describe('the contracts against the shared vectors', () => {
  let anvil: Anvil;
  let folder: Folder;
  let libraries: Record<string, Address>;

  before(async function () {
    this.timeout(300_000);
    folder = await testContracts();
    anvil = await startAnvil();
    libraries = {
      PoseidonT3: await deploy(anvil, folder, 'PoseidonT3'),
      PoseidonT5: await deploy(anvil, folder, 'PoseidonT5'),
    };
  });
  after(() => anvil.stop());

  /** A function of a double. */
  async function call(
    name: string,
    args: readonly unknown[],
    functionName: string,
    input: readonly unknown[],
  ) {
    const { abi } = await readArtifact(folder, name);
    const contract = handle(anvil, await deploy(anvil, folder, name, args, libraries), abi);
    return anvil.client.readContract({ address: contract.address, abi, functionName, args: input });
  }

  it('hash pairs and nodes as hash.json says', async () => {
    const { poseidon } = await readVectors<{
      poseidon: { arity: string; inputs: string[]; output: string }[];
    }>('hash');
    const cases = poseidon.filter(({ arity }) => arity === '2' || arity === '4');
    expect(cases).to.have.length.above(2);
    for (const { arity, inputs, output } of cases) {
      const found = await call('LibraryHarness', [], `hash${arity}`, [inputs.map(BigInt)]);
      expect(String(found)).to.equal(output);
    }
  });

  it('place one tree in its own list as tree.json says', async () => {
    const { lists } = await readVectors<{ lists: { roots: (string | null)[]; root: string }[] }>(
      'tree',
    );
    const alone = lists.filter(({ roots }) => roots[0] && roots.slice(1).every((root) => !root));
    expect(alone).not.to.be.empty;
    for (const { roots, root } of alone) {
      expect(String(await call('LibraryHarness', [], 'rootOfOne', [BigInt(roots[0]!)]))).to.equal(
        root,
      );
    }
  });

  it('place many trees in a list as tree.json says', async () => {
    const { lists } = await readVectors<{ lists: { roots: (string | null)[]; root: string }[] }>(
      'tree',
    );
    const { abi } = await readArtifact(folder, 'LibraryHarness');
    for (const { roots, root } of lists) {
      const address = await deploy(anvil, folder, 'LibraryHarness', [], libraries);
      const set = { address, abi, functionName: 'setPlace', account: anvil.accounts[0]! };
      for (const [place, treeRoot] of roots.entries()) {
        const args = [BigInt(place), BigInt(treeRoot ?? 0)];
        await anvil.mined(anvil.client.writeContract({ ...set, args }));
      }
      const args = [0n, BigInt(roots[0] ?? 0)];
      const { result } = await anvil.client.simulateContract({ ...set, args });
      expect(String(result)).to.equal(root);
    }
  });

  it('hash actions as statement.json says', async () => {
    const { actions } = await readVectors<StatementVectors>('statement');
    expect(actions).not.to.be.empty;
    for (const { action, actionHash } of actions) {
      const input = {
        ...action,
        minAmount: BigInt(action['minAmount']!),
        fee: BigInt(action['fee']!),
      };
      expect(await call('LibraryHarness', [], 'hashAction', [input])).to.equal(actionHash);
    }
  });

  it('put the public signals in the order that statement.json says, and pack the outcome', async () => {
    const { statements, outcomes } = await readVectors<StatementVectors>('statement');
    const signalsOf = async (statement: Record<string, string>): Promise<string[]> => {
      const numbers = Object.entries(statement).map(([name, value]) => [name, BigInt(value)]);
      return (
        (await call('SignalsHarness', [], 'toSignals', [Object.fromEntries(numbers)])) as bigint[]
      ).map(String);
    };
    expect(statements).not.to.be.empty;
    for (const { statement, signals } of statements)
      expect(await signalsOf(statement)).to.deep.equal(signals);
    for (const { outcome, disclosed, shown, checkedAt } of outcomes) {
      const [, , , found] = await signalsOf({
        ...statements[0]!.statement,
        disclosed,
        shown,
        checkedAt,
      });
      expect(found).to.equal(outcome);
    }
  });

  it('compute scopes and contexts as statement.json says, at those addresses of those chains', async () => {
    const { scopes, contexts } = await readVectors<StatementVectors>('statement');
    // A development key deploys on no other chain.
    const gates = await buildContracts({
      out: join(import.meta.dirname, '../../build/test-contracts-anywhere'),
      verifyingKeySource: renderVerifyingKey(trapdoorKey(), { insecureDev: false }),
      entries: ['test/contracts/doubles/Doubles.sol'],
    });
    const { abi } = await readArtifact(gates, 'BareGate');
    for (const chainId of new Set([...scopes, ...contexts].map((vector) => vector.chainId))) {
      const chain = await startAnvil({ chainId: Number(chainId) });
      try {
        const gate = await deploy(chain, gates, 'BareGate', [zeroAddress], libraries);
        const bytecode = (await chain.client.getCode({ address: gate }))!;
        const ask = async (
          address: Address,
          functionName: string,
          args: readonly unknown[],
        ): Promise<string> => {
          await chain.client.setCode({ address, bytecode });
          return String(await chain.client.readContract({ address, abi, functionName, args }));
        };
        for (const vector of scopes.filter((scope) => scope.chainId === chainId)) {
          expect(await ask(vector.gate, 'computeScope', [vector.label])).to.equal(vector.scope);
        }
        for (const vector of contexts.filter((context) => context.chainId === chainId)) {
          const found = await ask(vector.gate, 'computeContext', [
            BigInt(vector.id),
            vector.actionHash,
          ]);
          expect(found).to.equal(vector.context);
        }
      } finally {
        await chain.stop();
      }
    }
  });
});
