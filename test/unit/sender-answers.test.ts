import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import t from 'tap';
import type { Test } from 'tap';

import { createAddressGuard } from '../../src/sender/address-guard.ts';
import { createSender } from '../../src/sender/sender.ts';
import type { SendOutcome, SendRequest } from '../../src/sender/sender.ts';

/** Forms of answers that receivers give, each from a report or a program that gives it. */

const guard = createAddressGuard({ allowedPrivateCidrs: ['127.0.0.0/8'] });
const CRLF = '\r\n';

type Play = (socket: Socket) => void;

/** A receiver that plays this once the head of a request has arrived, on a bare socket. */
async function listen(t: Test, play: Play) {
  const received: string[] = [];
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    let bytes = '';
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      bytes += chunk.toString('latin1');
      if (!bytes.includes('\r\n\r\n')) return;
      received.push(bytes);
      bytes = '';
      play(socket);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    received,
    get connections() {
      return connections;
    },
  };
}

function openSender(t: Test) {
  const sender = createSender({ guard, userAgent: 'Posthorn/test' });
  t.teardown(() => sender.close());
  return sender;
}

const request: Omit<SendRequest, 'url'> = { headers: {}, body: '{}', deadlineMs: 2_000 };

async function answered(
  t: Test,
  play: Play,
  options: Partial<SendRequest> = {},
): Promise<SendOutcome> {
  const { url } = await listen(t, play);
  return openSender(t).send({ ...request, url, ...options });
}

/** Writes these bytes and ends. */
const bytes =
  (text: string | Buffer): Play =>
  (socket) =>
    void socket.end(text, 'latin1');
/** Writes these bytes and says nothing more. */
const stall =
  (text: string): Play =>
  (socket) =>
    void socket.write(text, 'latin1');
const reset =
  (text: string): Play =>
  (socket) =>
    void socket.write(text, 'latin1', () => setTimeout(() => socket.resetAndDestroy(), 20));

const OK = 'HTTP/1.1 200 OK\r\n';
const accepted: [string, string, object][] = [
  ['100 Continue unasked', `HTTP/1.1 100 Continue\r\n\r\n${OK}\r\n`, { statusCode: 200 }],
  ['102 Processing', `HTTP/1.1 102 Processing\r\n\r\n${OK}\r\n`, { statusCode: 200 }],
  [
    'several 1xx with fields of their own',
    `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: <a>\r\n\r\n${OK}x: y\r\n\r\n`,
    { statusCode: 200, headers: { x: 'y' } },
  ],
  [
    'a folded field',
    `${OK}x-a: one\r\n  two\r\n\tthree\r\n\r\n`,
    { headers: { 'x-a': 'one two three' } },
  ],
  [
    'bare LF throughout',
    'HTTP/1.1 200 OK\nx-a: b\ncontent-length: 2\n\nok',
    { headers: { 'x-a': 'b' }, body: 'ok' },
  ],
  [
    'two equal Content-Length',
    `${OK}content-length: 2\r\ncontent-length: 2\r\n\r\nok`,
    { body: 'ok' },
  ],
  ['one Content-Length as a list', `${OK}content-length: 2, 2\r\n\r\nok`, { body: 'ok' }],
  [
    'spaces after the size of a chunk',
    `${OK}transfer-encoding: chunked\r\n\r\n2   \r\nok\r\n0 \r\n\r\n`,
    { body: 'ok' },
  ],
  [
    'chunk extensions and trailers',
    `${OK}transfer-encoding: chunked\r\n\r\n2;a=b\r\nok\r\n0\r\nx: y\r\n\r\n`,
    { body: 'ok' },
  ],
  ['headers of 60 KiB', `${OK}x-long: ${'x'.repeat(60_000)}\r\n\r\n`, { statusCode: 200 }],
  ['a status of 000', 'HTTP/1.1 000 Nothing\r\n\r\n', { statusCode: 0 }],
  ['a status of 099', 'HTTP/1.1 099 Odd\r\n\r\n', { statusCode: 99 }],
  ['a status of 600', 'HTTP/1.1 600 Odd\r\n\r\n', { statusCode: 600 }],
  ['a status line without a reason', 'HTTP/1.1 204\r\n\r\n', { statusCode: 204 }],
  [
    'a line that is no field',
    `${OK}no field at all\r\nx: y\r\n\r\n`,
    { headers: { x: 'y' }, note: /no field at all/ },
  ],
  ['a body of 204', 'HTTP/1.1 204 No Content\r\n\r\nbody', { statusCode: 204, body: '' }],
];
for (const [name, text, expected] of accepted) {
  t.test(`an answer is taken: ${name}`, async (t) => {
    t.match(await answered(t, bytes(text)), { kind: 'responded', sends: 1, ...expected });
    const split = await answered(t, (socket) => writeSingly(socket, text.slice(0, 300)), {
      deadlineMs: text.length > 300 ? 300 : 2_000,
    });
    t.match(split, { kind: 'responded' }, 'byte for byte as well');
  });
}

