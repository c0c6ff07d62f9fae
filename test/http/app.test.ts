import { once } from 'node:events';
import net from 'node:net';
import t from 'tap';
import type { Test } from 'tap';
import { parse } from 'yaml';

import { buildApp } from '../../src/app.ts';
import type { AppDependencies } from '../../src/app.ts';
import { AppError } from '../../src/base/errors.ts';
import { createLogger } from '../../src/base/logger.ts';
import type { AnyHandler, Handlers } from '../../src/http/contract.ts';
import { apiDocument, buildResponseCheck, watchResponses } from '../helpers/contract.ts';

/** Every operation of the document, each answering as if it were switched off. */
function buildHandlers(overrides: Partial<Handlers> = {}): Record<string, AnyHandler> {
  const absent = () => {
    throw new AppError('unavailable', 'Not part of this test.');
  };
  return {
    ...Object.fromEntries(apiDocument.operations.map(({ id }) => [id, absent])),
    ...overrides,
  };
}

async function build(
  t: Test,
  overrides: Partial<Handlers> = {},
  deps: Partial<AppDependencies> = {},
) {
  const lines: Record<string, unknown>[] = [];
  const logger = createLogger(
    { logLevel: 'debug' },
    { write: (line) => void lines.push(JSON.parse(line)) },
  );
  const handlers = buildHandlers(overrides);
  const app = await buildApp({ logger, document: apiDocument, handlers, ...deps });
  t.teardown(() => app.close());
  watchResponses(t, app);
  return { app, lines };
}

async function listen(t: Test, ...options: [Partial<Handlers>?, Partial<AppDependencies>?]) {
  const { app } = await build(t, ...options);
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as net.AddressInfo;
  return { app, port };
}

/** What a server answers on a socket to `text`, until it closes. */
async function speak(port: number, text: string): Promise<string> {
  const socket = net.connect(port, '127.0.0.1');
  let answer = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => (answer += chunk));
  socket.on('error', () => {});
  socket.write(text);
  await once(socket, 'close');
  return answer;
}

t.test('the app boots with the document and a handler for each operation', async (t) => {
  const { app } = await build(t);
  await app.ready();
  const missing = apiDocument.operations.filter(
    ({ method, path }) =>
      !app.hasRoute({ method: method as 'GET', url: path.replaceAll(/\{([^}]+)\}/g, ':$1') }),
  );
  t.strictSame(missing, []);
});

t.test('every limit has a default, as the types of handlers take for granted', async (t) => {
  for (const { id, parameters } of apiDocument.operations) {
    const limit = parameters.find(({ name }) => name === 'limit');
    if (limit) t.type(limit.schema.default, 'number', id);
  }
});

t.test('the document is served as written', async (t) => {
  const { app } = await build(t);
  const yaml = await app.inject('/openapi.yaml');
  t.equal(yaml.statusCode, 200);
  t.match(yaml.headers['content-type'], /^application\/yaml/);
  t.equal(yaml.body, apiDocument.source);
  const json = await app.inject('/openapi.json');
  t.match(json.headers['content-type'], /^application\/json/);
  t.strictSame(json.json(), parse(yaml.body));
});

t.test('the documentation page runs on what this server serves alone', async (t) => {
  const { app } = await build(t);
  const html = await app.inject('/docs');
  t.equal(html.statusCode, 200);
  t.match(html.headers['content-type'], /^text\/html/);
  t.match(html.headers['content-security-policy'], /default-src 'self'/);
  t.notMatch(html.headers['content-security-policy'], /unsafe-eval|https:|upgrade/);
  const sources = [...html.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, url]) => url!);
  t.ok(sources.length >= 4);
  for (const url of sources) t.equal((await app.inject(url)).statusCode, 200, url);
  t.strictSame((await app.inject('/docs/json')).json(), apiDocument.json);
});

t.test('an unknown path is 404, whatever is sent to it', async (t) => {
  const { app } = await build(t);
  for (const type of ['application/json', 'text/plain']) {
    const headers = { 'content-type': type };
    const request = { method: 'POST', url: '/nope?a=1', headers, payload: '{' } as const;
    const response = await app.inject(request);
    t.strictSame([response.statusCode, response.json().code], [404, 'not_found'], type);
  }
  t.strictSame((await app.inject('/subscriptions/1/2/3')).json(), {
    type: 'urn:posthorn:problem:not_found',
    title: 'Not found',
    status: 404,
    code: 'not_found',
    detail: 'There is nothing at this path.',
  });
});

t.test('a known path under another method is 405 and says which it has', async (t) => {
  const { app } = await build(t);
  const url = '/subscriptions/019aa089-9af2-7c31-8a5e-2f0d6c1b7e94?a=1';
  const response = await app.inject({ method: 'POST', url, payload: {} });
  t.equal(response.statusCode, 405);
  t.equal(response.headers.allow, 'DELETE, GET, HEAD, PATCH, PUT');
  t.equal(response.json().code, 'method_not_allowed');
  const document = await app.inject({ method: 'DELETE', url: '/openapi.yaml' });
  t.equal(document.headers.allow, 'GET, HEAD');
  const literal = await app.inject({ method: 'OPTIONS', url: '/event-types/import' });
  t.equal(literal.headers.allow, 'POST', 'and not what an event type of that name would answer');
});

t.test('URLs that cannot be routed are problems too', async (t) => {
  const { app } = await build(t);
  const malformed = await app.inject('/subscriptions/%zz');
  t.strictSame([malformed.statusCode, malformed.json().code], [400, 'invalid_request']);
  t.match(malformed.headers['content-type'], /^application\/problem\+json/);
  const long = await app.inject(`/subscriptions/${'x'.repeat(2000)}`);
  t.strictSame([long.statusCode, long.json().code], [414, 'uri_too_long']);
  t.match(long.headers['content-type'], /^application\/problem\+json/);
});

