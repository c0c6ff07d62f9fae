import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';

import { AppError } from '../base/errors.ts';
import type { ErrorCode, FieldError } from '../base/errors.ts';
import { describeError } from '../openapi/validation.ts';
import { ERROR_ANSWERS, errorHeaders } from './error-answers.ts';
import { translateInfrastructureError } from './infrastructure-error.ts';

const MEDIA_TYPE = 'application/problem+json';
const MAX_FIELD_ERRORS = 32;

/** RFC 9457, as `Problem` in openapi.yaml. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  code: ErrorCode;
  detail: string;
  errors?: readonly FieldError[];
}

export function toProblem(error: AppError): Problem {
  const { code, detail, errors } = error;
  const { title, status } = ERROR_ANSWERS[code];
  return {
    type: `urn:posthorn:problem:${code}`,
    title,
    status,
    code,
    detail,
    ...(errors && errors.length > 0 && { errors: errors.slice(0, MAX_FIELD_ERRORS) }),
  };
}

/** Answers whatever is thrown, wherever in the request's life, as a problem. */
export function handleError(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const answer = toAppError(error);
  if (ERROR_ANSWERS[answer.code].status >= 500) {
    // An AppError thrown as such is an answer foreseen; its stack is of use only with a cause.
    const isForeseen = answer === error && answer.cause === undefined;
    request.log.error(isForeseen ? { code: answer.code } : { code: answer.code, err: error });
  }
  sendProblem(answer, request, reply);
}

/** Fastify answers these itself, before any route and hook, unless configured otherwise. */
export function handleFrameworkError(
  error: FastifyError,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  sendProblem(toAppError(error), request, reply);
}

function sendProblem(error: AppError, request: FastifyRequest, reply: FastifyReply): void {
  reply
    .code(ERROR_ANSWERS[error.code].status)
    .headers(errorHeaders(error))
    .header('x-request-id', request.id)
    .type(MEDIA_TYPE)
    // A string passes by the serializers of the route, which know its own responses alone.
    .send(JSON.stringify(toProblem(error)));
}