function writeSingly(socket: Socket, text: string): void {
  socket.setNoDelay(true);
  for (const character of text) socket.write(character, 'latin1');
  socket.end();
}

const incomplete: [string, Play][] = [
  ['a body that is cut', bytes(`${OK}content-length: 9\r\n\r\nhalf`)],
  ['a body that stalls', stall(`${OK}content-length: 9\r\n\r\nhalf`)],
  ['a body that is reset', reset(`${OK}content-length: 9\r\n\r\nhalf`)],
  ['chunks without an end', bytes(`${OK}transfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n`)],
  [
    'a chunk longer than its size',
    bytes(`${OK}transfer-encoding: chunked\r\n\r\n4\r\nhalfway\r\n`),
  ],
  ['headers that are cut', bytes(`${OK}x-a: b\r\nx-c`)],
];
for (const [name, play] of incomplete) {
  t.test(`the status decides, whatever comes of the rest: ${name}`, async (t) => {
    const outcome = await answered(t, play, { deadlineMs: 300 });
    t.match(outcome, { kind: 'responded', statusCode: 200, note: /^the answer is incomplete: / });
    t.match(outcome, { isBodyTruncated: true });
    if (name !== 'headers that are cut') t.match(outcome, { body: 'half' });
  });
}

t.test('410 and Retry-After count from the head alone', async (t) => {
  const gone = await answered(t, bytes('HTTP/1.1 410 Gone\r\ncontent-length: 9\r\n\r\n'));
  t.match(gone, { kind: 'responded', statusCode: 410 });
  const busy = 'HTTP/1.1 429 Slow\r\nretry-after: 7\r\ncontent-length: 9\r\n\r\nh';
  t.match(await answered(t, stall(busy), { deadlineMs: 300 }), {
    kind: 'responded',
    statusCode: 429,
    headers: { 'retry-after': '7' },
  });
});

const refused: [string, string, RegExp][] = [
  [
    'both lengths',
    `${OK}transfer-encoding: chunked\r\ncontent-length: 2\r\n\r\n`,
    /both Transfer-/,
  ],
  [
    'two Content-Length',
    `${OK}content-length: 1\r\ncontent-length: 2\r\n\r\nab`,
    /Content-Length is/,
  ],
  ['no HTTP', 'hello\r\n', /begins with "hello"/],
  ['another version', 'HTTP/3 200 OK\r\n\r\n', /first line is "HTTP\/3 200 OK"/],
  ['TLS', '\u0015\u0003\u0001\0\u0002\u0002P', /speaks TLS on this port/],
  ['HTTP/2', '\0\0\u0006\u0004\0\0\0\0\0\0\u0003\0\0\0d', /speaks HTTP\/2 only/],
  ['an upgrade', 'HTTP/1.1 101 Switching Protocols\r\n\r\n', /no upgrade was asked for/],
];
for (const [name, text, message] of refused) {
  t.test(`an answer is refused, with its reason: ${name}`, async (t) => {
    t.match(await answered(t, bytes(text)), { kind: 'protocol', message });
  });
}

