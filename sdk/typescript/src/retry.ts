/** Methods that do the same when they are done twice. */
const REPEATABLE = new Set(['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE']);
/** The error of status 409 that ends with another's transaction. */
const KEY_IN_USE = 'idempotency_key_in_use';
/** Errors of status 503 that say that nothing was done. */
const UNTOUCHED = new Set<unknown>(['overloaded', 'shutting_down']);

const FIRST_WAIT_MS = 250;
const MAX_WAIT_MS = 8_000;
/** A `Retry-After` beyond this is for the caller to wait for. */
const MAX_RETRY_AFTER_MS = 60_000;

/** Whether a request may be sent again without doing twice what it does. */
export function isRepeatable(method: string, hasIdempotencyKey: boolean): boolean {
  return REPEATABLE.has(method) || hasIdempotencyKey;
}

/** Whether this answer is worth another try. @param code the problem's, where it has one */
export function isWorthRetrying(status: number, code: unknown, repeatable: boolean): boolean {
  return (
    status === 429 ||
    (status === 409 && code === KEY_IN_USE) ||
    (status === 503 && (repeatable || UNTOUCHED.has(code)))
  );
}

/**
 * How long to wait before the next try; undefined where the server asks for more than a minute.
 *
 * @param tries made so far, from 1
 * @param retryAfter the header's value, in seconds or as a date
 */
export function waitMs(
  tries: number,
  retryAfter: string | null,
  { random = Math.random, now = Date.now }: { random?: () => number; now?: () => number } = {},
): number | undefined {
  const backOffMs = Math.min(MAX_WAIT_MS, FIRST_WAIT_MS * 2 ** (tries - 1)) * (0.5 + random() / 2);
  if (retryAfter === null) return backOffMs;
  const askedMs = /^\d+$/.test(retryAfter.trim())
    ? Number(retryAfter) * 1_000
    : Date.parse(retryAfter) - now();
  if (Number.isNaN(askedMs)) return backOffMs;
  return askedMs > MAX_RETRY_AFTER_MS ? undefined : Math.max(askedMs, 0) + backOffMs / 10;
}
