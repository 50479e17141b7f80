/**
 * The one error class of the project. Code switches on `code`; people read `message`.
 * A message names the field, the value and the rule, and never holds a secret, a salt or a witness.
 * @module
 */

/** CLI exit codes: 1 refused, 2 usage, 3 environment. The keys are the stable error codes. */
export const exitCodes = {
  // What a caller passed, or a document says, is malformed.
  InvalidInput: 2,
  // The claimant's side.
  PolicyNotMet: 1,
  WitnessRejected: 1,
  AttestationNotInTree: 1,
  CampaignMismatch: 1,
  // The verdicts of PROTOCOL.md section 5, in its order; contracts revert with the same names.
  UnknownCampaign: 1,
  CampaignPaused: 1,
  CampaignClosed: 1,
  SignalOutOfRange: 1,
  WrongPolicy: 1,
  WrongContext: 1,
  ProofFromFuture: 1,
  ProofExpired: 1,
  SourceFrozen: 1,
  UnknownRoot: 1,
  StaleRoot: 1,
  SilentSource: 1,
  ClaimIndexClosed: 1,
  NullifierSpent: 1,
  FeeTooHigh: 1,
  AmountTooLow: 1,
  BudgetExceeded: 1,
  InvalidProof: 1,
  // What can still keep a proved claim from being paid.
  PaymentFailed: 1,
  UnclearPayment: 1,
  MandatoryHookFailed: 1,
  InsufficientGas: 1,
  // The integrator's side: what a distributor refuses whoever makes, funds or changes a campaign.
  InvalidCampaign: 1,
  InvalidRule: 1,
  WrongValue: 1,
  NotAmendable: 1,
  CampaignNotOver: 1,
  NotCampaignOwner: 1,
  NotCampaignGuardian: 1,
  // Plans and grants.
  InvalidPlan: 1,
  InvalidSchedule: 1,
  InvalidRecipient: 1,
  UnknownGrant: 1,
  NothingToRelease: 1,
  NotRecipient: 1,
  NotTransferable: 1,
  NotPlanOwner: 1,
  ClawbackExcluded: 1,
  ReasonMissing: 1,
  AlreadyClawedBack: 1,
  NothingToClawBack: 1,
  // The issuer's side.
  AlreadyAttested: 1,
  CommitmentTaken: 1,
  UnknownAttestation: 1,
  AlreadyRevoked: 1,
  NotRevoked: 1,
  DataErased: 1,
  UnknownEnrolment: 1,
  EnrolmentExpired: 1,
  InvalidSignature: 1,
  UnknownToken: 1,
  Unauthorised: 1,
  PublicationPending: 1,
  PublicationConflict: 1,
  // The auditor's: what the log says and what the chain says differ.
  AuditFailed: 1,
  // Keys and artifacts.
  InsecureKey: 1,
  ArtifactMismatch: 3,
  ArtifactMissing: 3,
  // The environment.
  FileUnavailable: 3,
  SourceUnavailable: 3,
  StoreLocked: 3,
  StoreMismatch: 3,
  StoreUnavailable: 3,
  ContractReverted: 1,
  ChainUnavailable: 3,
  ToolMissing: 3,
  ThreadLost: 3,
  ProverFailed: 3,
} as const satisfies Record<string, 1 | 2 | 3>;

/** A stable name for what went wrong. */
export type ErrorCode = keyof typeof exitCodes;

/**
 * What an error is over HTTP to somebody who asks. A code that isn't here is the service's own trouble: 500, and not a word
 * about it.
 */
export const httpStatus = {
  Unauthorised: 401,
  UnknownToken: 404,
  AlreadyRevoked: 410,
  UnknownAttestation: 410,
  StoreLocked: 503,
  StoreUnavailable: 503,
} as const satisfies Partial<Record<ErrorCode, number>>;

/** Facts that explain an error, for programs: never secret. */
export type ErrorData = Readonly<Record<string, string | number | bigint | boolean | undefined>>;

/** Every error that this project throws on purpose. */
export class EligoError extends Error {
  override readonly name = 'EligoError';
  readonly code: ErrorCode;
  readonly data: ErrorData;

  constructor(code: ErrorCode, message: string, data: ErrorData = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.data = data;
  }
}

/**
 * An `InvalidInput` that names the field, the value and the rule.
 * @param value what was given; pass `undefined` for a secret, and the message stays silent about it
 */
export function invalidInput(field: string, value: unknown, rule: string): EligoError {
  const shown = value === undefined ? undefined : display(value);
  const given = shown === undefined ? '' : ` is ${shown}:`;
  return new EligoError('InvalidInput', `${field}${given} ${rule}`, { field, value: shown, rule });
}

const DISPLAY_LIMIT = 120;

/** A value as one short line for a message. */
function display(value: unknown): string {
  let text: string;
  if (typeof value === 'string') text = JSON.stringify(value);
  else if (typeof value === 'object' && value !== null) text = displayObject(value);
  else text = String(value);
  return text.length > DISPLAY_LIMIT ? `${text.slice(0, DISPLAY_LIMIT)}…` : text;
}

/** JSON, or the kind of object for one that has none: an error message is no place to throw. */
function displayObject(value: object): string {
  const plain = (_: string, inner: unknown): unknown =>
    typeof inner === 'bigint' ? inner.toString() : inner;
  try {
    const json = JSON.stringify(value, plain) as string | undefined;
    if (json !== undefined) return json;
  } catch {
    // It holds itself, or throws when it is read.
  }
  return Object.prototype.toString.call(value);
}
