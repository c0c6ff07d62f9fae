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
  const askedMs = parseRetryAfter(retryAfter, now());
  if (askedMs === undefined) return backOffMs;
  return askedMs > MAX_RETRY_AFTER_MS ? undefined : askedMs + backOffMs / 10;
}

const TIME = '(?<hour>\\d\\d):(?<minute>\\d\\d):(?<second>\\d\\d)';
/** The three forms of RFC 9110, 5.6.7; the second one's two digits count from 2000. */
const DATES = [
  `^[a-z]{3}, (?<day>\\d\\d) (?<month>[a-z]{3}) (?<year>\\d{4}) ${TIME} GMT$`,
  `^[a-z]{6,9}, (?<day>\\d\\d)-(?<month>[a-z]{3})-(?<year>\\d\\d) ${TIME} GMT$`,
  `^[a-z]{3} (?<month>[a-z]{3}) (?<day>[ \\d]\\d) ${TIME} (?<year>\\d{4})$`,
].map((form) => new RegExp(form, 'i'));
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

/** Seconds or a date in UTC; `Date.parse` would make the year 2814 of `2814, 2`. */
function parseRetryAfter(value: string, nowMs: number): number | undefined {
  const text = value.trim();
  if (/^\d+(?:\.\d+)?$/.test(text)) return Math.ceil(Number(text)) * 1_000;
  for (const form of DATES) {
    const { year = '', month = '', day, hour, minute, second } = form.exec(text)?.groups ?? {};
    const monthIndex = MONTHS.indexOf(month.toLowerCase());
    if (monthIndex === -1) continue;
    const fullYear = Number(year.length === 4 ? year : `20${year}`);
    const time = [Number(hour), Number(minute), Number(second)] as const;
    return Math.max(0, Date.UTC(fullYear, monthIndex, Number(day), ...time) - nowMs);
  }
  return undefined;
}
