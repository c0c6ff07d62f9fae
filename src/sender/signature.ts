import { randomBytes } from 'node:crypto';

import { bodyHmac, SHARED_SECRET_PREFIX, standardWebhooksHmac, timestampedHmac } from './hmac.ts';
import { isSigningKey, signEd25519 } from './signing-key.ts';

export { verifyIngestSignature } from './ingest-signature.ts';
export type { IngestSignature } from './ingest-signature.ts';

/**
 * - `standard-webhooks`: HMAC-SHA256, `v1`
 * - `standard-webhooks-v1a`: Ed25519, `v1a`, with the `whsk_` keys among the secrets
 * - `github`: `X-Hub-Signature-256`
 * - `stripe`: `Stripe-Signature`
 */
export const SIGNATURE_SCHEMES = [
  'standard-webhooks',
  'standard-webhooks-v1a',
  'github',
  'stripe',
] as const;
export type SignatureScheme = (typeof SIGNATURE_SCHEMES)[number];

/** The signed content: the id stays the same over all attempts, the timestamp is the attempt's own. */
export interface SignedMessage {
  id: string;
  timestampSeconds: number;
  body: string | Buffer;
}

/** Standard Webhooks `v1`. https://www.standardwebhooks.com */
export function signStandardWebhooks(secret: string, message: SignedMessage): string {
  return `v1,${standardWebhooksHmac(secret, message)}`;
}

/** Standard Webhooks `v1a`, with a `whsk_` key. */
export function signStandardWebhooksV1a(signingKey: string, message: SignedMessage): string {
  const start = Buffer.from(`${message.id}.${message.timestampSeconds}.`);
  const signed = Buffer.concat([start, Buffer.from(message.body)]);
  return `v1a,${signEd25519(signingKey, signed).toString('base64')}`;
}

/** The value of `X-Hub-Signature-256`. */
export function signGithub(secret: string, body: string | Buffer): string {
  return `sha256=${bodyHmac(secret, body)}`;
}

/** The value of `Stripe-Signature`; several secrets give several `v1` elements. */
export function signStripe(
  secrets: readonly string[],
  { timestampSeconds, body }: Pick<SignedMessage, 'timestampSeconds' | 'body'>,
): string {
  const signatures = secrets.map(
    (secret) => `v1=${timestampedHmac(secret, timestampSeconds, body)}`,
  );
  return [`t=${timestampSeconds}`, ...signatures].join(',');
}

/**
 * The headers that sign one attempt, the message's id and timestamp included.
 *
 * @param secrets newest first; several while a rotation overlaps. GitHub's scheme has room for one
 *   signature and takes the newest.
 */
export function signatureHeaders(
  schemes: readonly SignatureScheme[],
  secrets: readonly string[],
  message: SignedMessage,
): Record<string, string> {
  const headers: Record<string, string> = {
    'webhook-id': message.id,
    'webhook-timestamp': String(message.timestampSeconds),
  };
  const sharedSecrets = secrets.filter((secret) => !isSigningKey(secret));
  const signatures: string[] = [];
  for (const scheme of schemes) {
    if (scheme === 'standard-webhooks') {
      for (const secret of sharedSecrets) signatures.push(signStandardWebhooks(secret, message));
    } else if (scheme === 'standard-webhooks-v1a') {
      for (const secret of secrets) {
        if (isSigningKey(secret)) signatures.push(signStandardWebhooksV1a(secret, message));
      }
    } else if (sharedSecrets[0] !== undefined) {
      if (scheme === 'github') {
        headers['x-hub-signature-256'] = signGithub(sharedSecrets[0], message.body);
      } else {
        headers['stripe-signature'] = signStripe(sharedSecrets, message);
      }
    }
  }
  if (signatures.length > 0) headers['webhook-signature'] = signatures.join(' ');
  return headers;
}

/** A new shared secret, `whsec_` and 32 random bytes; Standard Webhooks asks for 24 to 64. */
export function generateSecret(): string {
  return SHARED_SECRET_PREFIX + randomBytes(32).toString('base64');
}

const MIN_SECRET_BYTES = 16;

/**
 * Why a shared secret cannot be used, or undefined. After `whsec_` comes base64, since receivers'
 * verifiers decode it, and in the one form that all of them read the same way; any other text
 * stands for its UTF-8 bytes.
 */
export function secretProblem(secret: string): string | undefined {
  if (secret === '') return 'must not be empty';
  if (secret.includes('\0')) return 'must not contain NUL';
  if (/^wh[sp]k_/.test(secret)) return 'must not be an Ed25519 key';
  if (/^v1a?,/.test(secret))
    return 'must begin with whsec_ itself: leave out what stands before it';
  if (!secret.startsWith(SHARED_SECRET_PREFIX)) return undefined;
  const text = secret.slice(SHARED_SECRET_PREFIX.length);
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) {
    return /^[\w-]+=*$/.test(text)
      ? 'must be base64 after whsec_ with + and /, not with - and _'
      : 'must be base64 after whsec_';
  }
  const bytes = Buffer.from(text, 'base64');
  if (bytes.toString('base64').replace(/=+$/, '') !== text.replace(/=+$/, '')) {
    return 'must be whole base64 after whsec_, of which characters are missing or too many';
  }
  if (text.length % 4 !== 0) {
    const padding = '='.repeat(4 - (text.replace(/=+$/, '').length % 4));
    return `must be base64 with its padding after whsec_: end it with ${padding}`;
  }
  return bytes.length < MIN_SECRET_BYTES
    ? `must be base64 of ${MIN_SECRET_BYTES} bytes or more after whsec_, better of 32`
    : undefined;
}

/**
 * Why receivers' verifiers would read a usable secret as another key, or undefined: those of
 * Standard Webhooks decode what looks like base64, with `whsec_` before it or without. Hex and
 * words stay welcome, and where another scheme signs as well, so does everything.
 */
export function verifierProblem(
  secret: string,
  schemes: readonly SignatureScheme[],
): string | undefined {
  if (schemes.length !== 1 || schemes[0] !== 'standard-webhooks') return undefined;
  const looksRandom = [/[a-z]/, /[A-Z]/, /[0-9]/].every((kind) => kind.test(secret));
  const isBase64 =
    looksRandom &&
    !/^[0-9a-fA-F]+$/.test(secret) &&
    /^[A-Za-z0-9+/]{22,}={0,2}$/.test(secret) &&
    Buffer.from(secret, 'base64').toString('base64') === secret;
  return isBase64
    ? 'looks like base64, which verifiers of Standard Webhooks decode: put whsec_ before it'
    : undefined;
}