t.test('an unforeseen error is a 500 that says nothing and logs everything', async (t) => {
  const { app, lines } = await build(t, {
    getHealth: () => {
      throw new Error('password authentication failed for secret-user');
    },
  });
  const response = await app.inject('/health');
  t.strictSame(response.json(), {
    type: 'urn:posthorn:problem:internal_error',
    title: 'Internal error',
    status: 500,
    code: 'internal_error',
    detail: 'Something went wrong on our side.',
  });
  const line = lines.find(({ err }) => err !== undefined);
  t.match(line, { err: { message: /secret-user/, stack: /app\.test/ } });
  t.equal(response.headers['x-request-id'], line?.reqId);
});

t.test('a database that is down is 503 with Retry-After', async (t) => {
  const { app, lines } = await build(t, {
    getHealth: () => {
      throw Object.assign(new Error('the database system is starting up'), { code: '57P03' });
    },
  });
  const response = await app.inject('/health');
  t.equal(response.statusCode, 503);
  t.equal(response.json().code, 'unavailable');
  t.equal(response.headers['retry-after'], '5');
  t.notMatch(response.body, /starting/);
  t.match(lines, [{ err: { message: /starting up/ } }]);
});

t.test('a request is logged once, without its query', async (t) => {
  const { app, lines } = await build(t);
  await app.inject('/health?token=hush');
  const line = { operation: 'getHealth', status_code: 400, duration_ms: Number, reqId: String };
  t.match(lines, [line]);
  t.equal(lines.length, 1);
  t.notMatch(JSON.stringify(lines), /hush|dropped_fields/);
});

t.test('bytes that are not HTTP are answered with a problem and a closed socket', async (t) => {
  const { port } = await listen(t);
  const read = (answer: string) => {
    const [head = '', body = ''] = answer.split('\r\n\r\n');
    t.match(head, /content-type: application\/problem\+json/i);
    t.match(head, /connection: close/i);
    return [Number(head.split(' ')[1]), JSON.parse(body).code];
  };
  t.strictSame(read(await speak(port, 'garbage\r\n\r\n')), [400, 'invalid_request']);
  const header = `GET /health HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`;
  t.strictSame(read(await speak(port, header)), [431, 'header_fields_too_large']);
  const lengths = 'Content-Length: 3\r\nTransfer-Encoding: chunked';
  const smuggled = `POST /events HTTP/1.1\r\nHost: a\r\n${lengths}\r\n\r\n`;
  t.strictSame(read(await speak(port, smuggled)), [400, 'invalid_request']);
});

t.test('a forwarded address is believed of a trusted proxy alone', async (t) => {
  const seen: string[] = [];
  const getHealth: Handlers['getHealth'] = ({ request }) => {
    seen.push(request.ip);
    return { status: 200, body: { status: 'ok' } };
  };
  const headers = { 'x-forwarded-for': '203.0.113.9' };
  const { app: direct } = await build(t, { getHealth });
  await direct.inject({ url: '/health', headers });
  const { app: proxied } = await build(t, { getHealth }, { trustProxy: ['127.0.0.0/8'] });
  await proxied.inject({ url: '/health', headers });
  t.strictSame(seen, ['127.0.0.1', '203.0.113.9']);
});

t.test('closing lets requests in flight finish and refuses new ones', async (t) => {
  const started = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  const { app, port } = await listen(t, {
    getHealth: async () => {
      started.resolve();
      await release.promise;
      return { status: 200, body: { status: 'ok' } };
    },
  });
  const socket = net.connect(port, '127.0.0.1');
  let answers = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => (answers += chunk));
  socket.write('GET /health HTTP/1.1\r\nHost: a\r\n\r\n');
  await started.promise;
  const closed = app.close();
  const second = once(app.server, 'request');
  socket.write('GET /ready HTTP/1.1\r\nHost: a\r\n\r\n');
  await second;
  release.resolve();
  await Promise.all([closed, once(socket, 'close')]);
  t.match(answers, /^HTTP\/1\.1 200 [^]*\{"status":"ok"\}HTTP\/1\.1 503 /);
  t.match(answers, /"code":"shutting_down"/);
  await t.rejects(fetch(`http://127.0.0.1:${port}/health`));
});

t.test('closing does not wait for ever on a request that never ends', async (t) => {
  const { app, port } = await listen(t, {}, { closeTimeoutMs: 100 });
  const head = 'Host: a\r\nContent-Type: application/json\r\nContent-Length: 10';
  const answer = speak(port, `POST /events HTTP/1.1\r\n${head}\r\n\r\n{`);
  await once(app.server, 'request');
  const startedAt = performance.now();
  await app.close();
  t.ok(performance.now() - startedAt < 30_000);
  t.equal(await answer, '');
});

t.test('the response check finds what departs from the document', async (t) => {
  const check = buildResponseCheck();
  const headers = { 'content-type': 'application/json; charset=utf-8' };
  const ok = { method: 'GET', url: '/health', status: 200, headers, body: '{"status":"ok"}' };
  t.strictSame(check(ok), []);
  t.not(check({ ...ok, status: 299 }).length, 0, 'a status');
  t.not(check({ ...ok, body: '{"status":1}' }).length, 0, 'a member');
  t.not(check({ ...ok, body: 'x' }).length, 0, 'no JSON');
  t.not(check({ ...ok, headers: { 'content-type': 'text/plain' } }).length, 0, 'a media type');
  t.not(check({ ...ok, url: '/nope', status: 404 }).length, 0, 'an error that is no problem');
});
