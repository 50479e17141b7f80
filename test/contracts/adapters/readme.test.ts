/**
 * contracts/adapters/README.md shows the examples that are compiled, and TypeScript that gets a real proof through the
 * package's own adapter.
 */
import { expect } from 'chai';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseAbi, type Address, type Hex } from 'viem';
import { buildContracts } from '../../../scripts/contracts.ts';
import { signProtocolHookAbi } from '../../../src/chain/abis.ts';
import { NEVER } from '../../../src/protocol/field.ts';
import { compileTerms, computeTermsHash } from '../../../src/protocol/terms.ts';
import type { ProveParameters } from '../../../src/prover/prove.ts';
import { adapterContracts } from '../../support/adapters.ts';
import { startAnvil, type Anvil } from '../../support/anvil.ts';
import { createTree, newestRoot, publish } from '../../support/campaigns.ts';
import { by, deploy, expectRevert, handle, makeWorld } from '../../support/contracts.ts';
import { makeWorld as makePeople, proveParameters } from '../../support/world.ts';

const project = resolve(import.meta.dirname, '../../..');
const EXAMPLES = ['MemberStatements', 'MemberReviews', 'VerifiedUnlocks', 'MembersPortal'];

const HOST_ABI = parseAbi([
  'struct Schema { address registrant; bool revocable; uint8 dataLocation; uint64 maxValidFor; address hook; uint64 timestamp; string data; }',
  'function register(Schema schema, bytes delegateSignature) returns (uint64)',
  'function attest(uint64 schemaId, uint256 fee, bytes extraData) payable',
]);

/** What the page's TypeScript exports. */
type Shown = {
  readonly makeExtraData: (
    at: { chainId: bigint; adapter: Address; schemaId: bigint; attester: Address },
    holder: Omit<ProveParameters, 'scope' | 'context'>,
  ) => Promise<Hex>;
};

async function readBlocks(language: string): Promise<readonly string[]> {
  const readme = await readFile(join(project, 'contracts/adapters/README.md'), 'utf8');
  const pattern = new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g');
  return [...readme.matchAll(pattern)].map(([, text = '']) => text);
}

describe('contracts/adapters/README.md', () => {
  it('shows the examples that are compiled here, word for word', async () => {
    const sources = EXAMPLES.map((name) =>
      readFile(join(project, `contracts/examples/${name}.sol`), 'utf8'),
    );
    expect(await readBlocks('solidity')).to.deep.equal(await Promise.all(sources));
  });

  describe('the TypeScript that it shows', () => {
    let anvil: Anvil;
    let folder: string;
    let shown: Shown;
    before(async function () {
      this.timeout(600_000);
      // In the project, so that it finds the package by its name, as an integrator's does.
      folder = await mkdtemp(join(project, 'build/readme-'));
      const blocks = await readBlocks('ts');
      expect(blocks).to.have.length(1);
      await writeFile(join(folder, 'shown.ts'), blocks[0]!);
      shown = (await import(pathToFileURL(join(folder, 'shown.ts')).href)) as Shown;
      await buildContracts();
      await adapterContracts();
      anvil = await startAnvil();
    });
    after(async () => {
      await anvil.stop();
      await rm(folder, { recursive: true });
    });

    /** The library's people, their tree published, and the package's hook on a host, under the people's policy. */
    async function makeHook() {
      const people = await makePeople();
      const world = await makeWorld(anvil, await buildContracts());
      const treeId = await createTree(world);
      await publish(world, treeId, { root: people.tree.root(), size: people.holders.length });
      const hostAt = await deploy(anvil, await adapterContracts(), 'SignProtocolHost');
      const acceptance = {
        ...{ source: treeId, maxStaleness: 0, maxSilence: Number(NEVER), proofLifetime: 600 },
        ...{ indexKind: 0, periodStart: 0, indexLimit: 1 },
      };
      const args = [
        ...[world.roots.address, hostAt, computeTermsHash(compileTerms(people.policy))],
        acceptance,
      ];
      const hookAt = await deploy(anvil, world.folder, 'SignProtocolHook', args, world.libraries);
      const [host, hook] = [
        handle(anvil, hostAt, HOST_ABI),
        handle(anvil, hookAt, signProtocolHookAbi),
      ];
      const schema = {
        ...{ registrant: world.cast.stranger, revocable: true, dataLocation: 0, maxValidFor: 0n },
        ...{ hook: hookAt, timestamp: 0n, data: 'string statement' },
      };
      await anvil.mined(host.write.register([schema, '0x'], by(world.cast.stranger)));
      return { people, world, treeId, host, hook };
    }

    it('gets a real proof through the hook, for its attester only, once', async () => {
      const { people, world, treeId, host, hook } = await makeHook();
      const { holder, stranger } = world.cast;
      const at = { chainId: 31_337n, adapter: hook.address, schemaId: 1n, attester: holder };
      const bytes = await shown.makeExtraData(at, {
        ...(await proveParameters(people)),
        root: await newestRoot(world, treeId),
        checkedAt: await anvil.now(),
      });
      const ask = (who: Address) => host.simulate.attest([1n, 0n, bytes], by(who));
      await ask(holder);
      const copied: unknown = await ask(stranger).catch((error: unknown) => error);
      expect(String(copied)).to.match(/WrongContext/);
      await anvil.mined(host.write.attest([1n, 0n, bytes], by(holder)));
      await expectRevert(ask(holder), 'NullifierSpent', [BigInt(bytes.slice(0, 66))]);
    });
  });
});
