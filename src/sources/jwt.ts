import { createHash, createHmac, sign, verify, type KeyObject } from 'node:crypto';

import { isSameText } from './compare.ts';
import { encodeSignature } from './encoding.ts';
import type { TokenRule } from './kind.ts';
import { parseJson, type SourceRequest } from './request.ts';
import { refuse, type Refused } from './verdict.ts';
import { isRecord, textAt } from './values.ts';
import { windowProblem } from './window.ts';

export type JwtAlgorithm = 'HS256' | 'ES256' | 'RS256';

export interface Token {
  keyId: string | undefined;
  algorithm: string | undefined;
  claims: Readonly<Record<string, unknown>>;
  /** Header and claims as they were signed. */
  signed: string;
  signature: Buffer;
}

const PART = /^[A-Za-z0-9_-]+$/;
/** For clocks that differ: livekit's tokens begin some seconds after they are sent. */
const LEEWAY_SECONDS = 60;

/** The parts of a compact JWS (RFC 7515), nothing of it checked; undefined when it is none. */
export function parseToken(text: string): Token | undefined {
  const parts = text.replace(/^Bearer +/i, '').split('.');
  const [head = '', body = '', signature = ''] = parts;
  if (parts.length !== 3 || !parts.every((part) => PART.test(part))) return undefined;
  const bytes = Buffer.from(signature, 'base64url');
  if (bytes.toString('base64url') !== signature) return undefined;
  const header = jsonPart(head);
  const claims = jsonPart(body);
  if (!isRecord(header) || !isRecord(claims)) return undefined;
  return {
    keyId: textAt(header, '/kid'),
    algorithm: textAt(header, '/alg'),
    claims,
    signed: `${head}.${body}`,
    signature: bytes,
  };
}

/** The algorithm is the kind's, never the one that the token asks for. */
export function isTokenSigned(token: Token, algorithm: JwtAlgorithm, key: KeyObject): boolean {
  if (token.algorithm !== algorithm) return false;
  const message = Buffer.from(token.signed);
  if (algorithm === 'HS256') {
    if (key.type !== 'secret') return false;
    const expected = createHmac('sha256', key).update(message).digest('base64url');
    return isSameText(expected, token.signature.toString('base64url'));
  }
  const type = algorithm === 'ES256' ? 'ec' : 'rsa';
  if (key.asymmetricKeyType !== type) return false;
  try {
    return verify('sha256', message, { key, dsaEncoding: 'ieee-p1363' }, token.signature);
  } catch {
    return false;
  }
}

export function createToken(
  claims: Readonly<Record<string, unknown>>,
  algorithm: JwtAlgorithm,
  key: KeyObject,
  keyId?: string,
): string {
  const header = { alg: algorithm, typ: 'JWT', ...(keyId === undefined ? {} : { kid: keyId }) };
  const signed = [header, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  const signature =
    algorithm === 'HS256'
      ? createHmac('sha256', key).update(signed).digest()
      : sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' });
  return `${signed}.${signature.toString('base64url')}`;
}

/** `exp` and `nbf` where they are; `iat` where the kind has a window. */
export function timeProblem(
  { claims }: Token,
  nowMs: number,
  window?: TokenRule['window_seconds'],
): Refused | undefined {
  const nowSeconds = nowMs / 1_000;
  const { exp, nbf, iat } = claims;
  if (typeof exp === 'number' && nowSeconds > exp + LEEWAY_SECONDS) {
    return refuse('timestamp_too_old', "The token has expired. Check this server's clock.");
  }
  if (typeof nbf === 'number' && nowSeconds < nbf - LEEWAY_SECONDS) {
    return refuse('timestamp_in_future', "The token is not valid yet. Check this server's clock.");
  }
  if (window === undefined) return undefined;
  return typeof iat === 'number'
    ? windowProblem(iat * 1_000, nowMs, window)
    : refuse('timestamp_missing', 'The token does not say when it was issued (`iat`).');
}

/** What the token says about the body, the address and who issued it. */
export function claimProblem(
  { claims }: Token,
  rule: TokenRule,
  request: SourceRequest,
): Refused | undefined {
  if (rule.issuer !== undefined && claims['iss'] !== rule.issuer) {
    return refuse('claim_mismatch', `The token's issuer (\`iss\`) is not ${rule.issuer}.`);
  }
  if (rule.url_claim !== undefined && claims[rule.url_claim] !== request.url) {
    return refuse('claim_mismatch', `The token is for another address than ${request.url}.`);
  }
  if (rule.url_hash !== undefined && !isHashed(claims, rule.url_hash, request.url)) {
    return refuse('claim_mismatch', `The token is for another address than ${request.url}.`);
  }
  if (rule.body_hash !== undefined && !isHashed(claims, rule.body_hash, request.body)) {
    return refuse('body_mismatch', 'The token is for another body: it was changed on its way.');
  }
  return undefined;
}

export function hashText(content: string | Buffer, encoding: 'hex' | 'base64' | 'base64url') {
  return createHash('sha256').update(content).digest(encoding);
}

function isHashed(
  claims: Token['claims'],
  rule: NonNullable<TokenRule['body_hash']>,
  content: string | Buffer,
): boolean {
  const claimed = claims[rule.claim ?? ''];
  // A request without a body may have no hash of it.
  if (claimed === undefined) return content.length === 0;
  if (typeof claimed !== 'string') return false;
  const expected = createHash('sha256').update(content).digest();
  const given = rule.encoding === 'hex' ? claimed.toLowerCase() : claimed.replace(/=+$/, '');
  return isSameText(given, encodeSignature(expected, rule.encoding));
}

function jsonPart(part: string): unknown {
  return parseJson(Buffer.from(part, 'base64url').toString('utf8'));
}
