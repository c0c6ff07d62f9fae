import { errors } from 'undici';

/**
 * - `timed_out`: the deadline passed before the exchange was complete
 * - `unreachable`: no name, no connection, or a connection that broke before any answer
 * - `blocked`: the address guard refused the target
 * - `tls`: the handshake failed or the certificate is not valid for the host
 * - `protocol`: what came back is not a complete HTTP/1.1 response
 * - `too_large`: the response's headers are past the limit
 * - `cancelled`: the sender was closed first; says nothing about the receiver
 */
export type FailureKind =
  | 'timed_out'
  | 'unreachable'
  | 'blocked'
  | 'tls'
  | 'protocol'
  | 'too_large'
  | 'cancelled';

export interface SendResponse {
  kind: 'responded';
  statusCode: number;
  /** Names in lower case. */
  headers: Record<string, string | string[]>;
  /** The body as text without NUL; at most `maxResponseBytes` of it were read. */
  body: string;
  isBodyTruncated: boolean;
  durationMs: number;
}

export interface SendFailure {
  kind: FailureKind;
  /** Fit for the subscriber's eyes: it names no address that the subscriber did not give. */
  message: string;
  /** Blocked since there is an API key; the operator may open it again. */
  isClosed?: boolean;
  durationMs: number;
}

export type SendOutcome = SendResponse | SendFailure;

/** A failure whose kind is known where it happens. */
export class SendError extends Error {
  override name = 'SendError';
  readonly kind: FailureKind;
  readonly isClosed: boolean;

  constructor(
    kind: FailureKind,
    message: string,
    options?: ErrorOptions & { isClosed?: boolean | undefined },
  ) {
    super(message, options);
    this.kind = kind;
    this.isClosed = options?.isClosed === true;
  }
}

const UNREACHABLE: Record<string, string> = {
  EADDRNOTAVAIL: 'no route to the host',
  EAI_AGAIN: 'the name could not be resolved',
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was reset',
  EHOSTUNREACH: 'no route to the host',
  EMFILE: 'no socket was free',
  ENETUNREACH: 'no route to the network',
  ENODATA: 'the name has no address',
  ENOTFOUND: 'the name does not exist',
  EPIPE: 'the connection was closed while sending',
  ESERVFAIL: 'the name could not be resolved',
  ETIMEDOUT: 'the connection attempt timed out',
  ETIMEOUT: 'the name could not be resolved in time',
  UND_ERR_SOCKET: 'the connection was closed before the response was complete',
};

/** Names what went wrong in the terms of `FailureKind`, from errors of Node, OpenSSL and undici. */
export function describeError(error: unknown): Omit<SendFailure, 'durationMs'> {
  if (error instanceof SendError) {
    const { kind, message, isClosed } = error;
    return { kind, message, ...(isClosed && { isClosed }) };
  }
  const code = errorCode(error);
  if (code === 'UND_ERR_HEADERS_OVERFLOW' || code === 'HPE_HEADER_OVERFLOW') {
    return { kind: 'too_large', message: 'the response headers are too large' };
  }
  if (error instanceof errors.HTTPParserError || code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH') {
    return { kind: 'protocol', message: `the response is not valid HTTP/1.1${inBrackets(code)}` };
  }
  if (code === 'UND_ERR_INVALID_ARG' || code === 'UND_ERR_NOT_SUPPORTED') {
    return { kind: 'protocol', message: `the request cannot be sent: ${messageOf(error)}` };
  }
  if (/^ERR_(?:SSL|TLS)_/.test(code)) {
    return { kind: 'tls', message: `TLS failed (${code})` };
  }
  if (code === 'UND_ERR_SOCKET' && /^bad (?:response|upgrade)$/.test(messageOf(error))) {
    return { kind: 'protocol', message: 'the response is an unasked 100 or 101' };
  }
  const message = UNREACHABLE[code] ?? 'the connection failed';
  return { kind: 'unreachable', message: message + inBrackets(code) };
}

function inBrackets(code: string): string {
  return code === '' ? '' : ` (${code})`;
}

/** `autoSelectFamily` reports one error for each address it tried; the first one stands for all. */
function errorCode(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) {
    return errorCode(error.errors[0]);
  }
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : '';
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
