import { createHash, timingSafeEqual } from 'node:crypto';

import { bodyHmac, standardWebhooksHmac } from './hmac.ts';

export type IngestSignature = 'valid' | 'invalid' | 'absent';

type Headers = Record<string, string | string[] | undefined>;

/** Hex HMAC-SHA256 of the raw body, with or without `sha256=` before it. */
const BODY_SIGNATURE_HEADERS = ['x-hub-signature-256', 'x-webhook-signature', 'x-signature'];
const STANDARD_WEBHOOKS_HEADERS = ['webhook-id', 'webhook-timestamp', 'webhook-signature'];
const TOLERANCE_MS = 5 * 60 * 1_000;
const MAX_SIGNATURES = 32;

/**
 * Verifies what a sender put on an ingest request. One signature that is right is enough, since
 * nobody without the secret can make one; a header that is there but wrong makes it invalid.
 *
 * @param headers names in lower case
 * @param secrets any of them may have signed, as during a rotation
 */
export function verifyIngestSignature(
  headers: Headers,
  rawBody: Buffer,
  secrets: readonly string[],
  nowMs: number,
): IngestSignature {
  const bodySignatures = BODY_SIGNATURE_HEADERS.flatMap((name) => headers[name] ?? []);
  const standard = STANDARD_WEBHOOKS_HEADERS.map((name) => headers[name]);
  if (bodySignatures.length === 0 && standard.every((value) => value === undefined)) {
    return 'absent';
  }
  const isBodySigned = anyMatches(
    bodySignatures.map(hexOf),
    secrets.map((secret) => bodyHmac(secret, rawBody)),
  );
  const isStandardSigned = isStandardWebhooksSigned(standard, rawBody, secrets, nowMs);
  return isBodySigned || isStandardSigned ? 'valid' : 'invalid';
}

function isStandardWebhooksSigned(
  [id, timestamp, signatures]: (string | string[] | undefined)[],
  rawBody: Buffer,
  secrets: readonly string[],
  nowMs: number,
): boolean {
  if (typeof id !== 'string' || typeof timestamp !== 'string' || typeof signatures !== 'string') {
    return false;
  }
  if (!/^\d{1,12}$/.test(timestamp)) return false;
  if (Math.abs(nowMs - Number(timestamp) * 1_000) > TOLERANCE_MS) return false;
  const message = { id, timestampSeconds: timestamp, body: rawBody };
  return anyMatches(
    signatures.split(' ').slice(0, MAX_SIGNATURES),
    secrets.map((secret) => `v1,${standardWebhooksHmac(secret, message)}`),
  );
}

function hexOf(signature: string): string {
  return signature
    .trim()
    .replace(/^sha256=/i, '')
    .toLowerCase();
}

/** Compares every pair, so that the time taken says nothing about which one matched. */
function anyMatches(given: string[], expected: string[]): boolean {
  let isMatch = false;
  for (const candidate of given) {
    for (const signature of expected) {
      isMatch = equalInConstantTime(candidate, signature) || isMatch;
    }
  }
  return isMatch;
}

/** Hashes both first: `timingSafeEqual` throws on unequal lengths. */
function equalInConstantTime(a: string, b: string): boolean {
  return timingSafeEqual(sha256(a), sha256(b));
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
