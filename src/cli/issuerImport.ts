/**
 * `eligo issuer import`: people who stand in a file or on another chain already. Whatever interrupts it, the same command
 * goes on from there.
 * @module
 */
import type { Command } from 'commander';
import { SOURCE_FORMATS } from '../issuer/import/files.ts';
import { SOURCE_SYSTEMS } from '../issuer/import/events.ts';
import { abandonImport, importRecords, type ImportReport } from '../issuer/import/import.ts';
import { CONFLICT_RULES, unfinishedRound } from '../store/importRounds.ts';
import { loadHasher } from '../tree/hasher.ts';
import { inline } from '../tree/threads.ts';
import { ISSUER_FLAG, atDesk, type Desk } from './issuerConfig.ts';
import { followEvents } from './issuerFollow.ts';
import { clock, oneOf, refuseBeside, refuseWithout } from './flags.ts';
import {
  EVENT_ONLY,
  FILE_ONLY,
  importTokens,
  readEventSource,
  readFileSource,
  readTerms,
  writeManifestFile,
  type ImportTerms,
  type SourceTerms,
} from './issuerImportInput.ts';
import { refuseExisting } from './files.ts';
import { facts as factLines } from './output.ts';
import { FORCE, addVerb, type Context, type Surroundings } from './verb.ts';

/** Adds `issuer import`. */
export function addIssuerImport(noun: Command, around: Surroundings): void {
  addVerb(noun, around, {
    name: 'import',
    summary:
      'attest or invite who stands in a list or on another chain; the same command goes on where it was interrupted',
    optional: {
      '--schema <file>': 'what is attested',
      '--file <file>': 'a list, as it is or packed by gzip',
      '--format <format>': `with --file: ${SOURCE_FORMATS.join(', ')}; csv by the name if left out`,
      '--units <units>': 'with --file: base, or decimal with --decimals: what amounts count',
      '--decimals <number>': 'with --units decimal: digits after the point of a whole token',
      '--group <name>': 'with --format tokentable: the group, if there are several',
      '--from <system>': `attestations of another system: ${SOURCE_SYSTEMS.join(', ')}`,
      '--source-rpc <url>': "with --from: a node of the source's chain",
      '--contract <address>': 'with --from: EAS, Sign Protocol, or the registry of Verax',
      '--source-schema <id>': "with --from: the source's schema",
      '--attester <address>': 'with --from: whose attestations count, or anyone',
      '--from-block <number>': 'with --from: where to begin; 0 if left out',
      '--confirmations <number>': 'with --from: how deep a block must be; 12 if left out',
      '--follow': 'with --from: goes on as the source does, until it is stopped',
      '--mapping <file>': 'JSON: which column or field feeds what; by equal names if left out',
      '--expires <time>': 'of what names no expiry: Unix seconds or YYYY-MM-DD',
      '--never': 'what names no expiry has none',
      '--on-conflict <rule>': `who wins if two differ: ${CONFLICT_RULES.join(', ')}; refuse if left out`,
      '--deadline <time>':
        'of invitations, for who brings no commitment: Unix seconds or from now; 365d if left out',
      '--manifest <place>': 'where the manifest goes; with --follow a folder',
      '--tokens <file>': 'draws a one-time token for each credential: NDJSON that grows',
      '--dry-run': 'says what would be done, and writes the manifest; nothing is issued',
      '--abandon': 'forgets an import that was not finished, of which nothing was issued',
      ...FORCE,
      ...ISSUER_FLAG,
    },
    example:
      'issuer import --schema schema.json --file people.csv --units base --never --manifest manifest.json',
    act: importByFlags,
  });
}

async function importByFlags(context: Context): Promise<void> {
  const { flags } = context;
  const mode = oneOf(flags, ['--file', '--from', '--abandon']);
  if (mode === '--abandon') return abandon(context);
  if (mode === '--file') refuseBeside(flags, mode, EVENT_ONLY);
  else refuseBeside(flags, mode, FILE_ONLY);
  if (flags.on('--follow')) refuseBeside(flags, '--follow', ['--dry-run']);
  if (flags.on('--dry-run')) refuseBeside(flags, '--dry-run', ['--tokens']);
  refuseWithout(flags, '--manifest', flags.find('--manifest') === undefined ? ['--force'] : []);
  const terms = await readTerms(context);
  if (flags.on('--follow')) return followEvents(context, terms, runOnce);
  const place = flags.find('--manifest');
  const force = flags.on('--force');
  if (place !== undefined) await refuseExisting(place, { flag: '--manifest', force });
  const source =
    mode === '--file'
      ? await readFileSource(context, terms)
      : await readEventSource(context, terms);
  const report = await runOnce(context, { terms, source, place, force });
  sayResult(context, report, place);
}

