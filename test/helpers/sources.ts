import { generateKeyPairSync, randomBytes, type KeyObject } from 'node:crypto';

import type { Verification } from '../../src/sources/dialect.ts';
import { KINDS } from '../../src/sources/kinds.ts';
import type { Kind } from '../../src/sources/kind.ts';
import { createRemoteKeys, type RemoteKeys } from '../../src/sources/remote-keys.ts';
import type { SourceRequest } from '../../src/sources/request.ts';
import { sampleRequest } from '../../src/sources/sample.ts';
import { sign } from '../../src/sources/sign.ts';
import { verify } from '../../src/sources/verify.ts';

export const SOURCE_URL = 'https://hooks.example.com/in/5f1d0a9b7c3e4f62';
export const NOW_MS = Date.UTC(2026, 11, 27, 15, 50, 48);

export const NO_REMOTE_KEYS = createRemoteKeys(() => Promise.reject(new Error('no network')));

export function kindNamed(name: string): Kind {
  const kind = KINDS.find(name);
  if (kind === undefined) throw new Error(`no kind ${name}`);
  return kind;
}

export interface KeyPair {
  /** What the source has. */
  secret: string;
  /** What signs; the same where a secret is shared. */
  signing: string;
}

/** An invented secret of the form that a kind asks for. */
export function inventSecret(kind: Kind): KeyPair {
  if (kind.code === 'paddle-classic') return rsaPair();
  const rule = typeof kind.signature === 'object' ? kind.signature : undefined;
  if (rule?.algorithm === 'ed25519') {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    return { secret: ed25519Text(publicKey, rule.key ?? ''), signing: pem(privateKey) };
  }
  if (rule?.algorithm === 'ecdsa-p256-sha256') {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const der = publicKey.export({ format: 'der', type: 'spki' });
    return { secret: der.toString('base64'), signing: pem(privateKey) };
  }
  if (rule?.algorithm === 'rsa-sha1') return rsaPair();
  const text = sharedSecret(kind);
  return { secret: text, signing: text };
}

function sharedSecret(kind: Kind): string {
  if (kind.code === 'adyen-payments') return randomBytes(32).toString('hex');
  const rule = typeof kind.signature === 'object' ? kind.signature : undefined;
  if (rule?.algorithm === 'basic') return `user:${randomBytes(12).toString('hex')}`;
  if (rule?.key === 'whsec') return `whsec_${randomBytes(24).toString('base64')}`;
  if (rule?.key === 'base64') return randomBytes(32).toString('base64');
  return randomBytes(20).toString('hex');
}

function rsaPair(): KeyPair {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  const secret = publicKey.export({ format: 'pem', type: 'spki' }).toString();
  return { secret, signing: pem(privateKey) };
}

function pem(privateKey: KeyObject): string {
  return privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
}

function ed25519Text(publicKey: KeyObject, key: string): string {
  const bytes = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
  if (key === 'ed25519-hex') return bytes.toString('hex');
  return (key === 'whpk' ? 'whpk_' : '') + bytes.toString('base64');
}

export function unsignedSample(kind: Kind): SourceRequest {
  return sampleRequest(kind, { url: SOURCE_URL, id: 'evt_1' });
}

export function signedSample(kind: Kind, secret: string, nowMs = NOW_MS): SourceRequest {
  const signed = sign({ kind, secret, request: unsignedSample(kind), nowMs, parameters: {} });
  if (signed === undefined) throw new Error(`${kind.name} cannot be signed`);
  return signed;
}

/** Those whose keys only the provider has; they have tests of their own. */
export const SIGNED_REMOTELY = ['aws-sns', 'google-pubsub', 'paypal', 'plaid'];

export const SIGNABLE = KINDS.all.filter(
  ({ name, signature }) => signature !== 'none' && !SIGNED_REMOTELY.includes(name),
);

export function verifyAt(
  kind: Kind,
  request: SourceRequest,
  secrets: readonly string[],
  options: {
    nowMs?: number;
    parameters?: Record<string, string>;
    remoteKeys?: RemoteKeys;
  } = {},
) {
  return verify(verification(kind, request, secrets, options), KINDS.find);
}

export function verification(
  kind: Kind,
  request: SourceRequest,
  secrets: readonly string[],
  options: Parameters<typeof verifyAt>[3] = {},
): Verification {
  return {
    kind,
    request,
    secrets,
    nowMs: options.nowMs ?? NOW_MS,
    parameters: options.parameters ?? {},
    remoteKeys: options.remoteKeys ?? NO_REMOTE_KEYS,
  };
}

/** A request with a header in place of those of its name. */
export function withHeader(request: SourceRequest, name: string, value?: string): SourceRequest {
  const headers: string[] = [];
  for (let index = 0; index < request.headers.length; index += 2) {
    const own = request.headers[index] ?? '';
    if (own !== name) headers.push(own, request.headers[index + 1] ?? '');
  }
  return { ...request, headers: value === undefined ? headers : [...headers, name, value] };
}
