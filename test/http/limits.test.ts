import { once } from 'node:events';
import net from 'node:net';
import t from 'tap';
import { apiDocument } from '../helpers/contract.ts';
import { startService } from '../helpers/service.ts';

// What is checked elsewhere is not repeated: body sizes and media types of the ways in (ingest,
// publish), bytes that are no HTTP (app), bounds that the database holds as well (subscriptions).
const { api, call, post, subscribe, pool, address } = await startService(t, { hasWorker: false });

const NOBODY = 'http://127.0.0.1:1111/';
const port = Number(new URL(address).port);
const create = (json: object) =>
  call('POST', '/subscriptions', { json: { target_url: NOBODY, ...json } });

/** What the server answers on one connection, until it closes. */
async function speak(text: string): Promise<string> {
  const socket = net.connect(port, '127.0.0.1');
  let answer = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => (answer += chunk));
  socket.on('error', () => {});
  socket.write(text);
  await once(socket, 'close');
  return answer;
}

/** Status and code of each answer. */
const read = (answers: string) =>
  [...answers.matchAll(/HTTP\/1\.1 (\d{3}) [^]*?\r\n\r\n([^]*?)(?=HTTP\/1\.1 |$)/g)].map(
    ([, status, body]) => [Number(status), /"code":"([a-z_]+)"/.exec(body as string)?.[1]],
  );
const CLOSE = 'Host: 127.0.0.1\r\nConnection: close\r\n';
const JSON_TYPE = 'Content-Type: application/json\r\n';

t.test('a body nests 64 levels at the most, except in what is passed on', async (t) => {
  const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;
  const metadata = (depth: number) => `{"target_url":"${NOBODY}","metadata":${nested(depth - 1)}}`;
  t.match((await post('/subscriptions', metadata(64))).body, { code: 'invalid_request' });
  t.match((await post('/subscriptions', metadata(65))).body, {
    code: 'invalid_json',
    detail: 'The body nests deeper than 64 levels.',
  });
  t.equal(
    (await post('/subscriptions', `{"name":"${'['.repeat(100)}"}`)).body.code,
    'invalid_request',
    'brackets in a string do not nest',
  );
  t.equal((await post('/subscriptions', '['.repeat(1_000_000))).status, 400);
  t.equal((await post('/events', `{"event_type":"a","payload":${nested(500_000)}}`)).status, 202);
  t.equal((await post('/events', '{"a":'.repeat(200_000))).status, 400);
});

t.test('a body is 1 MiB at the most, whether its length is announced or not', async (t) => {
  const name = `{"name":"${'x'.repeat(1_048_576)}"}`;
  t.match(await post('/subscriptions', name), { status: 413, body: { code: 'payload_too_large' } });
  const head = `POST /subscriptions HTTP/1.1\r\n${CLOSE}${JSON_TYPE}`;
  t.strictSame(read(await speak(`${head}Content-Length: 99999999999\r\n\r\n{`)), [
    [413, 'payload_too_large'],
  ]);
  const chunk = `10000\r\n${' '.repeat(0x10000)}\r\n`;
  t.strictSame(read(await speak(`${head}Transfer-Encoding: chunked\r\n\r\n${chunk.repeat(17)}`)), [
    [413, 'payload_too_large'],
  ]);
});

