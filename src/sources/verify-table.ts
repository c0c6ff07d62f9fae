import { isHmac, isHmacAmong, isSignedByKeyPair } from './algorithms.ts';
import { isSameText } from './compare.ts';
import type { Verification } from './dialect.ts';
import { claimProblem, hashText, isTokenSigned, parseToken, timeProblem } from './jwt.ts';
import { KEY_HINTS, keysOf } from './keys.ts';
import type { KeyPairAlgorithm, Kind, SignatureRule, TimestampRule } from './kind.ts';
import { readRequest, type Reading } from './request.ts';
import { readSignatures } from './signature-header.ts';
import { fillTemplate } from './template.ts';
import { asList, readValue } from './values.ts';
import { refuse, VERIFIED, type Verdict } from './verdict.ts';
import { parseTimestamp, windowProblem } from './window.ts';

/** Verifies what a row of the table describes. */
export function verifyByTable(rule: SignatureRule, input: Verification): Verdict {
  const reading = readRequest(input.request);
  const given = readSignatures(reading, rule);
  const place = placeOf(rule);
  if (!given.isPresent) {
    return refuse(
      'signature_missing',
      `There is no ${place}. Set the secret at ${input.kind.title}, and check that nothing on the way drops it.`,
    );
  }
  if (given.signatures.length === 0) {
    return refuse(
      'signature_malformed',
      `The ${place} is not of the form of ${input.kind.title}. Check the source's kind.`,
    );
  }
  if (rule.unsigned_value !== undefined && given.signatures[0] === rule.unsigned_value) {
    return refuse(
      'signature_missing',
      `${input.kind.title} has no secret for this webhook, so it did not sign it. Set one there.`,
    );
  }
  switch (rule.algorithm) {
    case 'equal':
      return verdictOf(areEqual(given.signatures, input.secrets), rule, input);
    case 'basic':
      return verdictOf(areEqual(given.signatures, input.secrets.map(basicOf)), rule, input);
    case 'jwt':
      return verifyToken(given.signatures, rule, input);
    default:
      return verifySigned(reading, given, rule, input);
  }
}

function areEqual(given: readonly string[], expected: readonly string[]): boolean {
  let isMatch = false;
  for (const candidate of given.flatMap((text) => [text, text.replace(/^Bearer +/i, '')])) {
    for (const secret of expected) {
      isMatch = (secret !== '' && isSameText(candidate, secret)) || isMatch;
    }
  }
  return isMatch;
}

function basicOf(userAndPassword: string): string {
  return userAndPassword === '' ? '' : Buffer.from(userAndPassword).toString('base64');
}

function verifySigned(
  reading: Reading,
  given: { signatures: readonly string[]; timestamp: string | undefined },
  rule: SignatureRule,
  input: Verification,
): Verdict {
  const encoding = rule.key ?? 'text';
  const keys = input.secrets.flatMap((secret) => keysOf(secret, encoding));
  if (keys.length === 0) {
    return refuse('secret_unusable', `The source's secret must be ${KEY_HINTS[encoding]}.`);
  }
  const timestamp = timestampText(reading, given.timestamp, rule.timestamp);
  const problem = timestampProblem(timestamp, rule, input.nowMs) ?? bodyHashProblem(reading, rule);
  if (problem !== undefined) return problem;
  let isSigned = false;
  for (const url of urlsOf(input.request.url, rule)) {
    const filled = fillTemplate(rule.signs ?? '{body}', { reading, url, timestamp });
    if ('missing' in filled) {
      return refuse(
        'body_unreadable',
        `\`${filled.missing}\` is part of what is signed and absent.`,
      );
    }
    isSigned ||= isSignedBy(rule, keys, filled.parts, given.signatures);
  }
  return verdictOf(isSigned, rule, input);
}

function isSignedBy(
  rule: SignatureRule,
  keys: Parameters<typeof isHmacAmong>[1],
  parts: (string | Buffer)[],
  signatures: readonly string[],
): boolean {
  const algorithm = rule.algorithm ?? 'hmac-sha256';
  const given = { signatures, encoding: rule.encoding ?? 'hex' };
  return isHmac(algorithm)
    ? isHmacAmong(algorithm, keys, parts, given)
    : isKeyPair(algorithm) && isSignedByKeyPair(algorithm, keys, parts, given);
}

