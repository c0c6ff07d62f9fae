import {
  createHmac,
  sign as signBytes,
  timingSafeEqual,
  verify as verifyBytes,
  type KeyObject,
} from 'node:crypto';

import { canonicalSignature, encodeSignature } from './encoding.ts';
import type { HmacAlgorithm, KeyPairAlgorithm, SignatureEncoding } from './kind.ts';
import { joinParts } from './template.ts';

type Parts = readonly (string | Buffer)[];

/** Node's name of the digest; Ed25519 has none of its own. */
const DIGESTS: Readonly<Record<KeyPairAlgorithm, string | null>> = {
  ed25519: null,
  'ecdsa-p256-sha256': 'sha256',
  'rsa-sha1': 'sha1',
  'rsa-sha256': 'sha256',
};
const KEY_TYPES: Readonly<Record<KeyPairAlgorithm, string>> = {
  ed25519: 'ed25519',
  'ecdsa-p256-sha256': 'ec',
  'rsa-sha1': 'rsa',
  'rsa-sha256': 'rsa',
};

export function isHmac(algorithm: string): algorithm is HmacAlgorithm {
  return algorithm.startsWith('hmac-');
}

export function hmacOf(algorithm: HmacAlgorithm, key: KeyObject, parts: Parts): Buffer {
  const hmac = createHmac(algorithm.slice('hmac-'.length), key);
  for (const part of parts) hmac.update(part);
  return hmac.digest();
}

/** Compares every pair, so that the time taken says nothing about which one matched. */
export function isHmacAmong(
  algorithm: HmacAlgorithm,
  keys: readonly KeyObject[],
  parts: Parts,
  given: { signatures: readonly string[]; encoding: SignatureEncoding },
): boolean {
  const candidates = given.signatures
    .flatMap((text) => canonicalSignature(text, given.encoding) ?? [])
    .map((text) => Buffer.from(text));
  if (candidates.length === 0) return false;
  let isMatch = false;
  for (const key of keys) {
    const digest = hmacOf(algorithm, key, parts);
    const expected = Buffer.from(encodeSignature(digest, given.encoding));
    for (const candidate of candidates) {
      const isEqual = candidate.length === expected.length && timingSafeEqual(candidate, expected);
      isMatch = isEqual || isMatch;
    }
  }
  return isMatch;
}

export function isSignedByKeyPair(
  algorithm: KeyPairAlgorithm,
  keys: readonly KeyObject[],
  parts: Parts,
  given: { signatures: readonly string[]; encoding: SignatureEncoding },
): boolean {
  const message = joinParts(parts);
  return given.signatures.some((text) => {
    const canonical = canonicalSignature(text, given.encoding);
    if (canonical === undefined) return false;
    const signature = Buffer.from(canonical, given.encoding);
    return keys.some((key) => isSignature(algorithm, key, message, signature));
  });
}

/** False for a key of another type too, instead of a throw. */
function isSignature(
  algorithm: KeyPairAlgorithm,
  key: KeyObject,
  message: Buffer,
  signature: Buffer,
): boolean {
  if (key.asymmetricKeyType !== KEY_TYPES[algorithm]) return false;
  try {
    return verifyBytes(DIGESTS[algorithm], message, key, signature);
  } catch {
    return false;
  }
}

export function signWithKeyPair(
  algorithm: KeyPairAlgorithm,
  privateKey: KeyObject,
  parts: Parts,
): Buffer {
  return signBytes(DIGESTS[algorithm], joinParts(parts), privateKey);
}
