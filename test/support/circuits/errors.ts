/**
 * Asserting an error of the project.
 * @module
 */
import { expect } from 'chai';
import { EligoError, type ErrorCode } from '../../../src/errors.ts';

/** Expects a promise to be rejected with this code and message. */
export async function expectRejection(
  promise: Promise<unknown>,
  code: ErrorCode,
  message: RegExp,
): Promise<void> {
  const reason: unknown = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(reason).to.be.instanceOf(EligoError);
  expect((reason as EligoError).code).to.equal(code);
  expect((reason as EligoError).message).to.match(message);
}
