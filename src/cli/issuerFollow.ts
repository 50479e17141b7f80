/**
 * `issuer import --follow`: whenever another chain has more confirmed blocks, what they say is imported, at a desk of its
 * own: in between, a store in a folder is free for publishing.
 * @module
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { getBlockNumber } from 'viem/actions';
import { answerOf } from '../chain/reverts.ts';
import type { ImportReport } from '../issuer/import/import.ts';
import {
  readEventSource,
  type EventTerms,
  type ImportTerms,
  type SourceTerms,
} from './issuerImportInput.ts';
import { interruption } from './interruption.ts';
import { uintFlag, type Context } from './verb.ts';

/** Imports once, as `issuer import` does. */
export type Round = (
  context: Context,
  run: {
    readonly terms: ImportTerms;
    readonly source: SourceTerms;
    readonly place: string | undefined;
    readonly force: boolean;
  },
) => Promise<ImportReport | undefined>;

/** Imports until it is interrupted, and then says what all rounds came to. */
export async function followEvents(
  context: Context,
  terms: ImportTerms,
  round: Round,
): Promise<void> {
  const { flags, note, result } = context;
  const end = new AbortController();
  void interruption().then(() => {
    end.abort();
  });
  const source = await readEventSource(context, terms, end.signal);
  const folder = flags.find('--manifest');
  if (folder !== undefined) await mkdir(folder, { recursive: true });
  const sums = { rounds: 0, accepted: 0, pending: 0, revoked: 0 };
  for await (const report of roundsOf(context, { source, terms, folder, end: end.signal, round })) {
    const { facts, manifestHash } = report;
    sums.rounds += 1;
    sums.accepted += Number(facts.accepted);
    sums.pending += Number(facts.pending);
    sums.revoked += Number(facts.revocations.revoked);
    note(
      `Round ${facts.round}: ${facts.accepted} accepted, ${facts.pending} waiting, ${facts.revocations.revoked} revoked; manifest ${manifestHash}`,
    );
  }
  result(sums, [
    `${sums.rounds} rounds: ${sums.accepted} accepted, ${sums.pending} waiting, ${sums.revoked} revoked.`,
    'The same command goes on. The next publication carries the manifests: eligo issuer publish',
  ]);
}

async function* roundsOf(
  context: Context,
  following: {
    readonly source: EventTerms;
    readonly terms: ImportTerms;
    readonly folder: string | undefined;
    readonly end: AbortSignal;
    readonly round: Round;
  },
): AsyncGenerator<ImportReport> {
  const { source, terms, folder, end, round } = following;
  const { client, confirmations } = source;
  for (let seen = -1n; !end.aborted;) {
    const head = await answerOf(getBlockNumber(client, { cacheTime: 0 }));
    const confirmed = head - BigInt(confirmations) + 1n;
    // A head that went back is looked at, too: what vanished has to be undone.
    if (confirmed !== seen && confirmed >= (uintFlag(context.flags, '--from-block', 64) ?? 0n)) {
      const place = folder === undefined ? undefined : join(folder, `until-${confirmed}.json`);
      const report = await untilEnded(end, () =>
        round(context, { terms, source, place, force: true }),
      );
      seen = confirmed;
      if (report) yield report;
    }
    await setTimeout(client.pollingInterval, undefined, { signal: end }).catch(() => undefined);
  }
}

/** Who ends the following is not told of it as an error; what was read so far is kept. */
async function untilEnded<T>(end: AbortSignal, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (end.aborted) return undefined;
    throw error;
  }
}
