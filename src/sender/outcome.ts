/**
 * - `timed_out`: the deadline passed before there was an answer
 * - `unreachable`: no name, no connection, or a connection that broke before any answer
 * - `blocked`: the address guard refused the target
 * - `tls`: the handshake failed or the certificate is not valid for the host
 * - `protocol`: what came back is no HTTP/1.1 response
 * - `too_large`: the response's headers are past the limit
 * - `internal`: the fault is the sender's or its machine's; says nothing about the receiver
 * - `cancelled`: the sender was closed first; says nothing about the receiver
 */
export type FailureKind =
  | 'timed_out'
  | 'unreachable'
  | 'blocked'
  | 'tls'
  | 'protocol'
  | 'too_large'
  | 'internal'
  | 'cancelled';

/** The status line has arrived, which says what the receiver did, whatever came of the rest. */
export interface SendResponse {
  kind: 'responded';
  /** As received: three digits, which need not be a status that HTTP knows. */
  statusCode: number;
  /** Names in lower case. */
  headers: Record<string, string | string[]>;
  /**
   * The body as text without NUL, at most `maxResponseBytes` of it; a `data:` URL in base64 when it
   * is no text in its charset.
   */
  body: string;
  isBodyTruncated: boolean;
  /** What was missing or passed over, fit for the subscriber's eyes. */
  note?: string;
  /** How often the request was written to a connection. */
  sends: number;
  durationMs: number;
}

export interface SendFailure {
  kind: FailureKind;
  /** Fit for the subscriber's eyes: it names no address that the subscriber did not give. */
  message: string;
  /** Blocked since there is an API key; the operator may open it again. */
  isClosed?: boolean;
  /** Another try would fail the same way. */
  isLasting?: boolean;
  /** How often the request was written to a connection. */
  sends: number;
  durationMs: number;
}

export type SendOutcome = SendResponse | SendFailure;

/** A failure without what the exchange knows of itself. */
export type FailureReason = Omit<SendFailure, 'durationMs' | 'sends'>;

/** A failure whose kind is known where it happens. */
export class SendError extends Error {
  override name = 'SendError';
  readonly kind: FailureKind;
  readonly isClosed: boolean;
  readonly isLasting: boolean;

  constructor(
    kind: FailureKind,
    message: string,
    options?: ErrorOptions & { isClosed?: boolean | undefined; isLasting?: boolean },
  ) {
    super(message, options);
    this.kind = kind;
    this.isClosed = options?.isClosed === true;
    this.isLasting = options?.isLasting === true;
  }
}

const UNREACHABLE: Record<string, string> = {
  EAI_AGAIN: 'the name could not be resolved',
  ECONNABORTED: 'the connection was closed',
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was reset',
  EHOSTDOWN: 'no route to the host',
  EHOSTUNREACH: 'no route to the host',
  EBADNAME: 'the name is not valid',
  EBADRESP: 'the name could not be resolved',
  EFORMERR: 'the name could not be resolved',
  ENETUNREACH: 'no route to the network',
  ENODATA: 'the name has no address',
  ENOTFOUND: 'the name does not exist',
  EPIPE: 'the connection was closed while sending',
  EREFUSED: 'the name could not be resolved',
  ESERVFAIL: 'the name could not be resolved',
  ETIMEDOUT: 'the connection attempt timed out',
  ETIMEOUT: 'the name could not be resolved in time',
};

/** What this machine lacks, or forbids; the receiver has not been asked. */
const OWN_FAULTS: Record<string, string> = {
  EACCES: 'this machine does not allow the connection',
  EADDRINUSE: 'this machine has no port left to connect from',
  EADDRNOTAVAIL: 'this machine has no address or port left to connect from',
  EMFILE: 'this process has no file descriptor left for a connection',
  ENETDOWN: 'the network of this machine is down',
  ENFILE: 'this machine has no file descriptor left for a connection',
  ENOBUFS: 'this machine has no memory left for a connection',
  ENOMEM: 'this machine has no memory left for a connection',
  EPERM: 'this machine does not allow the connection',
};

/** Names what went wrong in the terms of `FailureKind`, from errors of Node. */
export function describeError(error: unknown): FailureReason {
  if (error instanceof SendError) {
    const { kind, message, isClosed, isLasting } = error;
    return { kind, message, ...(isClosed && { isClosed }), ...(isLasting && { isLasting }) };
  }
  const code = errorCode(error);
  const ownFault = OWN_FAULTS[code];
  if (ownFault !== undefined) return { kind: 'internal', message: ownFault + inBrackets(code) };
  const reason = UNREACHABLE[code];
  if (reason !== undefined) return { kind: 'unreachable', message: reason + inBrackets(code) };
  if (isSystemError(error)) {
    return { kind: 'unreachable', message: `the connection failed${inBrackets(code)}` };
  }
  return { kind: 'internal', message: `the sender failed${inBrackets(code)}` };
}

export function inBrackets(code: string): string {
  return code === '' ? '' : ` (${code})`;
}

/** `autoSelectFamily` reports one error for each address it tried; the first one stands for all. */
export function errorCode(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) {
    return errorCode(error.errors[0]);
  }
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : '';
}

/** What a call to the operating system or to the name server came to, and no error of a program. */
function isSystemError(error: unknown): boolean {
  if (error instanceof AggregateError && error.errors.length > 0) {
    return isSystemError(error.errors[0]);
  }
  return error instanceof Error && 'syscall' in error;
}