const FRAMEWORK_ERRORS: Readonly<Record<string, [ErrorCode, string]>> = {
  FST_ERR_BAD_URL: ['invalid_request', 'The path is not a valid URL component.'],
  FST_ERR_MAX_PARAM_LENGTH: ['uri_too_long', 'A path parameter is too long.'],
  FST_ERR_NOT_FOUND: ['not_found', 'There is nothing at this path.'],
  FST_ERR_CTP_BODY_TOO_LARGE: ['payload_too_large', 'The body is larger than 1 MiB.'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: [
    'unsupported_media_type',
    'The body must be application/json, and Content-Type must say so.',
  ],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: [
    'invalid_request',
    'The body is not as long as Content-Length says.',
  ],
};

const CODES_BY_STATUS: Readonly<Record<number, ErrorCode>> = {
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not_found',
  405: 'method_not_allowed',
  413: 'payload_too_large',
  414: 'uri_too_long',
  415: 'unsupported_media_type',
  429: 'too_many_requests',
};

function toAppError(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  const error = thrown as Partial<FastifyError> | null | undefined;
  if (error?.validation) return toValidationError(error);
  const known = FRAMEWORK_ERRORS[error?.code ?? ''];
  if (known) return new AppError(known[0], known[1], { cause: thrown });
  const unavailable = translateInfrastructureError(thrown);
  const status = error?.statusCode ?? 500;
  // A request that breaks off carries a 4xx beside its socket error.
  if (status >= 400 && status < 500) {
    const code = CODES_BY_STATUS[status] ?? 'invalid_request';
    return new AppError(code, 'The request cannot be processed.', { cause: thrown });
  }
  if (unavailable) return unavailable;
  return new AppError('internal_error', 'Something went wrong on our side.', { cause: thrown });
}

const PARTS = {
  body: { name: 'request body', prefix: '' },
  params: { name: 'path', prefix: '/path' },
  querystring: { name: 'query string', prefix: '/query' },
  headers: { name: 'request header', prefix: '/header' },
} as const;

/**
 * A pointer into the body is plain, `/event_types/0`; elsewhere it starts with the `in` of the
 * parameter: `/query/limit`, `/path/id`, `/header/idempotency-key`.
 */
function toValidationError(error: Partial<FastifyError>): AppError {
  const part = PARTS[error.validationContext ?? 'body'];
  const faults = (error.validation ?? []).map(describeError);
  const errors = faults.map(({ pointer, detail }) => ({
    pointer: `${part.prefix}${pointer}`,
    detail,
  }));
  const first = errors[0];
  const detail = `The ${part.name} is not valid: ${first?.pointer || 'it'} ${first?.detail}.`;
  return new AppError('invalid_request', detail, { errors });
}

/**
 * Answers paths nobody serves: 405 with `Allow` where the path exists under another method, 404
 * elsewhere. Must be called before the routes are registered, which it watches.
 */
export function handleNotFound(app: FastifyInstance): void {
  const routes: { pattern: RegExp; isLiteral: boolean; method: string }[] = [];
  app.addHook('onRoute', ({ url, method }) => {
    // Preflights are answered at every path, which makes none of them exist.
    if (url === '*') return;
    const source = url
      .replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&')
      .replaceAll(/:[^/]+/g, '[^/]+')
      .replaceAll('*', '.*');
    const pattern = new RegExp(`^${source}$`);
    const isLiteral = !/[:*]/.test(url);
    for (const one of [method].flat()) routes.push({ pattern, isLiteral, method: one });
  });
  const refusalOf = (request: FastifyRequest): AppError => {
    const path = request.url.split('?', 1)[0] ?? '';
    const found = routes.filter(({ pattern }) => pattern.test(path));
    // The answer for `/event-types/import` must not say that a type of this name could be read there.
    const literal = found.filter(({ isLiteral }) => isLiteral);
    const allowed = new Set((literal.length > 0 ? literal : found).map(({ method }) => method));
    if (allowed.size === 0) return new AppError('not_found', 'There is nothing at this path.');
    const allowedMethods = [...allowed].sort();
    return new AppError('method_not_allowed', `This path answers ${allowedMethods.join(', ')}.`, {
      allowedMethods,
    });
  };
  app.setNotFoundHandler((request) => {
    throw refusalOf(request);
  });
  // Fastify would ask for a content type first, and answer 400.
  app.addHook('onRequest', (request, _reply, done) => {
    done(request.is404 && request.method === 'QUERY' ? refusalOf(request) : undefined);
  });
}

/**
 * Requests that Node would answer itself, without a body: an `Expect` it does not know, which need not be
 * met (RFC 9110, 10.1.1), and a request that names no host, which must be 400 (RFC 9112, 3.2).
 * Needs `requireHostHeader: false`.
 */
export function handleBareRefusals(app: FastifyInstance): void {
  app.server.on('checkExpectation', (request, response) => {
    app.server.emit('request', request, response);
  });
  app.addHook('onRequest', (request, _reply, done) => {
    const isHostMissing = request.headers.host === undefined && request.raw.httpVersion === '1.1';
    done(
      isHostMissing ? new AppError('invalid_request', 'The header Host is missing.') : undefined,
    );
  });
}

/**
 * Answers what Node could not parse as HTTP, straight on the socket, which is then closed: there
 * is no telling where the next request would begin.
 */
export function handleClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  if (socket.writable) {
    const problem = toProblem(toClientError(error.code));
    const body = JSON.stringify(problem);
    socket.write(
      `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}\r\n` +
        `Content-Type: ${MEDIA_TYPE}; charset=utf-8\r\n` +
        `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    );
  }
  socket.destroySoon();
}

function toClientError(code: string | undefined): AppError {
  if (code === 'HPE_HEADER_OVERFLOW') {
    return new AppError('header_fields_too_large', 'Request line and header fields exceed 16 KiB.');
  }
  if (code === 'HPE_CHUNK_EXTENSIONS_OVERFLOW') {
    return new AppError('payload_too_large', 'The chunk extensions exceed 16 KiB.');
  }
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return new AppError('request_timeout', 'The request did not arrive in time.');
  }
  return new AppError('invalid_request', 'The request is not valid HTTP.');
}
