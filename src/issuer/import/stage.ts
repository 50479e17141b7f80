/**
 * The first step of an import: records are read into the store, a batch a transaction, so that reading goes on where it was
 * interrupted.
 * @module
 */
import { zeroAddress, type Address } from 'viem';
import { EligoError } from '../../errors.ts';
import { DAY } from '../../protocol/attestation.ts';
import { MAX_VALUE } from '../../protocol/field.ts';
import { insertImportRows, type NewImportRow } from '../../store/importRows.ts';
import { setTally } from '../../store/importRounds.ts';
import { setRead } from '../../store/imports.ts';
import { normaliseSubject, subjectKey } from '../subject.ts';
import { BATCH, readTally, type ImportMark, type Job } from './job.ts';
import type { AttestRecord, ExclusionRule, ImportRecord } from './record.ts';

/**
 * Reads what isn't read yet.
 * @returns the records that the import has then
 */
export async function stageRecords(job: Job): Promise<number> {
  const { stored, round, parameters } = job;
  const { source, records, signal, onProgress } = parameters;
  const known = source.kind === 'file' ? stored.read - round.first : 0;
  const cursor = stored.cursor === undefined ? undefined : (JSON.parse(stored.cursor) as unknown);
  let [read, seen, batch]: [number, number, ImportRecord[]] = [stored.read, 0, []];
  const flush = async (mark?: ImportMark): Promise<void> => {
    await keepBatch(job, { read, batch, mark });
    read += batch.length;
    batch = [];
    onProgress?.({ step: 'reading', rows: read - round.first });
  };
  for await (const record of records({ cursor, now: round.now })) {
    signal?.throwIfAborted();
    if (record.kind === 'mark') {
      await flush(record);
      continue;
    }
    seen += 1;
    if (seen <= known) continue;
    batch.push(record);
    // What no mark follows yet may vanish from the chain that it was read from.
    if (batch.length === BATCH && source.kind === 'file') await flush();
  }
  if (source.kind === 'file' && batch.length > 0) await flush();
  return read;
}

async function keepBatch(
  { issuer, stored, round, parameters, change }: Job,
  kept: {
    readonly read: number;
    readonly batch: readonly ImportRecord[];
    readonly mark: ImportMark | undefined;
  },
): Promise<void> {
  const { read, batch, mark } = kept;
  const rows = batch.map((record, i) => toRow(record, read + i, round.now, parameters));
  await change(async (db) => {
    await insertImportRows(db, issuer.store.key, stored.id, rows);
    const cursor = mark ? JSON.stringify(mark.cursor) : undefined;
    await setRead(db, stored.id, { read: read + batch.length, cursor });
    if (!mark) return;
    const tally = { ...readTally(round), toBlock: mark.block.toString() };
    await setTally(db, round, JSON.stringify(tally));
  });
}

function toRow(
  record: ImportRecord,
  ordinal: number,
  now: bigint,
  { source, pepper }: Job['parameters'],
): NewImportRow {
  const { place, id } = record;
  const row = { ordinal, place };
  // Nobody takes back a line of a file: its name would only fill an index.
  const sourceId = source.kind === 'file' ? undefined : id;
  switch (record.kind) {
    case 'exclude':
      return { ...row, state: 'excluded', rule: record.rule, detail: record.detail };
    case 'revoke':
      return { ...row, state: 'revoking', sourceId, content: bytesOf(record.content) };
    case 'attest': {
      const { account, fault } = checkRecord(record, now);
      if (fault) return { ...row, state: 'excluded', ...fault };
      const { commitment, expiresAt, values, part = '' } = record;
      return {
        ...{ ...row, state: 'staged', sourceId, content: bytesOf(record.content) },
        ...{ account, commitment, expiresAt, values, part },
        subjectKey: subjectKey({ pepper, kind: 'address', identifier: account }),
      };
    }
  }
}

type Fault = { readonly rule: ExclusionRule; readonly detail: string };

/** Readers have looked before; a reader's fault must not become a leaf. */
function checkRecord(
  { account, expiresAt, values }: AttestRecord,
  now: bigint,
): { readonly account: Address; readonly fault?: Fault } {
  const normal = normalAddress(account);
  if (typeof normal !== 'string') return { account: zeroAddress, fault: normal };
  const fault = (rule: ExclusionRule, detail: string) => ({
    account: normal,
    fault: { rule, detail },
  });
  if (normal === zeroAddress) return fault('zero-address', 'account must not be the zero address');
  if (expiresAt < now - (now % DAY)) return fault('expired', 'expiresAt is before the import');
  if (values.some((value) => value < 0n || value > MAX_VALUE))
    return fault('bad-value', 'values must be at most 2^96 - 1');
  return { account: normal };
}

function normalAddress(text: string): Address | Fault {
  try {
    return normaliseSubject('address', text) as Address;
  } catch (error) {
    const rule = error instanceof EligoError ? String(error.data['rule']) : '';
    return {
      rule: rule.includes('checksum') ? 'bad-checksum' : 'bad-address',
      detail: `account ${rule}`,
    };
  }
}

function bytesOf(hex: string | undefined): Uint8Array | undefined {
  return hex === undefined ? undefined : Uint8Array.from(Buffer.from(hex.slice(2), 'hex'));
}