t.test('an answer outside of the rules closes its connection', async (t) => {
  for (const text of [
    'HTTP/1.1 200 OK\ncontent-length: 0\n\n',
    `${OK}x: a\r\n b\r\ncontent-length: 0\r\n\r\n`,
    `${OK}content-length: 0\r\ncontent-length: 0\r\n\r\n`,
    `${OK}transfer-encoding: chunked\r\n\r\n0 \r\n\r\n`,
    `${OK}content-length: 0\r\n\r\nHTTP/1.1 500 Poison\r\n\r\n`,
  ]) {
    const receiver = await listen(t, stall(text));
    const sender = openSender(t);
    for (let i = 0; i < 3; i += 1) {
      t.match(await sender.send({ ...request, url: receiver.url }), { statusCode: 200 });
    }
    t.equal(receiver.connections, 3, JSON.stringify(text));
  }
});

t.test('an answer that comes while nothing is asked is not the next one’s', async (t) => {
  const receiver = await listen(t, (socket) => {
    socket.write(`${OK}content-length: 0\r\n\r\n`);
    setTimeout(() => socket.write('HTTP/1.1 500 Poison\r\ncontent-length: 0\r\n\r\n'), 50);
  });
  const sender = openSender(t);
  t.match(await sender.send({ ...request, url: receiver.url }), { statusCode: 200 });
  await new Promise((resolve) => setTimeout(resolve, 200));
  t.match(await sender.send({ ...request, url: receiver.url }), { statusCode: 200 });
  t.equal(receiver.connections, 2);
});

