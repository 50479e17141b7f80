/**
 * The world of governance, for the real binary: a key's file for each who acts, and a line as people type it.
 */
import { expect } from 'chai';
import { ask, eligo, expectRefusal, makeFolder, type Run } from './cli.ts';
import { keyOf, openGovernanceWorld } from './governanceWorld.ts';
import { CLEAN } from './issuerWorld.ts';

const CAST = ['owner', 'other', 'listOwner', 'guardian', 'stranger'] as const;

/** What `--dry-run` shows, and what is shown of what was done. */
export type Shown = {
  readonly done: boolean;
  readonly call?: { readonly to: string; readonly data: string };
  readonly transaction?: string;
  readonly affected: {
    readonly lists: readonly Record<string, unknown>[];
    readonly campaigns: readonly Record<string, unknown>[];
    readonly holders: readonly Record<string, unknown>[];
  };
};

/** Opens the world, with deployment.json, owner.key and its like, and evidence.txt in a folder. */
export async function openGovernanceCli() {
  const world = await openGovernanceWorld();
  const folder = await makeFolder();
  await folder.write('deployment.json', world.deployment);
  await folder.write('evidence.txt', 'a letter\n');
  for (const [i, name] of CAST.entries()) await folder.write(`${name}.key`, keyOf(i));
  const options = { cwd: folder.path, env: CLEAN };
  const node = `--rpc ${world.chain.url} --deployment deployment.json`;
  const words = (line: string): string[] =>
    line
      .replace('NODE', node)
      .split(' ')
      .filter((word) => word !== '');
  const state = async () => {
    const number = await world.test.getBlockNumber({ cacheTime: 0 });
    return (await world.test.getBlock({ blockNumber: number })).stateRoot + String(number);
  };
  return {
    ...{ ...world, folder },
    /** Runs a line with `--json`; `NODE` stands for the flags that name the node. */
    ask: async (line: string): Promise<Shown & Record<string, unknown>> =>
      (await ask(words(line), options)) as Shown & Record<string, unknown>,
    run: (line: string): Promise<Run> => eligo(words(line), options),
    /** Runs a line with `--dry-run`, and makes sure that it changed nothing. */
    foretell: async (line: string): Promise<Shown & Record<string, unknown>> => {
      const before = await state();
      const shown = (await ask(words(`${line} --dry-run`), options)) as Shown;
      expect(await state()).to.equal(before);
      expect(shown).to.include({ done: false });
      return shown;
    },
    refused: (line: string, revert: string): Promise<Run> =>
      expectRefusal(
        words(line),
        { exitCode: 1, code: 'ContractReverted', message: new RegExp(revert) },
        options,
      ),
    usage: (line: string, message: RegExp): Promise<Run> =>
      expectRefusal(words(line), { exitCode: 2, code: 'InvalidInput', message }, options),
    close: async (): Promise<void> => {
      await world.chain.stop();
      await folder.remove();
    },
  };
}

export type GovernanceCli = Awaited<ReturnType<typeof openGovernanceCli>>;

/** Whom an answer names: lists, campaigns, and how many stand behind each tree. */
export function namesIn({ affected }: Shown) {
  return {
    lists: affected.lists.map(({ listId }) => listId),
    campaigns: affected.campaigns.map(({ campaignId }) => campaignId),
    holders: affected.holders.map(({ treeId, atLeast }) => [treeId, atLeast]),
  };
}
