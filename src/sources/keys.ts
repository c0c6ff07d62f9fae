import { createHash, createPrivateKey, createPublicKey, createSecretKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

import { boundedCache } from '../sender/bounded-cache.ts';
import type { KeyEncoding } from './kind.ts';

/** SPKI (RFC 8410) of an Ed25519 key, up to its 32 bytes. */
const ED25519_SPKI = Buffer.from('302a300506032b6570032100', 'hex');
const HEX = /^(?:[0-9a-f]{2})+$/i;
const BASE64 = /^[A-Za-z0-9+/_-]{2,}={0,2}$/;

// An imported key makes a HMAC five times as cheap; the encoding stands before the secret.
const keys = boundedCache(10_000, (id) => {
  const space = id.indexOf(' ');
  return importKeys(id.slice(0, space), id.slice(space + 1));
});

/**
 * The keys that a secret may stand for: none when it cannot be read, which is a reason to refuse.
 * No key is ever empty, since anyone could sign with that.
 */
export function keysOf(secret: string, encoding: KeyEncoding): readonly KeyObject[] {
  return keys(`${encoding} ${secret}`);
}

/** The private key, PEM, of one who signs samples; undefined when the secret is none. */
export function privateKeyOf(secret: string): KeyObject | undefined {
  return secret.includes('PRIVATE KEY') ? attempt(() => createPrivateKey(secret)) : undefined;
}

export const KEY_HINTS: Readonly<Record<KeyEncoding, string>> = {
  text: 'any text',
  nfkd: 'any text',
  sha1: 'any text',
  ampersand: 'any text',
  base64: 'base64',
  hex: 'hex digits',
  whsec: '`whsec_` and base64',
  whpk: '`whpk_` and base64 of a 32-byte public key',
  'ed25519-hex': 'a public key of 64 hex digits',
  'ed25519-base64': 'base64 of a 32-byte public key',
  'spki-base64': 'the public key as the provider shows it, base64 or PEM',
  pem: 'a public key in PEM',
};

function importKeys(encoding: string, secret: string): readonly KeyObject[] {
  switch (encoding) {
    case 'base64':
      return secretKey(decoded(secret, BASE64, 'base64'));
    case 'hex':
      return secretKey(decoded(secret, HEX, 'hex'));
    case 'whsec':
      return whsecKeys(secret);
    case 'nfkd':
      return secretKey(Buffer.from(secret.normalize('NFKD')));
    case 'sha1':
      return secretKey(secret === '' ? undefined : createHash('sha1').update(secret).digest());
    case 'ampersand':
      return secretKey(secret === '' ? undefined : Buffer.from(`${secret}&`));
    case 'whpk':
      return ed25519Key(decoded(secret.replace(/^whpk_/, ''), BASE64, 'base64'));
    case 'ed25519-hex':
      return ed25519Key(decoded(secret, HEX, 'hex'));
    case 'ed25519-base64':
      return ed25519Key(decoded(secret, BASE64, 'base64'));
    case 'spki-base64':
      return secret.includes('-----') ? pemKey(secret) : spkiKey(decoded(secret, BASE64, 'base64'));
    case 'pem':
      return pemKey(secret);
    default:
      return secretKey(Buffer.from(secret));
  }
}

/** Without the prefix some mean base64, as libraries take it, and others the text itself. */
function whsecKeys(secret: string): readonly KeyObject[] {
  if (secret.startsWith('whsec_')) return secretKey(decoded(secret.slice(6), BASE64, 'base64'));
  return [
    ...secretKey(Buffer.from(secret)),
    ...(secret.length >= 32 ? secretKey(decoded(secret, BASE64, 'base64')) : []),
  ];
}

function decoded(text: string, pattern: RegExp, encoding: 'hex' | 'base64'): Buffer | undefined {
  return pattern.test(text) ? Buffer.from(text, encoding) : undefined;
}

function secretKey(bytes: Buffer | undefined): readonly KeyObject[] {
  return bytes === undefined || bytes.length === 0 ? [] : [createSecretKey(bytes)];
}

function ed25519Key(bytes: Buffer | undefined): readonly KeyObject[] {
  return bytes?.length === 32 ? spkiKey(Buffer.concat([ED25519_SPKI, bytes])) : [];
}

function spkiKey(bytes: Buffer | undefined): readonly KeyObject[] {
  if (bytes === undefined) return [];
  const key = attempt(() => createPublicKey({ key: bytes, format: 'der', type: 'spki' }));
  return key === undefined ? [] : [key];
}

function pemKey(text: string): readonly KeyObject[] {
  const key = attempt(() => createPublicKey(text));
  return key === undefined ? [] : [key];
}

function attempt<Value>(make: () => Value): Value | undefined {
  try {
    return make();
  } catch {
    return undefined;
  }
}
