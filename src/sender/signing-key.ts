import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
} from 'node:crypto';
import type { JsonWebKey, KeyObject } from 'node:crypto';

import { boundedCache } from './bounded-cache.ts';

/** A Standard Webhooks Ed25519 key pair in its text form. */
export interface SigningKeyPair {
  /** `whsk_` and base64 of the 32-byte seed followed by the 32-byte public key. */
  privateKey: string;
  /** `whpk_` and base64 of the public key. */
  publicKey: string;
}

const PRIVATE_PREFIX = 'whsk_';
const PUBLIC_PREFIX = 'whpk_';
const SEED_BYTES = 32;
const PUBLIC_KEY_BYTES = 32;
/** PKCS #8 (RFC 8410) of an Ed25519 key, up to the seed. */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

const privateKeys = boundedCache(1_000, privateKeyOf);

export function isSigningKey(secret: string): boolean {
  return secret.startsWith(PRIVATE_PREFIX);
}

export function generateSigningKeyPair(): SigningKeyPair {
  const { privateKey } = generateKeyPairSync('ed25519');
  const seed = privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(-SEED_BYTES);
  const publicBytes = publicBytesOf(privateKey);
  return {
    privateKey: PRIVATE_PREFIX + Buffer.concat([seed, publicBytes]).toString('base64'),
    publicKey: PUBLIC_PREFIX + publicBytes.toString('base64'),
  };
}

/** @throws RangeError when it is not a `whsk_` key */
export function signEd25519(signingKey: string, message: Buffer): Buffer {
  return sign(null, message, privateKeys(signingKey));
}

/** The `whpk_` text that belongs to a `whsk_` key. */
export function publicKeyText(signingKey: string): string {
  return PUBLIC_PREFIX + publicBytesOf(privateKeyOf(signingKey)).toString('base64');
}

/** RFC 7517 set of the public halves; `kid` is the RFC 7638 thumbprint. */
export function jsonWebKeySet(signingKeys: readonly string[]): { keys: JsonWebKey[] } {
  return {
    keys: signingKeys.map((signingKey) => {
      const x = publicBytesOf(privateKeyOf(signingKey)).toString('base64url');
      const members = { crv: 'Ed25519', kty: 'OKP', x };
      const kid = createHash('sha256').update(JSON.stringify(members)).digest('base64url');
      return { ...members, kid, alg: 'EdDSA', use: 'sig' };
    }),
  };
}

/** The public half behind the seed may be missing; if it is there, it must belong to it. */
function privateKeyOf(signingKey: string): KeyObject {
  const bytes = Buffer.from(signingKey.slice(PRIVATE_PREFIX.length), 'base64');
  if (!isSigningKey(signingKey) || (bytes.length !== 32 && bytes.length !== 64)) {
    throw new RangeError('not a whsk_ signing key');
  }
  const key = createPrivateKey({
    key: Buffer.concat([PKCS8_PREFIX, bytes.subarray(0, SEED_BYTES)]),
    format: 'der',
    type: 'pkcs8',
  });
  const publicHalf = bytes.subarray(SEED_BYTES);
  if (publicHalf.length > 0 && !publicHalf.equals(publicBytesOf(key))) {
    throw new RangeError('not a whsk_ signing key');
  }
  return key;
}

function publicBytesOf(privateKey: KeyObject): Buffer {
  return createPublicKey(privateKey)
    .export({ format: 'der', type: 'spki' })
    .subarray(-PUBLIC_KEY_BYTES);
}
