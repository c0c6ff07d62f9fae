/** Why a custom header may not be saved; `reason` completes the sentence "The header …". */
export interface HeaderProblem {
  name: string;
  reason: string;
}

/** RFC 9110 §5.6.2 token. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** RFC 9110 §5.5: visible ASCII, space, tab and obs-text; so no CR, LF or NUL. */
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Framing, routing and hop-by-hop fields belong to the connection, which is ours. */
const CONNECTION_HEADERS = [
  'connection',
  'content-encoding',
  'content-length',
  'expect',
  'host',
  'http2-settings',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'via',
];
/** A subscriber must not override the headers that the service itself sets. */
const SERVICE_HEADERS = [
  'stripe-signature',
  'user-agent',
  'x-attempt',
  'x-delivery-id',
  'x-event-type',
];
const SERVICE_PREFIXES = ['posthorn-', 'webhook-', 'x-hub-signature'];
/** Receivers behind a proxy believe these about who is calling. */
const ORIGIN_HEADERS = ['forwarded', 'true-client-ip', 'x-real-ip'];
const ORIGIN_PREFIXES = ['x-forwarded-', 'proxy-'];
/** Metadata services ask for these as proof that a request was not forged through a server. */
const METADATA_HEADERS = ['metadata', 'metadata-flavor'];
const METADATA_PREFIXES = ['x-aws-ec2-metadata-', 'x-google-metadata-'];

const DENIED_NAMES = new Map([
  ...CONNECTION_HEADERS.map((name) => [name, 'is set by the connection'] as const),
  ...SERVICE_HEADERS.map((name) => [name, 'is set by the service'] as const),
  ...ORIGIN_HEADERS.map((name) => [name, 'speaks about the origin of the request'] as const),
  ...METADATA_HEADERS.map((name) => [name, 'is reserved for metadata services'] as const),
]);
const DENIED_PREFIXES = [
  ...SERVICE_PREFIXES.map((prefix) => [prefix, 'is set by the service'] as const),
  ...ORIGIN_PREFIXES.map((prefix) => [prefix, 'speaks about the origin of the request'] as const),
  ...METADATA_PREFIXES.map((prefix) => [prefix, 'is reserved for metadata services'] as const),
];

/**
 * Every name that is refused with its reason, beginnings of names with a `*` behind them.
 * `posthorn.denied_headers()` has the same for what is published from SQL.
 */
export const DENIED_PATTERNS: readonly (readonly [pattern: string, reason: string])[] = [
  ...DENIED_NAMES,
  ...DENIED_PREFIXES.map(([prefix, reason]) => [`${prefix}*`, reason] as const),
];

/** Checks a subscription's own headers; an empty list means that all of them may be sent. */
export function checkHeaders(headers: Record<string, string>): HeaderProblem[] {
  const seen = new Set<string>();
  const problems: HeaderProblem[] = [];
  for (const [name, value] of Object.entries(headers)) {
    const lowerName = name.toLowerCase();
    const reason = seen.has(lowerName) ? 'is given twice' : headerProblem(lowerName, value);
    seen.add(lowerName);
    if (reason !== undefined) problems.push({ name, reason });
  }
  return problems;
}

function headerProblem(lowerName: string, value: string): string | undefined {
  if (!TOKEN.test(lowerName)) return 'has a name that HTTP does not allow';
  const denied =
    DENIED_NAMES.get(lowerName) ??
    DENIED_PREFIXES.find(([prefix]) => lowerName.startsWith(prefix))?.[1];
  if (denied !== undefined) return denied;
  if (!FIELD_VALUE.test(value)) return 'has a value with characters that HTTP does not allow';
  return undefined;
}
