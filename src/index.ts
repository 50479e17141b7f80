/**
 * Eligo: prove that you are eligible, reveal nothing else.
 * @module
 */
export * from './offchain.ts';

export * as abis from './chain/abis.ts';
export { connect, getChainTime, type ReadClient, type WriteClient } from './chain/client.ts';
export { deployContracts, readDeployment, type Deployment } from './chain/deployment.ts';
export { examine, type Finding } from './chain/doctor.ts';
export { checkCredential } from './chain/credentials.ts';
export { checkEnrolment, signEnrolment } from './chain/enrolments.ts';
export { getTreeEvents, type TreeEvent } from './chain/publications.ts';
export {
  GOVERNANCE_REASONS,
  toGovernanceReason,
  type Because,
  type GovernanceReason,
  type MaybeBecause,
} from './chain/governance.ts';
export { findAffected } from './chain/affectedFacts.ts';
export type { Affected, AffectedCampaign, AffectedList, Holders } from './chain/affected.ts';
export type { Deed } from './chain/affectedLists.ts';
export { rehearse, type Rehearsed } from './chain/rehearse.ts';
export { getIssuer, type IssuerFacts } from './chain/issuerFacts.ts';
export {
  acceptOwnership,
  anchorSchema,
  getOfferedOwner,
  grantRole,
  holdsRole,
  offerOwnership,
  registerIssuer,
  renounceRole,
  revokeRole,
  rotateKey,
  withdrawOwnership,
  type IssuerRole,
} from './chain/issuers.ts';
export {
  acceptList,
  admit,
  createList,
  getList,
  getListsOf,
  joinList,
  leaveList,
  offerList,
  removeMember,
  removeSilent,
  settleList,
  voidList,
  withdrawList,
  type Member,
  type TrustListFacts,
} from './chain/lists.ts';
export {
  freeze,
  getRoot,
  getTree,
  nextPublication,
  publish,
  publishBySignature,
  registerTree,
  signPublication,
  unfreeze,
  type TreeFacts,
} from './chain/roots.ts';
export {
  COIN,
  amend,
  campaignScope,
  claim,
  claimBatch,
  claimContext,
  clawback,
  createCampaign,
  findClaim,
  fund,
  getAmendment,
  getCampaign,
  isSpent,
  pause,
  simulateBatch,
  unpause,
  type Campaign,
  type ClaimOutcome,
  type ClaimToSend,
  type Refusal,
} from './chain/campaigns.ts';
export {
  clawbackGrant,
  findGrants,
  getGrant,
  release,
  transferGrant,
  type Grant,
} from './chain/grants.ts';
export {
  EAS_CLAIM_FIELDS,
  adapterContext,
  adapterScope,
  easAction,
  encodeAdapterClaims,
  encodeEasData,
  signProtocolAction,
  tokenTableAction,
  veraxAction,
  type AdapterAction,
  type AdapterPlace,
  type VeraxPayload,
} from './chain/adapters.ts';

export { fetchLatestRoot, fetchManifest, fetchPath, type FetchedPath } from './claimant/paths.ts';
export { exportIdentity, importIdentity, type IdentityExport } from './claimant/keystore.ts';