t.test('lengths are bounded, to the character', async (t) => {
  const long = (length: number) => 'x'.repeat(length);
  const pairs = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, n) => [`X-${n}`, '1']));
  const cases: [string, unknown, unknown][] = [
    ['tenant', long(128), long(129)],
    ['name', long(200), long(201)],
    ['description', long(2_000), long(2_001)],
    [
      'target_url',
      `${NOBODY}${long(2_048 - NOBODY.length)}`,
      `${NOBODY}${long(2_049 - NOBODY.length)}`,
    ],
    ['event_types', [long(128)], [long(129)]],
    [
      'event_types',
      Array.from({ length: 100 }, (_, n) => `e${n}`),
      Array.from({ length: 101 }, (_, n) => `e${n}`),
    ],
    ['secret', long(512), long(513)],
    ['secret', long(8), long(7)],
    ['headers', pairs(50), pairs(51)],
    ['headers', { [long(128)]: '1' }, { [long(129)]: '1' }],
    ['headers', { 'X-A': long(1_024) }, { 'X-A': long(1_025) }],
    ['metadata', pairs(50), pairs(51)],
    ['metadata', { a: long(1_024) }, { a: long(1_025) }],
    ['retry_schedule', '1s,'.repeat(29) + '1s', '1s,'.repeat(30) + '1s'],
  ];
  for (const [field, good, bad] of cases) {
    t.equal((await create({ [field]: good })).status, 201, field);
    const { status, body } = await create({ [field]: bad });
    t.match({ status, body }, { status: 400, body: { code: 'invalid_request' } }, field);
    t.match(body.errors[0].pointer, new RegExp(`^/${field}`), `${field} is to blame`);
  }
  const event = (fields: object) =>
    post('/events', JSON.stringify({ event_type: 'a', payload: 1, ...fields }));
  t.equal((await event({ event_type: long(128), ordering_key: 'é'.repeat(256) })).status, 202);
  t.equal((await event({ event_type: long(129) })).status, 400);
  t.equal((await event({ ordering_key: long(257) })).status, 400);
});

t.test('numbers out of bounds, and what only looks like one, are 400', async (t) => {
  for (const number of [
    '0',
    '-1',
    '30001',
    '1.5',
    '1e400',
    '-1e400',
    '9007199254740993',
    '1e-400',
    '"5"',
    '[5]',
    'true',
  ]) {
    for (const field of ['rate_limit', 'max_concurrency', 'timeout_ms']) {
      t.match(
        await post('/subscriptions', `{"target_url":"${NOBODY}","${field}":${number}}`),
        {
          status: 400,
          body: { errors: [{ pointer: `/${field}` }] },
        },
        `${field}: ${number}`,
      );
    }
  }
  for (const limit of [
    '0',
    '-1',
    '201',
    '1e400',
    '99999999999999999999',
    '-1e400',
    '1.5',
    '',
    'NaN',
    '1&limit=2',
  ]) {
    t.match(await call('GET', `/events?limit=${limit}`), { status: 400 }, `limit=${limit}`);
  }
});

const NO_IDS = [
  '0',
  '%20',
  '%00',
  '..%2f..',
  '%27%20or%201=1',
  '*',
  '__proto__',
  'x'.repeat(600),
  '019AA089-9AF2-7C31-8A5E-2F0D6C1B7E94',
  '019aa089-9af2-7c31-8a5e-2f0d6c1b7e94%0a',
  '%F0%9F%98%80',
];

t.test('ids that are none are 400 or 404 at every path', async (t) => {
  // A tenant is whatever it is called.
  const operations = apiDocument.operations.filter(
    ({ path }) => path.includes('{') && !path.includes('{tenant}'),
  );
  t.ok(operations.length > 15);
  for (const { method, path, requestBody } of operations) {
    for (const id of NO_IDS) {
      const url = path.replaceAll(/\{[^}]+\}/g, id);
      const { status } = await call(method, url, requestBody ? { json: {} } : {});
      t.ok(status === 400 || status === 404, `${method} ${url} → ${status}`);
    }
  }
});

t.test(
  'names that are none are 400 or 404 at the paths of tenants, and no name is a fault',
  async (t) => {
    const operations = apiDocument.operations.filter(({ path }) => path.includes('{tenant}'));
    t.ok(operations.length > 2);
    for (const { method, path, requestBody } of operations) {
      for (const name of NO_IDS) {
        const { status } = await call(
          method,
          path.replace('{tenant}', name),
          requestBody ? { json: {} } : {},
        );
        const isName = /^[A-Za-z0-9._:-]{1,128}$/.test(name);
        t.ok(
          isName ? status < 500 : status === 400 || status === 404,
          `${method} ${path} ${name} → ${status}`,
        );
      }
    }
  },
);