t.test('a large body that is not read does not lose the answer', async (t) => {
  for (const end of ['end', 'reset'] as const) {
    let lost = 0;
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.once('readable', () => {
        socket.read(1_000);
        socket.pause();
        socket.write(`${OK}content-length: 2\r\n\r\nok`, () => {
          if (end === 'reset') socket.resetAndDestroy();
          else socket.destroy();
        });
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.teardown(() => server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const sender = openSender(t);
    for (let i = 0; i < 20; i += 1) {
      const body = 'x'.repeat(1_048_576);
      const outcome = await sender.send({ ...request, url, body, deadlineMs: 5_000 });
      if (outcome.kind !== 'responded' || outcome.statusCode !== 200) lost += 1;
    }
    t.equal(lost, 0, end);
  }
});

t.test('a large body arrives whole', async (t) => {
  const body = 'é'.repeat(400_000);
  let size = 0;
  const server = createServer((socket) =>
    socket.on('data', (chunk) => {
      size += chunk.length;
      if (chunk.includes('END')) socket.end(`${OK}content-length: 0\r\n\r\n`);
    }),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const outcome = await openSender(t).send({ ...request, url, body: `${body}END` });
  t.match(outcome, { statusCode: 200 });
  t.ok(size > 800_003);
});

t.test('the bytes of a request: a length, no chunks, no upgrade, each field once', async (t) => {
  const receiver = await listen(t, bytes(`${OK}\r\n`));
  const headers = { 'webhook-id': '1', 'x-latin': 'caf\u00e9' };
  await openSender(t).send({ ...request, url: `${receiver.url}a?b=c`, headers, body: '"é"' });
  const [host] = /127\.0\.0\.1:\d+/.exec(receiver.url) ?? [];
  t.equal(
    receiver.received[0],
    [
      'POST /a?b=c HTTP/1.1',
      `host: ${host}`,
      'connection: keep-alive',
      'webhook-id: 1',
      'x-latin: caf\u00e9',
      'content-type: application/json',
      'accept-encoding: identity',
      'user-agent: Posthorn/test',
      'content-length: 4',
      '',
      Buffer.from('"é"').toString('latin1'),
    ].join(CRLF),
  );
});

t.test('a header that frames the request or stands twice cannot be sent', async (t) => {
  const receiver = await listen(t, bytes(`${OK}\r\n`));
  const sender = openSender(t);
  const unsendable: Record<string, string>[] = [
    { 'transfer-encoding': 'chunked' },
    { 'Content-Length': '1' },
    { upgrade: 'h2c' },
    { host: 'other.example.com' },
    { 'x-a': '1', 'X-A': '2' },
  ];
  for (const headers of unsendable) {
    t.match(await sender.send({ ...request, url: receiver.url, headers }), {
      kind: 'internal',
      isLasting: true,
      sends: 0,
    });
  }
  t.equal(receiver.connections, 0);
});

function withBody(fields: string, body: Buffer): Play {
  return bytes(
    Buffer.concat([Buffer.from(`${OK}${fields}content-length: ${body.length}\r\n\r\n`), body]),
  );
}

t.test('a compressed answer is read, within the cap', async (t) => {
  const text = 'Grüße '.repeat(100);
  for (const [coding, body] of [
    ['gzip', gzipSync(text)],
    ['deflate', deflateSync(text)],
    ['deflate', deflateRawSync(text)],
    ['br', brotliCompressSync(text)],
    ['gzip, br', brotliCompressSync(gzipSync(text))],
  ] as const) {
    const outcome = await answered(t, withBody(`content-encoding: ${coding}\r\n`, body));
    t.match(outcome, { kind: 'responded', body: text, isBodyTruncated: false }, coding);
  }
  const bomb = gzipSync(Buffer.alloc(10_000_000, 'a'));
  t.match(await answered(t, withBody('content-encoding: gzip\r\n', bomb)), {
    body: 'a'.repeat(16_384),
    isBodyTruncated: true,
  });
  t.match(
    await answered(t, withBody('content-encoding: gzip\r\n', Buffer.from('no gzip'))),
    { kind: 'responded', body: 'no gzip' },
    'what is not compressed is kept as it came',
  );
});

t.test('an answer is decoded by the charset that it declares', async (t) => {
  for (const [charset, body, text] of [
    ['Shift_JIS', '\x93\xfa\x96{', '日本'],
    ['windows-1251', '\xcf\xf0\xe8', 'При'],
    ['"ISO-8859-1"', 'caf\xe9', 'café'],
    ['unheard-of', 'abc', 'abc'],
  ] as const) {
    const fields = `content-type: text/plain; charset=${charset}\r\n`;
    const outcome = await answered(t, withBody(fields, Buffer.from(body, 'latin1')));
    t.match(outcome, { body: text }, charset);
  }
});

t.test('what is no text is kept in base64', async (t) => {
  const body = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0xff]);
  t.match(await answered(t, withBody('content-type: image/png\r\n', body)), {
    body: `data:image/png;base64,${body.toString('base64')}`,
  });
  const large = Buffer.alloc(16_384, 0xff);
  const outcome = await answered(t, withBody('', large));
  t.match(outcome, { kind: 'responded', isBodyTruncated: true });
  t.ok(outcome.kind === 'responded' && outcome.body.length <= 16_384);
});

t.test('a field may have the name of what every object has', async (t) => {
  const outcome = await answered(t, (socket) =>
    socket.end(
      `HTTP/1.1 200 OK${CRLF}constructor: x${CRLF}toString: y${CRLF}content-length: 0${CRLF}${CRLF}`,
    ),
  );
  t.match(outcome, { kind: 'responded', statusCode: 200, headers: { constructor: 'x' } });
});

t.test('what may follow an answer without a body is never the next answer', async (t) => {
  const receiver = await listen(t, (socket) =>
    socket.write(`HTTP/1.1 204 No Content${CRLF}transfer-encoding: chunked${CRLF}${CRLF}`),
  );
  const sender = openSender(t);
  for (let n = 0; n < 2; n += 1) {
    t.match(await sender.send({ ...request, url: receiver.url }), { statusCode: 204 });
  }
  t.equal(receiver.connections, 2, 'each on a connection of its own');
});
