/**
 * Every error a client can be told about. `openapi.yaml` lists the same codes in
 * `ErrorCode`, and a test compares the two both ways. What each is answered with over HTTP stands
 * in `http/error-answers.ts`.
 */
export type ErrorCode =
  | 'invalid_request'
  | 'invalid_json'
  | 'invalid_encoding'
  | 'invalid_cursor'
  | 'unauthorized'
  | 'invalid_signature'
  | 'signature_required'
  | 'forbidden'
  | 'tenant_forbidden'
  | 'not_found'
  | 'subscription_not_found'
  | 'event_not_found'
  | 'delivery_not_found'
  | 'replay_not_found'
  | 'api_key_not_found'
  | 'tenant_not_found'
  | 'portal_session_not_found'
  | 'event_type_not_found'
  | 'method_not_allowed'
  | 'request_timeout'
  | 'idempotency_conflict'
  | 'idempotency_key_in_use'
  | 'delivery_not_retryable'
  | 'delivery_not_cancellable'
  | 'subscription_changed'
  | 'subscription_disabled'
  | 'replay_not_changeable'
  | 'event_type_exists'
  | 'breaking_change'
  | 'payload_too_large'
  | 'uri_too_long'
  | 'unsupported_media_type'
  | 'forbidden_target'
  | 'invalid_payload'
  | 'unknown_event_type'
  | 'reserved_event_type'
  | 'too_many_requests'
  | 'header_fields_too_large'
  | 'internal_error'
  | 'overloaded'
  | 'secret_unreadable'
  | 'unavailable'
  | 'shutting_down'
  | 'loop_detected';

/** One fault in a request. `pointer` is a JSON pointer (RFC 6901), see `http/problem.ts`. */
export interface FieldError {
  pointer: string;
  detail: string;
}

export interface AppErrorOptions {
  errors?: readonly FieldError[];
  /** The underlying error: logged, never sent. */
  cause?: unknown;
  /** After how long the same request may succeed. */
  retryAfterSeconds?: number;
  /** What the path answers instead, for `method_not_allowed`. */
  allowedMethods?: readonly string[];
  /** The content codings that are taken, for `unsupported_media_type`. */
  acceptedCodings?: readonly string[];
  /** The limit that was passed, for `loop_detected`. */
  maxHops?: number;
}

/**
 * A failure with an answer: `code` is what programs go by, `detail` is a sentence for the
 * caller. Both are sent, so neither may hold a secret or anything of the inside.
 */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  readonly errors: readonly FieldError[] | undefined;
  readonly retryAfterSeconds: number | undefined;
  readonly allowedMethods: readonly string[] | undefined;
  readonly acceptedCodings: readonly string[] | undefined;
  readonly maxHops: number | undefined;

  constructor(code: ErrorCode, detail: string, options: AppErrorOptions = {}) {
    super(detail, { cause: options.cause });
    this.code = code;
    this.errors = options.errors;
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.allowedMethods = options.allowedMethods;
    this.acceptedCodings = options.acceptedCodings;
    this.maxHops = options.maxHops;
  }

  get detail(): string {
    return this.message;
  }
}
