/**
 * The HTTP service that hands credentials over: `POST /credentials` with a one-time token, and nothing else. A token comes
 * in a header and goes nowhere: not into a URL, an answer or a log.
 * @module
 */
import { Hono, type Context } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { EligoError, httpStatus, type ErrorCode } from '../errors.ts';
import { writeCredential, type Credential } from '../protocol/credential.ts';

/** The request says all in its header. */
const MAX_BODY_BYTES = 1_024;

const PATH = '/credentials';

/** Of HTTP itself, beside those that errors have. */
type Status = (typeof httpStatus)[keyof typeof httpStatus] | 404 | 405 | 413 | 500;

/**
 * Makes the service.
 * @param options.redeem  hands the credential of a token over, as `redeemToken` does
 * @param options.onFault told the code of what went wrong on this side; nothing about who asked
 * @example
 * const service = createCredentialService({ redeem: (token) => redeemToken(issuer, signer, token) });
 * const response = await service.request('/credentials', { method: 'POST', headers });
 */
export function createCredentialService(options: {
  readonly redeem: (token: string) => Promise<Credential>;
  readonly onFault?: (code: string) => void;
}): Hono {
  const { redeem, onFault } = options;
  const service = new Hono();
  service.use(async (context, next) => {
    await next();
    context.header('Cache-Control', 'no-store');
    context.header('X-Content-Type-Options', 'nosniff');
  });
  const limit = bodyLimit({
    maxSize: MAX_BODY_BYTES,
    onError: (context) =>
      refuse(context, 413, 'InvalidInput', `a request has at most ${MAX_BODY_BYTES} bytes`),
  });
  service.post(PATH, limit, async (context) => {
    const token = tokenOf(context.req.header('Authorization'));
    if (token !== undefined) return context.json(writeCredential(await redeem(token)));
    context.header('WWW-Authenticate', 'Bearer');
    const rule = 'Authorization must be "Bearer" and the token';
    return refuse(context, httpStatus.Unauthorised, 'Unauthorised', rule);
  });
  service.all(PATH, (context) => {
    context.header('Allow', 'POST');
    return refuse(context, 405, 'InvalidInput', 'a credential is fetched with POST');
  });
  service.notFound((context) =>
    refuse(context, 404, 'InvalidInput', `there is nothing here but POST ${PATH}`),
  );
  service.onError((error, context) => {
    const code = error instanceof EligoError ? error.code : undefined;
    const status = code && statusOf(code);
    if (code && status && status < 500) return refuse(context, status, code, error.message);
    onFault?.(code ?? 'Unexpected');
    return refuse(context, status ?? 500, code ?? 'Unexpected', 'try again later');
  });
  return service;
}

function statusOf(code: ErrorCode): Status | undefined {
  const statuses: Partial<Record<ErrorCode, Status>> = httpStatus;
  return statuses[code];
}

/** RFC 6750, section 2.1. */
function tokenOf(header: string | undefined): string | undefined {
  return /^Bearer +([A-Za-z0-9._~+/-]{1,256}=*)$/i.exec(header ?? '')?.[1];
}

function refuse(context: Context, status: Status, code: string, message: string): Response {
  return context.json({ error: { code, message } }, status);
}
