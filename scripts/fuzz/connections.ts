import fc from 'fast-check';
import { once } from 'node:events';
import { connect } from 'node:net';
import { buildResponseCheck } from '../../test/helpers/contract.ts';
import { readResponses, type RawResponse } from './raw-responses.ts';
import type { Stage } from './stage.ts';
import type { Tally } from './tally.ts';

/** What one client writes on a connection, and how many answers there must be at the least. */
type Conversation = { readonly bytes: Buffer; readonly leastAnswers: number };

const CONCURRENCY = 8;
/** Longer than the service waits for the rest of headers and of a body. */
const CONVERSATION_TIMEOUT_MS = 45_000;

const CLOSE = 'Connection: close\r\n\r\n';
const JSON_TYPE = 'Content-Type: application/json\r\n';
const request = (line: string, headers = '', body = ''): string =>
  `${line} HTTP/1.1\r\nHost: a\r\n${headers}${body === '' ? '' : `Content-Length: ${Buffer.byteLength(body)}\r\n`}`;
const conversation = (text: string, leastAnswers = 1): Conversation => ({
  bytes: Buffer.from(text, 'latin1'),
  leastAnswers,
});

/** Anything but control characters; those are tried in headers. */
const target = fc.oneof(
  fc.constantFrom(
    '*',
    '//health',
    '//[',
    '/..//health',
    '/../../etc/passwd',
    '/docs/static/%00',
    '/docs/static/..%2f..%2fapp.ts',
    'http://evil.example/health',
    'http://[/',
    'health',
    '/health?%',
    '/health#a',
    '/%',
    '/%c0%af',
    '/;/?;',
    `/${'a/'.repeat(3_000)}`,
    `/health?${'a=1&'.repeat(3_000)}`,
  ),
  fc
    .string({ unit: 'binary-ascii', minLength: 1, maxLength: 60 })
    .map((text) => `/${text.replaceAll(/[\s\0]/g, '')}`),
);
const method = fc.constantFrom(
  'GET',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'HEAD',
  'OPTIONS',
  'TRACE',
  'QUERY',
  'PROPFIND',
  'PRI',
  'get',
  'NONE',
);
const oddHeader = fc.constantFrom(
  'Expect: 100-continue',
  'Expect: nonsense',
  'Upgrade: websocket',
  'Content-Length: -1',
  'Content-Length: 1e3',
  'Content-Length: 99999999999999999999',
  'Transfer-Encoding: gzip',
  'Transfer-Encoding: chunked, identity',
  'Host: b',
  'Host: [',
  'Content-Encoding: gzip',
  'Authorization: Bearer',
  'Authorization: Basic Og==',
  'Authorization: Bearer a\r\nAuthorization: Bearer b',
  'Content-Type: ;',
  'Range: bytes=9-1',
  ' a: b',
  'a : b',
  'a: \x01',
  ': a',
  'Cookie: __proto__=1',
  '__proto__: 1',
  'X-Forwarded-For: ::::',
  `X: ${'x'.repeat(17_000)}`,
);

const oddRequest = fc
  .tuple(method, target, fc.array(oddHeader, { maxLength: 3 }))
  .map(([verb, url, headers]) =>
    conversation(
      `${request(`${verb} ${url}`)}${headers.map((header) => `${header}\r\n`).join('')}${CLOSE}`,
    ),
  );

/** Several requests in one write; each is answered, in order. */
const pipeline = fc
  .array(
    fc.constantFrom(
      request('GET /health'),
      request('GET /nope'),
      request('GET /events'),
      request('GET /subscriptions/%00'),
      request('POST /events', JSON_TYPE, '{"a":'),
    ),
    { minLength: 2, maxLength: 30 },
  )
  .map((heads) => {
    const whole = heads.map((head) =>
      head.startsWith('POST') ? `${head}\r\n{"a":` : `${head}\r\n`,
    );
    return conversation(`${whole.join('')}${request('GET /health')}${CLOSE}`, heads.length + 1);
  });

const headerFlood = fc
  .integer({ min: 100, max: 6_000 })
  .map((count) => conversation(`${request('GET /health')}${'a:\r\n'.repeat(count)}${CLOSE}`));