t.test('__proto__ and constructor.prototype pollute nothing and are refused', async (t) => {
  for (const member of [
    '"__proto__":{"isAdmin":true}',
    '"\\u005f_proto__":{}',
    '"constructor":{"prototype":{"isAdmin":true}}',
    '"metadata":{"__proto__":"1"}',
    '"headers":{"__proto__":"1"}',
  ]) {
    const answer = await post('/subscriptions', `{"target_url":"${NOBODY}",${member}}`);
    t.match(answer, { status: 400, body: { code: 'invalid_json' } }, member);
  }
  for (const query of [
    '__proto__=1',
    '__proto__[isAdmin]=1',
    'constructor=1',
    'constructor[prototype][isAdmin]=1',
  ]) {
    t.equal((await call('GET', `/events?${query}`)).status, 400, query);
  }
  t.notOk('isAdmin' in {});
  const payload = '{"__proto__":{"isAdmin":true}}';
  const { status, body } = await post('/events', `{"event_type":"a","payload":${payload}}`);
  t.equal(status, 202);
  t.equal(
    (await call('GET', `/events/${body.id}/payload`)).text,
    payload,
    'what is passed on is passed on',
  );
});

t.test(
  'half a surrogate pair is 400 where it is kept as text, and passed on in a payload',
  async (t) => {
    for (const half of ['\\ud800', '\\udc00', '\\udc00\\ud800', 'a\\ud83d']) {
      for (const member of [
        `"name":"${half}"`,
        `"description":"${half}"`,
        `"metadata":{"a":"${half}"}`,
      ]) {
        t.equal(
          (await post('/subscriptions', `{"target_url":"${NOBODY}",${member}}`)).status,
          400,
          member,
        );
      }
      t.match(await post('/events', `{"event_type":"a","payload":1,"ordering_key":"${half}"}`), {
        status: 400,
        body: { errors: [{ pointer: '/ordering_key' }] },
      });
      t.equal((await post('/api-keys', `{"name":"${half}","scopes":["read"]}`)).status, 400);
    }
    const batch =
      '[{"event_type":"a","payload":1},{"event_type":"a","payload":1,"ordering_key":"\\ud800"}]';
    t.match(await post('/events', batch), {
      status: 400,
      body: { errors: [{ pointer: '/1/ordering_key' }] },
    });
    t.equal((await post('/events', '{"event_type":"a","payload":"\\ud800"}')).status, 202);
    const { rowCount } = await pool.query(
      `select from posthorn.deliveries where ordering_key like '%\ufffd%'`,
    );
    t.equal(rowCount, 0);
  },
);

t.test('what is not JSON by its media type is 415 wherever a body is read', async (t) => {
  const { id } = await subscribe(NOBODY);
  for (const [method, path] of [
    ['POST', '/subscriptions'],
    ['PATCH', `/subscriptions/${id}`],
    ['POST', '/events'],
    ['POST', '/api-keys'],
  ] as const) {
    for (const type of [
      'text/plain',
      '',
      ';',
      'json',
      'application/jsonx',
      'application/json, text/plain',
      'text/json',
    ]) {
      const answer = await call(method, path, { headers: { 'content-type': type }, body: '{}' });
      t.match(
        answer,
        { status: 415, body: { code: 'unsupported_media_type' } },
        `${method} ${path} ${type}`,
      );
    }
  }
});

t.test('null is no body where a body may be left out', async (t) => {
  const { id } = await subscribe(NOBODY);
  t.match(await post(`/subscriptions/${id}/secret/rotate`, 'null'), {
    status: 400,
    body: { code: 'invalid_request' },
  });
  t.equal((await call('POST', `/subscriptions/${id}/secret/rotate`)).status, 200);
});

