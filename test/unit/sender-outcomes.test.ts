import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import t from 'tap';
import type { Test } from 'tap';

import { createAddressGuard } from '../../src/sender/address-guard.ts';
import { createSender } from '../../src/sender/sender.ts';
import type { SenderOptions, SendOutcome, SendRequest } from '../../src/sender/sender.ts';
import { certificate, privateKey } from '../fixtures/localhost-certificate.ts';
import { startReceiver } from '../helpers/receiver.ts';
import type { Answer, Behaviour } from '../helpers/receiver.ts';
import { until } from '../helpers/until.ts';

const guard = createAddressGuard({ allowedPrivateCidrs: ['127.0.0.0/8'] });

function openSender(t: Test, options: Partial<SenderOptions> = {}) {
  const sender = createSender({ guard, userAgent: 'Posthorn/test', ...options });
  t.teardown(() => sender.close());
  return sender;
}

/** One request to one receiver that behaves like this. */
async function exchange(t: Test, behaviour: Behaviour, request: Partial<SendRequest> = {}) {
  const receiver = await startReceiver(t, behaviour);
  const sender = openSender(t);
  const outcome = await sender.send({
    url: receiver.url,
    headers: {},
    body: '{}',
    deadlineMs: 5_000,
    ...request,
  });
  return { outcome, receiver, sender };
}

/** No two runs share the duration. */
function withoutDuration(outcome: SendOutcome) {
  return { ...outcome, durationMs: 0 };
}

t.test('a request arrives byte for byte, with the headers given and ours', async (t) => {
  const body = '{"b":1, "a":1e400,"a":"\\u0000é😀"}';
  const { receiver } = await exchange(t, 200, { body, headers: { 'X-Event-Type': 'a.b' } });
  const request = receiver.requests[0]!;
  t.equal(request.method, 'POST');
  t.equal(request.body.toString(), body);
  t.match(request.headers, {
    host: `127.0.0.1:${receiver.port}`,
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
    'user-agent': 'Posthorn/test',
    'x-event-type': 'a.b',
  });
});

t.test('headers may be given as a flat list, and may set the content type', async (t) => {
  const headers = ['Content-Type', 'application/cloudevents+json', 'X-A', '1'];
  const { receiver } = await exchange(t, 200, { headers });
  const { rawHeaders } = receiver.requests[0]!;
  t.strictSame(rawHeaders.slice(rawHeaders.indexOf('Content-Type')), [
    ...headers,
    'accept-encoding',
    'identity',
    'user-agent',
    'Posthorn/test',
    'content-length',
    '2',
  ]);
});

t.test('a URL keeps its path and query and loses its fragment', async (t) => {
  const receiver = await startReceiver(t);
  const url = `${receiver.url}a%20b/?q=1&q=é#fragment`;
  await openSender(t).send({ url, headers: {}, body: '{}', deadlineMs: 5_000 });
  t.equal(receiver.requests[0]?.url, '/a%20b/?q=1&q=%C3%A9');
});

t.test('any status is an answer, with its headers and body', async (t) => {
  for (const status of [200, 204, 304, 400, 410, 429, 500, 503]) {
    const hasBody = status !== 204 && status !== 304;
    const answer = { status, headers: { 'Retry-After': '7' }, body: hasBody ? 'text' : '' };
    const { outcome } = await exchange(t, answer);
    t.match(withoutDuration(outcome), {
      kind: 'responded',
      statusCode: status,
      headers: { 'retry-after': '7' },
      body: hasBody ? 'text' : '',
      isBodyTruncated: false,
    });
  }
});

t.test('a redirect is an answer and is not followed', async (t) => {
  const elsewhere = await startReceiver(t);
  for (const status of [301, 302, 303, 307, 308]) {
    const { outcome } = await exchange(t, { status, headers: { location: elsewhere.url } });
    t.match(outcome, { kind: 'responded', statusCode: status });
  }
  t.equal(elsewhere.connectionCount, 0);
});

t.test('a body is kept as text that PostgreSQL can store', async (t) => {
  const { outcome } = await exchange(t, { body: 'a\0b' });
  t.match(outcome, { kind: 'responded', body: 'ab' });
});

