import type { AppError, ErrorCode } from '../base/errors.ts';
import { HOPS_HEADER } from '../base/hops-header.ts';

type ErrorAnswer = {
  readonly status: number;
  readonly title: string;
  readonly headers?: Readonly<Record<string, string>>;
};

const CHALLENGE = { 'www-authenticate': 'Bearer realm="posthorn"' };

/** What each code is answered with. */
export const ERROR_ANSWERS: Readonly<Record<ErrorCode, ErrorAnswer>> = {
  invalid_request: { status: 400, title: 'Invalid request' },
  invalid_json: { status: 400, title: 'Invalid JSON' },
  invalid_encoding: { status: 400, title: 'Invalid encoding' },
  invalid_cursor: { status: 400, title: 'Invalid cursor' },
  unauthorized: { status: 401, title: 'Unauthorized', headers: CHALLENGE },
  invalid_signature: { status: 401, title: 'Invalid signature', headers: CHALLENGE },
  signature_required: { status: 401, title: 'Signature required' },
  forbidden: { status: 403, title: 'Forbidden' },
  tenant_forbidden: { status: 403, title: 'Tenant forbidden' },
  not_found: { status: 404, title: 'Not found' },
  subscription_not_found: { status: 404, title: 'Subscription not found' },
  event_not_found: { status: 404, title: 'Event not found' },
  delivery_not_found: { status: 404, title: 'Delivery not found' },
  replay_not_found: { status: 404, title: 'Replay not found' },
  api_key_not_found: { status: 404, title: 'API key not found' },
  tenant_not_found: { status: 404, title: 'Tenant not found' },
  portal_session_not_found: { status: 404, title: 'Portal session not found' },
  event_type_not_found: { status: 404, title: 'Event type not found' },
  method_not_allowed: { status: 405, title: 'Method not allowed' },
  request_timeout: { status: 408, title: 'Request timeout' },
  idempotency_conflict: { status: 409, title: 'Idempotency conflict' },
  idempotency_key_in_use: { status: 409, title: 'Idempotency key in use' },
  delivery_not_retryable: { status: 409, title: 'Delivery not retryable' },
  delivery_not_cancellable: { status: 409, title: 'Delivery not cancellable' },
  subscription_changed: { status: 409, title: 'Subscription changed' },
  subscription_disabled: { status: 409, title: 'Subscription disabled' },
  replay_not_changeable: { status: 409, title: 'Replay not changeable' },
  event_type_exists: { status: 409, title: 'Event type exists' },
  breaking_change: { status: 409, title: 'Breaking change' },
  payload_too_large: { status: 413, title: 'Payload too large' },
  uri_too_long: { status: 414, title: 'URI too long' },
  unsupported_media_type: { status: 415, title: 'Unsupported media type' },
  forbidden_target: { status: 422, title: 'Forbidden target' },
  invalid_payload: { status: 422, title: 'Invalid payload' },
  unknown_event_type: { status: 422, title: 'Unknown event type' },
  reserved_event_type: { status: 422, title: 'Reserved event type' },
  too_many_requests: { status: 429, title: 'Too many requests' },
  header_fields_too_large: { status: 431, title: 'Request header fields too large' },
  internal_error: { status: 500, title: 'Internal error' },
  overloaded: { status: 503, title: 'Overloaded' },
  secret_unreadable: { status: 503, title: 'Secret unreadable' },
  unavailable: { status: 503, title: 'Unavailable' },
  shutting_down: { status: 503, title: 'Shutting down' },
  loop_detected: { status: 508, title: 'Loop detected' },
};

/** The headers of an error's answer: its code's, and those that say what else it knows. */
export function errorHeaders(error: AppError): Record<string, string> {
  const { code, retryAfterSeconds, allowedMethods, acceptedCodings, maxHops } = error;
  return {
    ...ERROR_ANSWERS[code].headers,
    ...(retryAfterSeconds !== undefined && { 'retry-after': String(retryAfterSeconds) }),
    ...(allowedMethods !== undefined && { allow: allowedMethods.join(', ') }),
    ...(acceptedCodings !== undefined && { 'accept-encoding': acceptedCodings.join(', ') }),
    ...(maxHops !== undefined && { [HOPS_HEADER]: String(maxHops) }),
  };
}
