import { hmacOf } from './algorithms.ts';
import { isSameText } from './compare.ts';
import type { Verification } from './dialect.ts';
import { dialectOf } from './dialects/index.ts';
import { encodeSignature } from './encoding.ts';
import {
  emptyResponse,
  jsonResponse,
  textResponse,
  type HandshakeResponse,
} from './handshake-response.ts';
import { keysOf } from './keys.ts';
import type { Handshake, HandshakeCondition } from './kind.ts';
import { readRequest, type Reading } from './request.ts';
import { nodesAt, readValue } from './values.ts';

export type HandshakeInput = Pick<Verification, 'kind' | 'request' | 'secrets' | 'parameters'> & {
  /** What `verify` said of the same request. Those that must be signed are answered only then. */
  isVerified: boolean;
};

const MAX_VALUE_LENGTH = 1_024;
/** No provider asks at such length; what is longer is not read before it is verified. */
const MAX_BODY_BYTES = 64 * 1_024;

/**
 * The answer to a request with which a provider sees whether somebody is there: a ping, a
 * challenge, a secret handed over. Such a request is no event. Undefined when it is none of them.
 */
export function answerHandshake(input: HandshakeInput): HandshakeResponse | undefined {
  const { kind } = input;
  if (input.request.body.length > MAX_BODY_BYTES) return undefined;
  if (kind.code !== undefined) {
    const own = dialectOf(kind.code).answerHandshake?.(input);
    if (own !== undefined) return own;
  }
  const reading = readRequest(input.request);
  for (const handshake of kind.handshakes ?? []) {
    if (handshake.signed === true && !input.isVerified) continue;
    // Who knows the address alone must not replace a secret that is there.
    if (handshake.learns_secret === true && input.secrets.length > 0) continue;
    if (!isMet(reading, handshake.when) || !isChecked(reading, handshake, input)) continue;
    const response = answer(reading, handshake, input);
    if (response !== undefined) return response;
  }
  return undefined;
}

/** Whether a provider hands a secret over where there is one. */
export function isPairingAgain({ kind, request, secrets }: Omit<HandshakeInput, 'isVerified'>) {
  return (
    secrets.length > 0 &&
    (kind.handshakes ?? []).some(
      ({ learns_secret, when }) => learns_secret === true && isMet(readRequest(request), when),
    )
  );
}

function isMet(reading: Reading, { method = 'POST', values = {}, empty }: HandshakeCondition) {
  if (reading.request.method !== method) return false;
  const isEach = Object.entries(values).every(([reference, expected]) => {
    const value = readValue(reading, reference);
    return typeof expected === 'string' ? value === expected : (value !== undefined) === expected;
  });
  if (!isEach || empty === undefined) return isEach;
  const [node] = nodesAt(reading.json(), empty.slice('body:'.length));
  return Array.isArray(node) && node.length === 0;
}

function isChecked(reading: Reading, { check }: Handshake, { parameters }: HandshakeInput) {
  const expected = check === undefined ? undefined : parameters[check.parameter];
  if (check === undefined || expected === undefined) return true;
  return isSameText(readValue(reading, check.from) ?? '', expected);
}

function answer(
  reading: Reading,
  handshake: Handshake,
  input: HandshakeInput,
): HandshakeResponse | undefined {
  const { how, status = 200 } = handshake;
  if (how === 'fixed') return fixedAnswer(handshake);
  if (how === 'cloudevents-options') return optionsAnswer(reading);
  const value = handshake.value === undefined ? undefined : readValue(reading, handshake.value);
  if (value === undefined || !isAllowed(value, handshake)) return undefined;
  switch (how) {
    case 'echo':
      return filled(handshake, { value, hmac: '' });
    case 'hmac': {
      const hmac = hmacOfChallenge(value, handshake, input);
      return hmac === undefined ? undefined : filled(handshake, { value, hmac });
    }
    case 'echo-header':
      return {
        ...emptyResponse(status, { [handshake.header ?? '']: value }),
        ...(handshake.learns_secret === true ? { learnedSecret: value } : {}),
      };
    case 'call-url':
      return { ...emptyResponse(status), callUrl: value };
    case 'show-secret':
      return { ...emptyResponse(status), learnedSecret: value, isShown: true };
  }
}

function isAllowed(value: string, { pattern, url_pattern }: Handshake): boolean {
  if (value.length > MAX_VALUE_LENGTH || /[\0\r\n]/.test(value)) return false;
  return new RegExp(pattern ?? url_pattern ?? '').test(value);
}

function fixedAnswer({ json, text, status, headers }: Handshake): HandshakeResponse {
  const response =
    json === undefined
      ? text === undefined
        ? emptyResponse(status ?? 200)
        : textResponse(text, status)
      : jsonResponse(json, status);
  return { ...response, headers: { ...response.headers, ...headers } };
}

function filled(
  { json, text, status, headers }: Handshake,
  values: { value: string; hmac: string },
): HandshakeResponse {
  const fill = (template: string | number) =>
    typeof template === 'string'
      ? template.replace('{value}', () => values.value).replace('{hmac}', () => values.hmac)
      : template;
  const response =
    json === undefined
      ? textResponse(String(fill(text ?? '{value}')), status)
      : jsonResponse(
          Object.fromEntries(Object.entries(json).map(([name, member]) => [name, fill(member)])),
          status,
        );
  return { ...response, headers: { ...response.headers, ...headers } };
}

/** The newest secret answers: the provider that asks is being set up with it. */
function hmacOfChallenge(
  value: string,
  { encoding = 'hex' }: Handshake,
  { kind, secrets: [secret] }: HandshakeInput,
): string | undefined {
  const rule = typeof kind.signature === 'object' ? kind.signature : undefined;
  const [key] = secret === undefined ? [] : keysOf(secret, rule?.key ?? 'text');
  if (key === undefined) return undefined;
  const digest = hmacOf('hmac-sha256', key, [value]);
  return encoding === 'base64' ? digest.toString('base64') : encodeSignature(digest, encoding);
}

/** The handshake of the CloudEvents HTTP webhook specification, section 4. */
function optionsAnswer(reading: Reading): HandshakeResponse | undefined {
  const origin = reading.header('webhook-request-origin');
  if (origin === undefined || !/^[\w.:*-]{1,255}$/.test(origin)) return undefined;
  const callback = reading.header('webhook-request-callback');
  return {
    ...emptyResponse(200, {
      'webhook-allowed-origin': origin,
      'webhook-allowed-rate': '*',
      allow: 'OPTIONS, POST',
    }),
    ...(callback?.startsWith('https://') ? { callUrl: callback } : {}),
  };
}
