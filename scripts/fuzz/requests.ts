import fc from 'fast-check';
import { buildResponseCheck } from '../../test/helpers/contract.ts';
import { loadDocument } from '../../src/openapi/document.ts';
import { brokenJson, jsonText } from './json-texts.ts';
import type { Stage } from './stage.ts';
import type { Tally } from './tally.ts';

type Sent = {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | undefined;
};

const DOCUMENT = loadDocument(new URL('../../openapi.yaml', import.meta.url));
const CONCURRENCY = 8;
const REQUEST_TIMEOUT_MS = 40_000;
/** One never ends its answer; the other answers whatever status it is asked for. */
const EXCLUDED = ['openStream', 'receiveTestWebhook'];

const UNLIKELY_PARTS = [
  '%00',
  '%ff',
  '%zz',
  '%',
  '..%2f..',
  '%ed%a0%80',
  '%e2%80%ae',
  '__proto__',
  'constructor',
  '*',
  "'",
  '"',
  '019AA089-9AF2-7C31-8A5E-2F0D6C1B7E94',
  '019aa089-9af2-7c31-8a5e-2f0d6c1b7e94',
  '0',
  '-1',
  'null',
  'x'.repeat(600),
  'x'.repeat(1_100),
  '%20',
  '😀',
];

const pathPart = fc.oneof(
  fc.constantFrom(...UNLIKELY_PARTS),
  fc.uuid({ version: 7 }),
  fc
    .string({ unit: 'binary', minLength: 1, maxLength: 20 })
    .filter((text) => text.isWellFormed())
    .map(encodeURIComponent),
);

const queryValue = fc.oneof(
  pathPart,
  fc.constantFrom(
    '1e400',
    '99999999999999999999',
    '-0',
    '0x10',
    '',
    '1;2',
    '2025-02-30T00:00:00Z',
    '5xx',
  ),
);

const mediaType = fc.constantFrom(
  'application/json',
  'application/json',
  'application/json',
  'application/json; charset=utf-16',
  'application/vnd.x+json',
  'text/plain',
  'application/jsonx',
  'json',
  '',
  ';',
  'application/json, text/xml',
  'multipart/form-data',
  'application/x-www-form-urlencoded',
  `application/json;${'a=b;'.repeat(500)}`,
);

/** Values that schemas of the document are about, beside ones that no schema is about. */
const memberValue = fc.oneof(
  jsonText,
  fc.constantFrom(
    '"http://127.0.0.1:1/"',
    '"http://[::ffff:7f00:1]/"',
    '"javascript:alert(1)"',
    '"http://\\ud800/"',
    '["*"]',
    '"active"',
    '1',
    '1e400',
    '-1',
    '2147483648',
    '9223372036854775808',
    '1.5',
    '"1s"',
    '["github"]',
    '{"X-A":"1"}',
    '{"__proto__":"1"}',
    '{"Host":"a"}',
    '"\\u0000"',
    '"whsec_"',
    '"standard-webhooks"',
    'null',
  ),
);

/** An object with members that the operations know, and ones they do not. */
const knownNames = new Set(
  Object.values(DOCUMENT.components.schemas as Record<string, { properties?: object }>).flatMap(
    ({ properties }) => Object.keys(properties ?? {}),
  ),
);
const objectText = fc
  .array(fc.tuple(fc.constantFrom(...knownNames, '__proto__', 'constructor'), memberValue), {
    maxLength: 8,
  })
  .map((members) => `{${members.map(([name, value]) => `"${name}":${value}`).join(',')}}`);

const body = fc.oneof(
  { arbitrary: objectText.map((text) => Buffer.from(text)), weight: 4 },
  { arbitrary: jsonText.map((text) => Buffer.from(text)), weight: 2 },
  { arbitrary: brokenJson, weight: 3 },
);

/** All that an HTTP client lets through. */
const headerCharacter = fc
  .integer({ min: 0x20, max: 0xff })
  .filter((code) => code !== 0x7f)
  .map((code) => String.fromCharCode(code));

const requestHeaders = fc.dictionary(
  fc.constantFrom(
    'idempotency-key',
    'x-event-type',
    'event_type',
    'x-signature',
    'webhook-signature',
    'webhook-timestamp',
    'webhook-id',
    'traceparent',
    'x-forwarded-for',
    'last-event-id',
    'accept',
    'range',
    'if-none-match',
    'origin',
  ),
  fc.string({ unit: headerCharacter, maxLength: 40 }),
  { maxKeys: 3 },
);

const sent: fc.Arbitrary<Sent> = fc
  .tuple(
    fc.constantFrom(...DOCUMENT.operations.filter(({ id }) => !EXCLUDED.includes(id))),
    fc.array(pathPart, { minLength: 2, maxLength: 2 }),
    fc.array(fc.tuple(fc.nat({ max: 20 }), queryValue), { maxLength: 3 }),
    fc.record({ body, mediaType, requestHeaders }),
  )
  .map(([operation, parts, query, rest]) => {
    const names = [
      ...operation.parameters.flatMap(({ in: place, name }) => (place === 'query' ? [name] : [])),
      'x',
    ];
    const search = query
      .map(([index, value]) => `${names[index % names.length]}=${value}`)
      .join('&');
    const path = operation.path.replaceAll(/\{[^}]+\}/g, () => parts.pop() ?? '0');
    const hasBody = operation.method !== 'GET' && operation.method !== 'HEAD';
    return {
      method: operation.method,
      path: search === '' ? path : `${path}?${search}`,
      headers: { ...rest.requestHeaders, ...(hasBody && { 'content-type': rest.mediaType }) },
      body: hasBody ? rest.body : undefined,
    };
  });

/** Sends requests that no client would, and holds every answer against the document. */
export async function fuzzRequests(
  { origin, key }: Stage,
  { seed, count }: { seed: number; count: number },
): Promise<Tally> {
  const check = buildResponseCheck();
  const violations: string[] = [];
  const waiting = fc.sample(sent, { numRuns: count, seed });

  async function send(request: Sent): Promise<void> {
    const { method, path } = request;
    const response = await fetch(`${origin}${path}`, {
      method,
      headers: { ...request.headers, authorization: `Bearer ${key}` },
      body: request.body as RequestInit['body'],
      redirect: 'manual',
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    });
    const text = await response.text();
    const headers = Object.fromEntries(response.headers);
    const seen = { method, url: path, status: response.status, headers, body: text };
    const faults = check(seen);
    if (response.status >= 500 && response.status !== 503) faults.push('it is a fault of ours');
    if (faults.length > 0)
      violations.push(`${describe(request)} → ${response.status}: ${faults.join('; ')}`);
  }

  async function work(): Promise<void> {
    for (let request = waiting.pop(); request !== undefined; request = waiting.pop()) {
      const current = request;
      await send(current).catch((error: unknown) => {
        violations.push(
          `${describe(current)} was not answered: ${String((error as Error).cause ?? error)}`,
        );
      });
    }
  }

  await Promise.all(Array.from({ length: CONCURRENCY }, work));
  return { name: `requests made up from openapi.yaml, seed ${seed}`, count, violations };
}

function describe({ method, path, headers, body }: Sent): string {
  const text =
    body === undefined ? '' : ` ${JSON.stringify(body.subarray(0, 300).toString('latin1'))}`;
  return `${method} ${path} ${JSON.stringify(headers)}${text}`;
}
