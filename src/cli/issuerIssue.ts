/**
 * `eligo issuer issue`: one attestation, or a batch of any length, all of it or nothing.
 * @module
 */
import type { Command } from 'commander';
import { EligoError, invalidInput } from '../errors.ts';
import {
  issue,
  type IssueParameters,
  type IssueRow,
  type Issued,
  type IssueSummary,
} from '../issuer/issue.ts';
import { readRows, type Row } from '../issuer/rows.ts';
import type { SubjectKind } from '../issuer/subject.ts';
import { parseJson } from '../protocol/codec.ts';
import { REVOCATION_REASONS } from '../protocol/log.ts';
import type { Schema } from '../protocol/schema.ts';
import { countLive } from '../store/attestations.ts';
import { loadHasher } from '../tree/hasher.ts';
import { inline } from '../tree/threads.ts';
import { ISSUER_FLAG, atDesk, type Desk } from './issuerConfig.ts';
import { choiceFlag, clock, hashFile, refuseBeside, refuseWithout } from './flags.ts';
import {
  BATCH_FLAGS,
  KIND_FLAG,
  batchRows,
  keyOf,
  kindFlag,
  readIdentifier,
} from './issuerInput.ts';
import { tokenDocuments, withLines, type Lines } from './issuerLines.ts';
import { facts } from './output.ts';
import { readSchema } from './schemaInput.ts';
import { addVerb, fieldText, type Context, type Surroundings } from './verb.ts';

const ONE = ['--identifier-file', '--commitment', '--values', '--expires'] as const;

/** Adds `issuer issue`. */
export function addIssuerIssue(noun: Command, around: Surroundings): void {
  addVerb(noun, around, {
    name: 'issue',
    summary: 'attest one person, or a batch: all of it or nothing',
    required: { '--schema <file>': 'what is attested', ...KIND_FLAG },
    optional: {
      ...BATCH_FLAGS,
      '--identifier-file <file>': 'one person: whom it is about, - for standard input',
      '--commitment <number>': "one person: the holder's, decimal or 0x-hex",
      '--values <file>':
        'one person: a JSON object with a value for each field, - for standard input',
      '--expires <time>': 'one person: Unix seconds or YYYY-MM-DD; never if left out',
      '--replace': 'replaces what a person holds; with --reason and --evidence',
      '--reason <reason>': `why it is replaced: ${REVOCATION_REASONS.join(', ')}`,
      '--evidence <file>': 'shows why; its sha256 goes into the log',
      '--skip-live': 'leaves out who holds a live attestation',
      '--tokens <file>': 'draws a one-time token for each credential: NDJSON, readable by you only',
      ...ISSUER_FLAG,
    },
    example:
      'issuer issue --schema schema.json --kind email --file people.csv --tokens tokens.ndjson',
    act: issueRows,
  });
}

async function issueRows(context: Context): Promise<void> {
  const { flags, result } = context;
  const batch = flags.find('--file') !== undefined;
  if (batch) refuseBeside(flags, '--file', ONE);
  const kind = kindFlag(flags);
  const ifLive = await readIfLive(context);
  const schema = await readSchema(context, '--schema');
  const tokens = flags.find('--tokens');
  await atDesk(context, async (desk) => {
    const pepper = await desk.pepper();
    const rows = batch
      ? batchRows(context, { schema, needsCommitment: true })
      : oneRow(context, schema);
    const issuing = {
      ...{ schema, ifLive, rows: toIssueRows(rows, { pepper, kind, named: batch }) },
      hashLeaves: batch ? desk.threads().hashLeaves : inline(await loadHasher()).hashLeaves,
    };
    const run = (lines?: Lines): Promise<Tally> => issueAll(context, desk, issuing, lines);
    const tally =
      tokens === undefined
        ? await run()
        : await withLines(context, { path: tokens, flag: '--tokens' }, run);
    const live = await countLive(desk.store.db);
    result({ ...tally, live, ...(tokens !== undefined && { tokens }) }, describe(tally, live));
  });
}

/** @throws {InvalidInput} */
async function readIfLive({ flags }: Context): Promise<NonNullable<IssueParameters['ifLive']>> {
  if (!flags.on('--replace')) {
    refuseWithout(flags, '--replace', ['--reason', '--evidence']);
    return flags.on('--skip-live') ? 'skip' : 'refuse';
  }
  refuseBeside(flags, '--replace', ['--skip-live']);
  const reason = choiceFlag(flags, '--reason', REVOCATION_REASONS);
  return { replace: { reason, evidence: await hashFile(flags, '--evidence') } };
}

async function* toIssueRows(
  rows: AsyncIterable<Row>,
  subject: {
    readonly pepper: Uint8Array;
    readonly kind: SubjectKind;
    /** Errors name the line. */
    readonly named: boolean;
  },
): AsyncGenerator<IssueRow> {
  const { named, ...how } = subject;
  for await (const { line, identifier, commitment, expiresAt, values } of rows) {
    const name = named ? `line ${line}` : undefined;
    if (commitment === undefined) throw new Error('the reader demands a commitment');
    yield { subjectKey: keyOf({ ...how, identifier }, name), commitment, expiresAt, values, name };
  }
}

/** One person's flags, read by the rules of a batch. @throws {InvalidInput} */
async function* oneRow(context: Context, schema: Schema): AsyncGenerator<Row> {
  const { flags, read } = context;
  const row = {
    identifier: await readIdentifier(context),
    commitment: fieldText(flags.text('--commitment'), '--commitment').toString(),
    expiresAt: flags.find('--expires') ?? '',
    values: parseJson(await read(flags.text('--values'), '--values'), 'values'),
  };
  const chunks = (async function* () {
    yield await Promise.resolve(JSON.stringify(row));
  })();
  try {
    yield* readRows({ format: 'jsonl', chunks, schema, needsCommitment: true });
  } catch (error) {
    // There is no line 1 to name.
    if (!(error instanceof EligoError) || error.data['line'] === undefined) throw error;
    const { field, rule } = error.data;
    throw invalidInput(String(field ?? 'the attestation'), undefined, String(rule));
  }
}

/** What a call came to; `first` and `last` are positions. */
type Tally = IssueSummary & {
  readonly first: number | undefined;
  readonly last: number | undefined;
};

async function issueAll(
  { step }: Context,
  { store }: Desk,
  parameters: Pick<IssueParameters, 'schema' | 'ifLive' | 'rows' | 'hashLeaves'>,
  lines: Lines | undefined,
): Promise<Tally> {
  let done = 0;
  let [first, last]: (number | undefined)[] = [];
  return step('issuing', async (say) => {
    const onIssued = async (some: readonly Issued[]): Promise<void> => {
      first ??= some[0]?.position;
      last = some.at(-1)?.position ?? last;
      done += some.length;
      await lines?.add(tokenDocuments(some));
      say(`${done} attestations`);
    };
    const tokens = lines !== undefined;
    const summary = await issue(store, { ...parameters, now: clock(), tokens, onIssued });
    return { ...summary, first, last };
  });
}

function describe({ issued, replaced, skipped, first, last }: Tally, live: number): string[] {
  return [
    ...facts({
      issued: String(issued),
      replaced: String(replaced),
      skipped: String(skipped),
      positions: first === undefined ? 'none' : `${first} to ${String(last)}`,
      live: String(live),
    }),
    issued === 0
      ? 'Nothing was issued.'
      : 'Nobody knows of them before the next publication: eligo issuer publish',
  ];
}
