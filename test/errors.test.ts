import { expect } from 'chai';
import { EligoError, exitCodes, httpStatus, invalidInput, type ErrorCode } from '../src/errors.ts';

describe('errors', () => {
  describe('exitCodes', () => {
    it('gives every code 1 (refused), 2 (usage) or 3 (environment)', () => {
      for (const [code, exit] of Object.entries(exitCodes)) {
        expect(code).to.match(/^[A-Z][A-Za-z]+$/);
        expect([1, 2, 3], code).to.include(exit);
      }
    });

    it('names every verdict of PROTOCOL.md section 5, in its order, as refused', () => {
      const verdicts: readonly ErrorCode[] = [
        ...(['UnknownCampaign', 'CampaignPaused', 'CampaignClosed', 'SignalOutOfRange'] as const),
        ...(['WrongPolicy', 'WrongContext', 'ProofFromFuture', 'ProofExpired'] as const),
        ...(['SourceFrozen', 'UnknownRoot', 'StaleRoot', 'SilentSource'] as const),
        ...(['ClaimIndexClosed', 'NullifierSpent'] as const),
        ...(['FeeTooHigh', 'AmountTooLow', 'BudgetExceeded', 'InvalidProof'] as const),
      ];
      const inOrder = Object.keys(exitCodes).filter((code) =>
        (verdicts as readonly string[]).includes(code),
      );
      expect(inOrder).to.deep.equal(verdicts);
      for (const code of verdicts) expect(exitCodes[code], code).to.equal(1);
    });

    it('tells malformed input and a wrong environment from a refusal', () => {
      expect(exitCodes.InvalidInput).to.equal(2);
      const environment = Object.entries(exitCodes)
        .filter(([, exit]) => exit === 3)
        .map(([code]) => code);
      expect(environment).to.deep.equal([
        'ArtifactMismatch',
        'ArtifactMissing',
        'FileUnavailable',
        'SourceUnavailable',
        'StoreLocked',
        'StoreMismatch',
        'StoreUnavailable',
        'ChainUnavailable',
        'ToolMissing',
        'ThreadLost',
        'ProverFailed',
      ]);
    });
  });

  describe('httpStatus', () => {
    it('blames whoever asks for what is refused or malformed, and never for the environment', () => {
      for (const [code, status] of Object.entries(httpStatus)) {
        const isEnvironment = exitCodes[code as ErrorCode] === 3;
        expect(Math.floor(status / 100), code).to.equal(isEnvironment ? 5 : 4);
      }
    });

    it('tells a missing token from a wrong one, and from one whose attestation is revoked', () => {
      expect(httpStatus).to.include({ Unauthorised: 401, UnknownToken: 404, AlreadyRevoked: 410 });
    });
  });

  describe('EligoError', () => {
    it('carries code, data and cause', () => {
      const cause = new Error('below');
      const error = new EligoError('StaleRoot', 'too old', { endedAt: 5n }, cause);
      expect(error).to.be.instanceOf(Error);
      expect(error).to.include({
        name: 'EligoError',
        code: 'StaleRoot',
        message: 'too old',
        cause,
      });
      expect(error.data).to.deep.equal({ endedAt: 5n });
    });
    it('has no cause and no data unless given', () => {
      const error = new EligoError('StaleRoot', 'too old');
      expect(error).not.to.have.property('cause');
      expect(error.data).to.deep.equal({});
    });
  });

  describe('invalidInput', () => {
    const circle: { self?: unknown } = {};
    circle.self = circle;
    const shown: readonly (readonly [string, unknown, string])[] = [
      ['text, quoted', 'a "b"', '"a \\"b\\""'],
      ['a bigint', 5n, '5'],
      ['true', true, 'true'],
      ['null', null, 'null'],
      ['an object with a bigint', { a: 1n }, '{"a":"1"}'],
      ['a list', ['a', 2], '["a",2]'],
      ['long text, cut', 'a'.repeat(200), `"${'a'.repeat(119)}…`],
    ];
    for (const [name, value, text] of shown) {
      it(`names field, value and rule: ${name}`, () => {
        const error = invalidInput('where', value, 'must be other');
        expect(error.code).to.equal('InvalidInput');
        expect(error.message).to.equal(`where is ${text}: must be other`);
        expect(error.data).to.deep.equal({ field: 'where', value: text, rule: 'must be other' });
      });
    }
    it('is silent about a value that it is not given', () => {
      const error = invalidInput('secret', undefined, 'must be other');
      expect(error.message).to.equal('secret must be other');
      expect(error.data).to.deep.equal({
        field: 'secret',
        value: undefined,
        rule: 'must be other',
      });
    });
    it('shows whatever it is given, in one short line, and never throws', () => {
      for (const value of [
        circle,
        () => undefined,
        Symbol('x'),
        { toJSON: () => undefined },
        new Map(),
        NaN,
      ]) {
        const { message } = invalidInput('x', value, 'must be other');
        expect(message.length).to.be.below(200);
        expect(message).to.match(/^x is .*: must be other$/);
      }
    });
  });
});