t.test('a body is read up to the cap, and its last character is whole or left out', async (t) => {
  const { outcome, receiver } = await exchange(t, { body: `a${'é'.repeat(1_000_000)}` });
  t.strictSame(withoutDuration(outcome), {
    kind: 'responded',
    statusCode: 200,
    headers: outcome.kind === 'responded' ? outcome.headers : undefined,
    body: `a${'é'.repeat(8_191)}`,
    isBodyTruncated: true,
    sends: 1,
    durationMs: 0,
  });
  await until(() => receiver.openConnectionCount === 0);
});

t.test('a body of exactly the cap is complete', async (t) => {
  const { outcome } = await exchange(t, { body: 'x'.repeat(16_384) });
  t.match(outcome, { body: 'x'.repeat(16_384), isBodyTruncated: false });
});

t.test('an HTTP/1.0 answer without a length ends with its connection', async (t) => {
  const { outcome } = await exchange(t, raw('HTTP/1.0 200 OK\r\n\r\nuntil the end'));
  t.match(outcome, { kind: 'responded', statusCode: 200, body: 'until the end' });
});

t.test('an early hint is not the answer', async (t) => {
  const hint = 'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n';
  const { outcome } = await exchange(t, raw(`${hint}HTTP/1.1 201 Created\r\n\r\n`));
  t.match(outcome, { kind: 'responded', statusCode: 201 });
});

t.test('an answer that comes before the whole request was read counts', async (t) => {
  const impatient = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.end('HTTP/1.1 413 Too Large\r\nconnection: close\r\n\r\n'));
  });
  impatient.listen(0, '127.0.0.1');
  t.teardown(() => impatient.close());
  await once(impatient, 'listening');
  const url = `http://127.0.0.1:${(impatient.address() as AddressInfo).port}/`;
  const body = 'x'.repeat(1_048_576);
  const outcome = await openSender(t).send({ url, headers: {}, body, deadlineMs: 5_000 });
  t.match(outcome, { kind: 'responded', statusCode: 413 });
});

const misbehaviours: [Answer, object][] = [
  ['close', { kind: 'unreachable', message: /closed without an answer/ }],
  ['reset', { kind: 'unreachable', message: /ECONNRESET/ }],
  ['garbage', { kind: 'protocol', message: /not valid HTTP.*"SSH-2.0-OpenSSH_9.6"/ }],
  ['cut', { kind: 'responded', statusCode: 200, note: /^the answer is incomplete/ }],
  ['endless-headers', { kind: 'too_large', message: /headers/ }],
  ['endless-body', { kind: 'responded', statusCode: 200, isBodyTruncated: true }],
  [{ headers: { 'x-long': 'x'.repeat(70_000) } }, { kind: 'too_large' }],
  [
    raw('HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'),
    {
      kind: 'protocol',
    },
  ],
  [
    raw('HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab'),
    {
      kind: 'protocol',
    },
  ],
  [
    raw('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nnot hex\r\n'),
    { kind: 'responded', statusCode: 200, note: /"not hex"/ },
  ],
];
for (const [behaviour, expected] of misbehaviours) {
  const name = typeof behaviour === 'string' ? behaviour : JSON.stringify(expected);
  t.test(`a receiver's fault is a value and leaves no connection: ${name}`, async (t) => {
    const { outcome, receiver, sender } = await exchange(t, behaviour);
    t.match(outcome, expected);
    await until(() => receiver.openConnectionCount === 0);
    t.equal(sender.stats.inFlight, 0);
  });
}

const endless: [Answer, object][] = [
  ['hang', { kind: 'timed_out', message: 'no complete response within 300 ms' }],
  ['endless-continue', { kind: 'timed_out', message: 'no complete response within 300 ms' }],
  [
    'trickle',
    {
      kind: 'responded',
      statusCode: 200,
      note: 'the answer is incomplete: no complete response within 300 ms',
    },
  ],
];
for (const [behaviour, expected] of endless) {
  t.test(`the deadline ends the whole exchange: ${JSON.stringify(behaviour)}`, async (t) => {
    const { outcome, receiver, sender } = await exchange(t, behaviour, { deadlineMs: 300 });
    t.match(outcome, expected);
    t.ok(outcome.durationMs >= 299 && outcome.durationMs < 1_300, `${outcome.durationMs} ms`);
    await until(() => receiver.openConnectionCount === 0);
    t.equal(sender.stats.inFlight, 0);
  });
}

