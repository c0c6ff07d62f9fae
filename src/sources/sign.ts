import { hmacOf, isHmac, signWithKeyPair } from './algorithms.ts';
import type { SampleInput } from './dialect.ts';
import { dialectOf } from './dialects/index.ts';
import { createToken, hashText } from './jwt.ts';
import { keysOf, privateKeyOf } from './keys.ts';
import type { HashRule, KeyPairAlgorithm, SignatureRule, TokenRule } from './kind.ts';
import { parseJson, readRequest, type SourceRequest } from './request.ts';
import { withValue } from './sample.ts';
import { fillTemplate } from './template.ts';
import { asList, readValue } from './values.ts';
import { formatTimestamp } from './window.ts';

/**
 * The request with the signature that its kind's provider would put on it. Undefined when this
 * secret cannot make one: of a public key, the private one must be given, in PEM.
 */
export function sign(input: SampleInput): SourceRequest | undefined {
  const { kind, request } = input;
  if (kind.code !== undefined) return dialectOf(kind.code).sign?.(input);
  if (kind.signature === undefined || kind.signature === 'none') return request;
  return signByTable(kind.signature, input);
}

function signByTable(rule: SignatureRule, input: SampleInput): SourceRequest | undefined {
  const [place] = asList(rule.from);
  if (place === undefined) return undefined;
  const timestamp = formatTimestamp(input.nowMs, rule.timestamp?.unit);
  const [timestampPlace] = asList(rule.timestamp?.from);
  let request = withBodyHash(input.request, rule);
  if (timestampPlace !== undefined) request = withText(request, timestampPlace, timestamp);
  request = withInventions(request, rule, timestamp);
  const value = signatureOf(rule, { ...input, request }, timestamp);
  return value === undefined ? undefined : withText(request, place, value);
}

function signatureOf(
  rule: SignatureRule,
  { request, secret, nowMs }: SampleInput,
  timestamp: string,
): string | undefined {
  const { algorithm = 'hmac-sha256', prefix = '', encoding = 'hex' } = rule;
  if (algorithm === 'equal') return prefix + secret;
  if (algorithm === 'basic') return prefix + Buffer.from(secret).toString('base64');
  if (algorithm === 'jwt') {
    const token = tokenOf(rule, request, secret, nowMs);
    return token === undefined ? undefined : prefix + token;
  }
  const reading = readRequest(request);
  const filled = fillTemplate(rule.signs ?? '{body}', { reading, url: request.url, timestamp });
  if ('missing' in filled) return undefined;
  const digest = isHmac(algorithm)
    ? hmacWith(algorithm, rule, secret, filled.parts)
    : keyPairSignature(algorithm, secret, filled.parts);
  if (digest === undefined) return undefined;
  const signature = prefix + digest.toString(encoding);
  if (rule.format !== 'pairs') return signature;
  const pairs = [`${rule.signature_key}=${signature}`];
  if (rule.timestamp_key !== undefined) pairs.unshift(`${rule.timestamp_key}=${timestamp}`);
  return pairs.join(rule.separator ?? ',');
}

function hmacWith(
  algorithm: Parameters<typeof hmacOf>[0],
  rule: SignatureRule,
  secret: string,
  parts: readonly (string | Buffer)[],
): Buffer | undefined {
  const [key] = keysOf(secret, rule.key ?? 'text');
  return key === undefined ? undefined : hmacOf(algorithm, key, parts);
}

function keyPairSignature(
  algorithm: KeyPairAlgorithm,
  secret: string,
  parts: readonly (string | Buffer)[],
): Buffer | undefined {
  const key = privateKeyOf(secret);
  return key === undefined ? undefined : signWithKeyPair(algorithm, key, parts);
}

function tokenOf(
  { token: rule, key: keyEncoding }: SignatureRule,
  request: SourceRequest,
  secret: string,
  nowMs: number,
): string | undefined {
  const [key] = keysOf(secret, keyEncoding ?? 'text');
  if (key === undefined || rule === undefined) return undefined;
  const iat = Math.floor(nowMs / 1_000);
  const claims = { iat, exp: iat + 300, ...claimsOf(rule, request) };
  return createToken(claims, rule.algorithm, key);
}

function claimsOf(rule: TokenRule, { url, body }: SourceRequest): Record<string, string> {
  const hashed = (hash: HashRule | undefined, content: string | Buffer) =>
    hash?.claim === undefined ? {} : { [hash.claim]: hashText(content, hash.encoding) };
  return {
    ...(rule.issuer === undefined ? {} : { iss: rule.issuer }),
    ...(rule.url_claim === undefined ? {} : { [rule.url_claim]: url }),
    ...hashed(rule.body_hash, body),
    ...hashed(rule.url_hash, url),
  };
}

function withBodyHash(request: SourceRequest, { body_hash }: SignatureRule): SourceRequest {
  return body_hash?.from === undefined
    ? request
    : withText(request, body_hash.from, hashText(request.body, body_hash.encoding));
}

/** What is signed beside the body and is not there yet, such as an id. */
function withInventions(
  request: SourceRequest,
  { signs = '' }: SignatureRule,
  timestamp: string,
): SourceRequest {
  let invented = request;
  for (const [, reference = ''] of signs.matchAll(/\{((?:header|body):[^{}]+)\}/g)) {
    if (readValue(readRequest(invented), reference) === undefined) {
      invented = withText(invented, reference, `sample-${timestamp}`);
    }
  }
  return invented;
}

function withText(request: SourceRequest, reference: string, text: string): SourceRequest {
  const colon = reference.indexOf(':');
  const name = reference.slice(colon + 1);
  switch (reference.slice(0, colon)) {
    case 'header':
      return { ...request, headers: [...request.headers, name.replace('*', '1'), text] };
    case 'query': {
      const separator = request.url.includes('?') ? '&' : '?';
      return { ...request, url: `${request.url}${separator}${name}=${encodeURIComponent(text)}` };
    }
    case 'form': {
      const form = new URLSearchParams(request.body.toString());
      form.append(name, text);
      return {
        ...request,
        headers: ['content-type', 'application/x-www-form-urlencoded', ...request.headers.slice(2)],
        body: Buffer.from(form.toString()),
      };
    }
    default: {
      const document = parseJson(request.body.toString());
      const value = /^\d{1,15}$/.test(text) && name === '/webhookTimestamp' ? Number(text) : text;
      const changed = withValue(document, name.split('/').slice(1), value);
      return { ...request, body: Buffer.from(JSON.stringify(changed)) };
    }
  }
}