t.test(
  'request targets that are none are answered with a problem, or as what they mean',
  async (t) => {
    const cases: [string, number, string | undefined][] = [
      ['OPTIONS *', 404, 'not_found'],
      ['GET //health', 404, 'not_found'],
      ['GET //[', 404, 'not_found'],
      ['GET /../../etc/passwd', 404, 'not_found'],
      ['GET /%c0%af', 400, 'invalid_request'],
      ['GET /subscriptions/%', 400, 'invalid_request'],
      ['GET /health?%zz', 400, 'invalid_request'],
      ['GET /\u0001', 400, 'invalid_request'],
      ['GET http://evil.example/health', 200, undefined],
      ['GET /docs/static/..%2f..%2f..%2fpackage.json', 405, 'method_not_allowed'],
      [`GET /${'a/'.repeat(4_000)}`, 404, 'not_found'],
      [`GET /${'a'.repeat(17_000)}`, 431, 'header_fields_too_large'],
      ['QUERY /events', 405, 'method_not_allowed'],
      ['TRACE /events', 405, 'method_not_allowed'],
      ['NONE /events', 400, 'invalid_request'],
    ];
    for (const [line, status, code] of cases) {
      t.strictSame(
        read(await speak(`${line} HTTP/1.1\r\n${CLOSE}\r\n`)),
        [[status, code]],
        line.slice(0, 60),
      );
    }
  },
);

t.test('headers are 16 KiB at the most, one or many', async (t) => {
  for (const [headers, status] of [
    [`X: ${'x'.repeat(16_000)}\r\n`, 200],
    [`X: ${'x'.repeat(17_000)}\r\n`, 431],
    ['a: 1\r\n'.repeat(300), 200],
    ['a: 1\r\n'.repeat(5_000), 431],
  ] as const) {
    t.equal(read(await speak(`GET /health HTTP/1.1\r\n${CLOSE}${headers}\r\n`))[0]?.[0], status);
  }
});

t.test('what Node would refuse without a body is refused with a problem, or done', async (t) => {
  t.strictSame(
    read(await speak('GET /health HTTP/1.1\r\nConnection: close\r\n\r\n')),
    [[400, 'invalid_request']],
    'no host',
  );
  t.equal(
    read(await speak(`GET /health HTTP/1.1\r\n${CLOSE}Expect: the unexpected\r\n\r\n`))[0]?.[0],
    200,
  );
});

t.test('pipelined requests are answered one by one, in order', async (t) => {
  const event = '{"event_type":"pipelined","payload":1}';
  const publish = `POST /events HTTP/1.1\r\nHost: 127.0.0.1\r\n${JSON_TYPE}Content-Length: ${event.length}\r\n\r\n${event}`;
  const answers = await speak(
    [
      'GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n',
      publish,
      'GET /nope HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n',
      publish.repeat(50),
      `GET /health HTTP/1.1\r\n${CLOSE}\r\n`,
    ].join(''),
  );
  t.strictSame(
    read(answers).map(([status]) => status),
    [200, 202, 404, ...Array.from({ length: 50 }, () => 202), 200],
  );
  const { rowCount } = await pool.query(
    `select from posthorn.events where event_type = 'pipelined'`,
  );
  t.equal(rowCount, 51);
  const smuggled = await speak(
    `${publish.replace(String(event.length), '2')}GET /health HTTP/1.1\r\n${CLOSE}\r\n`,
  );
  t.ok(
    read(smuggled).every(([status]) => status === 400),
    'what is longer than it says is no request, and nothing after it is answered',
  );
});

t.test('who sends slowly is cut off', async (t) => {
  // The deadlines are Node's own, looked at every two seconds; here they are only shorter.
  const { headersTimeout, requestTimeout } = api.app.server;
  t.strictSame([headersTimeout, requestTimeout], [10_000, 30_000]);
  Object.assign(api.app.server, { headersTimeout: 200, requestTimeout: 300 });
  t.teardown(() => Object.assign(api.app.server, { headersTimeout, requestTimeout }));
  const slow = [
    'GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ',
    `POST /subscriptions HTTP/1.1\r\n${CLOSE}${JSON_TYPE}Content-Length: 10\r\n\r\n{`,
    `POST /events HTTP/1.1\r\n${CLOSE}${JSON_TYPE}Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n`,
  ];
  for (const answer of await Promise.all(slow.map(speak))) {
    t.strictSame(read(answer), [[408, 'request_timeout']]);
  }
});