t.test('the deadline covers the look-up of the name', async (t) => {
  const sender = openSender(t, { resolver: { resolve: () => new Promise(() => {}) } });
  const url = 'http://hooks.example.com/';
  const outcome = await sender.send({ url, headers: {}, body: '{}', deadlineMs: 100 });
  t.match(outcome, { kind: 'timed_out' });
});

t.test('the deadline covers the TLS handshake', async (t) => {
  const silent = createServer().listen(0, '127.0.0.1');
  t.teardown(() => silent.close());
  await once(silent, 'listening');
  const url = `https://127.0.0.1:${(silent.address() as AddressInfo).port}/`;
  const connected = once(silent, 'connection');
  const outcome = await openSender(t).send({ url, headers: {}, body: '{}', deadlineMs: 100 });
  t.match(outcome, { kind: 'timed_out' });
  const [socket] = await connected;
  socket.resume();
  await once(socket, 'close');
});

t.test('a refused connection and an unknown name are unreachable', async (t) => {
  const receiver = await startReceiver(t);
  await receiver.close();
  const unknown = Object.assign(new Error(), { code: 'ENOTFOUND' });
  const sender = openSender(t, { resolver: { resolve: () => Promise.reject(unknown) } });
  const request = { headers: {}, body: '{}', deadlineMs: 5_000 };
  t.match(await sender.send({ ...request, url: receiver.url }), {
    kind: 'unreachable',
    message: 'the connection was refused (ECONNREFUSED)',
  });
  t.match(await sender.send({ ...request, url: 'http://hooks.example.com/' }), {
    kind: 'unreachable',
    message: 'the name does not exist (ENOTFOUND)',
  });
});

t.test('a name with several addresses is reached by any of them', async (t) => {
  const receiver = await startReceiver(t);
  const sender = openSender(t, { resolver: { resolve: async () => ['127.0.0.9', '127.0.0.1'] } });
  const url = `http://hooks.example.com:${receiver.port}/`;
  const outcome = await sender.send({ url, headers: {}, body: '{}', deadlineMs: 5_000 });
  t.match(outcome, { kind: 'responded', statusCode: 200 });
  t.equal(receiver.requests[0]?.headers.host, `hooks.example.com:${receiver.port}`);
});

t.test('TLS is verified: authority, name, and that it is TLS at all', async (t) => {
  const tls = { cert: certificate, key: privateKey };
  const receiver = await startReceiver(t, 200, { tls });
  const plain = await startReceiver(t);
  const request = { headers: {}, body: '{}', deadlineMs: 5_000 };

  const trusting = openSender(t, { ca: certificate });
  t.match(await trusting.send({ ...request, url: receiver.url }), { kind: 'responded' });
  const otherName = `https://127.0.0.1:${receiver.port}/`;
  t.match(await trusting.send({ ...request, url: otherName }), {
    kind: 'tls',
    message:
      /the certificate is for localhost.*, not for this host \(ERR_TLS_CERT_ALTNAME_INVALID\)/,
  });
  const sender = openSender(t);
  t.match(await sender.send({ ...request, url: receiver.url }), {
    kind: 'tls',
    message:
      'the TLS handshake failed: the certificate is self-signed (DEPTH_ZERO_SELF_SIGNED_CERT)',
  });
  t.match(await sender.send({ ...request, url: `https://127.0.0.1:${plain.port}/` }), {
    kind: 'tls',
    message: /there is no TLS on this port/,
  });
  t.equal(receiver.requests.length, 1);
  t.equal(plain.requests.length, 0);
});

t.test('a header that HTTP does not allow is a failure, not a throw', async (t) => {
  for (const headers of [
    ['x-a', 'a\r\nb: c'],
    ['bad name', 'x'],
    ['x-a', '\u{1F600}'],
  ]) {
    const { outcome, receiver } = await exchange(t, 200, { headers });
    t.match(outcome, {
      kind: 'internal',
      isLasting: true,
      message: /^the request cannot be sent: the header/,
    });
    t.equal(receiver.requests.length, 0);
  }
});

function raw(bytes: string): Answer {
  return (_request, response) => void response.socket!.end(bytes);
}
