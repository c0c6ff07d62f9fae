import { PosthornError } from './errors.ts';

export type WebhookHeaders =
  | Headers
  | Readonly<Record<string, string | readonly string[] | undefined>>;

export type VerifyOptions = {
  /** The subscription's secret; several while a rotation lasts that you have not caught up with. */
  secret: string | readonly string[];
  headers: WebhookHeaders;
  /** The body as it was received: parsed and serialized again, it has another signature. */
  body: string | Uint8Array;
};

export type VerifyWebhookOptions = VerifyOptions & {
  /** How old or how far ahead the timestamp may be. 300 where nothing is said. */
  toleranceSeconds?: number;
  /** Unix time in milliseconds. */
  now?: () => number;
};

export type Webhook = {
  /** The same over all attempts: tell repetitions by it. */
  id: string;
  timestamp: Date;
  eventType: string | undefined;
  payload: unknown;
};

export type VerificationFault =
  | 'missing_header'
  | 'invalid_timestamp'
  | 'stale'
  | 'invalid_signature';

/** The request is not what it says it is: answer 400 and do nothing. */
export class WebhookVerificationError extends PosthornError {
  override readonly name: string = 'WebhookVerificationError';
  readonly reason: VerificationFault;

  constructor(reason: VerificationFault, message: string) {
    super(message);
    this.reason = reason;
  }
}

const TOLERANCE_SECONDS = 300;
const PREFIX = 'whsec_';
/** What WebCrypto takes, and what all of the functions here make. */
type Bytes = Uint8Array<ArrayBuffer>;

const encoder = new TextEncoder();

/**
 * Verifies a delivery by `webhook-id`, `webhook-timestamp` and `webhook-signature`
 * (https://www.standardwebhooks.com), and parses its body.
 *
 * @throws WebhookVerificationError
 */
export async function verifyWebhook(options: VerifyWebhookOptions): Promise<Webhook> {
  const { headers, toleranceSeconds = TOLERANCE_SECONDS, now = Date.now } = options;
  const id = header(headers, 'webhook-id');
  const timestamp = header(headers, 'webhook-timestamp');
  const given = header(headers, 'webhook-signature');
  if (!/^\d{1,12}$/.test(timestamp)) {
    throw new WebhookVerificationError(
      'invalid_timestamp',
      'webhook-timestamp is not a time in seconds',
    );
  }
  if (Math.abs(now() / 1_000 - Number(timestamp)) > toleranceSeconds) {
    throw new WebhookVerificationError('stale', 'webhook-timestamp is too far from now');
  }
  const body = bytesOf(options.body);
  const signed = concat(encoder.encode(`${id}.${timestamp}.`), body);
  const signatures = given
    .split(' ')
    .filter((one) => one.startsWith('v1,'))
    .map((one) => fromBase64(one.slice('v1,'.length)));
  await expectSignature(secretsOf(options).map(keyBytes), signatures, signed);
  return {
    id,
    timestamp: new Date(Number(timestamp) * 1_000),
    eventType: find(headers, 'x-event-type'),
    payload: JSON.parse(new TextDecoder().decode(body)),
  };
}

/**
 * Verifies a delivery by `X-Hub-Signature-256` (the scheme `github`), which says nothing of its age,
 * and parses its body.
 *
 * @throws WebhookVerificationError
 */
export async function verifyHubSignature(options: VerifyOptions): Promise<unknown> {
  const given = header(options.headers, 'x-hub-signature-256').replace(/^sha256=/, '');
  const body = bytesOf(options.body);
  // The whole secret is the key, its prefix included.
  const keys = secretsOf(options).map((secret) => encoder.encode(secret));
  const isHex = /^[\da-f]{64}$/i.test(given);
  await expectSignature(keys, isHex ? [fromHex(given)] : [], body);
  return JSON.parse(new TextDecoder().decode(body));
}

/** The comparison is WebCrypto's own, which takes the same time wherever the bytes differ. */
async function expectSignature(
  keys: readonly Bytes[],
  signatures: readonly (Bytes | undefined)[],
  signed: Bytes,
): Promise<void> {
  for (const bytes of keys) {
    const algorithm = { name: 'HMAC', hash: 'SHA-256' };
    const key = await crypto.subtle.importKey('raw', bytes, algorithm, false, ['verify']);
    for (const signature of signatures) {
      if (signature === undefined) continue;
      if (await crypto.subtle.verify('HMAC', key, signature, signed)) return;
    }
  }
  throw new WebhookVerificationError(
    'invalid_signature',
    'no signature is of these bytes with this secret',
  );
}

/** Base64 after `whsec_`; any other secret stands for its UTF-8 bytes. @throws RangeError */
function keyBytes(secret: string): Bytes {
  if (!secret.startsWith(PREFIX)) return encoder.encode(secret);
  const bytes = fromBase64(secret.slice(PREFIX.length));
  if (bytes === undefined || bytes.length === 0)
    throw new RangeError('what follows whsec_ is not base64');
  return bytes;
}

function secretsOf({ secret }: VerifyOptions): readonly string[] {
  const secrets = typeof secret === 'string' ? [secret] : secret;
  if (secrets.length === 0 || secrets.includes(''))
    throw new RangeError('there is no secret to verify with');
  return secrets;
}

function find(headers: WebhookHeaders, name: string): string | undefined {
  if (headers instanceof Headers) return headers.get(name) ?? undefined;
  const [, value] = Object.entries(headers).find(([key]) => key.toLowerCase() === name) ?? [];
  return typeof value === 'object' ? value.join(' ') : value;
}

function header(headers: WebhookHeaders, name: string): string {
  const value = find(headers, name);
  if (value) return value;
  throw new WebhookVerificationError('missing_header', `there is no ${name}`);
}

const bytesOf = (body: string | Uint8Array): Bytes =>
  typeof body === 'string' ? encoder.encode(body) : (body as Bytes);

function concat(start: Bytes, end: Bytes): Bytes {
  const bytes = new Uint8Array(start.length + end.length);
  bytes.set(start);
  bytes.set(end, start.length);
  return bytes;
}

function fromBase64(text: string): Bytes | undefined {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}

function fromHex(text: string): Bytes {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}
