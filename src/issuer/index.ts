/**
 * `eligo/issuer`: the issuer's side and the auditor's, apart from `eligo`, so that whoever proves or verifies loads no
 * database.
 * @module
 */
export { openStore, type Store } from '../store/store.ts';
export { readSealKey, toSealKey, type SealKey } from '../store/seal.ts';
export { backUp, restore } from '../store/backup.ts';
export { rekey } from '../store/rekey.ts';
export { buildTree, readPath, type BlockBuilder, type BuildOptions } from '../store/tree.ts';
export { createDistributor, startTreeWorker, type TreeWorker } from '../store/treeJobs.ts';
export { createThreads, inline, type Threads } from '../tree/threads.ts';

export { openIssuer, registerIssuerTree, setUpStore, type Issuer } from './issuer.ts';
export {
  SUBJECT_KINDS,
  createPepper,
  normaliseSubject,
  readPepper,
  subjectKey,
  writePepper,
  type SubjectKind,
} from './subject.ts';
export { readRows, type Row, type RowFormat } from './rows.ts';
export {
  issue,
  type IssueParameters,
  type IssueRow,
  type IssueSummary,
  type Issued,
} from './issue.ts';
export type { ImportRecord } from './import/record.ts';
export { readMapping, type Mapping } from './import/mapping.ts';
export { amountFields, readSourceFile, type SourceFileParameters } from './import/files.ts';
export {
  followSourceEvents,
  readSourceEvents,
  type CursorMark,
  type EventsParameters,
} from './import/events.ts';
export {
  abandonImport,
  importRecords,
  type ImportParameters,
  type ImportReport,
} from './import/import.ts';
export { createManifestCheck, readImportManifest } from './auditManifest.ts';
export { enrol, invite, listWaiting, type InviteParameters, type InviteRow } from './enrol.ts';
export { erase, positionsOf, reinstate, revoke, type Evidence } from './revoke.ts';
export { planPublication, publish, type Plan, type PublishOptions } from './publish.ts';
export { unfreeze } from './unfreeze.ts';
export type { SettleOptions } from './settle.ts';
export {
  handPublication,
  readHanded,
  submitPublication,
  writeHanded,
  type HandedPublication,
} from './handOver.ts';
export { makeCredentials, redeemToken, renewToken } from './credentials.ts';
export { createCredentialService } from './credentialService.ts';
export { exportLog } from './logFiles.ts';
export { openLog, type Log, type LogSource } from './logSource.ts';
export { exportPaths, type PathPublication } from './pathFiles.ts';
export { readPublishedTree, type PublishedTree } from './pathsAt.ts';
export { rebuildTree, type AuditReport } from './auditRebuild.ts';
export { traceAttestation, tracePublication } from './auditTrace.ts';