function isKeyPair(algorithm: string): algorithm is KeyPairAlgorithm {
  return /^(?:ed25519|ecdsa|rsa)/.test(algorithm);
}

function timestampText(
  reading: Reading,
  pair: string | undefined,
  rule: TimestampRule | undefined,
): string | undefined {
  if (rule?.from === undefined) return pair;
  for (const reference of asList(rule.from)) {
    const text = readValue(reading, reference);
    if (text !== undefined) return text;
  }
  return undefined;
}

function timestampProblem(
  text: string | undefined,
  { timestamp: rule, signs = '' }: SignatureRule,
  nowMs: number,
): Verdict | undefined {
  if (rule?.window_seconds === undefined && !signs.includes('{timestamp}')) return undefined;
  if (text === undefined) {
    return refuse('timestamp_missing', 'There is no timestamp, or two that differ, to be checked.');
  }
  const timestampMs = parseTimestamp(text, rule?.unit);
  if (timestampMs === undefined) {
    return refuse('timestamp_malformed', `The timestamp is not in ${rule?.unit ?? 'seconds'}.`);
  }
  return rule?.window_seconds && windowProblem(timestampMs, nowMs, rule.window_seconds);
}

/** A hash of the body that stands where it is signed, such as in the address. */
function bodyHashProblem(reading: Reading, { body_hash }: SignatureRule): Verdict | undefined {
  if (body_hash?.from === undefined) return undefined;
  const claimed = readValue(reading, body_hash.from);
  const expected = hashText(reading.request.body, body_hash.encoding);
  return claimed !== undefined && isSameText(claimed.toLowerCase(), expected)
    ? undefined
    : refuse('body_mismatch', 'The body is not what its hash in the address says.');
}

function verifyToken(
  given: readonly string[],
  rule: SignatureRule,
  { secrets, request, nowMs, kind }: Verification,
): Verdict {
  const tokens = given.flatMap((text) => parseToken(text) ?? []);
  if (tokens.length === 0) {
    return refuse('signature_malformed', `The ${placeOf(rule)} is no JSON Web Token.`);
  }
  const keys = secrets.flatMap((secret) => keysOf(secret, rule.key ?? 'text'));
  const token = tokens.find((candidate) =>
    keys.some((key) => isTokenSigned(candidate, 'HS256', key)),
  );
  if (token === undefined) {
    return refuse(
      'signature_mismatch',
      `No secret of the source signed the token. ${advice(kind)}`,
    );
  }
  const claims = rule.token ?? { algorithm: 'HS256' };
  return (
    timeProblem(token, nowMs, claims.window_seconds) ??
    claimProblem(token, claims, request) ??
    VERIFIED
  );
}

function urlsOf(url: string, rule: SignatureRule): string[] {
  if (rule.url_port !== 'either') return [url];
  const parsed = /^(https?):\/\/([^/?#]*?)(?::(\d+))?([/?#].*)?$/s.exec(url);
  if (parsed === null) return [url];
  const [, scheme = '', host = '', port, rest = ''] = parsed;
  const usual = port ?? (scheme === 'https' ? '443' : '80');
  return [...new Set([url, `${scheme}://${host}:${usual}${rest}`, `${scheme}://${host}${rest}`])];
}

function verdictOf(isSigned: boolean, rule: SignatureRule, { kind, request }: Verification) {
  if (isSigned) return VERIFIED;
  const address = /\{url\}/.test(rule.signs ?? '')
    ? ` The address is signed too: ${kind.title} must have exactly ${request.url}.`
    : '';
  return refuse(
    'signature_mismatch',
    `No secret of the source gives the ${placeOf(rule)}. ${advice(kind)}${address}`,
  );
}

function advice({ title }: Kind): string {
  return `Copy the secret from ${title} again, whole and without blanks, and check that nothing on the way changes the request.`;
}

/** Where the signature is, for a person. */
function placeOf({ from }: SignatureRule): string {
  return asList(from)
    .map((reference) => {
      const [where, ...name] = reference.split(':');
      return `${where === 'form' ? 'form field' : where} \`${name.join(':')}\``;
    })
    .join(' or ');
}
