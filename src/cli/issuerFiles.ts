/**
 * `eligo issuer log` and `issuer paths`: the static files from which everybody can audit the tree, and every holder can
 * prove, without asking the issuer.
 * @module
 */
import type { Command } from 'commander';
import type { Issuer } from '../issuer/issuer.ts';
import { exportLog } from '../issuer/logFiles.ts';
import type { LogHeader } from '../issuer/logIndex.ts';
import { exportPaths } from '../issuer/pathFiles.ts';
import { readPublishedTree } from '../issuer/pathsAt.ts';
import { readLog } from '../store/log.ts';
import { latestPublication } from '../store/publications.ts';
import type { Database, Store } from '../store/store.ts';
import { loadHasher } from '../tree/hasher.ts';
import { ISSUER_FLAG, atDesk } from './issuerConfig.ts';
import { facts } from './output.ts';
import { addVerb, type Context, type Surroundings } from './verb.ts';

/** Adds `issuer log` and `issuer paths`. */
export function addIssuerFiles(noun: Command, around: Surroundings): void {
  addVerb(noun, around, {
    name: 'log',
    summary: 'write the log as static files, or what is new of it: for auditors',
    required: { '--out <folder>': 'where they go; one folder a tree' },
    optional: ISSUER_FLAG,
    example: 'issuer log --out public/log',
    act: writeLog,
  });
  addVerb(noun, around, {
    name: 'paths',
    summary: 'write the last publication as static files: for holders, who download some of them',
    required: { '--out <folder>': 'where they go; one folder a tree' },
    optional: ISSUER_FLAG,
    example: 'issuer paths --out public/paths',
    act: writePaths,
  });
}

async function writeLog(context: Context): Promise<void> {
  const { flags, result, step } = context;
  const folder = flags.text('--out');
  await atDesk(context, async ({ issuer, store }) => {
    const { index, cid } = await step('writing the log', (say) =>
      atOneMoment(store, (db) =>
        exportLog({ lines: linesOf(db, say), header: headerOf(issuer), folder }),
      ),
    );
    const { entries, head, segments } = index;
    result(
      { entries, head, segments: segments.length, cid, out: folder },
      facts({ entries: String(entries), head, files: String(segments.length + 1), cid, folder }),
    );
  });
}

async function* linesOf(db: Database, say: (detail: string) => void): AsyncGenerator<string> {
  for await (const { seq, line } of readLog(db)) {
    yield line;
    if (seq % 100_000n === 0n) say(`${seq.toString()} entries`);
  }
}

async function writePaths(context: Context): Promise<void> {
  const { flags, result, note, step } = context;
  const folder = flags.text('--out');
  await atDesk(context, async ({ issuer, store }) => {
    const hasher = await loadHasher();
    const { manifest, newest } = await step('writing private paths', (say) =>
      atOneMoment(store, async (db) => {
        const manifest = await exportPaths({
          ...(await readPublishedTree(db, hasher)),
          ...{ folder, header: headerOf(issuer), hasher },
          onChunk: (done, of) => {
            if (done % 64 === 0) say(`${done} of ${of} chunks`);
          },
        });
        return { manifest, newest: await latestPublication(db) };
      }),
    );
    if (newest && newest.state !== 'confirmed')
      note(`Publication ${newest.sequence.toString()} is not known to be on the chain: left out.`);
    const { sequence, root, size } = manifest;
    result({ sequence, root, size, out: folder }, [
      ...facts({ publication: sequence, root, size: String(size), folder }),
      'Any web server can hand the folder out: eligo proof make --paths',
    ]);
  });
}

function headerOf({ deployment, treeId }: Issuer): LogHeader {
  const { chainId, contracts } = deployment;
  return { chainId: BigInt(chainId), registry: contracts.RootRegistry, tree: treeId };
}

/** Reads the store as it is at one moment, whoever writes to it meanwhile. */
function atOneMoment<T>(store: Store, work: (db: Database) => Promise<T>): Promise<T> {
  return store.db.transaction().setIsolationLevel('repeatable read').execute(work);
}
