import { createHmac, createSecretKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

import { boundedCache } from './bounded-cache.ts';

export const SHARED_SECRET_PREFIX = 'whsec_';

// A KeyObject makes an HMAC cost 2 µs; raw key bytes, imported each time, 11 µs. Digests are taken
// as text, since a Buffer on the way costs 0.8 µs more.
const decodedKeys = boundedCache(10_000, decodedKeyOf);
const textKeys = boundedCache(10_000, textKeyOf);

/** Base64 HMAC-SHA256 over `id.timestamp.body`, with the decoded part of a `whsec_` secret. */
export function standardWebhooksHmac(
  secret: string,
  message: { id: string; timestampSeconds: number | string; body: string | Buffer },
): string {
  return createHmac('sha256', decodedKeys(secret))
    .update(`${message.id}.${message.timestampSeconds}.`)
    .update(message.body)
    .digest('base64');
}

/** Hex HMAC-SHA256 over `timestamp.body`, with the whole secret as text. */
export function timestampedHmac(
  secret: string,
  timestampSeconds: number,
  body: string | Buffer,
): string {
  return createHmac('sha256', textKeys(secret))
    .update(`${timestampSeconds}.`)
    .update(body)
    .digest('hex');
}

/** Hex HMAC-SHA256 over the body, with the whole secret as text. */
export function bodyHmac(secret: string, body: string | Buffer): string {
  return createHmac('sha256', textKeys(secret)).update(body).digest('hex');
}

/** A secret that is not `whsec_` stands for its UTF-8 bytes. */
function decodedKeyOf(secret: string): KeyObject {
  return secret.startsWith(SHARED_SECRET_PREFIX)
    ? createSecretKey(Buffer.from(secret.slice(SHARED_SECRET_PREFIX.length), 'base64'))
    : textKeyOf(secret);
}

function textKeyOf(secret: string): KeyObject {
  return createSecretKey(Buffer.from(secret, 'utf8'));
}
