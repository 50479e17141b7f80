/**
 * `eligo/offchain`: all of `eligo` that needs no chain. Who proves or verifies without one loads no client of it.
 * @module
 */
export { EligoError, exitCodes, httpStatus, type ErrorCode, type ErrorData } from './errors.ts';

export {
  FIELD_ORDER,
  NEVER,
  type Field,
  type IntegerInput,
  type RandomSource,
} from './protocol/field.ts';
export {
  computeNullifier,
  createIdentity,
  identityTypedData,
  restoreIdentity,
  type Identity,
} from './protocol/identity.ts';
export {
  createInvitation,
  enrolmentTypedData,
  readEnrolment,
  readInvitation,
  writeEnrolment,
  writeInvitation,
  type Enrolment,
  type EnrolmentBinding,
  type Invitation,
} from './protocol/enrolment.ts';
export {
  defineSchema,
  type FieldType,
  type Schema,
  type SchemaDocument,
  type SchemaField,
} from './protocol/schema.ts';
export { decodeValue, encodeValues, type ValueInput, type Values } from './protocol/value.ts';
export {
  checkAttestation,
  createAttestation,
  hashAttestation,
  type Attestation,
} from './protocol/attestation.ts';
export {
  credentialTypedData,
  readCredential,
  writeCredential,
  type Credential,
} from './protocol/credential.ts';
export {
  definePolicy,
  evaluatePolicy,
  type Evaluation,
  type Policy,
  type PolicyDocument,
} from './protocol/policy.ts';
export {
  compileTerms,
  computePolicy,
  computeTermsHash,
  termsFromFields,
  termsToFields,
  type Terms,
} from './protocol/terms.ts';
export {
  computeContext,
  computeScope,
  fromSignals,
  hashAction,
  packOutcome,
  toSignals,
  unpackOutcome,
  type Action,
  type Outcome,
  type Statement,
} from './protocol/statement.ts';
export { computeRoot, type MerklePath } from './protocol/merklePath.ts';
export {
  EMPTY_HEAD,
  REINSTATEMENT_REASONS,
  REVOCATION_REASONS,
  nextHead,
  readLogEntry,
  writeLogEntry,
  type LogEntry,
  type LogEvent,
  type ReinstatementReason,
  type RevocationReason,
} from './protocol/log.ts';
export type { Publication } from './protocol/publication.ts';
export { checkTranches, readPreset, vestedAt, type Tranche } from './protocol/vesting.ts';
export {
  defineCampaign,
  readCampaignDocument,
  type CampaignDocument,
  type CampaignSettings,
} from './protocol/campaign.ts';

export { EMPTY_LEAF, createTree, type Tree } from './tree/tree.ts';
export { createTrustList, type TrustList } from './tree/trustList.ts';
export { loadHasher, type Hasher } from './tree/hasher.ts';

export { loadArtifacts, type Artifacts, type Manifest } from './prover/artifacts.ts';
export { NO_CACHE, folderCache, type ArtifactCache } from './prover/artifactCache.ts';
export { fetchArtifacts, type FetchOptions } from './prover/fetchArtifacts.ts';
export {
  BACKENDS,
  snarkjsBackend,
  type Backend,
  type BackendName,
  type BackendOptions,
} from './prover/backend.ts';
export { stopWorkers } from './prover/snarkjs.ts';
export { createKernelBackend, type KernelBackendOptions } from './prover/kernelBackend.ts';
export { prove, type ProveParameters } from './prover/prove.ts';
export {
  checkProof,
  readProofFile,
  writeProofFile,
  type Proof,
  type ProvenStatement,
} from './prover/proof.ts';
export type { VerifyingKey } from './prover/verifyingKey.ts';

export {
  verify,
  type Circumstances,
  type Gate,
  type IndexRule,
  type Verdict,
} from './verifier/verify.ts';
export { verifyBatch, type Batch, type BatchedClaim } from './verifier/batch.ts';
export { amountOf, checkAmount, type AmountKind, type Funds, type Pay } from './verifier/amount.ts';
export type { Freshness, RootFacts } from './verifier/rootRule.ts';
export { checkCampaign, type CampaignFacts } from './verifier/campaign.ts';
