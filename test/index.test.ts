import { expect } from 'chai';
import * as eligo from '../src/index.ts';
import * as issuer from '../src/issuer/index.ts';
import * as offchain from '../src/offchain.ts';

/** What a program can import from the package by name. A change here is a change of the public surface. */
const surface = {
  errors: ['EligoError', 'exitCodes', 'httpStatus'],
  protocol: [
    ...['FIELD_ORDER', 'NEVER'],
    ...['createIdentity', 'computeNullifier', 'identityTypedData', 'restoreIdentity'],
    ...['createInvitation', 'readInvitation', 'writeInvitation'],
    ...['enrolmentTypedData', 'readEnrolment', 'writeEnrolment'],
    ...['EMPTY_HEAD', 'REVOCATION_REASONS', 'REINSTATEMENT_REASONS'],
    ...['nextHead', 'readLogEntry', 'writeLogEntry'],
    ...['defineSchema', 'encodeValues', 'decodeValue'],
    ...['createAttestation', 'checkAttestation', 'hashAttestation'],
    ...['readCredential', 'writeCredential', 'credentialTypedData'],
    ...['definePolicy', 'evaluatePolicy'],
    ...['compileTerms', 'computeTermsHash', 'computePolicy', 'termsToFields', 'termsFromFields'],
    ...['computeScope', 'computeContext', 'hashAction'],
    ...['packOutcome', 'unpackOutcome', 'toSignals', 'fromSignals'],
    ...['computeRoot', 'checkTranches', 'vestedAt', 'readPreset'],
    ...['defineCampaign', 'readCampaignDocument'],
  ],
  tree: ['createTree', 'createTrustList', 'loadHasher', 'EMPTY_LEAF'],
  prover: [
    ...['loadArtifacts', 'fetchArtifacts', 'folderCache', 'NO_CACHE', 'prove'],
    ...['BACKENDS', 'createKernelBackend', 'snarkjsBackend', 'stopWorkers'],
    ...['checkProof', 'readProofFile', 'writeProofFile'],
  ],
  verifier: ['verify', 'verifyBatch', 'checkCampaign', 'amountOf', 'checkAmount'],
  chain: [
    ...['abis', 'connect', 'getChainTime', 'deployContracts', 'readDeployment', 'examine'],
    ...['GOVERNANCE_REASONS', 'toGovernanceReason', 'registerIssuer', 'anchorSchema'],
    ...['grantRole', 'revokeRole', 'renounceRole', 'rotateKey', 'holdsRole'],
    ...['offerOwnership', 'withdrawOwnership', 'acceptOwnership', 'getOfferedOwner'],
    ...['createList', 'admit', 'joinList', 'settleList', 'removeMember', 'leaveList'],
    ...['removeSilent', 'voidList', 'offerList', 'withdrawList', 'acceptList'],
    ...['getList', 'getListsOf'],
    ...['checkCredential', 'checkEnrolment', 'signEnrolment', 'getTreeEvents'],
    ...['registerTree', 'getTree', 'getRoot', 'nextPublication', 'publish', 'signPublication'],
    ...['publishBySignature', 'freeze', 'unfreeze'],
    ...['findAffected', 'rehearse', 'getIssuer'],
    ...['COIN', 'createCampaign', 'fund', 'amend', 'pause', 'unpause', 'clawback'],
    ...['getCampaign', 'getAmendment', 'campaignScope', 'claimContext', 'isSpent', 'findClaim'],
    ...['claim', 'claimBatch', 'simulateBatch'],
    ...['getGrant', 'findGrants', 'release', 'transferGrant', 'clawbackGrant'],
    ...['adapterScope', 'adapterContext', 'signProtocolAction', 'easAction', 'tokenTableAction'],
    ...['veraxAction', 'encodeAdapterClaims', 'encodeEasData', 'EAS_CLAIM_FIELDS'],
  ],
  claimant: [
    ...['fetchPath', 'fetchManifest', 'fetchLatestRoot'],
    ...['exportIdentity', 'importIdentity'],
  ],
} as const;

/** What it can import from `eligo/issuer`. */
const issuerSurface = {
  store: [
    ...['openStore', 'readSealKey', 'toSealKey', 'backUp', 'restore', 'rekey'],
    ...['buildTree', 'readPath', 'createDistributor', 'startTreeWorker'],
  ],
  tree: ['createThreads', 'inline'],
  issuer: [
    ...['openIssuer', 'registerIssuerTree', 'setUpStore'],
    ...['SUBJECT_KINDS', 'createPepper', 'readPepper', 'writePepper'],
    ...['normaliseSubject', 'subjectKey', 'readRows'],
    ...['issue', 'invite', 'enrol', 'listWaiting'],
    ...['importRecords', 'abandonImport', 'readMapping', 'readSourceFile'],
    ...['readSourceEvents', 'followSourceEvents', 'amountFields'],
    ...['createManifestCheck', 'readImportManifest'],
    ...['revoke', 'reinstate', 'positionsOf', 'erase'],
    ...['planPublication', 'publish', 'unfreeze'],
    ...['handPublication', 'readHanded', 'writeHanded', 'submitPublication'],
    ...['makeCredentials', 'redeemToken', 'renewToken', 'createCredentialService'],
    ...['exportLog', 'openLog', 'exportPaths', 'readPublishedTree'],
    ...['rebuildTree', 'traceAttestation', 'tracePublication'],
  ],
} as const;

describe('index of the issuer', () => {
  it('exports these names and no others', () => {
    expect(Object.keys(issuer).sort()).to.deep.equal(Object.values(issuerSurface).flat().sort());
  });
});

describe('index of what needs no chain', () => {
  it('exports the same as the index, but for the chain and what a claimant does with it', () => {
    const { errors, protocol, tree, prover, verifier } = surface;
    expect(Object.keys(offchain).sort()).to.deep.equal(
      [errors, protocol, tree, prover, verifier].flat().sort(),
    );
    const all: Readonly<Record<string, unknown>> = eligo;
    for (const [name, value] of Object.entries(offchain)) expect(all[name], name).to.equal(value);
  });
});

describe('index', () => {
  it('exports these names and no others', () => {
    expect(Object.keys(eligo).sort()).to.deep.equal(Object.values(surface).flat().sort());
  });

  it('exports plain functions, one class, which is the error, and data', () => {
    const classes = Object.entries(eligo).filter(
      ([, value]) =>
        typeof value === 'function' && /^class\s/.test(Function.prototype.toString.call(value)),
    );
    expect(classes.map(([name]) => name)).to.deep.equal(['EligoError']);
    const data = Object.entries(eligo)
      .filter(([, value]) => typeof value !== 'function')
      .map(([name]) => name);
    expect(data.sort()).to.deep.equal([
      ...['BACKENDS', 'COIN', 'EAS_CLAIM_FIELDS', 'EMPTY_HEAD', 'EMPTY_LEAF', 'FIELD_ORDER'],
      ...['GOVERNANCE_REASONS', 'NEVER', 'NO_CACHE'],
      ...['REINSTATEMENT_REASONS', 'REVOCATION_REASONS', 'abis', 'exitCodes', 'httpStatus'],
    ]);
  });

  it('has no default export', () => {
    expect(eligo).not.to.have.property('default');
  });
});