const chunked = fc
  .constantFrom(
    '2\r\n{}\r\n0\r\n\r\n',
    'zz\r\n{}\r\n',
    '-1\r\n',
    'ffffffffffffffffff\r\n{}',
    `1;${'x'.repeat(20_000)}\r\n{`,
    '2\r\n{}\r\n0\r\n__proto__: 1\r\n\r\n',
    '1\r\n{}\r\n',
  )
  .map((body) =>
    conversation(
      `${request('POST /events', JSON_TYPE)}Transfer-Encoding: chunked\r\n${CLOSE}${body}`,
    ),
  );

const noise = fc.uint8Array({ minLength: 1, maxLength: 200 }).map((bytes) => ({
  bytes: Buffer.concat([Buffer.from(bytes), Buffer.from('\r\n\r\n')]),
  leastAnswers: 0,
}));

const quick = fc.oneof(
  { arbitrary: oddRequest, weight: 5 },
  { arbitrary: pipeline, weight: 2 },
  { arbitrary: headerFlood, weight: 1 },
  { arbitrary: chunked, weight: 2 },
  { arbitrary: noise, weight: 2 },
);

/** Bodies and heads that never end: the service must end them. */
const SLOW: readonly Conversation[] = [
  conversation(`${request('POST /webhook', `${JSON_TYPE}Content-Length: 10\r\n`)}\r\n{`),
  conversation(
    `${request('POST /webhook', `${JSON_TYPE}Transfer-Encoding: chunked\r\n`)}\r\n1\r\n{\r\n`,
  ),
  conversation('GET /health HTTP/1.1\r\nHost: a\r\nX: '),
];

/** Speaks to the service without an HTTP client, which would not let such requests out. */
export async function fuzzConnections(
  { origin }: Stage,
  { seed, count }: { seed: number; count: number },
): Promise<Tally> {
  const port = Number(new URL(origin).port);
  const check = buildResponseCheck();
  const violations: string[] = [];
  const waiting = [...fc.sample(quick, { numRuns: count, seed })];

  async function hold(one: Conversation): Promise<void> {
    const said = JSON.stringify(one.bytes.toString('latin1').slice(0, 400));
    const fail = (fault: string) => void violations.push(`${said}: ${fault}`);
    const { answer, isCutOff } = await speak(port, one.bytes);
    if (!isCutOff) fail('the connection was left open');
    const responses = readResponses(answer);
    if (responses === undefined) return fail(`is not answered in HTTP: ${answer.slice(0, 200)}`);
    if (responses.length < one.leastAnswers)
      fail(`${responses.length} answers of ${one.leastAnswers}`);
    for (const response of responses) faultsOf(response, check).forEach(fail);
  }

  async function work(): Promise<void> {
    for (let one = waiting.pop(); one !== undefined; one = waiting.pop()) await hold(one);
  }

  await Promise.all([...Array.from({ length: CONCURRENCY }, work), ...SLOW.map(hold)]);
  return {
    name: `connections that no client makes, seed ${seed}`,
    count: count + SLOW.length,
    violations,
  };
}

/** The request of an answer is unknown here; whether it is a proper answer is not. */
function faultsOf(
  { status, headers, body }: RawResponse,
  check: ReturnType<typeof buildResponseCheck>,
): string[] {
  if (status >= 500 && status !== 503) return [`answered ${status}`];
  if (status < 400) return [];
  // Of a HEAD, only the head.
  if (body === '' && headers['content-type']?.startsWith('application/problem+json')) return [];
  return check({ method: 'GET', url: '/?', status, headers, body }).map(
    (fault) => `${status}: ${fault}`,
  );
}

async function speak(port: number, bytes: Buffer): Promise<{ answer: string; isCutOff: boolean }> {
  const socket = connect(port, '127.0.0.1');
  let answer = '';
  let isCutOff = true;
  socket.setEncoding('latin1').on('data', (text: string) => (answer += text));
  socket.on('error', () => undefined);
  const timer = setTimeout(() => {
    isCutOff = false;
    socket.destroy();
  }, CONVERSATION_TIMEOUT_MS);
  socket.write(bytes);
  await once(socket, 'close');
  clearTimeout(timer);
  return { answer, isCutOff };
}