/** One call of the import, at a desk of its own. */
async function runOnce(
  context: Context,
  run: {
    readonly terms: ImportTerms;
    readonly source: SourceTerms;
    readonly place: string | undefined;
    readonly force: boolean;
  },
): Promise<ImportReport | undefined> {
  const { flags, step, note } = context;
  const { terms, source, place, force } = run;
  return atDesk(context, async (desk) => {
    const pepper = await desk.pepper();
    const tokens = await importTokens(flags.find('--tokens'));
    try {
      return await step(flags.on('--dry-run') ? 'looking' : 'importing', async (say) =>
        importRecords(desk.issuer, {
          ...{ ...terms, ...source, pepper, now: clock(), dryRun: flags.on('--dry-run') },
          hashLeaves: await hasherFor(desk, source),
          ...(tokens && { tokens: true, onIssued: tokens.add }),
          ...(place !== undefined && {
            onManifest: (text) => writeManifestFile(place, text, force),
          }),
          onProgress: ({ step: what, rows }) => {
            say(`${what}: ${rows}`);
          },
        }),
      );
    } catch (error) {
      if (await unfinishedRound(desk.store.db).catch(() => undefined))
        note('What was read is kept: the same command goes on, --abandon forgets it.');
      throw error;
    } finally {
      await tokens?.close();
    }
  });
}

/** A few events are no work for threads. */
async function hasherFor(desk: Desk, { source }: SourceTerms) {
  return source.kind === 'file' ? desk.threads().hashLeaves : inline(await loadHasher()).hashLeaves;
}

async function abandon(context: Context): Promise<void> {
  refuseBeside(context.flags, '--abandon', [...EVENT_ONLY, ...FILE_ONLY, '--schema', '--manifest']);
  await atDesk(context, async ({ issuer }) => {
    const abandoned = await abandonImport(issuer);
    context.result({ abandoned }, [
      abandoned ? 'Forgotten; nothing of it was issued.' : 'No import is unfinished.',
    ]);
  });
}

function sayResult(
  { flags, result }: Context,
  report: ImportReport | undefined,
  manifest: string | undefined,
): void {
  if (!report) {
    result({ imported: false }, ['The source has nothing new.']);
    return;
  }
  const { facts, manifestHash, again } = report;
  const dryRun = flags.on('--dry-run');
  result(
    { imported: !dryRun, again, ...facts, ...(!dryRun && { manifestHash }), manifest },
    describe(report, { dryRun, manifest }),
  );
}

/** What an import came to, for people. */
export function describe(
  { facts, manifestHash, again }: ImportReport,
  { dryRun, manifest }: { readonly dryRun: boolean; readonly manifest: string | undefined },
): string[] {
  const { positions } = facts;
  const last = positions.at(-1);
  return [
    ...factLines({
      read: facts.read,
      accepted: facts.accepted,
      'of these replacing': facts.replaced,
      merged: facts.merged,
      'waiting for enrolment': facts.pending,
      ...Object.fromEntries(
        Object.entries(facts.excluded).map(([rule, count]) => [`left out: ${rule}`, count]),
      ),
      revoked: facts.revocations.revoked,
      ...Object.fromEntries(
        Object.entries(facts.totals).map(([name, total]) => [`total of ${name}`, total]),
      ),
      positions:
        dryRun || !last
          ? undefined
          : `${String(positions[0]?.first)} to ${(BigInt(last.first) + BigInt(last.count) - 1n).toString()}`,
      'manifest hash': dryRun ? undefined : manifestHash,
      manifest,
    }),
    ...(again ? ['It had been imported before: nothing was done.'] : []),
    dryRun
      ? 'Nothing was issued.'
      : 'The next publication carries the manifest: eligo issuer publish. Who waits: eligo issuer enrol --waiting',
  ];
}
